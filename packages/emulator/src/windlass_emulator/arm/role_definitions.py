"""Microsoft.Authorization/roleDefinitions: the built-in roles, and own ones."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from windlass_emulator.access.authorizer import ASSIGNMENT, DEFINITION, own_role
from windlass_emulator.access.built_in_roles import Role, built_in_roles
from windlass_emulator.arm import common
from windlass_emulator.errors import AzureError, NotEmulatedError
from windlass_emulator.feature import Feature
from windlass_emulator.http import Answer, Handler, Request, Route

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure

_FILTER = re.compile(r"roleName eq '(?P<name>[^']*)'\Z", re.IGNORECASE)
_SCOPE = re.compile(r"/subscriptions/[^/]+(/resourceGroups/[^/]+)?\Z", re.IGNORECASE)
_ACTION = re.compile(r"\*|[\w.*]+(/[\w.*-]+)*\Z")
_LISTS = ("actions", "notActions", "dataActions", "notDataActions")


def feature() -> Feature:
    """Return role definitions."""
    one, many = f"/{{scope*}}/providers/{DEFINITION}/{{name}}", f"/{{scope*}}/providers/{DEFINITION}"
    return Feature(
        "role definitions",
        routes=(
            _route("PUT", one, _put),
            _route("GET", one, _get),
            _route("DELETE", one, _delete),
            _route("GET", many, _list),
            _route("GET", f"/providers/{DEFINITION}/{{name}}", _get),
        ),
    )


def _route(method: str, template: str, handler: Handler) -> Route:
    return Route(method, template, handler, provenance="specified")


def _roles(azure: LocalAzure) -> Iterator[tuple[str, Role]]:
    yield from built_in_roles().items()
    for stored in azure.store.of_type(DEFINITION):
        yield stored.name, own_role(stored)


async def _put(request: Request) -> Answer:
    """Define a role of one's own, or change one: 201 in both cases."""
    azure, name = request.azure, request.params["name"].lower()
    properties = dict(common.checked_body(request, "role definition").get("properties") or {})
    if not _is_guid(name):
        raise _refusal("InvalidRoleDefinitionId", f"The role definition ID '{name}' is not valid: it must be a GUID.")
    if name in built_in_roles():
        raise AzureError(403, "RoleDefinitionIsReadOnly", f"The built-in role '{name}' cannot be changed.")
    _refuse_wrong(azure, name, properties)
    stored = azure.store.put(
        _id(azure, name),
        DEFINITION,
        {"properties": _completed(properties)},
        parent=f"/subscriptions/{azure.subscription}",
        now=azure.clock.now(),
    )
    return Answer(201, _shown(azure, name, own_role(stored)))


def _refuse_wrong(azure: LocalAzure, name: str, properties: dict[str, Any]) -> None:
    title, scopes = str(properties.get("roleName") or ""), properties.get("assignableScopes") or []
    if not title or not properties.get("permissions"):
        raise _refusal("InvalidRoleDefinition", "A role definition needs roleName and permissions.")
    if not scopes or not all(_SCOPE.match(str(scope)) for scope in scopes):
        raise _refusal(
            "InvalidAssignableScope", "assignableScopes needs ids of subscriptions or resource groups, at least one."
        )
    if any(role.name.lower() == title.lower() and guid != name for guid, role in _roles(azure)):
        raise AzureError(
            409,
            "RoleDefinitionWithSameNameExists",
            f"A custom role with the same name already exists in this directory. Use a different name than '{title}'.",
        )
    for permission in properties["permissions"]:
        if permission.get("condition"):
            raise NotEmulatedError("role definitions with a condition")
        for action in (action for key in _LISTS for action in permission.get(key) or []):
            if not _ACTION.match(str(action)):
                raise _refusal("InvalidActionOrNotAction", f"'{action}' does not match any of the actions supported.")


def _refusal(code: str, message: str) -> AzureError:
    return AzureError(400, code, message)


def _completed(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "roleName": properties["roleName"],
        "description": properties.get("description") or "",
        "assignableScopes": list(properties["assignableScopes"]),
        "permissions": [{key: list(row.get(key) or []) for key in _LISTS} for row in properties["permissions"]],
    }


def _is_guid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False


def _id(azure: LocalAzure, name: str) -> str:
    return f"/subscriptions/{azure.subscription}/providers/{DEFINITION}/{name}"


async def _get(request: Request) -> Answer:
    """Get a role definition."""
    name = request.params["name"].lower()
    if role := dict(_roles(request.azure)).get(name):
        return Answer(200, _shown(request.azure, name, role))
    raise AzureError(
        404, "RoleDefinitionDoesNotExist", f"The specified role definition with ID '{name}' does not exist."
    )


async def _list(request: Request) -> Answer:
    """List role definitions, by name if asked."""
    written = request.query.get("$filter", "").strip()
    match = _FILTER.match(written) if written else None
    if written and match is None:
        raise AzureError(400, "InvalidFilter", f"The filter '{written}' is not known here; known: roleName eq '..'.")
    rows = [
        _shown(request.azure, guid, role)
        for guid, role in _roles(request.azure)
        if match is None or role.name.lower() == match["name"].lower()
    ]
    return Answer(200, {"value": rows})


async def _delete(request: Request) -> Answer:
    """Delete a role of one's own that nobody holds."""
    azure, name = request.azure, request.params["name"].lower()
    stored = azure.store.get(_id(azure, name))
    if stored is None:
        return Answer(204)
    if any(row.body["properties"]["roleDefinitionId"].endswith(name) for row in azure.store.of_type(ASSIGNMENT)):
        raise _refusal(
            "RoleDefinitionHasAssignments", "There are existing role assignments referencing role (code: "
            "RoleDefinitionHasAssignments)."
        )  # fmt: skip
    shown = _shown(azure, name, own_role(stored))
    azure.store.delete(stored.id)
    return Answer(200, shown)


def _shown(azure: LocalAzure, guid: str, role: Role) -> dict[str, Any]:
    return {
        "id": _id(azure, guid),
        "type": DEFINITION,
        "name": guid,
        "properties": {
            "roleName": role.name,
            "type": role.kind,
            "description": role.description,
            "assignableScopes": list(role.assignable),
            "permissions": [
                {
                    "actions": list(permission.actions),
                    "notActions": list(permission.not_actions),
                    "dataActions": list(permission.data_actions),
                    "notDataActions": list(permission.not_data_actions),
                }
                for permission in role.permissions
            ],
        },
    }
