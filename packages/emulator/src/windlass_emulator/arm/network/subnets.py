"""Subnets: parts of a virtual network, written with it or on their own."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Any

from windlass_emulator.arm import common
from windlass_emulator.arm.network import addresses, base
from windlass_emulator.errors import AzureError, NotEmulatedError, resource_not_found
from windlass_emulator.feature import Feature
from windlass_emulator.http import Answer, Request
from windlass_emulator.store import Resource

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure

NETWORK = base.kind("virtualNetworks", "virtual network", name=base.name_rule(2, 64))
TYPE = f"{NETWORK.type}/subnets"
_NAME = base.name_rule()
_REFERENCES = ("networkSecurityGroup", "natGateway", "routeTable")
_DEFAULTS = {
    "delegations": (),
    "privateEndpointNetworkPolicies": "Disabled",
    "privateLinkServiceNetworkPolicies": "Enabled",
}
_SERVICES = frozenset(
    {
        *("Microsoft.App/environments", "Microsoft.Web/serverFarms", "Microsoft.Databricks/workspaces"),
        *("Microsoft.ContainerInstance/containerGroups", "Microsoft.ContainerService/managedClusters"),
        *("Microsoft.DBforPostgreSQL/flexibleServers", "Microsoft.MachineLearningServices/workspaces"),
    }
)
"""To whom a subnet can be delegated, as far as the types here are concerned."""

_OCCUPANTS = frozenset(
    {
        "microsoft.network/privateendpoints",
        "microsoft.machinelearningservices/workspaces/computes",
        "microsoft.containerservice/managedclusters",
        "microsoft.containerservice/managedclusters/agentpools",
        "microsoft.containerinstance/containergroups",
    }
)
"""Types that have addresses in the subnet whose id stands in their body."""


def feature() -> Feature:
    """Return subnets."""
    subnets = f"{NETWORK.template}/subnets"
    one = f"{subnets}/{{subnet}}"
    return Feature(
        "subnets",
        routes=(
            base.route("PUT", one, _put),
            base.route("GET", one, _get),
            base.route("GET", subnets, _list),
            base.route("DELETE", one, _delete),
        ),
        renderers={TYPE.lower(): render},
    )


# What others need of subnets


def of_network(azure: LocalAzure, network_id: str) -> list[Resource]:
    """Return the subnets of a network, oldest first."""
    return azure.store.children(network_id, TYPE)


def ranges(properties: Mapping[str, Any], where: str) -> tuple[IPv4Network, ...]:
    """Return the ranges of a subnet, which are written in one of two properties."""
    written = properties.get("addressPrefixes") or [properties.get("addressPrefix")]
    if not all(written):
        raise AzureError(
            400, "NoAddressPrefixOrPoolProvided", f"Subnet {where} has neither addressPrefix nor addressPrefixes."
        )
    return tuple(addresses.parse(str(prefix), where) for prefix in written)


def occupants(azure: LocalAzure, subnet_id: str) -> list[Resource]:
    """Return what has addresses in a subnet."""
    wanted = json.dumps(subnet_id.lower())
    return [
        resource
        for kind in sorted(_OCCUPANTS)
        for resource in azure.store.of_type(kind)
        if wanted in json.dumps(resource.body).lower()
    ]


def refuse_delete(azure: LocalAzure, subnet: Resource) -> None:
    """Refuse to take away a subnet that something has addresses in.

    Raises:
        AzureError: 400 InUseSubnetCannotBeDeleted.
    """
    used = occupants(azure, subnet.id)
    if used:
        raise AzureError(
            400,
            "InUseSubnetCannotBeDeleted",
            f"Subnet {subnet.name} is in use by {used[0].id} and cannot be deleted. In order to delete the subnet, "
            "delete all the resources within the subnet. See aka.ms/deletesubnet.",
        )


# Writing, alone and as part of a network


def completed(azure: LocalAzure, subnet_id: str, sent: Mapping[str, Any], region: str) -> dict[str, Any]:
    """Return the properties of a subnet as it is stored while its operation runs.

    Raises:
        AzureError: 400 for references that lead nowhere and for services that take no subnet.
    """
    properties = {name: value for name, value in sent.items() if value is not None}
    for name in _REFERENCES:
        if reference := base.referenced_id(properties, name):
            properties[name] = {"id": base.require_reference(azure, reference, subnet_id, region).id}
    shown = {**{name: list(value) if isinstance(value, tuple) else value for name, value in _DEFAULTS.items()}}
    shown |= properties | {"delegations": list(_delegations(subnet_id, properties.get("delegations") or []))}
    return {**shown, "provisioningState": base.UPDATING}


def _delegations(subnet_id: str, sent: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    known = {service.lower(): service for service in _SERVICES}
    for item in sent:
        service = str((item.get("properties") or {}).get("serviceName", ""))
        if service.lower() not in known:
            raise NotEmulatedError(f"subnets delegated to {service or 'nobody'} ({', '.join(sorted(_SERVICES))})")
        yield {
            "name": item.get("name"),
            "id": f"{subnet_id}/delegations/{item.get('name')}",
            "etag": base.etag(),
            "properties": {
                "provisioningState": "Succeeded",
                "serviceName": known[service.lower()],
                "actions": ["Microsoft.Network/virtualNetworks/subnets/action"],
            },
            "type": f"{TYPE}/delegations",
        }


def refuse_shrinking(azure: LocalAzure, subnet: Resource, wanted: tuple[IPv4Network, ...]) -> None:
    """Refuse to move a subnet away under what has addresses in it.

    Raises:
        AzureError: 400 InUsePrefixCannotBeDeleted.
    """
    old = ranges(subnet.body["properties"], subnet.id)
    gone = [before for before in old if not any(before.subnet_of(after) for after in wanted)]
    if gone and occupants(azure, subnet.id):
        raise AzureError(
            400,
            "InUsePrefixCannotBeDeleted",
            f"IpPrefix {gone[0]} on Subnet {subnet.name} has active allocations and cannot be deleted.",
        )


def save(azure: LocalAzure, network_id: str, name: str, properties: Mapping[str, Any]) -> Resource:
    """Store a subnet."""
    body = {"etag": base.etag(), "properties": dict(properties)}
    return azure.store.put(f"{network_id}/subnets/{name}", TYPE, body, parent=network_id, now=azure.clock.now())


async def _put(request: Request) -> Answer:
    """Create or update a subnet."""
    azure = request.azure
    network = common.existing(request, NETWORK)
    name = request.params["subnet"]
    base.refuse_while_busy(azure, network.id)
    if refusal := _NAME.refusal(name):
        raise AzureError(400, _NAME.code, refusal)
    body = common.checked_body(request, "subnet")
    target = f"{network.id}/subnets/{name}"
    before = azure.store.get(target)
    properties = completed(azure, target, body.get("properties") or {}, str(network.body["location"]))
    _refuse_place(azure, network, name, properties, before)
    stored = save(azure, network.id, before.name if before else name, properties)
    return base.started(request, stored, new=before is None, region=str(network.body["location"]))


def _refuse_place(
    azure: LocalAzure, network: Resource, name: str, properties: Mapping[str, Any], before: Resource | None
) -> None:
    own = ranges(properties, f"{network.id}/subnets/{name}")
    others = [subnet for subnet in of_network(azure, network.id) if subnet.name.lower() != name.lower()]
    taken = [part for subnet in others for part in ranges(subnet.body["properties"], subnet.id)]
    spaces = [addresses.parse(space, network.id) for space in _spaces(network)]
    addresses.refuse_subnet(name, own, taken, spaces, network.name)
    if before is not None:
        refuse_shrinking(azure, before, own)


def _spaces(network: Resource) -> list[str]:
    return list(network.body["properties"]["addressSpace"]["addressPrefixes"])


def _existing(request: Request) -> Resource:
    network = common.existing(request, NETWORK)
    found = request.azure.store.get(f"{network.id}/subnets/{request.params['subnet']}")
    if found is None:
        where = f"{network.name}/{request.params['subnet']}"
        raise resource_not_found(TYPE, where, request.params["group"])
    return found


async def _get(request: Request) -> Answer:
    """Get a subnet."""
    return Answer(200, common.shown(request, _existing(request)))


async def _list(request: Request) -> Answer:
    """List the subnets of a virtual network."""
    network = common.existing(request, NETWORK)
    return Answer(200, {"value": [common.shown(request, subnet) for subnet in of_network(request.azure, network.id)]})


async def _delete(request: Request) -> Answer:
    """Delete a subnet."""
    network = common.existing(request, NETWORK)
    base.refuse_while_busy(request.azure, network.id)
    stored = request.azure.store.get(f"{network.id}/subnets/{request.params['subnet']}")
    if stored is not None:
        refuse_delete(request.azure, stored)
    return base.begin_delete(request, stored, str(network.body["location"]))


def render(azure: LocalAzure, subnet: Resource, api_version: str) -> dict[str, Any]:
    """Write a subnet with the private endpoints that are in it."""
    del api_version
    inside = [found for found in occupants(azure, subnet.id) if found.type == "microsoft.network/privateendpoints"]
    properties = dict(subnet.body["properties"])
    if inside:
        properties |= {"privateEndpoints": base.ids(inside), "purpose": "PrivateEndpoints"}
    return {
        "name": subnet.name,
        "id": subnet.id,
        "etag": subnet.body["etag"],
        "properties": properties,
        "type": TYPE,
    }
