"""Which deployment answers the next request: smooth weighted turns, so that 10 % are ten of every hundred."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class Turns:
    """The turns of one division of traffic.

    Each choice gives every deployment its weight and takes the whole from the one that is ahead: over as many
    choices as the weights add up to, each is chosen exactly as often as its weight, spread as evenly as possible.

    Attributes:
        weights: Whole numbers by deployment; those with 0 are never chosen.
    """

    weights: Mapping[str, int]
    _credit: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self._credit = {name: 0 for name, weight in self.weights.items() if weight > 0}

    def choose(self) -> str | None:
        """Return the deployment whose turn it is, or None when none has a weight."""
        if not self._credit:
            return None
        for name in self._credit:
            self._credit[name] += self.weights[name]
        ahead = max(self._credit, key=self._credit.__getitem__)
        self._credit[ahead] -= sum(self.weights[name] for name in self._credit)
        return ahead


@dataclass(slots=True)
class Share:
    """Every so-maniest of a row of events.

    Attributes:
        percent: From 0 to 100.
    """

    percent: int
    _due: int = 0

    def next(self) -> bool:
        """Return whether this event is one of the share."""
        self._due += self.percent
        if self._due < 100:  # noqa: PLR2004 - per cent
            return False
        self._due -= 100
        return True
