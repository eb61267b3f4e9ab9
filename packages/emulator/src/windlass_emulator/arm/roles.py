"""Microsoft.Authorization/roleAssignments: who holds which role where. What that allows is in `access`."""

from __future__ import annotations

import asyncio
import re
import uuid
from typing import TYPE_CHECKING, Any

from windlass_emulator.access.authorizer import ASSIGNMENT, DEFINITION, find_role
from windlass_emulator.access.conditions import UnknownConditionError, read_condition
from windlass_emulator.access.directory import kinds_of_principals
from windlass_emulator.arm import common
from windlass_emulator.arm.scopes import existing_scope, scope_of
from windlass_emulator.blobs import Containers
from windlass_emulator.clock import arm_time
from windlass_emulator.errors import AzureError, NotEmulatedError
from windlass_emulator.feature import Feature
from windlass_emulator.http import Answer, Handler, Request, Route
from windlass_emulator.settings import TENANT_ID
from windlass_emulator.store import Resource

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure

_CONDITION_VERSION = "2.0"
_CONTAINER = re.compile(
    r"(?P<account>/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.Storage/storageAccounts/[^/]+)"
    r"/blobServices/default/containers/(?P<name>[^/]+)",
    re.IGNORECASE,
)
_FILTER = re.compile(r"(?P<at>atScope\(\))|(?P<how>principalId eq|assignedTo\()\s*'(?P<who>[0-9a-fA-F-]{36})'\)?\Z")


def feature() -> Feature:
    """Return roles."""
    one, many = f"/{{scope*}}/providers/{ASSIGNMENT}/{{name}}", f"/{{scope*}}/providers/{ASSIGNMENT}"
    return Feature(
        "roles",
        routes=(
            _route("PUT", one, _put),
            _route("GET", one, _get),
            _route("DELETE", one, _delete),
            _route("GET", many, _list),
        ),
        renderers={ASSIGNMENT.lower(): _render},
    )


def _route(method: str, template: str, handler: Handler) -> Route:
    return Route(method, template, handler, provenance="specified")


def _render(azure: LocalAzure, resource: Resource, api_version: str) -> dict[str, Any]:
    del azure, api_version
    shown = {"properties": resource.body["properties"]}
    return {**shown, "id": resource.id, "type": ASSIGNMENT, "name": resource.name}


def _assignment_id(request: Request) -> str:
    return f"{scope_of(request)}/providers/{ASSIGNMENT}/{request.params['name']}"


async def _put(request: Request) -> Answer:
    """Create a role assignment, or change its description or condition."""
    azure, name, scope = request.azure, request.params["name"], await _existing_scope(request)
    if not _is_guid(name):
        raise AzureError(
            400,
            "InvalidRoleAssignmentId",
            f"The role assignment ID '{name}' is not valid. The role assignment ID must be a GUID.",
        )
    properties = dict(common.checked_body(request, "role assignment").get("properties") or {})
    _check_condition(properties)
    principal, role = _principal(properties), _role_id(azure, properties)
    stored = azure.store.get(_assignment_id(request))
    before = stored.body["properties"] if stored else {}
    if stored is None:
        _check_principal_type(azure, principal, properties.get("principalType"))
    if stored is not None and (before["principalId"], before["roleDefinitionId"]) != (principal, role):
        raise AzureError(
            400,
            "RoleAssignmentUpdateNotPermitted",
            "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
        )
    if stored is None and _same(azure, scope, principal, role):
        raise AzureError(409, "RoleAssignmentExists", "The role assignment already exists.")
    now = azure.clock.now()
    body = {
        "properties": _completed(request, scope, {**properties, "principalId": principal, "roleDefinitionId": role}),
        "since": stored.body["since"] if stored else now + _delay(azure),
    }
    made = azure.store.put(_assignment_id(request), ASSIGNMENT, body, parent=scope, now=now)
    return Answer(200 if stored else 201, common.shown(request, made))


async def _existing_scope(request: Request) -> str:
    """Return the scope of a request; containers of blobs are known to the blob service alone.

    Raises:
        AzureError: 404 for the group or the resource.
    """
    match = _CONTAINER.fullmatch(scope_of(request))
    account = request.azure.store.get(match["account"]) if match else None
    if match and account and isinstance(request.azure.blobs, Containers):
        found = await asyncio.to_thread(request.azure.blobs.container, account.name, match["name"])
        if found is not None:
            return f"{account.id}/blobServices/default/containers/{found.name}"
    return existing_scope(request)


def _check_condition(properties: dict[str, Any]) -> None:
    condition, version = properties.get("condition"), properties.get("conditionVersion")
    if not condition:
        return
    if version != _CONDITION_VERSION:
        raise AzureError(
            400,
            "BadRequest",
            f"The condition version '{version}' is not valid. Currently the only accepted value is "
            f"'{_CONDITION_VERSION}'.",
        )
    try:
        read_condition(str(condition))
    except UnknownConditionError as unknown:
        raise NotEmulatedError(f"'{unknown}' in the condition of a role assignment") from unknown


