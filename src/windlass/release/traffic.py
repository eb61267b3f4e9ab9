"""Who serves how much. Pure; a value of `Traffic` that is wrong cannot be made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

ALL = 100
_TAG_SEPARATOR = ","


@dataclass(frozen=True, order=True)
class Traffic:
    """Shares of the live traffic by deployment: positive, together 100; or none at all.

    Attributes:
        shares: Pairs of deployment and percent, in the order of their names.
    """

    shares: tuple[tuple[str, int], ...] = ()

    def __post_init__(self) -> None:
        total = sum(share for _, share in self.shares)
        if self.shares and total != ALL:
            raise ValueError(f"traffic must sum to {ALL} or be empty, {dict(self.shares)} sums to {total}")
        if any(share <= 0 for _, share in self.shares):
            raise ValueError(f"every share must be positive: {dict(self.shares)}")

    @classmethod
    def of(cls, weights: Mapping[str, int]) -> Traffic:
        """Take weights as Azure gives them: zeros say nothing."""
        return cls(tuple(sorted((name, share) for name, share in weights.items() if share)))

    @classmethod
    def parse(cls, text: str) -> Traffic:
        """Read what `str` wrote, such as `v1=90,v2=10`.

        Raises:
            ValueError: It is not that.
        """
        pairs = (pair.rpartition("=") for pair in text.split(_TAG_SEPARATOR) if pair)
        return cls.of({name: int(share) for name, _, share in pairs})

    def __str__(self) -> str:
        """Write it as it stands in a tag of the endpoint."""
        return _TAG_SEPARATOR.join(f"{name}={share}" for name, share in self.shares)

    def __bool__(self) -> bool:
        """Tell whether anything is served at all."""
        return bool(self.shares)

    def as_dict(self) -> dict[str, int]:
        """Give it as Azure takes it."""
        return dict(self.shares)

    @property
    def names(self) -> frozenset[str]:
        """The deployments that serve."""
        return frozenset(name for name, _ in self.shares)

    def share_of(self, name: str) -> int:
        """The share of one deployment; 0 when it has none."""
        return dict(self.shares).get(name, 0)


def shift(base: Traffic, target: str, share: int) -> Traffic:
    """Give `target` a share and leave the rest to the deployments of `base`, in their proportion.

    Where nobody else serves, the target takes everything: there is no one to leave the rest to.
    """
    others = {name: weight for name, weight in base.shares if name != target}
    if not others or share >= ALL:
        return Traffic.of({target: ALL})
    return Traffic.of({target: share} | apportion(others, ALL - share))


def restrict(base: Traffic, alive: Iterable[str]) -> Traffic:
    """Take away the deployments that are not alive; the others grow in proportion to serve everything."""
    living = set(alive)
    left = {name: weight for name, weight in base.shares if name in living}
    return Traffic.of(apportion(left, ALL)) if left else Traffic()


def apportion(weights: Mapping[str, int], total: int) -> dict[str, int]:
    """Split `total` into whole numbers in proportion to `weights`: largest remainders first, ties by name."""
    whole = sum(weights.values())
    floors = {name: total * weight // whole for name, weight in weights.items()}
    missing = total - sum(floors.values())
    by_remainder = sorted(weights, key=lambda name: (-(total * weights[name] % whole), name))
    return {name: floors[name] + (name in by_remainder[:missing]) for name in weights}
