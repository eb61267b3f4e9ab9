from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from support.fake_prices import VERSION, FakePrices, item, machine, serving


@pytest.fixture
def fake() -> FakePrices:
    return FakePrices()


@pytest.fixture
def url(fake: FakePrices) -> Iterator[str]:
    with serving(fake) as address:
        yield address


def ask(url: str, question: str, **other: str) -> httpx.Response:
    return httpx.get(url, params={"api-version": VERSION, "currencyCode": "'USD'", "$filter": question, **other})


def test_a_filter_is_exact_and_minds_the_case(fake: FakePrices, url: str) -> None:
    fake.add(machine("Standard_X1", 1), item("Other", "X1", 2))

    found = [
        ask(url, question).json()["Count"]
        for question in (
            "serviceName eq 'Virtual Machines'",
            "serviceName eq 'virtual machines'",
            "serviceName eq 'Virtual Machines' and armSkuName eq 'Standard_X1' and priceType eq 'Consumption'",
            "serviceName eq 'Virtual Machines' and priceType eq 'Reservation'",
        )
    ]

    assert found == [1, 0, 1, 0]


def test_pages_lead_to_each_other_until_the_last(fake: FakePrices, url: str) -> None:
    fake.page = 2
    fake.add(*(item("Other", str(number), number) for number in range(5)))

    link, seen = str(ask(url, "serviceName eq 'Other'").request.url), []
    while link:
        page = httpx.get(link).json()
        seen.append([each["meterName"] for each in page["Items"]])
        link = page["NextPageLink"]

    assert seen == [["0", "1"], ["2", "3"], ["4"]]


def test_it_refuses_what_it_does_not_know(url: str) -> None:
    statuses = [
        ask(url, "contains(meterName, 'X')").status_code,
        ask(url, "serviceName eq 'X'", **{"api-version": "2021-10-01"}).status_code,
        ask(url, "serviceName eq 'X'", currencyCode="'EUR'").status_code,
    ]

    assert statuses == [400, 400, 400]


def test_limits_and_faults_are_used_up(fake: FakePrices, url: str) -> None:
    fake.throttle, fake.retry_after, fake.broken = 1, "9", 1

    answers = [ask(url, "serviceName eq 'X'") for _ in range(3)]

    assert [each.status_code for each in answers] == [429, 503, 200]
    assert answers[0].headers["Retry-After"] == "9"
    assert fake.asked == ["serviceName eq 'X'"] * 3
