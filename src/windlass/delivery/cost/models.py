"""What an estimate is made of, and how one compares with another: frozen values that survive a trip through JSON.

All money is list price a month, without tax and discounts, in the currency of the price book. No more is imported than
the standard library: a report, which holds a comparison, has to be there at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

_NOTICED = 0.005
"""Less than half a cent a month is no change."""


@dataclass(frozen=True, kw_only=True)
class Amount:
    """Money a month: `likely`, between what it cannot be less than and more than under the assumptions."""

    low: float = 0.0
    likely: float = 0.0
    high: float = 0.0

    def __post_init__(self) -> None:
        """Refuse bounds that are not in order, and what is no number."""
        if not self.low <= self.likely <= self.high:
            raise ValueError(f"{self.low} <= {self.likely} <= {self.high} does not hold")

    def __add__(self, other: Amount) -> Amount:
        return Amount(low=self.low + other.low, likely=self.likely + other.likely, high=self.high + other.high)

    def is_near(self, other: Amount) -> bool:
        """Whether nobody would see a difference."""
        pairs = ((self.low, other.low), (self.likely, other.likely), (self.high, other.high))
        return all(abs(one - another) < _NOTICED for one, another in pairs)


NOTHING = Amount()


@dataclass(frozen=True, kw_only=True)
class CostLine:
    """One thing that is charged.

    Attributes:
        subject: What causes it: a resource's name in the program, or an endpoint such as `churn/online`.
        item: What is charged, in words that stay when the quantity changes: subject and item name a line.
        quantity: How much of it, for people: `2 x Standard_DS3_v2 x 730 h`.
        price: What one costs, for people: `0.272 per hour`.
        marks: What to know of the price: that it is another region's, or a share of another price.
    """

    subject: str
    item: str
    quantity: str
    price: str
    amount: Amount
    marks: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """What it is known by in another estimate."""
        return (self.subject, self.item)


@dataclass(frozen=True, kw_only=True)
class Unpriced:
    """Something that costs money, or may, and is in no total."""

    subject: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What a stack costs a month.

    Attributes:
        region: Where it stands.
        currency: Of every amount.
        book_date: The oldest date of a price that was used, `YYYY-MM-DD`; empty when none was.
        lines: What is charged, in the order of the resources.
        unpriced: What is in no line, by name.
        assumptions: What was assumed about its use, one sentence each, and whether somebody said so.
    """

    region: str
    currency: str = "USD"
    book_date: str = ""
    lines: tuple[CostLine, ...] = ()
    unpriced: tuple[Unpriced, ...] = ()
    assumptions: tuple[str, ...] = ()

    @property
    def total(self) -> Amount:
        """The sum of all lines."""
        return sum((line.amount for line in self.lines), NOTHING)


@dataclass(frozen=True, kw_only=True)
class LineChange:
    """A line that is in one estimate alone, or that differs; None where it is not."""

    before: CostLine | None = None
    after: CostLine | None = None

    @property
    def line(self) -> CostLine:
        """The line as it will be, or as it was."""
        line = self.after or self.before
        assert line is not None
        return line

    @property
    def difference(self) -> float:
        """What it likely costs more a month; less when negative."""
        now, then = (each.amount.likely if each else 0.0 for each in (self.after, self.before))
        return now - then


class BudgetVerdict(StrEnum):
    """How an estimate stands to the budget of the stack."""

    NO_BUDGET = "no-budget"
    WITHIN = "within"
    """Even the high estimate fits."""
    MAY_EXCEED = "may-exceed"
    """The likely estimate fits, the high one does not."""
    EXCEEDED = "exceeded"
    """The likely estimate does not fit."""


