"""Each rule against properties that keep it and properties that break it."""

from __future__ import annotations

import importlib
import inspect
from typing import Any

import pytest

from windlass.policy.model import Facts, Finding, Resource, Rule, Stage
from windlass.policy.rules import RULES
from windlass.policy.upkeep import TAKES_TAGS
from windlass.project.settings import parse_settings

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
GUID = "00000000-0000-4000-8000-000000000001"
GROUP = f"/subscriptions/{GUID}/resourceGroups/rg"
ROLES = f"/subscriptions/{GUID}/providers/Microsoft.Authorization/roleDefinitions"
TAGS = {"project": "shop", "stack": "prod", "owner": "team", "managed-by": "windlass"}
ML = "machinelearningservices"
BY_ID = {rule.id: rule for rule in RULES}

Properties = dict[str, Any]
Row = tuple[str, str, Properties]


def facts(stack: str = "prod", **settings: Any) -> Facts:
    config = {
        "azure-native:location": "westeurope",
        "azure-native:subscriptionId": GUID,
        "azure-native:tenantId": GUID,
        "windlass:settings": {"project": "shop", "cloud": "azure", "owner": "team", **settings},
    }
    return Facts(settings=parse_settings(stack, config))


def findings(rule: str, resource: Resource, about: Facts | None = None) -> tuple[Finding, ...]:
    return BY_ID[rule].judge(resource, about or facts())


def of_stack(rule: str, *resources: Resource, about: Facts | None = None) -> list[str]:
    return [each.urn for each in BY_ID[rule].judge_stack(resources, about or facts())]


def compute(**properties: Any) -> Properties:
    return {"computeName": "cpu", "properties": {"computeType": "AmlCompute", "disableLocalAuth": True, **properties}}


def nodes(**properties: Any) -> Properties:
    return compute(properties=properties)


def extension(**settings: str) -> Properties:
    return {"extensionType": "Microsoft.AzureML.Kubernetes", "configurationSettings": settings}


