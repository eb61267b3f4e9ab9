"""The run history and data plane behind the SDK's `jobs.get`, `stream`, `download`, `archive` and `list`.

A batch job is a pipeline run with one step, "batchscoring", whose output "score" is a data asset of its own.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from windlass_emulator.batch.addresses import job_not_found
from windlass_emulator.batch.logs import log_files
from windlass_emulator.batch.records import Ledger, runs_scope
from windlass_emulator.errors import NotEmulatedError, ml_refusal
from windlass_emulator.http import Answer, Route
from windlass_emulator.ml.common import WORKSPACE, child_id, region_of, require_workspace

if TYPE_CHECKING:
    from windlass_emulator.http import Request

HISTORY = f"/history/v1.0{WORKSPACE}"
STEP = "batchscoring"
OUTPUT = "score"


def routes() -> tuple[Route, ...]:
    """Return the operations of run history and data plane."""
    run = f"{HISTORY}/runs/{{run}}"
    named = (
        ("GET", run, _get),
        ("GET", f"{run}/details", _details),
        ("GET", f"{run}/children", _children),
        ("GET", f"{run}/serviceinstances/{{node}}", _services),
        ("PATCH", f"{HISTORY}/experiments/{{experiment}}/runs/{{run}}", _patch),
        ("POST", f"{HISTORY}/rundata", _data),
        ("POST", f"/data/v1.0{WORKSPACE}/dataversion/batchGetResolvedUris", _uris),
    )
    return tuple(
        Route(method, path, handler, site="api", needs_api_version=False, provenance="specified")
        for method, path, handler in named
    )


class _Run:
    """A job's run, or that of its step."""

    def __init__(self, request: Request, name: str) -> None:
        workspace = require_workspace(request)
        store = request.azure.store
        parent = store.fact(runs_scope(workspace.id), name)
        job = store.get(child_id(workspace, "jobs", parent or name))
        if job is None:
            raise job_not_found(name)
        self.name = name
        self.is_step = parent is not None
        self.ledger = Ledger(request.azure, job.id)
        self.job = job
        self.region = region_of(workspace)
        self.workspace_guid = workspace.body["properties"]["workspaceId"]


def with_progress(properties: dict[str, str], ledger: Ledger) -> dict[str, str]:
    """Return a run's properties with how far it has come: an addition of the local Azure (see `batch/__init__.py`)."""
    progress = ledger.progress()
    return {
        **properties,
        "windlass.miniBatchesTotal": str(progress.mini_batches),
        "windlass.miniBatchesDone": str(progress.done),
        "windlass.miniBatchesFailed": str(progress.failed),
        "windlass.itemsTotal": str(progress.items),
        "windlass.itemsFailed": str(progress.items_failed),
        "windlass.rows": str(progress.rows),
        "windlass.nodesOverTime": json.dumps(ledger.fact("nodes", [])),
    }


