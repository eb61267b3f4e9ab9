"""Public DNS zones and their record sets: the names that callers outside use. Nobody here resolves them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from windlass_emulator.arm import common
from windlass_emulator.arm.common import Kind, NameRule
from windlass_emulator.arm.network import base, dns_records
from windlass_emulator.arm.network.dns_records import ZoneFamily
from windlass_emulator.errors import NotEmulatedError
from windlass_emulator.feature import Feature
from windlass_emulator.http import Answer, Request
from windlass_emulator.store import Resource

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure

ZONE = Kind(type="Microsoft.Network/dnsZones", body="public zone", name=NameRule(".+", ""), system_data=False)
FAMILY = ZoneFamily(
    kind=ZONE,
    body="public records",
    values={"A": "ARecords", "CNAME": "CNAMERecord", "TXT": "TXTRecords"},
    ttl="TTL",
    labels=(2, 34),
)
_AUTHORITY = 2
"""Every public zone has a record set for its authority and one for its name servers."""


def feature() -> Feature:
    """Return public DNS zones and their record sets."""
    return Feature(
        "public DNS zones",
        routes=(
            base.route("PUT", ZONE.template, _put),
            *common.usual_routes(ZONE, what="public DNS zone", deletes=False),
            base.route("DELETE", ZONE.template, _delete),
            *dns_records.routes(FAMILY, every=("recordsets", "all")),
        ),
        renderers={ZONE.type.lower(): _render, **dns_records.renderers(FAMILY)},
    )


async def _put(request: Request) -> Answer:
    """Create or update a public DNS zone."""
    azure = request.azure
    group, stored, body = dns_records.read_zone(request, FAMILY)
    kind = (body.get("properties") or {}).get("zoneType") or "Public"
    if kind != "Public":
        raise NotEmulatedError(f"DNS zones of type {kind} under dnsZones (private ones are privateDnsZones)")
    target = stored.id if stored else common.resource_id(request, ZONE)
    number = hashlib.sha256(target.lower().encode()).digest()[0] % 9 + 1
    zone = {
        "location": "global",
        "tags": body.get("tags") or {},
        "etag": dns_records.etag(),
        "properties": {
            "zoneType": kind,
            "nameServers": [
                f"ns{index}-0{number}.azure-dns.{domain}."
                for index, domain in enumerate(("com", "net", "org", "info"), start=1)
            ],
        },
    }
    made = azure.store.put(target, ZONE.type, zone, parent=group.id, now=azure.clock.now())
    return Answer(200 if stored else 201, common.shown(request, made))


async def _delete(request: Request) -> Answer:
    """Delete a public DNS zone with its record sets."""
    common.writable_group(request)
    stored = request.azure.store.get(common.resource_id(request, ZONE))
    if stored is None:
        return Answer(204)
    dns_records.check_preconditions(request, stored)
    await request.azure.remove(stored.id)
    return Answer(200)


def _render(azure: LocalAzure, zone: Resource, api_version: str) -> dict[str, Any]:
    """Write a zone with what it counts."""
    del api_version
    counts = {
        "maxNumberOfRecordSets": 10000,
        "maxNumberOfRecordsPerRecordSet": 20,
        "numberOfRecordSets": _AUTHORITY + len(dns_records.record_sets(azure, FAMILY, zone.id)),
    }
    body = {**zone.body, "properties": {**counts, **zone.body["properties"]}}
    return {"id": zone.id, "name": zone.name, "type": ZONE.type, **body}
