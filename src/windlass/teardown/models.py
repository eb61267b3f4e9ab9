"""What stands of a stack, and what a teardown makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, kw_only=True)
class Declared:
    """A resource in the state.

    Attributes:
        id: In Azure; empty for what lives in the state alone.
        purge_protection: Of a key vault: whether it has it.
        retention_days: Of a key vault: how long Azure keeps it after its deletion.
    """

    urn: str
    type: str
    id: str
    protect: bool = False
    purge_protection: bool = False
    retention_days: int | None = None


@dataclass(frozen=True, kw_only=True)
class Existing:
    """A resource in the stack's resource group.

    Attributes:
        type: In lower case, such as `microsoft.keyvault/vaults`.
        principals: The object ids of its identities.
        endpoint: Of a container group: the endpoint that it serves.
    """

    id: str
    name: str
    type: str
    principals: tuple[str, ...] = ()
    endpoint: str = ""
    managed_by: str = ""


@dataclass(frozen=True, kw_only=True)
class Attached:
    """A lock, a diagnostic setting, a role assignment or a public name.

    Attributes:
        scope: What it is on.
        principal: Of a role assignment: the object id of who holds it.
    """

    id: str
    name: str
    scope: str
    principal: str = ""


@dataclass(frozen=True, kw_only=True)
class DeletedVault:
    """The stack's key vault, softly deleted already.

    Attributes:
        until: The day on which Azure purges it by itself.
    """

    until: date | None
    purge_protection: bool


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Everything that was looked at before anything is planned.

    Attributes:
        today: The day, for what Azure keeps for a number of days.
        locks: On the group, above it and below it.
        public_names: Record sets that releases own, in whatever zone.
        diagnostics: On the resources of the group.
        roles: Anywhere in the subscription.
        unseen: What could not be looked at, and why.
    """

    today: date
    declared: tuple[Declared, ...] = ()
    existing: tuple[Existing, ...] = ()
    locks: tuple[Attached, ...] = ()
    public_names: tuple[Attached, ...] = ()
    diagnostics: tuple[Attached, ...] = ()
    roles: tuple[Attached, ...] = ()
    deleted_vault: DeletedVault | None = None
    unseen: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class DeleteAutoscale:
    """Remove an autoscale setting that a release made for its deployment."""

    name: str
    id: str


@dataclass(frozen=True, kw_only=True)
class DeletePublicName:
    """Remove a public name that leads to a container group: whoever gets the group's address next would answer."""

    name: str
    id: str


@dataclass(frozen=True, kw_only=True)
class DeleteContainerGroup:
    """Remove a container group that serves a model."""

    name: str
    id: str
    endpoint: str


@dataclass(frozen=True, kw_only=True)
class RemoveLocks:
    """Have the engine remove the locks of the stack."""

    stack: str
    names: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class DeleteDiagnostics:
    """Remove a diagnostic setting that would come back with a resource of the same name."""

    name: str
    id: str


@dataclass(frozen=True, kw_only=True)
class DeleteRole:
    """Remove a role outside the group, held by an identity that goes with it."""

    id: str
    scope: str


@dataclass(frozen=True, kw_only=True)
class DestroyOnWorkspace:
    """Have the engine destroy what stands on the workspace."""

    stack: str


@dataclass(frozen=True, kw_only=True)
class PurgeWorkspace:
    """Delete the workspace for good."""

    name: str


@dataclass(frozen=True, kw_only=True)
class DestroyRest:
    """Have the engine destroy everything that is left."""

    stack: str


@dataclass(frozen=True, kw_only=True)
class PurgeVault:
    """Purge the softly deleted vault."""

    name: str


@dataclass(frozen=True, kw_only=True)
class KeepVault:
    """Leave the softly deleted vault alone: purge protection was turned on, and nobody can turn it off."""

    name: str
    until: date


Step = (
    DeleteAutoscale
    | DeletePublicName
    | DeleteContainerGroup
    | RemoveLocks
    | DeleteDiagnostics
    | DeleteRole
    | DestroyOnWorkspace
    | PurgeWorkspace
    | DestroyRest
    | PurgeVault
    | KeepVault
)


@dataclass(frozen=True, kw_only=True)
class GoesWith:
    """Something that no step names, because it goes with what it belongs to.

    Attributes:
        parent: The name of that.
    """

    id: str
    name: str
    type: str
    parent: str


@dataclass(frozen=True, kw_only=True)
class Name:
    """What becomes of a name.

    Attributes:
        kind: Such as "key vault".
        usable_from: The first day on which something new may have it; None when that is at once.
        recoverable_until: The last day on which what had it can be had back; None when it cannot.
        note: How, and what has to be known; may be empty.
    """

    kind: str
    name: str
    usable_from: date | None = None
    recoverable_until: date | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class ProtectedBySettings:
    """A setting protects the stack."""

    key: str


@dataclass(frozen=True, kw_only=True)
class ProtectedInState:
    """The engine protects a resource, though the settings do not any more: they were not applied."""

    urn: str


@dataclass(frozen=True, kw_only=True)
class LockedByHand:
    """Somebody locked something with a lock that the stack does not know."""

    id: str
    scope: str


@dataclass(frozen=True, kw_only=True)
class UnknownResource:
    """Something in the resource group that neither the state nor the scripts know; it would go with the group."""

    id: str
    type: str


Blocker = ProtectedBySettings | ProtectedInState | LockedByHand | UnknownResource


@dataclass(frozen=True, kw_only=True)
class Teardown:
    """The whole plan.

    Attributes:
        goes_with: What goes without a step of its own.
        names: What becomes of each name.
        blockers: What forbids it.
        unseen: What could not be looked at, and may be left behind.
    """

    stack: str
    steps: tuple[Step, ...]
    goes_with: tuple[GoesWith, ...]
    names: tuple[Name, ...]
    blockers: tuple[Blocker, ...]
    unseen: tuple[str, ...] = ()
