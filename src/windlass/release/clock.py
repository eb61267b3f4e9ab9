"""The real clock."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime


class SystemClock:
    """Time as the machine has it."""

    def now(self) -> float:
        """Seconds of the wall clock."""
        return time.time()

    def today(self) -> date:
        """The day, in UTC as Azure counts days."""
        return datetime.now(UTC).date()

    def elapsed(self) -> float:
        """Seconds of a clock that nobody sets."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)
