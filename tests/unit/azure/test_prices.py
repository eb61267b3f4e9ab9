"""The Retail Prices API, asked over HTTP, and the one price that is found among its traps."""

from __future__ import annotations

import datetime as dt
import io
import json
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.fake_prices import FakePrices, item, machine, serving

from windlass.azure.prices import RetailPrices
from windlass.cli.run import call
from windlass.delivery.cost.book import PriceBook, Prices, parse_book, render_book
from windlass.delivery.cost.meters import METERS, Meter, choose, meter_of
from windlass.delivery.cost.refresh import wanted_meters
from windlass.errors.cost import (
    PriceAmbiguousError,
    PricesMalformedError,
    PricesUnreachableError,
    PriceUnitError,
)
from windlass.factory.prices import refresh_prices

ROOT = Path(__file__).resolve().parents[3]
PRICES = runpy.run_path(str(ROOT / "scripts" / "prices.py"))["prices"]
TODAY = dt.date(2026, 11, 29)
SIZE = "Standard_X4s_v1"
BOOK = {
    "version": 1,
    "sources": {"old": "somebody"},
    "rows": [
        {
            "key": "nat/hour",
            "region": "westeurope",
            "unit": "hour",
            "price": 0.04,
            "source": "old",
            "date": "2024-01-01",
        },
        {
            "key": f"vm/{SIZE}",
            "region": "eastus",
            "unit": "hour",
            "price": 0.2,
            "source": "old",
            "date": "2024-01-01",
            "retires": "2028-05-01",
        },
    ],
}


@pytest.fixture
def fake() -> FakePrices:
    return FakePrices()


@pytest.fixture
def address(fake: FakePrices) -> Iterator[str]:
    with serving(fake) as url:
        yield url


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def api(address: str, waits: list[float]) -> Iterator[RetailPrices]:
    made = RetailPrices(sleep=waits.append, address=address)
    yield made
    made.close()


def traps(price: float = 0.25, **other: Any) -> list[dict[str, Any]]:
    """A machine among all that the API has under its size."""
    return [
        machine(SIZE, price * 2, product="Virtual Machines X Series Windows", **other),
        machine(SIZE, price * 0.3, suffix=" Spot", **other),
        machine(SIZE, price * 0.4, suffix=" Low Priority", product="Virtual Machines X Series Windows", **other),
        machine(SIZE, price * 0.2, suffix=" Low Priority", **other),
        machine(SIZE, price * 0.6, product="X Series Cloud Services", **other),
        machine(SIZE, price * 9, product="X Series Dedicated Host", **other),
        machine(SIZE, price * 0.9, type="DevTestConsumption", **other),
        machine(SIZE, 1500.0, type="Reservation", **other),
        machine(SIZE, price, **other),
    ]


def find(api: RetailPrices, key: str, region: str = "westeurope") -> list[tuple[float, float]]:
    meter = meter_of(key)
    assert meter is not None
    found = choose(meter, region, api.find(meter.question(region)))
    return [(tier.above, tier.price) for tier in found.tiers] if found else []


def written(folder: Path) -> Path:
    file = folder / "prices.json"
    file.write_text(json.dumps(BOOK))
    return file


def refresh(folder: Path, address: str, *regions: str, **more: Any) -> tuple[PriceBook, dict[tuple[str, str], Any]]:
    file, became = refresh_prices(
        folder, regions, address=address, today=TODAY, tell=lambda _: None, sleep=lambda _: None, **more
    )
    return parse_book(file.read_bytes(), str(file)), {(each.key, each.region): each for each in became}


def test_the_one_machine_with_linux_is_found_among_windows_spot_low_priority_hosts_and_reservations(
    api: RetailPrices, fake: FakePrices
) -> None:
    fake.add(*traps(), *traps(0.5, armRegionName="eastus"))

    assert find(api, f"vm/{SIZE}") == [(0, 0.25)]
    assert find(api, f"vm-low-priority/{SIZE}") == [(0, 0.05)]


def test_all_pages_are_read(api: RetailPrices, fake: FakePrices) -> None:
    fake.page = 2
    fake.add(*traps())

    assert find(api, f"vm/{SIZE}") == [(0, 0.25)]
    assert len(fake.asked) == 4  # nine items, of which seven are Consumption


