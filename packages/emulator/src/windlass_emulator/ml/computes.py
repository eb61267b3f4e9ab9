"""Computes of a workspace as Azure Resource Manager sees them.

Clusters (AmlCompute), whose nodes are run by the part that runs jobs, and attached AKS clusters (`attached.py`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from windlass_emulator.clock import azure_time
from windlass_emulator.errors import NotEmulatedError, OperationFailedError, invalid_content, ml_refusal
from windlass_emulator.feature import Feature
from windlass_emulator.http import Answer, Request, Route
from windlass_emulator.lro import accepted, accepted_put, new_operation
from windlass_emulator.ml import attached, cluster_network, managed_network
from windlass_emulator.ml.common import (
    WORKSPACE,
    child_id,
    current_state,
    listing,
    not_found,
    refuse_if_busy,
    region_of,
    require_name,
    require_workspace,
    type_of,
    workspace_of,
)
from windlass_emulator.ml.quota import NodeCounts, clusters, require_nodes
from windlass_emulator.ml.shapes import COMPUTE, COMPUTE_PATCH
from windlass_emulator.shapes import check

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure
    from windlass_emulator.operations import Operation
    from windlass_emulator.store import Resource

TYPE = type_of("computes")
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9-]{1,15}\Z")
_DURATION = re.compile(r"P(?=.)(?:\d+D)?(?:T(?=.)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?\Z")
_IMMUTABLE = ("vmSize", "vmPriority", "osType", "subnet", "isolatedNetwork", "enableNodePublicIp")
"""What a cluster keeps for life; only its scale settings and tags change in place."""


# PUT


async def put_compute(request: Request) -> Answer:
    """Create a cluster, change its scale settings, or attach a Kubernetes cluster: 201, then an operation."""
    workspace = require_workspace(request)
    require_name(request.params["name"], _NAME, "compute", "2 to 16 letters, digits and '-'")
    body = request.json()
    kind = _kind(body)
    check(body, COMPUTE)
    refuse_if_busy(request, child_id(workspace, "computes", request.params["name"]))
    existing = request.azure.store.get(child_id(workspace, "computes", request.params["name"]))
    if kind == "kubernetes":
        wanted = attached.wanted(request, workspace, body, existing)
    else:
        wanted = _wanted_cluster(request, workspace, body, existing)
    target = child_id(workspace, "computes", request.params["name"])
    stored = request.azure.store.put(target, TYPE, wanted, parent=workspace.id, now=request.azure.clock.now())
    operation = new_operation(
        request, "compute", stored.id, "compute.create", region=region_of(workspace), fresh=existing is None
    )
    request.azure.operations.start(operation)
    return accepted_put(request, operation, _while_creating(request.azure, stored))


def _kind(body: dict[str, Any]) -> str:
    properties = body.get("properties") or {}
    kind = properties.get("computeType")
    if kind is None:
        raise invalid_content("The request is missing the property 'properties.computeType'.")
    if str(kind).lower() not in {"amlcompute", "kubernetes"}:
        raise NotEmulatedError(f"computes of type {kind} (only AmlCompute and Kubernetes)")
    return str(kind).lower()


def _wanted_cluster(
    request: Request, workspace: Resource, body: dict[str, Any], existing: Resource | None
) -> dict[str, Any]:
    """Return the body of a cluster that is made or changed, complete."""
    if existing and attached.is_attached(existing):
        raise ml_refusal(f"There is already another compute with the name '{existing.name}'.")
    properties = _wanted(body, existing)
    if existing:
        _refuse_change(existing, properties)
    else:
        cluster_network.refuse(request.azure, workspace, properties, request.params["name"])
    require_nodes(properties["vmSize"], properties["scaleSettings"]["maxNodeCount"])
    return _stored(request, workspace, body, properties, existing)


def _wanted(body: dict[str, Any], existing: Resource | None) -> dict[str, Any]:
    """Return the inner properties that a PUT asks for, complete."""
    sent = {key: value for key, value in (body["properties"].get("properties") or {}).items() if value is not None}
    if existing:
        kept = existing.body["properties"]["properties"]
        access = {"remoteLoginPortPublicAccess": _access(sent.get("remoteLoginPortPublicAccess"))}
        return {
            **kept,
            **_asked(sent),
            **access,
            "scaleSettings": scale(sent.get("scaleSettings") or kept["scaleSettings"]),
        }
    if not sent.get("vmSize"):
        raise ml_refusal("The request is missing the property 'properties.properties.vmSize'.")
    return {
        "osType": "Linux",
        "vmPriority": "Dedicated",
        "subnet": None,
        "enableNodePublicIp": True,
        "isolatedNetwork": False,
        **_asked(sent),
        "remoteLoginPortPublicAccess": _access(sent.get("remoteLoginPortPublicAccess")),
        "scaleSettings": scale(sent.get("scaleSettings") or {}),
    }


_LIVE = {
    "allocationState", "allocationStateTransitionTime", "currentNodeCount", "targetNodeCount", "nodeStateCounts",
    "errors", "virtualMachineImage", "userAccountCredentials", "scaleSettings",
}  # fmt: skip


def _asked(sent: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in sent.items() if key not in _LIVE}


def _access(sent: str | None) -> str:
    return "Enabled" if sent in (None, "NotSpecified") else sent


def scale(sent: dict[str, Any]) -> dict[str, Any]:
    """Return complete scale settings.

    Raises:
        MlError: 400 when they make no sense.
    """
    least, most = int(sent.get("minNodeCount") or 0), sent.get("maxNodeCount")
    idle = sent.get("nodeIdleTimeBeforeScaleDown") or "PT2M"
    if most is None:
        raise ml_refusal("The request is missing the property 'scaleSettings.maxNodeCount'.")
    if not 0 <= least <= int(most):
        raise ml_refusal(f"The scale settings need 0 <= minNodeCount ({least}) <= maxNodeCount ({most}).")
    if not _DURATION.match(str(idle)):
        raise ml_refusal(f"'{idle}' is not a duration of ISO 8601, such as PT2M (nodeIdleTimeBeforeScaleDown).")
    return {"minNodeCount": least, "maxNodeCount": int(most), "nodeIdleTimeBeforeScaleDown": idle}


def _refuse_change(existing: Resource, wanted: dict[str, Any]) -> None:
    old = existing.body["properties"]["properties"]
    for name in _IMMUTABLE:
        if _plain(old.get(name)) != _plain(wanted.get(name)):
            raise ml_refusal(
                f"The property '{name}' of the compute '{existing.name}' cannot be changed from '{old.get(name)}' to "
                f"'{wanted.get(name)}'. Delete the compute and create it again, or give the new one another name."
            )


def _plain(value: Any) -> str:
    return str(value).lower()


def _stored(
    request: Request, workspace: Resource, body: dict[str, Any], properties: dict[str, Any], existing: Resource | None
) -> dict[str, Any]:
    now = azure_time(request.azure.clock.now())
    outer = existing.body["properties"] if existing else {}
    return {
        "location": (existing.body if existing else body).get("location") or region_of(workspace),
        "tags": body.get("tags") or {},
        "properties": {
            "createdOn": outer.get("createdOn", now),
            "modifiedOn": now,
            "disableLocalAuth": bool(body["properties"].get("disableLocalAuth", outer.get("disableLocalAuth", False))),
            "description": body["properties"].get("description"),
            "resourceId": None,
            "computeType": "AmlCompute",
            "computeLocation": outer.get("computeLocation")
            or body["properties"].get("computeLocation")
            or region_of(workspace),
            "provisioningState": "Creating",
            "provisioningErrors": None,
            "provisioningWarnings": {},
            "isAttachedCompute": False,
            "properties": {**properties, "allocationStateTransitionTime": now},
        },
        **({"identity": body["identity"]} if body.get("identity") else {}),
    }


async def _create(azure: LocalAzure, operation: Operation) -> None:
    workspace = azure.store.get(workspace_of(operation.resource))
    if workspace is not None:
        await managed_network.provision(azure, workspace)
    await azure.take("compute.create" if operation.arguments["fresh"] else "compute.update")
    compute = _still_there(azure, operation)
    if not attached.is_attached(compute):
        _set_state(azure, compute, "Succeeded")
        return
    try:
        known = attached.attach(azure, compute)
    except OperationFailedError:
        _set_state(azure, compute, "Failed")
        raise
    _set_state(azure, compute, "Succeeded", **known)


def _still_there(azure: LocalAzure, operation: Operation) -> Resource:
    cluster = azure.store.get(operation.resource)
    if cluster is None:
        raise OperationFailedError("ResourceNotFound", f"The compute '{operation.resource}' was deleted meanwhile.")
    return cluster


def _set_state(azure: LocalAzure, cluster: Resource, state: str, **inner: Any) -> Resource:
    properties = cluster.body["properties"]
    changed = {**properties, "provisioningState": state, "properties": {**properties["properties"], **inner}}
    parent = cluster.id.rsplit("/computes/", 1)[0]
    return azure.store.put(
        cluster.id, TYPE, {**cluster.body, "properties": changed}, parent=parent, now=azure.clock.now()
    )


# PATCH


async def patch_compute(request: Request) -> Answer:
    """Change the scale settings: 202 with the resource."""
    cluster = _require(request)
    if attached.is_attached(cluster):
        raise ml_refusal(f"An attached Kubernetes compute cannot be updated: '{cluster.name}'.")
    refuse_if_busy(request, cluster.id)
    body = request.json()
    check(body, COMPUTE_PATCH)
    outer = body.get("properties") or {}
    sent = (outer.get("properties") or {}).get("scaleSettings") or outer.get("scaleSettings")
    if not sent:
        raise ml_refusal("A compute is changed by 'properties.properties.scaleSettings', which is missing.")
    kept = cluster.body["properties"]["properties"]
    wanted = scale({**kept["scaleSettings"], **{key: value for key, value in sent.items() if value is not None}})
    require_nodes(kept["vmSize"], wanted["maxNodeCount"])
    updating = _set_state(request.azure, cluster, "Updating", scaleSettings=wanted)
    operation = new_operation(
        request, "compute", cluster.id, "compute.create", region=region_of(require_workspace(request)), fresh=False
    )
    request.azure.operations.start(operation)
    return Answer(202, _shown(request.azure, updating), accepted(request, operation).headers)


# GET


async def get_compute(request: Request) -> Answer:
    """Return a cluster with the nodes it has now."""
    return Answer(200, _shown(request.azure, _require(request)))


async def list_computes(request: Request) -> Answer:
    """Return the computes of a workspace."""
    workspace = require_workspace(request)
    return Answer(200, listing([_shown(request.azure, c) for c in request.azure.store.children(workspace.id, TYPE)]))


async def list_nodes(request: Request) -> Answer:
    """Return the nodes of a cluster."""
    cluster = _require(request)
    if attached.is_attached(cluster):
        raise ml_refusal(f"The compute '{cluster.name}' is attached; its nodes are those of the AKS cluster.")
    return Answer(200, {"computeType": "AmlCompute", "nodes": list(clusters(request.azure).nodes(cluster.id))})


def _require(request: Request) -> Resource:
    workspace = require_workspace(request)
    if found := request.azure.store.get(child_id(workspace, "computes", request.params["name"])):
        return found
    raise not_found("ComputeNotFound", f"Compute with name {request.params['name']} was not found.")


def _shown(azure: LocalAzure, cluster: Resource) -> dict[str, Any]:
    """Write a cluster as a GET does (recorded)."""
    properties = cluster.body["properties"]
    live = {} if attached.is_attached(cluster) else _live(clusters(azure).counts(cluster.id))
    inner = {**properties["properties"], **live}
    state = current_state(azure, cluster)
    body = {**cluster.body, "properties": {**properties, "provisioningState": state, "properties": inner}}
    return {"id": cluster.id, "name": cluster.name, "type": TYPE, **body}


def _live(counts: NodeCounts) -> dict[str, Any]:
    return {
        "currentNodeCount": counts.current,
        "targetNodeCount": counts.target,
        "nodeStateCounts": {
            "preparingNodeCount": counts.preparing,
            "runningNodeCount": counts.running,
            "idleNodeCount": counts.idle,
            "unusableNodeCount": counts.unusable,
            "leavingNodeCount": counts.leaving,
            "preemptedNodeCount": counts.preempted,
        },
        "allocationState": "Steady" if counts.current == counts.target and not counts.leaving else "Resizing",
        "errors": None,
        "virtualMachineImage": None,
        "propertyBag": {},
    }


def _while_creating(azure: LocalAzure, cluster: Resource) -> dict[str, Any]:
    """Write a cluster as the answer to a PUT does: without computeLocation and identity, warnings null."""
    body = _shown(azure, cluster)
    body.pop("identity", None)
    properties = {key: value for key, value in body["properties"].items() if key != "computeLocation"}
    inner = {key: value for key, value in properties["properties"].items() if key != "propertyBag"}
    return {**body, "properties": {**properties, "provisioningWarnings": None, "properties": inner}}


# DELETE


async def delete_compute(request: Request) -> Answer:
    """Delete a cluster with its nodes, or detach one that is attached."""
    workspace = require_workspace(request)
    cluster = request.azure.store.get(child_id(workspace, "computes", request.params["name"]))
    # The specification requires the action; azure-native sends only the api-version. What Azure then does is not
    # known, so a missing one is taken as the one that fits.
    fitting = "Detach" if cluster is not None and attached.is_attached(cluster) else "Delete"
    action = request.query.get("underlyingResourceAction", fitting)
    if action not in {"Delete", "Detach"}:
        raise ml_refusal("The query's 'underlyingResourceAction' must be Delete or Detach.")
    if cluster is None:
        return Answer(204)
    if action != fitting:
        what = "attached: it can be detached, not deleted" if fitting == "Detach" else "not attached: it can be deleted"
        raise ml_refusal(f"The compute '{cluster.name}' is {what}.")
    refuse_if_busy(request, cluster.id)
    operation = new_operation(request, "compute", cluster.id, "compute.delete", region=region_of(workspace))
    _set_state(request.azure, cluster, "Deleting")
    request.azure.operations.start(operation)
    return accepted(request, operation)


async def _delete(azure: LocalAzure, operation: Operation) -> None:
    await azure.take("compute.delete")
    await azure.remove(operation.resource)


async def removed(azure: LocalAzure, resource_id: str) -> None:
    """End the nodes of a cluster that goes away, alone or with its workspace."""
    await clusters(azure).release(resource_id)


def feature() -> Feature:
    """Clusters."""
    computes = WORKSPACE + "/computes"
    compute = computes + "/{name}"
    return Feature(
        "computes",
        routes=(
            Route("PUT", compute, put_compute, provenance="recorded", summary="Create or change a cluster"),
            Route("PATCH", compute, patch_compute, provenance="recorded", summary="Scale a cluster"),
            Route("GET", compute, get_compute, provenance="recorded", summary="Get a cluster"),
            Route("GET", computes, list_computes, provenance="recorded", summary="List computes"),
            Route("DELETE", compute, delete_compute, provenance="recorded", summary="Delete a cluster"),
            Route("POST", compute + "/listNodes", list_nodes, provenance="recorded", summary="List nodes of a cluster"),
        ),
        actions={"compute.create": _create, "compute.delete": _delete},
        deleted={TYPE.lower(): removed},
    )
