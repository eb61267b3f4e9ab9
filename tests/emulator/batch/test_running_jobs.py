"""Jobs on real nodes: every row once, whatever happens to nodes, workers and scripts."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from support.batch_world import ACCOUNT, ECHO, BatchWorld
from windlass_emulator.batch import live
from windlass_emulator.batch.records import Ledger
from windlass_emulator.batch.spec import Location

GATED = """
    import os, time
    from pathlib import Path

    def init():
        pass

    def run(mini_batch):
        while not Path(os.environ["GATE"]).exists():
            time.sleep(0.01)
        return [Path(file).read_text().strip() for file in mini_batch]
"""

NUMBERS = [str(number) for number in range(10)]


def rows(world: BatchWorld, job: Ledger) -> list[str]:
    """Return the rows of the output, sorted."""
    return sorted(world.output(job).split("\n")[:-1])


@pytest.mark.specified
async def test_every_file_is_scored_once_and_its_rows_are_in_the_output(world: BatchWorld) -> None:
    job = world.invoke(ECHO, mini_batch_size=3)

    assert await world.ended(job) == "Completed"
    assert rows(world, job) == NUMBERS


@pytest.mark.specified
async def test_rows_of_a_data_frame_are_separated_by_spaces_without_header_or_index(world: BatchWorld) -> None:
    job = world.invoke(
        """
        import pandas

        def init():
            pass

        def run(mini_batch):
            return pandas.DataFrame({"name": ["plain", "with space", None], "score": [0.25, 1, 3]})
        """,
        mini_batch_size=10,
    )

    await world.ended(job)

    assert world.output(job) == 'plain 0.25\n"with space" 1.0\n 3.0\n'


@pytest.mark.specified
async def test_elements_of_a_list_are_written_as_their_text_one_a_line(world: BatchWorld) -> None:
    job = world.invoke(
        """
        def init():
            pass

        def run(mini_batch):
            return [("a.csv", 1), {"score": 0.5}, [1, 2], "text"]
        """,
        mini_batch_size=10,
    )

    await world.ended(job)

    assert world.output(job) == "('a.csv', 1)\n{'score': 0.5}\n[1, 2]\ntext\n"


@pytest.mark.specified
async def test_what_a_script_writes_itself_is_in_the_output_and_nothing_else_when_it_is_summary_only(
    world: BatchWorld,
) -> None:
    job = world.invoke(
        """
        import os
        from pathlib import Path

        def init():
            global out
            out = Path(os.environ["AZUREML_BI_OUTPUT_PATH"])

        def run(mini_batch):
            for file in mini_batch:
                (out / (Path(file).stem + ".txt")).write_text(Path(file).read_text())
            return mini_batch
        """,
        output_action="SummaryOnly",
    )

    await world.ended(job)

    assert world.output(job, "part-07.txt") == "7\n"
    with pytest.raises(KeyError):
        world.output(job)


@pytest.mark.specified
async def test_a_script_finds_the_model_its_variables_and_the_modules_beside_it(world: BatchWorld) -> None:
    job = world.invoke(
        """
        import os, sys
        from pathlib import Path

        def init():
            global model
            model = (Path(os.environ["AZUREML_MODEL_DIR"]) / "model.txt").read_text()

        def run(mini_batch):
            return [f"{model} {os.environ['COLOUR']} {Path(__file__).parent == Path.cwd()}"]
        """,
        mini_batch_size=10,
        variables={"COLOUR": "blue"},
    )

    await world.ended(job)

    assert world.output(job) == "a model blue True\n"


@pytest.mark.inferred
async def test_a_node_that_is_killed_gives_its_mini_batch_back_and_is_replaced(
    world: BatchWorld, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    job = world.invoke(GATED, variables={"GATE": str(gate)}, max_retries=0)
    await world.until(lambda: [node["state"] for node in world.nodes()] == ["running", "running"])

    victim = world.nodes()[0]
    os.kill(victim["pid"], signal.SIGKILL)
    await world.until(lambda: victim["pid"] not in [node["pid"] for node in world.nodes()])
    await world.until(lambda: [node["state"] for node in world.nodes()] == ["running", "running"])
    gate.touch()

    assert await world.ended(job) == "Completed"
    assert rows(world, job) == NUMBERS
    assert {batch.failures for batch in job.batches()} == {0}


@pytest.mark.inferred
async def test_no_worker_outlives_its_node(world: BatchWorld, tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    world.invoke(
        """
        import os, time
        from pathlib import Path

        def init():
            Path(os.environ["PID"]).write_text(str(os.getpid()))

        def run(mini_batch):
            time.sleep(600)
        """,
        variables={"PID": str(pid)},
        instance_count=1,
    )
    await world.until(lambda: pid.exists() and pid.read_text() != "")

    worker = int(pid.read_text())
    os.kill(world.nodes()[0]["pid"], signal.SIGKILL)

    await world.until(lambda: not Path(f"/proc/{worker}").exists(), within=5)


@pytest.mark.specified
async def test_a_mini_batch_that_fails_is_tried_again_as_often_as_the_settings_say(
    world: BatchWorld, tmp_path: Path
) -> None:
    job = world.invoke(
        """
        import os
        from pathlib import Path

        def init():
            pass

        def run(mini_batch):
            tries = Path(os.environ["TRIES"]) / Path(mini_batch[0]).name
            with tries.open("a") as file:
                file.write("x")
            if "part-03" in mini_batch[0] and tries.stat().st_size < 3:
                raise ValueError("not yet")
            return ["row"]
        """,
        max_retries=2,
        variables={"TRIES": str(tmp_path)},
    )

    assert await world.ended(job) == "Completed"
    assert len(rows(world, job)) == 10
    assert (tmp_path / "part-03.csv").read_text() == "xxx"
    assert "not yet" in world.log(job.spec.child, "logs/user/error.txt")


@pytest.mark.specified
async def test_failures_up_to_the_error_threshold_leave_the_job_completed(world: BatchWorld) -> None:
    job = world.invoke(FAILS_ON_TWO, max_retries=0, error_threshold=2)

    assert await world.ended(job) == "Completed"
    assert len(rows(world, job)) == 8


@pytest.mark.specified
async def test_a_job_fails_with_the_scripts_error_when_more_inputs_fail_than_the_threshold(world: BatchWorld) -> None:
    job = world.invoke(FAILS_ON_TWO, max_retries=0, error_threshold=1)

    assert await world.ended(job) == "Failed"
    assert "error threshold of the deployment is 1" in job.fact("error")["message"]
    assert "ValueError: bad file" in job.fact("error")["message"]


FAILS_ON_TWO = """
    def init():
        pass

    def run(mini_batch):
        if "part-03" in mini_batch[0] or "part-05" in mini_batch[0]:
            raise ValueError("bad file")
        return ["row"]
