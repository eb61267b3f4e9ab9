"""What a recovery needs from outside."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from windlass.recovery.models import DeletedName, Lock, Orphan, Seen

Json = dict[str, Any]


class Locks(Protocol):
    """The locks of a stack, where its state lies."""

    def find(self) -> tuple[Lock, ...]:
        """Read all locks of the stack, each with what became of its holder."""
        ...

    def remove(self, name: str) -> None:
        """Remove one lock; that it is gone already is no error."""
        ...


class Processes(Protocol):
    """The processes of this machine."""

    def orphans(self, locks: tuple[Lock, ...]) -> tuple[Orphan, ...]:
        """Find the processes of this checkout whose engine is gone."""
        ...

    def end(self, pid: int, started_at: datetime) -> None:
        """End a process, gently first; that it has ended already, and another one has its number, is no error."""
        ...


class State(Protocol):
    """The state of a stack, through the engine."""

    def export(self) -> Json:
        """Read the state."""
        ...

    def torn(self) -> tuple[str, ...]:
        """Name the files of the state that the engine had begun to write and not finished."""
        ...

    def mend(self, file: str) -> None:
        """Put one of them right; that it is right already is no error."""
        ...

    def read_resources(self, deployment: Json, urns: tuple[str, ...]) -> Json:
        """Have the provider read some resources of a state that is nobody's, and return that state."""
        ...

    def replace(self, deployment: Json) -> None:
        """Write the state."""
        ...


class Azure(Protocol):
    """Azure, as looking goes."""

    def look(self, resource_id: str, api_version: str) -> Seen:
        """Look at one resource."""
        ...

    def deleted_names(self) -> tuple[DeletedName, ...]:
        """Find what is softly deleted and holds a name of the stack."""
        ...


class Clock(Protocol):
    """Time that tests can move."""

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        ...
