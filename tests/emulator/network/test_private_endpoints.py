"""Private endpoints, the connections on the other side, and the names that zone groups write."""

from __future__ import annotations

from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from support.arm_clients import ArmClients, fresh

REGION = "westeurope"
BLOB_ZONE = "privatelink.blob.core.windows.net"


@pytest.fixture(scope="module")
def group(arm: ArmClients) -> str:
    """A resource group for this module."""
    return arm.group()


@pytest.fixture(scope="module")
def subnet(arm: ArmClients, group: str) -> str:
    """The id of a subnet for endpoints."""
    name = arm.network(group, endpoints="10.1.0.0/24", tiny="10.1.1.0/29")
    found: str = arm.networks.subnets.get(group, name, "endpoints").id
    return found


@pytest.fixture(scope="module")
def account(arm: ArmClients, group: str) -> Any:
    """A storage account."""
    return arm.storage.storage_accounts.get_properties(group, arm.account(group))


def _body(subnet: str, target: str, *groups: str, **more: Any) -> dict[str, Any]:
    connection = {"name": "link", "private_link_service_id": target, "group_ids": list(groups)}
    return {
        "location": REGION,
        "subnet": {"id": subnet},
        "private_link_service_connections": [connection],
        **more,
    }


def _endpoint(arm: ArmClients, group: str, body: dict[str, Any]) -> Any:
    name = fresh("pe-")
    arm.networks.private_endpoints.begin_create_or_update(group, name, body).result()
    return arm.networks.private_endpoints.get(group, name)


def _refused(work: Any) -> tuple[int, str]:
    with pytest.raises(HttpResponseError) as refused:
        work()
    assert refused.value.error is not None
    return refused.value.status_code, refused.value.error.code


def _registry(arm: ArmClients, group: str, sku: str) -> Any:
    name = fresh("acr")
    return arm.registries.registries.begin_create(group, name, {"location": REGION, "sku": {"name": sku}}).result()


def _vault(arm: ArmClients, group: str) -> Any:
    properties = {"tenantId": arm.azure.environment["AZURE_TENANT_ID"], "sku": {"family": "A", "name": "standard"}}
    body = {"location": REGION, "properties": properties}
    return arm.vaults.vaults.begin_create_or_update(group, fresh("kv-"), body).result()


@pytest.mark.specified
def test_an_endpoint_is_approved_and_appears_on_its_target(
    arm: ArmClients, group: str, subnet: str, account: Any
) -> None:
    endpoint = _endpoint(arm, group, _body(subnet, account.id, "blob"))
    shown = endpoint.private_link_service_connections[0]
    there = arm.storage.storage_accounts.get_properties(group, account.name).private_endpoint_connections
    mine = [connection for connection in there if connection.private_endpoint.id == endpoint.id]

    assert (endpoint.provisioning_state, shown.private_link_service_connection_state.status) == (
        "Succeeded",
        "Approved",
    )
    assert endpoint.custom_dns_configs[0].fqdn == f"{account.name}.blob.core.windows.net"
    assert endpoint.custom_dns_configs[0].ip_addresses[0].startswith("10.1.0.")
    assert [connection.private_link_service_connection_state.status for connection in mine] == ["Approved"]


@pytest.mark.specified
def test_an_endpoint_takes_its_connection_with_it(arm: ArmClients, group: str, subnet: str, account: Any) -> None:
    endpoint = _endpoint(arm, group, _body(subnet, account.id, "queue"))

    arm.networks.private_endpoints.begin_delete(group, endpoint.name).result()

    left = list(arm.storage.private_endpoint_connections.list(group, account.name))
    assert endpoint.id not in [connection.private_endpoint.id for connection in left]