BREAKS: list[Row] = [
    ("no-public-access", "storage:StorageAccount", {"publicNetworkAccess": "Enabled"}),
    ("no-public-access", "storage:StorageAccount", {}),
    ("no-public-access", "keyvault:Vault", {"properties": {"publicNetworkAccess": "Enabled"}}),
    ("no-public-access", "containerregistry:Registry", {"publicNetworkAccess": "Enabled"}),
    ("no-public-access", f"{ML}:Workspace", {"publicNetworkAccess": "Enabled"}),
    ("no-public-access", f"{ML}:OnlineEndpoint", {"properties": {"publicNetworkAccess": "Enabled"}}),
    ("no-public-access", f"{ML}:OnlineEndpoint", {"properties": {}}),
    ("no-public-access", f"{ML}:Compute", nodes(enableNodePublicIp=True)),
    ("no-public-access", f"{ML}:Compute", nodes()),
    ("no-public-access", "containerservice:ManagedCluster", {}),
    (
        "no-public-access",
        "containerservice:ManagedCluster",
        {"apiServerAccessProfile": {"authorizedIPRanges": ["203.0.113.0/24", "0.0.0.0/0"]}},
    ),
    ("no-public-access", "containerinstance:ContainerGroup", {"ipAddress": {"type": "Public"}}),
    ("no-public-access", "kubernetesconfiguration:Extension", extension(inferenceRouterServiceType="LoadBalancer")),
    ("no-anonymous-access", "storage:StorageAccount", {"allowBlobPublicAccess": True}),
    ("no-anonymous-access", "storage:StorageAccount", {}),
    ("no-anonymous-access", "storage:BlobContainer", {"publicAccess": "Blob"}),
    ("no-anonymous-access", "containerregistry:Registry", {"anonymousPullEnabled": True}),
    ("no-shared-keys", "storage:StorageAccount", {"allowSharedKeyAccess": True}),
    ("no-shared-keys", "storage:StorageAccount", {}),
    ("no-shared-keys", "containerregistry:Registry", {"adminUserEnabled": True}),
    ("no-shared-keys", "keyvault:Vault", {"properties": {"enableRbacAuthorization": False}}),
    ("no-shared-keys", "keyvault:Vault", {"properties": {}}),
    ("no-shared-keys", f"{ML}:Compute", compute(disableLocalAuth=False)),
    ("tls-1-2", "storage:StorageAccount", {"minimumTlsVersion": "TLS1_1"}),
    ("tls-1-2", "storage:StorageAccount", {}),
    ("tls-1-2", "storage:StorageAccount", {"minimumTlsVersion": "TLS1_2", "enableHttpsTrafficOnly": False}),
    ("tls-1-2", "kubernetesconfiguration:Extension", extension(allowInsecureConnections="True")),
    ("no-releases-in-pulumi", f"{ML}:OnlineDeployment", {}),
    ("no-releases-in-pulumi", f"{ML}:BatchDeployment", {}),
    ("no-releases-in-pulumi", f"{ML}:ModelVersion", {}),
    ("no-releases-in-pulumi", "containerinstance:ContainerGroup", {}),
    ("no-releases-in-pulumi", f"{ML}:OnlineEndpoint", {"properties": {"traffic": {"blue": 100}}}),
    ("no-releases-in-pulumi", f"{ML}:OnlineEndpoint", {"properties": {"mirrorTraffic": {"blue": 10}}}),
    ("no-releases-in-pulumi", f"{ML}:BatchEndpoint", {"properties": {"defaults": {"deploymentName": "blue"}}}),
    ("replacement-acknowledged", "storage:StorageAccount", {}),
    ("replacement-acknowledged", f"{ML}:OnlineEndpoint", {}),
    ("replacement-acknowledged", "containerservice:ManagedCluster", {}),
    ("purge-protection", "keyvault:Vault", {"properties": {}}),
    ("no-privileged-roles", "authorization:RoleAssignment", {"roleDefinitionId": f"{ROLES}/8E3AF657-A8FF-443C-A75C-2FE8C4BCB635"}),
    ("no-privileged-roles", "authorization:RoleAssignment", {"roleDefinitionId": f"{ROLES}/18d7d88d-d35e-4fb5-a5c3-7773c20a72d9"}),
    ("narrow-role-scopes", "authorization:RoleAssignment", {"scope": f"/subscriptions/{GUID}"}),
    ("narrow-role-scopes", "authorization:RoleAssignment", {"scope": "/providers/Microsoft.Management/managementGroups/all"}),
    ("tags-present", "storage:StorageAccount", {}),
    ("tags-present", "storage:StorageAccount", {"tags": {**TAGS, "cost": " "}}),
    ("tags-present", "storage:StorageAccount", {"tags": {"project": "shop"}}),
    ("clusters-off-when-idle", f"{ML}:Compute", nodes(scaleSettings={"minNodeCount": 1.0})),
    ("allowed-regions", "storage:StorageAccount", {"location": "eastus"}),
]  # fmt: skip

