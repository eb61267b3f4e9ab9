"""What a release to container groups plans: a switch of the public name, or a version in place of another."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from support.definitions import make_definition
from support.fake_azure import FakeClock

from windlass.errors.release import NothingToRollBackError
from windlass.project.definitions import OnlineDefinition
from windlass.project.image import ImageDefinition
from windlass.project.rollout import Previous
from windlass.project.serving import Serving
from windlass.release.models import (
    Candidate,
    Condition,
    CreateDeployment,
    Deployment,
    Endpoint,
    ModelVersion,
    Plan,
    Settle,
    Style,
)
from windlass.release.perform import Performer
from windlass.release.plan import plan_confirm, plan_undo
from windlass.release.plan_groups import plan_group_release, plan_group_roll_back
from windlass.release.report import describe_step
from windlass.release.traffic import Traffic

ZONE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/dnsZones/models.example"
IMAGE = ImageDefinition(repository="windlass/churn", tag="0123456789abcdef", texts={}, files={})


def definition(release: str, previous: Previous = Previous.REMOVE) -> OnlineDefinition:
    made = make_definition(previous=previous)
    name = {"name": {"zone": ZONE, "record": "churn", "ttl_seconds": 60}} if release == "switch" else {}
    container = {"release": release, "start_seconds": 200, **name}
    serving = Serving.model_validate({"compute": "container-instance", "container": container})
    return replace(made, deployment=replace(made.deployment, serving=serving, image=IMAGE))


def candidate(version: str = "2", *, new: bool = True) -> Candidate:
    return Candidate(
        model=ModelVersion(name="churn", version=version, sha256="f" * 64),
        path=Path("model") if new else None,
        environment=None,
        environment_label=IMAGE.label,
        release=f"release-{version}",
        image=IMAGE if new else None,
    )


def version(number: str, *, fixed: bool = False, condition: Condition = Condition.READY) -> Deployment:
    return Deployment(
        name=f"churn-{number}",
        condition=condition,
        model=f"churn:{number}",
        release=f"release-{number}",
        environment=IMAGE.label,
        sha256="1" * 64,
        fixed=fixed,
    )


def switching(*deployments: Deployment, serves: str = "", base: str = "") -> Endpoint:
    return Endpoint(
        name="shop-churn",
        deployments=deployments,
        traffic=Traffic.of({serves: 100} if serves else {}),
        target=serves,
        base=Traffic.of({base: 100} if base else {}),
        style=Style.SWITCH,
        settling=120.0,
    )


def recreating(*deployments: Deployment, serves: str = "", previous: Deployment | None = None) -> Endpoint:
    made = switching(*deployments, serves=serves)
    return replace(made, style=Style.RECREATE, previous=previous, settling=0.0)


def words(plan: Plan) -> list[str]:
    return [describe_step(step) for step in plan.steps]


def test_a_switch_makes_tests_moves_and_removes_the_old_group_when_nobody_reaches_it() -> None:
    plan = plan_group_release(definition("switch"), candidate(), switching(version("1"), serves="churn-1"))

    assert words(plan) == [
        "register model churn:2 (sha256 ffffffffffff)",
        "build image windlass/churn:0123456789abcdef",
        "create deployment churn-2 with model churn:2",
        "test churn-2 with 1 sample",
        "set traffic to churn-2 100 %",
        "wait until the old address is forgotten, 120 s after the switch",
        "delete deployment churn-1: churn-2 took over",
    ]
    assert plan.notes[0] == "no request fails: churn.models.example moves to the new version when it is tested"
    assert "up to 120 s more" in plan.notes[1]


def test_a_switch_that_keeps_the_old_group_waits_for_nothing() -> None:
    endpoint = switching(version("1"), serves="churn-1")

    plan = plan_group_release(definition("switch", Previous.KEEP), candidate(), endpoint)

    assert words(plan)[-1] == "set traffic to churn-2 100 %"


def test_a_first_version_promises_nothing_about_requests() -> None:
    for release, endpoint in (("switch", switching()), ("recreate", recreating())):
        assert plan_group_release(definition(release), candidate(), endpoint).notes == ()


def test_a_switch_goes_on_where_it_was_killed() -> None:
    moved = switching(version("1"), version("2"), serves="churn-2", base="churn-1")

    plan = plan_group_release(definition("switch"), candidate(new=False), moved)

    assert words(plan) == [
        "wait until the old address is forgotten, 120 s after the switch",
        "delete deployment churn-1: churn-2 took over",
    ]


def test_a_switch_that_is_done_plans_nothing() -> None:
    plan = plan_group_release(definition("switch"), candidate(new=False), switching(version("2"), serves="churn-2"))

    assert plan.steps == ()


def test_a_version_that_fails_after_the_switch_is_removed_when_nobody_reaches_it() -> None:
    plan = plan_group_release(definition("switch"), candidate(), switching(version("1"), serves="churn-1"))
    moved = switching(version("1"), version("2"), serves="churn-2", base="churn-1")

    steps = plan_undo(plan, moved)

    assert [describe_step(step) for step in steps] == [
        "set traffic to churn-1 100 %",
        "wait until the old address is forgotten, 120 s after the switch",
        "delete deployment churn-2: it failed",
    ]


def test_a_confirmed_switch_waits_before_it_removes() -> None:
    plan = plan_confirm(switching(version("1"), version("2"), serves="churn-2", base="churn-1"))

    assert words(plan) == [
        "wait until the old address is forgotten, 120 s after the switch",
        "delete deployment churn-1: churn-2 took over",
    ]


def test_a_way_back_of_a_switch_moves_the_name() -> None:
    endpoint = switching(version("1"), version("2"), serves="churn-2", base="churn-1")

    plan = plan_group_roll_back(definition("switch"), endpoint)

    assert words(plan) == ["set traffic to churn-1 100 %"]
    assert plan.notes


def test_a_version_is_recreated_in_place_and_the_plan_says_how_long_requests_fail() -> None:
    plan = plan_group_release(
        definition("recreate"), candidate(new=False), recreating(version("1", fixed=True), serves="churn-1")
    )

    assert words(plan) == [
        "create deployment churn-2 with model churn:2",
        "test churn-2 with 1 sample",
        "set traffic to churn-2 100 %",
    ]
    assert "requests fail from the moment" in plan.notes[0]
    assert "at most 200 s" in plan.notes[0]


def test_a_recreated_version_that_fails_gives_the_old_one_back() -> None:
    endpoint = recreating(version("1", fixed=True), serves="churn-1")
    plan = plan_group_release(definition("recreate"), candidate(), endpoint)

    steps = plan_undo(plan, recreating(version("2", fixed=True, condition=Condition.DEAD), previous=version("1")))

    assert [describe_step(step) for step in steps] == [
        "create deployment churn-1 with model churn:1",
        "set traffic to churn-1 100 %",
    ]
    first = steps[0]
    assert isinstance(first, CreateDeployment)
    assert (first.model.sha256, first.environment, first.release) == ("1" * 64, IMAGE.label, "release-1")


def test_a_recreation_that_was_killed_before_its_test_knows_what_to_give_back() -> None:
    killed = recreating(version("2", fixed=True), previous=version("1"))

    plan = plan_group_release(definition("recreate"), candidate(new=False), killed)

    assert words(plan) == ["test churn-2 with 1 sample", "set traffic to churn-2 100 %"]
    assert plan.fallback is not None
    assert plan.fallback.name == "churn-1"


def test_a_first_version_that_fails_is_removed() -> None:
    plan = plan_group_release(definition("recreate"), candidate(), recreating())

    steps = plan_undo(plan, recreating(version("2", fixed=True, condition=Condition.DEAD)))

    assert [describe_step(step) for step in steps] == ["delete deployment churn-2: it failed"]


def test_a_recreation_removes_the_groups_that_a_switch_has_left() -> None:
    plan = plan_group_release(definition("recreate"), candidate(new=False), recreating(version("1")))

    assert words(plan)[-1] == "delete deployment churn-1: churn-2 took over"


def test_a_way_back_of_a_recreation_makes_the_old_version_anew() -> None:
    endpoint = recreating(version("2", fixed=True), serves="churn-2", previous=version("1"))

    plan = plan_group_roll_back(definition("recreate"), endpoint)

    assert words(plan) == ["create deployment churn-1 with model churn:1", "set traffic to churn-1 100 %"]
    assert "requests fail" in plan.notes[0]


def test_there_is_no_way_back_to_what_nobody_knows() -> None:
    with pytest.raises(NothingToRollBackError):
        plan_group_roll_back(definition("recreate"), recreating(version("2", fixed=True), serves="churn-2"))


class Moved:
    """An endpoint whose name was moved at a time."""

    def __init__(self, moved_at: float) -> None:
        self.moved_at = moved_at

    def observe(self, endpoint: str) -> Endpoint:
        return Endpoint(name=endpoint, moved_at=self.moved_at)


@pytest.mark.parametrize(("ago", "slept"), [(0, 60), (45, 15), (100, 0)])
def test_the_wait_counts_from_the_switch_itself(ago: float, slept: float) -> None:
    clock = FakeClock()
    began = clock.now()
    endpoints = Moved(began - ago)
    performer = Performer("e", assets=None, endpoints=endpoints, scoring=None, clock=clock)  # type: ignore[arg-type]

    performer.perform(Settle(seconds=60))

    assert clock.now() - began == slept
