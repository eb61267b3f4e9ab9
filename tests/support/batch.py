"""Batch scoring in memory: stateful fakes of what a batch run needs from Azure, as strict as Azure is.

They satisfy the ports of `windlass.batch.ports` and keep Azure's rules: a deployment needs its registered model, a
default names a deployment that is there, a second job with the output file of another fails, and a mini-batch that
was tried twice may leave its rows twice.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from pathlib import Path

from support.fake_azure import FakeAzure, FakeClock, Guard, go_on
from windlass.batch.models import (
    BatchDeployment,
    BatchEndpoint,
    CreateBatchDeployment,
    Job,
    JobRequest,
    JobStatus,
    Progress,
    Step,
    UploadedData,
)
from windlass.batch.record import FileRuns, Run
from windlass.batch.run import Wish
from windlass.errors.azure import AzureConflictError, AzureNotFoundError, AzureUnreachableError
from windlass.errors.batch import BatchDeploymentFailedError, JobNotFoundError, ResultsUnreadableError
from windlass.project.definitions import BatchDefinition, DeploymentDefinition, EnvironmentDefinition
from windlass.project.results import ColumnType, ResultColumn, ResultFormat

ENDPOINT = "shop-churn-batch"
STEADY = (JobStatus.WAITING, JobStatus.RUNNING, JobStatus.COMPLETED)

LAYOUT = ResultFormat(
    columns=(
        ResultColumn(name="customer_id"),
        ResultColumn(name="probability", type=ColumnType.NUMBER),
        ResultColumn(name="buys_again", type=ColumnType.WHOLE),
    ),
    key=("customer_id",),
)


class KilledError(BaseException):
    """The process ends here, as SIGKILL ends it: nothing of ours may catch it."""


def make_batch_definition(*, code: str = "code-1") -> BatchDefinition:
    """Make the batch side of an endpoint folder without reading a file."""
    return BatchDefinition(
        name="churn",
        deployment=DeploymentDefinition(
            file=Path("endpoints/churn/batch/deployment.yml"),
            document={"compute": "azureml:cpu", "resources": {"instance_count": 2}},
            environment=EnvironmentDefinition(
                name="churn", version="0123456789ab", file=Path("environments/churn/environment.yml")
            ),
            code_digest=code,
        ),
    )


def write_customers(path: Path, count: int) -> Path:
    """Write a table of customers with the key column that `LAYOUT` names."""
    rows = "".join(f"C{number},{20 + number % 50}\n" for number in range(count))
    path.write_text(f"customer_id,age\n{rows}", encoding="utf-8")
    return path


def score_line(customer: str) -> str:
    """What the fake model says of a customer, as a line of the results file."""
    return f"{customer} 0.{len(customer)} {len(customer) % 2}"


@dataclass
class FakeBatchEndpoints:
    """A batch endpoint and its deployments.

    Attributes:
        assets: Where models are registered.
        broken: Labels of models that no deployment can be made of.
    """

    assets: FakeAzure
    guard: Guard = go_on
    broken: set[str] = field(default_factory=set)
    deployments: dict[str, BatchDeployment] = field(default_factory=dict)
    default: str = ""

    def observe(self, endpoint: str) -> BatchEndpoint:
        return BatchEndpoint(name=endpoint, default=self.default, deployments=tuple(self.deployments.values()))

    def create_deployment(self, endpoint: str, step: CreateBatchDeployment) -> None:
        if (step.model.name, step.model.version) not in self.assets.models:
            raise AzureNotFoundError(f"find model {step.model.label} for {endpoint}")
        known = self.deployments.get(step.name)
        if known is not None and not known.is_ready:
            raise AzureConflictError(f"create {step.name}", "delete and re-create")
        self.guard("before create")
        is_ready = step.model.label not in self.broken
        self.deployments[step.name] = BatchDeployment(
            name=step.name, model=step.model.label, release=step.release, is_ready=is_ready
        )
        self.guard("after create")
        if not is_ready:
            raise BatchDeploymentFailedError(step.name, "the environment could not be made")

    def delete_deployment(self, endpoint: str, deployment: str) -> None:
        if self.default == deployment:
            raise AzureConflictError(f"delete {deployment} of {endpoint}", "it is the default")
        self.guard("before delete")
        self.deployments.pop(deployment, None)
        self.guard("after delete")

    def set_default(self, endpoint: str, deployment: str) -> None:
        if deployment not in self.deployments:
            raise AzureNotFoundError(f"make {deployment} the default of {endpoint}")
        self.guard("before default")
        self.default = deployment
        self.guard("after default")


@dataclass
class _FakeJob:
    request: JobRequest
    lines: list[str]
    looks: int = 0
    canceled: bool = False


@dataclass
class FakeBatchJobs:
    """Jobs that score what they are given, a status further with each look.

    Attributes:
        statuses: What a job shows, look by look; the last one stays.
        spoil: Changes the lines of a results file, as retries and dying nodes do.
        loses_answers: How many answers to a start get lost on the way, though the job was started.
        loses_looks: How many looks at jobs go unanswered.
        log: What is in the log of a job that failed.
    """

    guard: Guard = go_on
    statuses: tuple[JobStatus, ...] = STEADY
    spoil: dict[str, list[str]] = field(default_factory=dict)
    loses_answers: int = 0
    loses_looks: int = 0
    log: tuple[str, ...] = ()
    jobs: dict[str, _FakeJob] = field(default_factory=dict)
    writes_files: bool = True

    def start(self, request: JobRequest) -> Job:
        self.guard("before start")
        name = f"batchjob-{len(self.jobs) + 1}"
        taken = any(each.request.output == request.output for each in self.jobs.values())
        lines = [] if taken else [score_line(customer) for customer in _customers(request)]
        self.jobs[name] = _FakeJob(request, lines)
        self.guard("after start")
        if self.loses_answers:
            self.loses_answers -= 1
            raise AzureUnreachableError("start a job")
        return self.get(name)

    def find(self, endpoint: str, run: str) -> Job | None:
        for name, job in self.jobs.items():
            if job.request.endpoint == endpoint and f"/{run}/" in job.request.output:
                return self.get(name)
        return None

    def get(self, job: str) -> Job:
        if job not in self.jobs:
            raise JobNotFoundError(job)
        known = self.jobs[job]
        status = JobStatus.CANCELED if known.canceled else self.statuses[min(known.looks, len(self.statuses) - 1)]
        return Job(name=job, status=status, state=status.value.title(), deployment=known.request.deployment)

    def cancel(self, job: Job) -> None:
        self.guard("before cancel")
        self.jobs[job.name].canceled = True
        self.guard("after cancel")

    def progress(self, job: Job) -> Progress:
        self.guard("before look")
        if self.loses_looks:
            self.loses_looks -= 1
            raise AzureUnreachableError(f"read job {job.name}")
        seen = self.get(job.name)
        self.jobs[job.name].looks += 1
        return Progress(job=seen, done=0, total=1, nodes={"running": int(seen.status is JobStatus.RUNNING)})

    def explain(self, job: Job) -> tuple[str, ...]:
        return self.log if job.status is JobStatus.FAILED else ()

    def download(self, job: Job, folder: Path) -> Path:
        if not self.writes_files:
            raise ResultsUnreadableError(job.name, "the job completed and left no file with rows")
        self.guard("before download")
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / "predictions.csv"
        lines = self.spoil.get(job.name, self.jobs[job.name].lines)
        file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        self.guard("after download")
        return file


class GuardedRuns(FileRuns):
    """Records on disk, with a border before and after each."""

    def __init__(self, folder: Path, clock: FakeClock, guard: Guard = go_on) -> None:
        super().__init__(folder, "local", "churn", clock)
        self.guard = guard

    def save(self, run: Run) -> Run:
        self.guard(f"before {run.phase}")
        saved = super().save(run)
        self.guard(f"after {run.phase}")
        return saved


class Heard:
    """A listener that remembers."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, bool]] = []
        self.looks: list[Progress] = []
        self.taken_up: list[tuple[str, str]] = []

    def step(self, step: Step, *, done: bool) -> None:
        self.steps.append((type(step).__name__, done))

    def progress(self, progress: Progress) -> None:
        self.looks.append(progress)

    def resumed(self, run: str, job: str) -> None:
        self.taken_up.append((run, job))


def make_wish(source: Path | None, **changes: object) -> Wish:
    """Make a wish for the fakes."""
    facts: dict[str, object] = {
        "definition": make_batch_definition(),
        "layout": LAYOUT,
        "endpoint": ENDPOINT,
        "source": source,
        "workers": 2,
    }
    return Wish(**{**facts, **changes})  # type: ignore[arg-type] # the tests name real fields


def _customers(request: JobRequest) -> list[str]:
    assert isinstance(request.data, UploadedData)
    found: list[str] = []
    for piece in sorted(request.data.folder.glob("*.csv")):
        with piece.open(encoding="utf-8", newline="") as stream:
            found.extend(row["customer_id"] for row in csv.DictReader(stream))
    return found
