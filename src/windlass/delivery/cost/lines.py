"""A comparison of costs as Markdown: a part of the report on a pull request, or a page of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby

from windlass.delivery.cost.models import (
    NOTHING,
    Amount,
    BudgetVerdict,
    CostComparison,
    CostLine,
    Estimate,
)
from windlass.delivery.text import cell, prose

MONTH = "a month"
_SHOWN_CHANGES = 12
_OF_THEM = " of them"


def cost_lines(comparison: CostComparison) -> Iterator[str]:
    """Write a comparison as lines of Markdown without a heading, the short answer first, the details folded."""
    yield describe_cost(comparison)
    yield ""
    if comparison.changes:
        yield from _changes(comparison)
    yield from _left_out(comparison)
    yield "<details><summary>What it is made of, and what is assumed</summary>"
    yield ""
    yield from estimate_lines(comparison.after)
    yield ""
    yield "</details>"


def describe_cost(comparison: CostComparison, *, alone: bool = False) -> str:
    """Say in one line what a stack costs, what that changes, and whether the budget holds.

    Args:
        comparison: What it costs.
        alone: Nobody asked what it changes.
    """
    currency, total = comparison.after.currency, comparison.after.total
    parts = [f"**{money(total.likely, currency)}** {MONTH} ({bounds(total, currency)})"]
    if not alone:
        parts.extend(_difference(comparison))
    if (verdict := describe_verdict(comparison)) is not None:
        parts.append(verdict)
    if comparison.after.unpriced:
        parts.append(f"{len(comparison.after.unpriced)} without a price, in no total")
    return "; ".join(parts)


def describe_verdict(comparison: CostComparison) -> str | None:
    """Say how it stands to the budget; None when there is none."""
    budget = money(comparison.budget or 0, comparison.after.currency)
    match comparison.verdict:
        case BudgetVerdict.NO_BUDGET:
            return None
        case BudgetVerdict.WITHIN:
            return f"within the budget of {budget}"
        case BudgetVerdict.MAY_EXCEED:
            return f"may exceed the budget of {budget}"
        case BudgetVerdict.EXCEEDED:
            already = ", as what is deployed does already" if comparison.was_exceeded else ""
            return f"**over the budget** of {budget}{already}"


def estimate_lines(estimate: Estimate) -> Iterator[str]:
    """Write an estimate as lines of Markdown: a table, what has no price, what is assumed."""
    yield f"| what | for | how much | price | {prose(estimate.currency)} {MONTH} | low to high |"
    yield "|---|---|---|---|--:|--:|"
    for item, subject, *rest in line_rows(estimate):
        yield f"| {' | '.join((prose(item), _name(subject), *map(prose, rest)))} |"
    yield f"| **total** | | | | **{estimate.total.likely:,.2f}** | {_range(estimate.total)} |"
    if estimate.unpriced:
        yield ""
        yield "Not in the total, because nobody here knows the price or the amount:"
        yield ""
        yield from (f"- {cell(each.subject)}: {prose(each.why)}" for each in estimate.unpriced)
    yield ""
    yield "Assumed:"
    yield ""
    yield from (f"- {prose(each)}" for each in estimate.assumptions)


def line_rows(estimate: Estimate) -> Iterator[tuple[str, ...]]:
    """Say each line in cells: item, subject, quantity, price with its marks, likely amount, bounds."""
    for line in grouped(estimate.lines):
        marks = f" ({'; '.join(line.marks)})" if line.marks else ""
        price = f"{line.price}{marks}"
        yield (line.item, line.subject, line.quantity, price, f"{line.amount.likely:,.2f}", _range(line.amount))


def change_rows(comparison: CostComparison) -> Iterator[tuple[str, ...]]:
    """Say each difference in cells: item, subject, how much more a month."""
    for each in comparison.changes:
        yield (each.line.item, each.line.subject, f"{each.difference:+,.2f}")


def grouped(lines: Iterable[CostLine]) -> Iterator[CostLine]:
    """Put lines together that differ in nothing but what they are for, such as eight private DNS zones."""
    ordered = list(lines)
    first: dict[tuple[str, ...], int] = {}
    for place, line in enumerate(ordered):
        first.setdefault(_alike(line), place)
    ordered.sort(key=lambda line: first[_alike(line)])
    for _, alike in groupby(ordered, key=_alike):
        group = list(alike)
        total = sum((line.amount for line in group), NOTHING)
        subject = group[0].subject if len(group) == 1 else f"{len(group)}{_OF_THEM}"
        yield replace(group[0], subject=subject, amount=total)


def money(amount: float, currency: str) -> str:
    """Write money so that it is read at a glance: no cents where they do not matter."""
    digits = 0 if abs(amount) >= 100 else 2  # noqa: PLR2004 - three digits are enough to decide on
    return f"{amount:,.{digits}f} {prose(currency)}"


def bounds(amount: Amount, currency: str) -> str:
    """Write between what it is."""
    low, high = (money(each, currency) for each in (amount.low, amount.high))
    return f"{low.removesuffix(f' {prose(currency)}')} to {high}"


def signed(amount: float, currency: str) -> str:
    """Write a difference with its sign."""
    return f"{'+' if amount >= 0 else '-'}{money(abs(amount), currency)}"


def _difference(comparison: CostComparison) -> Iterator[str]:
    if comparison.before is None:
        yield "nothing is deployed to compare it with"
    elif comparison.changes or comparison.newly_unpriced or comparison.no_longer_unpriced:
        yield f"**{signed(comparison.difference, comparison.after.currency)}** {MONTH}"
    else:
        yield "as what is deployed"


def _changes(comparison: CostComparison) -> Iterator[str]:
    yield f"| what | for | before | after | {prose(comparison.after.currency)} {MONTH} |"
    yield "|---|---|---|---|--:|"
    for change in comparison.changes[:_SHOWN_CHANGES]:
        line, sides = change.line, (change.before, change.after)
        cells = (prose(line.item), cell(line.subject), *(prose(each.quantity) if each else "-" for each in sides))
        yield f"| {' | '.join(cells)} | {change.difference:+,.2f} |"
    if rest := comparison.changes[_SHOWN_CHANGES:]:
        yield f"| {len(rest)} more | | | | {sum(each.difference for each in rest):+,.2f} |"
    yield ""


def _left_out(comparison: CostComparison) -> Iterator[str]:
    """Name what the difference does not know of."""
    sides = (("comes", comparison.newly_unpriced), ("goes", comparison.no_longer_unpriced))
    told = [f"- {cell(each.subject)} {verb}: {prose(each.why)}" for verb, side in sides for each in side]
    if told:
        yield "Not in the difference, because nobody here knows the price or the amount:"
        yield ""
        yield from told
        yield ""


def _name(subject: str) -> str:
    """Set a name off; how many there are is none."""
    return prose(subject) if subject.endswith(_OF_THEM) else cell(subject)


def _alike(line: CostLine) -> tuple[str, ...]:
    return (line.item, line.quantity, line.price, *line.marks)


def _range(amount: Amount) -> str:
    return f"{amount.low:,.2f} to {amount.high:,.2f}"
