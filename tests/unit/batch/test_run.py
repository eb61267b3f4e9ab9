from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from support.batch import (
    ENDPOINT,
    FakeBatchEndpoints,
    FakeBatchJobs,
    GuardedRuns,
    Heard,
    KilledError,
    make_wish,
    score_line,
    write_customers,
)
from support.definitions import make_model
from support.fake_azure import FakeAzure, FakeClock

from windlass.batch.models import Collected, JobStatus, RegisteredData
from windlass.batch.record import Phase
from windlass.batch.run import BatchRuns, Wish
from windlass.errors import ExitCode
from windlass.errors.azure import AzureUnreachableError
from windlass.errors.batch import (
    BatchDeploymentFailedError,
    JobFailedError,
    JobNotFoundError,
    NoBatchModelError,
    ResultsUnreadableError,
    RowsMissingError,
    RowsUnexpectedError,
    RunBusyError,
)
from windlass.errors.release import ModelMissingError
from windlass.project.definitions import RegisteredModel

COUNT = 1_200


class World:
    """A workspace, records on disk and a clock; `process` is a new process on them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.guard: Callable[[str], None] = lambda _: None
        self.assets = FakeAzure()
        self.endpoints = FakeBatchEndpoints(self.assets, guard=self.border)
        self.jobs = FakeBatchJobs(guard=self.border)
        self.assets.guard = self.border
        self.clock = FakeClock()
        self.heard = Heard()
        self.table = write_customers(folder / "customers.csv", COUNT)
        self.database = folder / "results.sqlite"

    def border(self, where: str) -> None:
        self.guard(where)

    def runs(self) -> GuardedRuns:
        return GuardedRuns(self.folder / "records", self.clock, self.border)

    def process(self) -> BatchRuns:
        return BatchRuns(
            assets=self.assets, endpoints=self.endpoints, jobs=self.jobs, runs=self.runs(), clock=self.clock
        )

    def wish(self, **changes: object) -> Wish:
        facts: dict[str, object] = {"model": make_model(1), "database": self.database}
        return make_wish(self.table, **{**facts, **changes})

    def run(self, **changes: object) -> Collected:
        return self.process().run(self.wish(**changes), self.heard)

    def rows(self) -> list[tuple[str, str]]:
        with sqlite3.connect(self.database) as connection:
            found = connection.execute("SELECT job, customer_id FROM churn_predictions").fetchall()
        connection.close()
        return found


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def expected_lines(count: int = COUNT) -> list[str]:
    return [score_line(f"C{number}") for number in range(count)]


def test_a_table_is_scored_and_each_row_collected_once(world: World) -> None:
    collected = world.run()

    assert (collected.rows, collected.expected) == (COUNT, COUNT)
    assert len(collected.files[1].read_text().splitlines()) == COUNT + 1
    assert len(world.rows()) == len(set(world.rows())) == COUNT


def test_the_first_run_registers_deploys_and_sets_the_default(world: World) -> None:
    collected = world.run()

    assert collected.deployment == world.endpoints.default == "churn-1"
    assert [name for name, done in world.heard.steps if done] == [
        "RegisterModel",
        "RegisterEnvironment",
        "CreateBatchDeployment",
        "SetDefault",
        "StartJob",
        "FollowJob",
        "CollectResults",
    ]


def test_the_second_run_of_the_same_model_only_starts_a_job(world: World) -> None:
    world.run()
    world.heard = Heard()

    second = world.run()

    assert second.job == "batchjob-2"
    assert [name for name, done in world.heard.steps if done] == ["StartJob", "FollowJob", "CollectResults"]


def test_two_jobs_of_one_table_are_both_in_the_database(world: World) -> None:
    world.run()
    world.run()

    assert len(world.rows()) == len(set(world.rows())) == 2 * COUNT


def test_the_input_is_removed_when_its_rows_are_collected(world: World) -> None:
    world.run()

    assert not list(world.folder.glob("records/**/part-*"))


def test_nodes_and_looks_are_told(world: World) -> None:
    collected = world.run()

    assert collected.nodes_over_time == (0, 1, 0)
    assert [look.job.status for look in world.heard.looks] == [
        JobStatus.WAITING,
        JobStatus.RUNNING,
        JobStatus.COMPLETED,
    ]


def test_rows_of_a_retried_mini_batch_are_collected_once(world: World) -> None:
    world.jobs.spoil["batchjob-1"] = [*expected_lines(), *expected_lines(100), "C5 0.", "C1"]

    collected = world.run()

    assert (collected.rows, collected.repeated, collected.unreadable) == (COUNT, 100, 2)
    assert len(world.rows()) == COUNT


def test_rows_without_result_are_named_and_the_others_kept(world: World) -> None:
    world.jobs.spoil["batchjob-1"] = expected_lines()[2:]

    with pytest.raises(RowsMissingError, match="without result: C0, C1") as caught:
        world.run()

    assert caught.value.exit_code is ExitCode.AZURE_FAILED
    assert len(world.rows()) == COUNT - 2


def test_rows_that_the_input_does_not_have_are_named_and_left_out(world: World) -> None:
    world.jobs.spoil["batchjob-1"] = [*expected_lines(), "stranger 0.5 1"]

    with pytest.raises(RowsUnexpectedError, match="stranger"):
        world.run()

    assert len(world.rows()) == COUNT


def test_results_of_another_form_are_refused(world: World) -> None:
    world.jobs.spoil["batchjob-1"] = ["C0,0.5,1", "C1,0.5,1"]

    with pytest.raises(ResultsUnreadableError, match="customer_id \\(text\\)"):
        world.run()


def test_a_job_without_results_is_told(world: World) -> None:
    world.jobs.writes_files = False

    with pytest.raises(ResultsUnreadableError, match="left no file"):
        world.run()


def test_a_failed_job_says_why_and_the_next_command_starts_a_new_one(world: World) -> None:
    world.jobs.statuses = (JobStatus.RUNNING, JobStatus.FAILED)
    world.jobs.log = ("BadFileError: part-00001.csv: age cannot be 'old'", "more")
    with pytest.raises(JobFailedError, match="age cannot be 'old'"):
        world.run()
    world.jobs.statuses = (JobStatus.COMPLETED,)

    assert world.run().job == "batchjob-2"


def test_a_cancelled_job_is_no_result(world: World) -> None:
    world.jobs.statuses = (JobStatus.CANCELED,)

    with pytest.raises(JobFailedError, match="ended Canceled"):
        world.run()


def test_a_job_whose_answer_got_lost_is_taken_up_by_the_next_command(world: World) -> None:
    world.jobs.loses_answers = 1
    with pytest.raises(AzureUnreachableError):
        world.run()

    collected = world.run()

    assert (collected.job, len(world.jobs.jobs)) == ("batchjob-1", 1)


def test_a_job_that_is_gone_with_its_workspace_holds_up_nothing(world: World) -> None:
    world.guard = kill_at("before look", 1)
    with pytest.raises(KilledError):
        world.run()
    world.guard = lambda _: None
    world.jobs.jobs.clear()

    collected = world.run()

    assert (collected.rows, world.heard.taken_up) == (COUNT, [])


def test_another_table_or_another_model_is_another_run(world: World) -> None:
    world.guard = kill_at("before look", 1)
    with pytest.raises(KilledError):
        world.run()
    world.guard = lambda _: None

    world.run(model=make_model(2))
    world.table = write_customers(world.folder / "others.csv", 10)
    world.run()

    assert len(world.jobs.jobs) == 3
    assert world.heard.taken_up == []


def test_a_job_is_resumed_by_its_name(world: World) -> None:
    world.guard = kill_at("before look", 2)
    with pytest.raises(KilledError):
        world.run()
    world.guard = lambda _: None

    collected = world.process().resume("batchjob-1", make_wish(None), world.heard)

    assert (collected.job, collected.rows, collected.expected) == ("batchjob-1", COUNT, COUNT)


def test_a_collected_job_can_be_collected_again_into_another_place(world: World) -> None:
    world.run()
    elsewhere = world.folder / "elsewhere"

    collected = world.process().resume("batchjob-1", make_wish(None, folder=elsewhere), world.heard)

    assert collected.rows == COUNT
    assert sorted(path.name for path in elsewhere.iterdir()) == ["predictions.csv", "predictions.parquet"]


def test_a_job_started_elsewhere_is_followed_and_collected(world: World, tmp_path: Path) -> None:
    world.run()
    (tmp_path / "other").mkdir()
    other = World(tmp_path / "other")
    other.jobs, other.endpoints = world.jobs, world.endpoints

    counted = other.process().resume("batchjob-1", other.wish(), other.heard)

    assert (counted.rows, counted.expected, counted.model) == (COUNT, COUNT, "churn:1")


def test_without_the_input_nobody_claims_that_a_foreign_job_is_complete(world: World, tmp_path: Path) -> None:
    world.run()
    (tmp_path / "other").mkdir()
    other = World(tmp_path / "other")
    other.jobs, other.endpoints = world.jobs, world.endpoints

    collected = other.process().resume("batchjob-1", make_wish(None), other.heard)

    assert (collected.rows, collected.expected) == (COUNT, None)


def test_a_job_that_nobody_knows_is_refused(world: World) -> None:
    with pytest.raises(JobNotFoundError):
        world.process().resume("batchjob-9", make_wish(None), world.heard)


def test_a_cancelled_job_is_over_and_the_same_command_starts_a_new_one(world: World) -> None:
    world.guard = kill_at("before look", 2)
    with pytest.raises(KilledError):
        world.run()
    world.guard = lambda _: None

    ended = world.process().cancel("batchjob-1", world.heard)

    assert ended.status is JobStatus.CANCELED
    assert world.run().job == "batchjob-2"


def test_a_job_that_has_completed_stays_completed_when_it_is_cancelled(world: World) -> None:
    world.guard = kill_at("before download", 1)
    with pytest.raises(KilledError):
        world.run()
    world.guard = lambda _: None

    ended = world.process().cancel("batchjob-1", world.heard)

    assert ended.status is JobStatus.COMPLETED
    assert world.run().job == "batchjob-1"


def test_a_network_that_is_away_for_a_while_does_not_end_the_command(world: World) -> None:
    world.jobs.loses_looks = 9

    assert world.run().rows == COUNT


def test_a_network_that_stays_away_ends_the_command_and_not_the_job(world: World) -> None:
    world.jobs.loses_looks = 11
    with pytest.raises(AzureUnreachableError):
        world.run()

    assert world.run().job == "batchjob-1"


def test_two_processes_do_not_run_at_once(world: World) -> None:
    with world.runs().lock(), pytest.raises(RunBusyError):
        world.run()


def test_a_failed_deployment_is_made_again(world: World) -> None:
    world.endpoints.broken.add("churn:1")
    with pytest.raises(BatchDeploymentFailedError):
        world.run()
    world.endpoints.broken.clear()

    collected = world.run()

    assert collected.deployment == "churn-1"
    assert ("DeleteBatchDeployment", True) in world.heard.steps


def test_a_registered_model_that_does_not_exist_is_named(world: World) -> None:
    with pytest.raises(ModelMissingError):
        world.run(model=RegisteredModel(name="churn", version="9"))


def test_without_a_model_the_last_one_scores(world: World) -> None:
    world.run()

    assert world.run(model=None).model == "churn:1"


def test_without_any_model_there_is_nothing_to_score_with(world: World) -> None:
    with pytest.raises(NoBatchModelError):
        world.run(model=None)


def test_a_plan_changes_nothing(world: World) -> None:
    plan = world.process().plan(world.wish())

    assert [type(step).__name__ for step in plan.steps] == [
        "RegisterModel",
        "RegisterEnvironment",
        "CreateBatchDeployment",
        "SetDefault",
        "StartJob",
        "FollowJob",
        "CollectResults",
    ]
    assert not world.assets.models
    assert not (world.folder / "records").exists()


def test_data_of_the_workspace_is_sent_as_it_is_named(world: World) -> None:
    source = RegisteredData(name="customers", version="3")
    wish = make_wish(None, model=make_model(1))
    plan = world.process().plan(replace(wish, source=source))

    start = plan.steps[4]

    assert getattr(start, "source", None) == "azureml:customers:3"
    assert getattr(start, "rows", 0) is None


def kill_at(place: str, times: int) -> Callable[[str], None]:
    """Kill the process when it passes a border for the n-th time."""
    passed = 0

    def guard(where: str) -> None:
        nonlocal passed
        passed += where == place
        if where == place and passed == times:
            raise KilledError(where)

    return guard


def borders(folder: Path) -> list[str]:
    """Every border that a whole run passes, in order."""
    folder.mkdir()
    world = World(folder)
    passed: list[str] = []
    world.guard = passed.append
    world.run()
    return passed


def test_a_run_killed_at_any_border_is_finished_by_the_same_command(tmp_path: Path) -> None:
    places = borders(tmp_path / "whole")

    assert len(places) > 20
    for number, place in enumerate(places):
        (tmp_path / str(number)).mkdir()
        world = World(tmp_path / str(number))
        world.guard = kill_at(place, places[: number + 1].count(place))
        with pytest.raises(KilledError):
            world.run()
        world.guard = lambda _: None

        collected = world.run()

        assert collected.rows == COUNT, place
        assert len(world.rows()) == len(set(world.rows())), place
        # Only a run that was recorded as collected may be followed by another job.
        assert len(world.jobs.jobs) == (2 if place == "after collected" else 1), place


def test_a_run_killed_at_two_borders_in_a_row_is_finished_as_well(tmp_path: Path) -> None:
    places = borders(tmp_path / "whole")

    for number in range(0, len(places) - 2, 3):
        (tmp_path / str(number)).mkdir()
        world = World(tmp_path / str(number))
        for place in (places[number], places[number + 1]):
            world.guard = kill_at(place, 1)
            with pytest.raises(KilledError):
                world.run()
        world.guard = lambda _: None

        assert world.run().rows == COUNT
        assert len({job for job, _ in world.rows()}) == len(world.jobs.jobs) == 1


def test_a_run_that_died_before_its_record_leaves_nothing(world: World) -> None:
    world.guard = kill_at("before prepared", 1)
    with pytest.raises(KilledError):
        world.run()
    world.guard = lambda _: None

    world.run()

    assert len(world.runs().all()) == 1
    assert world.runs().all()[0].phase is Phase.COLLECTED
    assert len(list((world.folder / "records/local/churn").glob("*/"))) == 1
    assert ENDPOINT in world.runs().all()[0].output
