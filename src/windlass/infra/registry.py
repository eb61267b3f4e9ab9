"""The container registry that holds the images of environments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, final

import pulumi
from pulumi_azure_native import containerregistry

from windlass.infra.component import Component, Place
from windlass.project.exposure import switch
from windlass.project.settings import RegistrySettings


@dataclass(frozen=True, kw_only=True)
class RegistryArgs:
    """What the registry is made of.

    Attributes:
        place: Where it goes.
        name: Its name.
        settings: Its tier.
        public: Whether it answers public addresses.
        protect: Whether Pulumi refuses to delete or replace it.
    """

    place: Place
    name: str
    settings: RegistrySettings
    public: bool
    protect: bool


@dataclass(frozen=True, kw_only=True)
class RegistryOutputs:
    """What others need of the registry."""

    id: pulumi.Output[str]
    name: pulumi.Output[str]


@final
class Registry(Component):
    """A registry without an admin password: images are pulled by identities that hold a role."""

    TYPE: ClassVar[str] = "windlass:infra:Registry"

    def __init__(self, name: str, *, args: RegistryArgs) -> None:
        super().__init__(name)
        registry = containerregistry.Registry(
            f"{name}-registry",
            registry_name=args.name,
            resource_group_name=args.place.resource_group,
            location=args.place.location,
            tags=args.place.tags,
            sku=containerregistry.SkuArgs(name=args.settings.tier),
            admin_user_enabled=False,
            public_network_access=switch(args.public),
            zone_redundancy=_zones(args.settings),
            # Azure keeps it for the life of a registry, yet the provider plans an update for it.
            opts=self.child(protect=args.protect, replace_on_changes=["zoneRedundancy"]),
        )
        self.outputs = RegistryOutputs(id=registry.id, name=registry.name)
        self.register_outputs({"id": registry.id})


def _zones(settings: RegistrySettings) -> containerregistry.ZoneRedundancy:
    kinds = containerregistry.ZoneRedundancy
    return kinds.ENABLED if settings.zone_redundant else kinds.DISABLED
