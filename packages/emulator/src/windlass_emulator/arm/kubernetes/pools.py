"""Pools of nodes of an AKS cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from windlass_emulator import lro
from windlass_emulator.arm import common
from windlass_emulator.arm.kubernetes import pool_rules
from windlass_emulator.arm.kubernetes.ids import (
    CLUSTER_TYPE,
    POOL_TYPE,
    POOLS,
    end_well,
    put_state,
    require_child,
    require_cluster,
    shown_id,
)
from windlass_emulator.arm.kubernetes.versions import full_version, require_upgrade
from windlass_emulator.errors import AzureError, OperationFailedError
from windlass_emulator.feature import Feature
from windlass_emulator.http import Answer, Handler, Request, Route

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure
    from windlass_emulator.operations import Operation
    from windlass_emulator.store import Resource

_APPLY, _DELETE = "node_pool.apply", "node_pool.delete"


def feature() -> Feature:
    """Return pools of nodes."""
    one = f"{POOLS}/{{pool}}"
    return Feature(
        "node pools",
        routes=(
            _route("PUT", one, _put),
            _route("GET", one, _get),
            _route("DELETE", one, _delete),
            _route("GET", POOLS, _list),
        ),
        actions={_APPLY: _apply, _DELETE: _carry_out_delete},
        renderers={POOL_TYPE.lower(): render},
    )


def _route(method: str, template: str, handler: Handler) -> Route:
    return Route(method, template, handler, provenance="specified")


def render(azure: LocalAzure, pool: Resource, api_version: str) -> dict[str, Any]:
    """Write a pool as a GET shows it."""
    del azure, api_version
    return {"id": shown_id(pool.id), "name": pool.name, "type": POOL_TYPE, "properties": pool.body["properties"]}


def pools_of(azure: LocalAzure, cluster: str) -> list[Resource]:
    """Return the pools of a cluster."""
    return azure.store.children(cluster, POOL_TYPE)


async def _put(request: Request) -> Answer:
    """Create or change a pool of nodes."""
    cluster = require_cluster(request, for_write=True)
    name, azure = request.params["pool"], request.azure
    body = common.checked_body(request, "node pool")
    stored = azure.store.get(f"{cluster.id}/agentPools/{name}")
    for resource in (cluster, *([stored] if stored else [])):
        common.refuse_while_busy(request, resource)
    pool = _completed(cluster, stored, name, body.get("properties") or {})
    kept = write_pool(azure, cluster, name, pool, "Updating" if stored else "Creating")
    answer = lro.accepted_put(request, _start(request, kept, _APPLY), common.shown(request, kept))
    return Answer(200 if stored else answer.status, answer.body, answer.headers)


def _completed(cluster: Resource, stored: Resource | None, name: str, sent: dict[str, Any]) -> dict[str, Any]:
    version = cluster.body["properties"]["kubernetesVersion"]
    before = stored.body["properties"] if stored else {}
    pool = pool_rules.complete_pool(sent, before, version)
    pool_rules.require_pool(name, pool, cluster.body["location"])
    if full_version(pool["orchestratorVersion"]) > full_version(version):
        raise AzureError(
            400,
            "NodePoolMcVersionIncompatible",
            f"Node pool version {pool['orchestratorVersion']} and control plane version {version} are incompatible: "
            "the pool's must not be newer. For more information, please check https://aka.ms/aks/UpgradeVersionRules",
        )
    if before:
        require_upgrade(before["orchestratorVersion"], pool["orchestratorVersion"])
    return pool


def write_pool(azure: LocalAzure, cluster: Resource, name: str, pool: dict[str, Any], state: str) -> Resource:
    """Store a completed pool."""
    body = {"properties": {**pool, "provisioningState": state}}
    return azure.store.put(f"{cluster.id}/agentPools/{name}", POOL_TYPE, body, parent=cluster.id, now=azure.clock.now())


def _start(request: Request, pool: Resource, action: str) -> Operation:
    location = require_cluster(request).body["location"]
    fresh = pool.body["properties"]["provisioningState"] == "Creating"
    operation = lro.new_operation(request, "kubernetes_cluster", pool.id, action, region=location, fresh=fresh)
    return request.azure.operations.start(operation)


async def _apply(azure: LocalAzure, operation: Operation) -> None:
    await azure.take("node_pool.create" if operation.arguments["fresh"] else "node_pool.update")
    pool = azure.store.get(operation.resource)
    if pool is None:
        return
    try:
        pool_rules.require_cores(azure, operation.region, {pool.id: pool.body["properties"]})
    except OperationFailedError:
        put_state(azure, pool, "Failed")
        raise
    end_well(azure, pool.id)


async def _get(request: Request) -> Answer:
    """Get a pool of nodes."""
    return Answer(200, common.shown(request, _existing(request)))


def _existing(request: Request) -> Resource:
    cluster = require_cluster(request)
    return require_child(request, cluster, POOL_TYPE, f"{cluster.id}/agentPools/{request.params['pool']}")


async def _list(request: Request) -> Answer:
    """List the pools of a cluster."""
    found = pools_of(request.azure, require_cluster(request).id)
    return Answer(200, {"value": [common.shown(request, pool) for pool in found]})


async def _delete(request: Request) -> Answer:
    """Delete a pool of nodes."""
    cluster, azure = require_cluster(request, for_write=True), request.azure
    pool = azure.store.get(f"{cluster.id}/agentPools/{request.params['pool']}")
    if pool is None:
        return Answer(204)
    common.refuse_while_busy(request, pool)
    systems = [each.id for each in pools_of(azure, cluster.id) if each.body["properties"]["mode"] == "System"]
    if systems == [pool.id]:
        raise AzureError(
            400,
            "OperationNotAllowed",
            f"There has to be at least one system agent pool: '{pool.name}' is the last one of {CLUSTER_TYPE} "
            f"'{cluster.name}'.",
        )
    operation = _start(request, put_state(azure, pool, "Deleting"), _DELETE)
    return lro.accepted(request, operation)


async def _carry_out_delete(azure: LocalAzure, operation: Operation) -> None:
    await azure.take("node_pool.delete")
    await azure.remove(operation.resource)
