"""Waits for a job to end and tells how far it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from windlass.batch.models import Job, Progress
from windlass.batch.ports import BatchJobs, Clock

Tell = Callable[[Progress], None]

_WORKING = ("running", "preparing", "idle", "leaving")


def pause_after(seconds: float) -> float:
    """Say how long to wait before the next look: often at first, seldom for a job that takes hours. Pure."""
    if seconds < 60:  # noqa: PLR2004 - a minute
        return 1.0
    return 5.0 if seconds < 600 else 15.0  # noqa: PLR2004 - ten minutes


def follow_job(job: Job, jobs: BatchJobs, clock: Clock, tell: Tell) -> Progress:
    """Look at a job until it has ended; every look is told.

    Returns:
        The last look, with the most nodes that were seen at once as its nodes.
    """
    begun = clock.elapsed()
    most: dict[str, int] | None = None
    while True:
        seconds = clock.elapsed() - begun
        progress = replace(jobs.progress(job), seconds=seconds)
        tell(progress)
        most = larger(most, progress.nodes)
        if progress.job.status.is_final:
            return replace(progress, nodes=most)
        clock.sleep(pause_after(seconds))


def larger(first: dict[str, int] | None, second: dict[str, int] | None) -> dict[str, int] | None:
    """Choose the look at a cluster with more nodes in it. Pure."""
    if first is None or second is None:
        return first or second
    return second if count_nodes(second) > count_nodes(first) else first


def count_nodes(nodes: dict[str, int]) -> int:
    """Count the nodes that a cluster has, in whatever state they are. Pure."""
    return sum(nodes.get(state, 0) for state in _WORKING)
