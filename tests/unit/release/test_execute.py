from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import chain, repeat

import pytest
from support.definitions import GOOD, make_definition, make_model
from support.fake_azure import ENDPOINT, FakeAzure, FakeClock, FakeJournals, FakeScaling

from windlass.errors import ExitCode
from windlass.errors.azure import AzureBusyError, AzureRequestError
from windlass.errors.release import (
    DeadDeploymentError,
    DeploymentCarriesTrafficError,
    EndpointLockedError,
    GateFailedError,
    ModelMissingError,
    ModelVersionTakenError,
    RollBackIncompleteError,
    RolledBackError,
)
from windlass.project.definitions import OnlineDefinition, RegisteredModel
from windlass.project.rollout import Previous
from windlass.release.execute import Releases, ignore
from windlass.release.models import (
    Answer,
    Condition,
    Deployment,
    ModelVersion,
    Phase,
    Progress,
    RegisterModel,
    Released,
    ShiftTraffic,
)
from windlass.release.perform import Performer
from windlass.release.report import describe_step
from windlass.release.traffic import Traffic

CRASH_LOG = """\
Booting worker with pid: 17
Traceback (most recent call last):
  File "/var/azureml-app/src/score.py", line 3, in <module>
    import lightgbm
ModuleNotFoundError: No module named 'lightgbm'
Worker exiting
"""


class KilledError(BaseException):
    """The process ends here, as SIGKILL ends it: nothing of ours may catch it."""


class World:
    """A workspace, its journals and a clock; `process` is a new process on it."""

    def __init__(self) -> None:
        self.azure = FakeAzure(answers={"churn:1": GOOD, "churn:2": GOOD, "churn:3": GOOD})
        self.journals = FakeJournals()
        self.clock = FakeClock()
        self.borders: list[str] = []
        self.told: list[Progress] = []
        self.react: Callable[[Progress], None] = ignore
        self.scaling = FakeScaling(self.azure)

    def process(self) -> Releases:
        return Releases(
            assets=self.azure,
            endpoints=self.azure,
            scoring=self.azure,
            journals=self.journals,
            clock=self.clock,
            scaling=self.scaling,
        )

    def release(self, version: int, definition: OnlineDefinition | None = None) -> Released:
        chosen = definition or make_definition()
        return self.process().release(chosen, make_model(version), ENDPOINT, self.listen)

    def listen(self, progress: Progress) -> None:
        self.told.append(progress)
        self.react(progress)

    def kill_at(self, number: int) -> None:
        self.borders.clear()

        def guard(where: str) -> None:
            self.check_live()
            self.borders.append(where)
            if len(self.borders) == number:
                raise KilledError(where)

        self.azure.guard = self.journals.guard = guard

    def stop_killing(self) -> None:
        self.kill_at(-1)

    def check_live(self) -> None:
        ready = {name for name, found in self.azure.deployments.items() if found.condition is Condition.READY}
        assert self.azure.traffic.names <= ready

    def state(self) -> tuple[dict[str, int], list[str], list[str]]:
        return (
            self.azure.traffic.as_dict(),
            sorted(self.azure.deployments),
            sorted(model.label for model in self.azure.models.values()),
        )


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def serving_one() -> World:
    world = World()
    world.release(1)
    world.told.clear()
    world.azure.history.clear()
    return world


def test_the_first_release_serves_everything(world: World) -> None:
    released = world.release(1)

    assert released.traffic.as_dict() == {"churn-1": 100}
    assert world.state() == ({"churn-1": 100}, ["churn-1"], ["churn:1"])


def test_the_second_release_moves_traffic_in_steps_and_removes_the_first(serving_one: World) -> None:
    serving_one.release(2)

    assert [traffic.as_dict() for traffic in serving_one.azure.history] == [
        {"churn-1": 90, "churn-2": 10},
        {"churn-1": 50, "churn-2": 50},
        {"churn-2": 100},
    ]
    assert serving_one.state() == ({"churn-2": 100}, ["churn-2"], ["churn:1", "churn:2"])


def test_releasing_the_same_again_changes_nothing(serving_one: World) -> None:
    acts = len(serving_one.azure.acts)

    released = serving_one.release(1)

    assert released.plan.steps == ()
    assert len(serving_one.azure.acts) == acts


def test_a_registered_model_version_is_released_by_its_number(serving_one: World) -> None:
    serving_one.release(2)

    released = serving_one.process().release(make_definition(), RegisteredModel(name="churn", version="1"), ENDPOINT)

    assert released.traffic.as_dict() == {"churn-1": 100}


