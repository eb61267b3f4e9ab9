"""Virtual networks. A PUT with subnets writes these as well, and takes away those it does not name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from windlass_emulator.arm import common
from windlass_emulator.arm.common import SUCCEEDED, Draft
from windlass_emulator.arm.network import addresses, base, subnets
from windlass_emulator.arm.network.subnets import NETWORK
from windlass_emulator.errors import AzureError, NotEmulatedError
from windlass_emulator.feature import Feature
from windlass_emulator.http import Answer, Request
from windlass_emulator.store import Resource

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure

_DEFAULTS: Mapping[str, Any] = {"enableDdosProtection": False}


def feature() -> Feature:
    """Return virtual networks."""
    return Feature(
        "virtual networks",
        routes=(
            base.route("PUT", NETWORK.template, _put),
            base.route("PATCH", NETWORK.template, base.tag_patcher(NETWORK)),
            *common.usual_routes(NETWORK, what="virtual network", deletes=False),
            base.route("DELETE", NETWORK.template, _delete),
        ),
        actions={base.WRITE: base.carry_out_write, base.DELETE: base.carry_out_delete},
        renderers={NETWORK.type.lower(): _render},
        deleted={NETWORK.type.lower(): _unlink},
    )


async def _put(request: Request) -> Answer:
    """Create or update a virtual network, with its subnets if it names any."""
    azure = request.azure
    base.refuse_while_busy(azure, common.resource_id(request, NETWORK))
    draft = common.read_put(request, NETWORK)
    if draft.properties.get("virtualNetworkPeerings"):
        raise NotEmulatedError("peerings of virtual networks")
    named = draft.properties.pop("subnets", None)
    draft.properties.pop("virtualNetworkPeerings", None)
    kept = subnets.of_network(azure, draft.id)
    wanted = _wanted(azure, draft, named) if named is not None else None
    _refuse_ranges(azure, draft, wanted, kept)
    gone = [] if wanted is None else [subnet for subnet in kept if subnet.name.lower() not in wanted]
    for subnet in gone:
        subnets.refuse_delete(azure, subnet)
    with azure.store.transaction():
        for subnet in gone:
            azure.store.delete(subnet.id)
        answer = base.begin_write(request, draft, NETWORK, common.with_defaults(draft.properties, _DEFAULTS))
        for name, properties in (wanted or {}).values():
            subnets.save(azure, draft.id, name, properties)
    return replace(answer, body=common.shown(request, _stored(azure, draft.id)))


def _stored(azure: LocalAzure, network_id: str) -> Resource:
    stored = azure.store.get(network_id)
    assert stored is not None
    return stored


def _wanted(
    azure: LocalAzure, draft: Draft, named: Sequence[Mapping[str, Any]]
) -> dict[str, tuple[str, dict[str, Any]]]:
    """Return the subnets of a PUT, complete: by lower-case name, the name as written and the properties."""
    wanted: dict[str, tuple[str, dict[str, Any]]] = {}
    for item in named:
        name = str(item.get("name") or "")
        if refusal := base.name_rule().refusal(name):
            raise AzureError(400, "InvalidResourceName", refusal)
        if name.lower() in wanted:
            raise AzureError(400, "DuplicateResourceName", f"Subnet name {name} is used twice in {draft.name}.")
        sent = item.get("properties") or {}
        wanted[name.lower()] = (
            name,
            subnets.completed(azure, f"{draft.id}/subnets/{name}", sent, draft.location),
        )
    return wanted


def _refuse_ranges(
    azure: LocalAzure,
    draft: Draft,
    wanted: Mapping[str, tuple[str, dict[str, Any]]] | None,
    kept: Sequence[Resource],
) -> None:
    """Hold spaces and subnets, new or kept, against each other."""
    space = draft.properties.get("addressSpace") or {}
    spaces = [addresses.parse(str(prefix), draft.id) for prefix in space.get("addressPrefixes") or []]
    addresses.refuse_spaces(spaces, draft.name)
    before = {subnet.name.lower(): subnet for subnet in kept}
    if wanted is None:
        wanted = {key: (subnet.name, subnet.body["properties"]) for key, subnet in before.items()}
    parts = {
        key: subnets.ranges(properties, f"{draft.id}/subnets/{name}") for key, (name, properties) in wanted.items()
    }
    for key, own in parts.items():
        others = [part for other, ranges in parts.items() if other != key for part in ranges]
        addresses.refuse_subnet(wanted[key][0], own, others, spaces, draft.name)
        if key in before:
            subnets.refuse_shrinking(azure, before[key], own)


async def _delete(request: Request) -> Answer:
    """Delete a virtual network with its subnets."""
    common.writable_group(request)
    azure = request.azure
    stored = azure.store.get(common.resource_id(request, NETWORK))
    if stored is None:
        return Answer(204)
    base.refuse_while_busy(azure, stored.id)
    for subnet in subnets.of_network(azure, stored.id):
        subnets.refuse_delete(azure, subnet)
    return base.begin_delete(request, stored, str(stored.body["location"]))


async def _unlink(azure: LocalAzure, network_id: str) -> None:
    """A network that goes takes its links to private DNS zones with it (Azure's documentation)."""
    links = azure.store.of_type("Microsoft.Network/privateDnsZones/virtualNetworkLinks")
    for link in base.pointing_at(links, "virtualNetwork", network_id):
        azure.store.delete(link.id)


def _render(azure: LocalAzure, network: Resource, api_version: str) -> dict[str, Any]:
    """Write a network with its subnets as they are now."""
    inside = [azure.render(subnet, api_version) for subnet in subnets.of_network(azure, network.id)]
    shown = {**network.body["properties"], "subnets": inside, "virtualNetworkPeerings": []}
    if any(item["properties"]["provisioningState"] != SUCCEEDED for item in inside):
        shown["provisioningState"] = base.UPDATING
    body = {**network.body, "properties": shown}
    return {"id": network.id, "name": network.name, "type": NETWORK.type, **body}
