"""AKS clusters attached to a workspace as computes of type Kubernetes.

An attached compute is a link: to a cluster, a namespace of it, and the sizes that deployments may ask for. It is
never changed. Azure's own known issue is that an update looks as if it had worked and has not; here it is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from windlass_emulator.access.gate import authorization_failed
from windlass_emulator.access.service import workspace_identity
from windlass_emulator.arm.common import SUCCEEDED
from windlass_emulator.arm.kubernetes.azureml import is_true
from windlass_emulator.arm.kubernetes.front_ends import ml_extension
from windlass_emulator.arm.kubernetes.ids import CLUSTER_TYPE
from windlass_emulator.arm.kubernetes.namespaces import namespaces_of
from windlass_emulator.clock import azure_time
from windlass_emulator.errors import OperationFailedError, ml_refusal
from windlass_emulator.ml.common import region_of, type_of_id, workspace_of

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure
    from windlass_emulator.http import Request
    from windlass_emulator.store import Resource

KIND = "Kubernetes"
DEFAULT_TYPE = "defaultinstancetype"
_SMALLEST: Mapping[str, Any] = {
    "nodeSelector": None,
    "resources": {"requests": {"cpu": "100m", "memory": "2Gi"}, "limits": {"cpu": "2", "memory": "2Gi"}},
}
"""What a cluster offers when nobody has said anything else (documented)."""
_CPU, _MEMORY = re.compile(r"\d+(\.\d+)?m?\Z"), re.compile(r"\d+(\.\d+)?(Ki|Mi|Gi|K|M|G)?\Z")
_UNITS = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "K": 10**3, "M": 10**6, "G": 10**9}


def is_attached(compute: Resource) -> bool:
    """Say whether a compute is an attached cluster."""
    return str(compute.body["properties"].get("computeType")) == KIND


def wanted(request: Request, workspace: Resource, body: Mapping[str, Any], existing: Resource | None) -> dict[str, Any]:
    """Return the body of a compute that attaches a cluster, complete.

    Raises:
        MlError: 400 for a cluster that is not there, for sizes that are none, for a change, or in a workspace whose
            network Azure ML manages.
    """
    sent = body["properties"]
    inner = {key: value for key, value in (sent.get("properties") or {}).items() if value is not None}
    refuse_managed_network(workspace)
    cluster = _cluster(request.azure, str(sent.get("resourceId") or ""))
    types = inner.get("instanceTypes") or {DEFAULT_TYPE: _SMALLEST}
    _require_types(types, inner.get("defaultInstanceType"))
    properties = {
        "namespace": inner.get("namespace") or "default",
        "defaultInstanceType": inner.get("defaultInstanceType") or _first(types),
        "instanceTypes": types,
        "vcName": inner.get("vcName"),
        "extensionPrincipalId": None,
        "extensionInstanceReleaseTrain": None,
    }
    if existing is not None:
        _refuse_change(existing, cluster.id, properties)
    return _stored(request, workspace, body, cluster, properties)


def refuse_managed_network(workspace: Resource) -> None:
    """Refuse to attach a cluster in a workspace whose network Azure ML manages (documented as not supported).

    Raises:
        MlError: 400.
    """
    mode = (workspace.body["properties"].get("managedNetwork") or {}).get("isolationMode")
    if mode not in {None, "Disabled"}:
        raise ml_refusal(
            f"The workspace '{workspace.name}' has a managed network ({mode}); a Kubernetes cluster cannot be attached "
            "to it."
        )


def _cluster(azure: LocalAzure, resource_id: str) -> Resource:
    if not resource_id:
        raise ml_refusal("The request is missing the property 'properties.resourceId'.")
    if type_of_id(resource_id).lower() != CLUSTER_TYPE.lower():
        raise ml_refusal(
            f"'{resource_id}' is not the id of an AKS cluster (Microsoft.ContainerService/managedClusters)."
        )
    found = azure.store.get(resource_id)
    if found is None:
        raise ml_refusal(f"The AKS cluster '{resource_id}' was not found in the subscription of the workspace.")
    return found


def _require_types(types: Mapping[str, Any], default: str | None) -> None:
    for name, kind in types.items():
        for part in ("requests", "limits"):
            asked = ((kind or {}).get("resources") or {}).get(part) or {}
            if not _CPU.match(str(asked.get("cpu", "1"))) or not _MEMORY.match(str(asked.get("memory", "1Gi"))):
                raise ml_refusal(f"The {part} of the instance type '{name}' are no quantities of Kubernetes: {asked}.")
    if default is not None and default not in types:
        raise ml_refusal(f"The default instance type '{default}' is not one of {', '.join(types)}.")


def _first(types: Mapping[str, Any]) -> str:
    return DEFAULT_TYPE if DEFAULT_TYPE in types else next(iter(types))


def _refuse_change(existing: Resource, cluster: str, properties: Mapping[str, Any]) -> None:
    old = existing.body["properties"]
    same = ("namespace", "defaultInstanceType", "instanceTypes")
    if not is_attached(existing) or old["resourceId"].lower() != cluster.lower():
        raise ml_refusal(f"There is already another compute with the name '{existing.name}'.")
    if changed := [name for name in same if old["properties"][name] != properties[name]]:
        raise ml_refusal(
            f"An attached Kubernetes compute cannot be updated ({', '.join(changed)} of '{existing.name}'). Detach it "
            "and attach it again, or attach the cluster under another name."
        )


def _stored(
    request: Request, workspace: Resource, body: Mapping[str, Any], cluster: Resource, properties: dict[str, Any]
) -> dict[str, Any]:
    now = azure_time(request.azure.clock.now())
    return {
        "location": body.get("location") or region_of(workspace),
        "tags": body.get("tags") or {},
        "properties": {
            "createdOn": now,
            "modifiedOn": now,
            "disableLocalAuth": False,
            "description": body["properties"].get("description"),
            "resourceId": cluster.id,
            "computeType": KIND,
            "computeLocation": cluster.body["location"],
            "provisioningState": "Creating",
            "provisioningErrors": None,
            "provisioningWarnings": {},
            "isAttachedCompute": True,
            "properties": properties,
        },
        **({"identity": body["identity"]} if body.get("identity") else {}),
    }


def attach(azure: LocalAzure, compute: Resource) -> dict[str, Any]:
    """Look whether the cluster can be used, and return what the service then knows of it.

    Raises:
        OperationFailedError: The workspace lacks a right on the cluster, the extension is not there, or not able to
            serve, or the namespace does not exist.
    """
    outer = compute.body["properties"]
    _require_rights(azure, compute, outer["resourceId"])
    cluster = azure.store.get(outer["resourceId"])
    extension = ml_extension(azure, outer["resourceId"])
    if cluster is None or extension is None or extension.body["properties"]["provisioningState"] != SUCCEEDED:
        raise OperationFailedError(
            "ComputeAttachFailed",
            f"The Azure Machine Learning extension is not installed on the cluster '{outer['resourceId']}', or its "
            "installation has not succeeded.",
        )
    if cluster.body["properties"].get("disableLocalAccounts"):
        raise OperationFailedError(
            "ComputeAttachFailed",
            "Getting static credential is not allowed because this cluster is set to disable local accounts.",
        )
    namespace = outer["properties"]["namespace"]
    if namespace not in namespaces_of(azure, cluster.id):
        raise OperationFailedError(
            "ComputeAttachFailed",
            f"The namespace '{namespace}' does not exist on the cluster '{cluster.name}'. Create it first.",
        )
    properties = extension.body["properties"]
    return {
        "extensionPrincipalId": (properties.get("aksAssignedIdentity") or {}).get("principalId"),
        "extensionInstanceReleaseTrain": properties["releaseTrain"].lower(),
    }


_NEEDED = (
    "Microsoft.ContainerService/managedClusters/listClusterAdminCredential/action",
    "Microsoft.ContainerService/managedClusters/agentPools/read",
    "Microsoft.KubernetesConfiguration/extensions/write",
)
"""What the service does on a cluster, as the identity of the workspace; a right for each role that is documented."""


def _require_rights(azure: LocalAzure, compute: Resource, cluster: str) -> None:
    workspace = azure.store.get(workspace_of(compute.id))
    who = workspace_identity(azure, workspace) if workspace else None
    for action in _NEEDED if who else ():
        if not azure.access.may(str(who), action, cluster):
            refusal = authorization_failed(str(who), action, cluster)
            raise OperationFailedError(refusal.code, refusal.message)


def serves(azure: LocalAzure, cluster: str) -> bool:
    """Say whether the extension of a cluster was told to serve endpoints."""
    extension = ml_extension(azure, cluster)
    return extension is not None and is_true(extension.body["properties"]["configurationSettings"], "enableInference")


# Quantities of Kubernetes


def cores_of(quantity: str) -> float:
    """Return cores: `500m` is half of one."""
    return float(quantity[:-1]) / 1000 if quantity.endswith("m") else float(quantity)


def bytes_of(quantity: str) -> float:
    """Return bytes: `2Gi` are two times 2^30."""
    unit = next((unit for unit in _UNITS if quantity.endswith(unit)), "")
    return float(quantity.removesuffix(unit)) * _UNITS.get(unit, 1)
