"""What a change means, by the tables: one line per rule that matters, and what no table knows is never safe."""

from __future__ import annotations

from typing import Any

import pytest
from support.reports import created, deleted, meanings, only_change, report_of, updated, urn

from windlass.delivery.digest import BLINDED, UNKNOWN, PreviewStep
from windlass.delivery.losses import LOSSES
from windlass.delivery.table import TABLE

ACCOUNT = "storage:StorageAccount"
VAULT = "keyvault:Vault"
REGISTRY = "containerregistry:Registry"
LOGS = "operationalinsights:Workspace"
ROLE = "authorization:RoleAssignment"
RULES = "network:NetworkSecurityGroup"
NETWORK = "network:VirtualNetwork"
WORKSPACE = "machinelearningservices:Workspace"
COMPUTE = "machinelearningservices:Compute"
ONLINE = "machinelearningservices:OnlineEndpoint"
AKS = "containerservice:ManagedCluster"
POOL = "containerservice:AgentPool"
EXTENSION = "kubernetesconfiguration:Extension"
LOCK = "authorization:ManagementLockByScope"
OUTBOUND = "machinelearningservices:ManagedNetworkSettingsRule"
SCOPE = "/subscriptions/s/resourceGroups/g"
PULL, PUSH = (f"/x/{guid}" for guid in ("7f951dda-4ed3-4680-a7ca-43fe172d538d", "8311e382-0749-4cb8-b61a-304f252e45ec"))


def nodes(**more: Any) -> dict[str, Any]:
    scale = {"minNodeCount": more.pop("fewest", 0), "maxNodeCount": more.pop("most", 4)}
    return {"properties": {"properties": {"vmSize": "Standard_DS3_v2", "scaleSettings": scale, **more}}}


def rule(access: str, **more: Any) -> dict[str, Any]:
    return {"name": "a", "access": access, "direction": "Inbound", **more}


def acl(**more: Any) -> dict[str, Any]:
    return {"networkRuleSet": {"bypass": "AzureServices", "defaultAction": "Deny", **more}}


