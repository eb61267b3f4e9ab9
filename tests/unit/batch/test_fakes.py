from __future__ import annotations

from pathlib import Path

import pytest
from support.batch import (
    ENDPOINT,
    FakeBatchEndpoints,
    FakeBatchJobs,
    GuardedRuns,
    Heard,
    make_batch_definition,
    write_customers,
)
from support.fake_azure import FakeAzure, FakeClock

from windlass.batch.models import CreateBatchDeployment, JobRequest, JobStatus, UploadedData
from windlass.batch.ports import BatchEndpoints, BatchJobs, Listener
from windlass.batch.record import Phase, Run
from windlass.errors.azure import AzureConflictError, AzureNotFoundError, AzureUnreachableError
from windlass.errors.batch import BatchDeploymentFailedError, JobNotFoundError
from windlass.release.models import ModelVersion

MODEL = ModelVersion(name="churn", version="1", sha256="a")
STEP = CreateBatchDeployment(
    name="churn-1", model=MODEL, environment="churn:1", release="r", definition=make_batch_definition().deployment
)


@pytest.fixture
def endpoints() -> FakeBatchEndpoints:
    assets = FakeAzure()
    assets.register_model(MODEL, Path("model"))
    return FakeBatchEndpoints(assets)


def make_request(folder: Path, run: str = "run-1") -> JobRequest:
    return JobRequest(
        run=run,
        endpoint=ENDPOINT,
        deployment="churn-1",
        data=UploadedData(name="customers", version="1", folder=folder),
        output=f"azureml://datastores/store/paths/{run}/predictions.csv",
        nodes=None,
    )


def test_the_fakes_satisfy_the_ports() -> None:
    endpoints: BatchEndpoints = FakeBatchEndpoints(FakeAzure())
    jobs: BatchJobs = FakeBatchJobs()
    listener: Listener = Heard()

    assert all((endpoints, jobs, listener))


def test_a_deployment_needs_its_model() -> None:
    with pytest.raises(AzureNotFoundError):
        FakeBatchEndpoints(FakeAzure()).create_deployment(ENDPOINT, STEP)


def test_a_broken_model_leaves_a_deployment_that_takes_no_second_attempt(endpoints: FakeBatchEndpoints) -> None:
    endpoints.broken.add("churn:1")

    with pytest.raises(BatchDeploymentFailedError):
        endpoints.create_deployment(ENDPOINT, STEP)
    with pytest.raises(AzureConflictError):
        endpoints.create_deployment(ENDPOINT, STEP)


def test_a_default_is_a_deployment_that_is_there(endpoints: FakeBatchEndpoints) -> None:
    with pytest.raises(AzureNotFoundError):
        endpoints.set_default(ENDPOINT, "churn-1")


def test_the_default_is_not_deleted(endpoints: FakeBatchEndpoints) -> None:
    endpoints.create_deployment(ENDPOINT, STEP)
    endpoints.set_default(ENDPOINT, "churn-1")

    with pytest.raises(AzureConflictError):
        endpoints.delete_deployment(ENDPOINT, "churn-1")


def test_a_job_moves_on_with_each_look(tmp_path: Path) -> None:
    write_customers(tmp_path / "part.csv", 3)
    jobs = FakeBatchJobs()
    job = jobs.start(make_request(tmp_path))

    seen = [jobs.progress(job).job.status for _ in range(4)]

    assert seen == [JobStatus.WAITING, JobStatus.RUNNING, JobStatus.COMPLETED, JobStatus.COMPLETED]


def test_a_cancelled_job_is_over(tmp_path: Path) -> None:
    jobs = FakeBatchJobs()
    job = jobs.start(make_request(tmp_path))

    jobs.cancel(job)

    assert jobs.get(job.name).status is JobStatus.CANCELED


def test_looks_can_get_lost(tmp_path: Path) -> None:
    jobs = FakeBatchJobs(loses_looks=1)
    job = jobs.start(make_request(tmp_path))

    with pytest.raises(AzureUnreachableError):
        jobs.progress(job)
    assert jobs.progress(job).job.name == job.name


def test_a_job_scores_every_customer_of_every_piece(tmp_path: Path) -> None:
    write_customers(tmp_path / "a.csv", 2)
    (tmp_path / "b.csv").write_text("customer_id,age\nX,1\n")
    jobs = FakeBatchJobs()

    job = jobs.start(make_request(tmp_path))

    lines = jobs.download(job, tmp_path / "out").read_text().splitlines()
    assert [line.split()[0] for line in lines] == ["C0", "C1", "X"]


def test_a_second_job_with_the_same_output_writes_nothing(tmp_path: Path) -> None:
    write_customers(tmp_path / "part.csv", 3)
    jobs = FakeBatchJobs()
    jobs.start(make_request(tmp_path))

    second = jobs.start(make_request(tmp_path))

    assert jobs.jobs[second.name].lines == []


def test_a_job_whose_answer_was_lost_is_there(tmp_path: Path) -> None:
    jobs = FakeBatchJobs(loses_answers=1)
    with pytest.raises(AzureUnreachableError):
        jobs.start(make_request(tmp_path))

    assert jobs.find(ENDPOINT, "run-1") is not None


def test_a_job_that_nobody_started_is_not_found() -> None:
    jobs = FakeBatchJobs()

    assert jobs.find(ENDPOINT, "run-1") is None
    with pytest.raises(JobNotFoundError):
        jobs.get("batchjob-1")


def test_records_have_a_border_on_both_sides(tmp_path: Path) -> None:
    borders: list[str] = []
    runs = GuardedRuns(tmp_path, FakeClock(), borders.append)

    runs.save(Run(run="r", endpoint="churn", source="s", digest="d", wanted_model="", phase=Phase.STARTED))

    assert borders == ["before started", "after started"]