def test_a_model_version_that_is_not_registered_is_refused(world: World) -> None:
    with pytest.raises(ModelMissingError, match="azureml:churn:9"):
        world.process().plan(make_definition(), RegisteredModel(name="churn", version="9"), ENDPOINT)


def test_planning_changes_nothing(world: World) -> None:
    plan = world.process().plan(make_definition(), make_model(1), ENDPOINT)

    assert len(plan.steps) == 5
    assert world.azure.acts == []


def test_changed_code_is_released_beside_the_old_deployment_of_the_same_model(serving_one: World) -> None:
    released = serving_one.release(1, make_definition(code="code-2"))

    assert released.plan.target.startswith("churn-1-")
    assert released.traffic.names == {released.plan.target}


def test_every_step_is_told_when_it_starts_and_when_it_is_done(serving_one: World) -> None:
    released = serving_one.release(2)

    assert [(each.index, each.phase) for each in serving_one.told] == [
        (index, phase) for index in range(1, len(released.plan.steps) + 1) for phase in (Phase.STARTED, Phase.DONE)
    ]


def test_every_step_stands_in_the_journal_before_it_is_done(serving_one: World) -> None:
    order: list[str] = []
    serving_one.azure.guard = serving_one.journals.guard = order.append

    serving_one.release(2)

    acts = [index for index, where in enumerate(order) if where.startswith("before ") and "before line" not in where]
    assert len(acts) == 6
    assert all(order[index - 1] == "after line started" for index in acts)


BORDERS = range(1, 60)


@pytest.mark.parametrize("number", BORDERS)
@pytest.mark.parametrize("previous", list(Previous))
def test_a_release_killed_anywhere_is_finished_by_the_same_command(
    serving_one: World, number: int, previous: Previous
) -> None:
    definition = make_definition(wait_seconds=3, previous=previous)
    undisturbed = World()
    undisturbed.release(1)
    undisturbed.release(2, definition)
    serving_one.kill_at(number)
    try:
        serving_one.release(2, definition)
    except KilledError:
        assert serving_one.azure.traffic
    serving_one.stop_killing()

    serving_one.release(2, definition)

    assert serving_one.state() == undisturbed.state()
    assert serving_one.azure.base == undisturbed.azure.base


def test_the_borders_that_are_tried_are_all_there_are(serving_one: World) -> None:
    serving_one.stop_killing()

    serving_one.release(2, make_definition(wait_seconds=3))

    assert len(serving_one.borders) < max(BORDERS)


@pytest.mark.parametrize("number", BORDERS)
def test_a_failing_release_killed_anywhere_ends_with_the_old_version_in_service(
    serving_one: World, number: int
) -> None:
    serving_one.azure.broken.add("churn:2")
    serving_one.kill_at(number)
    try:
        serving_one.release(2)
    except (KilledError, RolledBackError):
        assert serving_one.azure.traffic.as_dict() == {"churn-1": 100}
    serving_one.stop_killing()

    with pytest.raises(RolledBackError):
        serving_one.release(2)

    assert serving_one.state() == ({"churn-1": 100}, ["churn-1"], ["churn:1", "churn:2"])


@pytest.mark.parametrize("number", BORDERS)
def test_a_gate_that_fails_with_kills_in_between_restores_the_old_traffic(serving_one: World, number: int) -> None:
    goes_bad_at(serving_one, 50)
    serving_one.kill_at(number)
    definition = make_definition(wait_seconds=3)
    try:
        serving_one.release(2, definition)
    except (KilledError, RolledBackError):
        assert serving_one.azure.traffic
    serving_one.stop_killing()
    serving_one.azure.answers["churn:2"] = {"probability": 0.1}

    with pytest.raises(RolledBackError):
        serving_one.release(2, definition)

    assert serving_one.state()[:2] == ({"churn-1": 100}, ["churn-1"])


def goes_bad_at(world: World, share: int) -> None:
    """Let version 2 answer wrongly from the moment when it has this share."""

    def react(progress: Progress) -> None:
        step = progress.step
        if isinstance(step, ShiftTraffic) and step.traffic.share_of("churn-2") == share:
            world.azure.answers["churn:2"] = {"probability": 0.1}

    world.react = react


def test_a_version_that_crashes_at_its_start_never_gets_traffic(serving_one: World) -> None:
    serving_one.azure.broken.add("churn:2")
    serving_one.azure.log = CRASH_LOG

    with pytest.raises(RolledBackError) as caught:
        serving_one.release(2)

    assert caught.value.exit_code is ExitCode.RELEASE_FAILED
    assert "No module named 'lightgbm'" in str(caught.value)
    assert "churn-1 100 %" in str(caught.value)
    assert serving_one.azure.history == []
    assert serving_one.state()[:2] == ({"churn-1": 100}, ["churn-1"])


