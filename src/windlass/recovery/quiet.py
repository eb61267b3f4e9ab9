"""Waits until Azure is through with a resource."""

from __future__ import annotations

from typing import Final

from windlass.errors.recovery import StillRunningError
from windlass.recovery.models import Presence, Seen
from windlass.recovery.ports import Azure, Clock

POLL_SECONDS: Final = 2.0
LONGEST_WAIT_SECONDS: Final = 1800.0


def look_until_quiet(azure: Azure, clock: Clock, resource_id: str, api_version: str) -> Seen:
    """Look at a resource until no operation on it is under way.

    Raises:
        StillRunningError: Azure did not end it in time.
    """
    waited = 0.0
    while (seen := azure.look(resource_id, api_version)).presence is Presence.RUNNING:
        if waited >= LONGEST_WAIT_SECONDS:
            raise StillRunningError(resource_id, seen.state, LONGEST_WAIT_SECONDS / 60)
        clock.sleep(POLL_SECONDS)
        waited += POLL_SECONDS
    return seen
