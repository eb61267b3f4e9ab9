from __future__ import annotations

from datetime import timedelta

import pytest
from support.recovery import KILLED_AT, account_id, found, lock, operation, process, urn

from windlass.errors import ExitCode
from windlass.errors.recovery import LockElsewhereError, StackInUseError
from windlass.recovery.decide import ARRIVAL_SECONDS, holder_of, plan_recovery
from windlass.recovery.models import (
    AwaitAzure,
    DeletedName,
    DropResource,
    EndProcess,
    ForeignResource,
    Forget,
    Holder,
    Kind,
    LetArrive,
    Operation,
    Orphan,
    Presence,
    ReadAgain,
    RemoveLock,
    Seen,
    Settlement,
    TakeOver,
    UnprovenProcess,
    UnseenResource,
)

ONE, ONE_ID = urn("one"), account_id("one")
UNLOCK = RemoveLock(name="77.json", pid=77, host="here")
ARRIVE = LetArrive(seconds=ARRIVAL_SECONDS)


def orphan(pid: int, proof: str) -> Orphan:
    return Orphan(pid=pid, role="provider", started_at=KILLED_AT, proof=proof)


@pytest.mark.parametrize(
    ("kind", "presence", "settlement"),
    [
        ("creating", Presence.READY, TakeOver(urn=ONE, id=ONE_ID, retry=False)),
        ("creating", Presence.FAILED, TakeOver(urn=ONE, id=ONE_ID, retry=True)),
        ("creating", Presence.ABSENT, Forget(urn=ONE, kind="creating")),
        ("creating", Presence.NOWHERE, Forget(urn=ONE, kind="creating")),
        ("updating", Presence.READY, ReadAgain(urn=ONE, id=ONE_ID, retry=False)),
        ("updating", Presence.FAILED, ReadAgain(urn=ONE, id=ONE_ID, retry=True)),
        ("updating", Presence.ABSENT, DropResource(urn=ONE, id=ONE_ID)),
        ("updating", Presence.NOWHERE, Forget(urn=ONE, kind="updating")),
        ("deleting", Presence.READY, ReadAgain(urn=ONE, id=ONE_ID, retry=False)),
        ("deleting", Presence.FAILED, ReadAgain(urn=ONE, id=ONE_ID, retry=False)),
        ("deleting", Presence.ABSENT, DropResource(urn=ONE, id=ONE_ID)),
        ("deleting", Presence.NOWHERE, Forget(urn=ONE, kind="deleting")),
        ("reading", Presence.READY, Forget(urn=ONE, kind="reading")),
        ("importing", Presence.ABSENT, Forget(urn=ONE, kind="importing")),
    ],
)
def test_what_was_under_way_is_settled_as_azure_has_it(kind: Kind, presence: Presence, settlement: Settlement) -> None:
    recovery = plan_recovery(found(operations=(operation(kind, presence),)))

    assert recovery.steps == (ARRIVE, UNLOCK, settlement)
    assert recovery.up_may_run


@pytest.mark.parametrize("kind", ["creating", "updating", "deleting"])
def test_what_azure_still_works_on_is_waited_for_before_the_lock_goes(kind: Kind) -> None:
    recovery = plan_recovery(found(operations=(operation(kind, Presence.RUNNING, state="Creating"),)))

    assert recovery.steps == (ARRIVE, AwaitAzure(urn=ONE, id=ONE_ID, state="Creating"), UNLOCK)


def test_a_lock_alone_is_removed_at_once() -> None:
    assert plan_recovery(found()).steps == (UNLOCK,)


def test_a_stack_that_nothing_happened_to_has_no_steps() -> None:
    recovery = plan_recovery(found(locks=()))

    assert recovery.steps == ()
    assert recovery.up_may_run


def test_a_living_lock_is_refused_and_named() -> None:
    with pytest.raises(StackInUseError, match="process 5 of ana") as caught:
        plan_recovery(found(locks=(lock(), lock(Holder.LIVING, pid=5))))

    assert caught.value.exit_code is ExitCode.REFUSED


def test_a_lock_of_another_machine_is_refused_with_the_way_on() -> None:
    with pytest.raises(LockElsewhereError, match="--gone-host there"):
        plan_recovery(found(locks=(lock(Holder.ELSEWHERE, host="there"),)))


