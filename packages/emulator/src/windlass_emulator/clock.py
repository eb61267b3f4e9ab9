"""Time as the local Azure sees it: real for tokens and scoring, scaled for operations and idle timers."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What handlers may know of time."""

    def now(self) -> float:
        """Return seconds since the epoch, never scaled."""

    async def sleep(self, seconds: float) -> None:
        """Let an operation or an idle timer take its time; scaled by the clock rate."""


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The machine's clock.

    Attributes:
        rate: How many times faster operations and idle timers run. Tokens, SAS and scoring time-outs never read it.
    """

    rate: float = 1.0

    def now(self) -> float:
        """Return seconds since the epoch."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Wait `seconds` divided by the rate."""
        await asyncio.sleep(seconds / self.rate)


def azure_time(seconds: float) -> str:
    """Write a time as the ML service does: seven digits and `+00:00` (recordings of operation bodies)."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond:06d}0+00:00"


def arm_time(seconds: float) -> str:
    """Write a time as most of Azure Resource Manager does: `..Z`."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
