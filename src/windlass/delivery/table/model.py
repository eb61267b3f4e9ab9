"""What a row of the tables is made of: what a property means when it changes, and a resource when it comes or goes.

A rule is data: cases that each say when they apply and what they mean. So it can also be asked what a value that
nobody knows yet may mean.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from windlass.delivery.digest import UNKNOWN
from windlass.delivery.meanings import Meaning
from windlass.delivery.values import MISSING


class Meant(NamedTuple):
    """What something means, and why, as the end of `because` in plain words."""

    meaning: Meaning
    why: str


Test = Callable[[Any, Any], bool]
"""Of a value before and after; either may be `MISSING`."""


@dataclass(frozen=True)
class Case:
    """One meaning of a changed property.

    Attributes:
        meant: What it means.
        when: Whether it applies.
    """

    meant: Meant
    when: Test


_NOTHING_ELSE: Final = Meant(Meaning.CHANGES_BEHAVIOUR, "")


@dataclass(frozen=True)
class Rule:
    """What a property means when it changes.

    Attributes:
        cases: All that apply hold.
        otherwise: What it means when none of them applies.
    """

    cases: tuple[Case, ...] = ()
    otherwise: Meant = _NOTHING_ELSE

    def judge(self, before: Any, after: Any) -> tuple[Meant, ...]:
        """Say what a change means; all that it may mean, when the value is not known yet."""
        found = tuple(case.meant for case in self.cases if after == UNKNOWN or case.when(before, after))
        return found or (self.otherwise,)

    def and_otherwise(self, meaning: Meaning, why: str = "") -> Rule:
        """The same rule with another meaning for what none of its cases covers."""
        return Rule(self.cases, Meant(meaning, why))


class Nodes(NamedTuple):
    """Machines that a resource may have at the most.

    Attributes:
        size: Such as `Standard_DS3_v2`.
        number: How many; None when it is not known.
        priority: `LowPriority` and `Spot` have quotas of their own.
    """

    size: str
    number: int | None
    priority: str = ""


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known of a type.

    Attributes:
        title: What people call one.
        gone: What it means that one goes, also when another takes its place, beside what `losses.py` says.
        made: What it means that one comes, beside what its properties mean.
        open_unless_said: Paths that are open when nothing is said of them.
        properties: What each property means. The longest path that a property begins with counts; `*` stands for
            any key or element.
        nodes: Which machines it may have, from its inputs.
    """

    title: str
    gone: tuple[Meant, ...] = ()
    made: tuple[Meant, ...] = ()
    open_unless_said: tuple[str, ...] = ()
    properties: Mapping[str, Rule] = field(default_factory=dict)
    nodes: Callable[[Mapping[str, Any]], Iterable[Nodes]] | None = None


Table = Mapping[str, Known]


def table(rows: Mapping[str, Known]) -> Table:
    """Make a table that nobody changes."""
    return MappingProxyType(dict(rows))


def always(*meant: Meant) -> Rule:
    """A rule that means the same whatever the values are."""
    return Rule(tuple(Case(each, lambda _before, _after: True) for each in meant))


def case(meaning: Meaning, why: str, when: Test) -> Rule:
    """A rule with one case."""
    return Rule((Case(Meant(meaning, why), when),))


def either(*rules: Rule) -> Rule:
    """All cases of some rules; the last one says what it means otherwise."""
    return Rule(tuple(each for rule in rules for each in rule.cases), rules[-1].otherwise)


def behaves(why: str = "") -> Rule:
    """A rule for what changes how something works and nothing else."""
    return Rule(otherwise=Meant(Meaning.CHANGES_BEHAVIOUR, why))


def costs(why: str = "") -> Rule:
    """A rule for what has a price."""
    return always(Meant(Meaning.CHANGES_COST, why))


def touches(why: str) -> Rule:
    """A rule for what live requests or running work feel."""
    return always(Meant(Meaning.TOUCHES_TRAFFIC, why))


def becomes(*values: Any) -> Test:
    """Whether the new value is one of these, in any letters."""
    wanted = frozenset(map(_folded, values))
    return lambda _before, after: _folded(after) in wanted