CHANGES: list[tuple[str, Any, Any, list[str]]] = [
    (ACCOUNT, {"tags": {"a": "1"}}, {"tags": {"a": "2"}}, ["cosmetic"]),
    (ACCOUNT, {"allowSharedKeyAccess": False}, {"allowSharedKeyAccess": True}, ["widens-permission"]),
    (ACCOUNT, {"allowSharedKeyAccess": False}, {}, ["widens-permission"]),
    (ACCOUNT, {"allowSharedKeyAccess": True}, {"allowSharedKeyAccess": False}, ["changes-behaviour"]),
    (ACCOUNT, {"publicNetworkAccess": "Disabled"}, {"publicNetworkAccess": "Enabled"}, ["opens-network"]),
    (ACCOUNT, {"publicNetworkAccess": "Disabled"}, {}, ["opens-network"]),
    (ACCOUNT, {"publicNetworkAccess": "Enabled"}, {"publicNetworkAccess": "Disabled"}, ["touches-traffic"]),
    (ACCOUNT, acl(), acl(defaultAction="Allow"), ["opens-network"]),
    (ACCOUNT, acl(), {}, ["opens-network", "changes-behaviour"]),
    (ACCOUNT, acl(ipRules=[{"iPAddressOrRange": "1.2.3.4"}]), acl(ipRules=[]), ["touches-traffic"]),
    (ACCOUNT, acl(ipRules=[]), acl(ipRules=[{"iPAddressOrRange": "0.0.0.0/1"}]), ["opens-network"]),
    (ACCOUNT, {"minimumTlsVersion": "TLS1_2"}, {"minimumTlsVersion": "TLS1_0"}, ["opens-network"]),
    (ACCOUNT, {"sku": {"name": "Standard_LRS"}}, {"sku": {"name": "Standard_ZRS"}}, ["changes-cost"]),
    (ACCOUNT, {"keyPolicy": {"a": 1}}, {"keyPolicy": {"a": 2}}, ["unknown"]),
    (VAULT, {"properties": {"enablePurgeProtection": True}}, {"properties": {"x": 1}}, ["unknown", "unprotects"]),
    (VAULT, {"properties": {"accessPolicies": []}}, {"properties": {"accessPolicies": [{"tenantId": "t"}]}},
     ["widens-permission"]),
    (REGISTRY, {"sku": {"name": "Basic"}}, {"sku": {"name": "Premium"}}, ["changes-cost"]),
    (REGISTRY, {"adminUserEnabled": False}, {"adminUserEnabled": True}, ["widens-permission"]),
    (LOGS, {"retentionInDays": 90}, {"retentionInDays": 30}, ["loses-data"]),
    (LOGS, {"retentionInDays": 30}, {"retentionInDays": 90}, ["changes-cost"]),
    (ROLE, {"roleDefinitionId": PULL}, {"roleDefinitionId": PUSH}, ["widens-permission"]),
    (ROLE, {"roleDefinitionId": PUSH}, {"roleDefinitionId": PULL}, ["changes-behaviour"]),
    (ROLE, {"principalType": "User"}, {"principalType": "Group"}, ["widens-permission"]),
    (RULES, {"securityRules": [rule("Deny")]}, {"securityRules": [rule("Allow")]}, ["opens-network"]),
    (RULES, {"securityRules": [rule("Allow")]}, {"securityRules": [rule("Deny")]}, ["touches-traffic"]),
    (RULES, {"securityRules": []}, {"securityRules": [rule("Allow")]}, ["opens-network"]),
    (RULES, {"securityRules": [rule("Deny")]}, {"securityRules": []}, ["opens-network"]),
    (RULES, {"securityRules": [rule("Allow")]}, {"securityRules": []}, ["touches-traffic"]),
    (RULES, {"securityRules": [rule("Allow", priority=1)]}, {"securityRules": [rule("Allow", priority=2)]},
     ["opens-network"]),
    (NETWORK, {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}, {"addressSpace": {"addressPrefixes": ["x"]}},
     ["touches-traffic"]),
    (NETWORK, {"subnets": [{"name": "a", "networkSecurityGroup": {"id": "/g"}}]}, {"subnets": [{"name": "a"}]},
     ["opens-network"]),
    (WORKSPACE, {"managedNetwork": {"isolationMode": "AllowOnlyApprovedOutbound"}},
     {"managedNetwork": {"isolationMode": "AllowInternetOutbound"}}, ["opens-network"]),
    (WORKSPACE, {"systemDatastoresAuthMode": "identity"}, {"systemDatastoresAuthMode": "accessKey"},
     ["widens-permission"]),
    (WORKSPACE, {"friendlyName": "a"}, {"friendlyName": "b"}, ["cosmetic"]),
    (OUTBOUND, {"properties": {"type": "FQDN", "destination": "a"}}, {"properties": {"type": "FQDN", "destination":
     "*"}}, ["opens-network"]),
    (COMPUTE, nodes(), nodes(most=8), ["needs-quota", "changes-cost"]),
    (COMPUTE, nodes(most=8), nodes(), ["changes-cost"]),
    (COMPUTE, nodes(), nodes(remoteLoginPortPublicAccess="Enabled"), ["opens-network"]),
    (ONLINE, {"properties": {"authMode": "AADToken"}}, {"properties": {"authMode": "Key"}},
     ["touches-traffic", "widens-permission"]),
    (ONLINE, {"properties": {"traffic": {"a": 100}}}, {"properties": {"traffic": {"b": 100}}}, ["touches-traffic"]),
    (AKS, {"apiServerAccessProfile": {"enablePrivateCluster": True}}, {"apiServerAccessProfile": {}},
     ["opens-network"]),
    (AKS, {"kubernetesVersion": "1.32"}, {"kubernetesVersion": "1.33"}, ["touches-traffic"]),
    (AKS, {"sku": {"tier": "Free"}}, {"sku": {"tier": "Standard"}}, ["changes-cost"]),
    (EXTENSION, {"configurationSettings": {"allowInsecureConnections": "False"}},
     {"configurationSettings": {"allowInsecureConnections": "True"}}, ["opens-network"]),
    (EXTENSION, {"configurationSettings": {"scoringFe.sslSecret": "a"}},
     {"configurationSettings": {"scoringFe.sslSecret": "b"}}, ["touches-traffic", "changes-secret"]),
    (LOCK, {"level": "ReadOnly"}, {"level": "CanNotDelete"}, ["unprotects"]),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "before", "after", "meant"), CHANGES, ids=lambda value: str(value)[:60])
