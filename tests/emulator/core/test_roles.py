"""Role assignments and built-in roles."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError
from support.arm_clients import ArmClients

READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
ACR_PULL = "7f951dda-4ed3-4680-a7ca-43fe172d538d"


def _scope(arm: ArmClients, group: str) -> str:
    return f"/subscriptions/{arm.azure.subscription}/resourceGroups/{group}"


def _body(arm: ArmClients, principal: str, role: str = READER) -> dict[str, Any]:
    return {
        "principal_id": principal,
        "principal_type": "ServicePrincipal",
        "role_definition_id": f"/subscriptions/{arm.azure.subscription}/providers/Microsoft.Authorization"
        f"/roleDefinitions/{role}",
    }


def _new() -> str:
    return str(uuid.uuid4())


@pytest.mark.specified
def test_an_assignment_is_created_found_and_deleted(arm: ArmClients) -> None:
    scope, name, principal = _scope(arm, arm.group()), _new(), _new()

    made = arm.roles.role_assignments.create(scope, name, _body(arm, principal))
    found = arm.roles.role_assignments.get(scope, name)
    gone = arm.roles.role_assignments.delete(scope, name)

    assert made.scope == scope
    assert found.id == f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}"
    assert found.principal_type == "ServicePrincipal"
    assert gone.name == name
    assert arm.roles.role_assignments.delete(scope, name) is None


@pytest.mark.specified
def test_the_same_grant_under_another_name_is_refused(arm: ArmClients) -> None:
    scope, principal = _scope(arm, arm.group()), _new()
    arm.roles.role_assignments.create(scope, _new(), _body(arm, principal))

    with pytest.raises(ResourceExistsError) as refused:
        arm.roles.role_assignments.create(scope, _new(), _body(arm, principal))

    assert refused.value.error.code == "RoleAssignmentExists"
    assert refused.value.error.message == "The role assignment already exists."


@pytest.mark.specified
def test_the_same_grant_under_the_same_name_is_an_update(arm: ArmClients) -> None:
    scope, name, principal = _scope(arm, arm.group()), _new(), _new()
    arm.roles.role_assignments.create(scope, name, _body(arm, principal))

    again = arm.roles.role_assignments.create(scope, name, {**_body(arm, principal), "description": "why"})

    assert again.description == "why"


@pytest.mark.specified
@pytest.mark.parametrize("change", ["principal", "role"])
def test_an_assignment_cannot_become_another(arm: ArmClients, change: str) -> None:
    scope, name, principal = _scope(arm, arm.group()), _new(), _new()
    arm.roles.role_assignments.create(scope, name, _body(arm, principal))
    other = _body(arm, _new()) if change == "principal" else _body(arm, principal, ACR_PULL)

    with pytest.raises(HttpResponseError) as refused:
        arm.roles.role_assignments.create(scope, name, other)

    assert refused.value.status_code == 400
    assert refused.value.error.code == "RoleAssignmentUpdateNotPermitted"


@pytest.mark.specified
def test_assignments_are_listed_by_principal(arm: ArmClients) -> None:
    group, principal = arm.group(), _new()
    scope = _scope(arm, group)
    arm.roles.role_assignments.create(scope, _new(), _body(arm, principal))
    arm.roles.role_assignments.create(scope, _new(), _body(arm, _new()))

    of_one = list(arm.roles.role_assignments.list_for_subscription(filter=f"principalId eq '{principal}'"))
    in_group = list(arm.roles.role_assignments.list_for_resource_group(group, filter="atScope()"))

    assert [row.principal_id for row in of_one] == [principal]
    assert len(in_group) == 2


@pytest.mark.specified
def test_assignments_go_with_their_scope(arm: ArmClients) -> None:
    group, principal = arm.group(), _new()
    arm.roles.role_assignments.create(_scope(arm, group), _new(), _body(arm, principal))

    arm.resources.resource_groups.begin_delete(group).result()

    assert not list(arm.roles.role_assignments.list_for_subscription(filter=f"principalId eq '{principal}'"))


@pytest.mark.specified
def test_an_assignment_needs_a_scope_that_exists(arm: ArmClients) -> None:
    with pytest.raises(HttpResponseError) as refused:
        arm.roles.role_assignments.create(_scope(arm, "none"), _new(), _body(arm, _new()))

    assert refused.value.error.code == "ResourceGroupNotFound"


@pytest.mark.specified
def test_a_principal_that_nobody_knows_needs_its_type_said(arm: ArmClients) -> None:
    body = {name: value for name, value in _body(arm, _new()).items() if name != "principal_type"}

    with pytest.raises(HttpResponseError) as refused:
        arm.roles.role_assignments.create(_scope(arm, arm.group()), _new(), body)

    assert refused.value.error.code == "PrincipalNotFound"


@pytest.mark.inferred
def test_an_identity_is_no_user(arm: ArmClients) -> None:
    group = arm.group()
    identity = arm.identities.user_assigned_identities.create_or_update(group, "identity", {"location": "westeurope"})
    body = {**_body(arm, identity.principal_id), "principal_type": "User"}

    with pytest.raises(HttpResponseError) as refused:
        arm.roles.role_assignments.create(_scope(arm, group), _new(), body)

    assert refused.value.error.code == "UnmatchedPrincipalType"


@pytest.mark.inferred
def test_a_role_that_is_not_known_here_is_refused_by_name(arm: ArmClients) -> None:
    role = _new()

    refused = arm.call(
        "PUT",
        f"{_scope(arm, arm.group())}/providers/Microsoft.Authorization/roleAssignments/{_new()}",
        {"properties": {"principalId": _new(), "roleDefinitionId": f"/x/{role}"}},
        api_version="2022-04-01",
    )

    assert refused.status_code == 501
    assert role in refused.json()["error"]["message"]


@pytest.mark.inferred
def test_a_built_in_role_is_found_by_its_name(arm: ArmClients) -> None:
    scope = f"/subscriptions/{arm.azure.subscription}"

    (role,) = arm.roles.role_definitions.list(scope, filter="roleName eq 'AcrPull'")

    assert role.name == ACR_PULL
    assert role.permissions[0].actions == ["Microsoft.ContainerRegistry/registries/pull/read"]
