"""What matters in a report, as rows of a table: alike changes of alike resources are one. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from windlass.delivery.meanings import RANK, Meaning
from windlass.delivery.models import Change, Difference, Finding, Report, ResourceChange

_SHOWN: Final = 3
_WITHOUT_WEIGHT: Final = frozenset({Meaning.ADDS, Meaning.COSMETIC})


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table.

    Attributes:
        classes: What it means, the worst first, and whether that is sure to come.
        change: What becomes of the resources.
        kind: What people call one of them; empty when they are of several kinds.
        names: Their names.
        what: What differs, in one line each; nothing where the change says it all.
        why: Why it means that, each once.
        is_certain: Whether the change is sure to come.
    """

    classes: tuple[tuple[Meaning, bool], ...]
    change: Change
    kind: str
    names: tuple[str, ...]
    what: tuple[str, ...] = ()
    why: tuple[str, ...] = ()
    is_certain: bool = True


def rows_of(report: Report) -> tuple[Row, ...]:
    """Lay out what matters, the worst first. Components are left out: they do not exist in Azure."""
    amounts = _amounts(report)
    follows = {each.name: each.follows for each in report.changes}
    groups: dict[tuple[object, ...], list[Row]] = {}
    for change in listed(report):
        row = _row(change, amounts.get(change.name), _roots(change, follows))
        groups.setdefault(_alike(row), []).append(row)
    return tuple(_together(rows) for rows in groups.values())


def listed(report: Report) -> tuple[ResourceChange, ...]:
    """What stands in a table: what exists in Azure, or would. Components only group that."""
    return tuple(each for each in report.changes if not each.is_component or each.meaning is not Meaning.COSMETIC)


def counted(names: Sequence[str], shown: int = _SHOWN) -> tuple[str, ...]:
    """Give the first of some names, and how many more there are."""
    more = (f"{len(names) - shown} more",) if len(names) > shown else ()
    return (*names[:shown], *more)


def describe_difference(each: Difference) -> str:
    """Say how one property differs: `location: westeurope -> northeurope`."""
    if each.stays:
        return f"{each.path}: {each.after}, and stays as it is"
    match each.before, each.after:
        case None, None:
            return each.path
        case before, None:
            return f"{each.path}: {before} -> removed"
        case None, after:
            return f"{each.path}: {after} added"
        case before, after:
            return f"{each.path}: {before} -> {after}"


def short_path(path: str) -> str:
    """Leave out what Azure wraps properties in: `properties.properties.vmSize` is `vmSize`."""
    return path.removeprefix("properties.").removeprefix("properties.") or path


def _roots(change: ResourceChange, follows: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Find what a replacement begins with: what it follows, and what that follows, to where it follows nothing."""
    roots: dict[str, None] = {}
    seen: set[str] = set()
    waiting = list(change.follows)
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += (before := follows.get(name, ()))
            if not before:
                roots[name] = None
    return tuple(sorted(roots))


def _row(change: ResourceChange, amount: str | None, roots: Sequence[str]) -> Row:
    weighty = [each for each in change.findings if each.meaning not in _WITHOUT_WEIGHT] or change.findings[:1]
    classes = {each.meaning: False for each in weighty}
    for each in weighty:
        classes[each.meaning] |= each.is_certain
    return Row(
        classes=tuple(sorted(classes.items(), key=lambda pair: RANK[pair[0]])),
        change=change.change,
        kind=change.kind,
        names=(change.name,),
        what=tuple(f"follows {name}" for name in counted(roots)) or _what(change, weighty),
        why=tuple(dict.fromkeys(filter(None, (_why(each, amount) for each in _explained(change, weighty))))),
        is_certain=change.is_certain,
    )


def _explained(change: ResourceChange, weighty: Sequence[Finding]) -> Iterable[Finding]:
    """What is new may be remarkable though it is nothing to be afraid of."""
    return change.findings if weighty[0].meaning is Meaning.ADDS else weighty


def _why(finding: Finding, amount: str | None) -> str:
    return f"{amount}" if finding.meaning is Meaning.CHANGES_COST and amount else finding.why


def _what(change: ResourceChange, weighty: Sequence[Finding]) -> tuple[str, ...]:
    paths = dict.fromkeys(path for finding in weighty for path in finding.paths)
    by_path = {each.path: each for each in change.differences}
    known = [_short(by_path[path]) for path in paths if path in by_path]
    if change.change is Change.CREATED:
        return tuple(f"{each.path}: {each.after}" for each in known)
    return tuple(map(describe_difference, known))


def _short(each: Difference) -> Difference:
    return Difference(
        path=short_path(each.path), before=each.before, after=each.after, is_known=each.is_known, stays=each.stays
    )


def _alike(row: Row) -> tuple[object, ...]:
    """What rows have in common that become one; why something new comes may differ."""
    why = () if row.classes[0][0] is Meaning.ADDS else row.why
    # What is new without a remark is one row, whatever it is.
    kind = row.kind if row.classes[0][0] is Meaning.ADDS and row.why else ""
    return (row.classes, row.change, kind, row.what, why, row.is_certain)


def _together(rows: Sequence[Row]) -> Row:
    first = rows[0]
    kinds = dict.fromkeys(row.kind for row in rows)
    return Row(
        classes=first.classes,
        change=first.change,
        kind=first.kind if len(kinds) == 1 else "",
        names=tuple(name for row in rows for name in row.names),
        what=first.what,
        why=tuple(dict.fromkeys(reason for row in rows for reason in row.why)),
        is_certain=first.is_certain,
    )


def _amounts(report: Report) -> Mapping[str, str]:
    """Say of each resource what it costs more or less, where the estimate has it."""
    if report.cost is None:
        return {}
    differences: dict[str, float] = {}
    for each in report.cost.changes:
        differences[each.line.subject] = differences.get(each.line.subject, 0.0) + each.difference
    currency = report.cost.after.currency
    # What has lost its price is not cheaper for that.
    unpriced = {each.subject for each in report.cost.newly_unpriced}
    return {
        name: f"{'+' if amount >= 0 else '-'}{abs(amount):,.2f} {currency} a month"
        for name, amount in differences.items()
        if name not in unpriced
    }
