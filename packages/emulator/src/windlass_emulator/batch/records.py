"""What is written down of a batch job: in the store for what it is and how far it has come, in a folder for files.

Everything is written before it is relied on, so a job whose supervisor was killed goes on where it was: a
mini-batch counts as done only when its rows lie in the job's folder and its line is in the store, in that order.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from windlass_emulator.batch.addresses import JOB_TYPE
from windlass_emulator.batch.scheduling import MiniBatch
from windlass_emulator.batch.spec import JobSpec
from windlass_emulator.clock import azure_time
from windlass_emulator.ml.common import child_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from windlass_emulator.azure import LocalAzure
    from windlass_emulator.store import Resource

TERMINAL = frozenset({"Completed", "Failed", "Canceled"})


def create_job(azure: LocalAzure, spec: JobSpec) -> Resource:
    """Write down a new job: the resource that `jobs/{name}` shows, and the facts that it runs by."""
    identity = child_id(spec.workspace, "jobs", spec.name)
    workspace = azure.store.get(spec.workspace)
    region = str(workspace.body["location"]) if workspace else ""
    with azure.store.transaction():
        job = azure.store.put(identity, JOB_TYPE, _body(spec, region), parent=spec.workspace, now=spec.created)
        azure.store.set_fact(identity, "spec", spec.stored())
        azure.store.set_fact(runs_scope(spec.workspace), spec.child, spec.name)
    return job


def runs_scope(workspace: str) -> str:
    """Return where the steps of a workspace's jobs are noted: run id -> job."""
    return f"{workspace}/runs"


def _body(spec: JobSpec, region: str) -> dict[str, Any]:
    return {
        "properties": {
            "description": f"Pipeline submission for endpoint: {spec.endpoint}, deployment: {spec.deployment}.",
            "properties": {**pipeline_properties(spec), **spec.extra},
            "tags": {"azureml.batchrun": "true", "azureml.deploymentname": spec.deployment},
            "componentId": None,
            "computeId": None,
            "displayName": spec.display_name,
            "experimentName": spec.experiment,
            "identity": None,
            "isArchived": False,
            "jobType": "Pipeline",
            "notificationSetting": None,
            "services": services(spec.workspace, region, spec.name),
            "status": "Preparing",
            "jobs": {},
            "inputs": {},
            "outputs": {"score": _output(spec)},
            "settings": {},
            "sourceJobId": None,
        },
        "systemData": {
            "createdAt": azure_time(spec.created),
            "createdBy": spec.created_by,
            "createdByType": "Application",
        },
    }


def _output(spec: JobSpec) -> dict[str, Any]:
    kind = "uri_file" if spec.output_type == "UriFile" else "uri_folder"
    return {"description": None, "uri": spec.output.uri, "mode": "ReadWriteMount", "jobOutputType": kind}


def pipeline_properties(spec: JobSpec) -> dict[str, str]:
    """Return the properties that Azure gives the pipeline run behind a batch job (recorded names)."""
    parameters = {
        "run_max_try": str(spec.max_retries + 1),
        "run_invocation_timeout": f"{spec.timeout:g}",
        "mini_batch_size": str(spec.mini_batch_size),
        "error_threshold": str(spec.error_threshold),
        "logging_level": spec.logging_level.upper(),
        "process_count_per_node": str(spec.concurrency),
        "NodeCount": str(spec.instance_count),
        "append_row_file_name": spec.output_file,
    }
    return {
        "azureml.pipelineid": spec.child,
        "azureml.runsource": "azureml.PipelineRun",
        "runSource": "Unavailable",
        "runType": "HTTP",
        "azureml.parameters": json.dumps(parameters),
    }


