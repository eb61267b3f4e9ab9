"""Private DNS zones: seen from the virtual networks that are linked to them, filled by zone groups."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from windlass_emulator import lro
from windlass_emulator.arm import common
from windlass_emulator.arm.common import Kind, NameRule
from windlass_emulator.arm.network import base, dns_records
from windlass_emulator.arm.network.dns_records import ZoneFamily
from windlass_emulator.arm.network.subnets import NETWORK
from windlass_emulator.errors import AzureError, resource_not_found
from windlass_emulator.feature import Feature
from windlass_emulator.http import Answer, Request
from windlass_emulator.store import Resource

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure

ZONE = Kind(type="Microsoft.Network/privateDnsZones", body="private zone", name=NameRule(".+", ""))
LINK_TYPE = f"{ZONE.type}/virtualNetworkLinks"
FAMILY = ZoneFamily(
    kind=ZONE,
    body="private records",
    values={"A": "aRecords", "CNAME": "cnameRecord", "TXT": "txtRecords"},
    ttl="ttl",
    labels=(2, 34),
)
_LRO = "private_dns"
_GLOBAL = "global"
_NAME = base.name_rule()


def feature() -> Feature:
    """Return private DNS zones, their links and their record sets."""
    links = f"{ZONE.template}/virtualNetworkLinks"
    link = f"{links}/{{link}}"
    return Feature(
        "private DNS zones",
        routes=(
            base.route("PUT", ZONE.template, _put),
            *common.usual_routes(ZONE, what="private DNS zone", deletes=False),
            base.route("DELETE", ZONE.template, _delete),
            base.route("PUT", link, _put_link),
            base.route("GET", link, _get_link),
            base.route("GET", links, _list_links),
            base.route("DELETE", link, _delete_link),
            *dns_records.routes(FAMILY, every=("ALL",)),
        ),
        renderers={ZONE.type.lower(): _render, LINK_TYPE.lower(): _render_link, **dns_records.renderers(FAMILY)},
    )


# Zones


async def _put(request: Request) -> Answer:
    """Create or update a private DNS zone."""
    azure = request.azure
    base.refuse_while_busy(azure, common.resource_id(request, ZONE))
    group, stored, body = dns_records.read_zone(request, FAMILY)
    target = stored.id if stored else common.resource_id(request, ZONE)
    internal = base64.b64encode(f"SW1tdXRhYmxlWm9uZUlkZW50aXR5{target.lower()}".encode()).decode()[:64]
    zone = {
        "location": _GLOBAL,
        "tags": body.get("tags") or {},
        "etag": dns_records.etag(),
        "properties": {"internalId": internal, "provisioningState": base.UPDATING},
        "systemData": common.system_data(azure, stored),
    }
    made = azure.store.put(target, ZONE.type, zone, parent=group.id, now=azure.clock.now())
    return _started(request, made)


def _started(request: Request, made: Resource) -> Answer:
    operation = lro.new_operation(request, _LRO, made.id, base.WRITE, region=_GLOBAL)
    request.azure.operations.start(operation)
    return lro.accepted_put(request, operation, {})


async def _delete(request: Request) -> Answer:
    """Delete a private DNS zone that nothing is linked to."""
    common.writable_group(request)
    stored = request.azure.store.get(common.resource_id(request, ZONE))
    if stored is None:
        return Answer(204)
    base.refuse_while_busy(request.azure, stored.id)
    dns_records.check_preconditions(request, stored)
    links = request.azure.store.children(stored.id, LINK_TYPE)
    if links:
        name = f"{ZONE.type}/{stored.name}/virtualNetworkLinks/{links[0].name}"
        raise AzureError(
            409,
            "CannotDeleteResource",
            "Cannot delete resource while nested resources exist. Some existing nested resource IDs include: "
            f"'{name}'. Please delete all nested resources before deleting this resource.",
        )
    return _begin_delete(request, stored)


def _begin_delete(request: Request, stored: Resource) -> Answer:
    operation = lro.new_operation(request, _LRO, stored.id, base.DELETE, region=_GLOBAL)
    return lro.accepted(request, request.azure.operations.start(operation))


def _render(azure: LocalAzure, zone: Resource, api_version: str) -> dict[str, Any]:
    """Write a zone with what it counts; the record set that names the zone's authority is one of them."""
    del api_version
    links = azure.store.children(zone.id, LINK_TYPE)
    counts = {
        "maxNumberOfRecordSets": 25000,
        "maxNumberOfVirtualNetworkLinks": 1000,
        "maxNumberOfVirtualNetworkLinksWithRegistration": 100,
        "numberOfRecordSets": 1 + len(dns_records.record_sets(azure, FAMILY, zone.id)),
        "numberOfVirtualNetworkLinks": len(links),
        "numberOfVirtualNetworkLinksWithRegistration": sum(
            bool(link.body["properties"]["registrationEnabled"]) for link in links
        ),
    }
    body = {**zone.body, "properties": {**counts, **zone.body["properties"]}}
    return {"id": zone.id, "name": zone.name, "type": ZONE.type, **body}


# Links


