"""The identity of an online endpoint: what the service adds to what was asked for."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from windlass_emulator.errors import AzureError
from windlass_emulator.settings import TENANT_ID

if TYPE_CHECKING:
    from windlass_emulator.store import Store

_SYSTEM = "SystemAssigned"


def complete_identity(store: Store, sent: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return an identity with its principals.

    Args:
        store: Where user-assigned identities are found.
        sent: From the request; None is a system-assigned one, as older api-versions make.

    Raises:
        AzureError: 400 for a user-assigned identity that is not there, or a type that is none.
    """
    kind = str((sent or {}).get("type", _SYSTEM)).replace(" ", "")
    parts = {part.lower() for part in kind.split(",")}
    if not parts <= {"systemassigned", "userassigned"}:
        raise AzureError(400, "InvalidIdentityType", f"The identity type '{kind}' is not one of Azure's.")
    identity: dict[str, Any] = {"type": _type(parts)}
    if "systemassigned" in parts:
        identity |= {"principalId": str(uuid.uuid4()), "tenantId": TENANT_ID}
    if "userassigned" in parts:
        wanted = (sent or {}).get("userAssignedIdentities") or {}
        identity["userAssignedIdentities"] = {name: _user_assigned(store, name) for name in wanted}
    return identity


def _type(parts: set[str]) -> str:
    words = {"systemassigned": _SYSTEM, "userassigned": "UserAssigned"}
    return ",".join(words[part] for part in words if part in parts)


def _user_assigned(store: Store, name: str) -> dict[str, str]:
    found = store.get(name)
    if found is None:
        raise AzureError(
            400,
            "FailedIdentityOperation",
            f"Identity operation failed: the user-assigned identity '{name}' was not found.",
        )
    properties = found.body["properties"]
    return {"principalId": properties["principalId"], "clientId": properties["clientId"]}
