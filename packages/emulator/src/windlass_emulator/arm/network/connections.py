"""Connections of private endpoints, as the resource sees them that they lead to."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from windlass_emulator.arm import common
from windlass_emulator.arm.common import GROUP, SUCCEEDED
from windlass_emulator.arm.network import base
from windlass_emulator.arm.network.targets import TARGETS, Target, members_of
from windlass_emulator.errors import AzureError, resource_not_found
from windlass_emulator.feature import Feature
from windlass_emulator.http import Answer, Handler, Request, Route
from windlass_emulator.store import Resource

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure

SEGMENT = "privateEndpointConnections"
_STATES = ("Pending", "Approved", "Rejected", "Disconnected")


def feature() -> Feature:
    """Return the connections of every type that private endpoints lead to."""
    return Feature(
        "private endpoint connections",
        routes=tuple(route for target in TARGETS.values() for route in _routes(target)),
        renderers={f"{target.type}/{SEGMENT}".lower(): _render for target in TARGETS.values()},
    )


def _routes(target: Target) -> Iterator[Route]:
    resource = f"{GROUP}/providers/{target.type}/{{name}}"
    one = f"{resource}/{SEGMENT}/{{connection}}"
    yield base.route("GET", f"{resource}/{SEGMENT}", _lister(target))
    yield base.route("GET", one, _getter(target))
    yield base.route("PUT", one, _putter(target))
    yield base.route("DELETE", one, _deleter(target))
    yield base.route("GET", f"{resource}/privateLinkResources", _link_lister(target))


# What private endpoints do


def open_connection(azure: LocalAzure, target: Resource, endpoint_id: str, group: str, *, approved: bool) -> str:
    """Make the connection of an endpoint and return its id.

    In one subscription the service approves by itself what asks for it; what was declared as manual waits.
    """
    state = ("Approved", "Auto-Approved") if approved else ("Pending", "")
    guid = str(uuid.uuid4())
    body = {
        "properties": {
            "privateEndpoint": {"id": endpoint_id},
            "groupIds": [group],
            "privateLinkServiceConnectionState": _state(*state),
            "provisioningState": SUCCEEDED,
        }
    }
    name = f"{endpoint_id.rsplit('/', 1)[1]}.{guid}"
    kind = f"{TARGETS[target.type].type}/{SEGMENT}"
    made = azure.store.put(f"{target.id}/{SEGMENT}/{name}", kind, body, parent=target.id, now=azure.clock.now())
    return made.id


def _state(status: str, description: str) -> dict[str, str]:
    return {"status": status, "description": description, "actionRequired": "None"}


def state_of(azure: LocalAzure, connection_id: str) -> dict[str, str]:
    """Return the state that an endpoint shows of its connection; one whose other side is gone is disconnected."""
    found = azure.store.get(connection_id)
    if found is None:
        return {"status": "Disconnected", "description": "", "actionsRequired": "None"}
    state = found.body["properties"]["privateLinkServiceConnectionState"]
    return {
        "status": state["status"],
        "description": state.get("description") or "",
        "actionsRequired": state.get("actionRequired") or "None",
    }


def close_connection(azure: LocalAzure, connection_id: str) -> None:
    """Forget the connection of an endpoint that goes."""
    azure.store.delete(connection_id)


# What the resource itself answers


def _render(azure: LocalAzure, connection: Resource, api_version: str) -> dict[str, Any]:
    del azure, api_version
    properties = dict(connection.body["properties"])
    above = connection.id.rsplit(f"/{SEGMENT}/", 1)[0]
    kind = next(target.type for target in TARGETS.values() if f"/{target.type}/".lower() in f"{above}/".lower())
    return {
        "id": connection.id,
        "name": connection.name,
        "type": f"{kind}/{SEGMENT}",
        "properties": properties,
    }


def _existing(request: Request, target: Target) -> Resource:
    group = common.existing_group(request)
    found = request.azure.store.get(f"{group.id}/providers/{target.type}/{request.params['name']}")
    if found is None:
        raise resource_not_found(target.type, request.params["name"], group.name)
    return found


def _connection(request: Request, target: Target) -> Resource:
    resource = _existing(request, target)
    found = request.azure.store.get(f"{resource.id}/{SEGMENT}/{request.params['connection']}")
    if found is None:
        where = f"{resource.name}/{request.params['connection']}"
        raise resource_not_found(f"{target.type}/{SEGMENT}", where, request.params["group"])
    return found


def _lister(target: Target) -> Handler:
    async def list_them(request: Request) -> Answer:
        """List the private endpoint connections of a resource."""
        found = request.azure.store.children(_existing(request, target).id, f"{target.type}/{SEGMENT}")
        return Answer(200, {"value": [common.shown(request, connection) for connection in found]})

    return list_them


def _getter(target: Target) -> Handler:
    async def get(request: Request) -> Answer:
        """Get a private endpoint connection."""
        return Answer(200, common.shown(request, _connection(request, target)))

    return get


def _putter(target: Target) -> Handler:
    async def put(request: Request) -> Answer:
        """Approve or reject a private endpoint connection."""
        connection = _connection(request, target)
        sent = request.json().get("properties") or {}
        state = sent.get("privateLinkServiceConnectionState") or {}
        status = str(state.get("status", ""))
        if status not in _STATES:
            raise AzureError(
                400,
                "InvalidValuesForRequestParameters",
                f"The status '{status}' of a connection is not one of {', '.join(_STATES)}.",
                target="properties.privateLinkServiceConnectionState.status",
            )
        properties = {
            **connection.body["properties"],
            "privateLinkServiceConnectionState": _state(status, str(state.get("description") or "")),
        }
        azure = request.azure
        changed = azure.store.put(
            connection.id,
            connection.type,
            {"properties": properties},
            parent=base.parent_of(connection.id),
            now=azure.clock.now(),
        )
        return Answer(200, common.shown(request, changed))

    return put


def _deleter(target: Target) -> Handler:
    async def delete(request: Request) -> Answer:
        """Delete a private endpoint connection; the endpoint stays, and leads nowhere."""
        resource = _existing(request, target)
        found = request.azure.store.get(f"{resource.id}/{SEGMENT}/{request.params['connection']}")
        if found is None:
            return Answer(204)
        request.azure.store.delete(found.id)
        return Answer(200)

    return delete


def _link_lister(target: Target) -> Handler:
    async def list_groups(request: Request) -> Answer:
        """List what private endpoints can lead to in a resource."""
        resource = _existing(request, target)
        return Answer(200, {"value": [_group(resource, target, group) for group in sorted(target.groups)]})

    return list_groups


def _group(resource: Resource, target: Target, group: str) -> dict[str, Any]:
    members = members_of(resource, group)
    return {
        "id": f"{resource.id}/privateLinkResources/{group}",
        "name": group,
        "type": f"{target.type}/privateLinkResources",
        "properties": {
            "groupId": group,
            "requiredMembers": [member.name for member in members],
            "requiredZoneNames": sorted({member.zone for member in members}),
        },
    }
