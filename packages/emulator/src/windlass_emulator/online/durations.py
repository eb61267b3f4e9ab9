"""ISO 8601 durations as deployments write them: `PT5S`, `PT1M30S`, `PT0.5S`."""

from __future__ import annotations

import re

from windlass_emulator.errors import invalid_content

_DURATION = re.compile(
    r"P(?:(?P<days>\d+)D)?(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?\Z"
)


def seconds(duration: str, where: str) -> float:
    """Return the seconds of a duration.

    Args:
        duration: As in a request.
        where: The property's path, for the refusal.

    Raises:
        AzureError: 400 when it is no duration.
    """
    match = _DURATION.match(str(duration))
    if match is None or not any(match.groupdict().values()):
        raise invalid_content(f"'{duration}' at '{where}' is not an ISO 8601 duration such as PT5S.", target=where)
    part = {name: float(value or 0) for name, value in match.groupdict().items()}
    return part["days"] * 86400 + part["hours"] * 3600 + part["minutes"] * 60 + part["seconds"]
