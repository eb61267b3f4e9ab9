"""Decides whether a saved plan may be carried out now, and from where. Pure.

What protects Azure is the engine, which does nothing that a plan does not hold. What is refused here is refused
earlier, before anything was changed, and with the reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from windlass.apply.models import ApplyRecord, Outcome, Way
from windlass.delivery.manifest import Manifest, content_digest
from windlass.errors.plans import (
    PlanAlteredError,
    PlanAppliedError,
    PlanFailedError,
    PlanOfOtherCommitError,
    PlanOfOtherStackError,
    PlanSupersededError,
    StackLockedError,
    StateMovedError,
)
from windlass.recovery.models import Holder, Lock


def check_plan(manifest: Manifest, content: bytes | None, file: str, *, stack: str, commit: str | None) -> bytes:
    """Refuse a plan that is not the one that was shown for these files.

    Args:
        manifest: What the plan belongs to.
        content: Its bytes; None when there is none.
        file: Where it lies, for the message.
        stack: The stack that was named.
        commit: The commit of the checkout; None when any will do.

    Raises:
        PlanOfOtherStackError: It is of another stack.
        PlanOfOtherCommitError: It was made of other files.
        PlanFailedError: There is none, because the preview failed or a policy forbids it.
        PlanAlteredError: Its bytes are others.
    """
    if manifest.stack != stack:
        raise PlanOfOtherStackError(stack, manifest.stack)
    if manifest.failed or not manifest.plan_sha256:
        raise PlanFailedError(stack)
    if content is None or content_digest(content) != manifest.plan_sha256:
        raise PlanAlteredError(stack, file)
    if commit is not None and manifest.commit != commit:
        raise PlanOfOtherCommitError(stack, manifest.commit, commit)
    return content


def check_locks(stack: str, locks: Sequence[Lock], record: ApplyRecord | None) -> tuple[Lock, ...]:
    """Refuse a stack that is locked, but for the dead lock of the run that this one goes on with.

    Args:
        stack: The stack's name.
        locks: What was found, with what became of each holder.
        record: Of this plan.

    Returns:
        Dead locks of this plan's own run, to be settled.

    Raises:
        StackLockedError: Somebody else holds the stack, or may.
    """
    foreign = [lock for lock in locks if not _is_own(lock, record)]
    if foreign:
        raise StackLockedError(stack, [_holder(lock) for lock in foreign], _remedy(stack, foreign))
    return tuple(locks)


def choose_way(manifest: Manifest, record: ApplyRecord | None, others: Sequence[ApplyRecord], state_sha256: str) -> Way:
    """Tell where a plan is to be taken up.

    Args:
        manifest: What the plan belongs to.
        record: What was written when it was begun before; None when it never was.
        others: The records of the stack's other plans.
        state_sha256: Of the state as it is now.

    Raises:
        StateMovedError: It was never begun, and the state is another.
        PlanAppliedError: It was carried out, and the state has moved on.
        PlanSupersededError: It was interrupted, and another one was begun since.
    """
    if record is not None and record.outcome is Outcome.DONE:
        if state_sha256 == record.left_sha256:
            return Way.NOTHING
        raise PlanAppliedError(manifest.stack, record.by, record.ended_at or record.begun_at)
    if record is None or record.outcome is Outcome.REFUSED:
        if state_sha256 == manifest.state_sha256:
            return Way.BEGIN
        raise StateMovedError(manifest.stack, manifest.made_at, _cause(manifest, others))
    # Even where the state is as it was: what the engine was making when it was cancelled is in no state.
    later = _begun_after(record.begun_at, others)
    if later:
        raise PlanSupersededError(manifest.stack, later[-1].plan_sha256, later[-1].by, later[-1].begun_at)
    return Way.GO_ON


def _is_own(lock: Lock, record: ApplyRecord | None) -> bool:
    """Whether a lock is what the interrupted run of this plan left: its engine's, on its machine, and dead."""
    return (
        record is not None
        and record.outcome in {Outcome.BEGUN, Outcome.CANCELLED, Outcome.FAILED}
        and lock.holder is Holder.DEAD
        and (lock.pid, lock.host) == (record.engine_pid, record.host)
    )


def _holder(lock: Lock) -> str:
    is_dead = " (which has ended)" if lock.holder is Holder.DEAD else ""
    return (
        f"process {lock.pid} of {lock.user} on {lock.host}{is_dead} since {lock.taken_at.isoformat(timespec='seconds')}"
    )


def _remedy(stack: str, locks: Sequence[Lock]) -> str:
    if any(lock.holder is Holder.LIVING for lock in locks):
        return "Wait until it has ended, then run this again"
    command = f"python scripts/recover.py --stack {stack}"
    if all(lock.holder is Holder.DEAD for lock in locks):
        return f"Settle what it left with `{command}`, then run this again"
    hosts = " ".join(f"--gone-host {lock.host}" for lock in locks if lock.holder is Holder.ELSEWHERE)
    return (
        "Wait until it has ended. If that machine is gone, as a finished CI runner is, settle what it left with "
        f"`{command} {hosts}`, then run this again"
    )


def _begun_after(moment: datetime, others: Sequence[ApplyRecord]) -> list[ApplyRecord]:
    began = (each for each in others if each.outcome is not Outcome.REFUSED and each.begun_at > moment)
    return sorted(began, key=lambda each: each.begun_at)


def _cause(manifest: Manifest, others: Sequence[ApplyRecord]) -> str:
    """Who moved the state, as far as it was with a plan."""
    later = _begun_after(manifest.made_at, others)
    if not later:
        return ""
    last = later[-1]
    return f"{last.by} applied another plan, of commit {last.commit[:12]}"
