"""The real clock."""

from __future__ import annotations

import time


class SystemClock:
    """Time as the machine has it."""

    def now(self) -> float:
        """Seconds of the wall clock."""
        return time.time()

    def elapsed(self) -> float:
        """Seconds of a clock that nobody sets."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)
