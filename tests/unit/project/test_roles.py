"""Roles are derived from what a stack declares, so their rules are looked at without a program."""

from __future__ import annotations

import uuid
from collections import Counter
from typing import Any

import pytest

from windlass.project.endpoints import EndpointFolder
from windlass.project.permissions import list_permissions
from windlass.project.roles import (
    BEFORE_THE_WORKSPACE,
    Grant,
    Role,
    acting_identities,
    derive_grants,
    on_targets,
)
from windlass.project.serving import Serving
from windlass.project.settings import AzureSettings, Settings, StackSettings

CLUSTER = {"vm_size": "Standard_DS3_v2", "max_nodes": 2}
PERSON, ROBOT = "11111111-2222-4333-8444-555555555555", "66666666-7777-4888-8999-aaaaaaaaaaaa"
DEPLOYERS = {"ana": {"object_id": PERSON, "type": "User"}, "release": {"object_id": ROBOT, "type": "ServicePrincipal"}}
ONLINE = EndpointFolder(model="churn", kind="online", auth_mode="key")
GROUPS = EndpointFolder(model="price", kind="online", auth_mode="key", serving=Serving(compute="container-instance"))
BATCH = EndpointFolder(model="churn", kind="batch", auth_mode="aad_token")
MODELS_RUN_AS = ("serving", "cluster")


def settings(**more: Any) -> Settings:
    return Settings.model_validate({"project": "shop", "cloud": "local", "owner": "team", **more})


KUBERNETES = {"insecure": True}
FULL = settings(clusters={"cpu": CLUSTER}, deployers=DEPLOYERS, kubernetes=KUBERNETES, network={"mode": "private"})
EVERYTHING = (ONLINE, BATCH, GROUPS)
TABLE = derive_grants(FULL, EVERYTHING)


def roles(principal: str, target: str) -> set[Role]:
    return {grant.role for grant in TABLE if (grant.principal, grant.target) == (principal, target)}


def principals(*endpoints: EndpointFolder, **more: Any) -> set[str]:
    return {grant.principal for grant in derive_grants(settings(**more), endpoints)}


@pytest.mark.parametrize("role", Role)
def test_a_role_is_named_by_a_guid(role: Role) -> None:
    assert str(uuid.UUID(role.value)) == role.value


@pytest.mark.parametrize("role", Role)
def test_a_role_that_nobody_holds_is_not_in_the_table(role: Role) -> None:
    private = derive_grants(settings(clusters={"cpu": CLUSTER}, network={"mode": "private"}), (BATCH,))

    assert role in {grant.role for grant in (*TABLE, *private)}


def test_no_grant_is_given_twice() -> None:
    assert [name for name, count in Counter(grant.logical_name for grant in TABLE).items() if count > 1] == []


def test_everything_acts_when_everything_is_declared() -> None:
    assert acting_identities(TABLE) == ("workspace", "serving", "cluster", "kubernetes", "kubelet")


def test_nobody_holds_a_role_for_what_is_not_declared() -> None:
    assert principals() == {"workspace"}
    assert principals(BATCH) == {"workspace"}
    assert principals(ONLINE) == {"workspace", "serving"}
    assert principals(clusters={"cpu": CLUSTER}) == {"workspace", "cluster"}
    assert principals(kubernetes=KUBERNETES) == {"workspace", "serving", "kubernetes", "kubelet"}
    assert principals(deployers=DEPLOYERS) == {"workspace", "deployer-ana", "deployer-release"}


def test_a_workspace_that_exists_has_its_roles_already() -> None:
    workspace = "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w"

    assert principals(ONLINE, bring={"workspace": workspace.replace("/s/", f"/{PERSON}/")}) == {"serving"}


@pytest.mark.parametrize("principal", MODELS_RUN_AS)
def test_what_a_model_runs_as_can_pull_its_image_and_cannot_push_one_to_a_public_registry(principal: str) -> None:
    table = derive_grants(settings(clusters={"cpu": CLUSTER}), (ONLINE, BATCH))

    held = {grant.role for grant in table if (grant.principal, grant.target) == (principal, "registry")}

    assert held == {Role.ACR_PULL}


@pytest.mark.parametrize("mode", ["private", "managed"])
def test_a_cluster_pushes_the_images_that_a_private_registry_cannot_build(mode: str) -> None:
    table = derive_grants(settings(clusters={"cpu": CLUSTER}, network={"mode": mode}), (ONLINE, BATCH))

    held = {grant.role for grant in table if (grant.principal, grant.target) == ("cluster", "registry")}
    assert held == {Role.ACR_PUSH}


@pytest.mark.parametrize("principal", MODELS_RUN_AS)
def test_what_a_model_runs_as_sees_no_secret_of_the_workspace(principal: str) -> None:
    assert roles(principal, "vault") == set()


def test_a_model_in_real_time_reads_and_a_batch_job_writes() -> None:
    assert roles("serving", "storage") == {Role.STORAGE_BLOB_DATA_READER}
    assert roles("cluster", "storage") == {Role.STORAGE_BLOB_DATA_CONTRIBUTOR}


