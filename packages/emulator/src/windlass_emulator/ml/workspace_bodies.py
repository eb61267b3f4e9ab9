"""How a workspace is written: what was sent over what was there over what the service sets (recorded)."""

from __future__ import annotations

import re
import secrets
import uuid
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from windlass_emulator.errors import invalid_content, ml_refusal
from windlass_emulator.ml import managed_network
from windlass_emulator.settings import TENANT_ID

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure
    from windlass_emulator.store import Resource

_API_HOST = "https://{region}.api.azureml.ms"
PROVIDERS: Mapping[str, str] = MappingProxyType(
    {
        "storageAccount": "Microsoft.Storage/storageAccounts",
        "keyVault": "Microsoft.Keyvault/vaults",
        "applicationInsights": "Microsoft.insights/components",
        "containerRegistry": "Microsoft.ContainerRegistry/registries",
    }
)
"""How the service spells the ids of linked resources (recorded)."""


def properties(target: str, existing: Resource | None, body: dict[str, Any], created: str) -> dict[str, Any]:
    """Return the properties of a GET (recorded): what was sent over what was there over what the service sets.

    Args:
        target: The workspace's id.
        existing: The workspace as it is.
        body: The body of a PUT.
        created: The time of creation.
    """
    sent = {key: value for key, value in (body.get("properties") or {}).items() if value is not None}
    kept = existing.body["properties"] if existing else _fresh(target, region(str(body["location"])), created)
    merged = {**kept, **{key: value for key, value in sent.items() if key not in _SERVICE_SETS}}
    for name, provider in PROVIDERS.items():
        merged[name] = spelled(merged.get(name), provider)
    merged["managedNetwork"] = managed_network.merged(kept["managedNetwork"], sent.get("managedNetwork") or {})
    if "systemDatastoresAuthMode" in sent:
        merged["systemDatastoresAuthMode"] = str(sent["systemDatastoresAuthMode"]).lower()
    return {**merged, "provisioningState": "Updating" if existing else "Creating"}


_SERVICE_SETS = {
    "discoveryUrl", "mlFlowTrackingUri", "notebookInfo", "privateEndpointConnections", "privateLinkCount",
    "provisionNetworkNow", "provisioningState", "serviceProvisionedResourceGroup", "storageHnsEnabled", "tenantId",
    "workspaceId",
}  # fmt: skip


def spelled(resource_id: str | None, provider: str) -> str | None:
    """Write the id of a linked resource as the service does."""
    if not resource_id:
        return None
    match = re.match(r"(?i)/subscriptions/([^/]+)/resourceGroups/([^/]+)/providers/.+/([^/]+)\Z", resource_id)
    if match is None:
        raise ml_refusal(f"'{resource_id}' is not the id of a resource.")
    return f"/subscriptions/{match[1]}/resourceGroups/{match[2]}/providers/{provider}/{match[3]}"


def region(location: str) -> str:
    """Write a region as names of hosts have it: `West Europe` is `westeurope`."""
    return location.replace(" ", "").lower()


def _fresh(target: str, place: str, created: str) -> dict[str, Any]:
    guid, name = str(uuid.uuid4()), target.rsplit("/", 1)[1]
    letters = "".join(character for character in name.lower() if character.isalpha())[:10]
    api = _API_HOST.format(region=place)
    return {
        "friendlyName": "",
        "description": "",
        "storageAccount": None,
        "keyVault": None,
        "applicationInsights": None,
        "hbiWorkspace": False,
        "tenantId": TENANT_ID,
        "imageBuildCompute": None,
        "provisioningState": "Creating",
        "managedNetwork": {"isolationMode": "Disabled", "enableNetworkMonitor": False, "enableFirewallLog": False},
        "v1LegacyMode": False,
        "softDeleteEnabled": False,
        "containerRegistry": None,
        "notebookInfo": {
            "resourceId": secrets.token_hex(16),
            "fqdn": f"ml-{letters}-{place}-{guid}.{place}.notebooks.azure.net",
            "isPrivateLinkEnabled": False,
            "notebookPreparationError": None,
        },
        "storageHnsEnabled": False,
        "workspaceId": guid,
        "linkedModelInventoryArmId": None,
        "privateLinkCount": 0,
        "publicNetworkAccess": "Enabled",
        "discoveryUrl": f"{api}/discovery",
        "mlFlowTrackingUri": f"azureml://{place}.api.azureml.ms/mlflow/v1.0{target}",
        "sdkTelemetryAppInsightsKey": str(uuid.uuid4()),
        "sasGetterUri": "",
        "creationTime": created,
        "enableDataIsolation": False,
        "systemDatastoresAuthMode": "accesskey",
        "allowRoleAssignmentOnRG": True,
        "enableServiceSideCMKEncryption": False,
        "EnableSoftwareBillOfMaterials": False,
        "serverlessComputeSettings": None,
        "ipAllowlist": [],
        "networkAcls": {"defaultAction": "Allow", "bypass": "", "ipRules": [], "resourceAccessRules": []},
    }


def identity(azure: LocalAzure, existing: Resource | None, sent: dict[str, Any] | None) -> dict[str, Any]:
    """Return the identity with its principals; a workspace always has one, by default the system's."""
    old = existing.body["identity"] if existing else {}
    if sent is None:
        return old or identity(azure, None, {"type": "SystemAssigned"})
    kinds = {part.strip().lower() for part in str(sent.get("type", "")).split(",")}
    if not kinds <= {"systemassigned", "userassigned"}:
        raise invalid_content(f"The identity type '{sent.get('type')}' is not one that a workspace can have.")
    shown: dict[str, Any] = {"type": sent["type"]}
    if "systemassigned" in kinds:
        shown |= {"principalId": old.get("principalId") or str(uuid.uuid4()), "tenantId": TENANT_ID}
    if "userassigned" in kinds:
        named = sent.get("userAssignedIdentities") or old.get("userAssignedIdentities") or {}
        shown["userAssignedIdentities"] = {key: _principal(azure, key) for key in named}
    return shown


def _principal(azure: LocalAzure, identity_id: str) -> dict[str, Any]:
    found = azure.store.get(identity_id)
    if found is None:
        raise ml_refusal(f"The user assigned identity '{identity_id}' was not found.")
    properties = found.body.get("properties", {})
    return {"principalId": properties.get("principalId"), "clientId": properties.get("clientId")}
