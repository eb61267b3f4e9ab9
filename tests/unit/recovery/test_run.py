from __future__ import annotations

import pytest
from support.recovery import (
    KILLED_AT,
    PROVIDER,
    FakeAzure,
    FakeWorld,
    account_id,
    lock,
    pending,
    row,
    urn,
    world,
)

from windlass.errors.recovery import StackInUseError, StateChangedError, StillRunningError
from windlass.recovery.models import AwaitAzure, Holder, Orphan, Presence, Step, TakeOver
from windlass.recovery.ports import Azure, Clock, Locks, Processes, State
from windlass.recovery.quiet import LONGEST_WAIT_SECONDS


def quiet(_step: Step) -> None:
    """Hear nothing."""


def killed_creating(*states: str, presence: Presence = Presence.READY) -> FakeWorld:
    there = world([pending("creating", row("new"))])
    there.azure.has("new", *states, presence=presence)
    return there


def test_the_fakes_satisfy_the_ports() -> None:
    there = world()
    ports: tuple[Locks, Processes, State, Clock] = (there, there, there, there)
    azure: Azure = FakeAzure()

    assert all((*ports, azure))


def test_a_plan_changes_nothing() -> None:
    there = killed_creating()

    plan = there.recoveries().plan()

    assert TakeOver(urn=urn("new"), id=account_id("new"), retry=False) in plan.steps
    assert there.acts == []


def test_everything_that_takes_long_is_done_while_the_dead_lock_keeps_others_out() -> None:
    there = killed_creating("Creating", "Creating")
    there.running = [Orphan(pid=9, role="provider", started_at=KILLED_AT, proof="shown")]

    there.recoveries().recover(quiet)

    assert there.acts == ["end 9", "read 1", "remove 77.json", "write"]
    assert there.deployment["resources"][0]["outputs"]["read"]
    assert there.deployment["resources"][0]["inputs"] == row("new")["inputs"]


def test_what_azure_works_on_is_settled_as_it_ends() -> None:
    there = killed_creating("Creating", "Creating", "Creating", presence=Presence.FAILED)

    recovery = there.recoveries().recover(quiet)

    assert [step for step in recovery.steps if isinstance(step, AwaitAzure)]
    assert there.deployment["resources"][0]["initErrors"]


def test_what_arrives_while_it_waits_is_seen() -> None:
    there = world([pending("creating", row("new"))])
    look, looks = there.azure.look, iter(["absent"])

    def arriving(resource_id: str, api_version: str) -> object:
        if next(looks, ""):
            return look(resource_id, api_version)
        there.azure.has("new")
        return look(resource_id, api_version)

    there.azure.look = arriving  # type: ignore[method-assign,assignment] # an Azure that a request is on its way to
    there.recoveries().recover(quiet)

    assert [each["urn"] for each in there.deployment["resources"]] == [urn("new")]


def test_each_step_is_told_once() -> None:
    there, told = killed_creating(), list[str]()

    recovery = there.recoveries().recover(lambda step: told.append(type(step).__name__))

    assert told == ["LetArrive", "RemoveLock", "TakeOver"]
    assert len(recovery.steps) == len(told)


def unproven() -> Orphan:
    return Orphan(pid=8, role="provider", started_at=KILLED_AT)


def test_a_helper_that_ends_by_itself_needs_no_proof() -> None:
    there = killed_creating()
    there.running, there.ends_at = [unproven()], 2.0

    recovery = there.recoveries().recover(quiet)

    assert recovery.up_may_run
    assert there.deployment["resources"]


def test_a_helper_that_does_not_end_keeps_the_lock_and_the_state() -> None:
    there = killed_creating()
    there.running = [unproven()]

    recovery = there.recoveries().recover(quiet)

    assert not recovery.up_may_run
    assert (there.acts, len(there.held)) == ([], 1)


def test_a_torn_state_is_mended_before_the_lock_goes() -> None:
    there = killed_creating()
    there.half_written = ["dev.json.attrs"]

    there.recoveries().recover(quiet)

    assert there.acts == ["read 1", "mend dev.json.attrs", "remove 77.json", "write"]


def test_a_second_recovery_has_nothing_to_do() -> None:
    there = killed_creating()
    there.recoveries().recover(quiet)
    there.acts.clear()

    recovery = there.recoveries().recover(quiet)

    assert (recovery.steps, there.acts) == ((), [])


def test_a_recovery_that_was_killed_before_its_write_is_done_again() -> None:
    there = killed_creating()
    there.held.clear()

    there.recoveries().recover(quiet)

    assert [each["urn"] for each in there.deployment["resources"]] == [urn("new")]


def test_a_living_lock_is_left_with_everything_else() -> None:
    there = killed_creating()
    there.held = [lock(Holder.LIVING)]

    with pytest.raises(StackInUseError):
        there.recoveries().recover(quiet)

    assert there.acts == []


def test_a_state_that_another_run_wrote_meanwhile_is_not_overwritten() -> None:
    there = killed_creating()
    there.written_meanwhile = {"resources": [row("other")]}

    with pytest.raises(StateChangedError):
        there.recoveries().recover(quiet)

    assert there.deployment == {"resources": [row("other")]}
    assert there.held


def test_an_operation_that_never_ends_keeps_the_lock() -> None:
    there = world([pending("creating", row("new"))])
    there.azure.has("new", "Creating", presence=Presence.RUNNING)

    with pytest.raises(StillRunningError, match="after 30 minutes"):
        there.recoveries().recover(quiet)

    assert there.held
    assert there.slept >= LONGEST_WAIT_SECONDS


def test_the_engines_own_resources_are_not_looked_for_in_azure() -> None:
    provider = {"urn": PROVIDER, "type": "pulumi:providers:azure-native", "id": "x", "inputs": {}}
    there = world([pending("updating", provider)], [provider])

    there.recoveries().recover(quiet)

    assert there.deployment == {"resources": [provider]}