def test_what_is_asked_for_is_exact() -> None:
    control_plane, gateway = METERS["aks/standard"], METERS["nat/hour"]

    assert control_plane.question("westeurope") == (
        "serviceName eq 'Azure Kubernetes Service' and armRegionName eq 'westeurope' and priceType eq 'Consumption' "
        "and meterName eq 'Standard Uptime SLA' and skuName eq 'Standard'"
    )
    assert gateway.question("westeurope") == (
        "serviceName eq 'NAT Gateway' and armRegionName eq 'Global' and priceType eq 'Consumption' "
        "and meterName eq 'Standard Gateway' and skuName eq 'Standard'"
    )


def test_the_two_meters_of_a_control_plane_are_never_summed(api: RetailPrices, fake: FakePrices) -> None:
    service = "Azure Kubernetes Service"
    fake.add(
        item(service, "Standard Uptime SLA", 0.1, skuName="Standard"),
        item(service, "Standard Long Term Support", 0.6, skuName="Standard"),
    )

    assert (find(api, "aks/standard"), find(api, "aks/premium")) == ([(0, 0.1)], [(0, 0.6)])


def test_a_filter_that_leaves_both_meters_of_a_control_plane_is_refused(api: RetailPrices, fake: FakePrices) -> None:
    service = "Azure Kubernetes Service"
    fake.add(
        item(service, "Standard Uptime SLA", 0.1, skuName="Standard"),
        item(service, "Standard Long Term Support", 0.6, skuName="Standard"),
    )
    careless = Meter(key="aks/standard", unit="hour", service=service, names={"skuName": "Standard"}, units=("1 Hour",))

    with pytest.raises(PriceAmbiguousError, match=r"2 prices for aks/standard in westeurope.*Uptime SLA.*Long Term"):
        choose(careless, "westeurope", api.find(careless.question("westeurope")))


def test_a_second_price_under_one_meter_is_refused(api: RetailPrices, fake: FakePrices) -> None:
    fake.add(machine(SIZE, 0.25), machine(SIZE, 0.26))

    with pytest.raises(PriceAmbiguousError, match="2 prices"):
        find(api, f"vm/{SIZE}")


def test_one_price_that_is_listed_twice_is_one(api: RetailPrices, fake: FakePrices) -> None:
    fake.add(machine(SIZE, 0.25), machine(SIZE, 0.25, meterId="another"))

    assert find(api, f"vm/{SIZE}") == [(0, 0.25)]


def test_tiers_are_kept_in_order_and_gifts_to_an_account_are_left_out(api: RetailPrices, fake: FakePrices) -> None:
    link = {"productName": "Virtual Network Private Link", "armRegionName": "Global", "unitOfMeasure": "1 GB"}
    logs = {"skuName": "Analytics Logs", "unitOfMeasure": "1 GB"}
    for above, price in ((1_000_000, 0.006), (0, 0.01)):
        fake.add(item("Virtual Network", "Standard Data Processed - Ingress", price, tierMinimumUnits=above, **link))
    for above, price in ((0, 0.0), (5, 2.99)):
        fake.add(item("Log Analytics", "Analytics Logs Data Ingestion", price, tierMinimumUnits=above, **logs))

    assert find(api, "private-endpoint/data") == [(0, 0.01), (1_000_000, 0.006)]
    assert find(api, "logs/ingestion") == [(0, 2.99)]


def test_another_unit_is_refused(api: RetailPrices, fake: FakePrices) -> None:
    fake.add(machine(SIZE, 25.0, unitOfMeasure="100 Hours"))

    with pytest.raises(PriceUnitError, match="per 100 Hours, and per 1 Hour was expected"):
        find(api, f"vm/{SIZE}")


@pytest.mark.parametrize("nothing", [[], [machine(SIZE, 0.0)]])
def test_no_price_is_never_0(api: RetailPrices, fake: FakePrices, nothing: list[dict[str, Any]]) -> None:
    fake.add(*nothing)

    assert find(api, f"vm/{SIZE}") == []


