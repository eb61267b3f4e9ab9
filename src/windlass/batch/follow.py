"""Waits for a job to end and tells how far it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from windlass.batch.models import Job, Progress
from windlass.batch.ports import BatchJobs, Clock
from windlass.errors.azure import AzureUnreachableError

Tell = Callable[[Progress], None]

_PRESENT = ("running", "preparing", "idle", "leaving")
_MINUTE, _TEN_MINUTES = 60.0, 600.0
_MOST_COUNTS = 40
"""How often a number of nodes is told; a cluster whose nodes die and come back could fill a book."""
_MOST_LOST_LOOKS = 10
"""How many looks in a row may go unanswered. A job takes hours, and a network has bad minutes in them."""


@dataclass(frozen=True, kw_only=True)
class Followed:
    """A job that was followed to its end.

    Attributes:
        job: The job as it ended.
        nodes: How many nodes the cluster had, each time that changed; empty where nobody told.
    """

    job: Job
    nodes: tuple[int, ...] = ()


def pause_after(seconds: float) -> float:
    """Say how long to wait before the next look: often at first, seldom for a job that takes hours. Pure."""
    if seconds < _MINUTE:
        return 1.0
    return 5.0 if seconds < _TEN_MINUTES else 15.0


def follow_job(job: Job, jobs: BatchJobs, clock: Clock, tell: Tell) -> Followed:
    """Look at a job until it has ended; every look is told."""
    begun = clock.elapsed()
    nodes: tuple[int, ...] = ()
    while True:
        progress = replace(look_at(job, jobs, clock), seconds=clock.elapsed() - begun)
        tell(progress)
        nodes = with_look(nodes, progress.nodes)
        if progress.job.status.is_final:
            return Followed(job=progress.job, nodes=progress.nodes_over_time or nodes)
        clock.sleep(pause_after(progress.seconds))


def look_at(job: Job, jobs: BatchJobs, clock: Clock) -> Progress:
    """Look at a job, and again when nobody answers.

    Raises:
        AzureUnreachableError: Nobody answered for minutes.
    """
    for lost in range(_MOST_LOST_LOOKS):
        try:
            return jobs.progress(job)
        except AzureUnreachableError:
            clock.sleep(pause_after(_MINUTE * lost))
    return jobs.progress(job)


def with_look(counts: tuple[int, ...], nodes: dict[str, int] | None) -> tuple[int, ...]:
    """Add a look at a cluster to the counts so far, if it says something new. Pure."""
    if nodes is None or counts[-1:] == (count_nodes(nodes),):
        return counts
    return (*counts, count_nodes(nodes))


def shorten(counts: Sequence[int]) -> tuple[int, ...]:
    """Leave out what says nothing new, and the middle of a story that is too long to be read. Pure."""
    changes = tuple(count for count, _ in groupby(counts))
    if len(changes) <= _MOST_COUNTS:
        return changes
    half = _MOST_COUNTS // 2
    return (*changes[:half], *changes[-half:])


def count_nodes(nodes: dict[str, int]) -> int:
    """Count the nodes that a cluster has, in whatever state they are. Pure."""
    return sum(nodes.get(state, 0) for state in _PRESENT)
