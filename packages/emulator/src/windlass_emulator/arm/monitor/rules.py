"""What alert rules and autoscale settings have in common: refusals, durations, known values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from windlass_emulator.arm.common import value_at
from windlass_emulator.errors import AzureError

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure

_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?\Z")


def refused(message: str, *, target: str | None = None, code: str = "BadRequest", status: int = 400) -> AzureError:
    """A refusal of Azure Monitor. The codes are its own; most wordings are not published (inferred)."""
    return AzureError(status, code, message, target=target)


def seconds(duration: str) -> int | None:
    """Return the length of an ISO 8601 duration of days, hours, minutes and seconds, or None when it is none."""
    match = _DURATION.match(duration)
    if match is None or not any(match.groups()):
        return None
    days, hours, minutes, rest = (int(part or 0) for part in match.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + rest


def require_one_of(properties: Mapping[str, Any], path: str, allowed: Iterable[str]) -> str:
    """Return a value that must be one of a few.

    Raises:
        AzureError: 400 that names the property and what it may be.
    """
    value = str(value_at(properties, path))
    if value not in allowed:
        raise refused(f"The property '{path}' is '{value}'; it must be one of {', '.join(allowed)}.", target=path)
    return value


def require_severity(properties: Mapping[str, Any]) -> None:
    """Refuse a severity outside 0 to 4.

    Raises:
        AzureError: 400.
    """
    severity = properties.get("severity")
    if severity not in range(5):
        raise refused(f"The severity of an alert rule is 0 to 4, not {severity}.", target="properties.severity")


def require_resources(azure: LocalAzure, ids: Iterable[str], what: str) -> None:
    """Refuse a reference to something that is not there.

    Raises:
        AzureError: 400.
    """
    for resource_id in ids:
        is_subscription = resource_id.lower() == f"/subscriptions/{azure.subscription}"
        if not is_subscription and azure.store.get(resource_id) is None:
            raise refused(f"The {what} '{resource_id}' was not found.", code="ResourceNotFound")
