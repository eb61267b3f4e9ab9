"""Online endpoints and deployments as answers show them, by api-version (recordings of 2022 to 2026)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from windlass_emulator.ml.common import NAMESPACE
from windlass_emulator.online import kubernetes
from windlass_emulator.online.busy import state_of

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure
    from windlass_emulator.store import Resource

_FIRST_STABLE = "2022-05-01"
_WITH_PRIVATE_NETWORK = "2022-02-01-preview"
_COLLECTOR_SINCE = "2023-04-01"
_PLAIN_SINCE = "2024-04-01"
"""From here on the first answer to a PUT is an echo also for a new endpoint, and a DELETE's 202 has no body."""

SYSTEM_DATA = ("createdAt", "createdBy", "lastModifiedAt")
"""Online resources show these three and no others."""


def answers_plainly(api_version: str) -> bool:
    """Return whether this api-version echoes a new endpoint and sends no `null` with a DELETE."""
    return api_version >= _PLAIN_SINCE


def host_of(endpoint: str, region: str) -> str:
    """Return the host name at which an endpoint is scored."""
    return f"{endpoint}.{region}.inference.ml.azure.com".lower()


def operation_uri(azure: LocalAzure, region: str, operation: str, api_version: str) -> str:
    """Return the unsigned address of an operation, as the service keeps it in the resource."""
    return (
        f"https://management.azure.com/subscriptions/{azure.subscription}/providers/{NAMESPACE}/locations/{region}"
        f"/mfeOperationsStatus/{operation}?api-version={api_version}"
    )


def _operation_property(azure: LocalAzure, resource: Resource, api_version: str) -> dict[str, str]:
    operation = azure.store.fact(resource.id, "operation")
    if operation is None:
        return {}
    return {"AzureAsyncOperationUri": operation_uri(azure, resource.body["location"], operation, api_version)}


def online_endpoint_id(resource_id: str) -> str:
    """Return an endpoint's id with its segments in lower case, as its own property has it."""
    parts = resource_id.split("/")
    parts[1::2] = [segment.lower() for segment in parts[1::2]]
    parts[6] = parts[6].lower()
    return "/".join(parts)


def endpoint(azure: LocalAzure, resource: Resource, api_version: str) -> dict[str, Any]:
    """Return an endpoint as a GET answers it."""
    stored = resource.body["properties"]
    shown = {
        "description": stored.get("description"),
        "properties": {
            **stored["properties"],
            "azureml.onlineendpointid": online_endpoint_id(resource.id),
            **_operation_property(azure, resource, api_version),
        },
        **_addresses(azure, resource, known=bool(azure.store.fact(resource.id, "created"))),
        "authMode": stored["authMode"],
        "provisioningState": state_of(azure, resource),
        "compute": stored.get("compute"),
        "traffic": stored["traffic"],
        **_endpoint_extras(stored, api_version),
    }
    return {
        "id": resource.id,
        "name": resource.name,
        "type": "Microsoft.MachineLearningServices/workspaces/onlineEndpoints",
        "location": resource.body["location"],
        "tags": resource.body["tags"],
        "kind": "K8S" if kubernetes.is_kubernetes(resource.body) else "Managed",
        "identity": resource.body["identity"],
        "systemData": resource.body["systemData"],
        "properties": shown,
    }


def _addresses(azure: LocalAzure, resource: Resource, *, known: bool) -> dict[str, str | None]:
    base: str | None = f"https://{host_of(resource.name, resource.body['location'])}"
    if kubernetes.is_kubernetes(resource.body):
        base = kubernetes.base_address(azure, resource)
    return {
        "scoringUri": f"{base}/score" if known and base else None,
        "swaggerUri": f"{base}/swagger.json" if known and base else None,
    }


def _endpoint_extras(stored: Mapping[str, Any], api_version: str) -> dict[str, Any]:
    if api_version == _FIRST_STABLE:
        return {}
    return {"mirrorTraffic": stored["mirrorTraffic"], "publicNetworkAccess": stored["publicNetworkAccess"]}


def endpoint_echo(azure: LocalAzure, resource: Resource, api_version: str) -> dict[str, Any]:
    """Return the first answer to a PUT on an endpoint that exists (2025): the request, without the service's parts."""
    shown = endpoint(azure, resource, api_version)
    shown["properties"] |= {
        "properties": _operation_property(azure, resource, api_version),
        "scoringUri": None,
        "swaggerUri": None,
        "provisioningState": "Creating",
    }
    modified = {"lastModifiedAt": shown["systemData"]["lastModifiedAt"]}
    shown["systemData"] = {} if answers_plainly(api_version) else modified
    del shown["location"], shown["identity"]
    return shown


def deployment(azure: LocalAzure, resource: Resource, api_version: str) -> dict[str, Any]:
    """Return a deployment as a GET answers it."""
    stored = dict(resource.body["properties"])
    mounts: dict[str, str] = azure.store.fact(resource.id, "mounts", {})
    stored["provisioningState"] = state_of(azure, resource)
    stored["environmentVariables"] = {**stored["environmentVariables"], **mounts}
    stored["properties"] = {**stored["properties"], **_operation_property(azure, resource, api_version)}
    if api_version < _COLLECTOR_SINCE:
        del stored["dataCollector"]
    if api_version == _WITH_PRIVATE_NETWORK:
        stored["privateNetworkConnection"] = False
    return {
        "id": resource.id,
        "name": resource.name,
        "type": "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments",
        "location": resource.body["location"],
        "tags": resource.body["tags"],
        "kind": resource.body["kind"],
        "sku": resource.body["sku"],
        "systemData": resource.body["systemData"],
        "properties": stored,
    }
