"""The pack under the real engine: one program that breaks every rule, and one that keeps them all.

Nothing is made: a preview is where rules stop a run. The programs name their resources by type, so that none of them
waits for azure-native to be imported.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from support.azure_host import AzureHost, azure_host
from support.checkout import ROOT, Ran
from support.stack import Stack, said

from windlass.policy.model import Rule
from windlass.policy.rules import RULES

PACK = ("--policy-pack", str(ROOT / "infra" / "policy"))
ELSEWHERE = "00000000-0000-4000-8000-000000000001"
"""A subscription of Azure: the local one's cannot be named by a stack on Azure."""

VIOLATION = re.compile(r"- \[(mandatory|advisory)]  (\S+)  \((\S+): (\S+)\)")
HEAD = """
import pulumi

class Azure(pulumi.CustomResource):
    def __init__(self, type_, name, props, **options):
        there = pulumi.ResourceOptions(provider=THERE, **options)
        super().__init__(f"azure-native:{type_}", name, {**props, "id": None}, there)

# The rules take the stack for one on Azure; what the provider signs in to is the fake of it.
THERE = pulumi.ProviderResource("azure-native", "there", {
    "tenantId": "10ca1000-0000-4000-8000-000000000001", "subscriptionId": "10ca1000-0000-4000-8000-000000000002"})
GROUP = "/subscriptions/10ca1000-0000-4000-8000-000000000002/resourceGroups/rg"
ROLES = "/subscriptions/10ca1000-0000-4000-8000-000000000002/providers/Microsoft.Authorization/roleDefinitions"
ML = {"resourceGroupName": "rg", "workspaceName": "ws"}
OURS = {"project": "shop", "stack": "local", "owner": "team", "managed-by": "windlass"}
"""
BAD = """
Azure("storage:StorageAccount", "account", {
    "resourceGroupName": "rg", "accountName": "stbad", "kind": "StorageV2", "sku": {"name": "Standard_LRS"},
    "location": "eastus", "publicNetworkAccess": "Enabled", "allowBlobPublicAccess": True,
    "allowSharedKeyAccess": True, "minimumTlsVersion": "TLS1_0", "tags": {"owner": ""}})
Azure("keyvault:Vault", "vault", {
    "resourceGroupName": "rg", "vaultName": "kv-bad",
    "properties": {"tenantId": "10ca1000-0000-4000-8000-000000000001", "sku": {"family": "A", "name": "standard"}}})
Azure("authorization:RoleAssignment", "owner", {
    "scope": "/subscriptions/10ca1000-0000-4000-8000-000000000002", "principalType": "ServicePrincipal",
    "principalId": "0bdec700-0000-4000-8000-000000000004",
    "roleDefinitionId": f"{ROLES}/8e3af657-a8ff-443c-a75c-2fe8c4bcb635"})
Azure("machinelearningservices:Compute", "cluster", {**ML, "computeName": "cpu", "properties": {
    "computeType": "AmlCompute", "properties": {"vmSize": "Standard_ND96asr_v4", "scaleSettings": {
        "minNodeCount": 2, "maxNodeCount": 4, "nodeIdleTimeBeforeScaleDown": "PT120S"}}}})
Azure("machinelearningservices:OnlineEndpoint", "endpoint", {**ML, "endpointName": "bad", "properties": {
    "authMode": "Key", "traffic": {"blue": 100}}})
Azure("network:PublicIPAddress", "door", {
    "resourceGroupName": "rg", "publicIpAddressName": "ip-bad", "location": "westeurope", "sku": {"name": "Standard"},
    "publicIPAllocationMethod": "Static", "tags": OURS})
"""


