from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.definitions import make_definition

from windlass.errors.release import NothingToRollBackError, ReleaseNotThroughError
from windlass.project.definitions import EnvironmentDefinition
from windlass.project.rollout import Previous
from windlass.release.models import (
    Candidate,
    Condition,
    CreateDeployment,
    DeleteDeployment,
    Deployment,
    Endpoint,
    ModelVersion,
    Plan,
    ShiftTraffic,
    SmokeTest,
    Step,
    Watch,
)
from windlass.release.plan import find_base, name_deployment, plan_confirm, plan_release, plan_roll_back, plan_undo
from windlass.release.report import describe_step
from windlass.release.traffic import ALL, Traffic, apportion


def candidate(version: str = "2", release: str = "fingerprint-2", name: str = "churn") -> Candidate:
    return Candidate(
        model=ModelVersion(name=name, version=version, sha256="f" * 64),
        path=None,
        environment=None,
        environment_label="churn:0123456789ab",
        release=release,
    )


def deployment(name: str, condition: Condition = Condition.READY, release: str = "") -> Deployment:
    return Deployment(name=name, condition=condition, state=condition.value, model="churn:1", release=release)


def serving(*names: str, **shares: int) -> Endpoint:
    weights = {name.replace("_", "-"): share for name, share in shares.items()}
    return Endpoint(
        name="shop-churn",
        traffic=Traffic.of(weights),
        deployments=tuple(deployment(name, release=f"of {name}") for name in names),
    )


def words(steps: tuple[Step, ...]) -> list[str]:
    return [describe_step(step) for step in steps]


def test_the_first_version_takes_all_traffic_at_once() -> None:
    plan = plan_release(make_definition(), candidate("1"), Endpoint(name="shop-churn"))

    assert words(plan.steps) == [
        "create deployment churn-1 with model churn:1",
        "test churn-1 with 1 sample",
        "set traffic to churn-1 100 %",
    ]


def test_a_later_version_takes_over_in_steps_and_the_old_one_goes_last() -> None:
    plan = plan_release(make_definition(), candidate(), serving("churn-1", churn_1=100))

    assert words(plan.steps) == [
        "create deployment churn-2 with model churn:2",
        "test churn-2 with 1 sample",
        "set traffic to churn-1 90 %, churn-2 10 %",
        "set traffic to churn-1 50 %, churn-2 50 %",
        "set traffic to churn-2 100 %",
        "delete deployment churn-1: churn-2 took over",
    ]


def test_what_is_not_registered_is_registered_first() -> None:
    environment = EnvironmentDefinition(name="churn", version="0123456789ab", file=Path("environment.yml"))
    fresh = replace(candidate("1"), path=Path("model"), environment=environment)

    plan = plan_release(make_definition(), fresh, Endpoint(name="shop-churn"))

    assert words(plan.steps)[:2] == [
        "register model churn:1 (sha256 ffffffffffff)",
        "register environment churn:0123456789ab",
    ]


def test_each_step_below_100_is_watched() -> None:
    plan = plan_release(make_definition(wait_seconds=60), candidate(), serving("churn-1", churn_1=100))

    assert [step.share for step in plan.steps if isinstance(step, Watch)] == [10, 50]


def test_an_old_version_that_is_kept_is_not_removed() -> None:
    plan = plan_release(make_definition(previous=Previous.KEEP), candidate(), serving("churn-1", churn_1=100))

    assert not any(isinstance(step, DeleteDeployment) for step in plan.steps)


def test_the_version_before_the_one_that_is_kept_goes() -> None:
    endpoint = serving("churn-0", "churn-1", churn_1=100)

    plan = plan_release(make_definition(previous=Previous.KEEP), candidate(), endpoint)

    assert words(plan.steps)[-1] == "delete deployment churn-0: churn-2 took over"


def test_a_deployment_that_people_made_and_that_serves_nothing_is_left_alone() -> None:
    endpoint = serving("churn-1", churn_1=100)
    endpoint = replace(endpoint, deployments=(*endpoint.deployments, deployment("shadow")))

    plan = plan_release(make_definition(), candidate(), endpoint)

    assert "shadow" not in " ".join(words(plan.steps))