@dataclass(frozen=True, kw_only=True)
class CostComparison:
    """What a stack will cost, and what that changes.

    Attributes:
        stack: The stack.
        before: What is deployed; None when nothing is, or when nobody knows.
        after: What it will be.
        budget: What it may cost a month; None when the settings say nothing. Azure takes it in the currency of the
            subscription, and it is compared as if that were the currency of the estimate.
    """

    stack: str
    before: Estimate | None = None
    after: Estimate
    budget: float | None = None

    def __post_init__(self) -> None:
        """Refuse a budget that is none."""
        if self.budget is not None and self.budget <= 0:
            raise ValueError(f"{self.budget} is no budget: it has to be more than nothing")

    @property
    def difference(self) -> float:
        """What it likely costs more a month; less when negative; 0 when there is nothing to compare with."""
        return self.after.total.likely - self.before.total.likely if self.before else 0.0

    @property
    def changes(self) -> tuple[LineChange, ...]:
        """The lines that differ, the largest difference first; none when there is nothing to compare with."""
        if self.before is None:
            return ()
        then = {line.key: line for line in self.before.lines}
        now = {line.key: line for line in self.after.lines}
        both = (LineChange(before=then.get(key), after=now.get(key)) for key in dict.fromkeys((*then, *now)))
        return tuple(sorted((each for each in both if _differs(each)), key=lambda each: -abs(each.difference)))

    @property
    def newly_unpriced(self) -> tuple[Unpriced, ...]:
        """What comes and has no price: the difference leaves it out. None when there is nothing to compare with."""
        if self.before is None:
            return ()
        known = {each.subject for each in self.before.unpriced}
        return tuple(each for each in self.after.unpriced if each.subject not in known)

    @property
    def no_longer_unpriced(self) -> tuple[Unpriced, ...]:
        """What goes, at a price that nobody knows: the difference leaves it out."""
        kept = {each.subject for each in self.after.unpriced} | {line.subject for line in self.after.lines}
        gone = self.before.unpriced if self.before else ()
        return tuple(each for each in gone if each.subject not in kept)

    @property
    def verdict(self) -> BudgetVerdict:
        """How the estimate stands to the budget."""
        return _judge(self.after.total, self.budget)

    @property
    def was_exceeded(self) -> bool:
        """Whether what is deployed already exceeds the budget."""
        return self.before is not None and _judge(self.before.total, self.budget) is BudgetVerdict.EXCEEDED

    @property
    def is_over_budget(self) -> bool:
        """Whether this change needs a word about the budget: it exceeds it, and is not merely as dear as before."""
        raises = self.before is None or self.difference >= _NOTICED
        return self.verdict is BudgetVerdict.EXCEEDED and (raises or not self.was_exceeded)


def as_json(comparison: CostComparison) -> dict[str, Any]:
    """Return a comparison as JSON: what `parse_comparison` reads, and beside it what follows from that."""
    return {
        **asdict(comparison),
        "total": asdict(comparison.after.total),
        "difference": comparison.difference if comparison.before else None,
        "changes": [
            {"subject": each.line.subject, "item": each.line.item, "difference": each.difference}
            for each in comparison.changes
        ],
        "verdict": comparison.verdict.value,
        "over_budget": comparison.is_over_budget,
    }


def parse_comparison(document: Any) -> CostComparison:
    """Read what `as_json` wrote. What that adds for readers is worked out again.

    Raises:
        ValueError: It is something else.
    """
    try:
        before = document["before"]
        return CostComparison(
            stack=_text(document["stack"]),
            before=None if before is None else _estimate(before),
            after=_estimate(document["after"]),
            budget=None if document["budget"] is None else _number(document["budget"]),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"it is no comparison of costs: {error}") from error


def _estimate(document: Mapping[str, Any]) -> Estimate:
    return Estimate(
        region=_text(document["region"]),
        currency=_text(document["currency"]),
        book_date=_text(document["book_date"]),
        lines=tuple(map(_line, document["lines"])),
        unpriced=tuple(
            Unpriced(subject=_text(each["subject"]), why=_text(each["why"])) for each in document["unpriced"]
        ),
        assumptions=tuple(map(_text, document["assumptions"])),
    )


def _line(document: Mapping[str, Any]) -> CostLine:
    amount = document["amount"]
    return CostLine(
        subject=_text(document["subject"]),
        item=_text(document["item"]),
        quantity=_text(document["quantity"]),
        price=_text(document["price"]),
        amount=Amount(low=_number(amount["low"]), likely=_number(amount["likely"]), high=_number(amount["high"])),
        marks=tuple(map(_text, document["marks"])),
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    # A terminal obeys what is not printed; who wrote the file may have wanted that.
    return "".join(each for each in value if each.isprintable())


def _number(value: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise TypeError(f"{value!r} is no number")
    return float(value)


def _judge(total: Amount, budget: float | None) -> BudgetVerdict:
    if budget is None:
        return BudgetVerdict.NO_BUDGET
    if total.likely > budget:
        return BudgetVerdict.EXCEEDED
    return BudgetVerdict.MAY_EXCEED if total.high > budget else BudgetVerdict.WITHIN


def _differs(change: LineChange) -> bool:
    if change.before is None or change.after is None:
        return True
    return not change.before.amount.is_near(change.after.amount)