def services(workspace: str, region: str, run: str) -> dict[str, Any]:
    """Return the two addresses that every job carries (recorded)."""
    parts = workspace.split("/")
    short = f"/subscriptions/{parts[2]}/resourcegroups/{parts[4]}/workspaces/{parts[8]}"
    endpoints = {
        "Tracking": f"azureml://{region}.api.azureml.ms/mlflow/v1.0{workspace}?",
        "Studio": f"https://ml.azure.com/runs/{run}?wsid={short}",
    }
    empty = {"port": None, "status": None, "errorMessage": None, "properties": None, "nodes": None}
    return {name: {"jobServiceType": name, "endpoint": endpoint, **empty} for name, endpoint in endpoints.items()}


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job has come; the sums of its mini-batches."""

    mini_batches: int = 0
    done: int = 0
    failed: int = 0
    items: int = 0
    items_failed: int = 0
    rows: int = 0

    @classmethod
    def of(cls, batches: Sequence[MiniBatch]) -> Progress:
        """Add up mini-batches."""
        return cls(
            mini_batches=len(batches),
            done=sum(batch.outcome == "done" for batch in batches),
            failed=sum(batch.outcome == "failed" for batch in batches),
            items=sum(len(batch.files) for batch in batches),
            items_failed=sum(batch.failed_inputs for batch in batches),
            rows=sum(batch.rows for batch in batches),
        )


class Ledger:
    """What is written down of one job."""

    def __init__(self, azure: LocalAzure, job_id: str) -> None:
        self._azure = azure
        self._store = azure.store
        self.job_id = job_id
        self.spec = JobSpec.restored(azure.store.fact(job_id, "spec"))
        self.folder = azure.settings.data.resolve() / "batch" / "jobs" / self.spec.name

    def job(self) -> Resource | None:
        """Return the job's resource; None once it has been removed with its workspace."""
        return self._store.get(self.job_id)

    @property
    def status(self) -> str:
        """The job's status."""
        job = self.job()
        return str(job.body["properties"]["status"]) if job else "Canceled"

    def change(self, **properties: Any) -> None:
        """Change properties of the job's resource."""
        if job := self.job():
            body = {**job.body, "properties": {**job.body["properties"], **properties}}
            self._store.put(
                job.id, JOB_TYPE, body, parent=job.id.rsplit("/", 2)[0], now=self._azure.clock.now()
            )  # fmt: skip

    def move(self, status: str, **facts: Any) -> None:
        """Write a status, with facts that come about at the same time, as one change."""
        with self._store.transaction():
            for name, value in facts.items():
                self._store.set_fact(self.job_id, name, value)
            self.change(status=status)

    def fact(self, name: str, default: Any = None) -> Any:
        """Return a private fact of the job."""
        return self._store.fact(self.job_id, name, default)

    def note(self, name: str, value: Any) -> None:
        """Write a private fact of the job."""
        self._store.set_fact(self.job_id, name, value)

    def plan(self, batches: Sequence[MiniBatch]) -> None:
        """Write down how the input was cut; this is done once."""
        self.note("plan", [list(batch.files) for batch in batches])

    def batches(self) -> list[MiniBatch]:
        """Return the mini-batches as last written; empty before the input was cut."""
        facts = self._store.facts(self.job_id)
        return [
            MiniBatch(index, tuple(files), *facts.get(f"batch.{index}", ()))
            for index, files in enumerate(facts.get("plan", ()))
        ]

    def record(self, batch: MiniBatch, *, part: Path | None = None) -> None:
        """Write down what has become of a mini-batch; its rows first, replacing those of an earlier time."""
        if part is not None:
            self.rows_of(batch).parent.mkdir(parents=True, exist_ok=True)
            part.replace(self.rows_of(batch))
        line = [batch.failures, batch.outcome, batch.rows, batch.position, batch.error]
        self.note(f"batch.{batch.index}", line)

    def progress(self) -> Progress:
        """Return how far the job has come."""
        return Progress.of(self.batches())

    def rows_of(self, batch: MiniBatch) -> Path:
        """Return the file with the rows of a finished mini-batch."""
        return self.folder / "rows" / str(batch.index)

    def sample_nodes(self, count: int) -> None:
        """Add a point to the course of the cluster's size."""
        seconds = round(self._azure.clock.now() - self.spec.created, 2)
        self.note("nodes", [*self.fact("nodes", []), [seconds, count]])

    def note_restart(self) -> None:
        """Nodes do not outlive the local Azure: end the course of the cluster's size where it was cut off."""
        if (course := self.fact("nodes")) and course[-1][1]:
            self.sample_nodes(0)

    def discard(self) -> None:
        """Remove what only a running job needs."""
        for name in ("input", "rows", "output"):
            shutil.rmtree(self.folder / name, ignore_errors=True)


def join_rows(ledger: Ledger, batches: Sequence[MiniBatch]) -> Path:
    """Write append_row's file: the rows of all finished mini-batches, each once, in the order in which they came.

    (Azure promises no order: "Run output will be written in output file and not guaranteed to be in order".)
    """
    target = ledger.folder / "output" / ledger.spec.output_file
    target.parent.mkdir(parents=True, exist_ok=True)
    finished = sorted((batch for batch in batches if batch.outcome == "done"), key=lambda batch: batch.position)
    with target.open("wb") as output:
        for batch in finished:
            with ledger.rows_of(batch).open("rb") as rows:
                shutil.copyfileobj(rows, output)
    return target


def job_resource(azure: LocalAzure, job: Resource) -> dict[str, Any]:
    """Return a job as the invocation and `list_jobs` answer it (recorded: type .../batchEndpoints/deployments/jobs)."""
    ledger = Ledger(azure, job.id)
    spec, properties = ledger.spec, job.body["properties"]
    base = child_id(spec.workspace, "batchEndpoints", spec.endpoint, "deployments", spec.deployment)
    mode = {"description": None, "mode": "ReadOnlyMount"}
    return {
        "id": f"{base}/jobs/{spec.name}",
        "name": spec.name,
        "type": "Microsoft.MachineLearningServices/workspaces/batchEndpoints/deployments/jobs",
        "properties": {
            "description": None,
            "provisioningState": "Succeeded",
            "inputData": {spec.input_type: {**mode, "uri": spec.input.uri, "jobInputType": spec.input_type}},
            "compute": {"target": spec.compute, "instanceCount": spec.instance_count},
            "output": {"datastoreId": None, "path": None},
            "outputData": {"score": {"uri": spec.output.uri, "jobOutputType": spec.output_type}},
            "errorThreshold": spec.error_threshold,
            "miniBatchSize": spec.mini_batch_size,
            "maxConcurrencyPerInstance": spec.concurrency,
            "loggingLevel": spec.logging_level,
            "outputFileName": spec.output_file,
            "retrySettings": {"maxRetries": spec.max_retries, "timeout": f"PT{spec.timeout:g}S"},
            "status": properties["status"],
            "interactionEndpoints": properties["services"],
            "tags": {**properties["tags"], "outputType": spec.output_type, "inputType": spec.input_type},
            "properties": properties["properties"],
            "name": spec.display_name,
        },
        "systemData": {
            "createdAt": azure_time(spec.created),
            "createdBy": spec.created_by,
            "lastModifiedAt": azure_time(job.modified),
            "lastModifiedBy": spec.created_by,
        },
    }
