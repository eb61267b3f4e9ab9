"""What the blob service of an account keeps, as Azure Resource Manager sets it; and roles on its containers."""

from __future__ import annotations

import pytest
from azure.core.exceptions import HttpResponseError
from support.arm_clients import ArmClients, fresh

KEEP = {
    "is_versioning_enabled": True,
    "delete_retention_policy": {"enabled": True, "days": 30},
    "container_delete_retention_policy": {"enabled": True, "days": 30},
}
READER = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"


@pytest.mark.specified
def test_versions_and_retention_are_kept_and_shown(arm: ArmClients) -> None:
    group = arm.group()
    account = arm.account(group)

    arm.storage.blob_services.set_service_properties(group, account, KEEP)
    shown = arm.storage.blob_services.get_service_properties(group, account)

    assert shown.is_versioning_enabled
    assert (shown.delete_retention_policy.enabled, shown.delete_retention_policy.days) == (True, 30)
    assert shown.container_delete_retention_policy.days == 30


@pytest.mark.inferred
def test_what_is_not_mentioned_stays(arm: ArmClients) -> None:
    group = arm.group()
    account = arm.account(group)
    arm.storage.blob_services.set_service_properties(group, account, KEEP)

    changed = arm.storage.blob_services.set_service_properties(
        group, account, {"delete_retention_policy": {"enabled": True, "days": 7}}
    )

    assert changed.is_versioning_enabled
    assert changed.delete_retention_policy.days == 7


@pytest.mark.specified
@pytest.mark.parametrize("days", [0, 366])
def test_retention_has_limits(arm: ArmClients, days: int) -> None:
    group = arm.group()
    account = arm.account(group)
    path = f"{{sub}}/resourceGroups/{group}/providers/Microsoft.Storage/storageAccounts/{account}/blobServices/default"

    refused = arm.call(
        "PUT", path, {"properties": {"deleteRetentionPolicy": {"enabled": True, "days": days}}},
        api_version="2024-01-01",
    )  # fmt: skip

    assert refused.status_code == 400


@pytest.mark.specified
def test_a_role_can_be_held_on_one_container(arm: ArmClients) -> None:
    group = arm.group()
    account, name = arm.account(group), fresh("state-")
    container = arm.storage.blob_containers.create(group, account, name, {})
    body = {
        "principal_id": "11111111-2222-4333-8444-555555555555",
        "principal_type": "User",
        "role_definition_id": f"/subscriptions/x/providers/Microsoft.Authorization/roleDefinitions/{READER}",
    }
    assignment = "31111111-2222-4333-8444-555555555555"

    made = arm.roles.role_assignments.create(container.id, assignment, body)
    with pytest.raises(HttpResponseError) as refused:
        arm.roles.role_assignments.create(f"{container.id}x", assignment, body)
    arm.storage.blob_containers.delete(group, account, name)

    assert made.scope == container.id
    assert refused.value.status_code == 404
    with pytest.raises(HttpResponseError):
        arm.roles.role_assignments.get(container.id, assignment)
