"""What batch scoring sees and what it plans: frozen values, no behaviour beyond reading themselves."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from windlass.project.definitions import DeploymentDefinition
from windlass.release.models import ModelVersion, RegisterEnvironment, RegisterModel

Key = tuple[str, ...]
"""The values that name a row, as text."""


class JobStatus(StrEnum):
    """Where a job is. Azure's words are more; what is not known counts as running."""

    WAITING = "waiting"
    """Azure prepares it, or it waits for nodes."""
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELED = "canceled"

    @property
    def is_final(self) -> bool:
        """Whether it will never change again."""
        return self in {JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELED}


@dataclass(frozen=True, kw_only=True)
class BatchDeployment:
    """A batch deployment as Azure shows it.

    Attributes:
        name: Its name.
        model: `name:version` of what it scores with.
        release: The fingerprint of what it was made of; empty when this toolkit did not make it.
        is_ready: Whether jobs can run on it.
        state: Azure's own word for that.
    """

    name: str
    model: str = ""
    release: str = ""
    is_ready: bool = True
    state: str = ""


@dataclass(frozen=True, kw_only=True)
class BatchEndpoint:
    """A batch endpoint with its deployments.

    Attributes:
        name: Its name in Azure.
        default: The deployment that takes jobs which name none; empty when there is none.
        deployments: All of them.
    """

    name: str
    default: str = ""
    deployments: tuple[BatchDeployment, ...] = ()

    def find(self, name: str) -> BatchDeployment | None:
        """The deployment of that name."""
        return next((each for each in self.deployments if each.name == name), None)


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One file of the prepared input: what one call of `run()` can be given."""

    file: str
    rows: int


@dataclass(frozen=True, kw_only=True)
class PreparedInput:
    """A table of the user, cut into files and counted.

    Attributes:
        source: What the user named.
        folder: Where the files lie.
        pieces: The files.
        digest: Content hash of the files: the same files are uploaded once.
    """

    source: str
    folder: Path
    pieces: tuple[Piece, ...]
    digest: str

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return sum(piece.rows for piece in self.pieces)


@dataclass(frozen=True, kw_only=True)
class CreateBatchDeployment:
    """Make a deployment for the model version; it costs nothing until a job runs."""

    name: str
    model: ModelVersion
    environment: str
    release: str
    definition: DeploymentDefinition = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class DeleteBatchDeployment:
    """Remove a deployment that Azure could not make and cannot repair."""

    name: str


@dataclass(frozen=True, kw_only=True)
class SetDefault:
    """Make the deployment the one that takes jobs which name none."""

    name: str


@dataclass(frozen=True, kw_only=True)
class StartJob:
    """Upload the input and start a job on the deployment."""

    deployment: str
    source: str
    rows: int | None
    files: int | None
    nodes: int | None


@dataclass(frozen=True, kw_only=True)
class FollowJob:
    """Wait for the job to end."""


@dataclass(frozen=True, kw_only=True)
class CollectResults:
    """Fetch the rows and write each exactly once."""

    folder: str
    database: str = ""


DeployStep = RegisterModel | RegisterEnvironment | CreateBatchDeployment | DeleteBatchDeployment | SetDefault
Step = DeployStep | StartJob | FollowJob | CollectResults


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What will be done, in this order.

    Attributes:
        endpoint: The endpoint's name in Azure.
        deployment: The deployment that scores.
        model: `name:version` of what it scores with.
        steps: What to do.
    """

    endpoint: str
    deployment: str
    model: str
    steps: tuple[Step, ...]

    @property
    def deploy_steps(self) -> tuple[DeployStep, ...]:
        """The steps before the job."""
        return tuple(step for step in self.steps if not isinstance(step, StartJob | FollowJob | CollectResults))


@dataclass(frozen=True, kw_only=True)
class UploadedData:
    """Local files that are, or become, a data asset of the workspace.

    Attributes:
        name: The asset's name.
        version: Its version: content hash of the files.
        folder: Where the files lie.
    """

    name: str
    version: str
    folder: Path


@dataclass(frozen=True, kw_only=True)
class RegisteredData:
    """A data asset that the workspace has already, as named on the command line."""

    name: str
    version: str


Data = UploadedData | RegisteredData


@dataclass(frozen=True, kw_only=True)
class JobRequest:
    """What Azure is asked to run.

    Attributes:
        run: The name that this toolkit gave to the run; unique, and part of the output's address.
        endpoint: The endpoint's name in Azure.
        deployment: Which deployment scores.
        data: What is scored.
        output: The address of the file that takes the rows.
        nodes: How many nodes work on it; None leaves it to the deployment.
    """

    run: str
    endpoint: str
    deployment: str
    data: Data
    output: str
    nodes: int | None


@dataclass(frozen=True, kw_only=True)
class Job:
    """A job as Azure shows it.

    Attributes:
        name: Its name.
        status: Where it is.
        state: Azure's own word for that.
        deployment: What it runs on.
        studio: Its page in the browser.
    """

    name: str
    status: JobStatus
    state: str = ""
    deployment: str = ""
    studio: str = ""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a job is; None where Azure does not say.

    Attributes:
        job: The job.
        done: Mini-batches that are through.
        total: Mini-batches there are.
        failed: Mini-batches that were given up.
        rows: Rows scored so far.
        nodes: Nodes of the cluster by Azure's word for their state.
        nodes_over_time: How many nodes have worked on the job, each time that changed; empty where nobody keeps that.
        seconds: Since the job was followed.
    """

    job: Job
    done: int | None = None
    total: int | None = None
    failed: int | None = None
    rows: int | None = None
    nodes: dict[str, int] | None = None
    nodes_over_time: tuple[int, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Merged:
    """The rows of a job, each once.

    Attributes:
        rows: Every row of the input that has a result, in the order of the results.
        repeated: How many lines were there again; a mini-batch that was tried twice may write its rows twice.
        differing: How many of those did not say the same.
        unreadable: How many lines were not a row, such as one that a dying node left half written.
        missing: Rows of the input without result.
        unexpected: Rows that the input does not have; they are left out.
    """

    rows: tuple[tuple[object, ...], ...] = field(repr=False)
    repeated: int = 0
    differing: int = 0
    unreadable: int = 0
    missing: tuple[str, ...] = ()
    unexpected: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Collected:
    """How a job ended, for people and programs.

    Attributes:
        job: Its name.
        deployment: What scored.
        model: `name:version` of what it scored with.
        rows: Rows in files and tables.
        expected: Rows of the input; None where nobody here has counted them.
        repeated, differing, unreadable: See `Merged`.
        files: What was written.
        database: The database, if one was asked for.
        table: The table in it.
        seconds: How long this run of the command took.
        nodes_over_time: How many nodes the cluster had, each time that changed; empty where nobody told.
    """

    job: str
    deployment: str
    model: str
    rows: int
    expected: int | None
    repeated: int
    differing: int
    unreadable: int
    files: tuple[Path, ...]
    database: str = ""
    table: str = ""
    seconds: float = 0.0
    nodes_over_time: tuple[int, ...] = ()