def test_a_version_that_answers_otherwise_than_expected_never_gets_traffic(serving_one: World) -> None:
    serving_one.azure.answers["churn:2"] = {"probability": 0.9}

    with pytest.raises(RolledBackError, match=r"\$\.probability is 0\.9, expected 0\.7"):
        serving_one.release(2)

    assert serving_one.azure.history == []
    assert serving_one.state()[:2] == ({"churn-1": 100}, ["churn-1"])


def test_a_version_that_fails_on_a_request_never_gets_traffic(serving_one: World) -> None:
    serving_one.azure.answers["churn:2"] = Answer(status=424, body=b"model failed")

    with pytest.raises(RolledBackError, match="sample single was answered with 424: model failed"):
        serving_one.release(2)

    assert serving_one.azure.history == []


def test_a_front_door_that_is_not_ready_yet_is_asked_again(serving_one: World) -> None:
    serving_one.azure.answers["churn:2"] = chain([Answer(status=503, body=b"warming up")], repeat(GOOD))

    serving_one.release(2)

    assert serving_one.state()[0] == {"churn-2": 100}


def test_a_front_door_that_never_gets_ready_fails_the_version(serving_one: World) -> None:
    serving_one.azure.answers["churn:2"] = Answer(status=503, body=b"no healthy instance")

    with pytest.raises(RolledBackError, match="answered with 503: no healthy instance"):
        serving_one.release(2)

    assert serving_one.azure.history == []


def test_a_version_that_goes_bad_under_traffic_gives_it_back(serving_one: World) -> None:
    goes_bad_at(serving_one, 50)

    with pytest.raises(RolledBackError) as caught:
        serving_one.release(2, make_definition(wait_seconds=3))

    assert isinstance(caught.value.failure, GateFailedError)
    assert "went bad at 50 %" in str(caught.value)
    assert [traffic.as_dict() for traffic in serving_one.azure.history] == [
        {"churn-1": 90, "churn-2": 10},
        {"churn-1": 50, "churn-2": 50},
        {"churn-1": 100},
    ]


def test_a_first_version_that_fails_leaves_nothing_behind(world: World) -> None:
    world.azure.broken.add("churn:1")

    with pytest.raises(RolledBackError, match="none is now"):
        world.release(1)

    assert world.state() == ({}, [], ["churn:1"])


def test_a_failed_first_version_is_deleted_before_the_next_attempt(world: World) -> None:
    definition = make_definition()
    world.azure.broken.add("churn:1")
    world.azure.models[("churn", "1")] = ModelVersion(name="churn", version="1", sha256=make_model(1).sha256)
    world.azure.deployments["churn-1"] = Deployment(
        name="churn-1",
        condition=Condition.DEAD,
        model="churn:1",
        release=definition.deployment.fingerprint(make_model(1).sha256),
    )
    world.azure.broken.clear()

    world.release(1, definition)

    assert world.azure.acts[1:3] == ["delete churn-1", f"create churn-1 of {ENDPOINT}"]
    assert world.state()[0] == {"churn-1": 100}


def test_when_azure_fails_everything_stays_and_the_next_run_goes_on(serving_one: World) -> None:
    def fail(where: str) -> None:
        if where.startswith("before set traffic churn-1=50"):
            raise AzureRequestError("set the traffic", "InternalServerError")

    serving_one.azure.guard = fail

    with pytest.raises(AzureRequestError):
        serving_one.release(2)

    assert serving_one.azure.traffic.as_dict() == {"churn-1": 90, "churn-2": 10}
    serving_one.azure.guard = lambda _: None
    serving_one.release(2)
    assert serving_one.state()[0] == {"churn-2": 100}


def test_a_roll_back_that_azure_stops_says_so_and_how_to_go_on(serving_one: World) -> None:
    serving_one.azure.broken.add("churn:2")

    def fail(where: str) -> None:
        if where.startswith("before delete"):
            raise AzureRequestError("delete deployment churn-2", "InternalServerError")

    serving_one.azure.guard = fail

    with pytest.raises(RollBackIncompleteError, match="--rollback") as caught:
        serving_one.release(2)

    assert caught.value.exit_code is ExitCode.AZURE_FAILED
    assert serving_one.azure.traffic.as_dict() == {"churn-1": 100}


