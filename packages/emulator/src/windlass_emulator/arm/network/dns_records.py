"""Zones and record sets, private and public: what both have alike. Types in use: A, CNAME and TXT."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address
from typing import TYPE_CHECKING, Any

from windlass_emulator.arm import common
from windlass_emulator.arm.common import Kind
from windlass_emulator.arm.network import base
from windlass_emulator.errors import AzureError, NotEmulatedError, resource_not_found
from windlass_emulator.http import Answer, Handler, Request, Route
from windlass_emulator.store import Resource

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure

_LABEL = re.compile(r"(?:\*|@|[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)\Z", re.IGNORECASE)
_LONGEST_TTL = 2**31 - 1
_GLOBAL = "global"


@dataclass(frozen=True, slots=True)
class ZoneFamily:
    """How one of the two services writes what both have.

    Attributes:
        kind: The zone's type.
        body: The row of its record sets in the table of shapes.
        values: Record type -> the property that holds its records.
        ttl: The property with the seconds that an answer may be kept.
        labels: The least and the most labels of a zone's name.
    """

    kind: Kind
    body: str
    values: Mapping[str, str]
    ttl: str
    labels: tuple[int, int]

    def type_of(self, record: str) -> str:
        """Return the full type of a record set."""
        return f"{self.kind.type}/{record}"


# Zones


def read_zone(request: Request, family: ZoneFamily) -> tuple[Resource, Resource | None, dict[str, Any]]:
    """Check the PUT of a zone; return its group, what is stored, and the body.

    Raises:
        AzureError: 400 for name and location, 412 for a precondition.
    """
    group = common.writable_group(request)
    name = request.params["name"]
    stored = request.azure.store.get(common.resource_id(request, family.kind))
    parts = name.split(".")
    least, most = family.labels
    if not least <= len(parts) <= most or not all(_LABEL.match(part) and part not in "*@" for part in parts):
        raise AzureError(
            400,
            "BadRequest",
            f"The domain name '{name}' is invalid. The provided domain name has {len(parts)} labels; a zone has "
            f"{least} to {most} of up to 63 letters, digits, hyphens and underscores.",
        )
    body = common.checked_body(request, family.kind.body)
    require_global(body, family.kind.type)
    check_preconditions(request, stored)
    return group, stored, body


def require_global(body: dict[str, Any], kind: str) -> None:
    """Refuse a location other than the one that DNS has.

    Raises:
        AzureError: 400.
    """
    if not body.get("location"):
        raise AzureError(400, "LocationRequired", f"The location property is required for resources of type {kind}.")
    if str(body["location"]).lower() != _GLOBAL:
        raise AzureError(
            400,
            "LocationNotAvailableForResourceType",
            f"The provided location '{body['location']}' is not available for resource type '{kind}'. List of "
            f"available regions for the resource type is '{_GLOBAL}'.",
        )
    body["location"] = _GLOBAL


def check_preconditions(request: Request, stored: Resource | None) -> None:
    """Keep to If-Match and If-None-Match.

    Raises:
        AzureError: 412 PreconditionFailed.
    """
    headers = {name.lower(): value for name, value in request.headers.items()}
    wanted, unwanted = headers.get("if-match"), headers.get("if-none-match")
    has = None if stored is None else str(stored.body.get("etag"))
    misses = wanted is not None and (has is None or (wanted != "*" and wanted.strip('"') != has))
    if misses or (unwanted == "*" and stored is not None):
        raise AzureError(
            412,
            "PreconditionFailed",
            f"The condition '{wanted or unwanted}' in the If-Match or If-None-Match header was not satisfied. The "
            f"current etag is '{has}'.",
        )


def etag() -> str:
    """Return a new etag in this service's form."""
    return str(uuid.uuid4())


def record_sets(azure: LocalAzure, family: ZoneFamily, zone_id: str, record: str = "") -> list[Resource]:
    """Return the record sets of a zone, of one type or of all."""
    types = [record] if record else list(family.values)
    return [found for name in types for found in azure.store.children(zone_id, family.type_of(name))]


# Record sets


def routes(family: ZoneFamily, every: Sequence[str]) -> Iterator[Route]:
    """Return the operations of record sets.

    Args:
        family: Of the zones.
        every: The segments under which all record sets of a zone are listed.
    """
    one = f"{family.kind.template}/{{record_type}}/{{record}}"
    for segment in every:
        yield base.route("GET", f"{family.kind.template}/{segment}", _lister(family, ""))
    for record in family.values:
        yield base.route("GET", f"{family.kind.template}/{record}", _lister(family, record))
    yield base.route("PUT", one, _putter(family))
    yield base.route("GET", one, _getter(family))
    yield base.route("DELETE", one, _deleter(family))


def _place(request: Request, family: ZoneFamily) -> tuple[Resource, str, str]:
    """Return zone, record type as Azure spells it, and the id of the record set."""
    zone = common.existing(request, family.kind)
    asked = request.params["record_type"].upper()
    if asked not in family.values:
        raise NotEmulatedError(f"DNS records of type {request.params['record_type']} ({', '.join(family.values)})")
    return zone, asked, f"{zone.id}/{asked}/{request.params['record']}"