def test_a_failed_deployment_is_deleted_before_it_is_made_again() -> None:
    endpoint = Endpoint(name="shop-churn", deployments=(deployment("churn-2", Condition.DEAD, "fingerprint-2"),))

    plan = plan_release(make_definition(), candidate(), endpoint)

    assert isinstance(plan.steps[0], DeleteDeployment)
    assert isinstance(plan.steps[1], CreateDeployment)


def test_a_dead_deployment_that_still_has_traffic_is_replaced_under_another_name() -> None:
    endpoint = Endpoint(
        name="shop-churn",
        traffic=Traffic.of({"churn-2": 100}),
        deployments=(deployment("churn-2", Condition.DEAD, "fingerprint-2"),),
    )

    plan = plan_release(make_definition(), candidate(), endpoint)

    assert words(plan.steps) == [
        "create deployment churn-2-finger with model churn:2",
        "test churn-2-finger with 1 sample",
        "set traffic to churn-2-finger 100 %",
        "delete deployment churn-2: churn-2-finger took over",
    ]


def test_the_same_content_in_service_needs_nothing() -> None:
    endpoint = Endpoint(
        name="shop-churn",
        traffic=Traffic.of({"churn-2": 100}),
        deployments=(deployment("churn-2", release="fingerprint-2"),),
    )

    assert plan_release(make_definition(), candidate(), endpoint).steps == ()


def test_a_release_that_was_stopped_goes_on_from_its_share() -> None:
    endpoint = Endpoint(
        name="shop-churn",
        traffic=Traffic.of({"churn-1": 50, "churn-2": 50}),
        deployments=(deployment("churn-1", release="x"), deployment("churn-2", release="fingerprint-2")),
        target="churn-2",
        base=Traffic.of({"churn-1": 100}),
    )

    plan = plan_release(make_definition(wait_seconds=5), candidate(), endpoint)

    assert words(plan.steps) == [
        "test churn-2 with 1 sample",
        "watch churn-2 at 50 % for 5 s",
        "set traffic to churn-2 100 %",
        "delete deployment churn-1: churn-2 took over",
    ]
    assert plan.base == Traffic.of({"churn-1": 100})


def test_the_same_model_with_other_code_gets_a_name_of_its_own() -> None:
    name = name_deployment(candidate(release="abcdef123456"), serving("churn-2", churn_2=100))

    assert name == "churn-2-abcdef"


@given(st.text(min_size=1, max_size=300), st.integers(1, 10**9))
def test_deployment_names_always_fit_azure(model: str, version: int) -> None:
    chosen = candidate(str(version), name=model)
    first = name_deployment(chosen, Endpoint(name="e"))
    second = name_deployment(chosen, Endpoint(name="e", deployments=(deployment(first),)))

    for name in (first, second):
        assert 3 <= len(name) <= 32
        assert name[0].isalpha()
        assert name[-1].isalnum()
        assert all(letter.isascii() and (letter.isalnum() or letter == "-") for letter in name)
    assert first != second


def test_undoing_restores_the_old_traffic_and_removes_the_failed_version() -> None:
    endpoint = serving("churn-0", "churn-1", "churn-2", churn_0=15, churn_1=35, churn_2=50)
    plan = Plan(
        endpoint="shop-churn",
        target="churn-2",
        model="churn:2",
        base=Traffic.of({"churn-0": 30, "churn-1": 70}),
        steps=(),
    )

    assert words(plan_undo(plan, endpoint)) == [
        "set traffic to churn-0 30 %, churn-1 70 %",
        "delete deployment churn-2: it failed",
    ]


def test_undoing_leaves_traffic_alone_that_never_moved() -> None:
    endpoint = serving("churn-1", "churn-2", churn_1=100)
    plan = Plan(endpoint="shop-churn", target="churn-2", model="churn:2", base=endpoint.traffic, steps=())

    assert words(plan_undo(plan, endpoint)) == ["delete deployment churn-2: it failed"]


