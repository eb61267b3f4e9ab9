"""Online endpoints: made, read, changed, deleted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from windlass_emulator import lro
from windlass_emulator.access.service import require_in_workspace
from windlass_emulator.errors import OperationFailedError, invalid_content
from windlass_emulator.http import Answer, Request, Route
from windlass_emulator.ml.common import listing, region_of, require_workspace, system_data, type_of, workspace_of
from windlass_emulator.online import kubernetes, rules, shapes, views
from windlass_emulator.online.busy import require_quiet_endpoint, state_of
from windlass_emulator.online.identities import complete_identity
from windlass_emulator.online.ids import (
    DEPLOYMENT_TYPE,
    ENDPOINT,
    ENDPOINT_TYPE,
    ENDPOINTS,
    endpoint_id,
    find_endpoint,
    require_endpoint,
)
from windlass_emulator.online.keys import first_keys
from windlass_emulator.online.live import close_doorway, close_fleet, open_doorway
from windlass_emulator.shapes import check

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure
    from windlass_emulator.operations import Operation
    from windlass_emulator.store import Resource

_FAMILY = "online_endpoint"


def routes() -> tuple[Route, ...]:
    """The operations on endpoints."""
    return (
        Route("GET", ENDPOINTS, list_endpoints, provenance="recorded"),
        Route("GET", ENDPOINT, get_endpoint, provenance="recorded"),
        Route("PUT", ENDPOINT, put_endpoint, provenance="recorded"),
        Route("PATCH", ENDPOINT, patch_endpoint, provenance="recorded"),
        Route("DELETE", ENDPOINT, delete_endpoint, provenance="recorded"),
    )


async def list_endpoints(request: Request) -> Answer:
    """List the online endpoints of a workspace."""
    found = request.azure.store.children(require_workspace(request).id, ENDPOINT_TYPE)
    return Answer(200, listing([views.endpoint(request.azure, one, request.api_version) for one in found]))


async def get_endpoint(request: Request) -> Answer:
    """Get an online endpoint."""
    return Answer(200, views.endpoint(request.azure, require_endpoint(request), request.api_version))


async def put_endpoint(request: Request) -> Answer:
    """Create an online endpoint, or replace what it has: a PUT without traffic leaves it without traffic."""
    body = request.json()
    shapes.check_endpoint(body)
    existing = find_endpoint(request)
    rules.require_name(request.params["endpoint"], "endpoint")
    rules.require_location(body, region_of(require_workspace(request)))
    if existing is None:
        _require_creatable(request, body)
    else:
        _require_updatable(request, existing, body)
    with request.azure.store.transaction():
        stored = _write_new(request, body) if existing is None else _write_changed(request, existing, body)
        operation = _start(request, stored, "online_endpoint.apply")
    echo = existing is not None or views.answers_plainly(request.api_version)
    shown = views.endpoint_echo if echo else views.endpoint
    return lro.accepted_put(request, operation, shown(request.azure, stored, request.api_version))


def _require_creatable(request: Request, body: dict[str, Any]) -> None:
    if kubernetes.is_kubernetes(body):
        workspace = require_workspace(request)
        body["properties"]["compute"] = kubernetes.require_endpoint(request.azure, workspace, body)
    rules.require_identity(body, request.api_version)
    require_in_workspace(request.azure, require_workspace(request), "onlineEndpoints")
    region, store = region_of(require_workspace(request)), request.azure.store
    here = [one for one in store.of_type(ENDPOINT_TYPE) if one.body["location"] == region]
    names = {one.name.lower() for one in here}
    names |= {
        one.name.lower()
        for one in store.of_type(type_of("batchEndpoints"))
        if str(one.body.get("location", "")).lower() == region
    }
    if request.params["endpoint"].lower() in names:
        raise rules.inference_refusal(
            "Name", "There is already an endpoint with this name, Endpoint name needs to be unique within a region"
        )
    rules.require_room("endpoints", len(here), rules.ENDPOINTS_PER_REGION, "subscription and region")
    rules.require_traffic(*_traffic(body), known=())


def _require_updatable(request: Request, existing: Resource, body: dict[str, Any]) -> None:
    require_quiet_endpoint(request.azure, existing.id)
    if not request.azure.store.fact(existing.id, "created"):
        raise rules.unrecoverable_endpoint(existing.name)
    rules.require_same_endpoint(existing.body, body)
    if kubernetes.is_kubernetes(existing.body):
        kubernetes.refuse_mirror(body["properties"].get("mirrorTraffic"))
    rules.require_traffic(*_traffic(body), known=_in_service(request.azure, existing.id))


def _in_service(azure: LocalAzure, endpoint: str) -> set[str]:
    return {
        one.name
        for one in azure.store.children(endpoint, DEPLOYMENT_TYPE)
        if azure.store.fact(one.id, "serving") and state_of(azure, one) != "Deleting"
    }


def _traffic(body: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return traffic and mirror traffic without the zeros, as the service keeps them."""
    properties = body["properties"]
    traffic, mirror = (properties.get(name) or {} for name in ("traffic", "mirrorTraffic"))
    return (
        {name: share for name, share in traffic.items() if share != 0},
        {name: share for name, share in mirror.items() if share != 0},
    )


