"""Autoscale comes with a deployment and goes with it, whatever happens in between."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.definitions import GOOD, make_definition, make_model
from support.fake_azure import ENDPOINT, FakeAzure, FakeClock, FakeJournals, FakeScaling, go_on

from windlass.errors.azure import AzureDeniedError
from windlass.errors.release import RolledBackError
from windlass.project.autoscale import Autoscale
from windlass.project.definitions import OnlineDefinition
from windlass.project.rollout import Previous
from windlass.release.execute import Releases
from windlass.release.models import (
    CreateDeployment,
    DeleteDeployment,
    Endpoint,
    ModelVersion,
    Plan,
    Scaled,
    ShiftTraffic,
    SmokeTest,
)
from windlass.release.report import describe_step, plan_as_json, step_as_json
from windlass.release.scaling import scale_plan
from windlass.release.traffic import Traffic

WIDE = Autoscale(minimum=2, maximum=5)
WIDER = Autoscale(minimum=2, maximum=8)


class KilledError(BaseException):
    """The process ends here, as SIGKILL ends it."""


class World:
    """A workspace with autoscale; `process` is a new process on it."""

    def __init__(self) -> None:
        self.azure = FakeAzure(answers={"churn:1": GOOD, "churn:2": GOOD})
        self.scaling = FakeScaling(self.azure)
        self.journals = FakeJournals()

    def process(self) -> Releases:
        return Releases(
            assets=self.azure,
            endpoints=self.azure,
            scoring=self.azure,
            journals=self.journals,
            clock=FakeClock(),
            scaling=self.scaling,
        )

    def release(self, version: int, definition: OnlineDefinition) -> list[str]:
        released = self.process().release(definition, make_model(version), ENDPOINT)
        return [describe_step(step) for step in released.plan.steps]

    def scaled(self) -> dict[str, tuple[int, int]]:
        return {name: (each.minimum, each.maximum) for name, each in self.scaling.settings.items()}


def scaling(autoscale: Autoscale | None = WIDE, previous: Previous = Previous.REMOVE) -> OnlineDefinition:
    return make_definition(autoscale=autoscale, previous=previous)


@pytest.fixture
def world() -> World:
    made = World()
    made.release(1, scaling())
    return made


def test_a_deployment_is_scaled_right_after_it_is_made_and_before_any_traffic() -> None:
    done = World().release(1, scaling())

    assert done[2:6] == [
        "create deployment churn-1 with model churn:1",
        "scale churn-1 between 2 and 5 instances",
        "test churn-1 with 1 sample",
        "set traffic to churn-1 100 %",
    ]


def test_the_setting_of_the_old_version_goes_before_the_version(world: World) -> None:
    done = world.release(2, scaling())

    assert done[-2:] == [
        "remove the autoscale setting of churn-1: churn-2 took over",
        "delete deployment churn-1: churn-2 took over",
    ]
    assert world.scaled() == {"churn-2": (2, 5)}


def test_a_new_version_starts_with_as_many_instances_as_serve(world: World) -> None:
    world.azure.deployments["churn-1"] = replace(world.azure.deployments["churn-1"], instances=4)

    plan = world.process().plan(scaling(), make_model(2), ENDPOINT)

    assert [step.instances for step in plan.steps if isinstance(step, CreateDeployment)] == [4]


@given(written=st.integers(1, 60), least=st.integers(1, 25), more=st.integers(0, 25))
def test_a_new_version_starts_within_its_bounds(written: int, least: int, more: int) -> None:
    bounds = Autoscale(minimum=least, maximum=least + more)

    assert least <= bounds.starting_with(written) <= least + more


def test_releasing_the_same_again_leaves_the_instance_count_to_azure_monitor(world: World) -> None:
    assert world.release(1, scaling()) == []


def test_other_bounds_change_the_setting_and_nothing_else(world: World) -> None:
    assert world.release(1, scaling(WIDER)) == ["scale churn-1 between 2 and 8 instances"]
    assert world.scaled() == {"churn-1": (2, 8)}


def test_a_setting_that_somebody_turned_off_is_turned_on_again(world: World) -> None:
    off = world.scaling.settings["churn-1"]
    world.scaling.settings["churn-1"] = Scaled(deployment="churn-1", digest=off.digest, enabled=False)

    assert world.release(1, scaling()) == ["scale churn-1 between 2 and 5 instances"]


def test_a_definition_without_autoscale_takes_the_setting_away(world: World) -> None:
    assert world.release(1, scaling(None)) == ["remove the autoscale setting of churn-1: the definition asks for none"]
    assert world.scaled() == {}


def test_an_orphan_is_removed_by_the_next_release(world: World) -> None:
    world.scaling.settings["churn-0"] = Scaled(deployment="churn-0")

    assert world.release(1, scaling()) == ["remove the autoscale setting of churn-0: its deployment is gone"]


def test_a_version_that_fails_loses_its_setting_with_itself(world: World) -> None:
    world.azure.answers["churn:2"] = {"wrong": True}

    with pytest.raises(RolledBackError):
        world.release(2, scaling())

    assert world.scaled() == {"churn-1": (2, 5)}
    assert world.azure.acts[-2:] == [f"unscale churn-2 of {ENDPOINT}", "delete churn-2"]


def test_confirming_removes_the_setting_of_what_was_kept(world: World) -> None:
    world.release(2, scaling(previous=Previous.KEEP))
    kept = world.scaled()

    world.process().confirm("churn", ENDPOINT)

    assert set(kept) == {"churn-1", "churn-2"}
    assert set(world.scaled()) == {"churn-2"}


@pytest.mark.parametrize("border", range(1, 45))
def test_a_release_killed_anywhere_goes_on_to_the_same_end(world: World, border: int) -> None:
    _die_at(world, border)

    world.release(2, scaling())

    assert world.scaled() == {"churn-2": (2, 5)}
    assert sorted(world.azure.deployments) == ["churn-2"]


def _die_at(world: World, number: int) -> None:
    """Run a release that dies at a border, if it has so many."""
    passed: list[str] = []

    def guard(where: str) -> None:
        passed.append(where)
        if len(passed) == number:
            raise KilledError(where)

    world.azure.guard = world.journals.guard = guard
    with suppress(KilledError):
        world.release(2, scaling())
    world.azure.guard = world.journals.guard = go_on


def test_who_may_not_see_autoscale_releases_without_it_and_is_refused_with_it(world: World) -> None:
    world.scaling.denied = True

    assert world.release(2, scaling(None))[0].startswith("register model churn:2")
    with pytest.raises(AzureDeniedError):
        world.release(2, scaling())


def test_a_deployment_that_is_made_anew_is_scaled_anew() -> None:
    created = CreateDeployment(
        name="churn-1",
        model=ModelVersion(name="churn", version="1", sha256="f" * 64),
        environment="e",
        release="r",
        definition=make_definition().deployment,
    )
    plan = Plan(
        endpoint=ENDPOINT,
        target="churn-1",
        model="churn:1",
        base=Traffic(),
        steps=(DeleteDeployment(name="churn-1", reason="it failed before"), created),
    )
    found = Scaled(deployment="churn-1", digest=WIDE.digest)

    steps = scale_plan(plan, WIDE, Endpoint(name=ENDPOINT), (found,)).steps

    assert [type(step).__name__ for step in steps] == [
        "DeleteAutoscale",
        "DeleteDeployment",
        "CreateDeployment",
        "CreateAutoscale",
    ]


def test_the_json_of_a_plan_says_the_bounds() -> None:
    plan = World().process().plan(scaling(), make_model(1), ENDPOINT)

    (scale,) = (step for step in plan_as_json(plan)["steps"] if step["step"] == "CreateAutoscale")

    assert scale == {
        "step": "CreateAutoscale",
        "deployment": "churn-1",
        "minimum": 2,
        "maximum": 5,
        "autoscale": WIDE.digest,
    }
    assert {type(step) for step in plan.steps} >= {CreateDeployment, SmokeTest, ShiftTraffic}
    assert [step_as_json(step).get("instances") for step in plan.steps if isinstance(step, CreateDeployment)] == [2]
