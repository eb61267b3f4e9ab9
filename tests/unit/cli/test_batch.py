from __future__ import annotations

import io
from pathlib import Path

from windlass.batch.models import (
    Collected,
    CollectResults,
    FollowJob,
    Job,
    JobStatus,
    Plan,
    Progress,
    SetDefault,
)
from windlass.cli.batch import BatchLines, show_batch_plan, show_collected

RUNNING = Progress(job=Job(name="job-1", status=JobStatus.RUNNING, state="Running"), done=1, total=4)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_in_a_file_a_step_is_one_line_and_a_look_only_what_is_new() -> None:
    stream = io.StringIO()
    lines = BatchLines(stream)

    lines.resumed("run-1", "")
    lines.step(SetDefault(name="churn-1"), done=False)
    lines.step(SetDefault(name="churn-1"), done=True)
    lines.progress(RUNNING)
    lines.progress(RUNNING)
    lines.step(FollowJob(), done=True)

    assert stream.getvalue().splitlines() == [
        "going on with run run-1",
        "make churn-1 the default of the endpoint",
        "job-1: Running, 1/4 mini-batches, 0 s",
    ]


def test_on_a_terminal_the_job_is_one_line_that_is_written_anew() -> None:
    stream = Terminal()
    lines = BatchLines(stream)

    lines.step(FollowJob(), done=False)
    lines.progress(RUNNING)
    lines.progress(RUNNING)
    lines.step(FollowJob(), done=True)
    lines.step(CollectResults(folder="out"), done=False)

    assert stream.getvalue().count("\n") == 1
    assert stream.getvalue().count("\r\033[Kjob-1: Running") == 2


def test_a_resumed_job_is_named() -> None:
    stream = io.StringIO()

    BatchLines(stream).resumed("run-1", "job-1")

    assert stream.getvalue() == "going on with job job-1\n"


def test_a_plan_is_numbered_lines() -> None:
    stream = io.StringIO()
    plan = Plan(endpoint="e", deployment="d", model="m", steps=(SetDefault(name="d"), FollowJob()))

    show_batch_plan(plan, stdout=stream)

    assert stream.getvalue() == (
        "Plan for e, nothing was changed:\n  1. make d the default of the endpoint\n  2. follow the job\n"
    )


def test_the_end_is_aligned() -> None:
    stream = io.StringIO()
    collected = Collected(
        job="j",
        deployment="d",
        model="m:1",
        rows=3,
        expected=None,
        repeated=0,
        differing=0,
        unreadable=0,
        files=(Path("out/predictions.csv"),),
    )

    show_collected(collected, stdout=stream)

    assert stream.getvalue().splitlines()[:3] == [
        "job         j",
        "deployment  d (m:1)",
        "rows        3, each once",
    ]
