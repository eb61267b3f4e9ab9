"""What carrying out a plan needs from outside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from windlass.apply.models import EngineRun
from windlass.recovery.models import Lock

Json = dict[str, Any]
Started = Callable[[int], None]
"""Is told the engine's process as soon as it runs."""


class Engine(Protocol):
    """The Pulumi engine."""

    def up(self, stack: str, plan: bytes, started: Started, *, at_once: bool) -> EngineRun:
        """Have the engine do what a plan allows.

        Args:
            stack: The stack's name.
            plan: What it is held to.
            started: Is told its process.
            at_once: Leave out the engine's own preview, which refuses before anything is changed.
        """
        ...


class State(Protocol):
    """The state of a stack."""

    def export(self) -> Json:
        """Read the state.

        Raises:
            StackNotFoundError: The backend does not know the stack.
        """
        ...


class Locks(Protocol):
    """The locks of a stack, where its state lies."""

    def find(self) -> tuple[Lock, ...]:
        """Read all locks of the stack, each with what became of its holder."""
        ...


class Remains(Protocol):
    """What an ended run left half done."""

    def recover(self) -> None:
        """Settle what a killed engine was doing.

        Raises:
            RecoveryUnfinishedError: Something is left to a person.
        """
        ...

    def adopt(self, urns: frozenset[str]) -> int:
        """Take into the state what was being made when the engine was cancelled, and exists; returns how many.

        Args:
            urns: Only these.
        """
        ...
