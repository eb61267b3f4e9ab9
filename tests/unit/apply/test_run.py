from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from support.apply import ENGINE_PID, KilledError, World, carry_out, lock, plan, row, unseen, urn

from windlass.apply.models import EngineRun, Outcome, Way
from windlass.errors import WindlassError
from windlass.errors.plans import (
    ApplyCancelledError,
    ApplyFailedError,
    ApplyIncompleteError,
    PlanExceededError,
    PlanNoLongerFitsError,
    StackLockedError,
    StateMovedError,
    UnsettledStateError,
)
from windlass.errors.policy import PolicyViolationError
from windlass.recovery.models import Holder

PLAN = plan(one=["create"], two=["create"])
Deed = Callable[[World, dict[str, Any]], EngineRun]


def ends(**run: Any) -> Deed:
    """An engine that ends so at once."""
    return lambda _world, _plan: EngineRun(**{"code": 1, **run})


def interrupted(world: World, _: Any) -> EngineRun:
    """An engine that was told to end while it made the second resource, which Azure goes on making."""
    world.make("one")
    world.azure.add(urn("two"))
    return EngineRun(code=1, errors=("two: the operation was cancelled",), signal="SIGTERM")


def killed(world: World, _: Any) -> EngineRun:
    """An engine that gets SIGKILL there, together with whoever waits for it."""
    world.make("one")
    world.azure.add(urn("two"))
    world.deployment["pending_operations"] = [{"type": "creating", "resource": row("two")}]
    world.held.append(lock(Holder.DEAD))
    raise KilledError


def test_a_plan_is_carried_out_and_the_record_says_so() -> None:
    world = World()
    manifest = world.manifest(PLAN)

    applied = world.apply(manifest, PLAN)

    assert (applied.way, applied.attempts) == (Way.BEGIN, 1)
    assert world.azure == {urn("one"), urn("two")}
    record = world.record(manifest)
    assert (record.outcome, record.by, record.commit) == (Outcome.DONE, "ana", manifest.commit)
    assert world.runs == [({"one": ["create"], "two": ["create"]}, False)]


def test_it_is_written_down_before_the_engine_begins_and_again_with_its_process() -> None:
    seen: list[tuple[Outcome, int]] = []
    world = World()
    manifest = world.manifest(PLAN)

    def look(world: World, document: Any) -> EngineRun:
        record = world.record(manifest)
        seen.append((record.outcome, record.engine_pid))
        return carry_out(world, document)

    world.deeds.append(look)
    world.apply(manifest, PLAN)

    assert seen == [(Outcome.BEGUN, ENGINE_PID)]


def test_a_plan_that_was_carried_out_is_left_alone() -> None:
    world = World()
    manifest = world.manifest(PLAN)
    world.apply(manifest, PLAN)

    again = world.apply(manifest, PLAN)

    assert again.way is Way.NOTHING
    assert len(world.runs) == 1


def test_a_state_that_moved_is_refused_before_the_engine_is_asked() -> None:
    world = World()
    manifest = world.manifest(PLAN)
    world.make("other")

    with pytest.raises(StateMovedError):
        world.apply(manifest, PLAN)

    assert world.runs == []
    assert world.files.files == {}


def test_a_state_with_operations_of_somebody_elses_dead_run_is_not_built_on() -> None:
    world = World(deployment={"resources": [], "pending_operations": [{"type": "creating", "resource": row("one")}]})

    with pytest.raises(UnsettledStateError, match=r"recover\.py"):
        world.apply(world.manifest(PLAN), PLAN)

    assert world.recovered == 0


def test_a_cancelled_run_is_gone_on_with_by_the_same_plan() -> None:
    world = World(deeds=[interrupted])
    manifest = world.manifest(PLAN)
    with pytest.raises(ApplyCancelledError, match="SIGTERM"):
        world.apply(manifest, PLAN)
    assert world.record(manifest).outcome is Outcome.CANCELLED

    applied = world.apply(manifest, PLAN, by="bob")

    assert (applied.way, applied.attempts) == (Way.GO_ON, 2)
    assert world.runs[-1] == ({"one": ["update"], "two": ["update"]}, False)
    assert (world.record(manifest).outcome, world.record(manifest).by) == (Outcome.DONE, "bob")


def test_a_killed_run_is_settled_and_gone_on_with() -> None:
    world = World(deeds=[killed])
    manifest = world.manifest(PLAN)
    with pytest.raises(KilledError):
        world.apply(manifest, PLAN)
    assert world.record(manifest).outcome is Outcome.BEGUN

    applied = world.apply(manifest, PLAN)

    assert world.recovered == 1
    assert applied.way is Way.GO_ON
    assert {each["urn"] for each in world.deployment["resources"]} == {urn("one"), urn("two")}


def test_a_run_whose_engine_alone_was_killed_is_settled_and_gone_on_with() -> None:
    def engine_killed(world: World, document: Any) -> EngineRun:
        with pytest.raises(KilledError):
            killed(world, document)
        return EngineRun(code=-9)

    world = World(deeds=[engine_killed])
    manifest = world.manifest(PLAN)
    with pytest.raises(ApplyFailedError):
        world.apply(manifest, PLAN)

    assert world.apply(manifest, PLAN).way is Way.GO_ON
    assert world.recovered == 1


