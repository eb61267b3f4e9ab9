"""Brings the price book up to date."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Final

from windlass.factory.cost import BOOK, load_book

if TYPE_CHECKING:
    from windlass.azure.prices import RetailPrices
    from windlass.delivery.cost.book import PriceBook
    from windlass.delivery.cost.meters import Found, Meter, RetailItem
    from windlass.delivery.cost.refresh import Refreshed

_READABLE: Final = 0o644


def refresh_prices(
    root: Path,
    regions: Collection[str],
    *,
    sizes: Collection[str] = (),
    book: Path | None = None,
    address: str | None = None,
    today: dt.date,
    tell: Callable[[str], None],
    sleep: Callable[[float], None] = time.sleep,
) -> tuple[Path, tuple[Refreshed, ...]]:
    """Ask the Retail Prices API for every price of the book in some regions, and write the book once all are known.

    Args:
        root: The folder of the project.
        regions: Regions of Azure.
        sizes: More sizes of machines to ask for.
        book: The file that is read, if it is there, and written; the project's when None.
        address: Of the API; Azure's own when None.
        today: The date that new prices get.
        tell: Hears of each price that is asked for.
        sleep: Waits, in seconds.

    Returns:
        The file, and what became of each price.

    Raises:
        PricesUnreachableError: The API does not answer.
        PriceAmbiguousError: It has more than one price where one is expected.
    """
    from windlass.azure.prices import ADDRESS, RetailPrices
    from windlass.delivery.cost.book import render_book
    from windlass.delivery.cost.refresh import changes, merge, new_row

    file = book or root / BOOK
    old = load_book(root, file if file.is_file() else None)
    api = RetailPrices(sleep=sleep, address=address or ADDRESS)
    try:
        asked = list(_ask(api, old, regions, sizes, tell))
    finally:
        api.close()
    rows = [new_row(meter, region, found, today, old) for meter, region, found in asked if found is not None]
    new = merge(old, rows)
    _write(file, render_book(new))
    became = changes(old, new, [(meter, region, found is not None) for meter, region, found in asked])
    return file, tuple(became)


def _ask(
    api: RetailPrices,
    book: PriceBook,
    regions: Collection[str],
    sizes: Collection[str],
    tell: Callable[[str], None],
) -> Iterator[tuple[Meter, str, Found | None]]:
    """Ask for each price; what two prices are found in, a machine's and its low priority's, is asked for once."""
    from windlass.delivery.cost.meters import choose
    from windlass.delivery.cost.refresh import wanted_meters

    meters = wanted_meters(book, sizes)
    answers: dict[str, tuple[RetailItem, ...]] = {}
    for region in regions:
        for number, meter in enumerate(meters, start=1):
            question = meter.question(region)
            if question not in answers:
                tell(f"{region}: {number} of {len(meters)}, {meter.key}")
                answers[question] = tuple(api.find(question))
            yield meter, region, choose(meter, region, answers[question])


def _write(file: Path, text: str) -> None:
    """Write a file as a whole, or not at all."""
    with NamedTemporaryFile("w", dir=file.parent, prefix=f".{file.name}.", delete=False, encoding="utf-8") as beside:
        beside.write(text)
    Path(beside.name).chmod(_READABLE)
    Path(beside.name).replace(file)
