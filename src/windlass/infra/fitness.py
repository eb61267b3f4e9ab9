"""Whether something that exists can be used as it is: pure rules over what Azure answers about it.

A stack never changes what it is brought, so whatever is wrong with it has to be said before anything stands on it.
Each rule yields what is wrong and what its owner has to do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from types import MappingProxyType
from typing import Any, Final

from windlass.project.settings import Brought, NetworkMode

Facts = Mapping[str, Any]
"""What the provider answers about a resource: its outputs, flat and under the SDK's names."""

LOWEST_TLS: Final = ("TLS1_2", "TLS1_3")
_RESERVED_ADDRESSES: Final = 5
"""Azure keeps the first four addresses and the last of every subnet."""


@dataclass(frozen=True, kw_only=True)
class Needs:
    """What the stack needs of the things that it is brought.

    Attributes:
        location: Its region.
        tenant_id: Its tenant.
        mode: How it is reached.
        addresses: Addresses that it takes in a subnet, by the key of the subnet in the settings.
    """

    location: str
    tenant_id: str
    mode: NetworkMode
    addresses: Mapping[str, int] = field(default_factory=dict)


Rule = Callable[[Needs, Facts], Iterator[str]]


def storage_account(needs: Needs, facts: Facts) -> Iterator[str]:
    """Judge a storage account that shall stand behind the workspace."""
    yield from _same_region(needs, facts)
    sku = str(facts.get("sku", {}).get("name", ""))
    if facts.get("kind") != "StorageV2" or sku.startswith("Premium"):
        yield f"is {facts.get('kind')} of {sku}, but a workspace takes StorageV2 of a Standard_ tier; bring such a one"
    if facts.get("isHnsEnabled"):
        yield "has a hierarchical namespace, which the storage of a workspace cannot have; bring one without"
    if facts.get("allowBlobPublicAccess"):
        yield "lets containers be public; set allowBlobPublicAccess to false"
    if facts.get("minimumTlsVersion") not in LOWEST_TLS:
        yield f"takes {facts.get('minimumTlsVersion')}; set minimumTlsVersion to TLS1_2"
    if not facts.get("enableHttpsTrafficOnly", True):
        yield "takes plain HTTP; set supportsHttpsTrafficOnly to true"
    yield from _reachable(needs, facts, facts.get("networkRuleSet"))


def key_vault(needs: Needs, facts: Facts) -> Iterator[str]:
    """Judge a key vault that shall hold the secrets of the workspace."""
    properties = facts.get("properties", {})
    yield from _same_region(needs, facts)
    yield from _same_tenant(needs, properties)
    if not properties.get("enableRbacAuthorization"):
        yield "is opened by access policies; turn on Azure role-based access (enableRbacAuthorization)"
    if properties.get("enableSoftDelete") is False:
        yield "does not survive its deletion; turn on soft delete"
    yield from _reachable(needs, properties, properties.get("networkAcls"))


def container_registry(needs: Needs, facts: Facts) -> Iterator[str]:
    """Judge a container registry that shall hold the images."""
    tier = facts.get("sku", {}).get("name")
    if needs.mode == "private" and tier != "Premium":
        yield f"is of tier {tier}, but only Premium has private endpoints (network.mode); bring or make it Premium"
    if facts.get("adminUserEnabled"):
        yield "has an admin user, whose password opens all of it; turn it off (adminUserEnabled)"
    if facts.get("anonymousPullEnabled"):
        yield "gives images to anybody; turn off anonymous pull (anonymousPullEnabled)"
    yield from _reachable(needs, facts, facts.get("networkRuleSet"))


def log_workspace(needs: Needs, facts: Facts) -> Iterator[str]:
    """Judge a Log Analytics workspace that shall take the logs in."""
    yield from _finished(facts)
    if needs.mode == "public" and facts.get("publicNetworkAccessForIngestion") == "Disabled":
        yield "takes no logs in from public addresses (network.mode is public); allow it, or bring another"


def identity(needs: Needs, facts: Facts) -> Iterator[str]:
    """Judge a user-assigned identity."""
    yield from _same_tenant(needs, facts)


