"""Managed namespaces of an AKS cluster, and which namespaces there are on one at all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from windlass_emulator import lro
from windlass_emulator.arm import common
from windlass_emulator.arm.common import SUCCEEDED, with_defaults
from windlass_emulator.arm.kubernetes.ids import (
    EXTENSION_TYPE,
    NAMESPACE_TYPE,
    NAMESPACES,
    end_well,
    invalid,
    missing,
    put_state,
    require_child,
    require_cluster,
    shown_id,
)
from windlass_emulator.errors import AzureError
from windlass_emulator.feature import Feature
from windlass_emulator.http import Answer, Handler, Request, Route

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure
    from windlass_emulator.operations import Operation
    from windlass_emulator.store import Resource

_APPLY, _DELETE = "kubernetes_namespace.apply", "kubernetes_namespace.delete"
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\Z")
ALWAYS_THERE = ("default", "kube-system", "kube-public", "kube-node-lease")
MADE_BY_COMMANDS = "namespaces"
"""The fact of a cluster that holds the namespaces which were made with kubectl."""

_CHOICES = {
    "adoptionPolicy": ("Never", "IfIdentical", "Always"),
    "deletePolicy": ("Keep", "Delete"),
    "defaultNetworkPolicy.ingress": ("AllowAll", "AllowSameNamespace", "DenyAll"),
    "defaultNetworkPolicy.egress": ("AllowAll", "AllowSameNamespace", "DenyAll"),
}


def feature() -> Feature:
    """Return managed namespaces."""
    one = f"{NAMESPACES}/{{namespace}}"
    return Feature(
        "kubernetes namespaces",
        routes=(
            _route("PUT", one, _put),
            _route("PATCH", one, _patch),
            _route("GET", one, _get),
            _route("DELETE", one, _delete),
            _route("GET", NAMESPACES, _list),
        ),
        actions={_APPLY: _apply, _DELETE: _carry_out_delete},
        renderers={NAMESPACE_TYPE.lower(): _render},
    )


def _route(method: str, template: str, handler: Handler) -> Route:
    return Route(method, template, handler, provenance="specified")


def namespaces_of(azure: LocalAzure, cluster: str) -> set[str]:
    """Return the namespaces of a cluster: its own, those made by command or as resources, those of its extensions."""
    managed = azure.store.children(cluster, NAMESPACE_TYPE)
    extensions = azure.store.children(cluster, EXTENSION_TYPE)
    installed = [each.body["properties"] for each in extensions if _is_there(each)]
    return {
        *ALWAYS_THERE,
        *azure.store.fact(cluster, MADE_BY_COMMANDS, []),
        *(each.name for each in managed if _is_there(each)),
        *(common.value_at(each, "scope.cluster.releaseNamespace") or "default" for each in installed),
    }


def _is_there(resource: Resource) -> bool:
    return bool(resource.body["properties"]["provisioningState"] in {SUCCEEDED, "Updating"})


def _render(azure: LocalAzure, namespace: Resource, api_version: str) -> dict[str, Any]:
    del azure, api_version
    return {"id": shown_id(namespace.id), "name": namespace.name, "type": NAMESPACE_TYPE, **namespace.body}


async def _put(request: Request) -> Answer:
    """Create or change a managed namespace."""
    cluster, azure = require_cluster(request, for_write=True), request.azure
    name = request.params["namespace"]
    body = common.checked_body(request, "kubernetes namespace")
    stored = azure.store.get(f"{cluster.id}/managedNamespaces/{name}")
    for resource in (cluster, *([stored] if stored else [])):
        common.refuse_while_busy(request, resource)
    _require_name(name)
    properties = _completed(azure, cluster, stored, name, body.get("properties") or {})
    kept = azure.store.put(
        f"{cluster.id}/managedNamespaces/{name}",
        NAMESPACE_TYPE,
        {
            "location": cluster.body["location"],
            "tags": body.get("tags") or {},
            "systemData": common.system_data(azure, stored),
            "properties": {**properties, "provisioningState": "Updating" if stored else "Creating"},
        },
        parent=cluster.id,
        now=azure.clock.now(),
    )
    operation = lro.new_operation(request, "kubernetes_cluster", kept.id, _APPLY, region=cluster.body["location"])
    answer = lro.accepted_put(request, azure.operations.start(operation), common.shown(request, kept))
    return Answer(200 if stored else answer.status, answer.body, answer.headers)


def _require_name(name: str) -> None:
    if not _NAME.match(name):
        raise invalid(
            "managedNamespaceName", f"'{name}' must match '[a-z0-9]([-a-z0-9]*[a-z0-9])?', 1 to 63 characters."
        )
    if name.startswith("kube-") or name in {"app-routing-system", "istio-system", "gatekeeper-system"}:
        raise invalid("managedNamespaceName", f"'{name}' is a system namespace, which cannot be a managed namespace.")


def _completed(
    azure: LocalAzure, cluster: Resource, stored: Resource | None, name: str, sent: dict[str, Any]
) -> dict[str, Any]:
    for path, choices in _CHOICES.items():
        value = common.value_at(sent, path)
        if value is None and "." not in path and stored is None:
            raise missing(f"properties.{path}")
        if value is not None and value not in choices:
            raise invalid(f"properties.{path}", f"'{value}' is not one of {', '.join(choices)}.")
    if stored is None and sent["adoptionPolicy"] == "Never" and name in namespaces_of(azure, cluster.id):
        raise AzureError(
            409,
            "NamespaceAlreadyExists",
            f"Namespace '{name}' already exists in the cluster and its adoptionPolicy is Never.",
        )
    host = cluster.body["properties"]["azurePortalFQDN"]
    return {**with_defaults(sent, stored.body["properties"] if stored else {}), "portalFqdn": host}


async def _apply(azure: LocalAzure, operation: Operation) -> None:
    await azure.take("kubernetes_namespace.apply")
    end_well(azure, operation.resource)


async def _patch(request: Request) -> Answer:
    """Change the tags of a managed namespace."""
    found = _existing(request)
    body = common.checked_body(request, "kubernetes namespace patch")
    changed = {**found.body, "tags": body.get("tags") or {}}
    now = request.azure.clock.now()
    stored = request.azure.store.put(found.id, NAMESPACE_TYPE, changed, parent=require_cluster(request).id, now=now)
    return Answer(200, common.shown(request, stored))


async def _get(request: Request) -> Answer:
    """Get a managed namespace."""
    return Answer(200, common.shown(request, _existing(request)))


def _existing(request: Request) -> Resource:
    cluster = require_cluster(request)
    child = f"{cluster.id}/managedNamespaces/{request.params['namespace']}"
    return require_child(request, cluster, NAMESPACE_TYPE, child)


async def _list(request: Request) -> Answer:
    """List the managed namespaces of a cluster."""
    found = request.azure.store.children(require_cluster(request).id, NAMESPACE_TYPE)
    return Answer(200, {"value": [common.shown(request, each) for each in found]})


async def _delete(request: Request) -> Answer:
    """Delete a managed namespace; its deletePolicy says whether the cluster keeps the namespace."""
    cluster, azure = require_cluster(request, for_write=True), request.azure
    stored = azure.store.get(f"{cluster.id}/managedNamespaces/{request.params['namespace']}")
    if stored is None:
        return Answer(204)
    common.refuse_while_busy(request, stored)
    put_state(azure, stored, "Deleting")
    operation = lro.new_operation(request, "kubernetes_cluster", stored.id, _DELETE, region=cluster.body["location"])
    return lro.accepted(request, azure.operations.start(operation))


async def _carry_out_delete(azure: LocalAzure, operation: Operation) -> None:
    await azure.take("kubernetes_namespace.delete")
    stored = azure.store.get(operation.resource)
    if stored is None:
        return
    cluster = stored.id.rsplit("/", 2)[0]
    if stored.body["properties"].get("deletePolicy") == "Keep":
        kept = {*azure.store.fact(cluster, MADE_BY_COMMANDS, []), stored.name}
        azure.store.set_fact(cluster, MADE_BY_COMMANDS, sorted(kept))
    await azure.remove(stored.id)
