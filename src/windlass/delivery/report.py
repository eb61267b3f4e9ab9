"""Says in words and in JSON what a report holds. Pure. The JSON is documented and stable."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from windlass.delivery.gate import Gate
from windlass.delivery.meanings import Meaning, title_of
from windlass.delivery.models import Change, Report, ResourceChange, Risk, Violation
from windlass.delivery.rows import Row, counted, listed, rows_of
from windlass.delivery.summary import Summary

_ALWAYS_COUNTED: Final = frozenset({Change.CREATED, Change.UPDATED, Change.REPLACED, Change.DELETED, Change.UNCHANGED})
_OF_LITTLE_WEIGHT: Final = frozenset({Meaning.ADDS, Meaning.COSMETIC})

_OF_DRIFT: Final = {Change.DELETED: "gone", Change.UPDATED: "changed", Change.REPLACED: "changed"}

COLUMNS: Final = ("class", "resource", "what, and why it matters")


def describe_report(report: Report) -> str:
    """Say the whole in a few words that go on after the stack's name: `interrupts service, needs quota`."""
    if report.is_drift:
        return _describe_drift(report)
    if report.errors:
        return "could not be previewed, so nobody knows what it would do"
    meant = ", ".join(_titles(report))
    if report.stopped_by:
        rules = {each.rule for each in report.stopped_by}
        return f"is refused: {_number(len(rules), 'rule is', 'rules are')} broken{meant and f'; {meant}'}"
    if report.is_new:
        made = f"is new: makes {_number(_made(report), 'resource', 'resources')}"
        return f"{made}{meant and f', {meant}'}"
    if not report.changes:
        return "does not change" if not meant else f"does not change itself; what its endpoints deploy {meant}"
    return meant or "has cosmetic changes only"


def describe_totals(report: Report) -> str:
    """Count the resources of each change: `1 created, 2 updated, ... 30 unchanged`."""
    return ", ".join(f"{count} {change.value}" for change, count in report.totals if count or change in _ALWAYS_COUNTED)


def describe_counts(report: Report) -> str:
    """Count what happens and leave out what does not: `1 replaced, 2 updated`; of what is in Azure alone."""
    counts = dict.fromkeys(Change, 0)
    for each in listed(report):
        counts[each.change] += 1
    words = _OF_DRIFT if report.is_drift else {}
    return ", ".join(f"{count} {words.get(change, change.value)}" for change, count in counts.items() if count)


def describe_change(each: ResourceChange | Row, *, is_drift: bool = False) -> str:
    """Name what becomes of a resource, or what may; of drift, what has become of it."""
    if is_drift and each.change in _OF_DRIFT:
        return _OF_DRIFT[each.change]
    if each.change is Change.UNCHANGED:
        return "unchanged"
    return each.change.value if each.is_certain else f"perhaps {each.change.value}"


def describe_classes(row: Row) -> tuple[str, ...]:
    """Name what a row means, the worst first."""
    return tuple(title_of(meaning, is_certain=is_certain) for meaning, is_certain in row.classes)


def describe_kind(row: Row) -> str:
    """Say what the resources of a row are: `storage account`, `2 x storage account`."""
    kind = row.kind or "several kinds"
    return kind if len(row.names) == 1 else f"{len(row.names)} x {kind}"


def describe_violation(each: Violation) -> str:
    """Say in one line which rule is broken by what."""
    level = "refused" if each.stops else "advice"
    return f"{level} by {each.rule}: {each.name}: {' '.join(each.lines)}"


def report_rows(report: Report) -> tuple[tuple[str, ...], ...]:
    """Lay what matters out as lines under `COLUMNS`; a cell may have several lines."""
    return tuple(
        (
            "\n".join(describe_classes(row)),
            "\n".join((*counted(row.names), describe_kind(row))),
            "\n".join((describe_change(row, is_drift=report.is_drift), *counted(row.what), *counted(row.why))),
        )
        for row in rows_of(report)
    )


def report_as_json(report: Report) -> dict[str, Any]:
    """Give a report as plain values; docs/how-to/read-a-report.md describes them."""
    return {
        "version": 1,
        "stack": report.stack,
        "failed": bool(report.errors),
        "risk": report.risk.value,
        "certain": report.is_certain or report.risk is Risk.NONE,
        "totals": {change.value: count for change, count in report.totals},
        "changes": [_change_as_json(each) for each in report.changes],
        "violations": [_violation_as_json(each) for each in report.violations],
        "warnings": list(report.warnings),
        "errors": list(report.errors),
        "commit": report.commit or None,
        "new": report.is_new,
        "drift": report.is_drift,
        "headline": describe_report(report),
        "classes": [meaning.value for meaning in report.meanings],
        "cost": _cost_as_json(report),
    }


def summary_as_json(summary: Summary) -> dict[str, Any]:
    """Give several reports as plain values."""
    return {
        "version": 1,
        "stacks": [report_as_json(report) for report in summary.reports],
        "missing": list(summary.missing),
        **_gate_as_json(summary.gate),
    }


def _gate_as_json(gate: Gate) -> dict[str, Any]:
    return {
        "acknowledgements": [
            {
                "class": each.meaning.value,
                "stack": each.stack,
                "label": each.label,
                "resources": list(each.changes),
                "given": each.is_given,
            }
            for each in gate.needed
        ],
        "strays": [{"label": each.label, "why": each.why} for each in gate.strays],
    }


def _describe_drift(report: Report) -> str:
    if report.errors:
        return "could not be compared with Azure"
    if not report.changes:
        return "is in Azure as Pulumi left it"
    return f"changed in Azure behind Pulumi's back: {describe_counts(report)}"


def _titles(report: Report) -> Iterator[str]:
    """Name what it means, the worst first. What has no weight is named when there is nothing else."""
    certain = {finding.meaning for each in report.changes for finding in each.findings if finding.is_certain}
    for meaning in report.meanings:
        if meaning not in _OF_LITTLE_WEIGHT:
            yield title_of(meaning, is_certain=meaning in certain | _of_the_estimate(report))
    if (made := _made(report)) and not report.is_new:
        yield f"adds {_number(made, 'resource', 'resources')}"


def _of_the_estimate(report: Report) -> set[Meaning]:
    changes = {Meaning.CHANGES_COST} if report.cost is not None and report.cost.changes else set()
    return {Meaning.OVER_BUDGET, *changes}


def _made(report: Report) -> int:
    return sum(each.change is Change.CREATED for each in listed(report))


def _number(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _cost_as_json(report: Report) -> dict[str, Any] | None:
    if report.cost is None:
        return None
    from windlass.delivery.cost import as_json

    return as_json(report.cost)


def _violation_as_json(each: Violation) -> dict[str, Any]:
    return {"rule": each.rule, "name": each.name, "stops": each.stops, "lines": list(each.lines)}


def _change_as_json(each: ResourceChange) -> dict[str, Any]:
    return {
        "change": each.change.value,
        "certain": each.is_certain,
        "risk": each.risk.value,
        "consequence": each.consequence or None,
        "type": each.type,
        "kind": each.kind,
        "name": each.name,
        "urn": each.urn,
        "id": each.id or None,
        "component": each.is_component,
        "differences": [
            {
                "path": difference.path,
                "before": difference.before,
                "after": difference.after,
                "replaces": difference.replaces,
                "known": difference.is_known,
                "stays": difference.stays,
            }
            for difference in each.differences
        ],
        "follows": list(each.follows),
        "findings": [
            {
                "class": finding.meaning.value,
                "why": finding.why or None,
                "paths": list(finding.paths),
                "certain": finding.is_certain,
            }
            for finding in each.findings
        ],
    }
