"""What infrastructure code makes for azure-ai-ml on a running local Azure: group, storage, vault, workspace."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from support.local_azure import RunningAzure

MANAGEMENT = "https://management.azure.com"
_SECONDS = 30.0


@dataclass(slots=True)
class ArmSession:
    """Raw calls of Azure Resource Manager, for what azure-ai-ml does not do and for envelopes.

    Attributes:
        azure: The running local Azure.
        http: A client with its proxy, certificate and token.
    """

    azure: RunningAzure
    http: httpx.Client

    @classmethod
    def open(cls, azure: RunningAzure) -> ArmSession:
        """Return a session signed in as the service principal."""
        credential = azure.credential()
        token = credential.get_token(f"{MANAGEMENT}/.default").token
        credential.close()
        headers = {"Authorization": f"Bearer {token}"}
        http = httpx.Client(verify=azure.authority, proxy=azure.proxy, headers=headers, timeout=_SECONDS)
        return cls(azure, http)

    def send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> httpx.Response:
        """Send one request; the api-version of the path is 2025-12-01 unless it names another."""
        version = "" if "api-version=" in path else f"{'&' if '?' in path else '?'}api-version=2025-12-01"
        return self.http.request(method, f"{MANAGEMENT}{path}{version}", json=body)

    def make(self, path: str, body: Mapping[str, Any]) -> str:
        """PUT a resource in westeurope, wait until it is made, and return its id."""
        answer = self.send("PUT", path, {"location": "westeurope", **body})
        assert answer.is_success, answer.text
        end = time.monotonic() + _SECONDS
        while time.monotonic() < end:
            got = self.send("GET", path)
            if got.is_success and _state(got.json()) == "Succeeded":
                return str(got.json()["id"])
            time.sleep(0.05)
        raise AssertionError(f"not made within {_SECONDS} seconds: {path}")

    def settled(self, accepted: httpx.Response) -> dict[str, Any]:
        """Poll the operation of a 201 or 202 to its end, and return its last status."""
        end = time.monotonic() + _SECONDS
        while time.monotonic() < end:
            told: dict[str, Any] = self.http.get(accepted.headers["Azure-AsyncOperation"]).json()
            if told["status"] in {"Succeeded", "Failed", "Canceled"}:
                return told
            time.sleep(0.05)
        raise AssertionError(f"not ended within {_SECONDS} seconds: {told}")


def _state(resource: Mapping[str, Any]) -> str:
    state = str((resource.get("properties") or {}).get("provisioningState", "Succeeded"))
    assert state != "Failed", resource
    return state


def make_workspace(arm: ArmSession, group: str, workspace: str, account: str) -> str:
    """Make a group with a workspace and what it needs, and return the workspace's id.

    Args:
        arm: A session.
        group: The resource group's name.
        workspace: The workspace's name.
        account: The storage account's name; the vault's is the same with a dash and a v.
    """
    base = f"/subscriptions/{arm.azure.subscription}/resourceGroups/{group}"
    arm.make(f"{base}?api-version=2024-03-01", {})
    storage = arm.make(
        f"{base}/providers/Microsoft.Storage/storageAccounts/{account}?api-version=2023-05-01",
        {"sku": {"name": "Standard_LRS"}, "kind": "StorageV2", "properties": {}},
    )
    sku = {"family": "A", "name": "standard"}
    vault = arm.make(
        f"{base}/providers/Microsoft.KeyVault/vaults/{account}-v?api-version=2023-07-01",
        {
            "properties": {
                "sku": sku,
                "tenantId": arm.azure.environment["AZURE_TENANT_ID"],
                "enableRbacAuthorization": True,
            }
        },
    )
    return arm.make(
        f"{base}/providers/Microsoft.MachineLearningServices/workspaces/{workspace}",
        {"identity": {"type": "SystemAssigned"}, "properties": {"storageAccount": storage, "keyVault": vault}},
    )