KEEPS: list[Row] = [
    ("no-public-access", "storage:StorageAccount", {"publicNetworkAccess": "Disabled"}),
    ("no-public-access", "keyvault:Vault", {"properties": {"publicNetworkAccess": "disabled"}}),
    ("no-public-access", f"{ML}:OnlineEndpoint", {"properties": {"publicNetworkAccess": "Disabled"}}),
    ("no-public-access", f"{ML}:OnlineEndpoint", {"properties": {"compute": f"{GROUP}/aks"}}),
    ("no-public-access", f"{ML}:BatchEndpoint", {"properties": {}}),
    ("no-public-access", f"{ML}:Compute", nodes(enableNodePublicIp=False)),
    ("no-public-access", f"{ML}:Compute", {"properties": {"computeType": "Kubernetes"}}),
    ("no-public-access", "containerservice:ManagedCluster", {"apiServerAccessProfile": {"enablePrivateCluster": True}}),
    ("no-public-access", "containerservice:ManagedCluster", {"publicNetworkAccess": "Disabled"}),
    (
        "no-public-access",
        "containerservice:ManagedCluster",
        {"apiServerAccessProfile": {"authorizedIPRanges": ["203.0.113.0/24"]}},
    ),
    ("no-public-access", "containerinstance:ContainerGroup", {"ipAddress": {"type": "Private"}}),
    (
        "no-public-access",
        "kubernetesconfiguration:Extension",
        extension(inferenceRouterServiceType="LoadBalancer", internalLoadBalancerProvider="azure"),
    ),
    ("no-public-access", "kubernetesconfiguration:Extension", extension(inferenceRouterServiceType="ClusterIP")),
    ("no-public-access", "kubernetesconfiguration:Extension", {"extensionType": "microsoft.flux"}),
    ("no-anonymous-access", "storage:StorageAccount", {"allowBlobPublicAccess": False}),
    ("no-anonymous-access", "storage:BlobContainer", {"publicAccess": "None"}),
    ("no-anonymous-access", "containerregistry:Registry", {}),
    ("no-shared-keys", "storage:StorageAccount", {"allowSharedKeyAccess": False}),
    ("no-shared-keys", "containerregistry:Registry", {"adminUserEnabled": False}),
    ("no-shared-keys", "keyvault:Vault", {"properties": {"enableRbacAuthorization": True}}),
    ("no-shared-keys", f"{ML}:Compute", compute()),
    ("tls-1-2", "storage:StorageAccount", {"minimumTlsVersion": "TLS1_2"}),
    ("tls-1-2", "storage:StorageAccount", {"minimumTlsVersion": "TLS1_3", "enableHttpsTrafficOnly": True}),
    ("tls-1-2", "kubernetesconfiguration:Extension", extension(sslSecret="tls")),
    ("purge-protection", "keyvault:Vault", {"properties": {"enablePurgeProtection": True}}),
    ("no-privileged-roles", "authorization:RoleAssignment", {"roleDefinitionId": f"{ROLES}/b24988ac-6180-42a0-ab88-20f7382dd24c"}),
    ("narrow-role-scopes", "authorization:RoleAssignment", {"scope": f"{GROUP}/providers/Microsoft.Storage/storageAccounts/st"}),
    ("narrow-role-scopes", "authorization:RoleAssignment", {"scope": GROUP.replace("resourceGroups", "resourcegroups")}),
    ("tags-present", "storage:StorageAccount", {"tags": {**TAGS, "cost": "42"}}),
    ("tags-present", "storage:BlobContainer", {}),
    ("clusters-off-when-idle", f"{ML}:Compute", nodes(scaleSettings={"minNodeCount": 0.0})),
    ("allowed-regions", "storage:StorageAccount", {"location": "West Europe"}),
    ("allowed-regions", "monitor:ActionGroup", {"location": "global"}),
    ("allowed-regions", "storage:BlobContainer", {}),
]  # fmt: skip


def named(row: Row) -> str:
    return f"{row[0]}-{row[1]}"


@pytest.mark.parametrize("row", BREAKS, ids=named)
def test_a_rule_finds_what_breaks_it(row: Row) -> None:
    rule, type_, properties = row

    found = findings(rule, Resource(type=type_, name="it", urn="urn:it", properties=properties))

    assert found
    assert {(each.urn, each.is_open) for each in found} == {("urn:it", False)}


@pytest.mark.parametrize("row", KEEPS, ids=named)
def test_a_rule_finds_nothing_where_it_is_kept(row: Row) -> None:
    rule, type_, properties = row

    assert findings(rule, Resource(type=type_, name="it", properties=properties)) == ()


@pytest.mark.parametrize(
    ("rule", "type_", "properties"),
    [
        ("no-public-access", "storage:StorageAccount", {"publicNetworkAccess": UNKNOWN}),
        ("no-public-access", "keyvault:Vault", {"properties": UNKNOWN}),
        ("narrow-role-scopes", "authorization:RoleAssignment", {"scope": UNKNOWN}),
        ("no-privileged-roles", "authorization:RoleAssignment", {"roleDefinitionId": UNKNOWN}),
        ("tags-present", "storage:StorageAccount", {"tags": UNKNOWN}),
        ("clusters-off-when-idle", f"{ML}:Compute", {"computeName": "cpu", "properties": UNKNOWN}),
    ],
)
def test_what_a_preview_does_not_know_neither_passes_nor_fails(
    rule: str, type_: str, properties: dict[str, Any]
) -> None:
    found = findings(rule, Resource(type=type_, name="it", properties=properties))

    assert [each.is_open for each in found] == [True]