def test_a_deployer_works_in_the_workspace_with_its_data_and_changes_nothing_around_it() -> None:
    grants = derive_grants(FULL, (ONLINE, BATCH))

    held = {(grant.role, grant.target) for grant in grants if grant.principal == "deployer-ana"}

    assert held == {
        (Role.AZUREML_DATA_SCIENTIST, "workspace"),
        (Role.STORAGE_BLOB_DATA_CONTRIBUTOR, "storage"),
        (Role.MANAGED_IDENTITY_OPERATOR, "serving-identity"),
    }


def test_a_deployer_to_container_groups_makes_them_in_the_group_and_nothing_else_there() -> None:
    held = {(grant.role, grant.target) for grant in TABLE if grant.principal == "deployer-ana"}

    assert {role for role, target in held if target == "group"} == {Role.CONTAINER_INSTANCES}
    assert (Role.REGISTRY_TASKS, "registry") in held
    assert (Role.KEY_VAULT_SECRETS_OFFICER, "vault") in held


def test_nothing_that_the_workspace_waits_for_is_held_on_the_workspace() -> None:
    before, after = on_targets(TABLE, *BEFORE_THE_WORKSPACE), on_targets(TABLE, "workspace", "kubernetes")

    assert "workspace" not in {grant.target for grant in before}
    assert sorted(grant.logical_name for grant in (*before, *after)) == sorted(grant.logical_name for grant in TABLE)


@pytest.mark.parametrize("grant", TABLE, ids=lambda grant: grant.logical_name)
def test_a_reason_ends_the_sentence_that_it_is_asked_in(grant: Grant) -> None:
    assert grant.reason[0].islower()
    assert not grant.reason.endswith(".")


def test_a_role_is_defined_in_the_subscription_that_it_is_used_in() -> None:
    assert Role.ACR_PULL.definition_id("s") == (
        "/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/7f951dda-4ed3-4680-a7ca-43fe172d538d"
    )


# What people are told


def stack(windlass: Settings = FULL) -> StackSettings:
    azure = AzureSettings(location="westeurope", subscription_id=PERSON, tenant_id=ROBOT)
    return StackSettings(stack="dev", azure=azure, windlass=windlass)


def test_every_grant_is_told_with_its_scope_and_its_command() -> None:
    told = list_permissions(stack(), EVERYTHING)

    assert [each.grant for each in told] == list(TABLE)
    for each in told:
        assert each.scope.id.startswith(f"/subscriptions/{PERSON}/resourceGroups/rg-shop-dev-")
        assert each.command.startswith(f"az role assignment create --name {each.name} --role {each.grant.role.value} ")
        assert str(uuid.UUID(each.name)) == each.name


def test_an_identity_is_looked_up_by_the_command_and_a_deployer_is_known() -> None:
    by_name = {each.grant.logical_name: each for each in list_permissions(stack(), EVERYTHING)}
    serving = by_name["serving-acr-pull-registry"]
    person = by_name["deployer-ana-azureml-data-scientist-workspace"]

    assert f'"$(az identity show --ids {serving.holder.identity_id} --query principalId -o tsv)"' in serving.command
    assert serving.command.endswith("--assignee-principal-type ServicePrincipal")
    assert f"--assignee-object-id {PERSON} --assignee-principal-type User" in person.command


def test_programs_are_told_the_same() -> None:
    (first, *_) = list_permissions(stack(), (ONLINE,))

    assert first.as_json() == {
        "principal": "workspace",
        "name": first.holder.name,
        "type": "ServicePrincipal",
        "identity_id": first.holder.identity_id,
        "object_id": "",
        "role": "Storage Account Contributor",
        "role_id": Role.STORAGE_ACCOUNT_CONTRIBUTOR.value,
        "target": "storage",
        "scope": first.scope.id,
        "reason": first.grant.reason,
        "assignment": first.name,
        "command": first.command,
    }


def test_what_is_brought_is_told_by_its_id_and_what_comes_with_a_workspace_by_a_question() -> None:
    group = f"/subscriptions/{ROBOT}/resourceGroups/hub/providers"
    account = f"{group}/Microsoft.Storage/storageAccounts/ours"
    workspace = f"{group}/Microsoft.MachineLearningServices/workspaces/ours"
    identity = f"{group}/Microsoft.ManagedIdentity/userAssignedIdentities/Ours"
    brought = settings(bring={"storage_account": account, "identities": {"serving": identity}})
    (reads,) = [
        e for e in list_permissions(stack(brought), (ONLINE,)) if e.grant.logical_name.endswith("reader-storage")
    ]
    (pulls, *_) = list_permissions(stack(settings(bring={"workspace": workspace})), (ONLINE,))

    assert (reads.scope.id, reads.holder.identity_id) == (account, identity)
    assert f'--scope "$(az resource show --ids {workspace} --query properties.containerRegistry' in pulls.command
    assert "--name" not in pulls.command.partition(" --role ")[0]
