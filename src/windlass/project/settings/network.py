"""Which network a stack lives in: one choice, from which everything about addresses follows."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field

from windlass.project.settings.parts import ArmId, ClusterName, Section

NetworkMode = Literal["public", "private", "managed"]

OWN_RULES: Final = ("storage-queue", "storage-table")
"""Outbound rules that every managed network gets: batch endpoints hand out work over queues and tables."""


class OutboundRule(Section):
    """Something outside that a managed network may reach: exactly one of fqdn, service_tag and private_endpoint."""

    fqdn: str | None = Field(default=None, description="A host name, such as data.contoso.com or *.contoso.com")
    service_tag: str | None = Field(default=None, description="A service tag of Azure, such as DataFactory")
    protocol: Literal["TCP", "UDP", "ICMP", "*"] = Field(default="TCP", description="With service_tag")
    ports: str = Field(default="443", pattern=r"^\d+(-\d+)?(,\d+(-\d+)?)*$", description="With service_tag")
    private_endpoint: ArmId | None = Field(default=None, description="The resource that a private endpoint leads to")
    subresource: str | None = Field(default=None, description="With private_endpoint: blob, file, vault, sqlServer...")


class NetworkSettings(Section):
    """The network of the stack."""

    mode: NetworkMode = Field(
        default="public",
        description=(
            "public: Azure's public addresses, guarded by roles. private: a virtual network, private endpoints, no "
            "public access anywhere. managed: the workspace brings a network of its own"
        ),
    )
    address_space: str = Field(
        default="10.40.0.0/16",
        description="With mode private: addresses (CIDR, /16 to /22) that the subnets are planned in",
    )
    nat_gateway: bool = Field(
        default=True, description="With mode private: one fixed address for what goes out; without it nothing does"
    )
    isolation: Literal["internet", "approved"] = Field(
        default="internet", description="With mode managed: everything outbound, or only outbound rules"
    )
    outbound: dict[ClusterName, OutboundRule] = Field(
        default_factory=dict, description="With mode managed: what the network may reach, by name of the rule"
    )
    firewall: Literal["Basic", "Standard"] = Field(
        default="Standard", description="With isolation approved: the tier of the firewall that fqdn rules bring"
    )
