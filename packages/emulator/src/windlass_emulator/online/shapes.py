"""The bodies of requests about online endpoints and deployments: what they may hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from windlass_emulator.errors import NotEmulatedError
from windlass_emulator.shapes import ANY, Items, Shape, Union, Values, check

_IDENTITY: Shape = {"type": ANY, "principalId": ANY, "tenantId": ANY, "userAssignedIdentities": Values(ANY)}
_SKU: Shape = {"name": ANY, "tier": ANY, "size": ANY, "family": ANY, "capacity": ANY}
_KEYS: Shape = {"primaryKey": ANY, "secondaryKey": ANY}

_READ_ONLY: Mapping[str, Shape] = {"id": ANY, "name": ANY, "type": ANY, "systemData": ANY}
"""Parts of a GET that clients send back with a PUT; the service does not read them."""

ENDPOINT_PROPERTIES: Mapping[str, Shape] = {
    "authMode": ANY,
    "compute": ANY,
    "description": ANY,
    "keys": _KEYS,
    "mirrorTraffic": Values(ANY),
    "properties": Values(ANY),
    "provisioningState": ANY,
    "publicNetworkAccess": ANY,
    "scoringUri": ANY,
    "swaggerUri": ANY,
    "traffic": Values(ANY),
}

ENDPOINT: Mapping[str, Shape] = {
    **_READ_ONLY,
    "identity": _IDENTITY,
    "kind": ANY,
    "location": ANY,
    "properties": ENDPOINT_PROPERTIES,
    "sku": _SKU,
    "tags": Values(ANY),
}

PROBE: Mapping[str, Shape] = {
    "failureThreshold": ANY,
    "initialDelay": ANY,
    "period": ANY,
    "successThreshold": ANY,
    "timeout": ANY,
}

REQUEST_SETTINGS: Mapping[str, Shape] = {
    "maxConcurrentRequestsPerInstance": ANY,
    "maxQueueWait": ANY,
    "requestTimeout": ANY,
}

COLLECTION: Mapping[str, Shape] = {"clientId": ANY, "dataCollectionMode": ANY, "dataId": ANY, "samplingRate": ANY}

DATA_COLLECTOR: Mapping[str, Shape] = {
    "collections": Values(COLLECTION),
    "requestLogging": {"captureHeaders": Items(ANY)},
    "rollingRate": ANY,
}

DEPLOYMENT_PROPERTIES: Mapping[str, Shape] = {
    "appInsightsEnabled": ANY,
    "codeConfiguration": {"codeId": ANY, "scoringScript": ANY},
    "dataCollector": DATA_COLLECTOR,
    "description": ANY,
    "egressPublicNetworkAccess": ANY,
    "endpointComputeType": ANY,
    "environmentId": ANY,
    "environmentVariables": Values(ANY),
    "instanceType": ANY,
    "livenessProbe": PROBE,
    "model": ANY,
    "modelMountPath": ANY,
    "properties": Values(ANY),
    "provisioningState": ANY,
    "readinessProbe": PROBE,
    "requestSettings": REQUEST_SETTINGS,
    "scaleSettings": Union("scaleType", {"default": {"scaleType": ANY}}),
}
"""What a managed deployment has. `privateNetworkConnection` is a leftover of one api-version (below)."""

KUBERNETES_PROPERTIES: Mapping[str, Shape] = {
    **DEPLOYMENT_PROPERTIES,
    "containerResourceRequirements": {
        "containerResourceLimits": {"cpu": ANY, "gpu": ANY, "memory": ANY},
        "containerResourceRequests": {"cpu": ANY, "gpu": ANY, "memory": ANY},
    },
    "scaleSettings": Union(
        "scaleType",
        {
            "default": {"scaleType": ANY},
            "targetutilization": {
                "scaleType": ANY,
                "maxInstances": ANY,
                "minInstances": ANY,
                "pollingInterval": ANY,
                "targetUtilizationPercentage": ANY,
            },
        },
    ),
}
"""What a deployment on a Kubernetes cluster has."""

DEPLOYMENT: Mapping[str, Shape] = {
    **_READ_ONLY,
    "identity": _IDENTITY,
    "kind": ANY,
    "location": ANY,
    "properties": {**DEPLOYMENT_PROPERTIES, "privateNetworkConnection": ANY},
    "sku": _SKU,
    "tags": Values(ANY),
}

KUBERNETES_DEPLOYMENT: Mapping[str, Shape] = {**DEPLOYMENT, "properties": KUBERNETES_PROPERTIES}

ENDPOINT_PATCH: Mapping[str, Shape] = {
    "identity": {"type": ANY, "userAssignedIdentities": Values(ANY)},
    "tags": Values(ANY),
}
DEPLOYMENT_PATCH: Mapping[str, Shape] = {"sku": _SKU, "tags": Values(ANY)}
REGENERATE_KEYS: Mapping[str, Shape] = {"keyType": ANY, "keyValue": ANY}
GET_LOGS: Mapping[str, Shape] = {"containerType": ANY, "tail": ANY}


def check_endpoint(body: Mapping[str, Any]) -> None:
    """Refuse what is no endpoint of the local Azure.

    Raises:
        AzureError: 400 with the unknown property.
    """
    check(body, ENDPOINT)


def check_deployment(body: Mapping[str, Any]) -> None:
    """Refuse what is no deployment of the local Azure, managed or on Kubernetes.

    Raises:
        AzureError: 400 with the unknown property.
        NotEmulatedError: It is of another kind, or mounts its model elsewhere.
    """
    properties = body.get("properties") or {}
    kind = str(properties.get("endpointComputeType", "Managed"))
    if kind.lower() not in {"managed", "kubernetes"}:
        raise NotEmulatedError(f"online deployments on {kind} compute (properties.endpointComputeType)")
    if properties.get("modelMountPath"):
        raise NotEmulatedError("properties.modelMountPath of an online deployment")
    check(body, DEPLOYMENT if kind.lower() == "managed" else KUBERNETES_DEPLOYMENT)