def test_a_changed_property_means_what_its_row_says(type_: str, before: Any, after: Any, meant: list[str]) -> None:
    assert meanings(updated(type_, before, after)) == meant


def test_a_provider_that_tells_every_path_is_understood_alike() -> None:
    before, after = acl(), acl(defaultAction="Allow")

    assert meanings(updated(ACCOUNT, before, after, "networkRuleSet.defaultAction")) == ["opens-network"]


def test_a_path_that_is_told_twice_as_reason_and_as_difference_is_one() -> None:
    before, after = ({"networkProfile": {"outboundType": kind}} for kind in ("userAssignedNATGateway", "loadBalancer"))
    step = updated(AKS, before, after, "networkProfile.outboundType", replaces=True)

    change = only_change(step.model_copy(update={"replace_reasons": ("networkProfile.outboundType",)}))

    assert [each.path for each in change.differences] == ["networkProfile.outboundType"]
    assert {each.meaning.value for each in change.findings} == {"interrupts-service", "touches-traffic"}


def test_a_rule_is_known_by_its_name_wherever_it_stands_in_the_list() -> None:
    olds = [rule("Allow"), {**rule("Deny"), "name": "b"}]
    news = [{**rule("Allow"), "name": "new"}, *olds]

    change = only_change(
        updated(RULES, {"securityRules": olds}, {"securityRules": news}, "securityRules[0].name", "securityRules[2]")
    )

    assert [each.path for each in change.differences] == ["securityRules.new"]
    assert change.findings[0].why == "a rule lets more through"


@pytest.mark.parametrize("type_", sorted(LOSSES))
def test_what_is_lost_with_a_type_is_said_when_it_goes(type_: str) -> None:
    change = only_change(deleted(type_))

    assert change.findings[0].why == LOSSES[type_].consequence
    assert change.findings[0].meaning.value == LOSSES[type_].risk.value.replace("_", "-")


@pytest.mark.parametrize("type_", sorted(TABLE))
def test_every_type_of_the_tables_can_go_and_be_made_anew(type_: str) -> None:
    gone = only_change(deleted(type_)).findings
    anew = only_change(updated(type_, {"location": "a"}, {"location": "b"}, replaces=True)).findings

    assert "unknown" not in {each.meaning.value for each in (*gone, *anew)}
    assert gone[0].meaning is anew[0].meaning


@pytest.mark.parametrize(
    ("step", "meant"),
    [
        (deleted("network:Firewall"), ["unknown"]),
        (created("network:Firewall", {"a": 1}), ["unknown"]),
        (updated("network:Firewall", {"a": 1}, {"a": 2}), ["unknown"]),
        (updated("network:Firewall", {"a": BLINDED}, {"a": BLINDED}, "a"), ["unknown", "changes-secret"]),
        (updated(ACCOUNT, {"new": 1}, {"new": 2}), ["unknown"]),
    ],
)
def test_what_no_table_knows_is_unknown_and_never_safe(step: PreviewStep, meant: list[str]) -> None:
    assert meanings(step) == meant
    assert meanings(step, is_new=True)[0] == "unknown"


def test_a_property_of_a_new_resource_that_no_table_knows_is_unknown_too() -> None:
    assert meanings(created("storage:BlobContainer", {"weather": "fine"})) == ["unknown", "adds"]


def test_a_secret_is_said_to_change_and_shown_nowhere() -> None:
    protected = {"configurationProtectedSettings": {"a": BLINDED}}

    change = only_change(updated(EXTENSION, protected, protected, "configurationProtectedSettings.a"))

    assert [each.meaning.value for each in change.findings] == ["changes-secret"]
    assert (change.differences[0].before, change.differences[0].after) == ("(secret)", "(secret)")


def test_what_is_not_known_yet_may_be_all_that_it_can_be() -> None:
    step = updated(ACCOUNT, {"publicNetworkAccess": "Disabled"}, {"publicNetworkAccess": UNKNOWN})

    assert meanings(step) == ["perhaps touches-traffic", "perhaps opens-network"]


