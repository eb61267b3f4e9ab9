"""What each principal may do: its role assignments, and those of its groups, read once for each change of any."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from windlass_emulator.access.built_in_roles import OWNER, Role, built_in_roles, read_permission
from windlass_emulator.access.conditions import Facts, allows
from windlass_emulator.access.directory import groups_of, is_owner
from windlass_emulator.access.permissions import Permission

if TYPE_CHECKING:
    from collections.abc import Callable

    from windlass_emulator.store import Resource, Store

ASSIGNMENT = "Microsoft.Authorization/roleAssignments"
DEFINITION = "Microsoft.Authorization/roleDefinitions"


@dataclass(frozen=True, slots=True)
class _Held:
    """One role that somebody holds.

    Attributes:
        scope: In lower case, ending with a slash, so that it begins every id at or below it.
        since: When it begins to be effective.
        condition: Which uses of it are allowed; empty for all.
    """

    scope: str
    permissions: tuple[Permission, ...]
    since: float
    condition: str = ""

    def grants(self, action: str, facts: Facts, *, data: bool) -> bool:
        """Say whether it grants an action."""
        granted = any(permission.grants(action, data=data) for permission in self.permissions)
        return granted and (not self.condition or allows(self.condition, action, facts))


class Authorizer:
    """Answers whether a principal may do something.

    Args:
        store: Where assignments and own roles are.
        subscription: Owned by the service principal of azure.env.
        now: The time.
    """

    def __init__(self, store: Store, subscription: str, now: Callable[[], float]) -> None:
        self._store = store
        self._now = now
        self._owned = _Held(f"/subscriptions/{subscription.lower()}/", built_in_roles()[OWNER].permissions, 0.0)
        self._held: dict[str, tuple[_Held, ...]] = {}
        self._revision = -1

    def may(
        self, principal: str, action: str, scope: str, *, data: bool = False, facts: Facts = MappingProxyType({})
    ) -> bool:
        """Say whether a principal may do something now.

        Args:
            principal: Its object id.
            action: Such as `Microsoft.Storage/storageAccounts/listKeys/action`.
            scope: The id of a subscription, group or resource; roles held on it or above it count.
            data: Whether the action is one of the data plane.
            facts: What conditions look at.
        """
        where, now = scope.lower().rstrip("/") + "/", self._now()
        return any(
            held.since <= now and where.startswith(held.scope) and held.grants(action, facts, data=data)
            for held in self._roles_of(principal)
        )

    def holds_any(self, principal: str, scope: str) -> bool:
        """Say whether a principal holds any role on a scope, above it or on anything in it."""
        where, now = scope.lower().rstrip("/") + "/", self._now()
        return any(
            held.since <= now and (where.startswith(held.scope) or held.scope.startswith(where))
            for held in self._roles_of(principal)
        )

    def _roles_of(self, principal: str) -> tuple[_Held, ...]:
        revision = self._store.revision(ASSIGNMENT) + self._store.revision(DEFINITION)
        if revision != self._revision:
            self._held.clear()
            self._revision = revision
        if principal not in self._held:
            self._held[principal] = self._read(principal)
        return self._held[principal]

    def _read(self, principal: str) -> tuple[_Held, ...]:
        names = {principal, *groups_of(self._store, principal)}
        rows = [row for row in self._store.of_type(ASSIGNMENT) if row.body["properties"]["principalId"] in names]
        found = [self._as_held(row) for row in rows]
        return (self._owned, *found) if is_owner(principal) else tuple(found)

    def _as_held(self, row: Resource) -> _Held:
        properties = row.body["properties"]
        role = find_role(self._store, properties["roleDefinitionId"].rpartition("/")[2])
        return _Held(
            properties["scope"].lower().rstrip("/") + "/",
            role.permissions if role else (),
            row.body["since"],
            properties.get("condition") or "",
        )


def find_role(store: Store, guid: str) -> Role | None:
    """Return a built-in role, or one that somebody has defined, by its GUID; None when there is none."""
    if found := built_in_roles().get(guid.lower()):
        return found
    stored = next((row for row in store.of_type(DEFINITION) if row.name.lower() == guid.lower()), None)
    return own_role(stored) if stored else None


def own_role(stored: Resource) -> Role:
    """Return a role that somebody has defined, from what is stored."""
    properties = stored.body["properties"]
    return Role(
        properties["roleName"],
        properties["description"],
        tuple(read_permission(row) for row in properties["permissions"]),
        kind="CustomRole",
        assignable=tuple(properties["assignableScopes"]),
    )
