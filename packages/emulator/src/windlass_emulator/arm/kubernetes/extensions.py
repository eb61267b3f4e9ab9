"""Extensions of AKS clusters: that of Azure ML, which makes a cluster able to serve endpoints."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from windlass_emulator import lro
from windlass_emulator.arm import common
from windlass_emulator.arm.kubernetes import azureml
from windlass_emulator.arm.kubernetes.front_ends import open_front_ends
from windlass_emulator.arm.kubernetes.ids import (
    EXTENSION_TYPE,
    EXTENSIONS,
    end_well,
    put_state,
    require_child,
    require_cluster,
)
from windlass_emulator.arm.kubernetes.pools import pools_of
from windlass_emulator.errors import AzureError, NotEmulatedError, OperationFailedError, invalid_content
from windlass_emulator.feature import Feature
from windlass_emulator.http import Answer, Handler, Request, Route
from windlass_emulator.ml.vm_sizes import find_size
from windlass_emulator.settings import TENANT_ID

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure
    from windlass_emulator.operations import Operation
    from windlass_emulator.store import Resource

_APPLY, _DELETE = "cluster_extension.apply", "cluster_extension.delete"
_PROTECTED = "protected settings"
_VERSION = "1.1.90"
_FIXED = ("properties.extensionType", "properties.scope.cluster.releaseNamespace")


def feature() -> Feature:
    """Return cluster extensions."""
    one = f"{EXTENSIONS}/{{extension}}"
    return Feature(
        "cluster extensions",
        routes=(
            _route("PUT", one, _put),
            _route("PATCH", one, _patch),
            _route("GET", one, _get),
            _route("DELETE", one, _delete),
            _route("GET", EXTENSIONS, _list),
        ),
        actions={_APPLY: _apply, _DELETE: _carry_out_delete},
        renderers={EXTENSION_TYPE.lower(): _render},
        start=_start,
        deleted={EXTENSION_TYPE.lower(): _ended},
    )


def _route(method: str, template: str, handler: Handler) -> Route:
    return Route(method, template, handler, provenance="specified")


def _render(azure: LocalAzure, extension: Resource, api_version: str) -> dict[str, Any]:
    """Write an extension as a GET shows it: of its protected settings only the names."""
    del api_version
    names = azure.store.fact(extension.id, _PROTECTED, {})
    properties = {**extension.body["properties"], "configurationProtectedSettings": dict.fromkeys(names, "")}
    shown = {"id": extension.id, "name": extension.name, "type": EXTENSION_TYPE}
    return {**shown, **extension.body, "properties": properties}


async def _put(request: Request) -> Answer:
    """Install an extension on a cluster, or change its settings."""
    cluster, azure = require_cluster(request, for_write=True), request.azure
    body = common.checked_body(request, "cluster extension")
    stored = azure.store.get(_id(request, cluster))
    for resource in (cluster, *([stored] if stored else [])):
        common.refuse_while_busy(request, resource)
    sent = body.get("properties") or {}
    _require_known(sent)
    if stored is not None:
        _refuse_changes(stored, body)
    kept = _write(request, cluster, stored, body, sent)
    answer = lro.accepted_put(request, _begin(request, cluster, kept, _APPLY), common.shown(request, kept))
    return Answer(200 if stored else answer.status, answer.body, answer.headers)


def _id(request: Request, cluster: Resource) -> str:
    return f"{cluster.id}/providers/{EXTENSION_TYPE}/{request.params['extension']}"


def _require_known(sent: Mapping[str, Any]) -> None:
    kind = str(sent.get("extensionType") or "")
    if not kind:
        raise invalid_content("The property 'properties.extensionType' is missing.", target="properties.extensionType")
    if kind.lower() != azureml.TYPE:
        raise NotEmulatedError(f"the cluster extension {kind} (only Microsoft.AzureML.Kubernetes)")
    if str((sent.get("configurationSettings") or {}).get("inferenceRouterServiceType", "")).lower() == "nodeport":
        raise NotEmulatedError("an inference router of type NodePort (LoadBalancer or ClusterIP)")
    automatic = sent.get("autoUpgradeMinorVersion", True)
    if automatic is not False and sent.get("version"):
        raise AzureError(
            400,
            "BadRequest",
            "A version can be given only when autoUpgradeMinorVersion is false.",
            target="properties.version",
        )
    if (sent.get("scope") or {}).get("namespace"):
        raise AzureError(400, "BadRequest", "Microsoft.AzureML.Kubernetes can be installed at cluster scope only.")


def _refuse_changes(stored: Resource, body: Mapping[str, Any]) -> None:
    for path in _FIXED:
        old, new = common.value_at(stored.body, path), common.value_at(body, path)
        if new is not None and str(new).lower() != str(old).lower():
            raise AzureError(
                409, "PropertyChangeNotAllowed", f"Changing property '{path}' is not allowed.", target=path
            )


def _write(
    request: Request, cluster: Resource, stored: Resource | None, body: Mapping[str, Any], sent: Mapping[str, Any]
) -> Resource:
    azure = request.azure
    protected = _texts(sent.get("configurationProtectedSettings"))
    namespace = common.value_at(sent, "scope.cluster.releaseNamespace")
    before = stored.body if stored else {}
    made = {"type": "SystemAssigned", "principalId": str(uuid.uuid4()), "tenantId": TENANT_ID}
    properties: dict[str, Any] = {
        "extensionType": str(sent["extensionType"]).lower(),
        "autoUpgradeMinorVersion": sent.get("autoUpgradeMinorVersion", True) is not False,
        "releaseTrain": sent.get("releaseTrain") or "Stable",
        "version": sent.get("version"),
        "currentVersion": sent.get("version") or _VERSION,
        "scope": {"cluster": {"releaseNamespace": namespace or azureml.NAMESPACE}},
        "configurationSettings": _texts(sent.get("configurationSettings")),
        "provisioningState": "Updating" if stored else "Creating",
        "statuses": [],
        "errorInfo": None,
        "isSystemExtension": False,
        "aksAssignedIdentity": (before.get("properties") or {}).get("aksAssignedIdentity") or made,
    }
    kept: dict[str, Any] = {"properties": properties, "systemData": common.system_data(azure, stored)}
    if (body.get("identity") or {}).get("type"):
        kept["identity"] = before.get("identity") or {**made, "principalId": str(uuid.uuid4())}
    with azure.store.transaction():
        if protected or stored is None:
            azure.store.set_fact(_id(request, cluster), _PROTECTED, protected)
        return azure.store.put(_id(request, cluster), EXTENSION_TYPE, kept, parent=cluster.id, now=azure.clock.now())


def _texts(sent: Mapping[str, Any] | None) -> dict[str, str]:
    return {name: str(value) for name, value in (sent or {}).items()}


def _begin(request: Request, cluster: Resource, extension: Resource, action: str) -> Operation:
    operation = lro.new_operation(request, "cluster_extension", extension.id, action, region=cluster.body["location"])
    return request.azure.operations.start(operation)


async def _apply(azure: LocalAzure, operation: Operation) -> None:
    """Carry out an installation: settings that do not fit show only now, as they do where Helm checks them."""
    await azure.take("cluster_extension.apply")
    extension = azure.store.get(operation.resource)
    if extension is None:
        return
    cluster = extension.id.partition("/providers/" + EXTENSION_TYPE)[0]
    settings = extension.body["properties"]["configurationSettings"]
    wrong = [
        *azureml.problems(settings, azure.store.fact(extension.id, _PROTECTED, {})),
        *azureml.capacity_problems(settings, *_capacity(azure, cluster)),
    ]
    if wrong:
        text = f"The extension operation failed with the following error: {' '.join(wrong)}"
        put_state(azure, extension, "Failed", errorInfo={"code": "ExtensionOperationFailed", "message": text})
        raise OperationFailedError("ExtensionOperationFailed", text)
    end_well(azure, extension.id, errorInfo=None)
    open_front_ends(azure)


def _capacity(azure: LocalAzure, cluster: str) -> tuple[int, int, float]:
    pools = [pool.body["properties"] for pool in pools_of(azure, cluster)]
    sizes = [(int(pool["count"]), find_size(pool["vmSize"])) for pool in pools]
    return (
        sum(count for count, _ in sizes),
        sum(count * size.cores for count, size in sizes),
        sum(count * size.memory for count, size in sizes),
    )


async def _patch(request: Request) -> Answer:
    """Change settings of an extension."""
    cluster, found = require_cluster(request, for_write=True), _existing(request)
    common.refuse_while_busy(request, found)
    sent = common.checked_body(request, "cluster extension patch").get("properties") or {}
    merged = common.merged({**found.body["properties"], "version": None}, sent)
    _require_known(merged)
    kept = _write(request, cluster, found, found.body, merged)
    return lro.accepted(request, _begin(request, cluster, kept, _APPLY))


async def _get(request: Request) -> Answer:
    """Get an extension of a cluster."""
    found = _existing(request)
    ended = found.body["properties"]["provisioningState"] in {"Succeeded", "Failed"}
    return Answer(200, common.shown(request, found), {} if ended else lro.pace(request))


def _existing(request: Request) -> Resource:
    cluster = require_cluster(request)
    return require_child(request, cluster, EXTENSION_TYPE, _id(request, cluster))


async def _list(request: Request) -> Answer:
    """List the extensions of a cluster."""
    found = request.azure.store.children(require_cluster(request).id, EXTENSION_TYPE)
    return Answer(200, {"value": [common.shown(request, each) for each in found]})


async def _delete(request: Request) -> Answer:
    """Uninstall an extension."""
    cluster, azure = require_cluster(request, for_write=True), request.azure
    stored = azure.store.get(_id(request, cluster))
    if stored is None:
        return Answer(204)
    common.refuse_while_busy(request, stored)
    put_state(azure, stored, "Deleting")
    return lro.accepted(request, _begin(request, cluster, stored, _DELETE))


async def _carry_out_delete(azure: LocalAzure, operation: Operation) -> None:
    await azure.take("cluster_extension.delete")
    await azure.remove(operation.resource)


async def _ended(azure: LocalAzure, extension: str) -> None:
    """Close the front end of a cluster whose extension goes away, alone or with it."""
    if stored := azure.store.get(extension):
        put_state(azure, stored, "Deleting")
    open_front_ends(azure)


async def _start(azure: LocalAzure) -> None:
    open_front_ends(azure)
