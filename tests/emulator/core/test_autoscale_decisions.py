"""What an autoscale setting decides."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from windlass_emulator.arm.monitor.decide import active_profile, decide

pytestmark = pytest.mark.specified

CPU, LATENCY = "CpuUtilizationPercentage", "RequestLatency_P95"


def _rule(metric: str, operator: str, threshold: float, direction: str, **action: str) -> dict[str, Any]:
    return {
        "metricTrigger": {
            "metricName": metric,
            "metricResourceUri": "/d",
            "operator": operator,
            "threshold": threshold,
        },
        "scaleAction": {"direction": direction, "type": "ChangeCount", "value": "1", "cooldown": "PT5M", **action},
    }


MORE, LESS = _rule(CPU, "GreaterThan", 70, "Increase"), _rule(CPU, "LessThan", 30, "Decrease")
SLOW = _rule(LATENCY, "GreaterThan", 500, "Increase")
FAST = _rule(LATENCY, "LessThan", 100, "Decrease")


def _profile(*rules: dict[str, Any], least: str = "2", most: str = "5") -> dict[str, Any]:
    return {"name": "p", "capacity": {"minimum": least, "maximum": most, "default": least}, "rules": list(rules)}


def _decide(instances: int, *rules: dict[str, Any], rested: float = 1e9, **measured: float) -> int:
    return decide(_profile(*rules), instances, lambda _, metric: measured.get(metric), rested=rested)


@pytest.mark.parametrize(("instances", "wanted"), [(1, 2), (2, 2), (4, 4), (9, 5)])
def test_bounds_hold_without_any_metric(instances: int, wanted: int) -> None:
    assert _decide(instances, MORE, LESS) == wanted


@pytest.mark.parametrize(("cpu", "wanted"), [(90, 4), (50, 3), (10, 2)])
def test_a_busy_deployment_grows_and_an_idle_one_shrinks(cpu: float, wanted: int) -> None:
    assert _decide(3, MORE, LESS, CpuUtilizationPercentage=cpu) == wanted


def test_growing_stops_at_the_maximum_and_shrinking_at_the_minimum() -> None:
    assert _decide(5, MORE, CpuUtilizationPercentage=90) == 5
    assert _decide(2, LESS, CpuUtilizationPercentage=10) == 2


def test_one_rule_is_enough_for_more_and_all_are_needed_for_less() -> None:
    assert _decide(3, MORE, LESS, SLOW, CpuUtilizationPercentage=10, RequestLatency_P95=900) == 4
    assert _decide(3, LESS, FAST, CpuUtilizationPercentage=10, RequestLatency_P95=300) == 3
    assert _decide(3, LESS, FAST, CpuUtilizationPercentage=10, RequestLatency_P95=50) == 2


def test_after_a_change_there_is_rest() -> None:
    assert _decide(3, MORE, rested=299, CpuUtilizationPercentage=90) == 3
    assert _decide(3, MORE, rested=300, CpuUtilizationPercentage=90) == 4


@pytest.mark.parametrize(
    ("action", "wanted"),
    [
        ({"type": "ExactCount", "value": "5"}, 5),
        ({"type": "PercentChangeCount", "value": "50"}, 5),
        ({"type": "ChangeCount", "value": "2"}, 5),
    ],
)
def test_every_way_to_change_a_count(action: dict[str, str], wanted: int) -> None:
    assert _decide(3, _rule(CPU, "GreaterThan", 70, "Increase", **action), CpuUtilizationPercentage=90) == wanted


def _weekly(name: str, hour: int, *days: str) -> dict[str, Any]:
    schedule = {"timeZone": "W. Europe Standard Time", "days": list(days), "hours": [hour], "minutes": [0]}
    return {"name": name, "recurrence": {"frequency": "Week", "schedule": schedule}}


ALWAYS = {"name": "always"}
OFFICE, AFTER = _weekly("office", 8, "Monday"), _weekly("after", 18, "Monday")


@pytest.mark.parametrize(
    ("moment", "name"),
    [
        ("2026-11-30T06:59:00+00:00", "after"),  # a Monday; Berlin is an hour ahead of UTC in winter
        ("2026-11-30T07:00:00+00:00", "office"),
        ("2026-11-30T16:59:00+00:00", "office"),
        ("2026-11-30T17:00:00+00:00", "after"),
        ("2026-12-04T12:00:00+00:00", "after"),
    ],
)
def test_the_recurring_profile_that_began_last_holds(moment: str, name: str) -> None:
    now = datetime.fromisoformat(moment)

    assert active_profile([ALWAYS, OFFICE, AFTER], now)["name"] == name


def test_a_fixed_date_goes_before_all_else() -> None:
    sale = {"name": "sale", "fixedDate": {"start": "2026-11-27T00:00:00Z", "end": "2026-12-01T00:00:00Z"}}

    assert active_profile([ALWAYS, OFFICE, sale], datetime(2026, 11, 30, 9, tzinfo=UTC))["name"] == "sale"
    assert active_profile([ALWAYS, sale], datetime(2026, 12, 1, tzinfo=UTC))["name"] == "always"
