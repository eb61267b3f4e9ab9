"""What becomes of a price book when the Retail Prices API was asked: new rows, and what they change. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from windlass.delivery.cost.book import GLOBAL, VM, VM_LOW_PRIORITY, PriceBook, PriceRow, Prices
from windlass.delivery.cost.meters import METERS, Found, Meter, meter_of

SOURCE = "retail-prices-api"
_SOURCE_IS = (
    "The Azure Retail Prices API, https://prices.azure.com/api/retail/prices, asked by scripts/prices.py refresh"
)


@dataclass(frozen=True, kw_only=True)
class Refreshed:
    """What became of one price.

    Attributes:
        key: Of the price.
        region: Asked for.
        before: What the book took for it, in words; empty when it had none.
        after: What it takes now; empty when the API has none, so that the book is as it was.
    """

    key: str
    region: str
    before: str
    after: str

    @property
    def has_changed(self) -> bool:
        """Whether an estimate may come out otherwise."""
        return bool(self.after) and self.before != self.after


def wanted_meters(book: PriceBook, sizes: Collection[str] = ()) -> tuple[Meter, ...]:
    """Say what to ask for: each machine of the book and of `sizes`, each with low priority, and all other meters."""
    known = {row.key.removeprefix(VM) for row in book.rows if row.key.startswith(VM)}
    machines = [f"{kind}{size}" for size in sorted({*known, *sizes}) for kind in (VM, VM_LOW_PRIORITY)]
    found = (meter_of(key) for key in (*machines, *sorted(METERS)))
    return tuple(each for each in found if each is not None)


def new_row(meter: Meter, region: str, found: Found, today: dt.date, book: PriceBook) -> PriceRow:
    """Make a row of a price that was found; when it retires is what the book says already."""
    retires = next((row.retires for row in book.rows if row.key == meter.key and row.retires), None)
    plain = len(found.tiers) == 1
    return PriceRow(
        key=meter.key,
        region=meter.region(region),
        unit=meter.unit,
        price=found.tiers[0].price if plain else None,
        tiers=() if plain else found.tiers,
        source=SOURCE,
        date=today,
        retires=retires,
        meter=found.meter_id,
    )


def merge(book: PriceBook, rows: Iterable[PriceRow]) -> PriceBook:
    """Put new rows into a book, each in place of the one of its key and region.

    A price that turns out to be the same everywhere takes the place of all that were known for single regions.
    """
    new = {(row.key, row.region): row for row in rows}
    everywhere = {key for key, region in new if region == GLOBAL}
    kept = {(row.key, row.region): row for row in book.rows if row.key not in everywhere}
    merged = {**kept, **new}
    sources = {**book.sources, SOURCE: _SOURCE_IS} if new else book.sources
    return PriceBook(sources=sources, rows=tuple(merged[each] for each in sorted(merged)))


def changes(before: PriceBook, after: PriceBook, asked: Iterable[tuple[Meter, str, bool]]) -> Iterator[Refreshed]:
    """Tell what became of each price that was asked for.

    Args:
        before: The book.
        after: The book with the new rows.
        asked: Each meter with the region it was asked in, and whether the API had a price.
    """
    for meter, region, was_found in asked:
        now = _words(after, meter.key, region) if was_found else ""
        yield Refreshed(key=meter.key, region=region, before=_words(before, meter.key, region), after=now)


def listed(book: PriceBook, region: str | None) -> Iterator[Mapping[str, str]]:
    """Say each price of a book, or what holds in one region, in words."""
    if region is None:
        yield from (_row(row, ()) for row in book.rows)
        return
    prices = Prices(book, region)
    for key in dict.fromkeys(row.key for row in book.rows):
        rate = prices.find(key)
        if rate is not None:
            yield _row(rate.row, rate.marks)


def _row(row: PriceRow, marks: tuple[str, ...]) -> Mapping[str, str]:
    return {
        "key": row.key,
        "region": row.region,
        "price": f"{row.first:g}" if row.price is not None else " ".join(f"{t.price:g}>{t.above:g}" for t in row.tiers),
        "per": row.unit,
        "source": row.source,
        "date": row.date.isoformat(),
        "retires": row.retires.isoformat() if row.retires else "",
        "marks": "; ".join(marks),
    }


def _words(book: PriceBook, key: str, region: str) -> str:
    rate = Prices(book, region).find(key)
    if rate is None:
        return ""
    marks = f" ({'; '.join(rate.marks)})" if rate.marks else ""
    return f"{rate}{marks}"
