"""Batch endpoints: a stable name, and which deployment answers when none is named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from windlass_emulator import lro
from windlass_emulator.access.service import require_in_workspace
from windlass_emulator.batch import shapes
from windlass_emulator.batch.addresses import (
    DEPLOYMENT_TYPE,
    ENDPOINT,
    ENDPOINT_TYPE,
    ENDPOINTS,
    NAME,
    NAME_RULE,
    deployment_not_found,
    find_endpoint,
    require_endpoint,
)
from windlass_emulator.clock import azure_time
from windlass_emulator.errors import NotEmulatedError, ml_refusal
from windlass_emulator.http import Answer, Route
from windlass_emulator.ml.common import child_id, conflict, listing, region_of, require_name, require_workspace
from windlass_emulator.shapes import check

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure
    from windlass_emulator.http import Request
    from windlass_emulator.operations import Operation
    from windlass_emulator.store import Resource


def routes() -> tuple[Route, ...]:
    """Return the operations on batch endpoints."""
    return (
        Route("PUT", ENDPOINT, _put, provenance="recorded"),
        Route("GET", ENDPOINT, _get, provenance="recorded"),
        Route("GET", ENDPOINTS, _list, provenance="recorded"),
        Route("PATCH", ENDPOINT, _patch, provenance="specified"),
        Route("DELETE", ENDPOINT, _delete, provenance="recorded"),
        Route("POST", f"{ENDPOINT}/listkeys", _keys, provenance="specified"),
    )


async def _put(request: Request) -> Answer:
    """Create or update a batch endpoint."""
    workspace = require_workspace(request)
    previous = find_endpoint(request)
    body = request.json()
    check(body, shapes.ENDPOINT)
    _refuse_bad_endpoint(request, workspace, body, previous)
    identity = child_id(workspace, "batchEndpoints", request.params["endpoint"]) if previous is None else previous.id
    stored = request.azure.store.put(
        identity, ENDPOINT_TYPE, _body(request, workspace, identity, body, previous), parent=workspace.id,
        now=request.azure.clock.now(),
    )  # fmt: skip
    operation = start(request, workspace, "batch_endpoint", stored.id, "batch_endpoint.put")
    return lro.accepted_put(request, operation, request.azure.render(stored, request.api_version))


def start(request: Request, workspace: Resource, family: str, resource: str, action: str) -> Operation:
    """Start an operation on an endpoint or deployment."""
    scope = workspace.body["properties"]["workspaceId"]
    operation = lro.new_operation(request, family, resource, action, region=region_of(workspace), scope=scope)
    return request.azure.operations.start(operation)


def _refuse_bad_endpoint(
    request: Request, workspace: Resource, body: dict[str, Any], previous: Resource | None
) -> None:
    name = request.params["endpoint"]
    require_name(name, NAME, "batch endpoint", NAME_RULE)
    properties = body.get("properties") or {}
    if str(properties.get("authMode", "")).lower() != "aadtoken":
        raise ml_refusal(
            f"The authMode '{properties.get('authMode')}' is not supported for batch endpoints; use 'AADToken'."
        )
    if properties.get("keys"):
        raise NotEmulatedError("keys of a batch endpoint (its authMode is AADToken)")
    default = (properties.get("defaults") or {}).get("deploymentName")
    identity = child_id(workspace, "batchEndpoints", name)
    if default and request.azure.store.get(child_id(identity, "deployments", default)) is None:
        raise deployment_not_found(name, default, status=400)
    refuse_while_busy(request, identity, "endpoint")
    if previous is None:
        _refuse_taken_name(request, workspace, name)
        require_in_workspace(request.azure, workspace, "batchEndpoints")


def refuse_while_busy(request: Request, identity: str, what: str, *, alone: bool = False) -> None:
    """Refuse a change while an operation is under way.

    Args:
        request: The request that asks for the change.
        identity: What is to be changed.
        what: Such as "endpoint".
        alone: Look at this resource only, not at those below it.

    Raises:
        MlError: 409.
    """
    for operation in request.azure.operations.of_resource(identity):
        if not alone or operation.resource.lower() == identity.lower():
            raise conflict(
                f"The batch {what} '{identity.rsplit('/', 1)[1]}' cannot be changed: an operation on "
                f"'{operation.resource}' is in progress. Wait until it has ended."
            )


def _refuse_taken_name(request: Request, workspace: Resource, name: str) -> None:
    """Names are unique per region, because the scoring address has no workspace in it."""
    for other in request.azure.store.of_type(ENDPOINT_TYPE):
        if other.name.lower() == name.lower() and other.body["location"] == region_of(workspace):
            raise conflict(f"The endpoint name '{name}' is already in use in region {region_of(workspace)}.")


def _body(
    request: Request, workspace: Resource, identity: str, body: dict[str, Any], previous: Resource | None
) -> dict[str, Any]:
    sent = body.get("properties") or {}
    return {
        "tags": body.get("tags") or {},
        "location": region_of(workspace),
        "systemData": three_fields(request, previous),
        "properties": {
            "description": sent.get("description"),
            "properties": {
                **(sent.get("properties") or {}),
                "BatchEndpointCreationApiVersion": request.api_version,
                "azureml.onlineendpointid": identity,
            },
            "scoringUri": previous.body["properties"]["scoringUri"] if previous else None,
            "swaggerUri": None,
            "authMode": "AADToken",
            "defaults": {"deploymentName": (sent.get("defaults") or {}).get("deploymentName")},
            "provisioningState": "Creating" if previous is None else "Updating",
        },
    }


def three_fields(request: Request, previous: Resource | None) -> dict[str, str]:
    """Return systemData as endpoints have it: createdAt, createdBy, lastModifiedAt (recorded)."""
    now = azure_time(request.azure.clock.now())
    old = previous.body["systemData"] if previous else {}
    writer = request.principal.object_id if request.principal else ""
    return {
        "createdAt": old.get("createdAt", now),
        "createdBy": old.get("createdBy", writer),
        "lastModifiedAt": now,
    }


async def put_endpoint(azure: LocalAzure, operation: Operation) -> None:
    """Finish the creation or update of a batch endpoint."""
    await azure.take("batch_endpoint.create")
    endpoint = azure.store.get(operation.resource)
    if endpoint is None:  # removed with its group in the meantime
        return
    address = f"https://{endpoint.name}.{endpoint.body['location']}.inference.ml.azure.com"
    settle(azure, endpoint, scoringUri=f"{address}/jobs", swaggerUri=None)


def settle(azure: LocalAzure, resource: Resource, state: str = "Succeeded", **properties: Any) -> None:
    """Write the end of an operation into its resource."""
    changed = {**resource.body["properties"], **properties, "provisioningState": state}
    azure.store.put(
        resource.id, resource.type, {**resource.body, "properties": changed}, parent=resource.id.rsplit("/", 2)[0],
        now=azure.clock.now(),
    )  # fmt: skip


async def _get(request: Request) -> Answer:
    """Get a batch endpoint."""
    return Answer(200, request.azure.render(require_endpoint(request), request.api_version))


async def _list(request: Request) -> Answer:
    """List the batch endpoints of a workspace."""
    workspace = require_workspace(request)
    endpoints = request.azure.store.children(workspace.id, ENDPOINT_TYPE)
    return Answer(200, listing([request.azure.render(endpoint, request.api_version) for endpoint in endpoints]))


async def _patch(request: Request) -> Answer:
    """Change the tags of a batch endpoint."""
    endpoint = require_endpoint(request)
    body = request.json()
    check(body, shapes.ENDPOINT_PATCH)
    if body.get("identity"):
        raise NotEmulatedError("a change of a batch endpoint's identity")
    refuse_while_busy(request, endpoint.id, "endpoint")
    changed = merge_tags(request, endpoint, body)
    operation = start(request, require_workspace(request), "batch_endpoint", changed.id, "batch_endpoint.put")
    return lro.accepted(request, operation)


def merge_tags(request: Request, resource: Resource, body: dict[str, Any]) -> Resource:
    """Write a PATCH: tags are merged, as recorded for deployments."""
    properties = {
        **resource.body["properties"],
        **(body.get("properties") or {}),
        "provisioningState": "Updating",
    }
    tags = {**resource.body["tags"], **(body.get("tags") or {})}
    return request.azure.store.put(
        resource.id, resource.type,
        {**resource.body, "tags": tags, "properties": properties, "systemData": three_fields(request, resource)},
        parent=resource.id.rsplit("/", 2)[0], now=request.azure.clock.now(),
    )  # fmt: skip


async def _delete(request: Request) -> Answer:
    """Delete a batch endpoint with its deployments; jobs under way go on."""
    endpoint = find_endpoint(request)
    if endpoint is None:
        return Answer(204)
    refuse_while_busy(request, endpoint.id, "endpoint")
    settle(request.azure, endpoint, "Deleting")
    operation = start(request, require_workspace(request), "batch_endpoint", endpoint.id, "batch_endpoint.delete")
    return lro.accepted(request, operation)


async def delete_endpoint(azure: LocalAzure, operation: Operation) -> None:
    """Carry out a DELETE."""
    await azure.take("batch_endpoint.delete")
    await azure.remove(operation.resource)


async def _keys(request: Request) -> Answer:
    """List the keys of a batch endpoint: it has none."""
    require_endpoint(request)
    return Answer(200, {"primaryKey": None, "secondaryKey": None})


def deployments_of(azure: LocalAzure, endpoint: Resource) -> list[Resource]:
    """Return the deployments of an endpoint, oldest first."""
    return azure.store.children(endpoint.id, DEPLOYMENT_TYPE)
