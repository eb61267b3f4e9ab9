from __future__ import annotations

import json
from typing import Any

import pytest

from windlass.delivery.cost import (
    Amount,
    BudgetVerdict,
    CostComparison,
    CostLine,
    Estimate,
    Unpriced,
    as_json,
    cost_lines,
    parse_comparison,
)


def line(subject: str, likely: float, *, item: str = "instances", quantity: str = "2 x size") -> CostLine:
    amount = Amount(low=likely / 2, likely=likely, high=likely * 2)
    return CostLine(subject=subject, item=item, quantity=quantity, price="0.1 per hour", amount=amount)


def estimate(*lines: CostLine, unpriced: tuple[Unpriced, ...] = ()) -> Estimate:
    return Estimate(region="westeurope", lines=lines, unpriced=unpriced, assumptions=("A month has 730 hours",))


def comparison(*, before: Estimate | None, after: Estimate, budget: float | None = None) -> CostComparison:
    return CostComparison(stack="dev", before=before, after=after, budget=budget)


def test_a_comparison_survives_a_trip_through_json() -> None:
    made = comparison(
        before=estimate(line("a", 10)),
        after=estimate(line("a", 20), unpriced=(Unpriced(subject="v", why="by the operation"),)),
        budget=100,
    )

    assert parse_comparison(json.loads(json.dumps(as_json(made)))) == made


@pytest.mark.parametrize("key", ["stack", "after", "before", "budget"])
@pytest.mark.parametrize("value", [[1], {"region": 1}, True])
def test_another_document_is_no_comparison(key: str, value: Any) -> None:
    document = as_json(comparison(before=None, after=estimate(line("a", 1)), budget=100))

    with pytest.raises(ValueError, match="no comparison of costs"):
        parse_comparison({**document, key: value})


def test_bounds_that_are_not_in_order_are_refused() -> None:
    with pytest.raises(ValueError, match="does not hold"):
        Amount(low=2, likely=1, high=3)


def test_lines_are_compared_by_what_they_are_for_the_largest_difference_first() -> None:
    made = comparison(
        before=estimate(line("same", 5), line("less", 50), line("gone", 7)),
        after=estimate(line("same", 5), line("less", 10), line("new", 8)),
    )

    assert [(each.line.subject, each.difference) for each in made.changes] == [("less", -40), ("new", 8), ("gone", -7)]
    assert made.difference == -39


@pytest.mark.parametrize(
    ("budget", "verdict"),
    [
        (None, BudgetVerdict.NO_BUDGET),
        (200, BudgetVerdict.WITHIN),
        (150, BudgetVerdict.MAY_EXCEED),
        (99, BudgetVerdict.EXCEEDED),
    ],
)
def test_the_likely_estimate_decides_on_the_budget(budget: float | None, verdict: BudgetVerdict) -> None:
    assert comparison(before=None, after=estimate(line("a", 100)), budget=budget).verdict is verdict


def test_a_stack_over_its_budget_is_a_finding_only_when_the_change_makes_it_dearer() -> None:
    deployed = estimate(line("a", 100))

    as_before = comparison(before=deployed, after=deployed, budget=50)
    cheaper = comparison(before=deployed, after=estimate(line("a", 90)), budget=50)
    dearer = comparison(before=deployed, after=estimate(line("a", 101)), budget=50)
    new = comparison(before=None, after=deployed, budget=50)

    assert [each.is_over_budget for each in (as_before, cheaper, dearer, new)] == [False, False, True, True]


def test_what_has_no_price_is_told_by_name_and_counted_in_the_headline() -> None:
    made = comparison(before=None, after=estimate(unpriced=(Unpriced(subject="vault", why="by the operation"),)))

    text = "\n".join(cost_lines(made))

    assert "1 without a price, in no total" in text.splitlines()[0]
    assert "- `vault`: by the operation" in text


def test_markdown_says_first_what_changes_and_folds_the_rest() -> None:
    made = comparison(before=estimate(line("a", 100)), after=estimate(line("a", 300), line("b", 1)), budget=250)

    lines = list(cost_lines(made))

    assert lines[0] == ("**301 USD** a month (150 to 602 USD); **+201 USD** a month; **over the budget** of 250 USD")
    assert "| instances | `a` | 2 x size | 2 x size | +200.00 |" in lines
    assert lines.index("| instances | `a` | 2 x size | 2 x size | +200.00 |") < lines.index(
        "<details><summary>What it is made of, and what is assumed</summary>"
    )


def test_what_differs_in_name_alone_becomes_one_line() -> None:
    zones = [line(name, 0.5, item="private DNS zone", quantity="1") for name in ("blob", "file", "vault")]

    text = "\n".join(cost_lines(comparison(before=None, after=estimate(*zones))))

    assert "| private DNS zone | 3 of them | 1 | 0.1 per hour | 1.50 | 0.75 to 3.00 |" in text


def test_a_name_cannot_break_the_table() -> None:
    made = comparison(before=None, after=estimate(line("a|<b> @team", 1, quantity="*2* x")))

    assert "| instances | `a\N{BROKEN BAR}<b> @team` | `*2* x` |" in "\n".join(cost_lines(made))


def test_what_comes_or_goes_without_a_price_is_named_beside_the_difference() -> None:
    old, new = Unpriced(subject="old", why="its jobs"), Unpriced(subject="new", why="by the operation")
    stays = Unpriced(subject="vault", why="by the operation")

    made = comparison(before=estimate(unpriced=(old, stays)), after=estimate(unpriced=(new, stays)))
    lines = list(cost_lines(made))

    assert "**+0.00 USD** a month" in lines[0]
    assert "- `new` comes: by the operation" in lines
    assert "- `old` goes: its jobs" in lines
    assert not any("`vault` comes" in line or "`vault` goes" in line for line in lines)
