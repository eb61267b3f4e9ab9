"""Where batch endpoints, deployments and jobs stand: routes, ids, types, and how one is found or refused."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from windlass_emulator.errors import ml_refusal
from windlass_emulator.ml.common import WORKSPACE, child_id, require_workspace, type_of

if TYPE_CHECKING:
    from windlass_emulator.http import Request
    from windlass_emulator.store import Resource

ENDPOINTS = f"{WORKSPACE}/batchEndpoints"
ENDPOINT = f"{ENDPOINTS}/{{endpoint}}"
DEPLOYMENTS = f"{ENDPOINT}/deployments"
DEPLOYMENT = f"{DEPLOYMENTS}/{{deployment}}"
JOBS = f"{WORKSPACE}/jobs"
JOB = f"{JOBS}/{{job}}"

ENDPOINT_TYPE = type_of("batchEndpoints")
DEPLOYMENT_TYPE = type_of("batchEndpoints", "deployments")
JOB_TYPE = type_of("jobs")
COMPUTE_TYPE = type_of("computes")

NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9-]{1,30}[a-zA-Z0-9]\Z")
NAME_RULE = "3 to 32 letters, digits and '-', beginning with a letter and ending with a letter or digit"


def find_endpoint(request: Request) -> Resource | None:
    """Return the batch endpoint that a request names, or None; the workspace must exist."""
    workspace = require_workspace(request)
    return request.azure.store.get(child_id(workspace, "batchEndpoints", request.params["endpoint"]))


def require_endpoint(request: Request) -> Resource:
    """Return the batch endpoint that a request names.

    Raises:
        MlError: 404 in the words that were recorded.
    """
    if endpoint := find_endpoint(request):
        return endpoint
    raise endpoint_not_found(request.params["endpoint"], request.params["workspace"])


def endpoint_not_found(endpoint: str, workspace: str) -> Exception:
    """404 for a batch endpoint (recorded)."""
    return ml_refusal(
        f"An endpoint with the name '{endpoint}' does not exist in the workspace '{workspace}'. Please check the "
        "endpoint name and also ensure the current user has access to it.",
        status=404,
    )


def require_deployment(request: Request) -> Resource:
    """Return the batch deployment that a request names.

    Raises:
        MlError: 404 for the endpoint or the deployment.
    """
    endpoint = require_endpoint(request)
    name = request.params["deployment"]
    if deployment := request.azure.store.get(child_id(endpoint, "deployments", name)):
        return deployment
    raise deployment_not_found(endpoint.name, name)


def deployment_not_found(endpoint: str, deployment: str, *, status: int = 404) -> Exception:
    """404 for a batch deployment, 400 where a body names it."""
    return ml_refusal(
        f"A deployment with the name '{deployment}' does not exist under the batch endpoint '{endpoint}'.",
        status=status,
    )


def require_job(request: Request) -> Resource:
    """Return the job that a request names.

    Raises:
        MlError: 404.
    """
    workspace = require_workspace(request)
    if job := request.azure.store.get(child_id(workspace, "jobs", request.params["job"])):
        return job
    raise job_not_found(request.params["job"])


def job_not_found(job: str) -> Exception:
    """404 for a job or run."""
    return ml_refusal(f"Run {job} was not found.", status=404)
