"""The price book: list prices, each with its region, unit, source and date. Pure; the file is read elsewhere.

A price that nobody has seen for a region is not in the book. `Prices` then offers the price of another region, and says
so; it never offers 0.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from windlass.errors.cost import PriceBookUnreadableError
from windlass.errors.validation import first_problem

Unit = Literal["hour", "day", "month", "GB", "GB-month", "vCPU-hour", "GB-hour"]

VERSION: Final = 1
STAND_INS: Final = ("eastus", "westeurope", "westus", "westus2")
"""Whose price is taken where that of a region is not known, in this order. They are the regions that sources use."""

ANYWHERE: Final = "any"
"""Stands as the region of a price whose source names none."""

GLOBAL: Final = "global"
"""Stands as the region of a price that is the same everywhere."""

LOW_PRIORITY_SHARE: Final = 0.2
"""Low-priority nodes cost this share of the list price where their own meter is not in the book: two extracts of the
retail API of 2026 agree (D4as_v6 0.0363 of 0.182, D2s_v5 0.0202 of 0.101)."""

VM: Final = "vm/"
VM_LOW_PRIORITY: Final = "vm-low-priority/"


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Tier(_Row):
    """A price that holds from a quantity on."""

    above: float = Field(ge=0, description="From this quantity on, in the unit of the row")
    price: float = Field(ge=0, description="Of one unit")


class PriceRow(_Row):
    """One price."""

    key: str = Field(min_length=3, description="What is charged, such as vm/Standard_DS3_v2 or registry/basic")
    region: str = Field(
        pattern=r"^[a-z][a-z0-9]+$", description="The region whose price it is; any: the source does not say"
    )
    currency: Literal["USD"] = Field(default="USD", description="Azure's own; any other is converted by somebody")
    unit: Unit = Field(description="What one of it is")
    price: float | None = Field(default=None, ge=0, description="Of one unit")
    tiers: tuple[Tier, ...] = Field(default=(), description="Instead of a price, where it depends on the quantity")
    source: str = Field(description="The source, as the book's list of sources calls it")
    date: dt.date = Field(description="When the source saw it")
    retires: dt.date | None = Field(default=None, description="When Azure takes it off the list, as far as it is said")
    meter: str = Field(default="", description="The meter of the retail API it comes from, when it was asked there")

    @model_validator(mode="after")
    def _has_one_price(self) -> PriceRow:
        if (self.price is None) == (not self.tiers):
            raise ValueError(f"{self.key} in {self.region}: exactly one of price and tiers")
        if self.tiers and (self.tiers[0].above or any(one.above >= two.above for one, two in pairwise(self.tiers))):
            raise ValueError(f"{self.key} in {self.region}: tiers must rise from 0")
        return self

    def cost(self, quantity: float) -> float:
        """What a quantity costs, in the currency of the row."""
        if self.price is not None:
            return quantity * self.price
        tops = [tier.above for tier in self.tiers[1:]] + [float("inf")]
        return sum(
            max(0.0, min(quantity, top) - tier.above) * tier.price for tier, top in zip(self.tiers, tops, strict=True)
        )

    @property
    def first(self) -> float:
        """The price of the first unit."""
        return self.tiers[0].price if self.price is None else self.price


class PriceBook(_Row):
    """All prices that are known offline."""

    version: Literal[1] = Field(default=VERSION, description="Of the form of the file")
    sources: dict[str, str] = Field(description="Where prices come from: name to what it is")
    rows: tuple[PriceRow, ...] = Field(description="The prices, sorted by key and region")

    @model_validator(mode="after")
    def _is_whole(self) -> PriceBook:
        keys = [(row.key, row.region) for row in self.rows]
        if keys != sorted(set(keys)):
            raise ValueError("rows must be sorted by key and region, each once")
        if unnamed := {row.source for row in self.rows} - set(self.sources):
            raise ValueError(f"sources without a description: {', '.join(sorted(unnamed))}")
        return self


class Rate(_Row):
    """A price as an estimate uses it.

    Attributes:
        share: The part of it that is charged; 1 unless it stands in for another price.
        marks: What people have to know about it.
    """

    row: PriceRow
    share: float = 1.0
    marks: tuple[str, ...] = ()

    def cost(self, quantity: float) -> float:
        """What a quantity costs."""
        return self.row.cost(quantity) * self.share

    def __str__(self) -> str:
        from_ = "from " if self.row.tiers else ""
        return f"{from_}{self.row.first * self.share:.6g} per {self.row.unit}"


class Prices:
    """The prices of one region."""

    def __init__(self, book: PriceBook, region: str) -> None:
        self.region = region
        # Azure takes `standard_ds3_v2` for a size, too.
        self._rows: Mapping[tuple[str, str], PriceRow] = {(row.key.lower(), row.region): row for row in book.rows}

    def find(self, key: str) -> Rate | None:
        """Find a price; None when no region has it."""
        found = (self._rows.get((key.lower(), region)) for region in (self.region, GLOBAL, *STAND_INS, ANYWHERE))
        row = next((each for each in found if each is not None), None)
        if row is not None:
            return Rate(row=row, marks=tuple(_marks(row, self.region)))
        if key.startswith(VM_LOW_PRIORITY):
            return self._share_of_list(key)
        return None

    def _share_of_list(self, key: str) -> Rate | None:
        rate = self.find(f"{VM}{key.removeprefix(VM_LOW_PRIORITY)}")
        if rate is None:
            return None
        marks = (*rate.marks, f"{LOW_PRIORITY_SHARE:.0%} of the list price")
        return Rate(row=rate.row, share=LOW_PRIORITY_SHARE, marks=marks)


def parse_book(text: str | bytes, source: str) -> PriceBook:
    """Read a price book.

    Args:
        text: JSON.
        source: Where it comes from, for the message.

    Raises:
        PriceBookUnreadableError: It is something else.
    """
    try:
        return PriceBook.model_validate_json(text)
    except ValidationError as error:
        raise PriceBookUnreadableError(source, first_problem(error)) from error


def render_book(book: PriceBook) -> str:
    """Write a price book so that a changed price is one changed line."""
    rows = ",\n".join(f"    {json.dumps(_plain(row), ensure_ascii=False)}" for row in book.rows)
    sources = ",\n".join(
        f"    {json.dumps(name)}: {json.dumps(what, ensure_ascii=False)}" for name, what in book.sources.items()
    )
    return f'{{\n  "version": {book.version},\n  "sources": {{\n{sources}\n  }},\n  "rows": [\n{rows}\n  ]\n}}\n'


def _plain(row: PriceRow) -> dict[str, Any]:
    return row.model_dump(mode="json", exclude_defaults=True)


def _marks(row: PriceRow, region: str) -> list[str]:
    if row.region in {region, GLOBAL}:
        return []
    return ["price of no named region" if row.region == ANYWHERE else f"{row.region} price"]