def _delay(azure: LocalAzure) -> float:
    """Seconds until a new assignment is effective."""
    return azure.settings.durations["role_assignment.effect"] / azure.settings.clock_rate


def _completed(request: Request, scope: str, sent: dict[str, Any]) -> dict[str, Any]:
    """Return the properties that a GET shows."""
    stored = request.azure.store.get(_assignment_id(request))
    before = stored.body["properties"] if stored else {}
    now, writer = arm_time(request.azure.clock.now()), request.principal.object_id if request.principal else ""
    kinds = kinds_of_principals(request.azure.store)
    kind = sent.get("principalType") or before.get("principalType") or kinds.get(sent["principalId"])
    return {
        **sent,
        "principalType": kind,
        "scope": scope,
        "condition": sent.get("condition"),
        "conditionVersion": _CONDITION_VERSION if sent.get("condition") else None,
        "createdOn": before.get("createdOn") or now,
        "createdBy": before.get("createdBy") or writer,
        "updatedOn": now,
        "updatedBy": writer,
        "delegatedManagedIdentityResourceId": sent.get("delegatedManagedIdentityResourceId"),
        "description": sent.get("description"),
    }


def _principal(properties: dict[str, Any]) -> str:
    principal = str(properties.get("principalId", ""))
    if not _is_guid(principal):
        raise AzureError(
            400, "InvalidPrincipalId", f"A valid principal ID must be provided for role assignment, not '{principal}'."
        )
    return principal.lower()


def _check_principal_type(azure: LocalAzure, principal: str, said: str | None) -> None:
    """Azure looks a principal up unless it is told its type, and holds what it is told against what it knows."""
    known = kinds_of_principals(azure.store).get(principal)
    if said is None and known is None:
        raise AzureError(
            400,
            "PrincipalNotFound",
            f"Principal {principal.replace('-', '')} does not exist in the directory {TENANT_ID}. Check that you have "
            "the correct principal ID. If you are creating this principal and then immediately assigning a role, this "
            "error might be related to a replication delay. In this case, set the role assignment principalType "
            "property to a value, such as ServicePrincipal, User, or Group.",
        )
    if None not in {said, known} and said != known:
        raise AzureError(
            400,
            "UnmatchedPrincipalType",
            f"The PrincipalId '{principal.replace('-', '')}' has type '{known}' , which is different from "
            f"specified PrinciaplType '{said}'.",
        )


def _role_id(azure: LocalAzure, properties: dict[str, Any]) -> str:
    guid = str(properties.get("roleDefinitionId", "")).rpartition("/")[2].lower()
    if not _is_guid(guid):
        raise AzureError(
            400,
            "InvalidRoleDefinitionId",
            f"The role definition ID '{properties.get('roleDefinitionId', '')}' is not valid.",
        )
    if find_role(azure.store, guid) is None:
        raise NotEmulatedError(f"the role definition '{guid}'")
    return f"/subscriptions/{azure.subscription}/providers/{DEFINITION}/{guid}"


def _same(azure: LocalAzure, scope: str, principal: str, role: str) -> bool:
    return any(
        (row.body["properties"]["principalId"], row.body["properties"]["roleDefinitionId"]) == (principal, role)
        for row in azure.store.children(scope, ASSIGNMENT)
    )


def _is_guid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


async def _get(request: Request) -> Answer:
    """Get a role assignment."""
    stored = request.azure.store.get(_assignment_id(request))
    if stored is None:
        raise AzureError(404, "RoleAssignmentNotFound", f"The role assignment '{request.params['name']}' is not found.")
    return Answer(200, common.shown(request, stored))


async def _delete(request: Request) -> Answer:
    """Delete a role assignment."""
    stored = request.azure.store.get(_assignment_id(request))
    if stored is None:
        return Answer(204)
    shown = common.shown(request, stored)
    request.azure.store.delete(stored.id)
    return Answer(200, shown)


async def _list(request: Request) -> Answer:
    """List the role assignments at, above and below a scope."""
    written = request.query.get("$filter", "").strip()
    match = _FILTER.match(written) if written else None
    if written and match is None:
        raise AzureError(
            400,
            "InvalidFilter",
            f"The filter '{written}' is not known here; known: atScope(), principalId eq '..', assignedTo('..').",
        )
    scope = scope_of(request).lower()
    rows = [row for row in request.azure.store.of_type(ASSIGNMENT) if _touches(row, scope, match)]
    return Answer(200, {"value": [common.shown(request, row) for row in rows]})


def _touches(row: Resource, scope: str, wanted: re.Match[str] | None) -> bool:
    own = row.body["properties"]["scope"].lower()
    above, below = (scope + "/").startswith(own + "/"), own.startswith(scope + "/")
    if wanted and wanted["at"]:
        return above
    if wanted and row.body["properties"]["principalId"] != wanted["who"].lower():
        return False
    return above or below
