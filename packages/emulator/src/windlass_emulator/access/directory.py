"""The principals of the tenant: the service principal of azure.env, identities of resources, and those tests make."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from windlass_emulator.errors import AzureError
from windlass_emulator.settings import PRINCIPAL_OBJECT_ID, SUBSCRIPTION_ID

if TYPE_CHECKING:
    from windlass_emulator.store import Store

_SCOPE = "directory"
_IDENTITY_TYPE = "Microsoft.ManagedIdentity/userAssignedIdentities"
KINDS = ("ServicePrincipal", "User", "Group")


@dataclass(frozen=True, slots=True)
class Made:
    """A principal that has just been made.

    Attributes:
        client_id: Of an application; empty for users and groups.
        secret: Told once; what is kept is its digest.
    """

    object_id: str
    client_id: str
    secret: str


def make_principal(store: Store, *, name: str, kind: str = "ServicePrincipal", groups: tuple[str, ...] = ()) -> Made:
    """Make a principal without any role.

    Args:
        store: Where it is kept.
        name: For people.
        kind: One of KINDS; only a service principal can sign in here.
        groups: Object ids of the groups that it belongs to.

    Raises:
        AzureError: 400 for another kind, or a group that is none.
    """
    if kind not in KINDS:
        raise AzureError(400, "InvalidPrincipalType", f"A principal is one of {', '.join(KINDS)}, not '{kind}'.")
    known = kinds_of_principals(store)
    if unknown := [group for group in groups if known.get(group) != "Group"]:
        raise AzureError(400, "GroupNotFound", f"There is no group with the object id '{unknown[0]}'.")
    can_sign_in = kind == "ServicePrincipal"
    made = Made(
        object_id=str(uuid.uuid4()),
        client_id=str(uuid.uuid4()) if can_sign_in else "",
        secret=secrets.token_urlsafe(32) if can_sign_in else "",
    )
    row = {"name": name, "kind": kind, "client": made.client_id, "digest": _digest(made.secret), "groups": groups}
    store.set_fact(_SCOPE, made.object_id, row)
    return made


def delete_principal(store: Store, object_id: str) -> None:
    """Delete a principal that was made; its role assignments stay, as on Azure."""
    store.delete_fact(_SCOPE, object_id)


def principals(store: Store) -> list[dict[str, Any]]:
    """Return the principals that were made, without their secrets."""
    shown = ("name", "kind", "client", "groups")
    return [{"object_id": who, **{key: row[key] for key in shown}} for who, row in store.facts(_SCOPE).items()]


def find_application(store: Store, client_id: str) -> tuple[str, str] | None:
    """Return object id and digest of the secret of an application that was made, or None."""
    for object_id, row in store.facts(_SCOPE).items():
        if row["client"] and row["client"] == client_id.lower():
            return object_id, row["digest"]
    return None


def is_secret(secret: str, digest: str) -> bool:
    """Say whether a secret is the one that a digest was made of."""
    return hmac.compare_digest(_digest(secret), digest)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def groups_of(store: Store, object_id: str) -> tuple[str, ...]:
    """Return the groups that a principal belongs to."""
    row = store.fact(_SCOPE, object_id)
    return tuple(row["groups"]) if row else ()


def kinds_of_principals(store: Store) -> dict[str, str]:
    """Return all principals that the tenant knows, by object id: what each is."""
    found = {who: row["kind"] for who, row in store.facts(_SCOPE).items()}
    found[PRINCIPAL_OBJECT_ID] = "ServicePrincipal"
    for stored in store.of_type(_IDENTITY_TYPE):
        found[stored.body["properties"]["principalId"]] = "ServicePrincipal"
    for stored in store.below(f"/subscriptions/{SUBSCRIPTION_ID}"):
        if principal := (stored.body.get("identity") or {}).get("principalId"):
            found[principal] = "ServicePrincipal"
    return found


def is_owner(object_id: str) -> bool:
    """Say whether a principal is the one of azure.env, which owns the subscription."""
    return object_id == PRINCIPAL_OBJECT_ID