def _moment(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat()


def _common(run: _Run) -> dict[str, Any]:
    """Return what a run and its details share."""
    spec, ledger = run.ledger.spec, run.ledger
    properties, tags = run.job.body["properties"]["properties"], run.job.body["properties"]["tags"]
    error = ledger.fact("error")
    if run.is_step:
        properties = {"azureml.runsource": "azureml.StepRun", "azureml.pipelinerunid": spec.name, "StepType": STEP}
        tags = {}
    return {
        "runId": run.name,
        "runNumber": 1,
        "parentRunId": spec.name if run.is_step else None,
        "rootRunId": spec.name,
        "status": run.job.body["properties"]["status"],
        "startTimeUtc": _moment(ledger.fact("running")),
        "endTimeUtc": _moment(ledger.fact("ended")),
        "error": {"error": error} if error else None,
        "warnings": None,
        "tags": tags,
        "properties": with_progress(properties, ledger),
        "createdBy": {"userObjectId": spec.created_by},
        "outputs": _outputs(run) if run.is_step else {},
    }


def _outputs(run: _Run) -> dict[str, Any]:
    kind = "uri_file" if run.ledger.spec.output_type == "UriFile" else "uri_folder"
    return {OUTPUT: {"assetId": _asset_id(run), "type": kind}}


def _asset_id(run: _Run) -> str:
    return (
        f"azureml://locations/{run.region}/workspaces/{run.workspace_guid}"
        f"/data/azureml_{run.ledger.spec.child}_output_data_{OUTPUT}/versions/1"
    )


def _written(run: _Run) -> dict[str, Any]:
    spec = run.ledger.spec
    return {
        **_common(run),
        "name": STEP if run.is_step else spec.display_name,
        "displayName": STEP if run.is_step else run.job.body["properties"]["displayName"],
        "description": run.job.body["properties"]["description"],
        "experimentId": spec.experiment,
        "runType": "azureml.StepRun" if run.is_step else "azureml.PipelineRun",
        "createdUtc": _moment(spec.created),
        "lastModifiedUtc": _moment(run.job.modified),
        "hidden": run.job.body["properties"]["isArchived"],
        "target": spec.compute.rsplit("/", 1)[1],
        "dataContainerId": f"dcid.{run.name}",
    }


async def _get(request: Request) -> Answer:
    """Get a run."""
    return Answer(200, _written(_Run(request, request.params["run"])))


async def _details(request: Request) -> Answer:
    """Get a run with the addresses of its logs."""
    run = _Run(request, request.params["run"])
    details = {
        **_common(run),
        "createdTimeUtc": _moment(run.ledger.spec.created),
        "target": run.ledger.spec.compute.rsplit("/", 1)[1],
        "inputDatasets": [],
        "outputDatasets": [],
        "services": {},
        "logFiles": log_files(request.azure, run.ledger, run.name),
    }
    return Answer(200, details)


async def _children(request: Request) -> Answer:
    """List the steps of a run."""
    run = _Run(request, request.params["run"])
    steps = [] if run.is_step else [_written(_Run(request, run.ledger.spec.child))]
    return Answer(200, {"value": steps})


async def _services(request: Request) -> Answer:
    """Get the services of a run on a node: there are none."""
    _Run(request, request.params["run"])
    return Answer(200, {"instances": {}})


async def _data(request: Request) -> Answer:
    """Get a run as the data plane wants it."""
    name = request.json().get("runId")
    if not isinstance(name, str):
        raise ml_refusal("The value for 'runId' is missing.")
    return Answer(200, {"runMetadata": _written(_Run(request, name)), "runDefinition": None, "jobSpecification": None})


_CHANGES = {"hidden", "tags", "displayName", "description", "properties"}


async def _patch(request: Request) -> Answer:
    """Change a run: archive or restore it, tags, display name."""
    run = _Run(request, request.params["run"])
    body = {name: value for name, value in request.json().items() if value is not None}
    if unknown := sorted(set(body) - _CHANGES - {"runId"}):
        raise NotEmulatedError(f"a change of a run's {', '.join(unknown)}")
    if run.is_step:
        raise ml_refusal(f"The run '{run.name}' is a step; change its job '{run.ledger.spec.name}'.")
    now = run.job.body["properties"]
    changes: dict[str, Any] = {name: body[name] for name in ("displayName", "description") if name in body}
    changes |= {name: {**now[name], **body[name]} for name in ("tags", "properties") if name in body}
    if "hidden" in body:
        changes["isArchived"] = bool(body["hidden"])
    run.ledger.change(**changes)
    return Answer(200, _written(_Run(request, run.name)))


async def _uris(request: Request) -> Answer:
    """Return where the outputs of jobs lie."""
    workspace = require_workspace(request)
    found = {}
    for asset in request.json().get("values") or []:
        child = _child_of(str(asset))
        job = child and request.azure.store.fact(runs_scope(workspace.id), child)
        if not job:
            raise ml_refusal(f"The data asset '{asset}' was not found.", status=404)
        spec = Ledger(request.azure, child_id(workspace, "jobs", job)).spec
        found[asset] = {"uri": spec.output.uri, "type": spec.output_type}
    return Answer(200, {"values": found})


def _child_of(asset: str) -> str | None:
    """Return the step that an output's asset id names."""
    name = asset.rpartition("/data/")[2].partition("/")[0]
    start, end = "azureml_", f"_output_data_{OUTPUT}"
    return name[len(start) : -len(end)] if name.startswith(start) and name.endswith(end) else None
