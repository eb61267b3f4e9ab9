"""Container registries, logs and insights, identities."""

from __future__ import annotations

import uuid

import pytest
from azure.core.exceptions import HttpResponseError
from support.arm_clients import ArmClients, fresh

pytestmark = pytest.mark.specified


def _registry_path(group: str, name: str) -> str:
    return f"{{sub}}/resourceGroups/{group}/providers/Microsoft.ContainerRegistry/registries/{name}"


def test_a_registry_shows_what_azure_adds(arm: ArmClients) -> None:
    group, name = arm.group(), fresh("Registry")

    made = arm.registries.registries.begin_create(
        group, name, {"location": "westeurope", "sku": {"name": "Premium"}}
    ).result()

    assert made.login_server == f"{name.lower()}.azurecr.io"
    assert made.sku.tier == "Premium"
    assert made.network_rule_set.default_action == "Allow"
    assert made.policies.retention_policy.days == 7
    assert made.provisioning_state == "Succeeded"


def test_credentials_need_the_admin_user(arm: ArmClients) -> None:
    group, name = arm.group(), fresh("registry")
    body = {"location": "westeurope", "sku": {"name": "Basic"}}
    arm.registries.registries.begin_create(group, name, body).result()

    with pytest.raises(HttpResponseError) as refused:
        arm.registries.registries.list_credentials(group, name)
    arm.registries.registries.begin_update(group, name, {"admin_user_enabled": True}).result()
    told = arm.registries.registries.list_credentials(group, name)

    assert refused.value.error.code == "UnAuthorizedForCredentialOperations"
    assert told.username == name
    assert [password.name for password in told.passwords] == ["password", "password2"]


def test_a_regenerated_password_is_another(arm: ArmClients) -> None:
    group, name = arm.group(), fresh("registry")
    body = {"location": "westeurope", "sku": {"name": "Basic"}, "admin_user_enabled": True}
    arm.registries.registries.begin_create(group, name, body).result()
    before = arm.registries.registries.list_credentials(group, name).passwords

    after = arm.registries.registries.regenerate_credential(group, name, {"name": "password2"}).passwords

    assert after[0].value == before[0].value
    assert after[1].value != before[1].value


def test_a_registry_name_is_taken_for_everybody(arm: ArmClients) -> None:
    name = fresh("registry")
    body = {"location": "westeurope", "sku": {"name": "Basic"}}
    arm.registries.registries.begin_create(arm.group(), name, body).result()

    with pytest.raises(HttpResponseError) as refused:
        arm.registries.registries.begin_create(arm.group(), name, body)

    assert refused.value.status_code == 409
    assert refused.value.error.code == "AlreadyInUse"


def test_an_unknown_sku_is_refused(arm: ArmClients) -> None:
    body = {"location": "westeurope", "sku": {"name": "Gold"}}

    refused = arm.call("PUT", _registry_path(arm.group(), fresh("registry")), body)

    assert refused.status_code == 400
    assert "Basic, Standard, Premium" in refused.json()["error"]["message"]


def test_a_registry_is_deleted_with_202_and_then_204(arm: ArmClients) -> None:
    group, name = arm.group(), fresh("registry")
    body = {"location": "westeurope", "sku": {"name": "Basic"}}
    arm.registries.registries.begin_create(group, name, body).result()

    first = arm.call("DELETE", _registry_path(group, name))
    arm.registries.registries.begin_delete(group, name).result()
    second = arm.call("DELETE", _registry_path(group, name))

    assert (first.status_code, second.status_code) == (202, 204)
    assert "/operationResults/" in first.headers["Location"]


def _workspace(arm: ArmClients, group: str) -> str:
    made = arm.logs.workspaces.begin_create_or_update(group, fresh("logs-"), {"location": "westeurope"}).result()
    return str(made.id)


def test_a_log_analytics_workspace_shows_what_azure_adds(arm: ArmClients) -> None:
    group, name = arm.group(), fresh("logs-")

    made = arm.logs.workspaces.begin_create_or_update(group, name, {"location": "westeurope"}).result()

    assert str(uuid.UUID(made.customer_id)) == made.customer_id
    assert made.sku.name == "PerGB2018"
    assert made.retention_in_days == 30
    assert made.provisioning_state == "Succeeded"
    assert made.id == made.id.lower()


def test_shared_keys_stay_until_they_are_made_anew(arm: ArmClients) -> None:
    group = arm.group()
    name = _workspace(arm, group).rpartition("/")[2]

    first, second = (arm.logs.shared_keys.get_shared_keys(group, name) for _ in range(2))
    other = arm.logs.shared_keys.regenerate(group, name)

    assert first.primary_shared_key == second.primary_shared_key
    assert other.primary_shared_key != first.primary_shared_key


