from __future__ import annotations

from datetime import timedelta

import pytest
from support.apply import BEGUN_AT, COMMIT, ENGINE_PID, STACK, World, lock, plan

from windlass.apply.decide import check_locks, check_plan, choose_way
from windlass.apply.models import Outcome, Way
from windlass.errors import RefusedError
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
from windlass.recovery.models import Holder

PLAN = plan(one=["create"])
MANIFEST = World().manifest(PLAN)
NOW, MOVED = MANIFEST.state_sha256, "0" * 64


def test_the_plan_that_was_shown_is_taken() -> None:
    assert check_plan(MANIFEST, PLAN, "f", stack=STACK, commit=COMMIT) == PLAN
    assert check_plan(MANIFEST, PLAN, "f", stack=STACK, commit=None) == PLAN


@pytest.mark.parametrize(
    ("changes", "content", "expected"),
    [
        ({"stack": "prod"}, PLAN, PlanOfOtherStackError),
        ({"commit": "d" * 40}, PLAN, PlanOfOtherCommitError),
        ({"failed": True}, PLAN, PlanFailedError),
        ({"plan_sha256": ""}, None, PlanFailedError),
        ({}, PLAN + b" ", PlanAlteredError),
        ({}, None, PlanAlteredError),
    ],
)
def test_any_other_plan_is_refused(
    changes: dict[str, object], content: bytes | None, expected: type[RefusedError]
) -> None:
    manifest = MANIFEST.model_copy(update=changes)

    with pytest.raises(expected):
        check_plan(manifest, content, "f", stack=STACK, commit=COMMIT)


def test_a_free_stack_may_be_worked_on() -> None:
    assert check_locks(STACK, (), None) == ()


@pytest.mark.parametrize("outcome", [Outcome.BEGUN, Outcome.CANCELLED, Outcome.FAILED])
def test_the_dead_lock_of_the_run_that_goes_on_is_its_own(outcome: Outcome) -> None:
    record = World().note(MANIFEST, outcome, engine_pid=ENGINE_PID)
    dead = lock(Holder.DEAD)

    assert check_locks(STACK, [dead], record) == (dead,)


@pytest.mark.parametrize(
    ("found", "remedy"),
    [
        (lock(Holder.LIVING), "Wait until it has ended, then run this again"),
        (lock(Holder.DEAD, pid=1), "recover.py --stack dev`"),
        (lock(Holder.DEAD, host="there"), "recover.py --stack dev`"),
        (lock(Holder.ELSEWHERE, host="runner-1"), "recover.py --stack dev --gone-host runner-1`"),
    ],
)
def test_any_other_lock_is_named_with_what_to_do(found: object, remedy: str) -> None:
    record = World().note(MANIFEST, Outcome.BEGUN, engine_pid=ENGINE_PID)

    with pytest.raises(StackLockedError) as caught:
        check_locks(STACK, [found], record)  # type: ignore[list-item]

    assert "of ana on" in str(caught.value)
    assert remedy in str(caught.value)


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.DONE])
def test_a_dead_lock_is_nobodys_own_when_the_run_did_not_begin_or_is_done(outcome: Outcome) -> None:
    record = World().note(MANIFEST, outcome, engine_pid=ENGINE_PID)

    with pytest.raises(StackLockedError):
        check_locks(STACK, [lock(Holder.DEAD)], record)


def test_a_plan_is_begun_on_the_state_that_it_was_made_for() -> None:
    refused = World().note(MANIFEST, Outcome.REFUSED)

    assert choose_way(MANIFEST, None, (), NOW) is Way.BEGIN
    assert choose_way(MANIFEST, refused, (), NOW) is Way.BEGIN


def test_a_state_that_moved_refuses_the_plan_and_says_who_moved_it_as_far_as_that_is_known() -> None:
    world = World()
    refused = world.note(MANIFEST, Outcome.REFUSED)
    later = world.note(
        MANIFEST.model_copy(update={"plan_sha256": "e" * 64}), Outcome.DONE, begun_at=MANIFEST.made_at + timedelta(1)
    )

    with pytest.raises(StateMovedError, match="Make a new preview"):
        choose_way(MANIFEST, None, (), MOVED)
    with pytest.raises(StateMovedError, match="bob applied another plan, of commit cccccccccccc"):
        choose_way(MANIFEST, refused, [later], MOVED)


@pytest.mark.parametrize("outcome", [Outcome.BEGUN, Outcome.CANCELLED, Outcome.FAILED])
@pytest.mark.parametrize("state", [NOW, MOVED])
def test_a_plan_that_was_interrupted_is_gone_on_with(outcome: Outcome, state: str) -> None:
    record = World().note(MANIFEST, outcome)

    assert choose_way(MANIFEST, record, (), state) is Way.GO_ON


def test_an_interrupted_plan_is_over_when_another_one_was_begun() -> None:
    world = World()
    record = world.note(MANIFEST, Outcome.CANCELLED)
    other = MANIFEST.model_copy(update={"plan_sha256": "e" * 64})
    later = world.note(other, Outcome.BEGUN, begun_at=BEGUN_AT + timedelta(1))
    never = world.note(other, Outcome.REFUSED, begun_at=BEGUN_AT + timedelta(1))
    before = world.note(other, Outcome.DONE, begun_at=BEGUN_AT - timedelta(1))

    with pytest.raises(PlanSupersededError, match="eeeeeeeeeeee"):
        choose_way(MANIFEST, record, [later], MOVED)
    assert choose_way(MANIFEST, record, [never, before], MOVED) is Way.GO_ON


def test_a_plan_that_was_carried_out_is_not_carried_out_again() -> None:
    record = World().note(MANIFEST, Outcome.DONE, left_sha256=MOVED, ended_at=BEGUN_AT)

    assert choose_way(MANIFEST, record, (), MOVED) is Way.NOTHING
    with pytest.raises(PlanAppliedError, match="by bob at 2026-11-29"):
        choose_way(MANIFEST, record, (), NOW)
