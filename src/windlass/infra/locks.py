"""Locks on what holds data: nobody deletes it by hand, in the portal, or with another tool.

A lock is inherited by everything below what it is on, so the workspace has none: it would keep every release from
deleting the deployment that it has replaced. What a workspace knows of its own is the names of versions and runs; what
they are made of lies in the locked storage account and registry.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, final

import pulumi
from pulumi_azure_native import authorization

from windlass.infra.component import Component

CAN_NOT_DELETE: Final = "CanNotDelete"
_NOTES: Final = "It holds data. Made by Windlass (protection.locks): `pulumi destroy` takes the lock away first."


def lockable(ids: Mapping[str, pulumi.Output[str]]) -> dict[str, pulumi.Output[str]]:
    """Return what may be locked of what a stack has one of."""
    return {word: id_ for word, id_ in ids.items() if word != "workspace"}


@dataclass(frozen=True, kw_only=True)
class LocksArgs:
    """What is locked.

    Attributes:
        locked: Ids of what holds data, by a word for each.
        after: Everything that has to be made before the locks and so is deleted after them: under a lock no role
            assignment, container, diagnostic setting or private endpoint of the locked resource can be deleted.
    """

    locked: Mapping[str, pulumi.Output[str]]
    after: Sequence[pulumi.Resource]


@dataclass(frozen=True, kw_only=True)
class LocksOutputs:
    """What others need of the locks.

    Attributes:
        ids: Of the locks.
    """

    ids: tuple[pulumi.Output[str], ...]


@final
class Locks(Component):
    """A CanNotDelete lock on each thing that holds data: made last, removed first."""

    TYPE: ClassVar[str] = "windlass:infra:Locks"

    def __init__(self, name: str, *, args: LocksArgs) -> None:
        super().__init__(name)
        after = list(args.after)
        locks = [
            authorization.ManagementLockByScope(
                f"{word}-lock",
                lock_name=f"{word}-holds-data",
                scope=scope,
                level=CAN_NOT_DELETE,
                notes=_NOTES,
                opts=self.child(depends_on=after),
            )
            for word, scope in args.locked.items()
        ]
        self.outputs = LocksOutputs(ids=tuple(lock.id for lock in locks))
        self.register_outputs({})