def test_rolling_back_gives_the_traffic_back_to_who_had_it() -> None:
    endpoint = replace(serving("churn-1", "churn-2", churn_2=100), target="churn-2", base=Traffic.of({"churn-1": 100}))

    plan = plan_roll_back(endpoint)

    assert plan.steps == (ShiftTraffic(traffic=Traffic.of({"churn-1": 100})),)
    assert plan.target == "churn-1"


def test_rolling_back_to_a_version_that_is_gone_is_refused_with_the_way_out() -> None:
    endpoint = replace(serving("churn-2", churn_2=100), target="churn-2", base=Traffic.of({"churn-1": 100}))

    with pytest.raises(NothingToRollBackError, match=r"churn-1 no longer stands.*azureml:churn:<version>"):
        plan_roll_back(endpoint)


def test_rolling_the_first_version_back_is_refused() -> None:
    with pytest.raises(NothingToRollBackError, match="churn-1 was the first version"):
        plan_roll_back(replace(serving("churn-1", churn_1=100), target="churn-1"))


def test_rolling_back_where_no_release_moved_traffic_is_refused() -> None:
    with pytest.raises(NothingToRollBackError, match="no release has moved its traffic"):
        plan_roll_back(serving("churn-1", churn_1=100))


def test_confirming_removes_what_the_release_replaced() -> None:
    endpoint = replace(serving("churn-1", "churn-2", churn_2=100), target="churn-2", base=Traffic.of({"churn-1": 100}))

    assert words(plan_confirm(endpoint).steps) == ["delete deployment churn-1: churn-2 took over"]


def test_a_release_that_is_not_through_is_not_confirmed() -> None:
    endpoint = replace(
        serving("churn-1", "churn-2", churn_1=50, churn_2=50), target="churn-2", base=Traffic.of({"churn-1": 100})
    )

    with pytest.raises(ReleaseNotThroughError, match="churn-2 has 50 %"):
        plan_confirm(endpoint)


conditions = st.sampled_from(list(Condition))


@st.composite
def endpoints(draw: st.DrawFn) -> Endpoint:
    """Draw any endpoint that a person, a killed run or a failing Azure may have left."""
    known = draw(st.lists(st.sampled_from(["churn-0", "churn-1", "churn-2", "blue"]), unique=True))
    releases = {"churn-2": "fingerprint-2", "blue": ""}
    found = tuple(
        deployment(name, draw(conditions), draw(st.sampled_from([releases.get(name, name), ""]))) for name in known
    )
    busy = draw(st.lists(st.sampled_from(known), unique=True)) if known else []
    before = draw(st.lists(st.sampled_from(["churn-0", "churn-1", "blue"]), unique=True))
    return Endpoint(
        name="shop-churn",
        deployments=found,
        traffic=Traffic.of(apportion(dict.fromkeys(busy, 1), ALL)) if busy else Traffic(),
        target=draw(st.sampled_from(["", "churn-2", "churn-1"])),
        base=Traffic.of(apportion(dict.fromkeys(before, 1), ALL)) if before else Traffic(),
    )


@given(endpoints(), st.sampled_from([(100,), (10, 50, 100), (1, 2, 99, 100)]), st.sampled_from(Previous))
def test_no_plan_ever_names_a_dead_deployment_or_deletes_a_serving_one(
    endpoint: Endpoint, steps: tuple[int, ...], previous: Previous
) -> None:
    plan = plan_release(make_definition(steps=steps, previous=previous), candidate(), endpoint)
    there = set(endpoint.alive)
    live = endpoint.traffic

    for step in plan.steps:
        match step:
            case CreateDeployment():
                there.add(step.name)
            case ShiftTraffic():
                assert step.traffic.names <= there
                assert sum(step.traffic.as_dict().values()) == ALL
                live = step.traffic
            case DeleteDeployment():
                assert not live.share_of(step.name)
                there.discard(step.name)
            case SmokeTest():
                assert step.deployment in there
            case _:
                pass
    assert live == Traffic.of({plan.target: ALL})


@given(endpoints())
def test_the_base_never_holds_the_target_or_a_dead_deployment(endpoint: Endpoint) -> None:
    assert find_base(endpoint, "churn-2").names <= endpoint.alive - {"churn-2"}
