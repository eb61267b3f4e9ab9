"""Decides what a batch run does. Pure: the same wish and the same Azure give the same plan."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from windlass.batch.models import (
    BatchDeployment,
    BatchEndpoint,
    CollectResults,
    CreateBatchDeployment,
    DeleteBatchDeployment,
    DeployStep,
    FollowJob,
    Plan,
    SetDefault,
    StartJob,
)
from windlass.project.definitions import DeploymentDefinition
from windlass.release.models import Candidate, Condition, Deployment, Endpoint, RegisterEnvironment, RegisterModel
from windlass.release.plan import name_deployment

PIECES_PER_WORKER = 4
"""Files per worker process: enough that none of them waits long for the slowest."""
FEWEST_ROWS = 1_000
"""Below this many rows, starting on a file takes longer than scoring it."""
MOST_ROWS = 50_000
"""Above this many rows, a file that has to be scored again is a loss worth naming."""


def rows_per_piece(rows: int, workers: int) -> int:
    """Say how many rows a file of the prepared input holds.

    Args:
        rows: Rows of the whole input.
        workers: Processes that score at the same time.
    """
    even = ceil(rows / (max(workers, 1) * PIECES_PER_WORKER))
    return min(max(even, FEWEST_ROWS), MOST_ROWS)


def plan_run(
    candidate: Candidate,
    definition: DeploymentDefinition,
    endpoint: BatchEndpoint,
    start: StartJob,
    collect: CollectResults,
) -> Plan:
    """Plan the way from what Azure shows to collected rows.

    Args:
        candidate: What shall score.
        definition: The deployment as the user wrote it.
        endpoint: The endpoint as it is.
        start: The job, but for the deployment that it runs on.
        collect: Where the rows go.
    """
    existing = find_made_of(endpoint, candidate.release)
    target = existing.name if existing else name_deployment(candidate, _as_release_sees_it(endpoint))
    on_target = StartJob(deployment=target, source=start.source, rows=start.rows, files=start.files, nodes=start.nodes)
    return Plan(
        endpoint=endpoint.name,
        deployment=target,
        model=candidate.model.label,
        steps=(
            *_deploy(candidate, definition, target, existing),
            *_set_default(target, endpoint),
            on_target,
            FollowJob(),
            collect,
        ),
    )


def find_made_of(endpoint: BatchEndpoint, release: str) -> BatchDeployment | None:
    """Find the deployment that was made of exactly this content."""
    return next((each for each in endpoint.deployments if each.release == release), None)


def _as_release_sees_it(endpoint: BatchEndpoint) -> Endpoint:
    """The names that are taken, in the form that names new ones for real-time and batch alike."""
    taken = (Deployment(name=each.name, condition=Condition.READY) for each in endpoint.deployments)
    return Endpoint(name=endpoint.name, deployments=tuple(taken))


def _deploy(
    candidate: Candidate, definition: DeploymentDefinition, target: str, existing: BatchDeployment | None
) -> Iterator[DeployStep]:
    if existing is not None and existing.is_ready:
        return
    if candidate.path is not None:
        yield RegisterModel(model=candidate.model, path=candidate.path)
    if candidate.environment is not None:
        yield RegisterEnvironment(environment=candidate.environment)
    if existing is not None:
        yield DeleteBatchDeployment(name=target)
    yield CreateBatchDeployment(
        name=target,
        model=candidate.model,
        environment=candidate.environment_label,
        release=candidate.release,
        definition=definition,
    )


def _set_default(target: str, endpoint: BatchEndpoint) -> Iterator[DeployStep]:
    if endpoint.default != target:
        yield SetDefault(name=target)
