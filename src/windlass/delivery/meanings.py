"""What a change means for people: the classes of a report, the worst first. Pure.

The names are those of the JSON, of acknowledgements and of docs/how-to/read-a-report.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Meaning(StrEnum):
    """One class. A change may be in several."""

    LOSES_DATA = "loses-data"
    INTERRUPTS_SERVICE = "interrupts-service"
    TOUCHES_TRAFFIC = "touches-traffic"
    WIDENS_PERMISSION = "widens-permission"
    OPENS_NETWORK = "opens-network"
    UNKNOWN = "unknown"
    """A type or a property that no table knows: never shown as safe."""
    UNPROTECTS = "unprotects"
    OVER_BUDGET = "over-budget"
    """Of a stack, not of a resource."""
    CHANGES_SECRET = "changes-secret"  # noqa: S105 - the name of a class
    NEEDS_QUOTA = "needs-quota"
    CHANGES_COST = "changes-cost"
    CHANGES_BEHAVIOUR = "changes-behaviour"
    """Known, and none of the others."""
    ADDS = "adds"
    COSMETIC = "cosmetic"


RANK: Final[Mapping[Meaning, int]] = MappingProxyType({meaning: rank for rank, meaning in enumerate(Meaning)})
"""0 is the worst."""

ACKNOWLEDGED: Final = frozenset(
    {
        Meaning.LOSES_DATA,
        Meaning.INTERRUPTS_SERVICE,
        Meaning.TOUCHES_TRAFFIC,
        Meaning.WIDENS_PERMISSION,
        Meaning.OPENS_NETWORK,
        Meaning.UNKNOWN,
        Meaning.UNPROTECTS,
        Meaning.OVER_BUDGET,
    }
)
"""What somebody has to say yes to before it is applied."""

TITLES: Final[Mapping[Meaning, tuple[str, str]]] = MappingProxyType(
    {
        Meaning.LOSES_DATA: ("loses data", "may lose data"),
        Meaning.INTERRUPTS_SERVICE: ("interrupts service", "may interrupt service"),
        Meaning.TOUCHES_TRAFFIC: ("touches live traffic", "may touch live traffic"),
        Meaning.WIDENS_PERMISSION: ("widens a permission", "may widen a permission"),
        Meaning.OPENS_NETWORK: ("opens the network", "may open the network"),
        Meaning.UNKNOWN: ("does what no table knows", "may do what no table knows"),
        Meaning.UNPROTECTS: ("takes protection off", "may take protection off"),
        Meaning.OVER_BUDGET: ("costs more than the budget", "may cost more than the budget"),
        Meaning.CHANGES_SECRET: ("changes a secret", "may change a secret"),
        Meaning.NEEDS_QUOTA: ("needs quota", "may need quota"),
        Meaning.CHANGES_COST: ("changes the cost", "may change the cost"),
        Meaning.CHANGES_BEHAVIOUR: ("changes behaviour", "may change behaviour"),
        Meaning.ADDS: ("adds", "may add"),
        Meaning.COSMETIC: ("cosmetic", "cosmetic"),
    }
)
"""What each does, and what it may do when it is not sure to come."""


def title_of(meaning: Meaning, *, is_certain: bool) -> str:
    """Say what a change does, or may do."""
    sure, perhaps = TITLES[meaning]
    return sure if is_certain else perhaps
