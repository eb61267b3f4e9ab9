"""Shows batch runs: lines on stderr while they go on, the end on stdout."""

from __future__ import annotations

import sys
from typing import TextIO

from windlass.batch.models import Collected, FollowJob, Plan, Progress, Step
from windlass.batch.report import collected_as_lines, describe_progress, describe_step


class BatchLines:
    """Says on stderr what a batch run is doing.

    On a terminal the line of a job under way is rewritten in place; elsewhere a line is written when it says
    something new.
    """

    def __init__(self, stderr: TextIO | None = None) -> None:
        self._stderr = stderr or sys.stderr
        self._terminal = self._stderr.isatty()
        self._last = ""

    def step(self, step: Step, *, done: bool) -> None:
        """A step begins, or is done."""
        if self._terminal and not isinstance(step, FollowJob):
            self._write(f"\r\033[K{describe_step(step)}{'' if done else ' ...'}", end="\n" if done else "")
        elif self._terminal and done:
            self._write("")
        elif done and not isinstance(step, FollowJob):
            self._write(describe_step(step))

    def progress(self, progress: Progress) -> None:
        """The job is this far."""
        line = f"{progress.job.name}: {describe_progress(progress)}"
        if self._terminal:
            self._write(f"\r\033[K{line}, {progress.seconds:.0f} s", end="")
        elif line != self._last:
            self._write(f"{line}, {progress.seconds:.0f} s")
        self._last = line

    def resumed(self, run: str, job: str) -> None:
        """An unfinished run is taken up."""
        self._write(f"going on with job {job}" if job else f"going on with run {run}")

    def _write(self, text: str, *, end: str = "\n") -> None:
        self._stderr.write(f"{text}{end}")
        self._stderr.flush()


def show_batch_plan(plan: Plan, *, stdout: TextIO | None = None) -> None:
    """Print what would be done."""
    stream = stdout or sys.stdout
    stream.write(f"Plan for {plan.endpoint}, nothing was changed:\n")
    stream.writelines(f"  {number}. {describe_step(step)}\n" for number, step in enumerate(plan.steps, start=1))


def show_collected(collected: Collected, *, stdout: TextIO | None = None) -> None:
    """Print how a run ended."""
    stream = stdout or sys.stdout
    stream.writelines(f"{label:<11} {text}\n" for label, text in collected_as_lines(collected))
