"""Decides what becomes of everything that a killed engine left behind. Pure.

The order is the heart of it: the dead run's processes end first, so that nothing of it goes on; what it had sent gets
the time to arrive; Azure finishes what it has begun. All of that happens while the dead lock still keeps others out.
Then the lock goes, and the state is settled in one write.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from windlass.errors.recovery import LockElsewhereError, StackInUseError
from windlass.recovery.models import (
    AwaitAzure,
    DeletedName,
    DropResource,
    EndProcess,
    ForeignResource,
    Forget,
    Found,
    Holder,
    Left,
    LetArrive,
    Lock,
    MendState,
    Operation,
    Presence,
    Process,
    ReadAgain,
    Recovery,
    RemoveLock,
    Settlement,
    Step,
    TakeOver,
    UnprovenProcess,
    UnseenResource,
)

ARRIVAL_SECONDS: Final = 3.0
"""A provider without an engine gives up within two seconds here; what it had sent is at Azure's door by then."""

WORKSPACE_TYPE: Final = "azure-native:machinelearningservices:Workspace"

_CLOCK_STEP_SECONDS: Final = 2.0
"""How far the start of a process, which systems tell in whole seconds, may seem to lie after what it did."""


def holder_of(lock: Lock, host: str, processes: Mapping[int, Process], gone_hosts: frozenset[str]) -> Holder:
    """Tell what became of the engine that took a lock.

    Args:
        lock: The lock.
        host: The name of this machine.
        processes: Its living processes, by number.
        gone_hosts: Machines that a person says are gone for good.
    """
    if lock.host != host:
        return Holder.DEAD if lock.host in gone_hosts else Holder.ELSEWHERE
    process = processes.get(lock.pid)
    if process is None or _began_after(process.started_at, lock.taken_at):
        # No such process, or another one that was given the same number later.
        return Holder.DEAD
    return Holder.LIVING


def plan_recovery(found: Found) -> Recovery:
    """Plan the way from what a killed engine left to a stack that `pulumi up` may work on.

    Raises:
        StackInUseError: An engine works on the stack.
        LockElsewhereError: One on another machine may.
    """
    _refuse_held(found)
    ends = tuple(
        EndProcess(pid=each.pid, role=each.role, started_at=each.started_at, proof=each.proof)
        for each in found.orphans
        if each.proof
    )
    blocking = _blocking(found)
    if blocking:
        # They may still write to Azure, or the state cannot be told: the lock stays, and keeps the next run out.
        # But most helpers look after their engine and end by themselves, so they are given the time for it.
        return Recovery(stack=found.stack, steps=(*ends, LetArrive(seconds=ARRIVAL_SECONDS)), left=blocking)
    return Recovery(
        stack=found.stack,
        steps=(
            *ends,
            *_waits(found),
            *(MendState(file=each) for each in found.torn),
            *(RemoveLock(name=each.name, pid=each.pid, host=each.host) for each in found.locks),
            *(step for each in found.operations for step in _settle(each)),
        ),
        left=(*_foreign(found), *_lost_workspace(found), *found.deleted),
    )


def _refuse_held(found: Found) -> None:
    for lock in found.locks:
        if lock.holder is Holder.LIVING:
            raise StackInUseError(found.stack, lock.user, lock.pid, lock.taken_at)
    for lock in found.locks:
        if lock.holder is Holder.ELSEWHERE:
            raise LockElsewhereError(found.stack, lock.user, lock.host, lock.pid, lock.taken_at)


def _blocking(found: Found) -> tuple[Left, ...]:
    unproven = (UnprovenProcess(pid=each.pid, role=each.role) for each in found.orphans if not each.proof)
    unseen = (UnseenResource(urn=each.urn) for each in found.operations if each.seen.presence is Presence.UNSEEN)
    return (*unproven, *unseen)


def _waits(found: Found) -> tuple[Step, ...]:
    if not found.operations:
        return ()
    running = (each for each in found.operations if each.seen.presence is Presence.RUNNING)
    return (
        LetArrive(seconds=ARRIVAL_SECONDS),
        *(AwaitAzure(urn=each.urn, id=each.seen.id, state=each.seen.state) for each in running),
    )


def _settle(operation: Operation) -> tuple[Settlement, ...]:
    """What an operation leads to as Azure has the resource now; nothing while Azure is not through with it."""
    seen = operation.seen
    changes = operation.kind not in ("reading", "importing")
    if seen.presence is Presence.NOWHERE or not changes:
        return (Forget(urn=operation.urn, kind=operation.kind),)
    if seen.presence is Presence.RUNNING:
        return ()
    if operation.kind == "creating":
        return (_settle_creation(operation),)
    if seen.presence is Presence.ABSENT:
        return (DropResource(urn=operation.urn, id=seen.id),)
    # Of a deletion that Azure never began with, or gave up, the resource stays in the state, as it is now.
    retry = operation.kind == "updating" and seen.presence is Presence.FAILED
    return (ReadAgain(urn=operation.urn, id=seen.id, retry=retry),)


def _settle_creation(operation: Operation) -> Settlement:
    seen = operation.seen
    if seen.presence is Presence.ABSENT or not _is_ours(operation):
        return Forget(urn=operation.urn, kind=operation.kind)
    return TakeOver(urn=operation.urn, id=seen.id, retry=seen.presence is Presence.FAILED)


def _lost_workspace(found: Found) -> tuple[DeletedName, ...]:
    """The workspace of a stack that was being destroyed. Azure keeps it, and lists no deleted workspaces to look at."""
    deletions = [each for each in found.operations if each.kind == "deleting"]
    is_gone = not found.has_workspace or any(
        each.seen.presence is Presence.ABSENT and f"{WORKSPACE_TYPE}::" in each.urn for each in deletions
    )
    if not (found.workspace and deletions and is_gone):
        return ()
    return (DeletedName(kind="workspace", name=found.workspace),)


def _foreign(found: Found) -> tuple[ForeignResource, ...]:
    settled = (Presence.READY, Presence.FAILED)
    return tuple(
        ForeignResource(urn=each.urn, id=each.seen.id)
        for each in found.operations
        if each.kind == "creating" and each.seen.presence in settled and not _is_ours(each)
    )


def _is_ours(operation: Operation) -> bool:
    """Whether a resource carries the tags that the program gives it; one that gets none is ours by its name."""
    return operation.tags.items() <= operation.seen.tags.items()


def _began_after(started_at: datetime, taken_at: datetime) -> bool:
    return (started_at - taken_at).total_seconds() > _CLOCK_STEP_SECONDS
