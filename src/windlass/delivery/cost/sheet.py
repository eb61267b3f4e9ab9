"""What pricing functions work on: the resources, the workloads and the prices of one stack, and how a line is made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from windlass.delivery.cost.book import Prices, Rate
from windlass.delivery.cost.models import Amount, CostLine, Unpriced
from windlass.delivery.cost.resources import Resource
from windlass.delivery.cost.workloads import Workload
from windlass.project.usage import Figure, Range, as_range


@dataclass(frozen=True)
class Assumed:
    """Something that an amount rests on.

    Attributes:
        text: A sentence.
    """

    text: str


@dataclass(frozen=True)
class Priced:
    """A line, and the price that it was made with."""

    line: CostLine
    rate: Rate


Entry = Priced | Unpriced | Assumed


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One stack.

    Attributes:
        resources: All that it is made of.
        workloads: What runs on it; only those whose endpoints are among the resources.
        prices: Of its region.
    """

    resources: tuple[Resource, ...]
    workloads: tuple[Workload, ...]
    prices: Prices

    def of_type(self, type_: str) -> Iterator[Resource]:
        """The resources of one type."""
        return (each for each in self.resources if each.type == type_)

    def charge(
        self, key: str, subject: str, item: str, quantity: Figure, shown: str, *, because: str = ""
    ) -> Iterator[Entry]:
        """Make a line, or say that there is no price.

        Args:
            key: Of the price.
            subject: What causes it.
            item: What is charged.
            quantity: In the unit of the price.
            shown: The quantity for people.
            because: What else to know when there is no price.
        """
        rate = self.prices.find(key)
        if rate is None:
            why = f"{item} ({shown}): the price book has no price {key}{f', {because}' if because else ''}"
            yield Unpriced(subject=subject, why=why)
            return
        count = as_range(quantity)
        amount = Amount(low=rate.cost(count.low), likely=rate.cost(count.likely), high=rate.cost(count.high))
        line = CostLine(subject=subject, item=item, quantity=shown, price=str(rate), amount=amount, marks=rate.marks)
        yield Priced(line, rate)


def shown(figure: Range, unit: str, *, digits: int = 0) -> str:
    """Write a quantity: `12 h`, or `12 (3 to 40) h`."""
    if figure.low == figure.high:
        return f"{_number(figure.likely, digits)} {unit}"
    low, likely, high = (_number(each, digits) for each in (figure.low, figure.likely, figure.high))
    return f"{likely} ({low} to {high}) {unit}"


def _number(value: float, digits: int) -> str:
    return f"{value:,.{digits}f}" if digits else f"{value:,.4g}" if value < 1000 else f"{value:,.0f}"  # noqa: PLR2004


def told(figure: Figure, *, is_said: bool) -> str:
    """Write a figure of `usage.yml`, and that it is a default where the file does not say it."""
    written = str(as_range(figure))
    if is_said:
        return written
    return f"{written[:-1]}, a default)" if written.endswith(")") else f"{written} (a default)"
