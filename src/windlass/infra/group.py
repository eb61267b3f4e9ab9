"""The resource group that holds everything else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, final

import pulumi
from pulumi_azure_native import resources

from windlass.infra.component import Component, Place


@dataclass(frozen=True, kw_only=True)
class GroupArgs:
    """What a resource group is made of."""

    name: str
    location: str
    tags: Mapping[str, str]
    protect: bool


@dataclass(frozen=True, kw_only=True)
class GroupOutputs:
    """What others need of the resource group."""

    id: pulumi.Output[str]
    place: Place


@final
class Group(Component):
    """One resource group for one stack."""

    TYPE: ClassVar[str] = "windlass:infra:Group"

    def __init__(self, name: str, *, args: GroupArgs) -> None:
        super().__init__(name)
        group = resources.ResourceGroup(
            f"{name}-resources",
            resource_group_name=args.name,
            location=args.location,
            tags=args.tags,
            opts=self.child(protect=args.protect),
        )
        place = Place(resource_group=group.name, location=args.location, tags=args.tags)
        self.outputs = GroupOutputs(id=group.id, place=place)
        self.register_outputs({"id": group.id})
