"""Batch endpoints and their jobs: observed over Resource Manager, deployments and data made with azure-ai-ml.

A job is started with one request of our own and not with `batch_endpoints.invoke`: that one sends the request up to
five times when the answer is lost, and every time may start a job. Where the answer is lost here, nothing is sent
again before Azure has been asked whether the job is there.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from windlass.azure.failures import describe, innermost_message, patiently
from windlass.azure.workspace import Workspace, workspace_id
from windlass.batch.models import (
    BatchDeployment,
    BatchEndpoint,
    CreateBatchDeployment,
    Data,
    Job,
    JobRequest,
    JobStatus,
    Progress,
    UploadedData,
)
from windlass.errors.azure import AzureNotFoundError, AzureRequestError, AzureUnreachableError
from windlass.errors.batch import BatchDeploymentFailedError, DataKindError, JobNotFoundError, ResultsUnreadableError
from windlass.project.outputs import StackOutputs
from windlass.release.gates import find_cause
from windlass.release.models import DIGEST_VARIABLE, TAG_MODEL, TAG_RELEASE, TAG_SHA256

Json = dict[str, Any]

SCORING_SCOPE = "https://ml.azure.com/.default"
_OUTPUT = "score"
_NEWEST_JOBS = 200
"""How many jobs of the workspace are looked through for one that was started a moment ago."""
_ANSWER_SECONDS = 120.0
_JOBS_VERSION = "2020-09-01-dataplanepreview"
_DEPLOYMENT_HEADER = "azureml-model-deployment"
_LOG_LINES = 40
_STATES = {
    "Completed": JobStatus.COMPLETED,
    "Failed": JobStatus.FAILED,
    "Canceled": JobStatus.CANCELED,
    "Running": JobStatus.RUNNING,
    "Finalizing": JobStatus.RUNNING,
    "CancelRequested": JobStatus.RUNNING,
}
_NODES = ("preparing", "running", "idle", "leaving", "unusable", "preempted")
_KINDS = {"uri_folder": "UriFolder", "uri_file": "UriFile"}


class AzureBatchEndpoints:
    """Satisfies `batch.ports.BatchEndpoints`."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._arm = workspace.arm

    def observe(self, endpoint: str) -> BatchEndpoint:
        """Look at an endpoint and all its deployments."""
        path = f"batchEndpoints/{endpoint}"
        found = self._arm.get(path, f"read batch endpoint {endpoint}")
        deployments = self._arm.list(f"{path}/deployments", f"list the deployments of {endpoint}")
        return read_batch_endpoint(found, tuple(deployments))

    def create_deployment(self, endpoint: str, step: CreateBatchDeployment) -> None:
        """Make a deployment and wait until jobs can run on it.

        Raises:
            BatchDeploymentFailedError: Azure tried and failed.
        """
        what = f"create batch deployment {step.name}"
        patiently(what, lambda: self._create(endpoint, step, what), sleep=self._workspace.sleep)

    def delete_deployment(self, endpoint: str, deployment: str) -> None:
        """Remove a deployment and wait until it is gone."""
        path, what = f"batchEndpoints/{endpoint}/deployments/{deployment}", f"delete batch deployment {deployment}"
        patiently(what, lambda: self._arm.delete(path, what), sleep=self._workspace.sleep)

    def set_default(self, endpoint: str, deployment: str) -> None:
        """Read the endpoint, change its default, write it; wait until it holds."""
        path, what = f"batchEndpoints/{endpoint}", f"set the default deployment of {endpoint}"

        def change() -> None:
            now = self._arm.get(path, f"read batch endpoint {endpoint}")
            self._arm.put(path, with_default(now, deployment), what)

        patiently(what, change, sleep=self._workspace.sleep)

    def _create(self, endpoint: str, step: CreateBatchDeployment, what: str) -> None:
        with self._workspace.sdk(what) as client:
            from azure.ai.ml.entities._load_functions import load_model_batch_deployment
            from azure.core.exceptions import HttpResponseError

            source = io.StringIO(json.dumps(deployment_document(endpoint, step)))
            entity = load_model_batch_deployment(source, relative_origin=str(step.definition.file))
            poller = client.batch_deployments.begin_create_or_update(entity)
            try:
                poller.result()
            except HttpResponseError as error:
                message = innermost_message(error.error, error.message)
                raise BatchDeploymentFailedError(step.name, message, details=describe(error)) from error