@pytest.mark.specified
def test_every_kind_of_target_shows_its_connections(arm: ArmClients, group: str, subnet: str) -> None:
    vault, registry = _vault(arm, group), _registry(arm, group, "Premium")
    _endpoint(arm, group, _body(subnet, vault.id, "vault"))
    endpoint = _endpoint(arm, group, _body(subnet, registry.id, "registry"))

    names = [config.fqdn for config in endpoint.custom_dns_configs]
    seen = arm.vaults.vaults.get(group, vault.name).properties.private_endpoint_connections
    other = arm.registries.registries.get(group, registry.name).private_endpoint_connections

    assert names == [f"{registry.name}.{REGION}.data.azurecr.io", f"{registry.name}.azurecr.io"]
    assert [item.private_link_service_connection_state.status for item in seen] == ["Approved"]
    assert [item.private_endpoint.id for item in other] == [endpoint.id]


@pytest.mark.inferred
def test_what_waits_for_approval_is_approved_on_the_target(
    arm: ArmClients, group: str, subnet: str, account: Any
) -> None:
    body = _body(subnet, account.id, "table")
    body["manual_private_link_service_connections"] = body.pop("private_link_service_connections")
    endpoint = _endpoint(arm, group, body)
    waiting = endpoint.manual_private_link_service_connections[0].private_link_service_connection_state.status
    connection = next(
        item
        for item in arm.storage.private_endpoint_connections.list(group, account.name)
        if item.private_endpoint.id == endpoint.id
    )

    state = {"private_link_service_connection_state": {"status": "Approved", "description": "fine"}}
    arm.storage.private_endpoint_connections.put(group, account.name, connection.name, state)

    approved = arm.networks.private_endpoints.get(group, endpoint.name).manual_private_link_service_connections[0]
    assert waiting == "Pending"
    assert approved.private_link_service_connection_state.status == "Approved"


@pytest.mark.specified
def test_what_azure_does_not_connect_is_refused(arm: ArmClients, group: str, subnet: str, account: Any) -> None:
    basic = _registry(arm, group, "Basic")
    put = arm.networks.private_endpoints.begin_create_or_update
    cases = (
        (_body(subnet, account.id, "blob", "file"), "OnlyOneGroupIdPermitted"),
        (_body(subnet, account.id, "vault"), "InvalidGroupId"),
        (_body(subnet, account.id), "MissingGroupId"),
        (_body(subnet, f"{account.id}no", "blob"), "InvalidResourceReference"),
        (_body(f"{subnet}-no", account.id, "blob"), "InvalidResourceReference"),
        (_body(subnet, basic.id, "registry"), "PrivateEndpointNotSupported"),
        (_body(subnet, account.id, "blob", location="northeurope"), "InvalidResourceReference"),
    )

    for body, code in cases:
        assert _refused(lambda body=body: put(group, fresh("pe-"), body)) == (400, code), code


@pytest.mark.specified
def test_a_subnet_in_use_stays(arm: ArmClients, group: str, subnet: str, account: Any) -> None:
    endpoint = _endpoint(arm, group, _body(subnet, account.id, "dfs"))
    network = subnet.split("/")[8]
    shown = arm.networks.subnets.get(group, network, "endpoints")
    body = {"address_prefix": "10.1.2.0/24"}
    refusals = {
        _refused(lambda: arm.networks.subnets.begin_delete(group, network, "endpoints")),
        _refused(lambda: arm.networks.virtual_networks.begin_delete(group, network)),
        _refused(lambda: arm.networks.subnets.begin_create_or_update(group, network, "endpoints", body)),
    }

    assert endpoint.id in [user.id for user in shown.private_endpoints]
    assert refusals == {(400, "InUseSubnetCannotBeDeleted"), (400, "InUsePrefixCannotBeDeleted")}


@pytest.mark.specified
def test_a_subnet_has_three_addresses_less_than_a_29_promises(arm: ArmClients, group: str, subnet: str) -> None:
    tiny = subnet.replace("/endpoints", "/tiny")
    for _ in range(3):
        _endpoint(arm, group, _body(tiny, _vault(arm, group).id, "vault"))
    full = _body(tiny, _vault(arm, group).id, "vault")

    code = _refused(lambda: arm.networks.private_endpoints.begin_create_or_update(group, fresh("pe-"), full))

    assert code == (400, "SubnetIsFull")


def _zone(arm: ArmClients, group: str, name: str) -> Any:
    return arm.private_dns.private_zones.begin_create_or_update(group, name, {"location": "global"}).result()


