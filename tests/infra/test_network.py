"""The network of a stack in each of its modes, in the registrations of the real program."""

from __future__ import annotations

import importlib
import inspect
import json
from ipaddress import IPv4Network
from typing import Any

import pulumi
import pytest
from support.pulumi_program import NAME_INPUTS, Program, Registration, Run

from windlass.project.settings import LOCAL_SUBSCRIPTION
from windlass.project.settings.network import OWN_RULES

ML = "machinelearningservices"
PRIVATE = {"network": {"mode": "private"}, "registry": {"tier": "Premium"}}
MANAGED = {"network": {"mode": "managed"}, "registry": {"tier": "Premium"}}
SHARED = f"/subscriptions/{LOCAL_SUBSCRIPTION}/resourceGroups/shared/providers/Microsoft.Network"
NETWORK = f"{SHARED}/virtualNetworks/theirs"
BLOB_ZONE = "privatelink.blob.core.windows.net"


def access(run: Run) -> dict[str, Any]:
    """Everything that says whether it answers public addresses."""
    said: dict[str, Any] = {}
    for each in run.resources:
        for inputs in (each.inputs, each.inputs.get("properties") or {}):
            if "publicNetworkAccess" in inputs:
                said[each.name] = inputs["publicNetworkAccess"]
    return said


def nodes(run: Run) -> list[dict[str, Any]]:
    computes = [each.inputs["properties"] for each in run.of(f"{ML}:Compute")]
    return [each["properties"] for each in computes if each["computeType"] == "AmlCompute"]


def takes(registration: Registration, parameter: str) -> bool:
    _, module, name = registration.type.split(":")
    resource = getattr(importlib.import_module(f"pulumi_azure_native.{module}"), name)
    return parameter in inspect.signature(resource._internal_init).parameters


def test_a_public_stack_has_no_network(usual: Run) -> None:
    parts = ("azure-native:network:", "azure-native:privatedns:")

    assert [each.urn for each in usual.resources if each.type.startswith(parts)] == []
    assert set(access(usual).values()) == {"Enabled"}
    assert [each["enableNodePublicIp"] for each in nodes(usual)] == [True, True]


def test_nothing_of_a_private_stack_answers_public_addresses(private: Run) -> None:
    assert set(access(private).values()) == {"Disabled"}
    assert {"storage-account", "vault-vault", "registry-registry", "workspace-workspace"} <= set(access(private))


def test_what_a_private_stack_keeps_lets_azure_ml_in_and_nobody_else(private: Run) -> None:
    (account,), (vault,) = private.of("storage:StorageAccount"), private.of("keyvault:Vault")

    for rules in (account.inputs["networkRuleSet"], vault.inputs["properties"]["networkAcls"]):
        assert rules == {"bypass": "AzureServices", "defaultAction": "Deny"}


def test_everything_of_a_private_stack_has_a_private_endpoint(private: Run) -> None:
    endpoints = private.of("network:PrivateEndpoint")

    leads_to = {
        (link["privateLinkServiceId"].split("/")[2].split(":")[-1], *link["groupIds"])
        for each in endpoints
        for link in each.inputs["privateLinkServiceConnections"]
    }

    assert leads_to == {
        *(("StorageAccount", group) for group in ("blob", "file", "queue", "table")),
        ("Vault", "vault"),
        ("Registry", "registry"),
        ("Workspace", "amlworkspace"),
    }
    assert {each.inputs["subnet"]["id"].rsplit("/", 1)[1] for each in endpoints} == {"endpoints"}


def test_every_private_endpoint_writes_its_names_into_zones_that_the_network_asks(private: Run) -> None:
    zones = {each.azure_name for each in private.of("privatedns:PrivateZone")}
    linked = {each.inputs["privateZoneName"] for each in private.of("privatedns:VirtualNetworkLink")}
    groups = private.of("network:PrivateDnsZoneGroup")

    written = {
        config["privateDnsZoneId"].rsplit("/", 1)[1]
        for each in groups
        for config in each.inputs["privateDnsZoneConfigs"]
    }

    assert len(groups) == len(private.of("network:PrivateEndpoint"))
    assert written == zones == linked
    assert {BLOB_ZONE, "privatelink.api.azureml.ms", "privatelink.notebooks.azure.net"} <= zones