def becomes_other_than(*values: Any) -> Test:
    """Whether the new value is none of these; a value that is no longer said is none of them."""
    wanted = frozenset(map(_folded, values))
    return lambda _before, after: _folded(after) not in wanted


def was(*values: Any) -> Test:
    """Whether the old value is one of these, in any letters."""
    wanted = frozenset(map(_folded, values))
    return lambda before, _after: _folded(before) in wanted


def was_there(before: Any, _after: Any) -> bool:
    """Whether there was a value before: what is new had no other one."""
    return before is not MISSING


def grows(before: Any, after: Any) -> bool:
    """Whether a number gets bigger, or is said for the first time, or no longer."""
    return not _is_number(before) or not _is_number(after) or after > before


def shrinks(before: Any, after: Any) -> bool:
    """Whether a number gets smaller, or is said for the first time, or no longer."""
    return not _is_number(before) or not _is_number(after) or after < before


def gains(before: Any, after: Any) -> bool:
    """Whether a list has what it had not, or something stands where nothing stood."""
    if isinstance(before, list) and isinstance(after, list):
        return any(each not in before for each in after)
    return after is not MISSING


def lacks(before: Any, after: Any) -> bool:
    """Whether a list has no longer what it had, or nothing stands where something stood."""
    if isinstance(before, list) and isinstance(after, list):
        return any(each not in after for each in before)
    return after is MISSING


def _folded(value: Any) -> Any:
    if isinstance(value, str):
        return value.casefold()
    # True is 1 to Python and not to Azure.
    return repr(value) if isinstance(value, bool | list | dict) else value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


CLOSED: Final = ("Disabled",)


def public_access(what: str) -> Rule:
    """The rule for the switch of a public address.

    Args:
        what: What answers there.
    """
    return either(
        case(Meaning.OPENS_NETWORK, f"{what} answers on a public address", becomes_other_than(*CLOSED)),
        case(Meaning.TOUCHES_TRAFFIC, "who comes from outside the network is refused", becomes(*CLOSED)),
    )


def addresses_let_in() -> Rule:
    """The rule for a list of what is let in beside all else that is refused."""
    return either(
        case(Meaning.OPENS_NETWORK, "more addresses are let in", gains),
        case(Meaning.TOUCHES_TRAFFIC, "addresses that were let in are refused", lacks),
    )


def refused_unless_let_in() -> Rule:
    """The rule for what happens to whoever no rule names."""
    return either(
        case(Meaning.OPENS_NETWORK, "who is not named is let in", becomes_other_than("Deny")),
        case(Meaning.TOUCHES_TRAFFIC, "who is not named is refused", becomes("Deny")),
    )


def widens(why: str) -> Rule:
    """A rule for what gives access, whatever the values are."""
    return always(Meant(Meaning.WIDENS_PERMISSION, why))


def widens_unless(value: Any, why: str) -> Rule:
    """A rule for a switch that gives access at any value but one."""
    return case(Meaning.WIDENS_PERMISSION, why, becomes_other_than(value))


def widens_at(value: Any, why: str) -> Rule:
    """A rule for a switch that gives access at one value."""
    return case(Meaning.WIDENS_PERMISSION, why, becomes(value))


def opens_at(value: Any, why: str) -> Rule:
    """A rule for a switch that opens something at one value."""
    return case(Meaning.OPENS_NETWORK, why, becomes(value))


COSMETIC: Final = Rule(otherwise=Meant(Meaning.COSMETIC, ""))
IDENTITY: Final = behaves()
"""What names a resource, or places it: another one is another resource, which `gone` speaks of."""

RUNS_AS: Final = widens("it acts as another identity, with the roles of that")
"""The rule for the identity of something: roles are held by identities."""

EVERYWHERE: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        "tags": COSMETIC,
        "location": IDENTITY,
        "resourceGroupName": IDENTITY,
        "azureApiVersion": behaves("Azure is spoken to in another version"),
    }
)
"""Properties that mean the same on every type."""
