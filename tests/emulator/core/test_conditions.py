"""Conditions of role assignments: who may give and take which roles."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from support.arm_clients import ArmClients
from support.local_azure import RunningAzure
from windlass_emulator.access.conditions import UnknownConditionError, allows, read_condition

ASSIGNMENT = "Microsoft.Authorization/roleAssignments"
WRITE, DELETE = f"{ASSIGNMENT}/write", f"{ASSIGNMENT}/delete"
ADMINISTRATOR, OWNER = "f58310d9-a9f6-439a-9e8d-f62e7b41a168", "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
READER, ACR_PULL = "acdd72a7-3385-48ef-bd42-f606fba81ae7", "7f951dda-4ed3-4680-a7ca-43fe172d538d"
# "Constrain roles and principal types", as Microsoft's examples of delegation write it.
EXAMPLE = f"""
(
 (
  !(ActionMatches{{'{WRITE}'}})
 )
 OR
 (
  @Request[{ASSIGNMENT}:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {{{READER}, {ACR_PULL}}}
  AND
  @Request[{ASSIGNMENT}:PrincipalType] ForAnyOfAnyValues:StringEqualsIgnoreCase {{'ServicePrincipal', 'Group'}}
 )
)
AND
(
 (
  !(ActionMatches{{'{DELETE}'}})
 )
 OR
 (
  @Resource[{ASSIGNMENT}:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {{{READER}, {ACR_PULL}}}
 )
)
"""


def facts(source: str, role: str, kind: str = "ServicePrincipal") -> dict[str, str]:
    return {f"@{source}[{ASSIGNMENT}:RoleDefinitionId]": role, f"@{source}[{ASSIGNMENT}:PrincipalType]": kind}


@pytest.mark.specified
@pytest.mark.parametrize(
    ("action", "told", "allowed"),
    [
        (WRITE, facts("Request", READER), True),
        (WRITE, facts("Request", READER.upper()), True),
        (WRITE, facts("Request", OWNER), False),
        (WRITE, facts("Request", READER, "User"), False),
        (WRITE, facts("Request", READER, "group"), True),
        (WRITE, {}, False),
        (DELETE, facts("Resource", ACR_PULL, "User"), True),
        (DELETE, facts("Resource", OWNER), False),
        (f"{ASSIGNMENT}/read", {}, True),
    ],
)
def test_the_example_of_azures_documents_means_what_they_say(action: str, told: Any, *, allowed: bool) -> None:
    assert allows(EXAMPLE, action, told) is allowed


@pytest.mark.specified
def test_a_condition_can_exclude_roles() -> None:
    but_owner = (
        f"(!(ActionMatches{{'{WRITE}'}}) OR @Request[{ASSIGNMENT}:RoleDefinitionId] "
        f"ForAnyOfAllValues:GuidNotEquals {{{OWNER}}})"
    )

    assert allows(but_owner, WRITE, facts("Request", READER))
    assert not allows(but_owner, WRITE, facts("Request", OWNER))


@pytest.mark.inferred
@pytest.mark.parametrize(
    "condition",
    [
        "@Resource[Microsoft.Storage/storageAccounts/blobServices/containers:name] StringEquals 'a'",
        "(ActionMatches{'x'}",
        "ActionMatches{'x'} AND",
        f"@Request[{ASSIGNMENT}:PrincipalId] StringLike {{'a'}}",
        "%",
    ],
)
def test_what_is_not_read_here_is_named(condition: str) -> None:
    with pytest.raises(UnknownConditionError):
        read_condition(condition)


@pytest.fixture
def administrator(azure: RunningAzure, arm: ArmClients) -> Iterator[tuple[ArmClients, str]]:
    """Somebody who administers the access to a group under the example's condition."""
    signed_in, object_id = azure.deployer()
    scope = f"/subscriptions/{arm.azure.subscription}/resourceGroups/{arm.group()}"
    body = {**assignment(ADMINISTRATOR, object_id), "condition": EXAMPLE, "condition_version": "2.0"}
    arm.roles.role_assignments.create(scope, str(uuid.uuid4()), body)
    clients = ArmClients(signed_in)
    yield clients, scope
    clients.close()


def assignment(role: str, principal: str = "") -> dict[str, Any]:
    return {
        "principal_id": principal or str(uuid.uuid4()),
        "principal_type": "ServicePrincipal",
        "role_definition_id": f"/subscriptions/x/providers/Microsoft.Authorization/roleDefinitions/{role}",
    }


@pytest.mark.specified
def test_a_delegate_gives_and_takes_the_roles_of_the_condition_alone(
    arm: ArmClients, administrator: tuple[ArmClients, str]
) -> None:
    delegate, scope = administrator
    owner = arm.roles.role_assignments.create(scope, str(uuid.uuid4()), assignment(OWNER))

    made = delegate.roles.role_assignments.create(scope, str(uuid.uuid4()), assignment(READER))
    delegate.roles.role_assignments.delete(scope, made.name)
    with pytest.raises(HttpResponseError) as given:
        delegate.roles.role_assignments.create(scope, str(uuid.uuid4()), assignment(OWNER))
    with pytest.raises(HttpResponseError) as taken:
        delegate.roles.role_assignments.delete(scope, owner.name)

    assert {given.value.error.code, taken.value.error.code} == {"AuthorizationFailed"}


@pytest.mark.specified
def test_a_condition_is_shown_and_can_be_changed(arm: ArmClients) -> None:
    scope, name = f"/subscriptions/{arm.azure.subscription}/resourceGroups/{arm.group()}", str(uuid.uuid4())
    body = assignment(ADMINISTRATOR)
    first = {"condition": EXAMPLE, "condition_version": "2.0"}
    second = {"condition": EXAMPLE.replace(f", {ACR_PULL}", ""), "condition_version": "2.0"}

    made = arm.roles.role_assignments.create(scope, name, {**body, **first})
    changed = arm.roles.role_assignments.create(scope, name, {**body, **second})

    assert (made.condition, made.condition_version) == (EXAMPLE, "2.0")
    assert changed.condition == second["condition"]


@pytest.mark.inferred
@pytest.mark.parametrize(
    ("condition", "version", "status"), [(EXAMPLE, None, 400), (EXAMPLE, "1.0", 400), ("StringLike", "2.0", 501)]
)
def test_a_condition_that_cannot_be_kept_is_refused(
    arm: ArmClients, condition: str, version: str | None, status: int
) -> None:
    scope = f"/subscriptions/{arm.azure.subscription}/resourceGroups/{arm.group()}"
    properties = {
        "principalId": str(uuid.uuid4()),
        "principalType": "User",
        "roleDefinitionId": f"/x/{READER}",
        "condition": condition,
        "conditionVersion": version,
    }

    refused = arm.call(
        "PUT", f"{scope}/providers/{ASSIGNMENT}/{uuid.uuid4()}", {"properties": properties}, api_version="2022-04-01"
    )

    assert refused.status_code == status
