"""What all components share: where resources go, and how one becomes a child."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import pulumi


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the resources of a stack are put and how they are marked.

    Attributes:
        resource_group: Name of the group, known when it exists.
        location: Azure region. Always said, so that no default of a provider or a group decides.
        tags: Tags of every resource that takes tags.
    """

    resource_group: pulumi.Output[str]
    location: str
    tags: Mapping[str, str]


class Component(pulumi.ComponentResource):  # type: ignore[misc]  # pulumi is not followed by mypy
    """A group of resources with one purpose.

    `TYPE` and the logical names of the children are part of every state file: changing one makes Pulumi delete
    and create anew, unless the old one is given as an alias.
    """

    TYPE: ClassVar[str]

    def __init__(self, name: str) -> None:
        super().__init__(self.TYPE, name)

    def child(self, **options: Any) -> pulumi.ResourceOptions:
        """Options of a resource of this component: the parent is said, the provider inherited."""
        return pulumi.ResourceOptions(parent=self, **options)
