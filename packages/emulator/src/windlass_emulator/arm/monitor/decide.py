"""What an autoscale setting decides at one look. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from windlass_emulator.arm.monitor.rules import seconds

Measured = Callable[[str, str], float | None]
"""Resource and metric -> its value now, or None when nothing is known of it."""

ZONES: Mapping[str, str] = MappingProxyType(
    {
        "UTC": "UTC",
        "GMT Standard Time": "Europe/London",
        "W. Europe Standard Time": "Europe/Berlin",
        "Romance Standard Time": "Europe/Paris",
        "Central European Standard Time": "Europe/Warsaw",
        "Eastern Standard Time": "America/New_York",
        "Central Standard Time": "America/Chicago",
        "Pacific Standard Time": "America/Los_Angeles",
        "India Standard Time": "Asia/Kolkata",
        "Tokyo Standard Time": "Asia/Tokyo",
    }
)
"""Time zones as Windows and Azure name them."""

_COMPARE: Mapping[str, Callable[[float, float], bool]] = MappingProxyType(
    {
        "Equals": lambda value, threshold: value == threshold,
        "NotEquals": lambda value, threshold: value != threshold,
        "GreaterThan": lambda value, threshold: value > threshold,
        "GreaterThanOrEqual": lambda value, threshold: value >= threshold,
        "LessThan": lambda value, threshold: value < threshold,
        "LessThanOrEqual": lambda value, threshold: value <= threshold,
    }
)
_WEEK = timedelta(days=7)


def active_profile(profiles: Sequence[Mapping[str, Any]], now: datetime) -> Mapping[str, Any]:
    """Return the profile that holds: a fixed date first, else the recurring one that began last, else the default."""
    for profile in profiles:
        if (fixed := profile.get("fixedDate")) and _time(fixed["start"], now) <= now < _time(fixed["end"], now):
            return profile
    begun = [(began, profile) for profile in profiles for began in _starts(profile, now)]
    if begun:
        return max(begun, key=lambda pair: pair[0])[1]
    return next((each for each in profiles if not each.get("fixedDate") and not each.get("recurrence")), profiles[0])


def decide(profile: Mapping[str, Any], instances: int, measured: Measured, *, rested: float = float("inf")) -> int:
    """Return how many instances there should be.

    One rule that asks for more is enough; fewer there are only when all rules of that direction agree, as Azure does.

    Args:
        profile: The profile that holds.
        instances: How many there are.
        measured: The metrics.
        rested: Seconds since the last change.
    """
    capacity = {key: int(value) for key, value in profile["capacity"].items()}
    rules = [rule for rule in profile.get("rules") or () if rested >= (seconds(rule["scaleAction"]["cooldown"]) or 0)]
    more = [rule for rule in rules if rule["scaleAction"]["direction"] == "Increase" and _fires(rule, measured)]
    less = [rule for rule in rules if rule["scaleAction"]["direction"] == "Decrease"]
    wanted = instances
    if more:
        wanted = max(_changed(rule["scaleAction"], instances, 1) for rule in more)
    elif less and all(_fires(rule, measured) for rule in less):
        wanted = max(_changed(rule["scaleAction"], instances, -1) for rule in less)
    return min(max(wanted, capacity["minimum"]), capacity["maximum"])


def _fires(rule: Mapping[str, Any], measured: Measured) -> bool:
    trigger = rule["metricTrigger"]
    value = measured(str(trigger["metricResourceUri"]), str(trigger["metricName"]))
    return value is not None and _COMPARE[trigger["operator"]](value, float(trigger["threshold"]))


def _changed(action: Mapping[str, Any], instances: int, sign: int) -> int:
    value = int(action.get("value", "1"))
    match action["type"]:
        case "ExactCount":
            return value
        case "PercentChangeCount":
            return instances + sign * -(-instances * value // 100)
        case _:
            return instances + sign * value


def _time(text: str, now: datetime) -> datetime:
    read = datetime.fromisoformat(text)
    return read if read.tzinfo else read.replace(tzinfo=now.tzinfo)


def _starts(profile: Mapping[str, Any], now: datetime) -> Iterator[datetime]:
    """When a recurring profile has begun in the week before now."""
    schedule = (profile.get("recurrence") or {}).get("schedule")
    if schedule is None:
        return
    here = now.astimezone(ZoneInfo(ZONES[schedule["timeZone"]]))
    for hour, minute in zip(schedule["hours"], schedule["minutes"], strict=True):
        for days in range(8):
            day = (here - timedelta(days=days)).replace(hour=hour, minute=minute, second=0, microsecond=0)
            if day <= here and here - day <= _WEEK and f"{day:%A}" in schedule["days"]:
                yield day
