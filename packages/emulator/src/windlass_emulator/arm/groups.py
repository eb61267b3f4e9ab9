"""Resource groups, and what is in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from windlass_emulator import lro
from windlass_emulator.arm import common
from windlass_emulator.arm.common import GROUP, SUBSCRIPTION, SUCCEEDED, Kind, NameRule, value_at
from windlass_emulator.clock import arm_time
from windlass_emulator.errors import AzureError
from windlass_emulator.feature import Feature
from windlass_emulator.http import Answer, Handler, Request, Route
from windlass_emulator.operations import Operation
from windlass_emulator.store import Resource

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure

KIND = Kind(
    type=common.GROUP_TYPE,
    body="group",
    name=NameRule(
        r"[-\w._()]{0,89}[-\w_()]",
        "A resource group name has 1 to 90 letters, digits, '-', '_', '(', ')' or '.', and does not end with '.'.",
        code="InvalidResourceGroupName",
    ),
    system_data=False,
)
_DELETE = "resource_group.delete"
_GENERIC = ("location", "kind", "sku", "identity", "managedBy", "tags", "plan")
_CLAUSE = re.compile(r"(\w+)\s+eq\s+'([^']*)'\Z")


def feature() -> Feature:
    """Return resource groups."""
    return Feature(
        "resource groups",
        routes=(
            _route("PUT", GROUP, _put),
            _route("PATCH", GROUP, _patch),
            _route("GET", GROUP, _get),
            _route("HEAD", GROUP, _head),
            _route("DELETE", GROUP, _delete),
            _route("GET", f"{SUBSCRIPTION}/resourceGroups", _list),
            _route("GET", f"{GROUP}/resources", _list_resources),
            _route("GET", f"{SUBSCRIPTION}/resources", _list_resources),
        ),
        actions={_DELETE: _carry_out_delete},
        renderers=KIND.renderers(),
    )


def _route(method: str, template: str, handler: Handler) -> Route:
    return Route(method, template, handler, provenance="specified")


async def _put(request: Request) -> Answer:
    """Create or update a resource group."""
    azure, name = request.azure, request.params["group"]
    stored = azure.store.get(common.group_id(request))
    if stored is not None:
        common.writable_group(request)
    elif refusal := KIND.name.refusal(name):
        raise AzureError(400, KIND.name.code, refusal)
    body = common.checked_body(request, KIND.body)
    body["location"] = common.checked_location(body, KIND, name)
    if stored is not None:
        _refuse_move(stored, body["location"])
    made = azure.store.put(
        stored.id if stored else common.group_id(request),
        KIND.type,
        body | {"properties": {"provisioningState": SUCCEEDED}},
        parent=f"/subscriptions/{azure.subscription}",
        now=azure.clock.now(),
    )
    return Answer(200 if stored else 201, common.shown(request, made))


def _refuse_move(stored: Resource, location: str) -> None:
    if stored.body["location"] != location:
        raise AzureError(
            409,
            "InvalidResourceGroupLocation",
            f"Invalid resource group location '{location}'. The Resource group already exists in location "
            f"'{stored.body['location']}'.",
        )


async def _patch(request: Request) -> Answer:
    """Change the tags of a resource group."""
    stored = common.writable_group(request)
    patch = common.checked_body(request, "group patch")
    body = dict(stored.body)
    body |= {name: patch[name] for name in ("tags", "managedBy") if patch.get(name) is not None}
    azure = request.azure
    changed = azure.store.put(
        stored.id, KIND.type, body, parent=f"/subscriptions/{azure.subscription}", now=azure.clock.now()
    )
    return Answer(200, common.shown(request, changed))


async def _get(request: Request) -> Answer:
    """Get a resource group."""
    return Answer(200, common.shown(request, common.existing_group(request)))


async def _head(request: Request) -> Answer:
    """Ask whether a resource group exists."""
    return Answer(204 if request.azure.store.get(common.group_id(request)) else 404)


async def _delete(request: Request) -> Answer:
    """Delete a resource group with all its resources."""
    group = common.existing_group(request)  # a second DELETE is accepted like the first
    azure = request.azure
    body = group.body | {"properties": {"provisioningState": "Deleting"}}
    azure.store.put(group.id, KIND.type, body, parent=f"/subscriptions/{azure.subscription}", now=azure.clock.now())
    operation = lro.new_operation(request, "arm", group.id, _DELETE, region=group.body["location"])
    return lro.accepted(request, azure.operations.start(operation))


async def _carry_out_delete(azure: LocalAzure, operation: Operation) -> None:
    await azure.take(_DELETE)
    for resource in _in_order_of_deletion(azure.store.below(operation.resource)):
        await azure.remove(resource.id)
    await azure.remove(operation.resource)


def _in_order_of_deletion(resources: list[Resource]) -> list[Resource]:
    """Children first, then what another resource manages, then the rest; among these the newest first."""

    def order(numbered: tuple[int, Resource]) -> tuple[int, int, int]:
        age, resource = numbered
        return (-resource.id.count("/"), 0 if resource.body.get("managedBy") else 1, -age)

    return [resource for _, resource in sorted(enumerate(resources), key=order)]


async def _list(request: Request) -> Answer:
    """List resource groups, by tag if asked."""
    wanted = _filter(request)
    groups = [common.shown(request, group) for group in request.azure.store.of_type(KIND.type)]
    return Answer(200, {"value": _top(request, [group for group in groups if wanted(group)])})


async def _list_resources(request: Request) -> Answer:
    """List the resources of a group or of the subscription, without their properties."""
    within = common.existing_group(request).id if "group" in request.params else None
    store = request.azure.store
    groups = [within] if within else [group.id for group in store.of_type(KIND.type)]
    wanted = _filter(request)
    rows = [_generic(request, resource) for group in groups for resource in store.below(group)]
    return Answer(200, {"value": _top(request, [row for row in rows if "location" in row and wanted(row)])})


def _generic(request: Request, resource: Resource) -> dict[str, Any]:
    shown = common.shown(request, resource)
    row = {name: shown[name] for name in ("id", "name", "type")}
    row |= {name: shown[name] for name in _GENERIC if shown.get(name) is not None}
    expanded = {
        "createdTime": arm_time(resource.created),
        "changedTime": arm_time(resource.modified),
        "provisioningState": value_at(shown, "properties.provisioningState") or SUCCEEDED,
    }
    asked = request.query.get("$expand", "").split(",")
    return row | {name: value for name, value in expanded.items() if name in asked}


def _top(request: Request, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    top = request.query.get("$top")
    return rows[: int(top)] if top else rows


def _filter(request: Request) -> Callable[[Mapping[str, Any]], bool]:
    """Read `$filter`: clauses `x eq 'y'` joined by `and`, on name, resourceType, location, tagName, tagValue."""
    written = request.query.get("$filter", "").strip()
    clauses: dict[str, str] = {}
    for clause in written.split(" and ") if written else []:
        match = _CLAUSE.match(clause.strip())
        if match is None or match[1] not in {"name", "resourceType", "location", "tagName", "tagValue"}:
            raise AzureError(
                400,
                "InvalidFilterInQueryString",
                f"Invalid $filter '{written}' specified in the query string; known here: name, resourceType, "
                "location, tagName, tagValue with eq and and.",
            )
        clauses[match[1]] = match[2]

    def wanted(row: Mapping[str, Any]) -> bool:
        tags = row.get("tags") or {}
        plain = {"name": row["name"], "resourceType": row["type"], "location": row.get("location", "")}
        if any(plain[key].lower() != value.lower() for key, value in clauses.items() if key in plain):
            return False
        if "tagName" in clauses and clauses["tagName"] not in tags:
            return False
        return "tagValue" not in clauses or tags.get(clauses.get("tagName", "")) == clauses["tagValue"]

    return wanted
