"""Reads the JSON of a report again. Pure.

A report comes as a file from another job, so that its form is checked; what it says is escaped where it is shown.
Nothing is imported for it that would take time: a report has to be there at once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar

from windlass.delivery.meanings import Meaning
from windlass.delivery.models import Change, Difference, Finding, Report, ResourceChange, Risk, Violation
from windlass.errors.delivery import ReportUnreadableError

if TYPE_CHECKING:
    from windlass.delivery.cost import CostComparison

VERSION: Final = 1
"""Of the JSON. Keys are added to it, and none is removed or changes its meaning."""

Document = Mapping[str, Any]
Value = TypeVar("Value")


def parse_report(text: str | bytes, source: str) -> Report:
    """Take a text for the report of one stack.

    Args:
        text: What `report_as_json` gave, as JSON.
        source: Where it comes from, for the message.

    Raises:
        ReportUnreadableError: It is something else, or of a windlass that writes it otherwise.
    """
    try:
        return _report(json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        missing = f"it has no {error.args[0]}" if isinstance(error, KeyError) else str(error)
        raise ReportUnreadableError(source, missing) from error


def _report(document: Document) -> Report:
    if document["version"] != VERSION:
        raise ValueError(f"it has the version {document['version']!r} and this windlass reads {VERSION}")
    return Report(
        stack=_text(document["stack"]),
        commit=_text(document["commit"] or ""),
        changes=_each(_change, document["changes"]),
        totals=tuple((Change(change), _number(count)) for change, count in document["totals"].items()),
        violations=_each(_violation, document["violations"]),
        warnings=_each(_text, document["warnings"]),
        errors=_each(_text, document["errors"]),
        is_new=_truth(document["new"]),
        is_drift=_truth(document["drift"]),
        cost=_cost(document["cost"]),
    )


def _cost(document: Document | None) -> CostComparison | None:
    if document is None:
        return None
    from windlass.delivery.cost import parse_comparison

    return parse_comparison(document)


def _change(each: Document) -> ResourceChange:
    return ResourceChange(
        change=Change(each["change"]),
        risk=Risk(each["risk"]),
        type=_text(each["type"]),
        kind=_text(each["kind"]),
        name=_text(each["name"]),
        urn=_text(each["urn"]),
        id=_text(each["id"] or ""),
        is_component=_truth(each["component"]),
        consequence=_text(each["consequence"] or ""),
        differences=_each(_difference, each["differences"]),
        follows=_each(_text, each["follows"]),
        is_certain=_truth(each["certain"]),
        findings=_each(_finding, each["findings"]),
    )


def _finding(each: Document) -> Finding:
    return Finding(
        meaning=Meaning(each["class"]),
        why=_text(each["why"] or ""),
        paths=_each(_text, each["paths"]),
        is_certain=_truth(each["certain"]),
    )


def _difference(each: Document) -> Difference:
    return Difference(
        path=_text(each["path"]),
        before=_text_or_none(each["before"]),
        after=_text_or_none(each["after"]),
        replaces=_truth(each["replaces"]),
        is_known=_truth(each["known"]),
        stays=_truth(each["stays"]),
    )


def _violation(each: Document) -> Violation:
    return Violation(
        rule=_text(each["rule"]),
        name=_text(each["name"]),
        lines=_each(_text, each["lines"]),
        stops=_truth(each["stops"]),
    )


def _each(read: Callable[[Any], Value], values: Any) -> tuple[Value, ...]:
    if not isinstance(values, list):
        raise TypeError(f"{str(values)[:50]!r} is no list")
    return tuple(map(read, values))


def _is(kind: type[Value], value: Any) -> Value:
    if type(value) is not kind:
        raise TypeError(f"{str(value)[:50]!r} is no {kind.__name__}")
    return value


def _text(value: Any) -> str:
    # A terminal obeys what is not printed; who wrote the file may have wanted that.
    return "".join(each for each in _is(str, value) if each.isprintable() or each == "\n")


def _text_or_none(value: Any) -> str | None:
    return None if value is None else _text(value)


def _number(value: Any) -> int:
    return _is(int, value)


def _truth(value: Any) -> bool:
    return _is(bool, value)
