from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from support.cost import BOOK

from windlass.delivery.cost.book import PriceBook, PriceRow, Prices, parse_book, render_book
from windlass.errors.cost import PriceBookUnreadableError

ROOT = Path(__file__).resolve().parents[4]


def row(key: str = "vm/Standard_X1", region: str = "westeurope", **other: Any) -> PriceRow:
    given = {"unit": "hour", "source": "test", "date": "2026-01-01", "price": 1.0, **other}
    return PriceRow.model_validate({"key": key, "region": region, **given})


def book(*rows: PriceRow) -> PriceBook:
    return PriceBook(sources={"test": "a test"}, rows=tuple(sorted(rows, key=lambda each: (each.key, each.region))))


def test_the_book_of_the_package_is_written_as_it_is_rendered() -> None:
    assert parse_book(render_book(BOOK), "rendered") == BOOK


def test_every_price_of_the_package_names_its_source_and_no_source_is_unused_but_that_of_retirements() -> None:
    assert set(BOOK.sources) - {each.source for each in BOOK.rows} == {"retirements"}


@pytest.mark.parametrize(
    "region",
    ["westeurope", "eastus", "westus2", "northeurope", "uksouth", "swedencentral", "germanywestcentral"],
)
def test_machines_are_priced_in_the_regions_that_people_use(region: str) -> None:
    prices = Prices(BOOK, region)

    for size in ("Standard_DS3_v2", "Standard_F4s_v2", "Standard_D4s_v5", "Standard_NC4as_T4_v3"):
        rate = prices.find(f"vm/{size}")
        assert rate is not None
        assert rate.marks == ()


def test_price_per_core_is_the_same_within_a_family_of_machines() -> None:
    """Where it is not, a price of another meter (Windows, Spot) has slipped in."""
    families = defaultdict(list)
    for each in BOOK.rows:
        name = each.key.removeprefix("vm/Standard_")
        for family, cores in (
            ("DS_v2", {"DS1_v2": 1, "DS2_v2": 2, "DS3_v2": 4, "DS4_v2": 8}),
            ("Fs_v2", {"F2s_v2": 2, "F4s_v2": 4, "F8s_v2": 8}),
            ("Das_v4", {"D2as_v4": 2, "D4as_v4": 4}),
        ):
            if name in cores and each.price is not None:
                families[family, each.region].append(each.price / cores[name])

    assert len(families) == 21
    assert all(max(each) / min(each) < 1.01 for each in families.values())


def test_tiers_are_charged_one_after_the_other() -> None:
    tiered = row(price=None, tiers=[{"above": 0, "price": 2}, {"above": 10, "price": 1}])

    assert [tiered.cost(quantity) for quantity in (0, 5, 10, 14)] == [0, 10, 20, 24]


def test_the_own_region_comes_first_then_others_in_a_fixed_order_and_marked() -> None:
    prices = book(row(region="eastus", price=2), row(region="westeurope", price=3), row(region="westus", price=4))

    marked = [Prices(prices, region).find("vm/Standard_X1") for region in ("westus", "westeurope", "norwayeast")]

    assert [(rate.cost(1), rate.marks) for rate in marked if rate] == [(4, ()), (3, ()), (2, ("eastus price",))]


def test_a_price_whose_source_names_no_region_says_so() -> None:
    rate = Prices(book(row(region="any")), "westeurope").find("vm/Standard_X1")

    assert rate is not None
    assert rate.marks == ("price of no named region",)


def test_what_no_region_has_is_not_found() -> None:
    assert Prices(book(row(region="japaneast")), "westeurope").find("vm/Standard_X1") is None
    assert Prices(book(), "westeurope").find("vm-low-priority/Standard_X1") is None


def test_the_own_meter_of_low_priority_is_taken_where_it_is_known() -> None:
    known = book(row(), row("vm-low-priority/Standard_X1", price=0.3))

    rates = [Prices(each, "westeurope").find("vm-low-priority/Standard_X1") for each in (known, book(row()))]

    assert [(rate.cost(1), rate.marks) for rate in rates if rate] == [(0.3, ()), (0.2, ("20% of the list price",))]


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"rows": [{"key": "vm/X"}]}, "rows.0.region"),
        ({"version": 2}, "version"),
        ({"sources": {}}, "sources without a description: test"),
        ({"more": 1}, "more"),
    ],
)
def test_what_is_no_price_book_is_refused_with_the_place(change: dict[str, Any], what: str) -> None:
    document = {**json.loads(render_book(book(row()))), **change}

    with pytest.raises(PriceBookUnreadableError, match=what):
        parse_book(json.dumps(document), "mine.json")


@pytest.mark.parametrize(
    "wrong",
    [
        {"price": None},
        {"price": 1, "tiers": [{"above": 0, "price": 1}]},
        {"price": None, "tiers": [{"above": 5, "price": 1}]},
        {"price": -1},
        {"currency": "EUR"},
    ],
)
def test_a_row_has_one_sound_price(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        row(**wrong)


def test_a_price_stands_in_the_book_once() -> None:
    with pytest.raises(ValueError, match="each once"):
        book(row(), row())


def test_the_wheel_has_the_book(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)

    (wheel,) = tmp_path.glob("windlass-*.whl")
    with zipfile.ZipFile(wheel) as packed:
        assert parse_book(packed.read("windlass/delivery/cost/prices.json"), "the wheel") == BOOK
