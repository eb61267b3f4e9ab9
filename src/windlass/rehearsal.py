"""Tries a stack on the local Azure, with the real engine: what would be made, and whether its whole life works.

The life of a stack is a promise: what `up` made, a second `up` and a refresh find unchanged; what was taken down can
be brought up again under the same names. The steps are data; the runner does them one by one and stops at the first
that fails.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from windlass.errors.rehearsal import RehearsalFailedError


class Step(StrEnum):
    """What is done with the stack; the value is what people read."""

    PREVIEW = "preview"
    UP = "up"
    UP_AGAIN = "up, nothing to change"
    REFRESH = "refresh, nothing to change"
    RELEASE = "up, protection released"
    TEAR_DOWN = "destroy and purge"
    UP_ON_FREED_NAMES = "up again, same names"


LOOK: tuple[Step, ...] = (Step.PREVIEW,)
LIFE: tuple[Step, ...] = (
    Step.PREVIEW,
    Step.UP,
    Step.UP_AGAIN,
    Step.REFRESH,
    Step.RELEASE,
    Step.TEAR_DOWN,
    Step.UP_ON_FREED_NAMES,
    Step.TEAR_DOWN,
)


@dataclass(frozen=True, kw_only=True)
class Done:
    """One step that was done.

    Attributes:
        step: The step.
        ok: Whether it went as it has to.
        seconds: How long it took.
        resources: How many resources of Azure the stack has, or would have, afterwards.
        said: Everything that was printed.
    """

    step: Step
    ok: bool
    seconds: float
    resources: int
    said: str


class Stage(Protocol):
    """A copy of the project whose stack belongs to a local Azure of its own."""

    @property
    def folder(self) -> str:
        """Where it is, for messages."""
        ...

    def perform(self, step: Step) -> Done:
        """Do one step."""
        ...


def rehearse(stack: str, steps: tuple[Step, ...], stage: Stage, tell: Callable[[Done], None]) -> tuple[Done, ...]:
    """Do the steps one after the other.

    Raises:
        RehearsalFailedError: One of them did not go as it has to; the rest was not tried.
    """
    results = []
    for step in steps:
        done = stage.perform(step)
        tell(done)
        if not done.ok:
            raise RehearsalFailedError(stack, step.value, stage.folder, done.said)
        results.append(done)
    return tuple(results)
