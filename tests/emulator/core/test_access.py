"""Callers with limited rights: what they may do, and how Azure refuses the rest."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from support.arm_clients import ArmClients, fresh
from support.local_azure import RunningAzure

READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
IDENTITY_OPERATOR = "f1a07417-d97a-45cb-824c-7a7467783830"
ROLES = "providers/Microsoft.Authorization/roleDefinitions"


@dataclass(frozen=True)
class Caller:
    """Somebody with no rights but those that a test gives."""

    arm: ArmClients
    object_id: str


@pytest.fixture
def caller(azure: RunningAzure) -> Iterator[Caller]:
    signed_in, object_id = azure.deployer()
    clients = ArmClients(signed_in)
    yield Caller(clients, object_id)
    clients.close()


def give(arm: ArmClients, scope: str, principal: str, role: str, kind: str = "ServicePrincipal") -> str:
    name = str(uuid.uuid4())
    body = {
        "principal_id": principal,
        "principal_type": kind,
        "role_definition_id": f"/subscriptions/{arm.azure.subscription}/{ROLES}/{role}",
    }
    arm.roles.role_assignments.create(scope, name, body)
    return name


def group_id(arm: ArmClients, group: str) -> str:
    return f"/subscriptions/{arm.azure.subscription}/resourceGroups/{group}"


@pytest.mark.recorded
def test_a_caller_without_a_role_is_refused_in_azures_words(arm: ArmClients, caller: Caller) -> None:
    scope = group_id(arm, arm.group())

    with pytest.raises(HttpResponseError) as refused:
        caller.arm.resources.resource_groups.get(scope.rpartition("/")[2])

    assert refused.value.status_code == 403
    assert refused.value.error.code == "AuthorizationFailed"
    # As in Azure/azure-cli#29802, word for word.
    assert refused.value.error.message.lower() == (
        f"the client '{caller.object_id}' with object id '{caller.object_id}' does not have authorization to perform "
        f"action 'microsoft.resources/subscriptions/resourcegroups/read' over scope '{scope.lower()}' or the scope is "
        "invalid. if access was recently granted, please refresh your credentials."
    )


@pytest.mark.specified
def test_a_role_counts_at_its_scope_and_below_it(arm: ArmClients, caller: Caller) -> None:
    mine, other = arm.group(), arm.group()
    give(arm, group_id(arm, mine), caller.object_id, CONTRIBUTOR)

    made = caller.arm.identities.user_assigned_identities.create_or_update(mine, "one", {"location": "westeurope"})

    assert made.name == "one"
    with pytest.raises(HttpResponseError, match="AuthorizationFailed"):
        caller.arm.identities.user_assigned_identities.create_or_update(other, "one", {"location": "westeurope"})


@pytest.mark.specified
def test_a_role_on_a_resource_is_none_on_its_neighbour(arm: ArmClients, caller: Caller) -> None:
    group = arm.group()
    for name in ("one", "onetwo"):
        arm.identities.user_assigned_identities.create_or_update(group, name, {"location": "westeurope"})
    kind = "providers/Microsoft.ManagedIdentity/userAssignedIdentities"
    give(arm, f"{group_id(arm, group)}/{kind}/one", caller.object_id, READER)

    assert caller.arm.identities.user_assigned_identities.get(group, "one").name == "one"
    with pytest.raises(HttpResponseError, match="AuthorizationFailed"):
        caller.arm.identities.user_assigned_identities.get(group, "onetwo")


@pytest.mark.specified
def test_a_contributor_assigns_no_roles(arm: ArmClients, caller: Caller) -> None:
    scope = group_id(arm, arm.group())
    give(arm, scope, caller.object_id, CONTRIBUTOR)

    with pytest.raises(HttpResponseError, match="roleAssignments/write"):
        give(caller.arm, scope, caller.object_id, READER)


@pytest.mark.specified
def test_a_role_that_is_taken_away_is_gone_at_once(arm: ArmClients, caller: Caller) -> None:
    group = arm.group()
    name = give(arm, group_id(arm, group), caller.object_id, READER)
    assert caller.arm.resources.resource_groups.get(group).name == group

    arm.roles.role_assignments.delete(group_id(arm, group), name)

    with pytest.raises(HttpResponseError, match="AuthorizationFailed"):
        caller.arm.resources.resource_groups.get(group)


@pytest.mark.specified
def test_a_role_of_a_group_is_one_of_its_members(azure: RunningAzure, arm: ArmClients) -> None:
    team = azure.admin("POST", "/principals", {"name": "team", "kind": "Group"})["object_id"]
    signed_in, _ = azure.deployer(groups=(team,))
    group = arm.group()
    give(arm, group_id(arm, group), team, READER, kind="Group")
    clients = ArmClients(signed_in)

    assert clients.resources.resource_groups.get(group).name == group
    clients.close()


@pytest.mark.inferred
def test_lists_of_the_subscription_show_what_the_caller_may_read(arm: ArmClients, caller: Caller) -> None:
    mine = arm.group()
    arm.group()
    arm.identities.user_assigned_identities.create_or_update(mine, "one", {"location": "westeurope"})
    assert list(caller.arm.subscriptions.subscriptions.list()) == []
    assert list(caller.arm.resources.resource_groups.list()) == []

    give(arm, group_id(arm, mine), caller.object_id, READER)

    assert [row.name for row in caller.arm.resources.resource_groups.list()] == [mine]
    assert [row.name for row in caller.arm.resources.resources.list()] == ["one"]
    assert [row.name for row in caller.arm.identities.user_assigned_identities.list_by_subscription()] == ["one"]
    assert len(list(caller.arm.subscriptions.subscriptions.list())) == 1


@pytest.mark.recorded
def test_an_identity_that_a_resource_shall_have_needs_the_right_to_assign_it(arm: ArmClients, caller: Caller) -> None:
    mine, platform = arm.group(), arm.group()
    give(arm, group_id(arm, mine), caller.object_id, CONTRIBUTOR)
    identity = arm.identities.user_assigned_identities.create_or_update(platform, "one", {"location": "westeurope"})
    body = {
        "location": "westeurope",
        "kind": "StorageV2",
        "sku": {"name": "Standard_LRS"},
        "identity": {"type": "UserAssigned", "user_assigned_identities": {identity.id: {}}},
    }
    name = fresh("acct")
    with pytest.raises(HttpResponseError) as refused:
        caller.arm.storage.storage_accounts.begin_create(mine, name, body)

    give(arm, identity.id, caller.object_id, IDENTITY_OPERATOR)

    # As in Azure/aad-pod-identity#613.
    assert refused.value.error.code == "LinkedAuthorizationFailed"
    assert (
        "does not have permission to perform action 'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action' "
        f"on the linked scope(s) '{identity.id}'" in refused.value.error.message
    )
    assert caller.arm.storage.storage_accounts.begin_create(mine, name, body).result().name == name


@pytest.mark.specified
def test_a_role_takes_effect_after_a_delay_when_asked(azure: RunningAzure, arm: ArmClients, caller: Caller) -> None:
    group = arm.group()
    azure.admin("PUT", "/durations", {"role_assignment.effect": 20.0})  # at the clock rate of tests: one second
    try:
        give(arm, group_id(arm, group), caller.object_id, READER)
    finally:
        azure.admin("PUT", "/durations", {"role_assignment.effect": 0.0})

    with pytest.raises(HttpResponseError, match="AuthorizationFailed"):
        caller.arm.resources.resource_groups.get(group)
    time.sleep(1.1)
    assert caller.arm.resources.resource_groups.get(group).name == group


@pytest.mark.specified
def test_a_secret_of_another_principal_does_not_sign_in(azure: RunningAzure, caller: Caller) -> None:
    mixed = {**azure.environment, "AZURE_CLIENT_ID": caller.arm.azure.environment["AZURE_CLIENT_ID"]}

    with pytest.raises(ClientAuthenticationError, match="AADSTS7000215"):
        RunningAzure(azure.data, mixed).credential().get_token("https://management.azure.com/.default")


@pytest.mark.specified
def test_a_principal_that_is_deleted_can_no_longer_sign_in(azure: RunningAzure) -> None:
    signed_in, object_id = azure.deployer()
    azure.admin("DELETE", f"/principals/{object_id}")

    with pytest.raises(ClientAuthenticationError, match="AADSTS700016"):
        signed_in.credential().get_token("https://management.azure.com/.default")


@pytest.mark.inferred
def test_secrets_of_principals_are_told_once(azure: RunningAzure, caller: Caller) -> None:
    secret = caller.arm.azure.environment["AZURE_CLIENT_SECRET"]

    listed = azure.admin("GET", "/principals")

    assert caller.object_id in {row["object_id"] for row in listed["value"]}
    assert secret not in str(listed)


@pytest.mark.specified
def test_a_role_of_ones_own_grants_what_it_says(arm: ArmClients, caller: Caller) -> None:
    scope, role = group_id(arm, arm.group()), str(uuid.uuid4())
    permissions = [{"actions": ["*/read"], "not_actions": ["Microsoft.Resources/*"]}]
    body = {"role_name": fresh("Role "), "permissions": permissions, "assignable_scopes": [scope]}
    made = arm.roles.role_definitions.create_or_update(scope, role, body)
    give(arm, scope, caller.object_id, role)

    assert made.role_type == "CustomRole"
    assert list(caller.arm.identities.user_assigned_identities.list_by_resource_group(scope.rpartition("/")[2])) == []
    with pytest.raises(HttpResponseError, match="AuthorizationFailed"):
        caller.arm.resources.resource_groups.get(scope.rpartition("/")[2])


@pytest.mark.specified
def test_a_role_of_ones_own_is_answered_201_each_time_and_kept_while_held(arm: ArmClients, caller: Caller) -> None:
    scope, role = group_id(arm, arm.group()), str(uuid.uuid4())
    path = f"{scope}/{ROLES}/{role}"
    body = {
        "properties": {"roleName": fresh("Role "), "permissions": [{"actions": ["*"]}], "assignableScopes": [scope]}
    }

    answers = [arm.call("PUT", path, body, api_version="2022-04-01").status_code for _ in range(2)]
    name = give(arm, scope, caller.object_id, role)
    kept = arm.call("DELETE", path, api_version="2022-04-01")
    arm.roles.role_assignments.delete(scope, name)

    assert answers == [201, 201]
    assert kept.json()["error"]["code"] == "RoleDefinitionHasAssignments"
    assert arm.call("DELETE", path, api_version="2022-04-01").status_code == 200
    assert arm.call("GET", path, api_version="2022-04-01").json()["error"]["code"] == "RoleDefinitionDoesNotExist"
