"""Addresses of online endpoints and deployments, and what is looked up by them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from windlass_emulator.errors import AzureError, resource_not_found
from windlass_emulator.ml.common import WORKSPACE, child_id, require_workspace, type_of

if TYPE_CHECKING:
    from windlass_emulator.http import Request
    from windlass_emulator.store import Resource

ENDPOINTS = WORKSPACE + "/onlineEndpoints"
ENDPOINT = ENDPOINTS + "/{endpoint}"
DEPLOYMENTS = ENDPOINT + "/deployments"
DEPLOYMENT = DEPLOYMENTS + "/{deployment}"
"""Templates of routes."""

ENDPOINT_TYPE = type_of("onlineEndpoints")
DEPLOYMENT_TYPE = type_of("onlineEndpoints", "deployments")


def endpoint_id(request: Request) -> str:
    """Return the id of the endpoint that a request names.

    Raises:
        AzureError: 404 for the group or the workspace.
    """
    return child_id(require_workspace(request), "onlineEndpoints", request.params["endpoint"])


def find_endpoint(request: Request) -> Resource | None:
    """Return the endpoint that a request names, or None."""
    return request.azure.store.get(endpoint_id(request))


def require_endpoint(request: Request) -> Resource:
    """Return the endpoint that a request names.

    Raises:
        AzureError: 404.
    """
    if endpoint := find_endpoint(request):
        return endpoint
    raise _gone(ENDPOINT_TYPE, f"{request.params['workspace']}/{request.params['endpoint']}", request)


def deployment_id(request: Request, endpoint: Resource) -> str:
    """Return the id of the deployment that a request names."""
    return child_id(endpoint, "deployments", request.params["deployment"])


def require_deployment(request: Request) -> Resource:
    """Return the deployment that a request names.

    Raises:
        AzureError: 404 for it, or for its endpoint.
    """
    endpoint = require_endpoint(request)
    if deployment := request.azure.store.get(deployment_id(request, endpoint)):
        return deployment
    names = (request.params[key] for key in ("workspace", "endpoint", "deployment"))
    raise _gone(DEPLOYMENT_TYPE, "/".join(names), request)


def _gone(resource_type: str, name: str, request: Request) -> AzureError:
    return resource_not_found(resource_type, name, request.params["group"])


def endpoint_of(deployment: str) -> str:
    """Return the id of the endpoint of a deployment."""
    return deployment.rsplit("/", 2)[0]