def test_what_is_wrong_is_found_beside_what_is_not_known() -> None:
    account = Resource(
        type="storage:StorageAccount",
        name="it",
        properties={"minimumTlsVersion": "TLS1_0", "enableHttpsTrafficOnly": UNKNOWN},
    )

    assert [each.is_open for each in findings("tls-1-2", account)] == [False, True]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_says_what_why_and_what_to_do(rule: Rule) -> None:
    for text in (rule.message, rule.reason, rule.remedy):
        assert text.endswith(".")
    assert rule.applies_to
    assert (rule.check is None) != (rule.stack_check is None)


def test_ids_are_unique() -> None:
    assert len(BY_ID) == len(RULES)


def test_the_tables_cover_every_rule() -> None:
    assert {row[0] for row in BREAKS} | WITH_TESTS_OF_THEIR_OWN == set(BY_ID)


WITH_TESTS_OF_THEIR_OWN = {
    "allowed-sizes",
    "budget-present",
    "diagnostics-present",
    "locks-present",
    "no-public-addresses-for-requests",
}


@pytest.mark.parametrize(
    ("stack", "said", "stage"),
    [
        ("prod", None, Stage.PRODUCTION),
        ("prod-eu", None, Stage.PRODUCTION),
        ("staging", None, Stage.STAGING),
        ("dev", None, Stage.DEVELOPMENT),
        ("local", None, Stage.DEVELOPMENT),
        ("eu", "production", Stage.PRODUCTION),
        ("prod", "development", Stage.DEVELOPMENT),
    ],
)
def test_the_stage_is_what_the_settings_say_or_else_what_the_name_says(
    stack: str, said: str | None, stage: Stage
) -> None:
    assert facts(stack, policy={"stage": said}).stage is stage


@pytest.mark.parametrize("rule", ["no-public-access", "purge-protection"])
def test_what_is_asked_of_production_is_not_asked_of_development(rule: str) -> None:
    vault = Resource(type="keyvault:Vault", name="it", properties={"properties": {}})

    assert findings(rule, vault, facts("prod"))
    assert findings(rule, vault, facts("dev")) == ()


def test_what_is_protected_may_be_declared() -> None:
    assert findings("replacement-acknowledged", Resource(type="keyvault:Vault", name="it", protect=True)) == ()


@pytest.mark.parametrize(
    ("stack", "name", "protection", "violates"),
    [
        ("prod", "storage-account", {}, True),
        ("prod", "storage-account", {"may_replace": ["storage-account"]}, False),
        ("prod", "storage-account", {"may_replace": ["vault-vault"]}, True),
        ("prod", "storage-account", {"data": False}, True),
        ("dev", "storage-account", {"data": False}, False),
        ("dev", "storage-account", {}, True),
    ],
)
def test_what_holds_data_may_be_unprotected_when_somebody_said_so(
    stack: str,
    name: str,
    protection: dict[str, Any],
    violates: bool,  # noqa: FBT001 - a column of the table
) -> None:
    account = Resource(type="storage:StorageAccount", name=name)

    assert bool(findings("replacement-acknowledged", account, facts(stack, protection=protection))) is violates


def test_an_endpoint_may_be_unprotected_when_it_is_released_by_name() -> None:
    endpoint = Resource(type=f"{ML}:OnlineEndpoint", name="churn-online-endpoint")
    released = facts(protection={"released_endpoints": ["churn/online"]})

    assert findings("replacement-acknowledged", endpoint)
    assert findings("replacement-acknowledged", endpoint, released) == ()


def test_an_endpoint_leaves_its_properties_to_releases() -> None:
    endpoint = Resource(type=f"{ML}:OnlineEndpoint", name="it", ignore_changes=("properties",))

    assert findings("no-releases-in-pulumi", endpoint) == ()


def test_traffic_that_a_refresh_has_found_is_not_set_by_the_program() -> None:
    found = {"properties": {"traffic": {"churn-2": 100.0}}}
    endpoint = Resource(type=f"{ML}:OnlineEndpoint", name="it", properties=found, ignore_changes=("properties",))

    assert findings("no-releases-in-pulumi", endpoint) == ()


