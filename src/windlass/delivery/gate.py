"""What somebody has to say yes to before changes are applied, and whether he has. Pure.

An acknowledgement names a class, a stack and what was found: `allow:loses-data@prod:1a2b3c`. It is a label of a pull
request, or a flag. The six characters are a digest of the findings as they are shown, so that it holds for exactly
these and for no later ones.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from windlass.delivery.meanings import ACKNOWLEDGED, RANK, Meaning
from windlass.delivery.models import Report, ResourceChange

PREFIX: Final = "allow:"
"""Of a label; `report.py --allow` takes the rest as well as the whole."""

_FORM: Final = re.compile(r"(?P<meaning>[a-z-]+)@(?P<stack>.+):(?P<digest>[0-9a-f]{6})")
_DIGITS: Final = 6


@dataclass(frozen=True, kw_only=True)
class Needed:
    """One acknowledgement that a stack needs.

    Attributes:
        meaning: The class that it says yes to.
        stack: The stack.
        label: Its text, with the prefix.
        changes: Names of the resources with such findings.
        is_given: Whether somebody has given it.
    """

    meaning: Meaning
    stack: str
    label: str
    changes: tuple[str, ...]
    is_given: bool


@dataclass(frozen=True, kw_only=True)
class Stray:
    """An acknowledgement that was given and says yes to nothing here.

    Attributes:
        label: Its text.
        why: Why it does not count.
    """

    label: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Gate:
    """What is needed and what was given.

    Attributes:
        needed: By stack as they were given, the worst class first.
        strays: What does not fit.
    """

    needed: tuple[Needed, ...] = ()
    strays: tuple[Stray, ...] = ()

    @property
    def missing(self) -> tuple[Needed, ...]:
        """What nobody has acknowledged yet."""
        return tuple(each for each in self.needed if not each.is_given)

    def of(self, stack: str) -> tuple[Needed, ...]:
        """What one stack needs."""
        return tuple(each for each in self.needed if each.stack == stack)


def check_gate(reports: Sequence[Report], given: Iterable[str]) -> Gate:
    """Compare what was acknowledged with what has to be.

    Args:
        reports: Of all stacks.
        given: Labels, or flags with or without the prefix; labels that are about something else are passed over.
    """
    labels = tuple(dict.fromkeys(filter(None, map(_normal, given))))
    needed = tuple(each for report in reports for each in _needed(report, labels))
    fitting = {each.label for each in needed}
    strays = tuple(
        Stray(label=label, why=_why_stray(label, reports, needed)) for label in labels if label not in fitting
    )
    return Gate(needed=needed, strays=strays)


def label_of(meaning: Meaning, report: Report) -> str:
    """Write the acknowledgement of all findings of a class in a stack."""
    found = sorted(json.dumps(each) for each in _evidence(meaning, report))
    digest = hashlib.sha256(json.dumps([meaning.value, report.stack, found]).encode()).hexdigest()
    return f"{PREFIX}{meaning.value}@{report.stack}:{digest[:_DIGITS]}"


def _normal(text: str) -> str | None:
    """Take a label or a flag for an acknowledgement; None for a label about something else."""
    written = text.strip().removeprefix(PREFIX)
    return f"{PREFIX}{written}" if text.strip().startswith(PREFIX) or _FORM.fullmatch(written) else None


def _needed(report: Report, given: Collection[str]) -> Iterator[Needed]:
    # What has happened already waits for nobody's yes.
    asked = frozenset() if report.is_drift else ACKNOWLEDGED
    for meaning in sorted(set(report.meanings) & asked, key=RANK.__getitem__):
        label = label_of(meaning, report)
        names = tuple(each.name for each in report.changes if _has(each, meaning))
        yield Needed(meaning=meaning, stack=report.stack, label=label, changes=names, is_given=label in given)


def _has(change: ResourceChange, meaning: Meaning) -> bool:
    return any(finding.meaning is meaning for finding in change.findings)


def _evidence(meaning: Meaning, report: Report) -> Iterator[list[object]]:
    """List what is said yes to: of which resource, what becomes of it, and how the values are shown."""
    if meaning is Meaning.OVER_BUDGET and report.cost is not None:
        yield [round(report.cost.after.total.likely), report.cost.budget]
    for change in report.changes:
        shown = {each.path: [each.before, each.after] for each in change.differences}
        for finding in change.findings:
            if finding.meaning is meaning:
                paths = finding.paths or (sorted(shown) if change.change == "created" else ())
                values = [[path, *shown.get(path, [None, None])] for path in sorted(paths)]
                yield [change.urn, change.change.value, values]


def _why_stray(label: str, reports: Sequence[Report], needed: Sequence[Needed]) -> str:
    match = _FORM.fullmatch(label.removeprefix(PREFIX))
    if match is None or match["meaning"] not in set(Meaning):
        return "it is no acknowledgement: those have the form allow:CLASS@STACK:DIGEST"
    meaning, stack = match["meaning"], match["stack"]
    if stack not in {report.stack for report in reports}:
        return "no report here is of that stack"
    if any(each.meaning == meaning and each.stack == stack for each in needed):
        return "it was for other findings: they have changed since"
    return "nothing needs it any more"


__all__ = ["PREFIX", "Gate", "Needed", "Stray", "check_gate", "label_of"]