def test_throttling_is_waited_out_for_as_long_as_it_says(
    api: RetailPrices, fake: FakePrices, waits: list[float]
) -> None:
    fake.add(machine(SIZE, 0.25))
    fake.throttle, fake.retry_after = 2, "7"

    assert find(api, f"vm/{SIZE}") == [(0, 0.25)]
    assert waits == [7, 7]


def test_without_a_word_each_wait_is_longer(api: RetailPrices, fake: FakePrices, waits: list[float]) -> None:
    fake.add(machine(SIZE, 0.25))
    fake.throttle, fake.retry_after, fake.broken = 2, "", 1

    assert find(api, f"vm/{SIZE}") == [(0, 0.25)]
    assert waits == [2, 4, 8]


def test_an_api_that_goes_on_to_refuse_is_unreachable(api: RetailPrices, fake: FakePrices, waits: list[float]) -> None:
    fake.throttle = 100

    with pytest.raises(PricesUnreachableError, match="HTTP 429"):
        list(api.find("serviceName eq 'X'"))

    assert len(fake.asked) == len(waits) + 1 == 6


def test_a_question_that_is_refused_is_not_asked_again(api: RetailPrices, fake: FakePrices) -> None:
    with pytest.raises(PricesUnreachableError, match="HTTP 400"):
        list(api.find("contains(meterName, 'X')"))

    assert len(fake.asked) == 1


def test_nobody_there_is_told(waits: list[float]) -> None:
    api = RetailPrices(sleep=waits.append, address="http://127.0.0.1:1/api")

    with pytest.raises(PricesUnreachableError, match=r"127\.0\.0\.1:1.*the price book is as it was"):
        list(api.find("serviceName eq 'X'"))
    api.close()


@pytest.mark.parametrize(
    ("raw", "what"),
    [(b"<html>", "Invalid JSON"), (b'{"Items": [{"meterName": "X"}]}', "Items.0"), (b"{}", "Items: Field required")],
)
def test_an_answer_that_is_no_page_is_refused(api: RetailPrices, fake: FakePrices, raw: bytes, what: str) -> None:
    fake.raw = raw

    with pytest.raises(PricesMalformedError, match=what):
        list(api.find("serviceName eq 'X'"))


def test_a_page_that_leads_elsewhere_is_not_followed(api: RetailPrices, fake: FakePrices) -> None:
    fake.page, fake.leads_to = 1, "http://prices.example.com/api"
    fake.add(machine(SIZE, 0.25), machine(SIZE, 0.25))

    with pytest.raises(PricesMalformedError, match=r"its next page would be at prices\.example\.com"):
        list(api.find("serviceName eq 'Virtual Machines'"))


def test_the_book_is_written_with_new_prices_beside_what_nobody_has(
    tmp_path: Path, address: str, fake: FakePrices
) -> None:
    written(tmp_path)
    fake.add(
        *traps(),
        *traps(0.35, armRegionName="uksouth"),
        item("NAT Gateway", "Standard Gateway", 0.045, skuName="Standard", armRegionName="Global"),
    )

    book, became = refresh(tmp_path, address, "westeurope", "uksouth")

    rows = {(row.key, row.region): row for row in book.rows}
    assert set(rows) == {
        ("nat/hour", "global"),
        (f"vm/{SIZE}", "eastus"),
        (f"vm/{SIZE}", "uksouth"),
        (f"vm/{SIZE}", "westeurope"),
        (f"vm-low-priority/{SIZE}", "uksouth"),
        (f"vm-low-priority/{SIZE}", "westeurope"),
    }
    new = rows[f"vm/{SIZE}", "westeurope"]
    assert (new.price, new.date, new.retires, new.source) == (0.25, TODAY, dt.date(2028, 5, 1), "retail-prices-api")
    assert new.meter
    told = became[f"vm/{SIZE}", "westeurope"]
    assert (told.before, told.after) == ("0.2 per hour (eastus price)", "0.25 per hour")
    assert became["logs/ingestion", "westeurope"].after == ""


