"""Jobs as Azure Resource Manager shows them: get, list, cancel; and the list of an endpoint's jobs.

Only batch endpoints make jobs here. Jobs of other kinds (command, sweep, pipeline) are refused by name.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from windlass_emulator import lro
from windlass_emulator.batch.addresses import (
    DEPLOYMENT,
    ENDPOINT,
    JOB,
    JOB_TYPE,
    JOBS,
    job_not_found,
    require_deployment,
    require_endpoint,
    require_job,
)
from windlass_emulator.batch.records import TERMINAL, Ledger, job_resource, runs_scope
from windlass_emulator.batch.runs import with_progress
from windlass_emulator.errors import NotEmulatedError, ml_refusal
from windlass_emulator.http import Answer, Route
from windlass_emulator.ml.common import child_id, listing, region_of, require_workspace

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure
    from windlass_emulator.http import Request
    from windlass_emulator.store import Resource

MFE = "/mferp/managementfrontend"


def routes() -> tuple[Route, ...]:
    """Return the operations on jobs."""
    return (
        Route("GET", JOB, _get, provenance="recorded"),
        Route("GET", JOBS, _list, provenance="specified"),
        Route("PUT", JOB, _refuse_put, provenance="inferred"),
        Route("DELETE", JOB, _refuse_delete, provenance="inferred"),
        Route("POST", f"{JOB}/cancel", _cancel, provenance="recorded"),
        Route("GET", f"{MFE}{ENDPOINT}/jobs", _of_endpoint, site="api", provenance="specified"),
        Route("GET", f"{MFE}{DEPLOYMENT}/jobs", _of_deployment, site="api", provenance="specified"),
    )


def render_job(azure: LocalAzure, job: Resource, api_version: str) -> dict[str, Any]:
    """Return a job as a GET shows it, with its progress among its properties."""
    del api_version
    properties = {
        **job.body["properties"],
        "properties": with_progress(job.body["properties"]["properties"], Ledger(azure, job.id)),
    }
    return {"id": job.id, "name": job.name, "type": JOB_TYPE, **job.body, "properties": properties}


async def _get(request: Request) -> Answer:
    """Get a job."""
    workspace = require_workspace(request)
    name = request.params["job"]
    if job := request.azure.store.get(child_id(workspace, "jobs", name)):
        return Answer(200, request.azure.render(job, request.api_version))
    if request.azure.store.fact(runs_scope(workspace.id), name) is None:
        raise job_not_found(name)
    # A step has no properties here; the SDK then reads the run (read in azure-ai-ml 1.35.2).
    return Answer(200, {"id": child_id(workspace, "jobs", name), "name": name, "type": JOB_TYPE})


_FILTERS = {"api-version", "listviewtype", "jobtype", "tag"}


async def _list(request: Request) -> Answer:
    """List the jobs of a workspace, newest first."""
    workspace = require_workspace(request)
    query = {name.lower(): value for name, value in request.query.items()}
    if unknown := sorted(set(query) - _FILTERS):
        raise NotEmulatedError(f"listing jobs by {', '.join(unknown)}")
    jobs = request.azure.store.children(workspace.id, JOB_TYPE)
    chosen = [job for job in reversed(jobs) if _is_asked_for(job, query)]
    return Answer(200, listing([request.azure.render(job, request.api_version) for job in chosen]))


def _is_asked_for(job: Resource, query: dict[str, str]) -> bool:
    properties = job.body["properties"]
    view = query.get("listviewtype", "ActiveOnly").lower()
    if view != "all" and properties["isArchived"] != (view == "archivedonly"):
        return False
    if query.get("jobtype", properties["jobType"]).lower() != properties["jobType"].lower():
        return False
    return "tag" not in query or query["tag"] in properties["tags"]


async def _refuse_put(request: Request) -> Answer:
    """Create a job: refused by name."""
    kind = (request.json().get("properties") or {}).get("jobType", "")
    raise NotEmulatedError(f"jobs of type {kind} (only the jobs of batch endpoints)")


async def _refuse_delete(request: Request) -> Answer:
    """Delete a job: refused by name."""
    require_job(request)
    raise NotEmulatedError("deleting a job (archive it instead)")


async def _cancel(request: Request) -> Answer:
    """Cancel a job."""
    workspace, job = require_workspace(request), require_job(request)
    if job.body["properties"]["status"] in TERMINAL:
        return Answer(200)
    scope = workspace.body["properties"]["workspaceId"]
    operation = lro.new_operation(
        request, "job_cancel", job.id, "batch.cancel", region=region_of(workspace), scope=scope
    )
    operation = replace(operation, id=f"jc:{scope}:{job.name}")
    if request.azure.operations.get(operation.id) is None:
        Ledger(request.azure, job.id).change(status="CancelRequested")
        request.azure.operations.start(operation)
    return lro.accepted(request, operation)


async def _of_endpoint(request: Request) -> Answer:
    """List the jobs of a batch endpoint."""
    endpoint = require_endpoint(request)
    return _jobs_of(request, endpoint.name, None)


async def _of_deployment(request: Request) -> Answer:
    """List the jobs of a batch deployment."""
    deployment = require_deployment(request)
    return _jobs_of(request, require_endpoint(request).name, deployment.name)


def _jobs_of(request: Request, endpoint: str, deployment: str | None) -> Answer:
    if request.query.get("$skip"):
        raise ml_refusal("Lists of jobs have one page.")
    workspace = require_workspace(request)
    jobs = [
        job
        for job in reversed(request.azure.store.children(workspace.id, JOB_TYPE))
        if (spec := Ledger(request.azure, job.id).spec).endpoint == endpoint and deployment in {None, spec.deployment}
    ]
    return Answer(200, listing([job_resource(request.azure, job) for job in jobs]))
