"""The columns of a customer, and how they become the numbers that a model reads.

Training and both scoring scripts use this one module, so that a model in service can never see a feature
made in another way than in training. A model itself holds only scikit-learn's own classes and reads a matrix
of floats.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

CUSTOMER_ID = "customer_id"


@dataclass(frozen=True)
class Number:
    """A column of numbers and the range that makes sense; beyond it the input is wrong, not unusual."""

    name: str
    lowest: float
    highest: float
    whole: bool
    meaning: str


@dataclass(frozen=True)
class Flag:
    """A column of true and false."""

    name: str
    meaning: str


@dataclass(frozen=True)
class Choice:
    """A column of one word out of a fixed list."""

    name: str
    words: tuple[str, ...]
    meaning: str


Column = Number | Flag | Choice

COLUMNS: tuple[Column, ...] = (
    Number("age", 16, 110, whole=True, meaning="Years"),
    Choice("country", ("AT", "CH", "DE", "FR", "NL"), meaning="Where parcels go"),
    Choice("channel", ("email", "referral", "search", "social"), meaning="How the customer first found the shop"),
    Number("tenure_days", 0, 20_000, whole=True, meaning="Days since the first order"),
    Number("orders", 1, 10_000, whole=True, meaning="Orders so far, the first one included"),
    Number("days_since_last_order", 0, 20_000, whole=True, meaning="Days since the last order"),
    Number("mean_order_value", 0, 100_000, whole=False, meaning="Mean value of an order in euros"),
    Number("return_rate", 0, 1, whole=False, meaning="Share of orders that were sent back"),
    Number("support_tickets", 0, 1_000, whole=True, meaning="Complaints within the last year"),
    Number("visits_30d", 0, 10_000, whole=True, meaning="Visits to the shop within the last 30 days"),
    Flag("newsletter", meaning="Reads the newsletter"),
)

COLUMN_NAMES: tuple[str, ...] = tuple(column.name for column in COLUMNS)


_LOGARITHMIC = frozenset(
    {"tenure_days", "orders", "days_since_last_order", "mean_order_value", "support_tickets", "visits_30d"}
)


def build_features(columns: Mapping[str, Sequence[object] | NDArray[np.generic]]) -> NDArray[np.float64]:
    """Turn valid columns into the matrix that a model reads.

    Args:
        columns: One sequence per name in `COLUMN_NAMES`, all of one length; others are ignored.

    Returns:
        One row per customer: the numbers, with counts, days and money on a logarithmic scale, and one
        indicator per word of each choice.
    """
    parts: list[NDArray[np.float64]] = []
    for column in COLUMNS:
        values = columns[column.name]
        if isinstance(column, Choice):
            words = np.asarray(values, dtype=str)
            parts.extend((words == word).astype(np.float64) for word in column.words)
        else:
            numbers = np.asarray(values, dtype=np.float64)
            parts.append(np.log1p(numbers) if column.name in _LOGARITHMIC else numbers)
    return np.column_stack(parts)