def test_a_run_that_was_killed_on_another_machine_is_settled_by_recover() -> None:
    world = World(deeds=[killed])
    manifest = world.manifest(PLAN)
    with pytest.raises(KilledError):
        world.apply(manifest, PLAN)
    world.held[:] = [lock(Holder.ELSEWHERE, host="runner-1")]

    with pytest.raises(StackLockedError, match="--gone-host runner-1"):
        world.apply(manifest, PLAN)
    world.recover()

    assert world.apply(manifest, PLAN).way is Way.GO_ON


@pytest.mark.parametrize("moment", ["before write", "after write"])
def test_a_run_that_is_killed_at_any_write_of_its_record_can_be_gone_on_with(moment: str) -> None:
    for at in range(1, 4):
        world = World()
        manifest, left = world.manifest(PLAN), [at]

        def guard(what: str, left: list[int] = left) -> None:
            if what.startswith(moment):
                left[0] -= 1
                if left[0] == 0:
                    raise KilledError

        world.files.guard = guard
        with pytest.raises(KilledError):
            world.apply(manifest, PLAN)
        world.files.guard = lambda _: None

        world.apply(manifest, PLAN)

        assert world.azure == {urn("one"), urn("two")}
        assert world.record(manifest).outcome is Outcome.DONE


def test_less_than_was_foreseen_is_no_failure() -> None:
    world = World(deeds=[ends(errors=unseen("one"))])
    world.make("one")
    content = plan(one=["delete-replaced", "replace", "create-replacement"])
    manifest = world.manifest(content)

    applied = world.apply(manifest, content)

    assert applied.unneeded == (urn("one"),)
    assert world.record(manifest).outcome is Outcome.DONE


def test_less_than_was_foreseen_in_the_engines_own_preview_is_no_refusal() -> None:
    world = World(deeds=[ends(errors=unseen("one"), changed_nothing=True)])
    world.make("one")
    content = plan(one=["delete-replaced", "replace", "create-replacement"])

    world.apply(world.manifest(content), content)

    assert [at_once for _, at_once in world.runs] == [False, True]


def test_a_resource_that_was_shown_and_not_made_is_a_failure() -> None:
    world = World(deeds=[ends(errors=unseen("one"))])

    with pytest.raises(ApplyIncompleteError, match="one"):
        world.apply(world.manifest(PLAN), PLAN)


FAILURES: dict[str, tuple[Deed, type[WindlassError], int, Outcome]] = {
    "what was not shown, before anything": (
        ends(errors=("create is not allowed by the plan",), changed_nothing=True),
        PlanNoLongerFitsError,
        5,
        Outcome.REFUSED,
    ),
    "what was not shown, on the way": (ends(errors=("x violates plan: y",)), PlanExceededError, 6, Outcome.FAILED),
    "a broken rule": (ends(broken=("tls-1-2",), changed_nothing=True), PolicyViolationError, 5, Outcome.REFUSED),
    "Azure": (ends(errors=("quota exceeded",)), ApplyFailedError, 6, Outcome.FAILED),
    "the engine": (ends(changed_nothing=True, said="panic"), ApplyFailedError, 6, Outcome.FAILED),
    "a lock": (ends(locked=True, changed_nothing=True), StackLockedError, 5, Outcome.REFUSED),
}


@pytest.mark.parametrize(("deed", "expected", "code", "outcome"), FAILURES.values(), ids=FAILURES.keys())
def test_each_failure_has_its_own_end(deed: Deed, expected: type[WindlassError], code: int, outcome: Outcome) -> None:
    world = World(deeds=[deed])
    manifest = world.manifest(PLAN)

    with pytest.raises(expected) as caught:
        world.apply(manifest, PLAN)

    assert caught.value.exit_code == code
    assert world.record(manifest).outcome is outcome


def test_a_failed_run_is_gone_on_with_when_its_cause_is_gone() -> None:
    world = World(deeds=[ends(errors=("quota exceeded",))])
    manifest = world.manifest(PLAN)
    with pytest.raises(ApplyFailedError, match="quota exceeded"):
        world.apply(manifest, PLAN)

    assert world.apply(manifest, PLAN).way is Way.GO_ON


def test_a_stack_that_somebody_works_on_is_refused_by_name_and_nothing_is_written() -> None:
    world = World(held=[lock(Holder.LIVING)])

    with pytest.raises(StackLockedError, match="process 77 of ana on here since 2026-11-29"):
        world.apply(world.manifest(PLAN), PLAN)

    assert world.files.files == {}


def test_of_two_that_begin_the_same_plan_at_once_the_second_touches_nothing_of_the_first() -> None:
    world = World()
    manifest = world.manifest(PLAN)

    def second(world: World, document: Any) -> EngineRun:
        world.held.append(lock(Holder.LIVING))
        with pytest.raises(StackLockedError):
            world.apply(manifest, PLAN, by="bob")
        world.held.clear()
        return carry_out(world, document)

    world.deeds.append(second)
    world.apply(manifest, PLAN)

    assert (world.record(manifest).by, world.record(manifest).outcome) == ("ana", Outcome.DONE)


def test_a_second_run_that_loses_the_race_for_the_lock_leaves_the_record_of_the_first() -> None:
    world = World(deeds=[ends(locked=True, changed_nothing=True)])
    manifest = world.manifest(PLAN)
    first = world.note(manifest, Outcome.BEGUN, engine_pid=ENGINE_PID)

    with pytest.raises(StackLockedError):
        world.apply(manifest, PLAN)

    assert world.record(manifest) == first
