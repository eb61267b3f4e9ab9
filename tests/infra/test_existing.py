"""The program with things that exist already: used by their ids, left as they are, refused together when unfit."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pulumi
import pytest
from support.pulumi_program import Program, Run

from windlass.infra.lookups import LOOKUPS
from windlass.project.outputs import OUTPUT_NAME, StackOutputs
from windlass.project.settings import LOCAL_SUBSCRIPTION, LOCAL_TENANT, Settings
from windlass.project.settings.bring import TYPES
from windlass.project.subnets import addresses_needed

SHARED = f"/subscriptions/{LOCAL_SUBSCRIPTION}/resourceGroups/shared/providers"
ELSEWHERE = SHARED.replace(LOCAL_SUBSCRIPTION, "66666666-7777-4888-8999-aaaaaaaaaaaa")
ACCOUNT = f"{SHARED}/Microsoft.Storage/storageAccounts/theirdata"
VAULT = f"{SHARED}/Microsoft.KeyVault/vaults/their-vault"
REGISTRY = f"{SHARED}/Microsoft.ContainerRegistry/registries/theirimages"
LOGS = f"{SHARED}/Microsoft.OperationalInsights/workspaces/their-logs"
INSIGHTS = f"{SHARED}/Microsoft.Insights/components/their-traces"
WORKSPACE = f"{SHARED}/Microsoft.MachineLearningServices/workspaces/their-ml"
IDENTITIES = f"{SHARED}/Microsoft.ManagedIdentity/userAssignedIdentities"

THERE: Mapping[str, Mapping[str, Any]] = {
    ACCOUNT: {
        "location": "westeurope",
        "kind": "StorageV2",
        "sku": {"name": "Standard_LRS"},
        "minimumTlsVersion": "TLS1_2",
    },
    VAULT: {"location": "westeurope", "properties": {"tenantId": LOCAL_TENANT, "enableRbacAuthorization": True}},
    REGISTRY: {"location": "westeurope", "sku": {"name": "Basic"}},
    LOGS: {"location": "westeurope"},
    INSIGHTS: {"location": "westeurope", "workspaceResourceId": LOGS},
    WORKSPACE: {
        "location": "westeurope",
        "storageAccount": ACCOUNT,
        "keyVault": VAULT,
        "containerRegistry": REGISTRY,
        "applicationInsights": INSIGHTS,
    },
    **{
        f"{IDENTITIES}/{name}": {
            "location": "westeurope",
            "tenantId": LOCAL_TENANT,
            "principalId": f"who is {name}",
            "clientId": f"how {name} signs in",
        }
        for name in ("them", "batch")
    },
}
EACH = {
    "storage_account": ACCOUNT,
    "key_vault": VAULT,
    "container_registry": REGISTRY,
    "log_workspace": LOGS,
    "identities": {"serving": f"{IDENTITIES}/them", "cluster": f"{IDENTITIES}/batch"},
}
NOT_MADE = {
    "storage_account": "storage:StorageAccount",
    "key_vault": "keyvault:Vault",
    "container_registry": "containerregistry:Registry",
    "log_workspace": "operationalinsights:Workspace",
}


@pytest.fixture(scope="module")
def brought(program_once: Program) -> Run:
    """A run that is brought everything but the workspace."""
    return program_once(settings={"bring": EACH}, existing=THERE)


@pytest.fixture(scope="module")
def hosted(program_once: Program) -> Run:
    """A run that is brought a workspace."""
    return program_once(settings={"bring": {"workspace": WORKSPACE}}, existing=THERE)


def refusal(program: Program, bring: Mapping[str, Any], existing: Mapping[str, Mapping[str, Any]]) -> list[str]:
    with pytest.raises(pulumi.RunError, match=r"^Pulumi\.local\.yaml brings what stack local cannot use") as refused:
        program(settings={"bring": bring}, existing=existing)
    return [line.strip() for line in str(refused.value).splitlines()[1:]]


def scopes(run: Run) -> set[str]:
    return {each.inputs["scope"] for each in run.of("authorization:RoleAssignment")}


@pytest.mark.parametrize(("key", "type_"), NOT_MADE.items())
def test_what_is_brought_is_not_made(program: Program, key: str, type_: str) -> None:
    run = program(settings={"bring": {key: EACH[key]}}, existing=THERE)

    assert run.of(type_) == []
    assert [other for other in NOT_MADE.values() if other != type_ and not run.of(other)] == []


def test_the_workspace_stands_on_what_is_brought(brought: Run) -> None:
    (workspace,) = brought.of("machinelearningservices:Workspace")
    (insights,) = brought.of("applicationinsights:Component")

    assert workspace.inputs["storageAccount"] == ACCOUNT
    assert workspace.inputs["keyVault"] == VAULT
    assert workspace.inputs["containerRegistry"] == REGISTRY
    assert insights.inputs["workspaceResourceId"] == LOGS


def test_roles_are_given_on_what_is_brought_and_to_who_is_brought(brought: Run) -> None:
    principals = {each.inputs["principalId"] for each in brought.of("authorization:RoleAssignment")}

    assert {ACCOUNT, VAULT, REGISTRY} <= scopes(brought)
    assert {"who is them", "who is batch"} <= principals


def test_nothing_that_is_brought_is_a_resource_of_the_stack(brought: Run, hosted: Run) -> None:
    for run in (brought, hosted):
        assert {each.azure_name for each in run.resources}.isdisjoint(arm_id.rpartition("/")[2] for arm_id in THERE)


def test_no_component_is_left_empty(brought: Run, hosted: Run) -> None:
    for run in (brought, hosted):
        parents = {each.parent for each in run.resources}
        assert [component.urn for component in run.components if component.urn not in parents] == []


def test_scripts_are_told_the_names_of_what_is_brought(brought: Run) -> None:
    told = StackOutputs.model_validate(brought.outputs[OUTPUT_NAME])

    assert (told.storage_account, told.key_vault, told.container_registry) == (
        "theirdata",
        "their-vault",
        "theirimages",
    )
    assert told.group_of_workspace == told.resource_group


def test_a_workspace_brings_along_what_it_stands_on(hosted: Run) -> None:
    kinds = {each.type.removeprefix("azure-native:") for each in hosted.resources}

    assert kinds == {
        "resources:ResourceGroup",
        "managedidentity:UserAssignedIdentity",
        "authorization:RoleAssignment",
        "machinelearningservices:Compute",
        "machinelearningservices:OnlineEndpoint",
        "machinelearningservices:BatchEndpoint",
        "monitor:ActionGroup",
        "monitor:DiagnosticSetting",
        "monitor:MetricAlert",
        "monitor:ScheduledQueryRule",
        "consumption:Budget",
    }


def test_what_is_brought_is_neither_locked_nor_made_to_send_logs(brought: Run, hosted: Run) -> None:
    for run in (brought, hosted):
        targets = [each.inputs["scope"] for each in run.of("authorization:ManagementLockByScope")]
        targets += [each.inputs["resourceUri"] for each in run.of("monitor:DiagnosticSetting")]
        assert [target for target in targets if target.startswith(SHARED)] == []


def test_everything_in_a_brought_workspace_is_made_in_its_own_group(hosted: Run) -> None:
    inside = [each for each in hosted.resources if each.type.startswith("azure-native:machinelearningservices:")]
    told = StackOutputs.model_validate(hosted.outputs[OUTPUT_NAME])

    assert {(each.inputs["resourceGroupName"], each.inputs["workspaceName"]) for each in inside} == {
        ("shared", "their-ml")
    }
    assert (told.group_of_workspace, told.workspace) == ("shared", "their-ml")


def test_a_brought_workspace_acts_as_it_does_and_gets_no_roles(hosted: Run) -> None:
    identities = {each.name for each in hosted.of("managedidentity:UserAssignedIdentity")}

    assert identities == {"serving-identity", "cluster-identity"}
    assert scopes(hosted) == {ACCOUNT, REGISTRY, WORKSPACE}


def test_no_role_is_given_in_another_subscription_and_its_owner_is_to_be_asked(
    program: Program, caplog: pytest.LogCaptureFixture
) -> None:
    theirs = REGISTRY.replace(SHARED, ELSEWHERE)

    run = program(settings={"bring": {"container_registry": theirs}}, existing={theirs: THERE[REGISTRY]})

    assert theirs not in scopes(run)
    asked = [record.getMessage() for record in caplog.records if record.getMessage().startswith(theirs)]
    assert [message.partition("Ask its owner to give ")[2].partition(" (")[0] for message in asked] == [
        "Contributor",
        "AcrPull",
        "AcrPull",
    ]


def test_everything_unfit_is_told_together(program: Program) -> None:
    unfit = {
        ACCOUNT: {**THERE[ACCOUNT], "isHnsEnabled": True, "minimumTlsVersion": "TLS1_0"},
        VAULT: {**THERE[VAULT], "location": "northeurope"},
    }
    bring = {"storage_account": ACCOUNT, "key_vault": VAULT, "container_registry": REGISTRY}

    lines = refusal(program, bring, unfit)

    at = "windlass:settings.bring"
    assert lines == [
        (
            f"{at}.container_registry: {REGISTRY} does not exist, or was deleted; give the id of one that exists, or "
            "remove the key to have one made"
        ),
        (
            f"{at}.storage_account: {ACCOUNT} has a hierarchical namespace, which the storage of a workspace cannot "
            "have; bring one without"
        ),
        f"{at}.storage_account: {ACCOUNT} takes TLS1_0; set minimumTlsVersion to TLS1_2",
        (f"{at}.key_vault: {VAULT} is in northeurope, but the stack is in westeurope; bring one of the same region"),
    ]


def test_a_workspace_whose_traces_go_nowhere_needs_a_log_workspace(program: Program) -> None:
    existing = {**THERE, INSIGHTS: {"location": "westeurope"}}

    assert refusal(program, {"workspace": WORKSPACE}, existing) == [
        (
            "windlass:settings.bring.log_workspace: is missing: Application Insights of bring.workspace names no Log "
            "Analytics workspace; give one"
        )
    ]
    run = program(settings={"bring": {"workspace": WORKSPACE, "log_workspace": LOGS}}, existing=existing)
    assert run.outputs[OUTPUT_NAME]


def test_nodes_of_every_pool_need_addresses_and_pods_too_when_they_share_the_subnet() -> None:
    pool = {"vm_size": "Standard_DS3_v2", "max_nodes": 3}

    def kubernetes(plugin: str) -> int:
        cluster = {"insecure": True, "network_plugin": plugin, "system": pool, "pools": {"models": pool}}
        document = {"project": "shop", "cloud": "local", "owner": "team", "kubernetes": cluster}
        return addresses_needed(Settings.model_validate(document))["kubernetes"]

    assert kubernetes("azure-overlay") == 8
    assert kubernetes("azure") == 8 * 31


def test_everything_that_can_be_brought_can_be_looked_up() -> None:
    assert {type_.lower() for type_ in TYPES.values()} <= set(LOOKUPS)


@pytest.mark.parametrize("lookup", LOOKUPS.values(), ids=lambda each: each.function)
def test_a_look_up_names_the_arguments_that_the_sdk_takes(lookup: Any) -> None:
    module, _, name = lookup.function.partition(":")
    spec = find_spec("pulumi_azure_native")
    assert spec is not None
    assert spec.origin is not None
    file = Path(spec.origin).parent / module / ("".join(f"_{c.lower()}" if c.isupper() else c for c in name) + ".py")
    keys = {
        node.slice.value
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant)
    }

    assert {"resourceGroupName", *lookup.names} <= keys
