"""How a private stack is reached: private endpoints in its network, and the DNS zones that lead to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final, final

import pulumi
from pulumi_azure_native import network, privatedns

from windlass.infra.component import Component, Place
from windlass.project.names import NameScope, private_endpoint_name
from windlass.project.private_links import GROUPS, ZONE_NAMES, ZONES, LinkTarget, label_of

EVERYWHERE: Final = "global"
"""DNS has no region."""

SHOWN_BY_AZURE: Final = ("customDnsConfigs",)
"""Azure empties these when a zone group takes the names over, where the provider sees an input: not ours to change."""


@dataclass(frozen=True, kw_only=True)
class PrivateZonesArgs:
    """What the zones are made of.

    Attributes:
        place: Where they go.
        network_id: The network that asks them.
        brought: Zones by name that exist already and are linked by whoever owns them.
    """

    place: Place
    network_id: pulumi.Output[str]
    brought: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class PrivateZonesOutputs:
    """What others need of the zones.

    Attributes:
        ids: Of each zone, by its name.
        links: What has to be there before a name can be asked for.
    """

    ids: Mapping[str, pulumi.Output[str]]
    links: tuple[pulumi.Resource, ...]


@final
class PrivateZones(Component):
    """The zones that tell, inside the network alone, which private address a name of Azure has."""

    TYPE: ClassVar[str] = "windlass:infra:PrivateZones"

    def __init__(self, name: str, *, args: PrivateZonesArgs) -> None:
        super().__init__(name)
        made = {
            zone: self._zone(f"{name}-{label_of(zone)}", zone, args) for zone in ZONE_NAMES if zone not in args.brought
        }
        links = tuple(self._link(f"{name}-{label_of(key)}-link", zone, args) for key, zone in made.items())
        ids = {key: pulumi.Output.from_input(given) for key, given in args.brought.items()}
        self.outputs = PrivateZonesOutputs(ids={**ids, **{key: zone.id for key, zone in made.items()}}, links=links)
        self.register_outputs({})

    def _zone(self, name: str, zone: str, args: PrivateZonesArgs) -> privatedns.PrivateZone:
        return privatedns.PrivateZone(
            name,
            private_zone_name=zone,
            resource_group_name=args.place.resource_group,
            location=EVERYWHERE,
            tags=args.place.tags,
            opts=self.child(),
        )

    def _link(self, name: str, zone: privatedns.PrivateZone, args: PrivateZonesArgs) -> privatedns.VirtualNetworkLink:
        return privatedns.VirtualNetworkLink(
            name,
            virtual_network_link_name="network",
            private_zone_name=zone.name,
            resource_group_name=args.place.resource_group,
            location=EVERYWHERE,
            tags=args.place.tags,
            virtual_network=privatedns.SubResourceArgs(id=args.network_id),
            registration_enabled=False,
            opts=self.child(),
        )


@dataclass(frozen=True, kw_only=True)
class PrivateAccessArgs:
    """What leads to one resource.

    Attributes:
        place: Where the endpoints go.
        scope: Of their names.
        target: What kind of resource it is.
        target_id: The resource.
        subnet_id: Where the endpoints get their addresses.
        zones: Where their names are written.
    """

    place: Place
    scope: NameScope
    target: LinkTarget
    target_id: pulumi.Output[str]
    subnet_id: pulumi.Output[str]
    zones: PrivateZonesOutputs


@dataclass(frozen=True, kw_only=True)
class PrivateAccessOutputs:
    """What others need of it.

    Attributes:
        ready: What has to be there before the resource is reached from inside the network.
    """

    ready: tuple[pulumi.Resource, ...]


@final
class PrivateAccess(Component):
    """The private endpoints of one resource: one for each of its services, with their names in the zones."""

    TYPE: ClassVar[str] = "windlass:infra:PrivateAccess"

    def __init__(self, name: str, *, args: PrivateAccessArgs) -> None:
        super().__init__(name)
        endpoints: list[network.PrivateEndpoint] = []
        groups = []
        for group in GROUPS[args.target]:
            # A storage account takes one connection after the other (StorageAccountOperationInProgress).
            endpoints.append(self._endpoint(f"{name}-{group}", group, args, after=endpoints[-1:]))
            groups.append(self._names(f"{name}-{group}-names", group, endpoints[-1], args))
        self.outputs = PrivateAccessOutputs(ready=tuple(groups))
        self.register_outputs({})

    def _endpoint(
        self, name: str, group: str, args: PrivateAccessArgs, *, after: Sequence[pulumi.Resource]
    ) -> network.PrivateEndpoint:
        part = args.target if args.target == group or len(GROUPS[args.target]) == 1 else f"{args.target}-{group}"
        return network.PrivateEndpoint(
            f"{name}-endpoint",
            private_endpoint_name=private_endpoint_name(args.scope, part),
            resource_group_name=args.place.resource_group,
            location=args.place.location,
            tags=args.place.tags,
            subnet=network.SubnetArgs(id=args.subnet_id),
            private_link_service_connections=[
                network.PrivateLinkServiceConnectionArgs(
                    name=group, private_link_service_id=args.target_id, group_ids=[group]
                )
            ],
            # What Azure shows once the zone group has the names; said here, so that a refresh finds what it expects.
            custom_dns_configs=[],
            opts=self.child(ignore_changes=list(SHOWN_BY_AZURE), depends_on=list(after)),
        )

    def _names(
        self, name: str, group: str, endpoint: network.PrivateEndpoint, args: PrivateAccessArgs
    ) -> network.PrivateDnsZoneGroup:
        return network.PrivateDnsZoneGroup(
            name,
            private_dns_zone_group_name="default",
            private_endpoint_name=endpoint.name,
            resource_group_name=args.place.resource_group,
            private_dns_zone_configs=[
                network.PrivateDnsZoneConfigArgs(name=label_of(zone), private_dns_zone_id=args.zones.ids[zone])
                for zone in ZONES[group]
            ],
            opts=self.child(depends_on=list(args.zones.links)),
        )