"""


@pytest.mark.specified
async def test_a_mini_batch_that_returns_too_few_rows_counts_towards_the_threshold(world: BatchWorld) -> None:
    job = world.invoke(
        """
        def init():
            pass

        def run(mini_batch):
            return mini_batch[1:]
        """,
        mini_batch_size=5,
        error_threshold=1,
    )

    assert await world.ended(job) == "Failed"
    assert job.progress().items_failed == 2


@pytest.mark.specified
async def test_a_mini_batch_over_its_time_is_stopped_by_killing_its_worker(world: BatchWorld) -> None:
    job = world.invoke(
        """
        import time

        def init():
            pass

        def run(mini_batch):
            if "part-04" in mini_batch[0]:
                time.sleep(600)
            return ["row"]
        """,
        timeout=0.3,
        max_retries=1,
    )

    assert await world.ended(job) == "Completed"
    slow = job.batches()[4]
    assert (slow.outcome, slow.failures) == ("failed", 2)
    assert slow.error == "run() did not return within 0.3 seconds."
    assert len(rows(world, job)) == 9


@pytest.mark.inferred
async def test_a_worker_that_dies_in_run_fails_its_mini_batch_and_is_replaced(world: BatchWorld) -> None:
    job = world.invoke(
        """
        import os

        def init():
            pass

        def run(mini_batch):
            if "part-04" in mini_batch[0]:
                os._exit(7)
            return ["row"]
        """,
        max_retries=0,
        instance_count=1,
    )

    assert await world.ended(job) == "Completed"
    assert job.batches()[4].error == "The worker process exited with code 7 while the script ran."
    assert len(rows(world, job)) == 9


@pytest.mark.specified
@pytest.mark.parametrize(
    ("script", "cause"),
    [
        ("import no_such_package\ndef init(): pass\ndef run(mini_batch): return []", "no_such_package"),
        ("def init(): raise OSError('no model')\ndef run(mini_batch): return []", "OSError: no model"),
        ("def init(): raise SystemExit(3)\ndef run(mini_batch): return []", "SystemExit: 3"),
        ("def run(mini_batch): return []", "has no function init()"),
    ],
)
async def test_a_job_whose_init_fails_everywhere_fails_with_the_cause(
    world: BatchWorld, script: str, cause: str
) -> None:
    job = world.invoke(script)

    assert await world.ended(job) == "Failed"
    assert cause in job.fact("error")["message"]


@pytest.mark.specified
async def test_what_is_neither_a_list_nor_a_data_frame_is_a_failure_that_says_so(world: BatchWorld) -> None:
    job = world.invoke("def init(): pass\ndef run(mini_batch): return 'text'", max_retries=0, error_threshold=0)

    assert await world.ended(job) == "Failed"
    assert "must return a pandas DataFrame or a list, not str" in job.fact("error")["message"]


@pytest.mark.inferred
async def test_a_job_without_input_fails_and_says_where_it_looked(world: BatchWorld) -> None:
    job = world.invoke(ECHO, input=Location(ACCOUNT, "blobs", "nowhere", "azureml://nowhere"))

    assert await world.ended(job) == "Failed"
    assert job.fact("error")["message"] == "There are no files at the input 'azureml://nowhere'."


@pytest.mark.specified
async def test_an_input_of_one_file_is_one_mini_batch(world: BatchWorld) -> None:
    job = world.invoke(ECHO, input=Location(ACCOUNT, "blobs", "in/part-08.csv", "azureml://one"), single_file=True)

    assert await world.ended(job) == "Completed"
    assert world.output(job) == "8\n"


@pytest.mark.specified
async def test_several_workers_of_a_node_work_at_once(world: BatchWorld) -> None:
    # Each mini-batch waits until all four run at the same time.
    job = world.invoke(
        """
        import os, time
        from pathlib import Path

        def init():
            pass

        def run(mini_batch):
            place = Path(os.environ["AZUREML_BI_OUTPUT_PATH"])
            (place / Path(mini_batch[0]).name).touch()
            while len(list(place.glob("part-*"))) < 4:
                time.sleep(0.01)
            return ["row"]
        """,
        instance_count=2,
        concurrency=2,
    )

    assert await world.ended(job) == "Completed"
    assert len(rows(world, job)) == 10


@pytest.mark.specified
async def test_a_cluster_grows_from_none_to_what_the_job_asks_and_back_to_none(world: BatchWorld) -> None:
    job = world.invoke(ECHO)
    await world.ended(job)
    await world.until(lambda: not world.nodes())

    counts = [count for _, count in job.fact("nodes")]
    assert (counts[0], max(counts), counts[-1]) == (0, 2, 0)


@pytest.mark.inferred
async def test_a_cluster_keeps_its_minimum_of_nodes_and_never_exceeds_its_maximum(world: BatchWorld) -> None:
    world.scale(1, 1)
    await world.until(lambda: [node["state"] for node in world.nodes()] == ["idle"])
    job = world.invoke(ECHO, instance_count=4)
    await world.ended(job)

    assert {count for _, count in job.fact("nodes")} == {1}
    assert [node["state"] for node in world.nodes()] in (["idle"], ["running"])


@pytest.mark.inferred
async def test_jobs_share_a_cluster_one_after_the_other(world: BatchWorld) -> None:
    first, second = world.invoke(ECHO), world.invoke(ECHO)

    assert await world.ended(first) == "Completed"
    assert await world.ended(second) == "Completed"
    assert rows(world, first) == rows(world, second) == NUMBERS


@pytest.mark.inferred
async def test_a_cancelled_job_ends_its_workers_and_publishes_nothing(world: BatchWorld, tmp_path: Path) -> None:
    job = world.invoke(GATED, variables={"GATE": str(tmp_path / "never")})
    await world.until(lambda: job.status == "Running")

    await live.live(world.azure).cancel(job.job_id)

    assert job.status == "Canceled"
    await world.until(lambda: not world.nodes())
    with pytest.raises(KeyError):
        world.output(job)


@pytest.mark.inferred
async def test_a_job_goes_on_after_a_restart_without_scoring_finished_mini_batches_again(tmp_path: Path) -> None:
    world = await BatchWorld.at(tmp_path).start()
    world.add_input("in", {f"part-{number:02}.csv": f"{number}\n" for number in range(10)})
    gate, calls = tmp_path / "gate", tmp_path / "calls"
    calls.mkdir()
    job = world.invoke(
        """
        import os, time, uuid
        from pathlib import Path

        def init():
            pass

        def run(mini_batch):
            number = Path(mini_batch[0]).read_text().strip()
            while int(number) > 4 and not Path(os.environ["GATE"]).exists():
                time.sleep(0.01)
            (Path(os.environ["CALLS"]) / f"{number}-{uuid.uuid4()}").touch()
            return [number]
        """,
        variables={"GATE": str(gate), "CALLS": str(calls)},
    )
    await world.until(lambda: job.progress().done == 5)
    await world.stop()

    gate.touch()
    again = await BatchWorld.at(tmp_path, blobs=world.blobs).start()
    after = Ledger(again.azure, job.job_id)
    status = await again.ended(after)
    finished = rows(again, after)
    await again.stop()

    assert status == "Completed"
    assert finished == NUMBERS
    assert sorted(call.name.split("-")[0] for call in calls.iterdir()) == NUMBERS


@pytest.mark.inferred
async def test_what_scripts_print_is_in_the_logs_of_the_step(world: BatchWorld) -> None:
    job = world.invoke("def init(): print('hello from init')\ndef run(mini_batch): return mini_batch", instance_count=1)
    await world.ended(job)

    (name,) = [name for name in job.fact(f"logs.{job.spec.child}") if name.startswith("logs/user/stdout/")]
    assert "hello from init" in world.log(job.spec.child, name)


@pytest.mark.inferred
async def test_the_progress_overview_counts_mini_batches_items_and_rows(world: BatchWorld) -> None:
    job = world.invoke(ECHO, mini_batch_size=5)
    await world.ended(job)

    (name,) = [name for name in job.fact(f"logs.{job.spec.child}") if "job_progress_overview" in name]
    assert "Mini-batches: 2 in all, 2 succeeded, 0 failed. Items: 10 in all, 0 failed. Rows: 10." in world.log(
        job.spec.child, name
    )


@pytest.mark.inferred
async def test_a_job_whose_cluster_is_deleted_fails_and_says_so(world: BatchWorld, tmp_path: Path) -> None:
    job = world.invoke(GATED, variables={"GATE": str(tmp_path / "never")})
    await world.until(lambda: job.status == "Running")

    await world.azure.live["clusters"].release(job.spec.compute)

    assert await world.ended(job) == "Failed"
    assert job.fact("error")["message"] == "The compute 'cluster' on which the job runs was deleted."
    assert world.nodes() == []


@pytest.mark.inferred
async def test_a_job_whose_interpreter_is_gone_fails_and_says_so(tmp_path: Path) -> None:
    world = await BatchWorld.at(tmp_path, interpreter=tmp_path / "no-python").start()
    world.add_input("in", {"a.csv": "1\n"})
    job = world.invoke(ECHO)

    status, error = await world.ended(job), job.fact("error")
    await world.stop()

    assert status == "Failed"
    assert "no-python" in error["message"]


@pytest.mark.inferred
async def test_a_node_cleans_up_after_each_job(world: BatchWorld) -> None:
    job = world.invoke(ECHO)
    await world.ended(job)
    await world.until(lambda: not world.nodes())

    assert not list(world.folder.glob("data/batch/nodes/*/"))
    assert not (job.folder / "input").exists()


@pytest.mark.inferred
async def test_nodes_over_time_end_with_the_local_azure(tmp_path: Path) -> None:
    world = await BatchWorld.at(tmp_path).start()
    world.add_input("in", {"a.csv": "1\n"})
    world.scale(1, 1)
    job = world.invoke(ECHO)
    await world.ended(job)
    await world.stop()

    again = await BatchWorld.at(tmp_path, blobs=world.blobs).start()
    course = Ledger(again.azure, job.job_id).fact("nodes")
    await again.stop()

    assert course[-1][1] == 0


@pytest.mark.inferred
async def test_a_job_whose_model_is_gone_fails_and_names_it(world: BatchWorld) -> None:
    job = world.invoke(ECHO, model="azureml:gone:7")

    assert await world.ended(job) == "Failed"
    assert "gone:7" in job.fact("error")["message"]