def test_one_account_gets_one_endpoint_after_the_other(private: Run) -> None:
    endpoints = [each for each in private.of("network:PrivateEndpoint") if each.name.startswith("storage-")]

    waits = [len(each.depends_on & {other.urn for other in endpoints}) for each in endpoints]

    assert sorted(waits) == [0, 1, 1, 1]


def test_subnets_are_declared_in_the_network_and_each_has_rules(private: Run) -> None:
    (network,) = private.of("network:VirtualNetwork")
    subnets = network.inputs["subnets"]

    assert [each["name"] for each in subnets] == ["endpoints", "clusters"]
    assert len({each["networkSecurityGroup"]["id"] for each in subnets}) == len(subnets)
    assert {each["defaultOutboundAccess"] for each in subnets} == {False}
    assert {each["name"]: "natGateway" in each for each in subnets} == {
        "endpoints": False,
        "clusters": True,
    }
    space = IPv4Network(network.inputs["addressSpace"]["addressPrefixes"][0])
    assert all(IPv4Network(each["addressPrefix"]).subnet_of(space) for each in subnets)


def test_nodes_are_in_the_network_without_addresses_and_wait_until_they_reach_everything(private: Run) -> None:
    groups = private.urns("network:PrivateDnsZoneGroup")

    for each in private.of(f"{ML}:Compute"):
        inner = each.inputs["properties"]["properties"]
        assert inner["enableNodePublicIp"] is False
        assert inner["subnet"]["id"].endswith("/subnets/clusters")
        assert "properties.properties.subnet.id" in each.replace_on_changes
        assert groups <= each.depends_on


@pytest.mark.parametrize("settings", [PRIVATE, MANAGED])
def test_a_private_registry_has_images_built_on_a_cluster(program: Program, settings: dict[str, Any]) -> None:
    (workspace,) = program(settings=settings).of(f"{ML}:Workspace")

    assert workspace.inputs["imageBuildCompute"] == "cpu"


def test_a_public_registry_builds_images_itself(usual: Run) -> None:
    (workspace,) = usual.of(f"{ML}:Workspace")

    assert "imageBuildCompute" not in workspace.inputs


def test_without_a_gateway_nothing_goes_out(program: Program) -> None:
    run = program(settings={**PRIVATE, "network": {"mode": "private", "nat_gateway": False}})
    rules = [rule for each in run.of("network:NetworkSecurityGroup") for rule in each.inputs["securityRules"]]

    assert run.of("network:NatGateway") + run.of("network:PublicIPAddress") == []
    assert "Internet" not in {rule["destinationAddressPrefix"] for rule in rules}


def test_what_azure_shows_and_nobody_asked_for_is_no_change(private: Run, managed: Run) -> None:
    def ignored(run: Run, type_: str) -> set[str]:
        return {name for each in run.of(type_) for name in each.ignore_changes}

    assert ignored(private, "network:PrivateEndpoint") == {"customDnsConfigs"}
    assert ignored(private, "network:PublicIPAddress") == {"natGateway"}
    assert ignored(managed, f"{ML}:Workspace") == {"managedNetwork.outboundRules", "managedNetwork.status"}


def test_an_endpoint_follows_the_network(usual: Run, private: Run, managed: Run) -> None:
    def said(run: Run) -> set[str]:
        return {each.inputs["properties"]["publicNetworkAccess"] for each in run.of(f"{ML}:OnlineEndpoint")}

    assert (said(usual), said(private), said(managed)) == ({"Enabled"}, {"Disabled"}, {"Enabled"})


def test_a_managed_network_lets_batch_endpoints_reach_queues_and_tables(managed: Run) -> None:
    rules = managed.of(f"{ML}:ManagedNetworkSettingsRule")
    (workspace,) = managed.of(f"{ML}:Workspace")

    targets = {each.azure_name: each.inputs["properties"]["destination"]["subresourceTarget"] for each in rules}

    assert targets == dict(zip(OWN_RULES, ("queue", "table"), strict=True))
    assert workspace.inputs["managedNetwork"]["isolationMode"] == "AllowInternetOutbound"
    assert "firewallSku" not in workspace.inputs["managedNetwork"]
    assert workspace.inputs["provisionNetworkNow"] is True
    assert workspace.inputs["publicNetworkAccess"] == "Enabled"
    assert [each["enableNodePublicIp"] for each in nodes(managed)] == [False, False]
    assert "subnet" not in nodes(managed)[0]


