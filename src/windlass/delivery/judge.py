"""Says what the change of one resource means, by the tables. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from windlass.delivery.differences import Leaf
from windlass.delivery.digest import BLINDED, PreviewStep, ResourceState
from windlass.delivery.losses import LOSSES, short_type
from windlass.delivery.meanings import RANK, Meaning
from windlass.delivery.models import Change, Finding, Risk
from windlass.delivery.sizes import find_cores
from windlass.delivery.table import EVERYWHERE, TABLE, Known
from windlass.delivery.table.access import describe_grant
from windlass.delivery.table.model import IDENTITY, RUNS_AS, Meant, Nodes, Rule
from windlass.delivery.values import MISSING, Segment, find_value, parse_path, show_text

_GOES: Final = frozenset({Change.DELETED, Change.REPLACED})
_COMES: Final = frozenset({Change.CREATED})
_ROLE: Final = "authorization:RoleAssignment"
_NO_STATE: Final = ResourceState()
_OF_A_LOSS: Final = {Risk.LOSES_DATA: Meaning.LOSES_DATA, Risk.INTERRUPTS_SERVICE: Meaning.INTERRUPTS_SERVICE}
_RETAINED: Final = "Pulumi forgets it and Azure keeps it"
_UNPROTECTED: Final = "Pulumi will no longer refuse to delete or replace it"
_NO_TYPE: Final = "no table knows this type"
_NO_PROPERTY: Final = "no table knows this property"
_NOT_SAID: Final = "the preview does not say what differs"
_COMPONENT: Final = "it only groups others"
_OF_INPUTS: Final = frozenset({Meaning.WIDENS_PERMISSION, Meaning.OPENS_NETWORK, Meaning.UNKNOWN})
"""What the inputs of a new resource may mean; the rest is of no weight in something that was not there."""
_PUBLIC_SWITCH: Final = "publicnetworkaccess"
_OF_LOW_PRIORITY: Final = frozenset({"lowpriority", "spot"})
_WITH_A_NEW_STACK: Final = frozenset({Meaning.WIDENS_PERMISSION, Meaning.OPENS_NETWORK, Meaning.TOUCHES_TRAFFIC})
"""What is no widening and no opening where there was nothing before."""


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """What the meaning of a change depends on beside the change.

    Attributes:
        is_new: Whether nothing is deployed yet.
        is_public: Whether the stack is one whose resources answer on public addresses, so that one more is no opening.
    """

    is_new: bool = False
    is_public: bool = False


def judge(
    step: PreviewStep, change: Change, leaves: Sequence[Leaf], *, is_certain: bool, around: Circumstances
) -> tuple[Finding, ...]:
    """Say what becomes of a resource means, the worst first.

    Args:
        step: What is planned.
        change: What becomes of it.
        leaves: What differs; all that is asked for, of a new one.
        is_certain: Whether the change is sure to come.
        around: The circumstances.
    """
    if not (step.old_state or step.new_state or _NO_STATE).custom:
        return tuple(_of_protection(step, change)) or (Finding(meaning=Meaning.COSMETIC, why=_COMPONENT),)
    if leaves and change not in _COMES and all(leaf.stays for leaf in leaves):
        why = "the preview cannot know it yet; what it comes from is only updated, and keeps it"
        return (Finding(meaning=Meaning.COSMETIC, why=why, paths=_paths(leaves)),)
    found = _sorted(_findings(step, change, leaves, is_certain=is_certain, around=around))
    return found or ((Finding(meaning=Meaning.UNKNOWN, why=_NOT_SAID),) if change is Change.UPDATED else ())


def _findings(
    step: PreviewStep, change: Change, leaves: Sequence[Leaf], *, is_certain: bool, around: Circumstances
) -> Iterator[Finding]:
    known = TABLE.get(short_type(step.type))
    if known is None:
        yield Finding(meaning=Meaning.UNKNOWN, why=_NO_TYPE, is_certain=is_certain)
    yield from _of_protection(step, change)
    if change in _GOES:
        yield from _of_going(step, change, known, leaves, is_certain=is_certain)
    if known is None:
        yield from _of_secrets(leaves)
        return
    if change is Change.CREATED:
        yield from _of_coming(step, known, leaves, around)
    else:
        yield from _of_differences(known, leaves, is_replaced=change is Change.REPLACED)
        if change is Change.IMPORTED:
            yield Finding(meaning=Meaning.CHANGES_BEHAVIOUR, why="Pulumi takes it over as it is")
    yield from _of_nodes(step, change, known, leaves)


def _sorted(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    found = sorted(dict.fromkeys(findings), key=lambda each: (RANK[each.meaning], not each.is_certain, each.paths))
    return tuple(found)


def _of_protection(step: PreviewStep, change: Change) -> Iterator[Finding]:
    old, new = step.old_state, step.new_state
    if change not in _GOES and old is not None and new is not None and old.protect and not new.protect:
        yield Finding(meaning=Meaning.UNPROTECTS, why=_UNPROTECTED)


def _of_going(
    step: PreviewStep, change: Change, known: Known | None, leaves: Sequence[Leaf], *, is_certain: bool
) -> Iterator[Finding]:
    if step.old_state is not None and step.old_state.retain_on_delete:
        yield Finding(meaning=Meaning.CHANGES_BEHAVIOUR, why=_RETAINED)
        return
    paths = _paths(_reasons(known, leaves))
    loss = LOSSES.get(short_type(step.type))
    if loss is not None:
        yield Finding(meaning=_OF_A_LOSS[loss.risk], why=loss.consequence, paths=paths, is_certain=is_certain)
    for meant in known.gone if known else ():
        yield Finding(meaning=meant.meaning, why=meant.why, paths=paths, is_certain=is_certain)
    if known and not loss and not known.gone:
        why = "made anew; nothing is kept in it" if change is Change.REPLACED else "nothing is kept in it"
        yield Finding(meaning=Meaning.CHANGES_BEHAVIOUR, why=why, paths=paths, is_certain=is_certain)


def _reasons(known: Known | None, leaves: Sequence[Leaf]) -> list[Leaf]:
    """Why it is made anew; that it gets another name for it is no reason of its own."""
    reasons = [leaf for leaf in leaves if leaf.replaces and not leaf.stays]
    weighty = [leaf for leaf in reasons if known is None or find_rule(known, leaf.path) is not IDENTITY]
    return weighty or reasons


def _of_coming(step: PreviewStep, known: Known, leaves: Sequence[Leaf], around: Circumstances) -> Iterator[Finding]:
    for finding in _meant_by_coming(step, known, leaves, around):
        if around.is_new and finding.meaning in _WITH_A_NEW_STACK:
            yield Finding(meaning=Meaning.ADDS, why=finding.why)
        else:
            yield finding
    yield Finding(meaning=Meaning.ADDS)


def _meant_by_coming(
    step: PreviewStep, known: Known, leaves: Sequence[Leaf], around: Circumstances
) -> Iterator[Finding]:
    for meant in known.made:
        yield Finding(meaning=meant.meaning, why=meant.why)
    if short_type(step.type) == _ROLE and step.new_state:
        yield Finding(meaning=Meaning.WIDENS_PERMISSION, why=describe_grant(step.new_state.inputs))
        return
    for leaf in leaves:
        if around.is_public and _is_public_switch(leaf.path):
            continue
        if find_rule(known, leaf.path) is RUNS_AS:
            continue  # it had no other identity before
        for finding in _of_leaf(known, leaf):
            if finding.meaning in _OF_INPUTS and finding.is_certain:
                yield finding
    for path in known.open_unless_said:
        segments = parse_path(path)
        is_as_the_stack = around.is_public and _is_public_switch(segments)
        inputs = (step.new_state or _NO_STATE).inputs
        if not is_as_the_stack and find_value(inputs, segments) is MISSING:
            yield from _of_leaf(known, Leaf(path=segments, before=MISSING, after=MISSING))


def _is_public_switch(path: Sequence[Segment]) -> bool:
    return str(path[-1]).casefold().startswith(_PUBLIC_SWITCH)


def _of_differences(known: Known, leaves: Sequence[Leaf], *, is_replaced: bool) -> Iterator[Finding]:
    """Say what each property means. What stays means nothing, and cosmetics nothing in what is made anew."""
    grouped: dict[tuple[Meaning, str, bool], list[Leaf]] = defaultdict(list)
    for leaf in leaves:
        for finding in () if leaf.stays else _of_leaf(known, leaf):
            grouped[finding.meaning, finding.why, finding.is_certain].append(leaf)
    for (meaning, why, is_certain), together in grouped.items():
        if not is_replaced or RANK[meaning] < RANK[Meaning.CHANGES_BEHAVIOUR]:
            yield Finding(meaning=meaning, why=why, paths=_paths(together), is_certain=is_certain)


def _of_leaf(known: Known, leaf: Leaf) -> Iterator[Finding]:
    if leaf.is_secret:
        yield Finding(meaning=Meaning.CHANGES_SECRET, paths=_paths([leaf]))
    rule = find_rule(known, leaf.path)
    if rule is None:
        yield Finding(meaning=Meaning.UNKNOWN, why=_NO_PROPERTY, paths=_paths([leaf]))
        return
    if leaf.after == BLINDED and leaf.before == BLINDED:
        return
    for meant in rule.judge(leaf.before, leaf.after):
        if not (leaf.is_secret and meant.meaning is Meaning.CHANGES_SECRET):
            yield _finding(meant, leaf)


def _finding(meant: Meant, leaf: Leaf) -> Finding:
    is_certain = leaf.is_known or RANK[meant.meaning] >= RANK[Meaning.CHANGES_BEHAVIOUR]
    return Finding(meaning=meant.meaning, why=meant.why, paths=_paths([leaf]), is_certain=is_certain)


def _of_secrets(leaves: Sequence[Leaf]) -> Iterator[Finding]:
    """Of a type that no table knows, that much can be told."""
    if secret := [leaf for leaf in leaves if leaf.is_secret]:
        yield Finding(meaning=Meaning.CHANGES_SECRET, paths=_paths(secret))


def kind_of(type_: str) -> str:
    """Say what people call a resource of a type; the type itself where no table has a word."""
    known = TABLE.get(short_type(type_))
    return known.title if known else show_text(short_type(type_))


def find_rule(known: Known, path: Sequence[Segment]) -> Rule | None:
    """Find the rule of the longest path that a property begins with.

    Args:
        known: What is known of its type.
        path: The property.
    """
    rows = {**EVERYWHERE, **known.properties}
    fitting = [pattern for pattern in rows if _fits(pattern.split("."), path)]
    return rows[max(fitting, key=lambda pattern: pattern.count("."))] if fitting else None


def _fits(pattern: Sequence[str], path: Sequence[Segment]) -> bool:
    return len(pattern) <= len(path) and all(
        part in ("*", segment) for part, segment in zip(pattern, path, strict=False)
    )


def _paths(leaves: Sequence[Leaf]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(leaf.shown().path for leaf in leaves))


def _of_nodes(step: PreviewStep, change: Change, known: Known, leaves: Sequence[Leaf]) -> Iterator[Finding]:
    """Say which cores may be needed that were not needed before."""
    if known.nodes is None or change is Change.DELETED:
        return
    before = _cores(known.nodes(step.old_state.inputs)) if step.old_state else {}
    after = _cores(known.nodes(step.new_state.inputs)) if step.new_state else {}
    for family, (cores, text) in after.items():
        had = before.get(family, (0, ""))[0]
        if cores is None or had is None or cores > had:
            more = f", {cores - had} more than now" if cores and had else ""
            yield Finding(meaning=Meaning.NEEDS_QUOTA, why=f"{text}{more}", paths=_paths(_of_size(leaves, change)))
    if change is Change.CREATED and after:
        yield Finding(meaning=Meaning.CHANGES_COST, why="its machines are paid for while they run")


def _of_size(leaves: Sequence[Leaf], change: Change) -> list[Leaf]:
    words = ("vmsize", "count", "priority", "autoscaling")
    return [
        leaf
        for leaf in leaves
        if change is not Change.CREATED and any(str(leaf.path[-1]).casefold().endswith(word) for word in words)
    ]


def _cores(nodes: Iterable[Nodes]) -> dict[str, tuple[int | None, str]]:
    """Add up cores by family, with how they come about."""
    found: dict[str, tuple[int | None, str]] = {}
    for each in nodes:
        cores = find_cores(each.size)
        family = "low-priority machines" if each.priority.casefold() in _OF_LOW_PRIORITY else ""
        if cores is None or each.number is None:
            name = family or (f"family {cores.family}" if cores else "the family of its size")
            found[name] = (None, f"cores of {name}, as many as its machines have")
            continue
        name = family or f"family {cores.family}"
        had = found.get(name, (0, ""))[0] or 0
        total = had + cores.number * each.number
        how = f" ({each.number} x {cores.number})" if not had else ""
        found[name] = (total, f"{total} cores of {name} at the most{how}")
    return found