def _write_new(request: Request, body: dict[str, Any]) -> Resource:
    identity = complete_identity(request.azure.store, body.get("identity"))
    own = {k: v for k, v in (body["properties"].get("properties") or {}).items() if k not in rules.SERVICE_PROPERTIES}
    stored = _write(request, None, body, identity, own, "Creating")
    request.azure.store.set_fact(stored.id, "keys", first_keys(body["properties"].get("keys")))
    return stored


def _write_changed(request: Request, existing: Resource, body: dict[str, Any]) -> Resource:
    own = existing.body["properties"]["properties"]
    return _write(request, existing, body, existing.body["identity"], own, "Updating")


def _write(
    request: Request,
    existing: Resource | None,
    body: dict[str, Any],
    identity: dict[str, Any],
    own: dict[str, Any],
    state: str,
) -> Resource:
    workspace = require_workspace(request)
    traffic, mirror = _traffic(body)
    sent = body["properties"]
    stored = {
        "location": region_of(workspace),
        "tags": dict(body.get("tags") or {}),
        "identity": identity,
        "systemData": _system_data(request, existing),
        "properties": {
            "description": sent.get("description"),
            "properties": own,
            "authMode": _auth_mode(sent.get("authMode")),
            "provisioningState": state,
            "traffic": traffic,
            "mirrorTraffic": mirror,
            "publicNetworkAccess": sent.get("publicNetworkAccess") or "Enabled",
            "compute": (existing.body["properties"] if existing else sent).get("compute"),
        },
    }
    now = request.azure.clock.now()
    return request.azure.store.put(endpoint_id(request), ENDPOINT_TYPE, stored, parent=workspace.id, now=now)


def _auth_mode(sent: Any) -> str:
    modes = {mode.lower(): mode for mode in rules.AUTH_MODES}
    if str(sent).lower() not in modes:
        raise invalid_content(
            f"'{sent}' is not a value of properties.authMode: {', '.join(rules.AUTH_MODES)}.",
            target="properties.authMode",
        )
    return modes[str(sent).lower()]


def _system_data(request: Request, existing: Resource | None) -> dict[str, str]:
    data = system_data(request, existing)
    return {name: data[name] for name in views.SYSTEM_DATA if name in data}


def operation_on(request: Request, endpoint: Resource, action: str) -> Operation:
    """Describe an operation on an endpoint."""
    workspace = require_workspace(request)
    return lro.new_operation(
        request,
        _FAMILY,
        endpoint.id,
        action,
        region=region_of(workspace),
        scope=str(workspace.body["properties"].get("workspaceId", "")),
    )


def _start(request: Request, endpoint: Resource, action: str) -> Operation:
    operation = operation_on(request, endpoint, action)
    request.azure.store.set_fact(endpoint.id, "operation", operation.id)
    return request.azure.operations.start(operation)