GOOD = """
tags = OURS
account = Azure("storage:StorageAccount", "account", {
    "resourceGroupName": "rg", "accountName": "stgood", "kind": "StorageV2", "sku": {"name": "Standard_LRS"},
    "location": "westeurope", "publicNetworkAccess": "Disabled", "allowBlobPublicAccess": False,
    "allowSharedKeyAccess": False, "minimumTlsVersion": "TLS1_2", "tags": tags}, protect=True)
vault = Azure("keyvault:Vault", "vault", {
    "resourceGroupName": "rg", "vaultName": "kv-good", "tags": tags, "properties": {
    "tenantId": "10ca1000-0000-4000-8000-000000000001", "sku": {"family": "A", "name": "standard"},
    "enableRbacAuthorization": True, "enablePurgeProtection": True, "publicNetworkAccess": "Disabled"}}, protect=True)
Azure("authorization:RoleAssignment", "reader", {
    "scope": account.id, "principalType": "ServicePrincipal", "principalId": "0bdec700-0000-4000-8000-000000000004",
    "roleDefinitionId": f"{ROLES}/2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"})
Azure("machinelearningservices:Compute", "cluster", {**ML, "computeName": "cpu", "tags": tags, "properties": {
    "computeType": "AmlCompute", "disableLocalAuth": True, "properties": {
        "vmSize": "Standard_DS3_v2", "enableNodePublicIp": False, "scaleSettings": {
            "minNodeCount": 0, "maxNodeCount": 4, "nodeIdleTimeBeforeScaleDown": "PT120S"}}}})
Azure("machinelearningservices:OnlineEndpoint", "endpoint", {**ML, "endpointName": "good", "tags": tags, "properties": {
    "authMode": "Key", "publicNetworkAccess": "Disabled"}}, protect=True, ignore_changes=["properties"])
way_out = Azure("network:PublicIPAddress", "way-out", {
    "resourceGroupName": "rg", "publicIpAddressName": "ip-good", "location": "westeurope", "sku": {"name": "Standard"},
    "publicIPAllocationMethod": "Static", "tags": tags})
Azure("network:NatGateway", "nat", {
    "resourceGroupName": "rg", "natGatewayName": "nat-good", "location": "westeurope", "sku": {"name": "Standard"},
    "publicIpAddresses": [{"id": way_out.id}], "tags": tags})
for name, held in {"account": account, "vault": vault}.items():
    Azure("authorization:ManagementLockByScope", f"{name}-lock", {
        "scope": held.id, "level": "CanNotDelete", "lockName": "holds-data"})
Azure("consumption:Budget", "budget", {
    "scope": GROUP, "budgetName": "monthly", "amount": 100, "category": "Cost", "timeGrain": "Monthly",
    "timePeriod": {"startDate": "2026-12-01T00:00:00Z"}, "notifications": {"spent": {
        "enabled": True, "operator": "GreaterThan", "threshold": 80, "contactEmails": ["team@example.com"]}}})
blobs = account.id.apply(lambda id_: f"{id_}/blobServices/default")
for name, logged in {"account": blobs, "vault": vault.id}.items():
    Azure("monitor:DiagnosticSetting", f"{name}-logs", {
        "resourceUri": logged, "name": "logs",
        "workspaceId": f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/l",
        "logs": [{"categoryGroup": "allLogs", "enabled": True}]})
"""
EXCEPTED = {"diagnostics-present": "callers of the endpoint log themselves"}
BREAKERS = {
    "no-public-access": {"account", "vault", "cluster", "endpoint"},
    "no-public-addresses-for-requests": {"door"},
    "no-anonymous-access": {"account"},
    "no-shared-keys": {"account", "vault", "cluster"},
    "tls-1-2": {"account"},
    "no-releases-in-pulumi": {"endpoint"},
    "replacement-acknowledged": {"account", "vault", "endpoint"},
    "locks-present": {"account", "vault"},
    "purge-protection": {"vault"},
    "no-privileged-roles": {"owner"},
    "narrow-role-scopes": {"owner"},
    "tags-present": {"account", "vault", "cluster", "endpoint"},
    "diagnostics-present": {"account", "vault", "endpoint", "door"},
    "clusters-off-when-idle": {"cluster"},
    "allowed-regions": {"account"},
    "allowed-sizes": {"cluster"},
    "budget-present": {"demo-local"},
}
"""Rule -> what breaks it in the bad program."""


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AzureHost]:
    with azure_host(tmp_path_factory.mktemp("azure")) as running:
        yield running


@pytest.fixture(scope="module")
def stack(host: AzureHost, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    made = Stack(tmp_path_factory.mktemp("stack"), HEAD + BAD, host.environment)
    for key, value in {"subscriptionId": ELSEWHERE, "tenantId": ELSEWHERE}.items():
        made.configure(f"azure-native:{key}", value)
    return made


def hold_to(stack: Stack, stage: str, **more: Any) -> None:
    policy = {"stage": stage, "vm_sizes": ["Standard_DS3_v2"], **more}
    settings = {"project": "shop", "cloud": "azure", "owner": "team", "policy": policy}
    stack.configure("windlass:settings", json.dumps(settings))


def violations(ran: Ran) -> dict[str, set[str]]:
    """Rule -> the resources that break it, as the engine lists them."""
    found: dict[str, set[str]] = {}
    for level, rule, _, name in VIOLATION.findall(ran.out):
        if level == "mandatory":
            found.setdefault(rule, set()).add(name)
    return found


@pytest.fixture(scope="module")
def refused(stack: Stack, host: AzureHost) -> Ran:
    hold_to(stack, "production")
    ran = stack.run("preview", *PACK)
    assert host.arm.requests("PUT") == []
    return ran


@pytest.fixture(scope="module")
def accepted(stack: Stack, refused: Ran) -> Ran:
    assert refused.code  # the bad program goes first
    stack.write(HEAD + GOOD)
    hold_to(stack, "production", exceptions=EXCEPTED)
    return stack.run("preview", *PACK)


def test_a_program_that_breaks_rules_is_stopped(refused: Ran) -> None:
    assert refused.code != 0
    assert "preview failed" in said(refused)


@pytest.mark.parametrize("rule", [each for each in RULES if each.id in BREAKERS], ids=lambda each: each.id)
def test_each_broken_rule_is_told_with_message_reason_and_remedy(rule: Rule, refused: Ran) -> None:
    assert violations(refused)[rule.id] == BREAKERS[rule.id]
    for text in (rule.message, f"Why: {rule.reason}", f"Do: {rule.remedy}"):
        assert text in refused.out


def test_every_rule_stops_a_program_here() -> None:
    assert set(BREAKERS) == {rule.id for rule in RULES}


def test_a_program_that_keeps_the_rules_passes(accepted: Ran) -> None:
    accepted.ok()

    assert violations(accepted) == {}


def test_an_exception_is_told_with_its_reason(accepted: Ran) -> None:
    advice = [(rule, name) for level, rule, _, name in VIOLATION.findall(accepted.out) if level == "advisory"]

    assert ("diagnostics-present", "endpoint") in advice
    assert f"Accepted in policy.exceptions: {EXCEPTED['diagnostics-present']}" in accepted.out


def test_what_a_preview_cannot_know_is_said_once_and_stops_nothing(accepted: Ran) -> None:
    assert accepted.out.count("not judged yet") == 1
    assert "made: reader. `up` judges it then." in accepted.out


def test_an_exception_from_a_rule_that_is_none_is_refused(stack: Stack, accepted: Ran) -> None:
    accepted.ok()
    hold_to(stack, "production", exceptions={"no-public-acces": "a slip of the pen"})

    ran = stack.run("preview", *PACK)

    assert ran.code != 0
    assert "policy.exceptions names no-public-acces, which is no rule" in said(ran)
