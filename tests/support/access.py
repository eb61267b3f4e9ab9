"""Identities and the roles that they hold, written into the store of a local Azure in this process."""

from __future__ import annotations

import uuid

from windlass_emulator.access.authorizer import ASSIGNMENT
from windlass_emulator.store import Store

from support.in_process import GROUP

_IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities"
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
ACR_PULL = "7f951dda-4ed3-4680-a7ca-43fe172d538d"
BLOB_READER = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
BLOB_CONTRIBUTOR = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"
ACCOUNT_CONTRIBUTOR = "17d1049b-9a84-46fb-8f53-869881c3d3ab"
VAULT_CONTRIBUTOR = "f25e0fa2-a7c8-4377-a976-54943a77a395"
VAULT_ADMINISTRATOR = "00482a5a-887f-4fb3-b363-3b7fe8e74483"


def add_identity(store: Store, name: str, group: str = GROUP) -> str:
    """Make a user-assigned identity and return its id."""
    made = f"{group}/providers/{_IDENTITY}/{name}"
    properties = {"principalId": str(uuid.uuid4()), "clientId": str(uuid.uuid4())}
    store.put(made, _IDENTITY, {"location": "westeurope", "properties": properties}, parent=group, now=0.0)
    return made


def give(store: Store, identity: str, role: str, scope: str) -> None:
    """Let an identity hold a role."""
    stored = store.get(identity)
    assert stored is not None
    properties = {
        "principalId": stored.body["properties"]["principalId"],
        "roleDefinitionId": f"/x/{role}",
        "scope": scope,
    }
    name = f"{scope}/providers/{ASSIGNMENT}/{uuid.uuid4()}"
    store.put(name, ASSIGNMENT, {"properties": properties, "since": 0.0}, parent=scope, now=0.0)


def as_identity(identity: str) -> dict[str, object]:
    """Return the `identity` of a resource that has one of one's own."""
    return {"type": "UserAssigned", "userAssignedIdentities": {identity: {}}}
