"""What a killed engine leaves behind, and the steps that settle it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from types import MappingProxyType
from typing import Literal

Kind = Literal["creating", "updating", "deleting", "reading", "importing"]
"""What the engine was doing to a resource, in the words of its state file."""


class Holder(Enum):
    """What is known of the engine that took a lock."""

    LIVING = "living"
    DEAD = "dead"
    ELSEWHERE = "elsewhere"
    """On another machine, whose processes cannot be seen from here."""


@dataclass(frozen=True, kw_only=True)
class Lock:
    """One lock on the stack.

    Attributes:
        name: What the backend knows it by.
        taken_at: When, with its time zone.
    """

    name: str
    pid: int
    user: str
    host: str
    taken_at: datetime
    holder: Holder = Holder.ELSEWHERE


@dataclass(frozen=True, kw_only=True)
class Process:
    """One process of this machine, as far as it may be seen.

    Attributes:
        parent: The process that it belongs to now.
        session: Its session's leader, which keeps its number after that process has ended; 0 where the system does
            not tell.
        is_own: Runs as the user of this process.
        folder: Its working directory; empty where the system does not tell.
        environ: What it was started with; empty where the system does not tell.
    """

    pid: int
    parent: int
    session: int
    is_own: bool
    started_at: datetime
    command: str
    folder: str = ""
    environ: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, kw_only=True)
class Orphan:
    """A process that served an engine which is gone.

    Attributes:
        role: What it did for the engine, such as "provider".
        proof: Why it belongs to a run of this stack; empty when nothing shows that.
    """

    pid: int
    role: str
    started_at: datetime
    proof: str = ""


class Presence(Enum):
    """How Azure has a resource."""

    ABSENT = "absent"
    RUNNING = "running"
    """Another operation on it is still under way."""
    READY = "ready"
    FAILED = "failed"
    UNSEEN = "unseen"
    """Nobody knows where to look: its type has no known path."""
    NOWHERE = "nowhere"
    """The engine's own, such as a provider: it lives in the state alone."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A resource as Azure shows it.

    Attributes:
        id: As Azure writes it.
        state: Azure's own word, `provisioningState`; empty for types that have none.
    """

    presence: Presence
    id: str = ""
    state: str = ""
    tags: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, kw_only=True)
class Operation:
    """An operation that the engine had begun and not ended.

    Attributes:
        tags: What the program wants the resource to be tagged with.
        seen: What became of it in Azure.
    """

    kind: Kind
    urn: str
    seen: Seen
    tags: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, kw_only=True)
class Found:
    """Everything that was looked at before anything is decided.

    Attributes:
        workspace: The name of the stack's workspace; empty when it was brought.
        has_workspace: The state holds a workspace.
        deleted: What Azure lists as softly deleted under a name of the stack.
        torn: Files of the state that the engine had begun to write.
    """

    stack: str
    workspace: str = ""
    has_workspace: bool = True
    locks: tuple[Lock, ...] = ()
    orphans: tuple[Orphan, ...] = ()
    operations: tuple[Operation, ...] = ()
    deleted: tuple[DeletedName, ...] = ()
    torn: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class EndProcess:
    """End a process that served the dead engine."""

    pid: int
    role: str
    started_at: datetime
    proof: str


@dataclass(frozen=True, kw_only=True)
class LetArrive:
    """Wait for what the dead run had sent and Azure has not taken on yet."""

    seconds: float


@dataclass(frozen=True, kw_only=True)
class AwaitAzure:
    """Wait until Azure is through with a resource; what follows depends on how that ends."""

    urn: str
    id: str
    state: str


@dataclass(frozen=True, kw_only=True)
class RemoveLock:
    """Remove a lock whose holder is gone."""

    name: str
    pid: int
    host: str


@dataclass(frozen=True, kw_only=True)
class MendState:
    """Put a file of the state right that the engine was writing; until then it cannot read the state."""

    file: str


@dataclass(frozen=True, kw_only=True)
class TakeOver:
    """Put a resource that was created into the state.

    Attributes:
        retry: Its creation failed in Azure: have the next `up` send it again.
    """

    urn: str
    id: str
    retry: bool


@dataclass(frozen=True, kw_only=True)
class ReadAgain:
    """Take a resource's properties from Azure into the state."""

    urn: str
    id: str
    retry: bool


@dataclass(frozen=True, kw_only=True)
class Forget:
    """Drop an operation that changed nothing in Azure."""

    urn: str
    kind: Kind


@dataclass(frozen=True, kw_only=True)
class DropResource:
    """Take a resource that is gone out of the state."""

    urn: str
    id: str


Settlement = TakeOver | ReadAgain | Forget | DropResource
Step = EndProcess | LetArrive | AwaitAzure | MendState | RemoveLock | Settlement


@dataclass(frozen=True, kw_only=True)
class UnprovenProcess:
    """A process of a dead engine in this checkout that nothing ties to the stack."""

    pid: int
    role: str


@dataclass(frozen=True, kw_only=True)
class UnseenResource:
    """An interrupted creation of a type whose place in Azure is not known here."""

    urn: str


@dataclass(frozen=True, kw_only=True)
class ForeignResource:
    """Something of the wanted name is there, but without the tags of this stack."""

    urn: str
    id: str


@dataclass(frozen=True, kw_only=True)
class DeletedName:
    """Something softly deleted that holds a name which the stack needs.

    Attributes:
        kind: Such as "key vault".
        until: The day on which Azure purges it by itself, as it says it; empty when it does not.
        can_purge: No purge protection forbids it.
    """

    kind: str
    name: str
    until: str = ""
    can_purge: bool = True


Left = UnprovenProcess | UnseenResource | ForeignResource | DeletedName


@dataclass(frozen=True, kw_only=True)
class Recovery:
    """What will be done, and what is left for a person."""

    stack: str
    steps: tuple[Step, ...]
    left: tuple[Left, ...]

    @property
    def up_may_run(self) -> bool:
        """Whether nothing stands in the way of `pulumi up` when the steps are done."""
        return not self.left