def test_a_cluster_may_keep_nodes_for_a_reason() -> None:
    kept = {"vm_size": "Standard_DS3_v2", "max_nodes": 4, "min_nodes": 1, "kept_because": "scores every minute"}
    cluster = Resource(type=f"{ML}:Compute", name="it", properties=nodes(scaleSettings={"minNodeCount": 1}))

    assert findings("clusters-off-when-idle", cluster, facts(clusters={"cpu": kept})) == ()


def test_more_regions_can_be_allowed() -> None:
    account = Resource(type="storage:StorageAccount", name="it", properties={"location": "northeurope"})

    assert findings("allowed-regions", account, facts(policy={"regions": ["westeurope", "northeurope"]})) == ()


@pytest.mark.parametrize(
    ("type_", "properties"),
    [
        (f"{ML}:Compute", nodes(vmSize="Standard_ND96asr_v4")),
        ("containerservice:ManagedCluster", {"agentPoolProfiles": [{"name": "a", "vmSize": "Standard_ND96asr_v4"}]}),
        ("containerservice:AgentPool", {"vmSize": "Standard_ND96asr_v4"}),
    ],
)
def test_a_size_has_to_be_an_allowed_one(type_: str, properties: dict[str, Any]) -> None:
    machine = Resource(type=type_, name="it", properties=properties)

    assert findings("allowed-sizes", machine, facts(policy={"vm_sizes": ["Standard_DS3_v2"]}))
    assert findings("allowed-sizes", machine, facts(policy={"vm_sizes": ["Standard_ND96ASR_v4"]})) == ()
    assert findings("allowed-sizes", machine) == ()


def test_whatever_keeps_logs_needs_a_setting_that_names_it() -> None:
    vault = Resource(type="keyvault:Vault", name="vault", urn="urn:vault")
    registry = Resource(type="containerregistry:Registry", name="registry", urn="urn:registry")
    setting = Resource(type="monitor:DiagnosticSetting", name="d", references={"resourceUri": frozenset({"urn:vault"})})

    assert of_stack("diagnostics-present", vault, registry, setting) == ["urn:registry"]
    assert of_stack("diagnostics-present", vault, about=facts("dev")) == []


def test_whatever_holds_data_needs_a_lock_or_a_group_with_one() -> None:
    group = Resource(type="resources:ResourceGroup", name="group", urn="urn:group")
    vault = Resource(type="keyvault:Vault", name="vault", urn="urn:vault")
    account = Resource(type="storage:StorageAccount", name="account", urn="urn:account")
    lock = "authorization:ManagementLockByScope"
    on_vault = Resource(type=lock, name="lock", references={"scope": frozenset({"urn:vault"})})
    on_group = Resource(type=lock, name="lock", references={"scope": frozenset({"urn:group"})})

    assert of_stack("locks-present", group, vault, account, on_vault) == ["urn:account"]
    assert of_stack("locks-present", group, vault, account, on_group) == []


def test_a_budget_is_there_and_tells_somebody() -> None:
    silent = Resource(type="consumption:Budget", name="budget", urn="urn:budget", properties={"notifications": {}})
    loud = Resource(
        type="consumption:Budget", name="budget", properties={"notifications": {"a": {"contactEmails": ["a@b.de"]}}}
    )

    assert of_stack("budget-present") == [""]
    assert of_stack("budget-present", silent) == ["urn:budget"]
    assert of_stack("budget-present", loud) == []


@pytest.mark.parametrize(
    ("user", "found"),
    [("network:NatGateway", []), ("network:LoadBalancer", ["urn:ip"]), ("network:Subnet", ["urn:ip"])],
)
def test_a_public_address_belongs_to_a_nat_gateway(user: str, found: list[str]) -> None:
    address = Resource(type="network:PublicIPAddress", name="ip", urn="urn:ip")
    uses = Resource(type=user, name="user", references={"publicIpAddresses": frozenset({"urn:ip"})})

    assert of_stack("no-public-addresses-for-requests", address, uses) == found


@pytest.mark.parametrize("type_", sorted(TAKES_TAGS))
def test_types_that_need_tags_are_types_that_take_them(type_: str) -> None:
    module, name = type_.split(":")
    resource = getattr(importlib.import_module(f"pulumi_azure_native.{module}"), name)

    assert "tags" in inspect.signature(resource._internal_init).parameters
