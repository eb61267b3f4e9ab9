"""Budgets: dates, notifications, eTag."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from support.arm_clients import ArmClients


def _first(months: int = 0) -> str:
    """The first of this month or of one before or after it."""
    now = datetime.now(UTC)
    total = now.year * 12 + now.month - 1 + months
    return f"{total // 12}-{total % 12 + 1:02}-01T00:00:00Z"


def _body(**properties: Any) -> dict[str, Any]:
    mail = {"enabled": True, "operator": "GreaterThan", "threshold": 80, "contactEmails": ["team@example.com"]}
    usual = {
        "category": "Cost",
        "amount": 500,
        "timeGrain": "Monthly",
        "timePeriod": {"startDate": _first()},
        "notifications": {"actual-80": mail},
    }
    return {"properties": {**usual, **properties}}


def _scope(arm: ArmClients) -> str:
    return f"/subscriptions/{arm.azure.subscription}/resourceGroups/{arm.group()}"


@pytest.mark.specified
def test_a_budget_shows_what_the_service_adds(arm: ArmClients) -> None:
    scope = _scope(arm)

    made = arm.budgets.budgets.create_or_update(scope, "monthly", _body())

    assert made.e_tag
    assert made.properties.current_spend.amount == 0
    assert made.properties.time_period.end_date.year == made.properties.time_period.start_date.year + 10
    assert made.properties.notifications["actual-80"].threshold_type == "Actual"


@pytest.mark.specified
def test_a_budget_is_changed_listed_and_deleted(arm: ArmClients) -> None:
    scope = _scope(arm)
    made = arm.budgets.budgets.create_or_update(scope, "monthly", _body())

    changed = arm.budgets.budgets.create_or_update(scope, "monthly", {**_body(amount=900), "eTag": made.e_tag})
    listed = [budget.name for budget in arm.budgets.budgets.list(scope)]
    arm.budgets.budgets.delete(scope, "monthly")

    assert (changed.properties.amount, changed.e_tag != made.e_tag, listed) == (900, True, ["monthly"])
    assert list(arm.budgets.budgets.list(scope)) == []


@pytest.mark.specified
@pytest.mark.parametrize(
    ("properties", "says"),
    [
        ({"timePeriod": {"startDate": "2016-01-01T00:00:00Z"}}, "on or after June 01, 2017"),
        ({"timePeriod": {"startDate": _first()[:8] + "02T00:00:00Z"}}, "first of a month"),
        ({"timePeriod": {"startDate": _first(13)}}, "more than 12 months"),
        ({"timePeriod": {"startDate": _first(-1)}}, "current time grain"),
        ({"timePeriod": {"startDate": _first(), "endDate": _first(-2)}}, "before the end date"),
        ({"notifications": {str(n): _body()["properties"]["notifications"]["actual-80"] for n in range(6)}}, "up to 5"),
    ],
)
def test_what_the_service_does_not_take_is_refused(arm: ArmClients, properties: dict[str, Any], says: str) -> None:
    with pytest.raises(HttpResponseError) as refused:
        arm.budgets.budgets.create_or_update(_scope(arm), "monthly", _body(**properties))

    assert refused.value.status_code == 400
    assert says in str(refused.value)


@pytest.mark.specified
def test_the_start_of_a_budget_stays(arm: ArmClients) -> None:
    scope = _scope(arm)
    arm.budgets.budgets.create_or_update(scope, "monthly", _body())

    with pytest.raises(HttpResponseError) as refused:
        arm.budgets.budgets.create_or_update(scope, "monthly", _body(timePeriod={"startDate": _first(1)}))

    assert "Start date of budgets cannot be updated. Please delete and create a new budget." in str(refused.value)


@pytest.mark.inferred
def test_an_outdated_etag_is_refused(arm: ArmClients) -> None:
    scope = _scope(arm)
    made = arm.budgets.budgets.create_or_update(scope, "monthly", _body())
    arm.budgets.budgets.create_or_update(scope, "monthly", _body(amount=900))

    with pytest.raises(HttpResponseError) as refused:
        arm.budgets.budgets.create_or_update(scope, "monthly", {**_body(), "eTag": made.e_tag})

    assert refused.value.status_code == 412