def test_rules_of_the_settings_become_rules_of_the_network(program: Program) -> None:
    account = f"/subscriptions/{LOCAL_SUBSCRIPTION}/resourceGroups/shared/providers/Microsoft.Storage/storageAccounts/a"
    outbound = {
        "packages": {"fqdn": "packages.example.org"},
        "factory": {"service_tag": "DataFactory", "ports": "443"},
        "data": {"private_endpoint": account, "subresource": "blob"},
    }
    network = {"mode": "managed", "isolation": "approved", "firewall": "Basic", "outbound": outbound}
    run = program(settings={**MANAGED, "network": network})
    (workspace,) = run.of(f"{ML}:Workspace")

    made = {each.azure_name: each.inputs["properties"] for each in run.of(f"{ML}:ManagedNetworkSettingsRule")}

    assert workspace.inputs["managedNetwork"]["isolationMode"] == "AllowOnlyApprovedOutbound"
    assert workspace.inputs["managedNetwork"]["firewallSku"] == "Basic"
    assert made["packages"]["destination"] == "packages.example.org"
    assert made["factory"]["destination"]["serviceTag"] == "DataFactory"
    assert made["data"]["destination"]["serviceResourceId"] == account
    assert {each["category"] for each in made.values()} == {"UserDefined"}


def _there(kind: str, **facts: Any) -> dict[str, Any]:
    return {"location": "westeurope", **facts, "type": kind}


def test_a_brought_network_is_used_by_its_ids(program: Program) -> None:
    zone = f"{SHARED}/privateDnsZones/{BLOB_ZONE}"
    subnets = {key: f"{NETWORK}/subnets/{key}" for key in ("endpoints", "clusters")}
    bring = {"virtual_network": NETWORK, "subnets": subnets, "private_dns_zones": {BLOB_ZONE: zone}}
    there = {
        NETWORK: {"location": "westeurope"},
        **{each: {"addressPrefix": "10.0.0.0/24", "networkSecurityGroup": {"id": "x"}} for each in subnets.values()},
        zone: {"name": BLOB_ZONE, "numberOfVirtualNetworkLinks": 1},
    }
    run = program(settings={**PRIVATE, "bring": bring}, existing=there)

    used = {each.inputs["subnet"]["id"] for each in run.of("network:PrivateEndpoint")}
    zones = {
        config["privateDnsZoneId"]
        for each in run.of("network:PrivateDnsZoneGroup")
        for config in each.inputs["privateDnsZoneConfigs"]
    }
    links = {each.inputs["virtualNetwork"]["id"] for each in run.of("privatedns:VirtualNetworkLink")}

    assert run.of("network:VirtualNetwork") + run.of("network:NetworkSecurityGroup") == []
    assert used == {subnets["endpoints"]}
    assert {each["subnet"]["id"] for each in nodes(run)} == {subnets["clusters"]}
    assert zone in zones
    assert BLOB_ZONE not in {each.azure_name for each in run.of("privatedns:PrivateZone")}
    assert links == {NETWORK}


def test_what_is_made_for_a_network_keeps_to_the_rules_of_all_resources(private: Run, managed: Run) -> None:
    own = {"project": "shop", "stack": "local", "owner": "team", "managed-by": "windlass"}
    made = [*private.resources, *managed.resources]

    assert {each.type for each in made} <= set(NAME_INPUTS)
    assert [each.urn for each in made if not each.azure_name] == []
    assert [each.urn for each in made if takes(each, "tags") and not own.items() <= each.inputs["tags"].items()] == []
    assert {each.inputs["location"] for each in made if takes(each, "location")} == {"westeurope", "global"}
    assert json.dumps([each.inputs for each in private.resources]).count("0.0.0.0/0") == 0


def test_an_open_endpoint_in_a_private_stack_ends_the_program(program: Program, tmp_path: Any) -> None:
    file = tmp_path / "endpoints" / "sales" / "online" / "endpoint.yml"
    file.parent.mkdir(parents=True)
    file.write_text("public_network_access: enabled\n", encoding="utf-8")

    with pytest.raises(pulumi.RunError, match=r"endpoints/sales/online/endpoint\.yml: public_network_access: is ena"):
        program(settings=PRIVATE)
