"""Does the steps of a bootstrap: looks first, and changes what is not there or not so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from windlass.bootstrap.models import Bootstrap, MakeEnvironment, SetVariable, Step
from windlass.bootstrap.ports import Azure, Finding, GitHub, State
from windlass.errors.bootstrap import IdentityMissingError


class Result(Enum):
    """What became of a step."""

    THERE = "there"
    MADE = "made"
    CHANGED = "changed"
    WOULD_MAKE = "to be made"
    WOULD_CHANGE = "to be changed"
    NOT_YET = "not yet"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One step, and what became of it.

    Attributes:
        note: What was different, or worth knowing.
    """

    step: Step
    result: Result
    note: str = ""


Tell = Callable[[Outcome], None]


def carry_out(
    bootstrap: Bootstrap, azure: Azure, github: GitHub | None, tell: Tell, *, dry_run: bool
) -> tuple[Outcome, ...]:
    """Do the steps, one after the other; each is told when it is over.

    Args:
        bootstrap: What has to be there.
        azure: Azure.
        github: The repository on GitHub; None where no step is about it.
        tell: Hears of each step.
        dry_run: Look only.
    """
    worker = _Worker(azure, github)
    outcomes = []
    for step in bootstrap.steps:
        finding = worker.look(step)
        if not dry_run and finding.state in {State.MISSING, State.DIFFERENT}:
            worker.do(step)
        outcome = Outcome(step=step, result=_RESULTS[finding.state, dry_run], note=finding.note)
        tell(outcome)
        outcomes.append(outcome)
    return tuple(outcomes)


_RESULTS = {
    (State.THERE, True): Result.THERE,
    (State.THERE, False): Result.THERE,
    (State.MISSING, True): Result.WOULD_MAKE,
    (State.MISSING, False): Result.MADE,
    (State.DIFFERENT, True): Result.WOULD_CHANGE,
    (State.DIFFERENT, False): Result.CHANGED,
    (State.NOT_YET, True): Result.NOT_YET,
    (State.NOT_YET, False): Result.NOT_YET,
}


class _Worker:
    """Looks at and does single steps."""

    def __init__(self, azure: Azure, github: GitHub | None) -> None:
        self._azure = azure
        self._lent = github

    @property
    def _github(self) -> GitHub:
        assert self._lent is not None
        return self._lent

    def look(self, step: Step) -> Finding:
        match step:
            case MakeEnvironment():
                return self._github.look_environment(step)
            case SetVariable():
                return self._github.look_variable(step.environment, step.name, self._value(step))
            case _:
                return self._azure.look(step)

    def do(self, step: Step) -> None:
        match step:
            case MakeEnvironment():
                self._github.make_environment(step)
            case SetVariable():
                value = self._value(step)
                if value is None and step.client_of is not None:
                    raise IdentityMissingError(step.client_of.name)
                self._github.set_variable(step.environment, step.name, value or "")
            case _:
                self._azure.do(step)

    def _value(self, step: SetVariable) -> str | None:
        if step.client_of is None:
            return step.value
        known = self._azure.known(step.client_of)
        return known.client_id if known else None