def test_proven_processes_end_before_anything_else() -> None:
    recovery = plan_recovery(
        found(orphans=(orphan(9, "its session"),), operations=(operation("creating", Presence.READY),))
    )

    assert recovery.steps[0] == EndProcess(pid=9, role="provider", started_at=KILLED_AT, proof="its session")


def test_an_unproven_process_is_told_and_keeps_the_lock_and_the_state() -> None:
    recovery = plan_recovery(
        found(orphans=(orphan(8, ""), orphan(9, "shown")), operations=(operation("creating", Presence.READY),))
    )

    assert [type(step) for step in recovery.steps] == [EndProcess, LetArrive]
    assert recovery.left == (UnprovenProcess(pid=8, role="provider"),)
    assert not recovery.up_may_run


def test_a_creation_that_nobody_can_look_for_keeps_the_state() -> None:
    recovery = plan_recovery(
        found(operations=(operation("creating", Presence.UNSEEN), operation("creating", Presence.READY, "two")))
    )

    assert recovery.steps == (ARRIVE,)
    assert recovery.left == (UnseenResource(urn=ONE),)


def test_a_resource_without_the_tags_of_the_stack_is_not_taken_over() -> None:
    seen = Seen(presence=Presence.READY, id=ONE_ID, tags={"project": "other"})
    created = Operation(kind="creating", urn=ONE, seen=seen, tags={"project": "shop"})

    recovery = plan_recovery(found(operations=(created,)))

    assert recovery.steps[-1] == Forget(urn=ONE, kind="creating")
    assert recovery.left == (ForeignResource(urn=ONE, id=ONE_ID),)


def test_a_resource_with_more_tags_than_the_program_gives_is_taken_over() -> None:
    seen = Seen(presence=Presence.READY, id=ONE_ID, tags={"project": "shop", "added": "by a policy"})
    created = Operation(kind="creating", urn=ONE, seen=seen, tags={"project": "shop"})

    assert plan_recovery(found(operations=(created,))).steps[-1] == TakeOver(urn=ONE, id=ONE_ID, retry=False)


def test_a_softly_deleted_name_is_left_to_a_person_when_the_rest_is_settled() -> None:
    name = DeletedName(kind="key vault", name="kv", until="2026-12-06")

    recovery = plan_recovery(found(operations=(operation("deleting", Presence.ABSENT),), deleted=(name,)))

    assert DropResource(urn=ONE, id=ONE_ID) in recovery.steps
    assert recovery.left == (name,)


WORKSPACE = urn("ws", "azure-native:machinelearningservices:Workspace")
HELD = DeletedName(kind="workspace", name="ws")


def test_a_workspace_that_was_being_deleted_and_is_gone_holds_its_name() -> None:
    gone = Operation(kind="deleting", urn=WORKSPACE, seen=Seen(presence=Presence.ABSENT, id="ws"))

    assert plan_recovery(found(workspace="ws", operations=(gone,))).left == (HELD,)
    assert plan_recovery(found(workspace="", operations=(gone,))).left == ()


def test_a_destroy_that_had_passed_the_workspace_left_its_name_held() -> None:
    later = operation("deleting", Presence.ABSENT)

    assert plan_recovery(found(workspace="ws", has_workspace=False, operations=(later,))).left == (HELD,)
    assert plan_recovery(found(workspace="ws", has_workspace=True, operations=(later,))).left == ()


def test_an_up_that_had_not_come_to_the_workspace_holds_no_name() -> None:
    creation = operation("creating", Presence.ABSENT)

    assert plan_recovery(found(workspace="ws", has_workspace=False, operations=(creation,))).left == ()


def test_the_holder_of_a_lock_lives_while_a_process_of_that_number_is_older_than_the_lock() -> None:
    engine = process(77, "pulumi up", after=-3)

    assert holder_of(lock(), "here", {77: engine}, frozenset()) is Holder.LIVING


def test_a_process_that_began_after_the_lock_has_only_the_same_number() -> None:
    another = process(77, "vi", after=timedelta(hours=1).total_seconds())

    assert holder_of(lock(), "here", {77: another}, frozenset()) is Holder.DEAD
    assert holder_of(lock(), "here", {}, frozenset()) is Holder.DEAD


def test_a_lock_of_another_machine_is_dead_only_by_a_persons_word() -> None:
    taken = lock(host="runner")

    assert holder_of(taken, "here", {}, frozenset()) is Holder.ELSEWHERE
    assert holder_of(taken, "here", {}, frozenset({"runner"})) is Holder.DEAD