@dataclass(frozen=True, kw_only=True)
class Services:
    """Addresses of Azure ML's own services for one workspace.

    Attributes:
        jobs: Where the jobs of batch endpoints are listed.
        history: Where the history of runs is kept.
    """

    jobs: str
    history: str

    @classmethod
    def of(cls, outputs: StackOutputs) -> Services:
        """The addresses for the workspace of a stack."""
        host, workspace = f"https://{outputs.location}.api.azureml.ms", workspace_id(outputs)
        return cls(jobs=f"{host}/mferp/managementfrontend{workspace}", history=f"{host}/history/v1.0{workspace}")


class AzureBatchJobs:
    """Satisfies `batch.ports.BatchJobs`.

    Args:
        workspace: Where the jobs run.
        cluster: The cluster whose nodes are told as progress.
        services: Where Azure ML's own services answer for the workspace.
    """

    def __init__(self, workspace: Workspace, *, cluster: str, services: Services) -> None:
        self._workspace = workspace
        self._arm = workspace.arm
        self._cluster = cluster
        self._services = services

    def start(self, request: JobRequest) -> Job:
        """Upload the input and start a job. Not idempotent: see `find`."""
        uri, kind = self._data(request.data)
        endpoint = self._arm.get(f"batchEndpoints/{request.endpoint}", f"read batch endpoint {request.endpoint}")
        try:
            answer = self._ask(
                "POST",
                endpoint["properties"]["scoringUri"],
                f"start a job on {request.deployment}",
                body=invocation(request, uri, kind),
                deployment=request.deployment,
            )
        except AzureUnreachableError:
            found = self.find(request.endpoint, request.run)
            if found is None:
                raise
            return found
        return self.get(answer["name"])

    def find(self, endpoint: str, run: str) -> Job | None:
        """Find the job whose output address holds the name of a run; only that run's own can."""
        for resource in islice(self._jobs_of(endpoint), _NEWEST_JOBS):
            if f"/{run}/" in json.dumps(resource["properties"]):
                return self.get(resource["name"])
        return None

    def get(self, job: str) -> Job:
        """Look at a job.

        Raises:
            JobNotFoundError: There is none of that name.
        """
        return read_job(self._resource(job))

    def cancel(self, job: Job) -> None:
        """Ask Azure to end a job; it may take a while until it has."""
        self._arm.start(f"jobs/{job.name}/cancel", f"cancel job {job.name}")

    def progress(self, job: Job) -> Progress:
        """Tell how far a job is, as well as Azure says."""
        cluster = self._arm.find(f"computes/{self._cluster}", f"read cluster {self._cluster}")
        return read_progress(self._resource(job.name), cluster)

    def explain(self, job: Job) -> tuple[str, ...]:
        """Read the end of the logs of a job that failed: first the line that says why."""
        lines = [line for text in self._error_logs(job) for line in text.splitlines() if line.strip()]
        return tell_cause(lines)

    def download(self, job: Job, folder: Path) -> Path:
        """Fetch the file with the rows into a folder and return where it is.

        Raises:
            ResultsUnreadableError: The job has left no such file.
        """
        with self._workspace.sdk(f"fetch the results of {job.name}") as client:
            client.jobs.download(job.name, download_path=str(folder), output_name=_OUTPUT)
        # The SDK puts it into the folder itself for a batch job, and deeper for others.
        found = sorted(folder.rglob("*.csv"))
        if not found:
            raise ResultsUnreadableError(job.name, "the job completed and left no file with rows")
        return found[0]

    def _jobs_of(self, endpoint: str) -> Iterator[Json]:
        """The jobs of an endpoint as it was asked for them, with their inputs and outputs, page by page."""
        address: str | None = f"{self._services.jobs}/batchEndpoints/{endpoint}/jobs?api-version={_JOBS_VERSION}"
        while address:
            page = self._ask("GET", address, f"list the jobs of {endpoint}")
            yield from page.get("value") or ()
            address = page.get("nextLink")

    def _resource(self, job: str) -> Json:
        found = self._arm.find(f"jobs/{job}", f"read job {job}")
        if found is None:
            raise JobNotFoundError(job)
        return found

    def _data(self, data: Data) -> tuple[str, str]:
        """The id of a data asset, uploaded first where it is ours, and what Azure calls its kind."""
        path, label = f"data/{data.name}/versions/{data.version}", f"{data.name}:{data.version}"
        found = self._arm.find(path, f"read data {label}")
        if found is None and isinstance(data, UploadedData):
            self._upload(data)
            found = self._arm.get(path, f"read data {label}")
        if found is None:
            raise AzureNotFoundError(f"read data {label}")
        kind = str(found["properties"].get("dataType"))
        if kind not in _KINDS:
            raise DataKindError(label, kind)
        return found["id"], _KINDS[kind]

    def _upload(self, data: UploadedData) -> None:
        with self._workspace.sdk(f"upload the input as data {data.name}:{data.version}") as client:
            from azure.ai.ml.constants import AssetTypes
            from azure.ai.ml.entities import Data as Asset

            asset = Asset(name=data.name, version=data.version, path=str(data.folder), type=AssetTypes.URI_FOLDER)
            client.data.create_or_update(asset)

    def _ask(self, method: str, address: str, what: str, *, body: Json | None = None, deployment: str = "") -> Json:
        """Send one request, once, to an address that takes tokens of Azure ML itself."""
        import httpx

        token = self._workspace.credential.get_token(SCORING_SCOPE).token
        headers = {"Authorization": f"Bearer {token}"} | ({_DEPLOYMENT_HEADER: deployment} if deployment else {})
        try:
            answer = httpx.request(method, address, json=body, headers=headers, timeout=_ANSWER_SECONDS)
        except httpx.HTTPError as error:
            raise AzureUnreachableError(what, details=(str(error),)) from error
        if answer.is_success:
            document: Json = answer.json()
            return document
        raise AzureRequestError(what, _refusal(answer.text), details=(f"status: {answer.status_code}", answer.text))

    def _error_logs(self, job: Job) -> Iterator[str]:
        import httpx

        # An absolute address replaces the client's own; run history takes the same token.
        base = f"{self._services.history}/runs"
        children = self._arm.get(f"{base}/{job.name}/children?api-version=1.0", f"read the steps of {job.name}")
        for child in children.get("value") or ():
            run = child["runId"]
            details = self._arm.get(f"{base}/{run}/details?api-version=1.0", f"read the logs of {job.name}")
            yield str(((details.get("error") or {}).get("error") or {}).get("message") or "")
            for name, address in sorted((details.get("logFiles") or {}).items()):
                if "error" in name.rpartition("/")[2]:
                    yield httpx.get(address, timeout=30).text


