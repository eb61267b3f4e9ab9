"""Decides what a batch run does. Pure: the same wish and the same Azure give the same plan."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from windlass.batch.models import (
    BatchDeployment,
    BatchEndpoint,
    Candidate,
    CollectResults,
    CreateBatchDeployment,
    DeleteBatchDeployment,
    DeployStep,
    FollowJob,
    Plan,
    SetDefault,
    StartJob,
)
from windlass.release.models import RegisterModel

PIECES_PER_WORKER = 4
"""Files per worker process: enough that none of them waits long for the slowest."""
FEWEST_ROWS = 1_000
"""Below this many rows, starting on a file takes longer than scoring it."""
MOST_ROWS = 50_000
"""Above this many rows, a file that has to be scored again is a loss worth naming."""

_LONGEST_NAME = 32
_SHORTEST_NAME = 3
_SUFFIX_LENGTH = 6


def rows_per_piece(rows: int, workers: int) -> int:
    """Say how many rows a file of the prepared input holds.

    Args:
        rows: Rows of the whole input.
        workers: Processes that score at the same time.
    """
    even = ceil(rows / (max(workers, 1) * PIECES_PER_WORKER))
    return min(max(even, FEWEST_ROWS), MOST_ROWS)


def plan_run(candidate: Candidate, endpoint: BatchEndpoint, start: StartJob, collect: CollectResults) -> Plan:
    """Plan the way from what Azure shows to collected rows.

    Args:
        candidate: What shall score.
        endpoint: The endpoint as it is.
        start: The job, but for the deployment that it runs on.
        collect: Where the rows go.
    """
    existing = find_made_of(endpoint, candidate.release)
    target = existing.name if existing else name_deployment(candidate, endpoint)
    on_target = StartJob(
        deployment=target, source=start.source, rows=start.rows, files=start.files, nodes=start.nodes
    )
    return Plan(
        endpoint=endpoint.name,
        deployment=target,
        model=candidate.model.label,
        steps=(
            *_deploy(candidate, target, existing),
            *_set_default(target, endpoint),
            on_target,
            FollowJob(),
            collect,
        ),
    )


def find_made_of(endpoint: BatchEndpoint, release: str) -> BatchDeployment | None:
    """Find the deployment that was made of exactly this content."""
    return next((each for each in endpoint.deployments if each.release == release), None)


def name_deployment(candidate: Candidate, endpoint: BatchEndpoint) -> str:
    """Name a new deployment after its model version; a suffix tells two of one model version apart."""
    plain = f"v{candidate.model.version}"[:_LONGEST_NAME].lower()
    if len(plain) < _SHORTEST_NAME:
        plain = f"v{candidate.model.version:0>2}"
    if endpoint.find(plain) is None:
        return plain
    return f"{plain[: _LONGEST_NAME - _SUFFIX_LENGTH - 1]}-{candidate.release[:_SUFFIX_LENGTH]}"


def _deploy(candidate: Candidate, target: str, existing: BatchDeployment | None) -> Iterator[DeployStep]:
    if existing is not None and existing.is_ready:
        return
    if candidate.path is not None:
        yield RegisterModel(model=candidate.model, path=candidate.path)
    if candidate.environment is not None:
        yield candidate.environment
    if existing is not None:
        yield DeleteBatchDeployment(name=target)
    yield CreateBatchDeployment(
        name=target,
        model=candidate.model,
        environment=candidate.environment_label,
        release=candidate.release,
    )


def _set_default(target: str, endpoint: BatchEndpoint) -> Iterator[DeployStep]:
    if endpoint.default != target:
        yield SetDefault(name=target)
