"""What may pass in and out of each subnet: explicit rules, pure. What no rule names is refused, in both directions.

Source: Microsoft's lists of required traffic, for Azure ML's computes (how-to-secure-training-vnet,
how-to-managed-network) and for AKS (outbound-rules-control-egress). Names of service tags are Azure's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from ipaddress import IPv4Network
from typing import Final, Literal

from windlass.project.settings import POD_CIDR
from windlass.project.subnets import SubnetPurpose

Direction = Literal["Inbound", "Outbound"]
LAST: Final = 4096
"""The lowest priority that a rule of one's own can have: just above the rules that Azure adds."""

_FIRST, _STEP = 100, 10


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule of a security group; priorities follow from the order."""

    name: str
    direction: Direction
    access: Literal["Allow", "Deny"]
    protocol: Literal["Tcp", "Udp", "*"]
    source: str
    destination: str
    ports: tuple[str, ...]
    priority: int = 0


def rules_of(purpose: SubnetPurpose, own: IPv4Network, *, region: str, internet: bool) -> tuple[Rule, ...]:
    """Return the rules of a subnet, each with its priority.

    Args:
        purpose: What is in it.
        own: Its range.
        region: For service tags that have one.
        internet: Whether there is a way out, so that packages can be fetched.
    """
    wanted = (*_inbound(purpose, str(own)), *_outbound(purpose, str(own), region, internet=internet))
    return (*_numbered(wanted, "Inbound"), *_numbered(wanted, "Outbound"))


def _numbered(rules: tuple[Rule, ...], direction: Direction) -> Iterator[Rule]:
    allowed = [rule for rule in rules if rule.direction == direction]
    for index, rule in enumerate(allowed):
        yield replace(rule, priority=_FIRST + index * _STEP)
    yield Rule(
        name=f"DenyAllElse{direction}",
        direction=direction,
        access="Deny",
        protocol="*",
        source="*",
        destination="*",
        ports=("*",),
        priority=LAST,
    )


def _in(name: str, source: str, *ports: str, protocol: Literal["Tcp", "Udp", "*"] = "Tcp") -> Rule:
    return Rule(
        name=name, direction="Inbound", access="Allow", protocol=protocol, source=source, destination="*", ports=ports
    )


def _out(name: str, destination: str, *ports: str, protocol: Literal["Tcp", "Udp", "*"] = "Tcp") -> Rule:
    return Rule(
        name=name,
        direction="Outbound",
        access="Allow",
        protocol=protocol,
        source="*",
        destination=destination,
        ports=ports,
    )


def _inbound(purpose: SubnetPurpose, own: str) -> Iterator[Rule]:
    match purpose:
        case "endpoints":
            # HTTPS, and SMB for file shares.
            yield _in("AllowNetworkToEndpoints", "VirtualNetwork", "443", "445")
        case "clusters":
            yield _in("AllowNodesAmongThemselves", own, "*", protocol="*")
            yield _in("AllowLoadBalancer", "AzureLoadBalancer", "*", protocol="*")
        case "kubernetes":
            yield _in("AllowNetworkToNodes", "VirtualNetwork", "*", protocol="*")
            # Traffic among the pods of an overlay network passes the nodes' security group.
            yield _in("AllowPodsAmongThemselves", POD_CIDR, "*", protocol="*")
            yield _in("AllowLoadBalancer", "AzureLoadBalancer", "*", protocol="*")


def _outbound(purpose: SubnetPurpose, own: str, region: str, *, internet: bool) -> Iterator[Rule]:
    match purpose:
        case "endpoints":
            return  # a private endpoint begins nothing
        case "clusters":
            yield _out("AllowNodesAmongThemselvesOut", own, "*", protocol="*")
            yield from _to_the_service(region)
        case "kubernetes":
            yield _out("AllowNetworkOut", "VirtualNetwork", "*", protocol="*")
            yield _out("AllowPodsOut", POD_CIDR, "*", protocol="*")
            yield _out("AllowControlPlane", f"AzureCloud.{region}", "443", "9000")
            yield _out("AllowControlPlaneTunnel", f"AzureCloud.{region}", "1194", protocol="Udp")
            yield _out("AllowTime", "Internet", "123", protocol="Udp")
            yield from _to_the_service(region)
    if internet:
        yield _out("AllowPackages", "Internet", "80", "443")


def _to_the_service(region: str) -> Iterator[Rule]:
    """What Azure ML's computes talk to; what has a private endpoint is in the network itself."""
    yield _out("AllowPrivateEndpoints", "VirtualNetwork", "443", "445")
    yield _out("AllowSignIn", "AzureActiveDirectory", "80", "443")
    yield _out("AllowAzureMl", "AzureMachineLearning", "443", "8787", "18881")
    yield _out("AllowAzureMlLogs", "AzureMachineLearning", "5831", protocol="Udp")
    yield _out("AllowBatchService", f"BatchNodeManagement.{region}", "443", protocol="*")
    yield _out("AllowResourceManager", "AzureResourceManager", "443")
    # The service keeps what it shares with nodes in accounts of its own.
    yield _out("AllowStorageOfTheService", f"Storage.{region}", "443")
    yield _out("AllowImagesOfMicrosoft", "MicrosoftContainerRegistry", "443")
    yield _out("AllowImageLayersOfMicrosoft", "AzureFrontDoor.FirstParty", "443")
    yield _out("AllowMonitor", "AzureMonitor", "443")
