"""Virtual networks, subnets, security groups, NAT gateways and public addresses."""

from __future__ import annotations

from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from support.arm_clients import ArmClients, fresh

REGION = "westeurope"
VERSION = "2024-05-01"


@pytest.fixture(scope="module")
def group(arm: ArmClients) -> str:
    """A resource group for this module."""
    return arm.group()


def _rule(name: str, priority: int, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "priority": priority,
        "direction": "Inbound",
        "access": "Allow",
        "protocol": "Tcp",
        "source_address_prefix": "VirtualNetwork",
        "source_port_range": "*",
        "destination_address_prefix": "*",
        "destination_port_range": "443",
        **more,
    }


def _security_group(arm: ArmClients, group: str, *rules: dict[str, Any]) -> Any:
    body = {"location": REGION, "security_rules": list(rules)}
    name = fresh("nsg-")
    return arm.networks.network_security_groups.begin_create_or_update(group, name, body).result()


def _refused(work: Any) -> tuple[int, str]:
    """Return status and code of a refusal."""
    with pytest.raises(HttpResponseError) as refused:
        work()
    assert refused.value.error is not None
    return refused.value.status_code, refused.value.error.code


@pytest.mark.recorded
def test_a_network_shows_what_azure_adds(arm: ArmClients, group: str) -> None:
    network = arm.networks.virtual_networks.get(group, arm.network(group, one="10.1.0.0/24"))
    subnet = network.subnets[0]

    assert (network.provisioning_state, network.enable_ddos_protection, network.virtual_network_peerings) == (
        "Succeeded",
        False,
        [],
    )
    assert network.resource_guid
    assert (subnet.private_endpoint_network_policies, subnet.private_link_service_network_policies) == (
        "Disabled",
        "Enabled",
    )
    assert (subnet.delegations, subnet.provisioning_state) == ([], "Succeeded")


@pytest.mark.specified
def test_a_put_takes_time_and_is_answered_201_with_the_state_that_it_has(arm: ArmClients, group: str) -> None:
    path = f"{{sub}}/resourceGroups/{group}/providers/Microsoft.Network/virtualNetworks/{fresh('vnet-')}"
    body = {"location": REGION, "properties": {"addressSpace": {"addressPrefixes": ["10.1.0.0/16"]}}}

    made = arm.call("PUT", path, body, api_version=VERSION)

    assert made.status_code == 201
    assert made.json()["properties"]["provisioningState"] == "Updating"
    assert "/providers/Microsoft.Network/locations/westeurope/operations/" in made.headers["azure-asyncoperation"]


@pytest.mark.specified
def test_a_subnet_of_its_own_appears_in_the_network(arm: ArmClients, group: str) -> None:
    name = arm.network(group, one="10.1.0.0/24")

    made = arm.networks.subnets.begin_create_or_update(group, name, "two", {"address_prefix": "10.1.1.0/24"}).result()

    assert made.id.endswith(f"/virtualNetworks/{name}/subnets/two")
    assert [subnet.name for subnet in arm.networks.virtual_networks.get(group, name).subnets] == ["one", "two"]
    assert [subnet.name for subnet in arm.networks.subnets.list(group, name)] == ["one", "two"]


@pytest.mark.specified
def test_a_network_without_subnets_in_its_body_keeps_them_and_an_empty_list_takes_them_away(
    arm: ArmClients, group: str
) -> None:
    name = arm.network(group, one="10.1.0.0/24")
    body: dict[str, Any] = {"location": REGION, "address_space": {"address_prefixes": ["10.1.0.0/16"]}}
    put = arm.networks.virtual_networks.begin_create_or_update

    kept = put(group, name, body).result()
    gone = put(group, name, {**body, "subnets": []}).result()

    assert [subnet.name for subnet in kept.subnets] == ["one"]
    assert gone.subnets == []


@pytest.mark.specified
@pytest.mark.parametrize(
    ("prefix", "code"),
    [
        ("10.1.0.128/25", "NetcfgSubnetRangesOverlap"),
        ("10.2.0.0/24", "NetcfgSubnetRangeOutsideVnet"),
        ("10.1.9.7/24", "InvalidCIDRNotation"),
        ("10.1.9.0/30", "NetcfgInvalidSubnet"),
    ],
)
def test_a_subnet_that_does_not_fit_is_refused(arm: ArmClients, group: str, prefix: str, code: str) -> None:
    name = arm.network(group, one="10.1.0.0/24")
    put = arm.networks.subnets.begin_create_or_update

    assert _refused(lambda: put(group, name, "bad", {"address_prefix": prefix})) == (400, code)


@pytest.mark.specified
def test_subnets_that_overlap_in_one_body_are_refused(arm: ArmClients, group: str) -> None:
    assert _refused(lambda: arm.network(group, one="10.1.0.0/24", two="10.1.0.0/25")) == (
        400,
        "NetcfgSubnetRangesOverlap",
    )


@pytest.mark.specified
def test_a_reference_that_leads_nowhere_or_to_another_region_is_refused(arm: ArmClients, group: str) -> None:
    elsewhere = arm.networks.network_security_groups.begin_create_or_update(
        group, fresh("nsg-"), {"location": "northeurope"}
    ).result()
    name = arm.network(group)
    put = arm.networks.subnets.begin_create_or_update

    for reference in (elsewhere.id, f"{elsewhere.id}-no"):
        body = {"address_prefix": "10.1.0.0/24", "network_security_group": {"id": reference}}
        assert _refused(lambda body=body: put(group, name, "one", body)) == (400, "InvalidResourceReference")


