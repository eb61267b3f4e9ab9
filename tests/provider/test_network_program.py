"""A network with private endpoints under the real engine on the local Azure: made, unchanged, refreshed, taken down."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.local_azure import RunningAzure, local_azure
from support.stack import Stack

pytestmark = pytest.mark.specified

PROGRAM = """
import pulumi
from pulumi_azure_native import network, privatedns, resources, storage

def options(*ignored, **more):
    return pulumi.ResourceOptions(ignore_changes=list(ignored), **more)

group = resources.ResourceGroup("group", resource_group_name="rg-net")
place = {"resource_group_name": group.name}
guard = network.NetworkSecurityGroup(
    "guard", network_security_group_name="nsg", security_rules=[network.SecurityRuleArgs(
        name="https", priority=100, direction="Inbound", access="Allow", protocol="Tcp",
        source_address_prefix="VirtualNetwork", source_port_range="*",
        destination_address_prefix="*", destination_port_range="443")], **place)
address = network.PublicIPAddress(
    "address", public_ip_address_name="pip", public_ip_allocation_method="Static",
    sku=network.PublicIPAddressSkuArgs(name="Standard"), opts=options("natGateway"), **place)
gateway = network.NatGateway(
    "gateway", nat_gateway_name="nat", sku=network.NatGatewaySkuArgs(name="Standard"),
    public_ip_addresses=[network.SubResourceArgs(id=address.id)], **place)
net = network.VirtualNetwork(
    "net", virtual_network_name="vnet", address_space=network.AddressSpaceArgs(address_prefixes=["10.1.0.0/16"]),
    subnets=[
        network.SubnetArgs(name="endpoints", address_prefix="10.1.0.0/24",
                           network_security_group=network.NetworkSecurityGroupArgs(id=guard.id)),
        network.SubnetArgs(name="nodes", address_prefix="10.1.1.0/24",
                           nat_gateway=network.SubResourceArgs(id=gateway.id)),
    ], **place)
account = storage.StorageAccount("account", account_name="stnetworks", kind="StorageV2",
                                 sku={"name": "Standard_LRS"}, public_network_access="Disabled", **place)
zone = privatedns.PrivateZone("zone", private_zone_name="privatelink.blob.core.windows.net", location="global", **place)
link = privatedns.VirtualNetworkLink(
    "link", private_zone_name=zone.name, virtual_network_link_name="vnet", location="global",
    registration_enabled=False, virtual_network=privatedns.SubResourceArgs(id=net.id), **place)
endpoint = network.PrivateEndpoint(
    "endpoint", private_endpoint_name="pe",
    subnet=network.SubnetArgs(id=pulumi.Output.concat(net.id, "/subnets/endpoints")),
    private_link_service_connections=[network.PrivateLinkServiceConnectionArgs(
        name="link", private_link_service_id=account.id, group_ids=["blob"])],
    opts=options("customDnsConfigs"), **place)
names = network.PrivateDnsZoneGroup(
    "names", private_endpoint_name=endpoint.name, private_dns_zone_group_name="default",
    private_dns_zone_configs=[network.PrivateDnsZoneConfigArgs(name="blob", private_dns_zone_id=zone.id)],
    opts=pulumi.ResourceOptions(depends_on=[link]), **place)
pulumi.export("state", endpoint.private_link_service_connections[0].private_link_service_connection_state.status)
pulumi.export("records", names.private_dns_zone_configs[0].record_sets[0].fqdn)
"""


@pytest.fixture(scope="module")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAzure]:
    with local_azure(tmp_path_factory.mktemp("azure") / "data") as running:
        yield running


@pytest.fixture(scope="module")
def stack(azure: RunningAzure, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    made = Stack(Path(tmp_path_factory.mktemp("stack")), PROGRAM, azure.environment)
    made.up().ok()
    return made


def test_a_network_is_made_and_stays_as_it_is(stack: Stack) -> None:
    stack.up("--expect-no-changes").ok()

    stack.run("refresh", "--yes", "--skip-preview").ok()

    stack.up("--expect-no-changes").ok()
    assert stack.outputs() == {
        "state": "Approved",
        "records": "stnetworks.privatelink.blob.core.windows.net",
    }


def test_a_network_is_taken_down_in_an_order_that_azure_takes(stack: Stack) -> None:
    stack.run("destroy", "--yes", "--skip-preview").ok()

    assert stack.resources() == {}
