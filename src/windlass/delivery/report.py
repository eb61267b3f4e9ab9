"""Says in words and in JSON what a report holds. Pure. The JSON is documented and stable."""

from __future__ import annotations

from typing import Any, Final

from windlass.delivery.models import Change, Difference, Report, ResourceChange, Risk, Violation

_SHOWN: Final = 3
_ALWAYS_COUNTED: Final = frozenset({Change.CREATED, Change.UPDATED, Change.REPLACED, Change.DELETED, Change.UNCHANGED})

COLUMNS: Final = ("risk", "change", "type", "name", "why")

TITLES: Final = {
    Risk.LOSES_DATA: ("data is lost", "data may be lost"),
    Risk.INTERRUPTS_SERVICE: ("service is interrupted", "service may be interrupted"),
    Risk.UNPROTECTS: ("protection is taken off", "protection may be taken off"),
    Risk.NONE: ("no data is lost, no service is interrupted",) * 2,
}
"""What a risk is called: when it is sure to come, and when it may."""


def title_of(risk: Risk, *, is_certain: bool) -> str:
    """Name a risk."""
    sure, perhaps = TITLES[risk]
    return sure if is_certain else perhaps


def describe_report(report: Report) -> str:
    """Say the whole in a few words."""
    if report.errors:
        return "it failed, and what follows is incomplete"
    if report.stopped_by:
        return "up is refused, because rules are broken"
    if not report.changes:
        return "nothing changes"
    return title_of(report.risk, is_certain=report.is_certain or report.risk is Risk.NONE)


def describe_totals(report: Report) -> str:
    """Count the resources of each change: `1 created, 2 updated, ... 30 unchanged`."""
    return ", ".join(f"{count} {change.value}" for change, count in report.totals if count or change in _ALWAYS_COUNTED)


def describe_change(each: ResourceChange) -> str:
    """Name what becomes of a resource, or what may."""
    if each.change is Change.UNCHANGED:
        return "not changed"
    return each.change.value if each.is_certain else f"perhaps {each.change.value}"


def describe_difference(each: Difference) -> str:
    """Say how one property differs: `location: westeurope -> northeurope`."""
    match each.before, each.after:
        case None, None:
            text = each.path
        case before, None:
            text = f"{each.path}: {before} -> removed"
        case None, after:
            text = f"{each.path}: {after} added"
        case before, after:
            text = f"{each.path}: {before} -> {after}"
    return text


def describe_why(each: ResourceChange, shown: int = _SHOWN) -> tuple[str, ...]:
    """Say why a resource changes: of a replacement the reasons alone, else all that differs."""
    reasons = [difference for difference in each.differences if difference.replaces]
    lines = [describe_difference(difference) for difference in reasons or each.differences]
    if each.follows:
        lines = [f"{name} is replaced, on which it depends" for name in each.follows]
    more = (f"{len(lines) - shown} more",) if len(lines) > shown else ()
    return (*lines[:shown], *more)


def listed(report: Report) -> tuple[ResourceChange, ...]:
    """What stands in a table: what exists in Azure, or would. Components only group that."""
    return tuple(each for each in report.changes if not each.is_component)


def report_rows(report: Report) -> tuple[tuple[str, ...], ...]:
    """Lay the changes out as lines under `COLUMNS`."""
    return tuple(
        (
            "" if each.risk is Risk.NONE else title_of(each.risk, is_certain=each.is_certain),
            describe_change(each),
            each.type,
            each.name,
            "; ".join(describe_why(each)),
        )
        for each in listed(report)
    )


def report_as_json(report: Report) -> dict[str, Any]:
    """Give a report as plain values; docs/how-to/review-a-preview.md describes them."""
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
        "classes": [meaning.value for meaning in report.meanings],
    }


def describe_violation(each: Violation) -> str:
    """Say in one line which rule is broken by what."""
    level = "refused" if each.stops else "advice"
    return f"{level} by {each.rule}: {each.name}: {' '.join(each.lines)}"


def _violation_as_json(each: Violation) -> dict[str, Any]:
    return {"rule": each.rule, "name": each.name, "stops": each.stops, "lines": list(each.lines)}


def _change_as_json(each: ResourceChange) -> dict[str, Any]:
    return {
        "change": each.change.value,
        "certain": each.is_certain,
        "risk": each.risk.value,
        "consequence": each.consequence or None,
        "type": each.type,
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