@pytest.mark.specified
def test_a_security_group_has_its_rules_over_azures_own_and_knows_its_subnets(arm: ArmClients, group: str) -> None:
    guard = _security_group(arm, group, _rule("https", 100))
    name = arm.network(group)
    body = {"address_prefix": "10.1.0.0/24", "network_security_group": {"id": guard.id}}
    subnet = arm.networks.subnets.begin_create_or_update(group, name, "one", body).result()

    shown = arm.networks.network_security_groups.get(group, guard.name)

    assert [rule.name for rule in shown.security_rules] == ["https"]
    assert len(shown.default_security_rules) == 6
    assert [user.id for user in shown.subnets] == [subnet.id]
    delete = arm.networks.network_security_groups.begin_delete
    assert _refused(lambda: delete(group, guard.name)) == (400, "InUseNetworkSecurityGroupCannotBeDeleted")


@pytest.mark.inferred
@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ((_rule("one", 100), _rule("two", 100)), "SecurityRuleConflict"),
        ((_rule("one", 99),), "SecurityRuleInvalidPriority"),
        ((_rule("one", 100, protocol="Smtp"),), "InvalidParameter"),
        ((_rule("one", 100, destination_port_range=None),), "MissingJsonProperty"),
    ],
)
def test_rules_that_make_no_sense_are_refused(
    arm: ArmClients, group: str, rules: tuple[dict[str, Any], ...], code: str
) -> None:
    assert _refused(lambda: _security_group(arm, group, *rules)) == (400, code)


@pytest.mark.specified
def test_a_gateway_its_address_and_the_subnets_behind_it_keep_each_other(arm: ArmClients, group: str) -> None:
    standard = {"location": REGION, "sku": {"name": "Standard"}}
    address = arm.networks.public_ip_addresses.begin_create_or_update(
        group, fresh("pip-"), {**standard, "public_ip_allocation_method": "Static"}
    ).result()
    gateway = arm.networks.nat_gateways.begin_create_or_update(
        group, fresh("nat-"), {**standard, "public_ip_addresses": [{"id": address.id}]}
    ).result()
    name = arm.network(group)
    body = {"address_prefix": "10.1.0.0/24", "nat_gateway": {"id": gateway.id}}
    subnet = arm.networks.subnets.begin_create_or_update(group, name, "one", body).result()

    shown = arm.networks.nat_gateways.get(group, gateway.name)
    used = arm.networks.public_ip_addresses.get(group, address.name)

    assert [user.id for user in shown.subnets] == [subnet.id]
    assert (used.ip_address.startswith("192.0.2."), used.nat_gateway.id) == (True, gateway.id)
    assert _refused(lambda: arm.networks.nat_gateways.begin_delete(group, gateway.name)) == (
        400,
        "NatGatewayInUseBySubnet",
    )
    assert _refused(lambda: arm.networks.public_ip_addresses.begin_delete(group, address.name)) == (
        400,
        "PublicIPAddressCannotBeDeleted",
    )


@pytest.mark.inferred
def test_a_gateway_takes_no_address_of_sku_basic(arm: ArmClients, group: str) -> None:
    put = arm.networks.public_ip_addresses.begin_create_or_update
    basic = put(group, fresh("pip-"), {"location": REGION}).result()
    body = {"location": REGION, "sku": {"name": "Standard"}, "public_ip_addresses": [{"id": basic.id}]}
    change = {"location": REGION, "sku": {"name": "Standard"}, "public_ip_allocation_method": "Static"}

    assert (basic.sku.name, basic.sku.tier, basic.idle_timeout_in_minutes) == ("Basic", "Regional", 4)
    assert _refused(lambda: arm.networks.nat_gateways.begin_create_or_update(group, fresh("nat-"), body)) == (
        400,
        "NatGatewayCanOnlyUseStandardPublicIpAddresses",
    )
    assert _refused(lambda: put(group, basic.name, change)) == (409, "PropertyChangeNotAllowed")


@pytest.mark.inferred
def test_a_subnet_can_be_delegated_to_services_that_are_known(arm: ArmClients, group: str) -> None:
    name = arm.network(group)
    service = "Microsoft.ContainerInstance/containerGroups"
    body = {"address_prefix": "10.1.0.0/24", "delegations": [{"name": "aci", "service_name": service}]}
    put = arm.networks.subnets.begin_create_or_update

    delegated = put(group, name, "one", body).result().delegations[0]

    assert (delegated.service_name, delegated.actions) == (
        service,
        ["Microsoft.Network/virtualNetworks/subnets/action"],
    )
    body["delegations"] = [{"name": "x", "service_name": "Microsoft.Nobody/things"}]
    assert _refused(lambda: put(group, name, "one", body))[0] == 501


@pytest.mark.inferred
def test_peerings_are_not_emulated_and_said_so(arm: ArmClients, group: str) -> None:
    body = {
        "location": REGION,
        "address_space": {"address_prefixes": ["10.1.0.0/16"]},
        "virtual_network_peerings": [{"name": "other"}],
    }

    assert _refused(lambda: arm.networks.virtual_networks.begin_create_or_update(group, fresh("vnet-"), body)) == (
        501,
        "NotEmulated",
    )


@pytest.mark.specified
def test_tags_change_without_the_rest(arm: ArmClients, group: str) -> None:
    name = arm.network(group, one="10.1.0.0/24")

    changed = arm.networks.virtual_networks.update_tags(group, name, {"tags": {"a": "b"}})

    assert changed.tags == {"a": "b"}
    assert [subnet.name for subnet in changed.subnets] == ["one"]
