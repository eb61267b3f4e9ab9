"""The virtual network of a private stack: subnets by plan, a security group for each, and one way out.

The subnets are declared inside the network, not as resources of their own. Azure writes one subnet of a network at a
time and refuses a second one meanwhile (AnotherOperationInProgress), so resources of their own would have to wait for
each other in a row; and a subnet that was added by hand then shows in a preview. Of the two ways only one may be
used: a PUT of the network without its subnets would take those away that are resources of their own.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import ClassVar, Final, final

import pulumi
from pulumi_azure_native import network

from windlass.infra.component import Component, Place
from windlass.infra.security_rules import Rule, rules_of
from windlass.project.names import NameScope, network_part_name, virtual_network_name
from windlass.project.settings import NetworkSettings
from windlass.project.subnets import Subnet, SubnetPurpose, plan_subnets

GO_OUT: Final[tuple[SubnetPurpose, ...]] = ("clusters", "kubernetes")
"""Where something begins a connection by itself; a private endpoint never does."""

SHOWN_BY_AZURE: Final = ("natGateway",)
"""Azure tells of an address which gateway uses it, where the provider sees an input: not ours to change."""


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    """What the network is made of.

    Attributes:
        place: Where it goes.
        scope: Of its names.
        settings: Its range, and whether there is a way out.
        purposes: What its subnets are for.
    """

    place: Place
    scope: NameScope
    settings: NetworkSettings
    purposes: Collection[SubnetPurpose]


@dataclass(frozen=True, kw_only=True)
class NetworkOutputs:
    """What others need of the network.

    Attributes:
        id: Of the network.
        subnets: Their ids by purpose.
    """

    id: pulumi.Output[str]
    subnets: Mapping[SubnetPurpose, pulumi.Output[str]]


@final
class Network(Component):
    """A network that nobody comes into from outside, with one fixed address for what goes out."""

    TYPE: ClassVar[str] = "windlass:infra:Network"

    def __init__(self, name: str, *, args: NetworkArgs) -> None:
        super().__init__(name)
        gateway = self._gateway(name, args) if args.settings.nat_gateway else None
        plan = {key: each for key, each in plan_subnets(args.settings.address_space).items() if key in args.purposes}
        guards = {key: self._guard(f"{name}-{key}", subnet, args) for key, subnet in plan.items()}
        made = network.VirtualNetwork(
            f"{name}-network",
            virtual_network_name=virtual_network_name(args.scope),
            resource_group_name=args.place.resource_group,
            location=args.place.location,
            tags=args.place.tags,
            address_space=network.AddressSpaceArgs(address_prefixes=[args.settings.address_space]),
            subnets=[_subnet(subnet, guards[key], gateway) for key, subnet in plan.items()],
            opts=self.child(),
        )
        subnets = {key: pulumi.Output.concat(made.id, "/subnets/", key) for key in plan}
        self.outputs = NetworkOutputs(id=made.id, subnets=subnets)
        self.register_outputs({"id": made.id})

    def _gateway(self, name: str, args: NetworkArgs) -> network.NatGateway:
        address = network.PublicIPAddress(
            f"{name}-address",
            public_ip_address_name=network_part_name(args.scope, "pip", "out"),
            resource_group_name=args.place.resource_group,
            location=args.place.location,
            tags=args.place.tags,
            sku=network.PublicIPAddressSkuArgs(name=network.PublicIPAddressSkuName.STANDARD),
            public_ip_allocation_method=network.IPAllocationMethod.STATIC,
            public_ip_address_version=network.IPVersion.I_PV4,
            opts=self.child(ignore_changes=list(SHOWN_BY_AZURE)),
        )
        return network.NatGateway(
            f"{name}-gateway",
            nat_gateway_name=network_part_name(args.scope, "nat", "out"),
            resource_group_name=args.place.resource_group,
            location=args.place.location,
            tags=args.place.tags,
            sku=network.NatGatewaySkuArgs(name=network.NatGatewaySkuName.STANDARD),
            public_ip_addresses=[network.SubResourceArgs(id=address.id)],
            opts=self.child(),
        )

    def _guard(self, name: str, subnet: Subnet, args: NetworkArgs) -> network.NetworkSecurityGroup:
        rules = rules_of(subnet.purpose, subnet.range, region=args.place.location, internet=args.settings.nat_gateway)
        return network.NetworkSecurityGroup(
            f"{name}-rules",
            network_security_group_name=network_part_name(args.scope, "nsg", subnet.purpose),
            resource_group_name=args.place.resource_group,
            location=args.place.location,
            tags=args.place.tags,
            security_rules=[_written(rule) for rule in rules],
            opts=self.child(),
        )


def _subnet(
    subnet: Subnet, guard: network.NetworkSecurityGroup, gateway: network.NatGateway | None
) -> network.SubnetArgs:
    goes_out = gateway is not None and subnet.purpose in GO_OUT
    return network.SubnetArgs(
        name=subnet.purpose,
        address_prefix=str(subnet.range),
        network_security_group=network.NetworkSecurityGroupArgs(id=guard.id),
        nat_gateway=network.SubResourceArgs(id=gateway.id) if gateway is not None and goes_out else None,
        # Azure would otherwise give nodes an address of its choice to go out by.
        default_outbound_access=False,
        # Without this the rules of the security group would not hold for private endpoints.
        private_endpoint_network_policies=(
            network.VirtualNetworkPrivateEndpointNetworkPolicies.NETWORK_SECURITY_GROUP_ENABLED
        ),
    )


def _written(rule: Rule) -> network.SecurityRuleArgs:
    one = len(rule.ports) == 1
    return network.SecurityRuleArgs(
        name=rule.name,
        priority=rule.priority,
        direction=rule.direction,
        access=rule.access,
        protocol=rule.protocol,
        source_address_prefix=rule.source,
        source_port_range="*",
        destination_address_prefix=rule.destination,
        destination_port_range=rule.ports[0] if one else None,
        destination_port_ranges=None if one else list(rule.ports),
    )