def test_an_id_of_something_that_is_only_updated_stays() -> None:
    identity = updated("managedidentity:UserAssignedIdentity", {"tags": {"a": "1"}}, {"tags": {"a": "2"}}, name="me")
    identity = identity.model_copy(
        update={"old_state": identity.old_state.model_copy(update={"outputs": {"principalId": "p"}})}  # type: ignore[union-attr]
    )
    role = updated(ROLE, {"principalId": "p", "scope": SCOPE}, {"principalId": UNKNOWN, "scope": SCOPE}, replaces=True)
    source = urn("me", "managedidentity:UserAssignedIdentity")
    state = role.new_state.model_copy(update={"property_dependencies": {"principalId": (source,)}})  # type: ignore[union-attr]

    report = report_of(identity, role.model_copy(update={"new_state": state}))

    assert report.meanings == ("cosmetic",)
    (found,) = (each for each in report.changes if each.type == ROLE)
    assert found.stays
    assert found.findings[0].why.startswith("the preview cannot know it yet")
    assert report.risk.value == "none"


def test_an_id_of_something_that_is_made_anew_does_not_stay() -> None:
    identity = updated("managedidentity:UserAssignedIdentity", {"a": 1}, {"a": 2}, name="me", replaces=True)
    role = updated(ROLE, {"principalId": "p"}, {"principalId": UNKNOWN}, replaces=True)
    state = role.new_state.model_copy(update={"dependencies": (identity.urn,)})  # type: ignore[union-attr]

    report = report_of(identity, role.model_copy(update={"new_state": state}))

    assert "interrupts-service" in report.meanings
    assert "widens-permission" in report.meanings


def test_a_new_role_says_who_gets_what() -> None:
    inputs = {"principalId": "p", "principalType": "Group", "roleDefinitionId": PULL, "scope": SCOPE}

    change = only_change(created(ROLE, inputs))

    assert change.findings[0].meaning.value == "widens-permission"
    assert change.findings[0].why == "everybody in a group gets AcrPull on the whole resource group"


def test_in_a_new_stack_a_role_and_a_public_address_are_no_widening() -> None:
    role = created(ROLE, {"principalType": "ServicePrincipal", "roleDefinitionId": PULL}, "role")
    account = created(ACCOUNT, {"publicNetworkAccess": "Enabled", "allowSharedKeyAccess": False}, "account")

    report = report_of(role, account, is_new=True)

    assert report.meanings == ("adds",)
    assert "the account answers on a public address" in {
        finding.why for change in report.changes for finding in change.findings
    }


def test_one_more_public_address_is_no_opening_where_all_are_public() -> None:
    endpoint = created(ONLINE, {"properties": {"publicNetworkAccess": "Enabled", "authMode": "Key"}})

    assert meanings(endpoint) == ["opens-network", "adds"]
    assert meanings(endpoint, is_public=True) == ["adds"]


def test_what_is_open_unless_it_is_said_counts_as_open() -> None:
    assert meanings(created(ACCOUNT, {})) == ["widens-permission", "opens-network", "adds"]


def test_a_cluster_says_which_cores_it_may_need() -> None:
    made = only_change(created(COMPUTE, nodes(most=6)), is_public=True)
    spot = only_change(created(COMPUTE, nodes(most=6, vmPriority="LowPriority")), is_public=True)

    assert made.findings[0].why == "24 cores of family DSv2 at the most (6 x 4)"
    assert spot.findings[0].why == "24 cores of low-priority machines at the most (6 x 4)"


def test_a_pool_with_more_nodes_says_how_many_cores_more() -> None:
    def pool(most: int) -> dict[str, Any]:
        return {"vmSize": "Standard_D4s_v3", "enableAutoScaling": True, "maxCount": most}

    change = only_change(updated(POOL, pool(2), pool(5)))

    assert change.findings[0].why == "20 cores of family DSv3 at the most (5 x 4), 12 more than now"
    assert change.findings[0].paths == ("maxCount",)


def test_an_update_of_which_nothing_is_said_is_not_taken_for_safe() -> None:
    step = PreviewStep.model_validate({"op": "update", "urn": urn(), "oldState": {"custom": True}})

    assert meanings(step) == ["unknown"]
