"""Private endpoints: addresses in a subnet that lead to one resource, and the connections on the other side."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from windlass_emulator.arm import common
from windlass_emulator.arm.common import Draft
from windlass_emulator.arm.network import addresses, base, connections, subnets
from windlass_emulator.arm.network.targets import Member, members_of, target_of
from windlass_emulator.errors import AzureError, resource_not_found
from windlass_emulator.feature import Feature
from windlass_emulator.http import Answer, Request
from windlass_emulator.store import Resource

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure

KIND = base.kind("privateEndpoints", "private endpoint", name=base.name_rule(2, 64), required=("properties.subnet.id",))
ZONE_GROUP_TYPE = f"{KIND.type}/privateDnsZoneGroups"
INTERFACE_TYPE = "Microsoft.Network/networkInterfaces"
_AUTOMATIC, _MANUAL = "privateLinkServiceConnections", "manualPrivateLinkServiceConnections"
_ADDRESSES, _CONNECTIONS = "addresses", "connections"
"""Facts of an endpoint: member -> address, and connection name -> id on the other side."""


def feature() -> Feature:
    """Return private endpoints and their network interfaces."""
    interface = f"{common.GROUP}/providers/{INTERFACE_TYPE}/{{name}}"
    return Feature(
        "private endpoints",
        routes=(
            base.route("PUT", KIND.template, _put),
            *common.usual_routes(KIND, what="private endpoint", deletes=False),
            base.route("DELETE", KIND.template, _delete),
            base.route("GET", interface, _get_interface),
        ),
        renderers={KIND.type.lower(): _render},
        deleted={KIND.type.lower(): _ended},
    )


async def _put(request: Request) -> Answer:
    """Create or update a private endpoint."""
    azure = request.azure
    base.refuse_while_busy(azure, common.resource_id(request, KIND))
    draft = common.read_put(request, KIND)
    subnet = base.require_reference(azure, str(draft.properties["subnet"]["id"]), draft.id, draft.location)
    asked = tuple(_asked(draft))
    if draft.existing is None:
        _refuse_connections(draft, asked)
        target, group = _target(azure, draft.id, asked[0])
        _refuse_busy_account(azure, target, group)
        given = _give_addresses(azure, subnet, members_of(target, group))
    else:
        _refuse_change(draft.existing, subnet, asked)
        given = azure.store.fact(draft.existing.id, _ADDRESSES)
    properties = {
        **{name: value for name, value in draft.properties.items() if name != "customDnsConfigs"},
        "subnet": {"id": subnet.id},
        _AUTOMATIC: _written(draft, _AUTOMATIC),
        _MANUAL: _written(draft, _MANUAL),
        "networkInterfaces": draft.before.get("networkInterfaces") or [{"id": _interface_id(draft)}],
    }
    with azure.store.transaction():
        if draft.existing is None:
            azure.store.set_fact(draft.id, _ADDRESSES, given)
            _connect(azure, draft.id, asked)
        return base.begin_write(request, draft, KIND, properties)


def _asked(draft: Draft) -> Iterator[tuple[Mapping[str, Any], bool]]:
    """Return the connections of a body, each with whether it may approve itself."""
    for key, automatic in ((_AUTOMATIC, True), (_MANUAL, False)):
        for item in draft.properties.get(key) or []:
            yield item, automatic


def _refuse_connections(draft: Draft, asked: Sequence[tuple[Mapping[str, Any], bool]]) -> None:
    if len(asked) != 1:
        raise AzureError(
            400,
            "PrivateEndpointMustHaveOneConnection",
            f"Private endpoint {draft.id} must have exactly one private link service connection; it has {len(asked)}.",
        )
    groups = _groups(asked[0][0])
    where = f"{draft.id}/{_AUTOMATIC}/{asked[0][0].get('name')}"
    if not groups:
        raise AzureError(
            400, "MissingGroupId", f"Private link service connection {where} has no group Id; a first-party resource "
            "needs one.",
        )  # fmt: skip
    if len(groups) > 1:
        resource = asked[0][0]["properties"].get("privateLinkServiceId")
        raise AzureError(
            400,
            "OnlyOneGroupIdPermitted",
            f"Private link service connection {where} has the following group Ids: {', '.join(groups)}. Only one "
            f"group Id is permitted when connecting to a first-party resource ({resource}).",
        )


def _groups(connection: Mapping[str, Any]) -> list[str]:
    return [str(group) for group in (connection.get("properties") or {}).get("groupIds") or []]


def _target(azure: LocalAzure, endpoint: str, asked: tuple[Mapping[str, Any], bool]) -> tuple[Resource, str]:
    connection, _ = asked
    resource_id = str(connection["properties"].get("privateLinkServiceId") or "")
    target = base.require_reference(azure, resource_id, endpoint, "")
    target_of(target)
    if target.type == "microsoft.containerregistry/registries" and target.body["sku"]["name"] != "Premium":
        raise AzureError(
            400,
            "PrivateEndpointNotSupported",
            "Call to Microsoft.ContainerRegistry/registries failed. Error message: Private endpoint connections are "
            f"not supported for the SKU {target.body['sku']['name']}. For more information, please visit "
            "https://aka.ms/acr/private-link.",
        )
    return target, _groups(connection)[0]


def _refuse_busy_account(azure: LocalAzure, target: Resource, group: str) -> None:
    """A storage account takes one connection after the other; zone groups do not touch it."""
    if target.type != "microsoft.storage/storageaccounts":
        return
    for endpoint in azure.store.of_type(KIND.type):
        leads = any(
            connection.lower().startswith(f"{target.id.lower()}/")
            for connection in azure.store.fact(endpoint.id, _CONNECTIONS, {}).values()
        )
        running = azure.operations.of_resource(endpoint.id)
        if leads and any(operation.resource.lower() == endpoint.id.lower() for operation in running):
            raise AzureError(
                409,
                "StorageAccountOperationInProgress",
                "Call to Microsoft.Storage/storageAccounts failed. Error message: An operation is currently performing "
                f"on this storage account that requires exclusive access (asked for {group}).",
            )


def _give_addresses(azure: LocalAzure, subnet: Resource, members: Sequence[Member]) -> dict[str, str]:
    inside = [endpoint for endpoint in subnets.occupants(azure, subnet.id) if endpoint.type == KIND.type.lower()]
    taken = [address for endpoint in inside for address in azure.store.fact(endpoint.id, _ADDRESSES, {}).values()]
    range_, *_ = subnets.ranges(subnet.body["properties"], subnet.id)
    free = addresses.free_addresses(range_, taken)
    given = {member.name: str(address) for member, address in zip(members, free, strict=False)}
    if len(given) < len(members):
        raise AzureError(
            400,
            "SubnetIsFull",
            f"Subnet {subnet.name} with address prefix {range_} does not have enough capacity for "
            f"{len(members)} IP addresses.",
        )
    return given


def _refuse_change(existing: Resource, subnet: Resource, asked: Sequence[tuple[Mapping[str, Any], bool]]) -> None:
    """A private endpoint keeps its subnet and what it leads to."""
    before = existing.body["properties"]
    then = [item for key in (_AUTOMATIC, _MANUAL) for item in before[key]]
    same = [_leads_to(item) for item, _ in asked] == [_leads_to(item) for item in then]
    if base.plain_id(before["subnet"]["id"]) == base.plain_id(subnet.id) and same:
        return
    raise AzureError(
        400,
        "CannotChangePrivateEndpoint",
        f"Private endpoint {existing.id} keeps the subnet and the resource it was created with. Delete it and create "
        "it again.",
    )


def _leads_to(connection: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    properties = connection["properties"]
    return base.plain_id(str(properties["privateLinkServiceId"])), tuple(group.lower() for group in _groups(connection))


def _written(draft: Draft, key: str) -> list[dict[str, Any]]:
    return [
        {
            "name": item.get("name"),
            "id": f"{draft.id}/{key}/{item.get('name')}",
            "etag": base.etag(),
            "type": f"{KIND.type}/{key}",
            "properties": {
                "provisioningState": "Succeeded",
                **{
                    name: value
                    for name, value in item["properties"].items()
                    if name in {"privateLinkServiceId", "groupIds", "requestMessage"} and value is not None
                },
            },
        }
        for item in draft.properties.get(key) or []
    ]


def _interface_id(draft: Draft) -> str:
    name = draft.properties.get("customNetworkInterfaceName") or f"{draft.name}.nic.{uuid.uuid4()}"
    return f"{draft.group}/providers/{INTERFACE_TYPE}/{name}"


def _connect(azure: LocalAzure, endpoint: str, asked: Sequence[tuple[Mapping[str, Any], bool]]) -> None:
    made = {}
    for item, automatic in asked:
        target, group = _target(azure, endpoint, (item, automatic))
        made[str(item["name"])] = connections.open_connection(azure, target, endpoint, group, approved=automatic)
    azure.store.set_fact(endpoint, _CONNECTIONS, made)


# Showing


def names_of(azure: LocalAzure, endpoint: Resource) -> tuple[tuple[Member, str], ...]:
    """Return each member that an endpoint leads to with its address; none when the other side is gone."""
    given = azure.store.fact(endpoint.id, _ADDRESSES, {})
    found = []
    for key in (_AUTOMATIC, _MANUAL):
        for connection in endpoint.body["properties"][key]:
            target = azure.store.get(connection["properties"]["privateLinkServiceId"])
            if target is not None:
                found += [(member, given[member.name]) for member in members_of(target, _groups(connection)[0])]
    return tuple(found)


def _render(azure: LocalAzure, endpoint: Resource, api_version: str) -> dict[str, Any]:
    """Write an endpoint with the state of its connections; the names go to a zone group once it has one."""
    del api_version
    made = azure.store.fact(endpoint.id, _CONNECTIONS, {})
    properties = dict(endpoint.body["properties"])
    for key in (_AUTOMATIC, _MANUAL):
        properties[key] = [_with_state(azure, item, made) for item in properties[key]]
    grouped = bool(azure.store.children(endpoint.id, ZONE_GROUP_TYPE))
    properties["customDnsConfigs"] = [] if grouped else _dns_configs(azure, endpoint)
    return {"id": endpoint.id, "name": endpoint.name, "type": KIND.type, **endpoint.body, "properties": properties}


def _with_state(azure: LocalAzure, connection: Mapping[str, Any], made: Mapping[str, str]) -> dict[str, Any]:
    state = connections.state_of(azure, made.get(str(connection["name"]), ""))
    return {**connection, "properties": {**connection["properties"], "privateLinkServiceConnectionState": state}}


def _dns_configs(azure: LocalAzure, endpoint: Resource) -> list[dict[str, Any]]:
    return [
        {"fqdn": public, "ipAddresses": [address]}
        for member, address in names_of(azure, endpoint)
        for public in member.labels.values()
    ]


async def _get_interface(request: Request) -> Answer:
    """Get the network interface of a private endpoint."""
    group = common.existing_group(request)
    wanted = f"{group.id}/providers/{INTERFACE_TYPE}/{request.params['name']}".lower()
    for endpoint in request.azure.store.of_type(KIND.type):
        if any(str(item["id"]).lower() == wanted for item in endpoint.body["properties"]["networkInterfaces"]):
            return Answer(200, _interface(request.azure, endpoint))
    raise resource_not_found(INTERFACE_TYPE, request.params["name"], group.name)


def _interface(azure: LocalAzure, endpoint: Resource) -> dict[str, Any]:
    properties = endpoint.body["properties"]
    resource_id = str(properties["networkInterfaces"][0]["id"])
    given = azure.store.fact(endpoint.id, _ADDRESSES, {})
    return {
        "id": resource_id,
        "name": resource_id.rsplit("/", 1)[1],
        "type": INTERFACE_TYPE,
        "location": endpoint.body["location"],
        "properties": {
            "provisioningState": "Succeeded",
            "privateEndpoint": {"id": endpoint.id},
            "ipConfigurations": [
                {
                    "name": f"privateEndpointIpConfig.{member}",
                    "id": f"{resource_id}/ipConfigurations/privateEndpointIpConfig.{member}",
                    "properties": {
                        "privateIPAddress": address,
                        "privateIPAllocationMethod": "Dynamic",
                        "subnet": {"id": properties["subnet"]["id"]},
                        "privateLinkConnectionProperties": {"requiredMemberName": member},
                    },
                }
                for member, address in given.items()
            ],
        },
    }


# Deleting


async def _delete(request: Request) -> Answer:
    """Delete a private endpoint, and with it the connection on the other side."""
    common.writable_group(request)
    stored = request.azure.store.get(common.resource_id(request, KIND))
    if stored is not None:
        base.refuse_while_busy(request.azure, stored.id)
    return base.begin_delete(request, stored, str(stored.body["location"]) if stored else "")


async def _ended(azure: LocalAzure, endpoint_id: str) -> None:
    for connection in azure.store.fact(endpoint_id, _CONNECTIONS, {}).values():
        connections.close_connection(azure, connection)
