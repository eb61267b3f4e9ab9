"""Online deployments: made, read, changed, deleted; their sizes and logs. What is then done is in `service.py`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from windlass_emulator import lro
from windlass_emulator.errors import invalid_content
from windlass_emulator.http import Answer, Request, Route
from windlass_emulator.ml import managed_network
from windlass_emulator.ml.common import listing, region_of, require_workspace, system_data
from windlass_emulator.ml.quota import used_cores
from windlass_emulator.ml.vm_sizes import find_size
from windlass_emulator.online import defaults, kubernetes, logs, rules, shapes, views
from windlass_emulator.online.busy import require_quiet_deployment
from windlass_emulator.online.endpoints import deleted, without_status
from windlass_emulator.online.ids import (
    DEPLOYMENT,
    DEPLOYMENT_TYPE,
    DEPLOYMENTS,
    deployment_id,
    require_deployment,
    require_endpoint,
)
from windlass_emulator.online.live import effective_traffic
from windlass_emulator.online.prepare import find_parts
from windlass_emulator.shapes import check

if TYPE_CHECKING:
    from windlass_emulator.operations import Operation
    from windlass_emulator.store import Resource

_FAMILY = "online_deployment"


def routes() -> tuple[Route, ...]:
    """The operations on deployments."""
    return (
        Route("GET", DEPLOYMENTS, list_deployments, provenance="recorded"),
        Route("GET", DEPLOYMENT, get_deployment, provenance="recorded"),
        Route("PUT", DEPLOYMENT, put_deployment, provenance="recorded"),
        Route("PATCH", DEPLOYMENT, patch_deployment, provenance="recorded"),
        Route("DELETE", DEPLOYMENT, delete_deployment, provenance="recorded"),
        Route("GET", DEPLOYMENT + "/skus", list_skus, provenance="recorded"),
        Route("POST", DEPLOYMENT + "/getLogs", get_logs, provenance="recorded"),
    )


async def list_deployments(request: Request) -> Answer:
    """List the deployments of an online endpoint."""
    found = request.azure.store.children(require_endpoint(request).id, DEPLOYMENT_TYPE)
    return Answer(200, listing([views.deployment(request.azure, one, request.api_version) for one in found]))


async def get_deployment(request: Request) -> Answer:
    """Get an online deployment."""
    return Answer(200, views.deployment(request.azure, require_deployment(request), request.api_version))


async def put_deployment(request: Request) -> Answer:
    """Create an online deployment, or replace what it has; one in service keeps serving until the new one can."""
    endpoint = require_endpoint(request)
    body = request.json()
    shapes.check_deployment(body)
    name = request.params["deployment"]
    rules.require_name(name, "deployment")
    rules.require_location(body, endpoint.body["location"])
    existing = request.azure.store.get(deployment_id(request, endpoint))
    filled = defaults.fill_deployment(body)
    workspace = require_workspace(request)
    managed_network.require_provisioned(request.azure, workspace)
    _require_kind(endpoint, filled)
    _require_possible(request, endpoint, existing, filled)
    find_parts(request.azure, workspace.id, filled["properties"])
    with request.azure.store.transaction():
        stored = _write(request, endpoint, existing, filled)
        operation = _start(request, stored, "online_deployment.apply")
    return lro.accepted_put(request, operation, views.deployment(request.azure, stored, request.api_version))


def _require_kind(endpoint: Resource, filled: dict[str, Any]) -> None:
    kind = "Kubernetes" if kubernetes.is_kubernetes(endpoint.body) else "Managed"
    if filled["kind"] != kind:
        raise rules.inference_refusal(
            "EndpointComputeType",
            f"The endpoint '{endpoint.name}' takes deployments of type {kind}, not {filled['kind']}.",
        )


def _require_possible(request: Request, endpoint: Resource, existing: Resource | None, filled: dict[str, Any]) -> None:
    azure, identity = request.azure, deployment_id(request, endpoint)
    require_quiet_deployment(azure, identity)
    if not azure.store.fact(endpoint.id, "created"):
        raise rules.unrecoverable_endpoint(endpoint.name)
    if existing is None:
        there = len(azure.store.children(endpoint.id, DEPLOYMENT_TYPE))
        rules.require_room("deployments", there, rules.DEPLOYMENTS_PER_ENDPOINT, "endpoint")
    elif not azure.store.fact(identity, "serving"):
        raise rules.unrecoverable_deployment(existing.name)
    _require_quota(request, endpoint, identity, filled)


def _require_quota(request: Request, endpoint: Resource, identity: str, filled: dict[str, Any]) -> None:
    azure = request.azure
    instances = rules.require_capacity(filled["sku"]["capacity"])
    if filled["kind"] == kubernetes.KIND:
        kubernetes.require_deployment(azure, endpoint, request.params["deployment"], filled)
        return
    instance_type = filled["properties"]["instanceType"]
    if not instance_type:
        raise invalid_content("The InstanceType field is required.", target="properties.instanceType")
    size = find_size(str(instance_type))
    used = used_cores(azure, endpoint.body["location"], size.family, without=identity)
    rules.require_cores(size, instances, used, azure.subscription)


def _write(request: Request, endpoint: Resource, existing: Resource | None, filled: dict[str, Any]) -> Resource:
    azure = request.azure
    state = "Creating" if existing is None else "Updating"
    body = {
        **filled,
        "systemData": _system_data(request, existing),
        "properties": {**filled["properties"], "provisioningState": state},
    }
    now = azure.clock.now()
    return azure.store.put(deployment_id(request, endpoint), DEPLOYMENT_TYPE, body, parent=endpoint.id, now=now)


def _system_data(request: Request, existing: Resource | None) -> dict[str, str]:
    data = system_data(request, existing)
    shown = {name: data[name] for name in views.SYSTEM_DATA if name in data}
    if existing is None:  # recorded: a new one says that it was changed a microsecond after it was made
        shown["lastModifiedAt"] = _a_moment_after(shown["createdAt"])
    return shown


def _a_moment_after(moment: str) -> str:
    whole, zone = moment[:-7], moment[-6:]  # `2025-02-03T04:05:06.1234560+00:00`: seven digits, the last always 0
    later = datetime.fromisoformat(f"{whole}{zone}") + timedelta(microseconds=1)
    return f"{later:%Y-%m-%dT%H:%M:%S.%f}0{zone}"


def _start(request: Request, deployment: Resource, action: str) -> Operation:
    workspace = require_workspace(request)
    operation = lro.new_operation(
        request,
        _FAMILY,
        deployment.id,
        action,
        region=region_of(workspace),
        scope=str(workspace.body["properties"].get("workspaceId", "")),
    )
    request.azure.store.set_fact(deployment.id, "operation", operation.id)
    return request.azure.operations.start(operation)


async def patch_deployment(request: Request) -> Answer:
    """Change the tags or the instance count of an online deployment."""
    sent = request.json()
    check(sent, shapes.DEPLOYMENT_PATCH)
    endpoint, existing = require_endpoint(request), require_deployment(request)
    filled: dict[str, Any] = {
        **existing.body,
        "tags": {**existing.body["tags"], **(sent.get("tags") or {})},
        "sku": {**existing.body["sku"], **_count(sent.get("sku"))},
    }
    _require_possible(request, endpoint, existing, filled)
    with request.azure.store.transaction():
        operation = _start(request, _write(request, endpoint, existing, filled), "online_deployment.apply")
    return without_status(lro.accepted(request, operation))


def _count(sku: dict[str, Any] | None) -> dict[str, Any]:
    return {"capacity": sku["capacity"]} if sku and sku.get("capacity") is not None else {}


async def delete_deployment(request: Request) -> Answer:
    """Delete an online deployment that has no traffic; requests under way are finished first."""
    endpoint, azure = require_endpoint(request), request.azure
    existing = azure.store.get(deployment_id(request, endpoint))
    if existing is None:
        return Answer(204)
    require_quiet_deployment(azure, existing.id)
    effective, wanted = effective_traffic(azure, endpoint.id), endpoint.body["properties"]
    for traffic, mirror in ((effective["traffic"], effective["mirror"]), (wanted["traffic"], wanted["mirrorTraffic"])):
        rules.refuse_traffic_holder(existing.name, endpoint.name, {"traffic": traffic, "mirror traffic": mirror})
    body = {**existing.body, "properties": {**existing.body["properties"], "provisioningState": "Deleting"}}
    with azure.store.transaction():
        stored = azure.store.put(existing.id, DEPLOYMENT_TYPE, body, parent=endpoint.id, now=azure.clock.now())
        operation = _start(request, stored, "online_deployment.delete")
    return deleted(request, operation)


async def list_skus(request: Request) -> Answer:
    """Tell how many instances an online deployment may have."""
    require_deployment(request)
    capacity = {
        "minimum": 1,
        "maximum": rules.INSTANCES_PER_DEPLOYMENT,
        "default": 3,
        "scaleType": "Automatic",
    }
    row = {
        "resourceType": "Microsoft.MachineLearning.Services/endpoints/deployments",  # so written by Azure
        "sku": {"name": "default", "tier": "standard"},
        "capacity": capacity,
    }
    return Answer(200, listing([row]))


async def get_logs(request: Request) -> Answer:
    """Return the status, events and console of an online deployment's container."""
    sent = request.json()
    check(sent, shapes.GET_LOGS)
    deployment = require_deployment(request)
    container = str(sent.get("containerType") or "InferenceServer")
    if container not in logs.CONTAINERS:
        raise invalid_content(
            f"'{container}' is not a value of containerType: {', '.join(logs.CONTAINERS)}.", target="containerType"
        )
    tail = sent.get("tail")
    if tail is not None and (not isinstance(tail, int) or tail < 0):
        raise invalid_content(f"tail must be a whole number, not {tail!r}.", target="tail")
    return Answer(200, {"content": logs.content(request.azure, deployment.id, container, tail)})
