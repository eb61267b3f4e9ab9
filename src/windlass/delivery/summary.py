"""Several reports as one: which stack is worst, what is missing, and how it ends. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from windlass.delivery.gate import Gate, check_gate
from windlass.delivery.meanings import ACKNOWLEDGED, RANK, Meaning
from windlass.delivery.models import Report


class Level(IntEnum):
    """How much attention a stack needs, the most first."""

    STOP = 0
    """It failed, is refused by a rule, or needs somebody's yes."""
    LOOK = 1
    """Secrets, quota, cost, behaviour."""
    FINE = 2


_FINE: Final = frozenset({Meaning.ADDS, Meaning.COSMETIC})


@dataclass(frozen=True, kw_only=True)
class Summary:
    """All stacks of one change.

    Attributes:
        reports: One per stack, the worst first.
        missing: Stacks that a report was expected of.
        gate: What has to be acknowledged.
    """

    reports: tuple[Report, ...]
    missing: tuple[str, ...] = ()
    gate: Gate = field(default_factory=Gate)

    @property
    def failed(self) -> tuple[str, ...]:
        """Stacks whose preview failed."""
        return tuple(each.stack for each in self.reports if each.errors)

    @property
    def refused(self) -> tuple[str, ...]:
        """Stacks for which a rule is broken that stops a run."""
        return tuple(each.stack for each in self.reports if each.stopped_by)


def sum_up(reports: Iterable[Report], *, expected: Sequence[str] = (), given: Iterable[str] = ()) -> Summary:
    """Put reports together.

    Args:
        reports: One per stack.
        expected: Stacks that there has to be a report of.
        given: What was acknowledged.
    """
    ordered = tuple(sorted(reports, key=_badness))
    there = {each.stack for each in ordered}
    return Summary(
        reports=ordered,
        missing=tuple(stack for stack in dict.fromkeys(expected) if stack not in there),
        gate=check_gate(ordered, given),
    )


def level_of(report: Report) -> Level:
    """Say how much attention a stack needs."""
    if report.errors or report.stopped_by or ACKNOWLEDGED & set(report.meanings):
        return Level.STOP
    return Level.FINE if _FINE.issuperset(report.meanings) and not report.violations else Level.LOOK


def _badness(report: Report) -> tuple[bool, bool, int, int, str]:
    worst = RANK[report.meanings[0]] if report.meanings else len(RANK)
    return not report.errors, not report.stopped_by, worst, -len(report.changes), report.stack


def changes_anything(summary: Summary) -> bool:
    """Whether `up` would do anything to any stack; a stack whose preview failed may have something to do."""
    return bool(summary.missing) or any(report.errors or report.changes for report in summary.reports)
