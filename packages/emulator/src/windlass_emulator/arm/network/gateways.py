"""What a network goes out by: NAT gateways and the public addresses that they use."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

from windlass_emulator.arm import common
from windlass_emulator.arm.network import base, subnets
from windlass_emulator.errors import AzureError, NotEmulatedError
from windlass_emulator.feature import Feature
from windlass_emulator.http import Answer, Request
from windlass_emulator.store import Resource

if TYPE_CHECKING:
    from collections.abc import Mapping

    from windlass_emulator.azure import LocalAzure

GATEWAY = base.kind("natGateways", "nat gateway", required=("sku.name",))
ADDRESS = base.kind("publicIPAddresses", "public address")
_LABEL = re.compile(r"[a-z][a-z0-9-]{1,61}[a-z0-9]\Z")
_ADDRESS_DEFAULTS: Mapping[str, Any] = {
    "publicIPAddressVersion": "IPv4",
    "publicIPAllocationMethod": "Dynamic",
    "idleTimeoutInMinutes": 4,
    "ipTags": [],
}
_DOCUMENTED = "192.0.2."
"""Addresses that stand for examples in documents (RFC 5737) and lead nowhere."""


def feature() -> Feature:
    """Return NAT gateways and public addresses."""
    return Feature(
        "gateways",
        routes=(
            base.route("PUT", GATEWAY.template, _put_gateway),
            base.route("PATCH", GATEWAY.template, base.tag_patcher(GATEWAY)),
            *common.usual_routes(GATEWAY, what="NAT gateway", deletes=False),
            base.route("DELETE", GATEWAY.template, _delete_gateway),
            base.route("PUT", ADDRESS.template, _put_address),
            base.route("PATCH", ADDRESS.template, base.tag_patcher(ADDRESS)),
            *common.usual_routes(ADDRESS, what="public address", deletes=False),
            base.route("DELETE", ADDRESS.template, _delete_address),
        ),
        renderers={GATEWAY.type.lower(): _render_gateway, ADDRESS.type.lower(): _render_address},
    )


# NAT gateways


async def _put_gateway(request: Request) -> Answer:
    """Create or update a NAT gateway."""
    azure = request.azure
    base.refuse_while_busy(azure, common.resource_id(request, GATEWAY))
    draft = common.read_put(request, GATEWAY)
    if draft.body["sku"]["name"] != "Standard":
        raise NotEmulatedError(f"NAT gateways of SKU {draft.body['sku']['name']} (only Standard)")
    draft.body["sku"] = {"name": "Standard", "tier": "Regional"}
    used = [
        base.require_reference(azure, str(item["id"]), draft.id, draft.location)
        for item in draft.properties.get("publicIpAddresses") or []
    ]
    for address in used:
        _refuse_address(azure, address, draft.id)
    properties = common.with_defaults(draft.properties, {"idleTimeoutInMinutes": 4})
    if used:
        properties["publicIpAddresses"] = base.ids(used)
    return base.begin_write(request, draft, GATEWAY, properties)


def _refuse_address(azure: LocalAzure, address: Resource, gateway: str) -> None:
    if address.body["sku"]["name"] != "Standard":
        raise AzureError(
            400,
            "NatGatewayCanOnlyUseStandardPublicIpAddresses",
            f"NAT gateway {gateway} needs public addresses of SKU Standard; {address.id} is "
            f"{address.body['sku']['name']}.",
        )
    other = _gateway_of(azure, address.id)
    if other is not None and other.id.lower() != gateway.lower():
        raise AzureError(
            400,
            "PublicIPAddressInUse",
            f"Resource {gateway} is referencing public IP address {address.id} that is already allocated to resource "
            f"{other.id}.",
        )


def _gateway_of(azure: LocalAzure, address_id: str) -> Resource | None:
    for gateway in azure.store.of_type(GATEWAY.type):
        used = gateway.body["properties"].get("publicIpAddresses") or []
        if any(str(item["id"]).lower() == address_id.lower() for item in used):
            return gateway
    return None


def _behind(azure: LocalAzure, gateway_id: str) -> list[Resource]:
    return list(base.pointing_at(azure.store.of_type(subnets.TYPE), "natGateway", gateway_id))


async def _delete_gateway(request: Request) -> Answer:
    """Delete a NAT gateway."""
    common.writable_group(request)
    stored = request.azure.store.get(common.resource_id(request, GATEWAY))
    if stored is None:
        return Answer(204)
    base.refuse_while_busy(request.azure, stored.id)
    used = _behind(request.azure, stored.id)
    if used:
        raise AzureError(
            400,
            "NatGatewayInUseBySubnet",
            f"Cannot delete NAT Gateway {stored.id} because it is currently associated with subnet(s) "
            f"{', '.join(subnet.id for subnet in used)}. Disassociate it first.",
        )
    return base.begin_delete(request, stored, str(stored.body["location"]))


def _render_gateway(azure: LocalAzure, gateway: Resource, api_version: str) -> dict[str, Any]:
    """Write a gateway with the subnets behind it."""
    del api_version
    properties = dict(gateway.body["properties"])
    if behind := _behind(azure, gateway.id):
        properties["subnets"] = base.ids(behind)
    return {"id": gateway.id, "name": gateway.name, "type": GATEWAY.type, **gateway.body, "properties": properties}


# Public addresses


async def _put_address(request: Request) -> Answer:
    """Create or update a public address."""
    azure = request.azure
    base.refuse_while_busy(azure, common.resource_id(request, ADDRESS))
    draft = common.read_put(request, ADDRESS)
    properties = common.with_defaults(draft.properties, _ADDRESS_DEFAULTS)
    sku = {"name": "Basic", "tier": "Regional", **(draft.body.get("sku") or {})}
    _refuse_sku(draft.existing, sku, properties)
    draft.body["sku"] = sku
    if properties["publicIPAllocationMethod"] == "Static":
        properties["ipAddress"] = draft.before.get("ipAddress") or _example_address(draft.id)
    if label := (properties.get("dnsSettings") or {}).get("domainNameLabel"):
        _refuse_label(azure, draft.id, str(label), draft.location)
        fqdn = f"{label}.{draft.location}.cloudapp.azure.com"
        properties["dnsSettings"] = {**properties["dnsSettings"], "fqdn": fqdn}
    return base.begin_write(request, draft, ADDRESS, properties)


def _refuse_sku(existing: Resource | None, sku: Mapping[str, Any], properties: Mapping[str, Any]) -> None:
    if sku["name"] == "Standard" and properties["publicIPAllocationMethod"] != "Static":
        raise AzureError(
            400,
            "PublicIPAddressAllocationMethodNotSupportedForStandardSku",
            "Standard sku public IP addresses must have PublicIPAllocationMethod set to Static.",
        )
    if existing is None:
        return
    if existing.body["sku"]["name"] != sku["name"]:
        raise AzureError(
            409,
            "PropertyChangeNotAllowed",
            f"Changing property 'sku' of public IP address {existing.id} is not allowed.",
            target="sku",
        )
    if existing.body["properties"]["publicIPAddressVersion"] != properties["publicIPAddressVersion"]:
        raise AzureError(
            409,
            "PropertyChangeNotAllowed",
            f"Changing property 'publicIPAddressVersion' of public IP address {existing.id} is not allowed.",
            target="properties.publicIPAddressVersion",
        )


def _refuse_label(azure: LocalAzure, address_id: str, label: str, region: str) -> None:
    if not _LABEL.match(label):
        raise AzureError(
            400,
            "InvalidDomainNameLabel",
            f"The domain name label {label} is invalid. It must conform to the following regular expression: "
            "^[a-z][a-z0-9-]{1,61}[a-z0-9]$.",
        )
    for other in azure.store.of_type(ADDRESS.type):
        settings = other.body["properties"].get("dnsSettings") or {}
        same = settings.get("domainNameLabel") == label and other.body["location"] == region
        if same and other.id.lower() != address_id.lower():
            raise AzureError(
                400,
                "DnsRecordInUse",
                f"DNS record {label}.{region}.cloudapp.azure.com is already used by another public IP.",
            )


def _example_address(address_id: str) -> str:
    number = hashlib.sha256(address_id.lower().encode()).digest()[0] % 254
    return f"{_DOCUMENTED}{number + 1}"


async def _delete_address(request: Request) -> Answer:
    """Delete a public address."""
    common.writable_group(request)
    stored = request.azure.store.get(common.resource_id(request, ADDRESS))
    if stored is None:
        return Answer(204)
    base.refuse_while_busy(request.azure, stored.id)
    user = _gateway_of(request.azure, stored.id)
    if user is not None:
        raise AzureError(
            400,
            "PublicIPAddressCannotBeDeleted",
            f"Public IP address {stored.id} can not be deleted since it is still allocated to resource {user.id}. "
            "In order to delete the public IP, disassociate/detach the Public IP address from the resource. To learn "
            "how to do this, see aka.ms/deletepublicip.",
        )
    return base.begin_delete(request, stored, str(stored.body["location"]))


def _render_address(azure: LocalAzure, address: Resource, api_version: str) -> dict[str, Any]:
    """Write an address with the gateway that uses it."""
    del api_version
    properties = dict(address.body["properties"])
    if user := _gateway_of(azure, address.id):
        properties["natGateway"] = {"id": user.id}
    return {"id": address.id, "name": address.name, "type": ADDRESS.type, **address.body, "properties": properties}
