"""Says on stderr what a release is doing: a bar on a terminal, a line per step anywhere else."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from windlass.release.models import Phase, Progress
from windlass.release.ports import Listener
from windlass.release.report import describe_step


@contextmanager
def showing_progress(stderr: TextIO | None = None) -> Iterator[Listener]:
    """Lend a listener that shows what it hears for as long as the release goes on."""
    stream = stderr or sys.stderr
    if not stream.isatty():
        yield _Lines(stream)
        return
    with _terminal_bar(stream) as bar:
        yield _Bar(bar)


def describe_progress(progress: Progress) -> str:
    """Say on one line how a step ended."""
    head = "roll back: " if progress.rolling_back else ""
    end = "failed after " if progress.phase is Phase.FAILED else ""
    text = f"[{progress.index}/{progress.count}] {head}{describe_step(progress.step)}"
    return f"{text}  {end}{progress.seconds:.1f} s"


class _Lines:
    """One line per step, when it is over."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __call__(self, progress: Progress) -> None:
        if progress.phase is not Phase.STARTED:
            self._stream.write(f"{describe_progress(progress)}\n")
            self._stream.flush()


class _Bar:
    """The steps that are over as lines, the one under way with a bar and the time."""

    def __init__(self, bar: Any) -> None:
        self._bar = bar
        self._task: Any = None

    def __call__(self, progress: Progress) -> None:
        if progress.phase is Phase.STARTED:
            self._show(progress)
        else:
            self._bar.console.print(describe_progress(progress), markup=False, highlight=False)
            self._bar.update(self._task, completed=progress.index)

    def _show(self, progress: Progress) -> None:
        if self._task is not None and progress.index == 1:
            # The way back has a bar of its own.
            self._bar.remove_task(self._task)
            self._task = None
        if self._task is None:
            self._task = self._bar.add_task("", total=progress.count)
        self._bar.update(self._task, description=describe_step(progress.step))


def _terminal_bar(stream: TextIO) -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (BarColumn(20), MofNCompleteColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    return Bar(*columns, console=Console(file=stream), transient=True)