async def apply_endpoint(azure: LocalAzure, operation: Operation) -> None:
    """Carry out the making or changing of an endpoint."""
    created = bool(azure.store.fact(operation.resource, "created"))
    await azure.take("online_endpoint.update" if created else "online_endpoint.create")
    endpoint = require_still(azure, operation.resource)
    properties = endpoint.body["properties"]
    effective = {"traffic": properties["traffic"], "mirror": properties["mirrorTraffic"]}
    with azure.store.transaction():
        azure.store.set_fact(endpoint.id, "effective", effective)
        azure.store.set_fact(endpoint.id, "created", value=True)
        endpoint = _set_state(azure, endpoint, "Succeeded")
    open_doorway(azure, endpoint)


def _set_state(azure: LocalAzure, endpoint: Resource, state: str) -> Resource:
    body = {**endpoint.body, "properties": {**endpoint.body["properties"], "provisioningState": state}}
    return azure.store.put(endpoint.id, ENDPOINT_TYPE, body, parent=workspace_of(endpoint.id), now=azure.clock.now())


def require_still(azure: LocalAzure, endpoint: str) -> Resource:
    """Return the endpoint of an operation.

    Raises:
        OperationFailedError: It was deleted meanwhile, with its workspace or group.
    """
    if found := azure.store.get(endpoint):
        return found
    raise OperationFailedError("ResourceNotFound", f"'{endpoint}' was deleted while it was in the making.")


async def patch_endpoint(request: Request) -> Answer:
    """Change the tags of an online endpoint: those sent are added or replaced."""
    body = request.json()
    check(body, shapes.ENDPOINT_PATCH)
    endpoint = require_endpoint(request)
    require_quiet_endpoint(request.azure, endpoint.id)
    if body.get("identity"):
        rules.require_same_endpoint(endpoint.body, {**endpoint.body, "identity": body["identity"]})
    changed = {
        **endpoint.body,
        "tags": {**endpoint.body["tags"], **(body.get("tags") or {})},
        "systemData": _system_data(request, endpoint),
        "properties": {**endpoint.body["properties"], "provisioningState": "Updating"},
    }
    store, now = request.azure.store, request.azure.clock.now()
    with store.transaction():
        stored = store.put(endpoint.id, ENDPOINT_TYPE, changed, parent=workspace_of(endpoint.id), now=now)
        operation = _start(request, stored, "online_endpoint.apply")
    return without_status(lro.accepted(request, operation))


def without_status(answer: Answer) -> Answer:
    """Return a 202 as PATCH and regenerateKeys have it: with Location alone (recorded)."""
    headers = {name: value for name, value in answer.headers.items() if name != "Azure-AsyncOperation"}
    return replace(answer, headers=headers)


async def delete_endpoint(request: Request) -> Answer:
    """Delete an online endpoint with its deployments, whatever traffic they have."""
    endpoint = find_endpoint(request)
    if endpoint is None:
        return Answer(204)
    require_quiet_endpoint(request.azure, endpoint.id)
    with request.azure.store.transaction():
        _set_state(request.azure, endpoint, "Deleting")
        operation = _start(request, endpoint, "online_endpoint.delete")
    return deleted(request, operation)


def deleted(request: Request, operation: Operation) -> Answer:
    """Return the first answer to a DELETE: with `null` in the older api-versions."""
    answer = lro.accepted(request, operation)
    return replace(answer, body=None) if views.answers_plainly(request.api_version) else answer


async def remove_endpoint(azure: LocalAzure, operation: Operation) -> None:
    """Carry out the deletion of an endpoint."""
    if azure.store.get(operation.resource) is None:
        return
    await end_endpoint(azure, operation.resource)
    await azure.take("online_endpoint.delete")
    await azure.remove(operation.resource)


async def end_endpoint(azure: LocalAzure, endpoint: str) -> None:
    """Let no more requests in and end all that serves an endpoint, after the requests under way."""
    if found := azure.store.get(endpoint):
        close_doorway(azure, found)
    for deployment in azure.store.children(endpoint, DEPLOYMENT_TYPE):
        await close_fleet(azure, deployment.id)
