"""Zone groups: they write the addresses of a private endpoint into private DNS zones, and take them out again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from windlass_emulator.arm import common
from windlass_emulator.arm.network import base, private_zones
from windlass_emulator.arm.network.private_endpoints import KIND as ENDPOINT
from windlass_emulator.arm.network.private_endpoints import ZONE_GROUP_TYPE, names_of
from windlass_emulator.errors import AzureError, resource_not_found
from windlass_emulator.feature import Feature
from windlass_emulator.http import Answer, Request
from windlass_emulator.store import Resource

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure

_TTL = 10
_NAME = base.name_rule()


def feature() -> Feature:
    """Return the zone groups of private endpoints."""
    groups = f"{ENDPOINT.template}/privateDnsZoneGroups"
    one = f"{groups}/{{zone_group}}"
    return Feature(
        "private DNS zone groups",
        routes=(
            base.route("PUT", one, _put),
            base.route("GET", one, _get),
            base.route("GET", groups, _list),
            base.route("DELETE", one, _delete),
        ),
        renderers={ZONE_GROUP_TYPE.lower(): _render},
        deleted={ZONE_GROUP_TYPE.lower(): _ended},
    )


async def _put(request: Request) -> Answer:
    """Create or update the zone group of a private endpoint."""
    azure = request.azure
    endpoint = common.existing(request, ENDPOINT)
    base.refuse_while_busy(azure, endpoint.id)
    name = request.params["zone_group"]
    if refusal := _NAME.refusal(name):
        raise AzureError(400, _NAME.code, refusal)
    target = f"{endpoint.id}/privateDnsZoneGroups/{name}"
    before = azure.store.get(target)
    others = [group for group in azure.store.children(endpoint.id, ZONE_GROUP_TYPE) if group.name != name]
    if before is None and others:
        raise AzureError(
            400,
            "MoreThanOnePrivateDnsZoneGroupPerPrivateEndpointNotAllowed",
            f"Private endpoint {endpoint.id} already has the private DNS zone group {others[0].name}; it can have one.",
        )
    sent = common.checked_body(request, "zone group").get("properties") or {}
    configs = [_config(azure, target, item) for item in sent.get("privateDnsZoneConfigs") or []]
    stored = _save(azure, endpoint, before, target, configs)
    return base.started(request, stored, new=before is None, region=str(endpoint.body["location"]))


def _config(azure: LocalAzure, group: str, item: Mapping[str, Any]) -> dict[str, Any]:
    zone_id = str((item.get("properties") or {}).get("privateDnsZoneId") or "")
    zone = base.require_reference(azure, zone_id, group, "")
    name = str(item.get("name") or "")
    return {
        "name": name,
        "id": f"{group}/privateDnsZoneConfigs/{name}",
        "etag": base.etag(),
        "type": f"{ZONE_GROUP_TYPE}/privateDnsZoneConfigs",
        "properties": {"provisioningState": "Succeeded", "privateDnsZoneId": zone.id},
    }


def _save(
    azure: LocalAzure, endpoint: Resource, before: Resource | None, target: str, configs: list[dict[str, Any]]
) -> Resource:
    """Store a group and bring the records of its zones in line with it."""
    body = {
        "etag": base.etag(),
        "properties": {"provisioningState": base.UPDATING, "privateDnsZoneConfigs": configs},
    }
    with azure.store.transaction():
        if before is not None:
            _take_out(azure, before)
        stored = azure.store.put(
            before.id if before else target, ZONE_GROUP_TYPE, body, parent=endpoint.id, now=azure.clock.now()
        )
        guid = endpoint.body["properties"]["resourceGuid"]
        creator = f"created by private endpoint {endpoint.name} with resource guid {guid}"
        for zone, label, addresses in _records(azure, stored):
            private_zones.write_addresses(azure, zone, label, addresses, ttl=_TTL, creator=creator)
    return stored


def _records(azure: LocalAzure, group: Resource) -> Iterator[tuple[Resource, str, list[str]]]:
    """Work out what a group writes: zone, name in it, addresses. A zone of another name gets nothing."""
    endpoint = azure.store.get(base.parent_of(group.id))
    if endpoint is None:
        return
    for config in group.body["properties"]["privateDnsZoneConfigs"]:
        zone = azure.store.get(config["properties"]["privateDnsZoneId"])
        if zone is None:
            continue
        for member, address in names_of(azure, endpoint):
            if member.zone == zone.name.lower():
                for label in member.labels:
                    yield zone, label, [address]


def _take_out(azure: LocalAzure, group: Resource) -> None:
    for zone, label, _ in _records(azure, group):
        private_zones.remove_addresses(azure, zone, label)


async def _ended(azure: LocalAzure, group_id: str) -> None:
    group = azure.store.get(group_id)
    if group is not None:
        _take_out(azure, group)


def _existing(request: Request) -> Resource:
    endpoint = common.existing(request, ENDPOINT)
    found = request.azure.store.get(f"{endpoint.id}/privateDnsZoneGroups/{request.params['zone_group']}")
    if found is None:
        where = f"{endpoint.name}/{request.params['zone_group']}"
        raise resource_not_found(ZONE_GROUP_TYPE, where, request.params["group"])
    return found


async def _get(request: Request) -> Answer:
    """Get the zone group of a private endpoint."""
    return Answer(200, common.shown(request, _existing(request)))


async def _list(request: Request) -> Answer:
    """List the zone groups of a private endpoint: there is at most one."""
    endpoint = common.existing(request, ENDPOINT)
    found = request.azure.store.children(endpoint.id, ZONE_GROUP_TYPE)
    return Answer(200, {"value": [common.shown(request, group) for group in found]})


async def _delete(request: Request) -> Answer:
    """Delete the zone group of a private endpoint; its records go with it."""
    endpoint = common.existing(request, ENDPOINT)
    base.refuse_while_busy(request.azure, endpoint.id)
    stored = request.azure.store.get(f"{endpoint.id}/privateDnsZoneGroups/{request.params['zone_group']}")
    return base.begin_delete(request, stored, str(endpoint.body["location"]))


def _render(azure: LocalAzure, group: Resource, api_version: str) -> dict[str, Any]:
    """Write a group with the records that it made."""
    del api_version
    made = list(_records(azure, group))
    configs = []
    for config in group.body["properties"]["privateDnsZoneConfigs"]:
        own = [
            {
                "recordType": "A",
                "recordSetName": label,
                "fqdn": f"{label}.{zone.name}",
                "ttl": _TTL,
                "ipAddresses": addresses,
            }
            for zone, label, addresses in made
            if zone.id == config["properties"]["privateDnsZoneId"]
        ]
        configs.append({**config, "properties": {**config["properties"], "recordSets": own}})
    return {
        "name": group.name,
        "id": group.id,
        "etag": group.body["etag"],
        "type": ZONE_GROUP_TYPE,
        "properties": {**group.body["properties"], "privateDnsZoneConfigs": configs},
    }
