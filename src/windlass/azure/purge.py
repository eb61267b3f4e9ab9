"""Deletes for good what Azure would keep in a deleted state."""

from __future__ import annotations

from windlass.azure.arm import ADDRESS
from windlass.azure.standing import delete_by_id
from windlass.azure.workspace import Workspace, workspace_id
from windlass.errors.azure import AzureRequestError
from windlass.project.outputs import StackOutputs

_WORKSPACE_VERSION = "2024-04-01"
_VAULT_VERSION = "2023-07-01"
_PAUSE_SECONDS, _LOOKS = 2.0, 150


class AzurePurger:
    """Satisfies `teardown.ports.Azure`."""

    def __init__(self, workspace: Workspace, outputs: StackOutputs) -> None:
        self._arm = workspace.arm
        self._sleep = workspace.sleep
        self._outputs = outputs

    def delete(self, resource_id: str, what: str) -> None:
        """Delete one resource; that it is gone already is no error."""
        delete_by_id(self._arm, resource_id, what)

    def purge_workspace(self) -> None:
        """Delete the workspace for good; that it is gone already is no error."""
        path = f"{ADDRESS}{workspace_id(self._outputs)}?api-version={_WORKSPACE_VERSION}&forceToPurge=true"
        self._arm.delete(path, f"delete workspace {self._outputs.workspace} for good")

    def purge_vault(self) -> None:
        """Purge the softly deleted vault; that it is gone already is no error.

        Raises:
            AzureRequestError: It was still there after minutes.
        """
        name = self._outputs.key_vault
        vault = (
            f"{ADDRESS}/subscriptions/{self._outputs.subscription_id}/providers/Microsoft.KeyVault"
            f"/locations/{self._outputs.location}/deletedVaults/{name}"
        )
        address = f"{vault}?api-version={_VAULT_VERSION}"
        if self._arm.find(address, f"look for deleted key vault {name}") is None:
            return
        self._arm.start(f"{vault}/purge?api-version={_VAULT_VERSION}", f"purge key vault {name}")
        for _ in range(_LOOKS):
            if self._arm.find(address, f"look for deleted key vault {name}") is None:
                return
            self._sleep(_PAUSE_SECONDS)
        raise AzureRequestError(f"purge key vault {name}", "it is still there after five minutes")