def _zone_group(arm: ArmClients, group: str, endpoint: str, zone: str, name: str = "default") -> Any:
    body = {"private_dns_zone_configs": [{"name": "zone", "private_dns_zone_id": zone}]}
    groups = arm.networks.private_dns_zone_groups
    groups.begin_create_or_update(group, endpoint, name, body).result()
    return groups.get(group, endpoint, name)


@pytest.mark.specified
def test_a_zone_group_writes_the_addresses_and_takes_them_out(arm: ArmClients, group: str, subnet: str) -> None:
    account = arm.storage.storage_accounts.get_properties(group, arm.account(group))
    zone = _zone(arm, group, BLOB_ZONE)
    endpoint = _endpoint(arm, group, _body(subnet, account.id, "blob"))
    address = endpoint.custom_dns_configs[0].ip_addresses

    made = _zone_group(arm, group, endpoint.name, zone.id)
    record = arm.private_dns.record_sets.get(group, BLOB_ZONE, "A", account.name)
    shown = arm.networks.private_endpoints.get(group, endpoint.name)
    second = _refused(lambda: _zone_group(arm, group, endpoint.name, zone.id, "other"))
    arm.networks.private_dns_zone_groups.begin_delete(group, endpoint.name, "default").result()

    record_set = made.private_dns_zone_configs[0].record_sets[0]
    assert (record_set.record_set_name, record_set.ip_addresses, record_set.ttl) == (account.name, address, 10)
    assert [item.ipv4_address for item in record.a_records] == address
    assert shown.custom_dns_configs == []
    assert second == (400, "MoreThanOnePrivateDnsZoneGroupPerPrivateEndpointNotAllowed")
    with pytest.raises(ResourceNotFoundError):
        arm.private_dns.record_sets.get(group, BLOB_ZONE, "A", account.name)


@pytest.mark.inferred
def test_a_zone_of_another_name_gets_no_address(arm: ArmClients, group: str, subnet: str, account: Any) -> None:
    zone = _zone(arm, group, "privatelink.table.core.windows.net")
    endpoint = _endpoint(arm, group, _body(subnet, account.id, "web"))

    made = _zone_group(arm, group, endpoint.name, zone.id)

    assert made.private_dns_zone_configs[0].record_sets == []
    assert arm.private_dns.private_zones.get(group, zone.name).number_of_record_sets == 1


@pytest.mark.specified
def test_a_target_says_what_can_lead_to_it(arm: ArmClients, group: str, account: Any) -> None:
    links = arm.storage.private_link_resources.list_by_storage_account(group, account.name).value

    assert {link.group_id: link.required_zone_names for link in links if link.group_id in {"blob", "web"}} == {
        "blob": [BLOB_ZONE],
        "web": ["privatelink.web.core.windows.net"],
    }


@pytest.mark.specified
def test_an_endpoint_has_a_network_interface(arm: ArmClients, group: str, subnet: str, account: Any) -> None:
    endpoint = _endpoint(arm, group, _body(subnet, account.id, "file"))

    interface = arm.networks.network_interfaces.get(group, endpoint.network_interfaces[0].id.rsplit("/", 1)[1])

    assert interface.ip_configurations[0].private_ip_address == endpoint.custom_dns_configs[0].ip_addresses[0]
    assert interface.private_endpoint.id == endpoint.id


@pytest.mark.specified
def test_an_endpoint_to_something_locked_is_not_deleted(arm: ArmClients, group: str, subnet: str) -> None:
    target = arm.storage.storage_accounts.get_properties(group, arm.account(group))
    made = _endpoint(arm, group, _body(subnet, target.id, "blob"))
    locks = arm.locks.management_locks
    locks.create_or_update_by_scope(target.id, "keep", {"level": "CanNotDelete"})

    refused = _refused(lambda: arm.networks.private_endpoints.begin_delete(group, made.name))
    locks.delete_by_scope(target.id, "keep")
    arm.networks.private_endpoints.begin_delete(group, made.name).result()

    assert refused == (409, "ScopeLocked")
