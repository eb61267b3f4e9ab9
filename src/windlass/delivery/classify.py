"""Makes a report of a preview: every step in one class, with its risk and its reasons. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from windlass.delivery.differences import Leaf, find_leaves, find_made
from windlass.delivery.digest import PolicyEvent, PreviewDigest, PreviewStep, ResourceState
from windlass.delivery.judge import Circumstances, judge, kind_of
from windlass.delivery.losses import short_type
from windlass.delivery.meanings import RANK, Meaning
from windlass.delivery.models import Change, Finding, Report, ResourceChange, Risk, Violation
from windlass.delivery.rules import OPERATIONS, change_of, risk_of
from windlass.delivery.values import hide_in_text, show_text
from windlass.errors.delivery import PreviewOfOtherStackError

_IS_PROTECTED: Final = "marked for protection"
_ACKNOWLEDGE: Final = (
    "It holds data or traffic. To replace or delete it on purpose, name it in protection.may_replace of the stack's "
    "settings: docs/how-to/policies.md"
)
_STOPS: Final = "mandatory"
_SAME: Final = "same"
_NO_STATE: Final = ResourceState()
_LONGEST_NAME: Final = 200
_LONGEST_ID: Final = 1000
# What the engine adds to an error that has been said.
_ECHOES: Final = ("an unhandled error occurred: Program exited", "preview failed")
_UNLISTED: Final = frozenset({Change.PART, Change.READ, Change.UNCHANGED})
_NOT_JUDGED: Final = frozenset({Change.PART, Change.READ})
# What the engine goes through to do a change; its own count leaves these out, or counts them apart.
_UNCOUNTED: Final = frozenset(
    {_SAME, *(operation for operation, change in OPERATIONS.items() if change in {Change.PART, Change.READ})}
)


def make_report(digest: PreviewDigest, stack: str, *, around: Circumstances | None = None) -> Report:
    """Judge a preview.

    Args:
        digest: What the engine said.
        stack: The stack that it is expected to be of.
        around: The circumstances; as far as the preview itself tells them by default.

    Raises:
        PreviewOfOtherStackError: It is of another stack.
        UnknownOperationError: The engine plans what this version does not know.
    """
    _check_stack(digest.steps, stack)
    classes = classify(digest.steps)
    around = around or Circumstances(is_new=makes_everything(digest))
    violations = tuple(sorted(map(_violation, digest.policies), key=_by_level))
    errors = _errors(digest, is_stopped=any(each.stops for each in violations))
    return Report(
        stack=stack,
        changes=tuple(sorted(filter(_is_worth_listing, _resource_changes(classes, around)), key=_by_meaning)),
        totals=_totals(classes, digest.change_summary),
        violations=violations,
        warnings=(*map(hide_in_text, digest.said("warning")), *(() if errors else _disagreements(digest))),
        errors=errors,
        output=tuple(hide_in_text(text) for text in digest.said("info", "info#err")) if errors else (),
        is_new=around.is_new,
    )


def classify(steps: Sequence[PreviewStep]) -> tuple[tuple[PreviewStep, Change], ...]:
    """Put every step into one class.

    Raises:
        UnknownOperationError: The engine plans what this version does not know.
    """
    replaced = frozenset(step.urn for step in steps if OPERATIONS.get(step.op) is Change.REPLACED)
    return tuple((step, change_of(step, replaced)) for step in steps)


def _resource_changes(classes: Sequence[tuple[PreviewStep, Change]], around: Circumstances) -> Iterator[ResourceChange]:
    """Judge every step. The engine lists a resource after those that it depends on, but for deletions."""
    updated = {
        step.urn: step.old_state for step, change in classes if change is Change.UPDATED and step.old_state is not None
    }
    going: dict[str, ResourceChange] = {}
    for step, change in classes:
        if change in _NOT_JUDGED:
            continue
        judged = _judge(step, change, _Before(going=going, updated=updated), around)
        if change is Change.REPLACED:
            going[step.urn] = judged
        yield judged


@dataclass(frozen=True, kw_only=True)
class _Before:
    """What the preview does to other resources, by URN."""

    going: Mapping[str, ResourceChange]
    updated: Mapping[str, ResourceState]


def _judge(step: PreviewStep, change: Change, before: _Before, around: Circumstances) -> ResourceChange:
    leaves = _leaves(step, change, before)
    reasons = [each for each in leaves if each.replaces and change is Change.REPLACED]
    causes = _causes(step, before.going) if change is Change.REPLACED and not reasons else ()
    is_certain = _is_certain(reasons, causes)
    findings = judge(step, change, leaves, is_certain=is_certain, around=around)
    risk, consequence = risk_of(step, change) if not _stays(findings) else (Risk.NONE, "")
    state = step.old_state or step.new_state or _NO_STATE
    return ResourceChange(
        change=change,
        risk=risk,
        type=show_text(short_type(step.type)),
        kind=kind_of(step.type),
        name=show_text(step.name, _LONGEST_NAME),
        urn=step.urn,
        id=show_text(state.id, _LONGEST_ID) if step.old_state else "",
        is_component=not state.custom,
        consequence=consequence,
        differences=tuple(leaf.shown() for leaf in leaves),
        # The state keeps what a resource depends on in the order in which it happened to be made.
        follows=tuple(sorted(each.name for each in causes)),
        is_certain=is_certain,
        findings=findings,
    )


def _leaves(step: PreviewStep, change: Change, before: _Before) -> tuple[Leaf, ...]:
    if change in {Change.REPLACED, Change.UPDATED}:
        return find_leaves(step, before.updated)
    return find_made(step.new_state) if change is Change.CREATED and step.new_state else ()


def _stays(findings: Sequence[Finding]) -> bool:
    return all(each.meaning is Meaning.COSMETIC for each in findings)


def _causes(step: PreviewStep, going: Mapping[str, ResourceChange]) -> tuple[ResourceChange, ...]:
    """Find what goes before a resource that would have no reason of its own to go."""
    before = step.old_state.dependencies if step.old_state else ()
    return tuple(going[urn] for urn in dict.fromkeys(before) if urn in going)


def _is_certain(reasons: Sequence[Leaf], causes: Sequence[ResourceChange]) -> bool:
    """Whether a change comes for sure: one known reason, or one cause that is certain itself, is enough."""
    if reasons:
        return any(each.is_known for each in reasons)
    return not causes or any(each.is_certain for each in causes)


def _by_level(each: Violation) -> tuple[bool, str, str]:
    return not each.stops, each.rule, each.name


def _violation(event: PolicyEvent) -> Violation:
    lines = (line.strip() for line in hide_in_text(event.message).splitlines())
    return Violation(
        rule=show_text(event.policy_name),
        name=show_text(event.resource_urn.rpartition("::")[2], _LONGEST_NAME),
        lines=tuple(line for line in lines if line),
        stops=event.enforcement_level == _STOPS,
    )


def _errors(digest: PreviewDigest, *, is_stopped: bool) -> tuple[str, ...]:
    """What the engine failed with. That it failed is left out where it is said why."""
    errors = tuple(_explained(hide_in_text(text).removeprefix("error: ")) for text in digest.said("error"))
    causes = tuple(each for each in errors if not each.startswith(_ECHOES))
    return causes if is_stopped else causes or errors


def _explained(text: str) -> str:
    """Add what to do here; what the engine proposes is to change a program that is not the person's own."""
    return f"{text}\n{_ACKNOWLEDGE}" if _IS_PROTECTED in text else text