def workspace(needs: Needs, facts: Facts) -> Iterator[str]:
    """Judge an Azure ML workspace that endpoints and clusters shall be made in."""
    yield from _same_region(needs, facts)
    yield from _finished(facts)
    kind = facts.get("kind") or "Default"
    if kind != "Default":
        yield f"is a workspace of kind {kind}, which serves no models by itself; bring one of kind Default"
    for name, what in _LINKED.items():
        if not facts.get(name):
            yield f"has no {what}, which deployments need; link one to it ({name})"
    isolation = facts.get("managedNetwork", {}).get("isolationMode", "Disabled")
    if facts.get("publicNetworkAccess") == "Disabled" or isolation != "Disabled":
        yield "has a network of its own; bring one that answers public addresses and has no managed network"


_LINKED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "storageAccount": "storage account",
        "keyVault": "key vault",
        "containerRegistry": "container registry",
        "applicationInsights": "Application Insights",
    }
)


def virtual_network(needs: Needs, facts: Facts) -> Iterator[str]:
    """Judge a virtual network that the stack shall live in."""
    yield from _same_region(needs, facts)
    yield from _finished(facts)


def subnet(key: str) -> Rule:
    """Give the rule for a subnet.

    Args:
        key: What it is for: its key under `bring.subnets`.
    """

    def judge(needs: Needs, facts: Facts) -> Iterator[str]:
        prefixes = facts.get("addressPrefixes") or [facts.get("addressPrefix")]
        room = sum(IPv4Network(prefix).num_addresses - _RESERVED_ADDRESSES for prefix in prefixes if prefix)
        needed = needs.addresses.get(key, 0)
        if room < needed:
            yield f"has room for {room} addresses, but the stack takes up to {needed} of them; bring a wider one"
        delegated = [each.get("serviceName") for each in facts.get("delegations") or ()]
        if delegated:
            yield f"is delegated to {', '.join(delegated)}, so nothing else may use it; bring one that is not delegated"

    return judge


def private_dns_zone(name: str) -> Rule:
    """Give the rule for a private DNS zone.

    Args:
        name: The name that the settings give it.
    """

    def judge(_: Needs, facts: Facts) -> Iterator[str]:
        if facts.get("name") != name:
            yield f"is zone {facts.get('name')}; bring {name}"
        if not facts.get("numberOfVirtualNetworkLinks"):
            yield "is linked to no virtual network, so nobody would ask it; link it to the network of the stack"

    return judge


def _same_region(needs: Needs, facts: Facts) -> Iterator[str]:
    location = str(facts.get("location", "")).replace(" ", "").lower()
    if location != needs.location:
        yield f"is in {location}, but the stack is in {needs.location}; bring one of the same region"


def _same_tenant(needs: Needs, facts: Facts) -> Iterator[str]:
    tenant = str(facts.get("tenantId", "")).lower()
    if tenant != needs.tenant_id:
        yield f"belongs to tenant {tenant}, but the stack is in {needs.tenant_id}; bring one of the same tenant"


def _finished(facts: Facts) -> Iterator[str]:
    state = facts.get("provisioningState", "Succeeded")
    if state != "Succeeded":
        yield f"is in state {state}; wait until it is Succeeded, or repair it"


def _reachable(needs: Needs, facts: Facts, rules: Facts | None) -> Iterator[str]:
    """Hold what may reach it against the network mode of the stack."""
    closed = str(facts.get("publicNetworkAccess", "Enabled")).lower() == "disabled"
    if needs.mode == "private" and not closed:
        yield "answers public addresses, but network mode is private; disable its public network access"
    if needs.mode == "public" and (closed or (rules or {}).get("defaultAction") == "Deny"):
        yield "does not answer public addresses, but network mode is public; enable it, or choose mode private"


_RULES: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        "workspace": workspace,
        "virtual_network": virtual_network,
        "container_registry": container_registry,
        "storage_account": storage_account,
        "key_vault": key_vault,
        "log_workspace": log_workspace,
    }
)
"""By key under `bring`, for what there is one of."""


def rule_of(thing: Brought) -> Rule:
    """Give the rule that something brought is judged by."""
    match thing.key, thing.name:
        case "subnets", name:
            return subnet(name)
        case "private_dns_zones", name:
            return private_dns_zone(name)
        case "identities", _:
            return identity
        case key, _:
            return _RULES[key]
