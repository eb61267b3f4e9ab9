"""What batch scoring needs from outside. `windlass.azure` satisfies these, and so do the fakes of the tests."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from windlass.batch.models import (
    BatchEndpoint,
    CreateBatchDeployment,
    Job,
    JobRequest,
    Progress,
    Step,
)
from windlass.release.ports import Assets, Clock

__all__ = ["Assets", "BatchEndpoints", "BatchJobs", "Clock", "Listener"]


class BatchEndpoints(Protocol):
    """The batch endpoints of a workspace and what stands behind them."""

    def observe(self, endpoint: str) -> BatchEndpoint:
        """Look at an endpoint and all its deployments."""
        ...

    def create_deployment(self, endpoint: str, step: CreateBatchDeployment) -> None:
        """Make a deployment and wait until jobs can run on it.

        Raises:
            BatchDeploymentFailedError: Azure tried and failed.
        """
        ...

    def delete_deployment(self, endpoint: str, deployment: str) -> None:
        """Remove a deployment and wait until it is gone."""
        ...

    def set_default(self, endpoint: str, deployment: str) -> None:
        """Read the endpoint, change its default, write it; wait until it holds."""
        ...


class BatchJobs(Protocol):
    """The jobs of a workspace's batch endpoints."""

    def start(self, request: JobRequest) -> Job:
        """Upload the input and start a job. Not idempotent: see `find`."""
        ...

    def find(self, endpoint: str, run: str) -> Job | None:
        """Find the job whose output address holds the name of a run; only that run's own can."""
        ...

    def get(self, job: str) -> Job:
        """Look at a job.

        Raises:
            JobNotFoundError: There is none of that name.
        """
        ...

    def cancel(self, job: Job) -> None:
        """Ask Azure to end a job; it may take a while until it has."""
        ...

    def progress(self, job: Job) -> Progress:
        """Tell how far a job is, as well as Azure says."""
        ...

    def explain(self, job: Job) -> tuple[str, ...]:
        """Read the end of the logs of a job that failed."""
        ...

    def download(self, job: Job, folder: Path) -> Path:
        """Fetch the file with the rows into a folder and return where it is.

        Raises:
            ResultsUnreadableError: The job has left no such file.
        """
        ...


class Listener(Protocol):
    """Whoever wants to be told what is going on."""

    def step(self, step: Step, *, done: bool) -> None:
        """A step begins, or is done."""
        ...

    def progress(self, progress: Progress) -> None:
        """The job is this far."""
        ...

    def resumed(self, run: str, job: str) -> None:
        """An unfinished run is taken up; the job is empty where none has been started."""
        ...