def _is_worth_listing(each: ResourceChange) -> bool:
    return each.change not in _UNLISTED or each.risk is not Risk.NONE


def _by_meaning(each: ResourceChange) -> tuple[int, bool, tuple[int, ...], int, str, str]:
    ranks = sorted({RANK[finding.meaning] for finding in each.findings})
    # Of two that begin alike the one with more to it comes first.
    others = (*ranks[1:], len(RANK))
    return RANK[each.meaning], not each.is_certain, others, list(Change).index(each.change), each.type, each.name


def makes_everything(digest: PreviewDigest) -> bool:
    """Whether nothing seems to be there yet: everything in Azure is made, and nothing stays."""
    azure = [step for step in digest.steps if (step.old_state or step.new_state or _NO_STATE).custom]
    stays = digest.change_summary.get(_SAME, 0) > 1  # the stack itself is one
    return bool(azure) and not stays and all(step.op == "create" for step in azure)


def _totals(classes: Sequence[tuple[PreviewStep, Change]], summary: dict[str, int]) -> tuple[tuple[Change, int], ...]:
    counts = Counter(change for _, change in classes)
    counts[Change.UNCHANGED] = max(counts[Change.UNCHANGED], summary.get(_SAME, 0))
    return tuple((change, counts[change]) for change in Change if change is not Change.PART)


def _disagreements(digest: PreviewDigest) -> Iterator[str]:
    """Tell where the engine's own count is another than that of its steps: something is not listed then."""
    counts = Counter(step.op for step in digest.steps)
    for operation in sorted((counts.keys() | digest.change_summary.keys()) - _UNCOUNTED):
        counted, listed = digest.change_summary.get(operation, 0), counts[operation]
        if counted != listed:
            yield (
                f"the engine counts {operation} {counted} times and lists it {listed} times, so this report may be "
                "incomplete: read pulumi preview --diff before you apply it"
            )


def _check_stack(steps: Sequence[PreviewStep], stack: str) -> None:
    for step in steps:
        if step.stack != stack:
            raise PreviewOfOtherStackError(stack, step.stack)