def test_a_price_that_is_the_same_everywhere_needs_no_mark(tmp_path: Path, address: str, fake: FakePrices) -> None:
    written(tmp_path)
    fake.add(item("NAT Gateway", "Standard Gateway", 0.045, skuName="Standard", armRegionName="Global"))

    book, _ = refresh(tmp_path, address, "westeurope")

    rate = Prices(book, "norwayeast").find("nat/hour")
    assert rate is not None
    assert (rate.cost(1), rate.marks) == (0.045, ())


def test_a_second_refresh_changes_nothing(tmp_path: Path, address: str, fake: FakePrices) -> None:
    file = written(tmp_path)
    fake.add(*traps())
    refresh(tmp_path, address, "westeurope")
    once = file.read_text()

    _, became = refresh(tmp_path, address, "westeurope")

    assert file.read_text() == once
    assert not any(each.has_changed for each in became.values())


def test_an_error_on_the_way_leaves_the_book_as_it_was(tmp_path: Path, address: str, fake: FakePrices) -> None:
    file = written(tmp_path)
    before = file.read_bytes()
    fake.add(*traps(), machine(SIZE, 0.99, armRegionName="uksouth"), machine(SIZE, 0.98, armRegionName="uksouth"))

    with pytest.raises(PriceAmbiguousError):
        refresh(tmp_path, address, "westeurope", "uksouth")

    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [file]


def test_without_a_book_of_the_project_that_of_the_package_is_the_start(
    tmp_path: Path, address: str, fake: FakePrices
) -> None:
    fake.add(machine("Standard_D8s_v5", 0.46))

    book, became = refresh(tmp_path, address, "westeurope", sizes=["Standard_D8s_v5"])

    rate = Prices(book, "westeurope").find("vm/Standard_D8s_v5")
    assert rate is not None
    assert rate.cost(1) == 0.46
    assert became["vm/Standard_D8s_v5", "westeurope"].before == ""
    assert len(book.rows) > 100


def test_every_price_of_the_package_is_asked_for_but_those_without_a_meter() -> None:
    book = parse_book((ROOT / "src/windlass/delivery/cost/prices.json").read_bytes(), "prices.json")

    asked = {each.key for each in wanted_meters(book)}

    assert {row.key for row in book.rows} - asked == {"dns/private-zone", "ml/load-balancer"}


def script(*arguments: str) -> tuple[int, str]:
    stderr = io.StringIO()
    return call(PRICES, arguments, stderr=stderr), stderr.getvalue()


def test_the_script_says_what_changed_and_what_has_no_price(
    tmp_path: Path, address: str, fake: FakePrices, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path)
    fake.add(*traps())

    code, _ = script("refresh", "--region", "westeurope", "--api", address, "--book", str(file))

    out = capsys.readouterr().out
    assert code == 0
    assert f"vm/{SIZE}" in out
    assert "0.2 per hour (eastus price)" in out
    assert "no price in westeurope: nat/hour, as it was" in out
    assert "no price in westeurope: logs/ingestion, still none" in out
    assert out.splitlines()[-1] == f"2 changed, 0 as before: {file}"


def test_the_script_fails_with_the_book_as_it_was(tmp_path: Path, address: str, fake: FakePrices) -> None:
    file = written(tmp_path)
    before = file.read_bytes()
    fake.raw = b"<html>"

    code, said = script("refresh", "--region", "westeurope", "--api", address, "--book", str(file))

    assert code == 6
    assert "answered something that is no page of the Azure Retail Prices API" in said
    assert file.read_bytes() == before


def test_the_script_shows_a_region_with_the_marks_of_its_prices(capsys: pytest.CaptureFixture[str]) -> None:
    code, _ = script("show", "--region", "westeurope", "-o", "json")

    shown = {each["key"]: each for each in json.loads(capsys.readouterr().out)["prices"]}
    assert code == 0
    assert shown["vm/Standard_DS3_v2"]["marks"] == ""
    assert shown["public-address/hour"]["marks"] == "eastus price"


def test_the_book_that_is_written_reads_as_it_is_rendered(tmp_path: Path, address: str, fake: FakePrices) -> None:
    file = written(tmp_path)
    fake.add(*traps())

    book, _ = refresh(tmp_path, address, "westeurope")

    assert file.read_text() == render_book(book)