def deployment_document(endpoint: str, step: CreateBatchDeployment) -> Json:
    """Fill in what a run decides; everything else goes to azure-ai-ml as the user wrote it."""
    document = dict(step.definition.document)
    settings = dict(document.get("settings") or {})
    if step.model.sha256:
        settings["environment_variables"] = {
            **(settings.get("environment_variables") or {}),
            DIGEST_VARIABLE: step.model.sha256,
        }
    tags = {TAG_MODEL: step.model.label, TAG_SHA256: step.model.sha256, TAG_RELEASE: step.release}
    return document | {
        "name": step.name,
        "endpoint_name": endpoint,
        "model": f"azureml:{step.model.label}",
        "environment": f"azureml:{step.environment}",
        "settings": settings,
        "tags": {**(document.get("tags") or {}), **{name: value for name, value in tags.items() if value}},
    }


def with_default(endpoint: Json, deployment: str) -> Json:
    """Make the request that changes an endpoint's default and leaves everything else as it was read."""
    properties = endpoint["properties"]
    kept = {name: properties[name] for name in ("authMode", "description", "properties") if properties.get(name)}
    body = {
        "location": endpoint["location"],
        "tags": endpoint.get("tags"),
        "properties": {**kept, "defaults": {"deploymentName": deployment}},
    }
    return {key: value for key, value in body.items() if value is not None}


