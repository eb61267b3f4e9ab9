"""The request bodies of batch endpoints, deployments and invocations.

Tests hold endpoints and deployments against azure-ai-ml's `arm_ml_service` models (api 2025-12-01) and the
invocation against what its `BatchJobSchema` can write.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from windlass_emulator.shapes import ANY, Shape, Union, Values

_ASSET_REFERENCE = Union(
    "referenceType",
    {
        "id": {"referenceType": ANY, "assetId": ANY},
        "datapath": {"referenceType": ANY, "datastoreId": ANY, "path": ANY},
        "outputpath": {"referenceType": ANY, "jobId": ANY, "path": ANY},
    },
)

RETRY_SETTINGS: Shape = {"maxRetries": ANY, "timeout": ANY}

ENDPOINT_PROPERTIES: Mapping[str, Shape] = {
    "authMode": ANY,
    "description": ANY,
    "keys": {"primaryKey": ANY, "secondaryKey": ANY},
    "properties": Values(ANY),
    "scoringUri": ANY,
    "swaggerUri": ANY,
    "defaults": {"deploymentName": ANY},
    "provisioningState": ANY,
}

_TRACKED: Mapping[str, Shape] = {
    "id": ANY,
    "name": ANY,
    "type": ANY,
    "systemData": ANY,
    "tags": Values(ANY),
    "location": ANY,
    "identity": {"type": ANY, "principalId": ANY, "tenantId": ANY, "userAssignedIdentities": Values(ANY)},
    "kind": ANY,
    "sku": {"name": ANY, "tier": ANY, "size": ANY, "family": ANY, "capacity": ANY},
}

ENDPOINT: Shape = {**_TRACKED, "properties": ENDPOINT_PROPERTIES}

DEPLOYMENT_PROPERTIES: Mapping[str, Shape] = {
    "codeConfiguration": {"codeId": ANY, "scoringScript": ANY},
    "description": ANY,
    "environmentId": ANY,
    "environmentVariables": Values(ANY),
    "properties": Values(ANY),
    "compute": ANY,
    "deploymentConfiguration": ANY,
    "errorThreshold": ANY,
    "loggingLevel": ANY,
    "maxConcurrencyPerInstance": ANY,
    "miniBatchSize": ANY,
    "model": _ASSET_REFERENCE,
    "outputAction": ANY,
    "outputFileName": ANY,
    "provisioningState": ANY,
    "resources": {"instanceCount": ANY, "instanceType": ANY, "properties": Values(ANY)},
    "retrySettings": RETRY_SETTINGS,
}

DEPLOYMENT: Shape = {**_TRACKED, "properties": DEPLOYMENT_PROPERTIES}

ENDPOINT_PATCH: Shape = {"tags": Values(ANY), "identity": {"type": ANY, "userAssignedIdentities": Values(ANY)}}
DEPLOYMENT_PATCH: Shape = {"tags": Values(ANY), "properties": {"description": ANY}}

_DATA_INPUT: Shape = {"jobInputType": ANY, "uri": ANY, "mode": ANY, "description": ANY}

_INPUT = Union(
    "jobInputType",
    {
        "urifolder": _DATA_INPUT,
        "urifile": _DATA_INPUT,
        "literal": {"jobInputType": ANY, "value": ANY, "description": ANY},
    },
)

_OUTPUT = Union(
    "jobOutputType",
    {kind: {"jobOutputType": ANY, "uri": ANY, "mode": ANY, "description": ANY} for kind in ("urifolder", "urifile")},
)

INVOCATION_PROPERTIES: Mapping[str, Shape] = {
    "compute": {"target": ANY, "instanceCount": ANY},
    "description": ANY,
    "errorThreshold": ANY,
    "inputData": Values(_INPUT),
    "loggingLevel": ANY,
    "maxConcurrencyPerInstance": ANY,
    "miniBatchSize": ANY,
    "name": ANY,
    "outputData": Values(_OUTPUT),
    "outputDataset": {"datastoreId": ANY, "path": ANY},
    "outputFileName": ANY,
    "properties": Values(ANY),
    "retrySettings": RETRY_SETTINGS,
    "tags": Values(ANY),
}

INVOCATION: Shape = {"properties": INVOCATION_PROPERTIES}


def spelled(body: Any, shape: Shape) -> Any:
    """Return a body with the names of properties as the shape spells them.

    The invocation is answered by a service that takes any case: Azure's own REST examples write `InputData`, the
    SDK `inputData`. Free keys (tags, names of inputs) and unknown names stay as they are.
    """
    match shape:
        case Values(of) if isinstance(body, dict):
            return {key: spelled(value, of) for key, value in body.items()}
        case Union(key, choices) if isinstance(body, dict):
            named = {_name(written, {key: ANY}): value for written, value in body.items()}
            chosen = choices.get(str(named.get(key, "")).lower())
            return named if chosen is None else spelled(named, chosen)
        case Mapping() if isinstance(body, dict):
            named = {_name(written, shape): value for written, value in body.items()}
            return {name: spelled(value, shape[name]) if name in shape else value for name, value in named.items()}
        case _:
            return body


def _name(written: str, shape: Mapping[str, Shape]) -> str:
    return next((name for name in shape if name.lower() == written.lower()), written)