async def _put_link(request: Request) -> Answer:
    """Link a virtual network to a private DNS zone, or change the link."""
    azure = request.azure
    zone = common.existing(request, ZONE)
    name = request.params["link"]
    if refusal := _NAME.refusal(name):
        raise AzureError(400, _NAME.code, refusal)
    target = f"{zone.id}/virtualNetworkLinks/{name}"
    base.refuse_while_busy(azure, target)
    stored = azure.store.get(target)
    dns_records.check_preconditions(request, stored)
    body = common.checked_body(request, "zone link")
    dns_records.require_global(body, LINK_TYPE)
    properties = body.get("properties") or {}
    network = _network(azure, stored, properties, target)
    _refuse_overlap(azure, zone, network, target)
    link = {
        "location": _GLOBAL,
        "tags": body.get("tags") or {},
        "etag": dns_records.etag(),
        "properties": {
            "virtualNetwork": {"id": network.id},
            "registrationEnabled": bool(properties.get("registrationEnabled")),
            "resolutionPolicy": properties.get("resolutionPolicy") or "Default",
            "virtualNetworkLinkState": "InProgress",
            "provisioningState": base.UPDATING,
        },
        "systemData": common.system_data(azure, stored),
    }
    return _started(request, azure.store.put(target, LINK_TYPE, link, parent=zone.id, now=azure.clock.now()))


def _network(azure: LocalAzure, stored: Resource | None, properties: dict[str, Any], target: str) -> Resource:
    before = base.referenced_id(stored.body["properties"], "virtualNetwork") if stored else None
    wanted = base.referenced_id(properties, "virtualNetwork") or before
    if wanted is None:
        raise AzureError(400, "BadRequest", f"The link {target} names no virtual network.")
    if before is not None and base.plain_id(before) != base.plain_id(wanted):
        raise AzureError(
            400, "BadRequest", f"The virtual network of the link {target} cannot be changed. Delete the link first."
        )
    found = azure.store.get(wanted)
    if found is None or found.type != NETWORK.type.lower():
        raise AzureError(400, "BadRequest", f"The virtual network '{wanted}' of the link {target} was not found.")
    return found


def _refuse_overlap(azure: LocalAzure, zone: Resource, network: Resource, target: str) -> None:
    """A network sees one zone of a name: a second one, linked, would make answers a matter of luck."""
    for link in base.pointing_at(azure.store.of_type(LINK_TYPE), "virtualNetwork", network.id):
        other = azure.store.get(base.parent_of(link.id))
        if link.id.lower() != target.lower() and other is not None and other.name.lower() == zone.name.lower():
            raise AzureError(
                400,
                "BadRequest",
                "A virtual network cannot be linked to multiple zones with overlapping namespaces. You tried to link "
                f"virtual network with '{zone.name}' and '{other.name}' zones.",
            )


def _existing_link(request: Request) -> Resource:
    zone = common.existing(request, ZONE)
    found = request.azure.store.get(f"{zone.id}/virtualNetworkLinks/{request.params['link']}")
    if found is None:
        raise resource_not_found(LINK_TYPE, f"{zone.name}/{request.params['link']}", request.params["group"])
    return found


async def _get_link(request: Request) -> Answer:
    """Get a virtual network's link to a private DNS zone."""
    return Answer(200, common.shown(request, _existing_link(request)))


async def _list_links(request: Request) -> Answer:
    """List the virtual networks that are linked to a private DNS zone."""
    found = request.azure.store.children(common.existing(request, ZONE).id, LINK_TYPE)
    return Answer(200, {"value": [common.shown(request, link) for link in found]})


async def _delete_link(request: Request) -> Answer:
    """Delete a virtual network's link to a private DNS zone."""
    zone = common.existing(request, ZONE)
    stored = request.azure.store.get(f"{zone.id}/virtualNetworkLinks/{request.params['link']}")
    if stored is None:
        return Answer(204)
    base.refuse_while_busy(request.azure, stored.id)
    dns_records.check_preconditions(request, stored)
    return _begin_delete(request, stored)


def _render_link(azure: LocalAzure, link: Resource, api_version: str) -> dict[str, Any]:
    """Write a link."""
    del azure, api_version
    properties = dict(link.body["properties"])
    if properties["provisioningState"] == common.SUCCEEDED:
        properties["virtualNetworkLinkState"] = "Completed"
    body = {**link.body, "properties": properties}
    return {"id": link.id, "name": link.name, "type": LINK_TYPE, **body}


# What zone groups do


def write_addresses(
    azure: LocalAzure, zone: Resource, label: str, addresses: Sequence[str], *, ttl: int, creator: str
) -> None:
    """Write the addresses of a private endpoint."""
    properties = {
        "metadata": {"creator": creator},
        "ttl": ttl,
        "aRecords": [{"ipv4Address": address} for address in addresses],
        "isAutoRegistered": False,
        "provisioningState": common.SUCCEEDED,
    }
    dns_records.write(azure, FAMILY, zone, f"A/{label}", properties)


def remove_addresses(azure: LocalAzure, zone: Resource, label: str) -> None:
    """Take the addresses of a private endpoint out again."""
    azure.store.delete(f"{zone.id}/A/{label}")