def test_a_version_that_was_kept_takes_the_traffic_back_at_once(serving_one: World) -> None:
    serving_one.release(2, make_definition(previous=Previous.KEEP))

    released = serving_one.process().roll_back("churn", ENDPOINT)

    assert released.traffic.as_dict() == {"churn-1": 100}
    assert len(released.plan.steps) == 1


def test_a_release_that_was_rolled_back_can_be_made_again(serving_one: World) -> None:
    keeping = make_definition(previous=Previous.KEEP)
    serving_one.release(2, keeping)
    serving_one.process().roll_back("churn", ENDPOINT)

    released = serving_one.release(2, keeping)

    assert released.traffic.as_dict() == {"churn-2": 100}
    assert not any(describe_step(step).startswith("create") for step in released.plan.steps)


def test_confirming_removes_the_version_that_was_kept(serving_one: World) -> None:
    serving_one.release(2, make_definition(previous=Previous.KEEP))

    serving_one.process().confirm("churn", ENDPOINT)

    assert serving_one.state()[:2] == ({"churn-2": 100}, ["churn-2"])


def test_two_releases_of_one_endpoint_refuse_each_other(serving_one: World) -> None:
    with serving_one.journals.lock("churn"), pytest.raises(EndpointLockedError, match="process 1"):
        serving_one.release(2)


def test_watching_takes_its_time_and_asks_again_and_again(serving_one: World) -> None:
    begun = serving_one.clock.elapsed()

    serving_one.release(2, make_definition(wait_seconds=30))

    assert serving_one.clock.elapsed() - begun == pytest.approx(60)


def test_no_traffic_is_sent_to_a_deployment_that_died_after_the_plan(serving_one: World) -> None:
    def die(where: str) -> None:
        if where == "after line started" and serving_one.journals.lines[-1][1]["step"] == "ShiftTraffic":
            dead = replace(serving_one.azure.deployments["churn-2"], condition=Condition.DEAD, state="Failed")
            serving_one.azure.deployments["churn-2"] = dead

    serving_one.journals.guard = die

    with pytest.raises(DeadDeploymentError, match="churn-2: it is Failed"):
        serving_one.release(2)

    assert serving_one.azure.history == []


def performer(world: World) -> Performer:
    return Performer(ENDPOINT, assets=world.azure, endpoints=world.azure, scoring=world.azure, clock=world.clock)


def test_each_step_done_twice_changes_nothing_the_second_time(world: World) -> None:
    plan = world.process().plan(make_definition(), make_model(1), ENDPOINT)
    doer = performer(world)
    first = [doer.perform(step) for step in plan.steps]

    second = [doer.perform(step) for step in plan.steps]

    assert first == [True, True, True, False, True]
    assert second == [False] * 5


def test_a_model_version_that_somebody_else_took_is_refused(world: World) -> None:
    mine = ModelVersion(name="churn", version="1", sha256="a" * 64)
    world.azure.models[("churn", "2")] = replace(mine, version="2")

    with pytest.raises(ModelVersionTakenError, match="churn:1"):
        performer(world).perform(RegisterModel(model=mine, path=make_model(1).path))


def test_a_deployment_that_got_traffic_after_the_plan_is_not_deleted(serving_one: World) -> None:
    definition = make_definition()
    plan = serving_one.process().plan(definition, make_model(2), ENDPOINT)

    with pytest.raises(DeploymentCarriesTrafficError, match="churn-1 still has 100 %"):
        performer(serving_one).perform(plan.steps[-1])

    assert serving_one.azure.traffic == Traffic.of({"churn-1": 100})


def test_a_deployment_that_azure_still_makes_is_waited_for(serving_one: World) -> None:
    definition = make_definition()
    plan = serving_one.process().plan(definition, make_model(2), ENDPOINT)
    moving = Deployment(name="churn-2", condition=Condition.MOVING, state="Creating")
    serving_one.azure.deployments["churn-2"] = moving

    class Arriving(FakeClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            serving_one.azure.deployments["churn-2"] = replace(moving, condition=Condition.READY)

    doer = Performer(
        ENDPOINT,
        assets=serving_one.azure,
        endpoints=serving_one.azure,
        scoring=serving_one.azure,
        clock=Arriving(),
    )

    assert doer.perform(plan.steps[1]) is False


def test_a_deployment_that_azure_never_finishes_is_given_up(serving_one: World) -> None:
    plan = serving_one.process().plan(make_definition(), make_model(2), ENDPOINT)
    serving_one.azure.deployments["churn-2"] = Deployment(name="churn-2", condition=Condition.MOVING)

    with pytest.raises(AzureBusyError, match="after 60 minutes"):
        performer(serving_one).perform(plan.steps[1])
