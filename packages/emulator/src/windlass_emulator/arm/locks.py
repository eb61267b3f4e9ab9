"""Microsoft.Authorization/locks, and their enforcement for every type in one place.

`require_unlocked` stands on the way of each request to Azure Resource Manager (app.py), so no type knows of locks.
A lock holds its scope and all below it. A delete is refused as well when something below its target is locked.
Locks are no concern of the data plane: blobs in a locked account can be deleted, as on Azure.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from windlass_emulator.arm import common
from windlass_emulator.arm.scopes import existing_scope, scope_of, type_of_scope
from windlass_emulator.errors import AzureError
from windlass_emulator.feature import Feature
from windlass_emulator.http import Answer, Handler, Request, Route

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure
    from windlass_emulator.store import Resource

TYPE: Final = "Microsoft.Authorization/locks"
CAN_NOT_DELETE: Final = "CanNotDelete"
READ_ONLY: Final = "ReadOnly"
_LEVELS = (CAN_NOT_DELETE, READ_ONLY, "NotSpecified")
_NAME = common.NameRule(
    r"[-\w._()]{0,89}[-\w_()]",
    "A lock name has 1 to 90 letters, digits, '.', '_', '-', '(' and ')', and does not end with a period.",
    code="InvalidLockName",
)
_NOTES = 512
_LOCK_PATH = re.compile(rf"/providers/{re.escape(TYPE)}(/[^/]+)?/?\Z", re.IGNORECASE)
_PRIVATE_ENDPOINT = "microsoft.network/privateendpoints"


def feature() -> Feature:
    """Return locks."""
    one, many = f"/{{scope*}}/providers/{TYPE}/{{name}}", f"/{{scope*}}/providers/{TYPE}"
    return Feature(
        "locks",
        routes=(
            _route("PUT", one, _put),
            _route("GET", one, _get),
            _route("DELETE", one, _delete),
            _route("GET", many, _list),
        ),
        renderers={TYPE.lower(): _render},
    )


def _route(method: str, template: str, handler: Handler) -> Route:
    return Route(method, template, handler, provenance="specified")


# Enforcement


def require_unlocked(request: Request) -> None:
    """Refuse a request that a lock forbids.

    Raises:
        AzureError: 409 ScopeLocked.
    """
    if request.method in {"GET", "HEAD"} or _LOCK_PATH.search(request.path):
        return
    deletes = request.method == "DELETE"
    target = _target(request)
    levels = {CAN_NOT_DELETE, READ_ONLY} if deletes else {READ_ONLY}
    locked = _locked_scopes(request.azure, target, levels, deletes=deletes)
    if locked:
        word = "delete" if deletes else "write"
        raise AzureError(
            409,
            "ScopeLocked",
            f"The scope '{target}' cannot perform {word} operation because following scope(s) are locked: "
            f"'{','.join(locked)}'. Please remove the lock and try again.",
        )


def _target(request: Request) -> str:
    """What a request is about: the path, or for an action the resource that it is done to."""
    path = "/" + re.sub("/+", "/", request.path).strip("/")
    names = path.rsplit("/providers/", maxsplit=1)[-1].split("/")
    is_action = request.method == "POST" and "/providers/" in path and len(names) % 2 == 0
    return path.rsplit("/", 1)[0] if is_action else path


def _locked_scopes(azure: LocalAzure, target: str, levels: set[str], *, deletes: bool) -> list[str]:
    reached = [target, *(_linked(azure, target) if deletes else [])]
    found: dict[str, None] = {}
    for lock in azure.store.of_type(TYPE):
        scope = lock.id[: -len(f"/providers/{TYPE}/{lock.name}")]
        if lock.body["properties"]["level"] in levels and any(
            _holds(scope, each) or (deletes and _holds(target, scope)) for each in reached
        ):
            found[scope] = None
    return list(found)


def _holds(scope: str, target: str) -> bool:
    return (target.lower() + "/").startswith(scope.lower() + "/")


def _linked(azure: LocalAzure, target: str) -> list[str]:
    """Deleting a private endpoint is also a call to the resource that it leads to."""
    stored = azure.store.get(target)
    if stored is None or type_of_scope(target) != _PRIVATE_ENDPOINT:
        return []
    properties = stored.body["properties"]
    connections = [
        *(properties.get("privateLinkServiceConnections") or ()),
        *(properties.get("manualPrivateLinkServiceConnections") or ()),
    ]
    return [str(each["properties"]["privateLinkServiceId"]) for each in connections]


# Operations


def _lock_id(request: Request) -> str:
    return f"{scope_of(request)}/providers/{TYPE}/{request.params['name']}"


def _render(azure: LocalAzure, resource: Resource, api_version: str) -> dict[str, Any]:
    del azure, api_version
    return {**resource.body, "id": resource.id, "type": TYPE, "name": resource.name}


async def _put(request: Request) -> Answer:
    """Create or change a lock."""
    azure, scope, name = request.azure, existing_scope(request), request.params["name"]
    if refusal := _NAME.refusal(name):
        raise AzureError(400, _NAME.code, refusal)
    properties = dict(common.checked_body(request, "lock").get("properties") or {})
    if properties.get("level") not in _LEVELS:
        raise AzureError(
            400,
            "LockLevelInvalid",
            f"The lock level '{properties.get('level')}' is not valid. Allowed are {', '.join(_LEVELS)}.",
        )
    if len(str(properties.get("notes") or "")) > _NOTES:
        raise AzureError(400, "LockNotesTooLong", f"The notes of a lock have at most {_NOTES} characters.")
    stored = azure.store.get(_lock_id(request))
    body = {"properties": properties, "systemData": common.system_data(azure, stored)}
    lock_id = f"{scope}/providers/{TYPE}/{name}"
    made = azure.store.put(lock_id, TYPE, body, parent=scope, now=azure.clock.now())
    return Answer(200 if stored else 201, common.shown(request, made))


async def _get(request: Request) -> Answer:
    """Get a lock."""
    stored = request.azure.store.get(_lock_id(request))
    if stored is None:
        raise AzureError(404, "LockNotFound", f"The lock '{request.params['name']}' could not be found.")
    return Answer(200, common.shown(request, stored))


async def _delete(request: Request) -> Answer:
    """Delete a lock."""
    stored = request.azure.store.get(_lock_id(request))
    if stored is None:
        return Answer(204)
    request.azure.store.delete(stored.id)
    return Answer(200)


async def _list(request: Request) -> Answer:
    """List the locks at and below a scope."""
    scope = existing_scope(request)
    found = [lock for lock in request.azure.store.of_type(TYPE) if _holds(scope, lock.id)]
    return Answer(200, {"value": [common.shown(request, lock) for lock in found]})
