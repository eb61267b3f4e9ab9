"""Time that passes when somebody sleeps, and not else."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Patience:
    """A clock and a sleep that belong together.

    Attributes:
        now: Seconds since 1970.
        slept: What was waited, in order, seconds.
    """

    now: float = 1_780_000_000.0
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.slept.append(seconds)
        self.now += seconds

    def clock(self) -> float:
        """Tell the time."""
        return self.now