def test_an_update_keeps_the_customer_id(arm: ArmClients) -> None:
    group = arm.group()
    name = _workspace(arm, group).rpartition("/")[2]
    before = arm.logs.workspaces.get(group, name).customer_id
    change = {"location": "westeurope", "retention_in_days": 60}

    after = arm.logs.workspaces.begin_create_or_update(group, name, change).result()

    assert (after.customer_id, after.retention_in_days) == (before, 60)


def _component(workspace: str) -> dict[str, object]:
    properties = {"Application_Type": "web", "WorkspaceResourceId": workspace}
    return {"location": "westeurope", "kind": "web", "properties": properties}


def _component_path(group: str, name: str) -> str:
    return f"{{sub}}/resourceGroups/{group}/providers/Microsoft.Insights/components/{name}"


def test_a_component_is_created_with_200(arm: ArmClients) -> None:
    group, name = arm.group(), fresh("insights-")

    answer = arm.call("PUT", _component_path(group, name), _component(_workspace(arm, group)))

    properties = answer.json()["properties"]
    assert answer.status_code == 200
    assert properties["ApplicationId"] == name
    assert properties["ConnectionString"].startswith(f"InstrumentationKey={properties['InstrumentationKey']};")
    assert "systemData" not in answer.json()


def test_a_component_needs_a_workspace_that_exists(arm: ArmClients) -> None:
    group = arm.group()
    missing = f"/subscriptions/x/resourceGroups/{group}/providers/Microsoft.OperationalInsights/workspaces/none"

    refused = arm.call("PUT", _component_path(group, fresh("insights-")), _component(missing))

    assert refused.status_code == 400


def test_an_identity_keeps_its_ids(arm: ArmClients) -> None:
    group, name = arm.group(), fresh("identity-")

    made = arm.identities.user_assigned_identities.create_or_update(group, name, {"location": "westeurope"})
    again = arm.identities.user_assigned_identities.create_or_update(
        group, name, {"location": "westeurope", "tags": {"a": "1"}}
    )

    assert "/resourcegroups/" in made.id
    assert (again.principal_id, again.client_id) == (made.principal_id, made.client_id)
    assert again.tags == {"a": "1"}


def test_a_vault_of_another_type_in_the_group_is_no_identity(arm: ArmClients) -> None:
    group = arm.group()
    _workspace(arm, group)

    assert list(arm.identities.user_assigned_identities.list_by_resource_group(group)) == []


def test_a_resource_shows_the_ids_of_its_identities(arm: ArmClients) -> None:
    group = arm.group()
    made = arm.identities.user_assigned_identities.create_or_update(group, fresh("id-"), {"location": "westeurope"})
    account = fresh("acct")
    body = {
        "location": "westeurope",
        "kind": "StorageV2",
        "sku": {"name": "Standard_LRS"},
        "identity": {"type": "SystemAssigned,UserAssigned", "user_assigned_identities": {made.id: {}}},
    }

    shown = arm.storage.storage_accounts.begin_create(group, account, body).result().identity

    assert str(uuid.UUID(shown.principal_id)) == shown.principal_id
    assert shown.user_assigned_identities[made.id].client_id == made.client_id


def test_a_deleted_log_analytics_workspace_is_revived_by_its_name(arm: ArmClients) -> None:
    group, name = arm.group(), fresh("logs-")
    arm.log_workspace(group, name)
    before, keys = arm.logs.workspaces.get(group, name), arm.logs.shared_keys.get_shared_keys(group, name)

    arm.logs.workspaces.begin_delete(group, name).result()
    deleted = [workspace.name for workspace in arm.logs.deleted_workspaces.list_by_resource_group(group)]
    arm.log_workspace(group, name)

    assert deleted == [name]
    assert arm.logs.workspaces.get(group, name).customer_id == before.customer_id
    assert arm.logs.shared_keys.get_shared_keys(group, name).primary_shared_key == keys.primary_shared_key
    assert list(arm.logs.deleted_workspaces.list_by_resource_group(group)) == []


def test_a_log_analytics_workspace_deleted_with_force_is_gone(arm: ArmClients) -> None:
    group, name = arm.group(), fresh("logs-")
    arm.log_workspace(group, name)
    before = arm.logs.workspaces.get(group, name).customer_id

    arm.logs.workspaces.begin_delete(group, name, force=True).result()
    deleted = list(arm.logs.deleted_workspaces.list_by_resource_group(group))
    arm.log_workspace(group, name)

    assert deleted == []
    assert arm.logs.workspaces.get(group, name).customer_id != before