def invocation(request: JobRequest, uri: str, kind: str) -> Json:
    """Make the request that starts a job."""
    body: Json = {
        "inputData": {"input": {"jobInputType": kind, "uri": uri}},
        "outputData": {_OUTPUT: {"jobOutputType": "UriFile", "uri": request.output}},
    }
    if request.nodes is not None:
        body["compute"] = {"instanceCount": request.nodes}
    return {"properties": body}


def read_batch_endpoint(resource: Json, deployments: tuple[Json, ...]) -> BatchEndpoint:
    """Read a batch endpoint as Resource Manager shows it."""
    defaults = resource["properties"].get("defaults") or {}
    return BatchEndpoint(
        name=resource["name"],
        default=defaults.get("deploymentName") or "",
        deployments=tuple(_read_deployment(each) for each in deployments),
    )


def read_job(resource: Json) -> Job:
    """Read a job as Resource Manager shows it."""
    properties = resource["properties"]
    state = str(properties.get("status") or "")
    studio = ((properties.get("services") or {}).get("Studio") or {}).get("endpoint") or ""
    return Job(
        name=resource["name"],
        status=_STATES.get(state, JobStatus.WAITING),
        state=state,
        deployment=(properties.get("tags") or {}).get("azureml.deploymentname", ""),
        studio=studio,
    )


def read_progress(job: Json, cluster: Json | None) -> Progress:
    """Read how far a job is.

    Azure itself says this only in words, in a log. The local Azure says it in figures, among the job's properties.
    """
    told = job["properties"].get("properties") or {}
    return Progress(
        job=read_job(job),
        done=_figure(told, "miniBatchesDone"),
        total=_figure(told, "miniBatchesTotal"),
        failed=_figure(told, "miniBatchesFailed"),
        rows=_figure(told, "rows"),
        nodes=None if cluster is None else read_nodes(cluster),
        nodes_over_time=tuple(int(count) for _, count in json.loads(told.get("windlass.nodesOverTime") or "[]")),
    )


def read_nodes(cluster: Json) -> dict[str, int] | None:
    """Count a cluster's nodes by state; None for a compute that has no such figures."""
    inner = cluster["properties"].get("properties") or {}
    counts = inner.get("nodeStateCounts")
    if not isinstance(counts, Mapping):
        return None
    return {state: int(counts.get(f"{state}NodeCount") or 0) for state in _NODES}


def tell_cause(lines: list[str]) -> tuple[str, ...]:
    """Put the line that says why something failed before the end of its log."""
    if not lines:
        return ()
    return (find_cause("\n".join(lines)) or lines[-1].strip(), *lines[-_LOG_LINES:])


def _read_deployment(resource: Json) -> BatchDeployment:
    properties, tags = resource["properties"], resource.get("tags") or {}
    state = str(properties.get("provisioningState") or "")
    parts = str((properties.get("model") or {}).get("assetId") or "").split("/")
    label = f"{parts[-3]}:{parts[-1]}" if "versions" in parts[-2:-1] else ""
    return BatchDeployment(
        name=resource["name"],
        model=tags.get(TAG_MODEL) or label,
        release=tags.get(TAG_RELEASE, ""),
        is_ready=state == "Succeeded",
        state=state,
    )


def _figure(told: Mapping[str, Any], name: str) -> int | None:
    value = told.get(f"windlass.{name}")
    return None if value is None else int(value)


def _refusal(text: str) -> str:
    """Dig the sentence out of an error body."""
    try:
        error = json.loads(text).get("error") or {}
    except (ValueError, AttributeError):
        return text[:500]
    return str(error.get("message") or text[:500]) if isinstance(error, dict) else text[:500]