def _putter(family: ZoneFamily) -> Handler:
    async def put(request: Request) -> Answer:
        """Create or update a record set."""
        azure = request.azure
        zone, record, target = _place(request, family)
        name = request.params["record"]
        if not all(_LABEL.match(part) for part in name.split(".")):
            raise AzureError(400, "BadRequest", f"The record set name '{name}' is invalid.")
        stored = azure.store.get(target)
        check_preconditions(request, stored)
        body = common.checked_body(request, family.body)
        properties = _completed(family, record, name, body.get("properties") or {})
        _refuse_beside_cname(azure, family, zone, record, name)
        made = write(azure, family, zone, f"{record}/{name}", properties)
        return Answer(200 if stored else 201, common.shown(request, made))

    return put


def write(azure: LocalAzure, family: ZoneFamily, zone: Resource, where: str, properties: Mapping[str, Any]) -> Resource:
    """Store a record set; `where` is its type and name, such as `A/www`."""
    record, _, name = where.partition("/")
    shown = {**properties, "fqdn": f"{zone.name}." if name == "@" else f"{name}.{zone.name}."}
    return azure.store.put(
        f"{zone.id}/{record}/{name}",
        family.type_of(record),
        {"etag": etag(), "properties": shown},
        parent=zone.id,
        now=azure.clock.now(),
    )


def _completed(family: ZoneFamily, record: str, name: str, sent: Mapping[str, Any]) -> dict[str, Any]:
    key = family.values[record]
    others = [other for other in family.values.values() if other != key and sent.get(other)]
    if others or not sent.get(key):
        has = ", ".join(others) or "no records"
        raise AzureError(400, "BadRequest", f"A record set of type {record} holds {key}; '{name}' has {has}.")
    ttl = sent.get(family.ttl)
    if not isinstance(ttl, int | float) or not 1 <= ttl <= _LONGEST_TTL:
        raise AzureError(400, "BadRequest", f"The TTL of '{name}' must be between 1 and {_LONGEST_TTL}; it is {ttl}.")
    _refuse_values(record, name, sent[key])
    return {
        "metadata": sent.get("metadata") or {},
        family.ttl: int(ttl),
        key: sent[key],
        "provisioningState": common.SUCCEEDED,
    }


def _refuse_values(record: str, name: str, value: Any) -> None:
    if record == "CNAME":
        if name == "@" or not value.get("cname"):
            raise AzureError(400, "BadRequest", f"A CNAME record needs a name below the zone and a cname ('{name}').")
        return
    for item in value:
        if record == "A" and not _is_address(str(item.get("ipv4Address"))):
            raise AzureError(400, "BadRequest", f"'{item.get('ipv4Address')}' in '{name}' is not an IPv4 address.")


def _is_address(text: str) -> bool:
    try:
        IPv4Address(text)
    except AddressValueError:
        return False
    return True


def _refuse_beside_cname(azure: LocalAzure, family: ZoneFamily, zone: Resource, record: str, name: str) -> None:
    for other in record_sets(azure, family, zone.id):
        other_type = other.id.rsplit("/", 2)[1]
        if other.name.lower() == name.lower() and other_type != record and "CNAME" in {record, other_type}:
            raise AzureError(
                400,
                "BadRequest",
                f"The record could not be created because a {other_type} record with the same name already exists in "
                "this zone.",
            )


def _getter(family: ZoneFamily) -> Handler:
    async def get(request: Request) -> Answer:
        """Get a record set."""
        zone, record, target = _place(request, family)
        found = request.azure.store.get(target)
        if found is None:
            raise resource_not_found(family.type_of(record), f"{zone.name}/{request.params['record']}",
                                     request.params["group"])  # fmt: skip
        return Answer(200, common.shown(request, found))

    return get


def _lister(family: ZoneFamily, record: str) -> Handler:
    async def list_them(request: Request) -> Answer:
        """List the record sets of a zone."""
        zone = common.existing(request, family.kind)
        found = record_sets(request.azure, family, zone.id, record)
        return Answer(200, {"value": [common.shown(request, item) for item in found]})

    return list_them


def _deleter(family: ZoneFamily) -> Handler:
    async def delete(request: Request) -> Answer:
        """Delete a record set."""
        _, _, target = _place(request, family)
        stored = request.azure.store.get(target)
        if stored is None:
            return Answer(204)
        check_preconditions(request, stored)
        request.azure.store.delete(stored.id)
        return Answer(200)

    return delete


def renderers(family: ZoneFamily) -> Mapping[str, Any]:
    """Return the rows for Feature.renderers."""
    return {family.type_of(record).lower(): _renderer(family, record) for record in family.values}


def _renderer(family: ZoneFamily, record: str) -> Any:
    def render(azure: LocalAzure, resource: Resource, api_version: str) -> dict[str, Any]:
        """Write a record set."""
        del azure, api_version
        return {"id": resource.id, "name": resource.name, "type": family.type_of(record), **resource.body}

    return render
