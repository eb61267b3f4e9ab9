"""Looks at single resources by id, and at what is softly deleted: satisfies `recovery.ports.Azure`."""

from __future__ import annotations

from typing import Any, Final

from windlass.azure.arm import ADDRESS, Arm
from windlass.project.outputs import StackOutputs
from windlass.recovery.models import DeletedName, Presence, Seen

_VAULT_VERSION: Final = "2023-07-01"
_FAILED: Final = frozenset({"failed", "canceled", "cancelled"})
_RUNNING: Final = frozenset({"accepted", "inprogress", "notstarted"})
_BEGINS: Final = ("provisioning", "resolving")

Json = dict[str, Any]


class AzureEyes:
    """Reads through Resource Manager and changes nothing."""

    def __init__(self, arm: Arm, outputs: StackOutputs) -> None:
        self._arm = arm
        self._outputs = outputs

    def look(self, resource_id: str, api_version: str) -> Seen:
        """Look at one resource."""
        shown = self._arm.find(f"{ADDRESS}{resource_id}?api-version={api_version}", f"look at {resource_id}")
        return seen(resource_id, shown)

    def deleted_names(self) -> tuple[DeletedName, ...]:
        """Find the softly deleted vault that holds a name of the stack."""
        name = self._outputs.key_vault
        path = (
            f"{ADDRESS}/subscriptions/{self._outputs.subscription_id}/providers/Microsoft.KeyVault"
            f"/locations/{self._outputs.location}/deletedVaults/{name}?api-version={_VAULT_VERSION}"
        )
        shown = self._arm.find(path, f"look for deleted key vault {name}")
        return () if shown is None else (_deleted_vault(name, shown["properties"]),)


def seen(resource_id: str, shown: Json | None) -> Seen:
    """Tell what an answer of Resource Manager means."""
    if shown is None:
        return Seen(presence=Presence.ABSENT, id=resource_id)
    state = str((shown.get("properties") or {}).get("provisioningState") or "")
    return Seen(
        presence=_presence(state.lower()),
        id=shown.get("id") or resource_id,
        state=state,
        tags={name: str(value) for name, value in (shown.get("tags") or {}).items()},
    )


def _presence(state: str) -> Presence:
    """Sort Azure's words for the state of a resource, of which each service has its own."""
    if state in _FAILED:
        return Presence.FAILED
    # Creating, Updating, Deleting, Scaling; ResolvingDNS, ProvisioningAccount: so speaks every service of what goes on.
    goes_on = state in _RUNNING or state.endswith("ing") or state.startswith(_BEGINS)
    return Presence.RUNNING if goes_on else Presence.READY


def _deleted_vault(name: str, properties: Json) -> DeletedName:
    return DeletedName(
        kind="key vault",
        name=name,
        until=str(properties.get("scheduledPurgeDate") or "")[:10],
        can_purge=not properties.get("purgeProtectionEnabled"),
    )
