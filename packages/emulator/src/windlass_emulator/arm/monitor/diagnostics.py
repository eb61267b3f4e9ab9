"""Microsoft.Insights/diagnosticSettings: which logs of a resource go where. Kept and checked; nothing is sent on.

A setting belongs to the id of its target, not to the target itself: it outlives a target that is deleted, and is
there again when a resource of the same id is made. So it is stored beside the tree of resources, under `_ROOT`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from windlass_emulator.arm import common
from windlass_emulator.arm.monitor.categories import CATEGORIES, Categories
from windlass_emulator.arm.monitor.rules import refused, require_resources
from windlass_emulator.arm.scopes import scope_not_found, scope_of, type_of_scope
from windlass_emulator.errors import AzureError, BareError, NotEmulatedError
from windlass_emulator.feature import Feature
from windlass_emulator.http import Answer, Handler, Request, Route

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure
    from windlass_emulator.store import Resource

TYPE: Final = "Microsoft.Insights/diagnosticSettings"
CATEGORY: Final = f"{TYPE}Categories"
_ROOT = "/diagnostics"
_MOST_SETTINGS = 5
_NAME = common.NameRule(
    r"[^*<>%&:\\?+/\x00-\x1f]{0,259}[^*<>%&:\\?+/\x00-\x1f. ]",
    "A diagnostic setting name has 1 to 260 characters without * < > % & : \\ ? + /, and does not end with a space or "
    "period.",
)
_STORAGE_SERVICE = re.compile(
    r"(?P<account>.*/storageAccounts/[^/]+)/(blob|file|queue|table)Services/default\Z", re.IGNORECASE
)
_SINKS = ("workspaceId", "storageAccountId", "eventHubAuthorizationRuleId", "marketplacePartnerId")
_EMULATED_SINKS = ("workspaceId", "storageAccountId")


def feature() -> Feature:
    """Return diagnostic settings."""
    one, many = f"/{{scope*}}/providers/{TYPE}/{{name}}", f"/{{scope*}}/providers/{TYPE}"
    return Feature(
        "diagnostic settings",
        routes=(
            _route("PUT", one, _put),
            _route("GET", one, _get),
            _route("DELETE", one, _delete),
            _route("GET", many, _list),
            _route("GET", f"/{{scope*}}/providers/{CATEGORY}", _list_categories),
            _route("GET", f"/{{scope*}}/providers/{CATEGORY}/{{name}}", _get_category),
        ),
        renderers={TYPE.lower(): _render},
    )


def _route(method: str, template: str, handler: Handler) -> Route:
    return Route(method, template, handler, provenance="specified")


def _render(azure: LocalAzure, resource: Resource, api_version: str) -> dict[str, Any]:
    del azure, api_version
    # This service answers ids in lower case, but for its own type and the name (published examples).
    scope = resource.id.removeprefix(_ROOT).rpartition(f"/providers/{TYPE}/")[0].lower()
    own = f"{scope}/providers/microsoft.insights/diagnosticSettings/{resource.name}"
    return {**resource.body, "id": own, "type": TYPE, "name": resource.name, "location": None, "kind": None}


# The target


def _existing_target(request: Request) -> str:
    scope, azure = scope_of(request), request.azure
    service = _STORAGE_SERVICE.match(scope)  # they come with their account and are no resources of the store
    if azure.store.get(service["account"] if service else scope) is None:
        raise scope_not_found(request, scope)
    return scope


def _categories(scope: str) -> Categories:
    found = CATEGORIES.get(type_of_scope(scope))
    if found is None:
        raise refused(
            f"The resource type '{type_of_scope(scope)}' does not support diagnostic settings.",
            code="ResourceTypeNotSupported",
        )
    return found


def _setting_id(scope: str, name: str) -> str:
    return f"{_ROOT}{scope}/providers/{TYPE}/{name}"


# Writing


async def _put(request: Request) -> Answer:
    """Create or update a diagnostic setting."""
    azure, scope, name = request.azure, _existing_target(request), request.params["name"]
    if refusal := _NAME.refusal(name):
        raise AzureError(400, _NAME.code, refusal)
    properties = _completed(dict(common.checked_body(request, "diagnostic setting").get("properties") or {}))
    known = _categories(scope)
    _check_categories(properties, known)
    _check_sinks(azure, properties)
    others = [each for each in _settings(azure, scope) if each.name.lower() != name.lower()]
    if len(others) >= _MOST_SETTINGS:
        raise BareError(409, "Conflict", f"A resource has at most {_MOST_SETTINGS} diagnostic settings.")
    _check_conflicts(properties, others, known)
    stored = azure.store.get(_setting_id(scope, name))
    made = azure.store.put(
        _setting_id(scope, name),
        TYPE,
        {"properties": properties, "systemData": common.system_data(azure, stored)},
        parent=f"{_ROOT}{scope}",
        now=azure.clock.now(),
    )
    return Answer(200, common.shown(request, made))  # its clients know no 201


def _completed(properties: dict[str, Any]) -> dict[str, Any]:
    no_retention = {"enabled": False, "days": 0}
    for kind in ("logs", "metrics"):
        properties[kind] = [{"retentionPolicy": no_retention, **each} for each in properties.get(kind) or ()]
    return {**dict.fromkeys((*_SINKS, "eventHubName", "serviceBusRuleId", "logAnalyticsDestinationType")), **properties}


def _check_categories(properties: Mapping[str, Any], known: Categories) -> None:
    if not any(each.get("enabled") for kind in ("logs", "metrics") for each in properties[kind]):
        raise refused("At least one log or metric of a diagnostic setting must be enabled.")
    for log in properties["logs"]:
        category, group = log.get("category"), log.get("categoryGroup")
        if (category is None) == (group is None):
            raise refused("Each log of a diagnostic setting has either a category or a categoryGroup.")
        if group is not None and group not in known.groups:
            raise refused(f"CategoryGroup: '{group}' is not supported, supported ones are: '{','.join(known.groups)}'")
        if category is not None and category not in known.logs:
            raise refused(f"Category '{category}' is not supported.")
    for metric in properties["metrics"]:
        if metric.get("category") not in known.metrics:
            supported = ",".join(known.metrics)
            raise refused(
                f"Metric category '{metric.get('category')}' is not supported, supported categories are: '{supported}'"
            )


def _check_sinks(azure: LocalAzure, properties: Mapping[str, Any]) -> None:
    sinks = _sinks(properties)
    if not sinks:
        raise refused("A diagnostic setting needs at least one of workspaceId, storageAccountId and an event hub.")
    if other := sinks.keys() - set(_EMULATED_SINKS):
        raise NotEmulatedError(f"diagnostic settings with {', '.join(sorted(other))}")
    require_resources(azure, sinks.values(), "data sink")


def _sinks(properties: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(properties[name]) for name in _SINKS if properties.get(name)}


def _check_conflicts(properties: Mapping[str, Any], others: list[Resource], known: Categories) -> None:
    """Two settings of a resource may not send the same category to the same place."""
    own = _sent(properties, known)
    for other in others:
        theirs = other.body["properties"]
        shared = {each.lower() for each in _sinks(theirs).values()}
        sink = next((each for each in _sinks(properties).values() if each.lower() in shared), None)
        category = next((each for each in own if each in _sent(theirs, known)), None)
        if sink and category:
            raise BareError(
                409,
                "Conflict",
                f"Data sink '{sink}' is already used in diagnostic setting '{other.name}' for category '{category}'. "
                "Data sinks can't be reused in different settings on the same category for the same resource.",
            )


def _sent(properties: Mapping[str, Any], known: Categories) -> list[str]:
    enabled = [each for kind in ("logs", "metrics") for each in properties[kind] if each.get("enabled")]
    return [
        category
        for each in enabled
        for category in (known.of_group(each["categoryGroup"]) if each.get("categoryGroup") else (each["category"],))
    ]


# Reading and deleting


def _settings(azure: LocalAzure, scope: str) -> list[Resource]:
    return azure.store.children(f"{_ROOT}{scope}", TYPE)


async def _get(request: Request) -> Answer:
    """Get a diagnostic setting."""
    scope, name = _existing_target(request), request.params["name"]
    stored = request.azure.store.get(_setting_id(scope, name))
    if stored is None:
        raise AzureError(404, "ResourceNotFound", f"The diagnostic setting '{name}' doesn't exist.")
    return Answer(200, common.shown(request, stored))


async def _delete(request: Request) -> Answer:
    """Delete a diagnostic setting, also one whose target is gone."""
    setting = _setting_id(scope_of(request), request.params["name"])
    if request.azure.store.get(setting) is None:
        return Answer(204)
    request.azure.store.delete(setting)
    return Answer(200)


async def _list(request: Request) -> Answer:
    """List the diagnostic settings of a resource."""
    found = _settings(request.azure, _existing_target(request))
    return Answer(200, {"value": [common.shown(request, each) for each in found]})


async def _list_categories(request: Request) -> Answer:
    """List what a resource can send on."""
    return Answer(200, {"value": _category_rows(_existing_target(request))})


async def _get_category(request: Request) -> Answer:
    """Get one category of a resource."""
    name = request.params["name"]
    for row in _category_rows(_existing_target(request)):
        if row["name"].lower() == name.lower():
            return Answer(200, row)
    raise AzureError(404, "ResourceNotFound", f"The diagnostic settings category '{name}' doesn't exist.")


def _category_rows(scope: str) -> list[dict[str, Any]]:
    known = _categories(scope)
    own = f"{scope.lower()}/providers/microsoft.insights/diagnosticSettingsCategories"
    kinds = [("Metrics", name) for name in known.metrics] + [("Logs", name) for name in known.logs]
    return [
        {
            "id": f"{own}/{name}",
            "type": "microsoft.insights/diagnosticSettingsCategories",
            "name": name,
            "properties": {
                "categoryType": kind,
                "categoryGroups": [group for group in known.groups if kind == "Logs" and name in known.of_group(group)],
            },
        }
        for kind, name in kinds
    ]
