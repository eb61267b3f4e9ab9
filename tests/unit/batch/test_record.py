from __future__ import annotations

from pathlib import Path

import pytest
from support.fake_azure import FakeClock

from windlass.batch.record import FileRuns, Phase, Run
from windlass.errors.batch import RunBusyError, RunUnreadableError


@pytest.fixture
def runs(tmp_path: Path) -> FileRuns:
    return FileRuns(tmp_path, "local", "churn", FakeClock())


def make_run(name: str = "r1", **changes: object) -> Run:
    return Run(run=name, endpoint="churn", source="c.csv", digest="d1", wanted_model="m1").moved(**changes)


def test_a_record_is_read_back_as_it_was_saved(runs: FileRuns) -> None:
    saved = runs.save(make_run(phase=Phase.STARTED, job="job-1", rows=3))

    assert runs.all() == (saved,)


def test_a_later_phase_replaces_the_earlier_one(runs: FileRuns) -> None:
    runs.save(make_run())

    runs.save(make_run(phase=Phase.STARTING))

    assert [run.phase for run in runs.all()] == [Phase.STARTING]


@pytest.mark.parametrize("phase", list(Phase))
def test_only_runs_with_something_left_to_do_are_taken_up(runs: FileRuns, phase: Phase) -> None:
    runs.save(make_run(phase=phase))

    found = runs.find_open("d1", "m1")

    assert (found is not None) == (phase in {Phase.PREPARED, Phase.STARTING, Phase.STARTED})


@pytest.mark.parametrize(("digest", "model"), [("d2", "m1"), ("d1", "m2")])
def test_another_input_or_model_is_another_run(runs: FileRuns, digest: str, model: str) -> None:
    runs.save(make_run())

    assert runs.find_open(digest, model) is None


def test_the_latest_of_several_unfinished_runs_is_taken_up(runs: FileRuns) -> None:
    runs.save(make_run("20260101-000000-aaaaaa"))
    latest = runs.save(make_run("20260102-000000-aaaaaa"))

    assert runs.find_open("d1", "m1") == latest


def test_a_run_is_found_by_its_job(runs: FileRuns) -> None:
    runs.save(make_run("r1", job="job-1"))
    second = runs.save(make_run("r2", job="job-2"))

    assert runs.find_job("job-2") == second
    assert runs.find_job("job-3") is None


def test_names_of_runs_in_one_second_differ(runs: FileRuns) -> None:
    first = runs.new_name("azureml:customers:3")
    runs.save(make_run(first))

    second = runs.new_name("azureml:customers:3")

    assert first == "20231114-221320-05086d"
    assert second == f"{first}-2"


def test_what_died_before_its_record_is_swept_away(runs: FileRuns) -> None:
    runs.save(make_run("kept"))
    runs.folder("dead").mkdir()
    (runs.folder("dead") / "part-00001.csv").write_text("")

    runs.sweep()

    assert runs.folder("kept").is_dir()
    assert not runs.folder("dead").exists()


def test_one_process_at_a_time(runs: FileRuns, tmp_path: Path) -> None:
    other = FileRuns(tmp_path, "local", "churn", FakeClock())

    with runs.lock(), pytest.raises(RunBusyError), other.lock():
        pass
    with other.lock():
        pass


def test_a_record_of_another_version_is_named_and_not_guessed(runs: FileRuns) -> None:
    runs.save(make_run())
    (runs.folder("r1") / "run.json").write_text('{"version": 1, "surprise": true}')

    with pytest.raises(RunUnreadableError, match=r"run\.json"):
        runs.all()
