"""Key vaults and their deleted state."""

from __future__ import annotations

from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from support.arm_clients import ArmClients, fresh


@pytest.fixture
def body(arm: ArmClients) -> dict[str, Any]:
    """The least that a vault needs."""
    properties = {"tenantId": arm.azure.environment["AZURE_TENANT_ID"], "sku": {"family": "A", "name": "standard"}}
    return {"location": "westeurope", "properties": properties}


def _path(group: str, name: str) -> str:
    return f"{{sub}}/resourceGroups/{group}/providers/Microsoft.KeyVault/vaults/{name}"


def _vault(arm: ArmClients, body: dict[str, Any], **properties: Any) -> tuple[str, str]:
    group, name = arm.group(), fresh("vault")
    sent = {**body, "properties": {**body["properties"], **properties}}
    arm.vaults.vaults.begin_create_or_update(group, name, sent).result()
    return group, name


@pytest.mark.recorded
def test_a_vault_shows_what_azure_adds(arm: ArmClients, body: dict[str, Any]) -> None:
    group, name = _vault(arm, body)

    shown = arm.call("GET", _path(group, name), api_version="2024-11-01").json()

    assert shown["properties"] == {
        **body["properties"],
        "accessPolicies": [],
        "enabledForDeployment": False,
        "enableSoftDelete": True,
        "softDeleteRetentionInDays": 90,
        "publicNetworkAccess": "Enabled",
        "vaultUri": f"https://{name}.vault.azure.net/",
        "provisioningState": "Succeeded",
    }
    assert set(shown["systemData"]) == {
        *("createdBy", "createdByType", "createdAt"),
        *("lastModifiedBy", "lastModifiedByType", "lastModifiedAt"),
    }


@pytest.mark.specified
def test_a_new_vault_is_not_ready_at_once(arm: ArmClients, body: dict[str, Any]) -> None:
    created = arm.call("PUT", _path(arm.group(), fresh("vault")), body)

    assert created.status_code == 201
    assert created.json()["properties"]["provisioningState"] == "RegisteringDns"


@pytest.mark.specified
def test_a_deleted_vault_keeps_its_name(arm: ArmClients, body: dict[str, Any]) -> None:
    group, name = _vault(arm, body)

    arm.vaults.vaults.delete(group, name)
    deleted = arm.vaults.vaults.get_deleted(name, "westeurope")
    with pytest.raises(HttpResponseError) as refused:
        arm.vaults.vaults.begin_create_or_update(group, name, body)

    assert deleted.properties.vault_id.endswith(f"/vaults/{name}")
    assert name in [vault.name for vault in arm.vaults.vaults.list_deleted()]
    assert refused.value.status_code == 409
    assert refused.value.error.code == "ConflictError"
    assert refused.value.error.message.startswith(
        "A vault with the same name already exists in deleted state. You need to either recover or purge existing "
        "key vault."
    )


@pytest.mark.specified
def test_a_group_leaves_its_vaults_in_the_deleted_state(arm: ArmClients, body: dict[str, Any]) -> None:
    group, name = _vault(arm, body)

    arm.resources.resource_groups.begin_delete(group).result()

    assert arm.vaults.vaults.get_deleted(name, "westeurope").name == name


@pytest.mark.specified
def test_a_purged_vault_frees_its_name(arm: ArmClients, body: dict[str, Any]) -> None:
    group, name = _vault(arm, body)
    arm.vaults.vaults.delete(group, name)

    arm.vaults.vaults.begin_purge_deleted(name, "westeurope").result()
    again = arm.vaults.vaults.begin_create_or_update(group, name, body).result()

    assert again.properties.provisioning_state == "Succeeded"


@pytest.mark.inferred
def test_purge_protection_keeps_a_deleted_vault(arm: ArmClients, body: dict[str, Any]) -> None:
    group, name = _vault(arm, body, enablePurgeProtection=True)
    arm.vaults.vaults.delete(group, name)

    with pytest.raises(HttpResponseError) as refused:
        arm.vaults.vaults.begin_purge_deleted(name, "westeurope")

    assert arm.vaults.vaults.get_deleted(name, "westeurope").properties.purge_protection_enabled
    assert refused.value.status_code == 403


@pytest.mark.specified
def test_a_recovered_vault_is_what_it_was(arm: ArmClients, body: dict[str, Any]) -> None:
    group, name = _vault(arm, body, enabledForDeployment=True)
    arm.vaults.vaults.delete(group, name)
    recover = {**body, "properties": {**body["properties"], "createMode": "recover"}}

    recovered = arm.vaults.vaults.begin_create_or_update(group, name, recover).result()

    assert recovered.properties.enabled_for_deployment
    assert name not in [vault.name for vault in arm.vaults.vaults.list_deleted()]


@pytest.mark.specified
@pytest.mark.parametrize("switch", ["enablePurgeProtection", "enableSoftDelete"])
def test_protection_cannot_be_taken_back(arm: ArmClients, body: dict[str, Any], switch: str) -> None:
    group, name = _vault(arm, body, **{switch: True})

    refused = arm.call("PATCH", _path(group, name), {"properties": {switch: False}})

    assert refused.status_code == 400
    assert switch in refused.json()["error"]["message"]


@pytest.mark.specified
def test_a_vault_name_is_taken_for_everybody(arm: ArmClients, body: dict[str, Any]) -> None:
    _, name = _vault(arm, body)

    refused = arm.call("PUT", _path(arm.group(), name), body)

    assert refused.status_code == 409
    assert refused.json()["error"]["code"] == "VaultAlreadyExists"


@pytest.mark.specified
@pytest.mark.parametrize("name", ["ab", "1starts", "double--hyphen", "ends-", "x" * 25])
def test_names_beyond_the_rule_are_refused(arm: ArmClients, body: dict[str, Any], name: str) -> None:
    refused = arm.call("PUT", _path(arm.group(), name), body)

    assert refused.status_code == 400
    assert refused.json()["error"]["code"] == "VaultNameNotValid"


@pytest.mark.inferred
def test_a_vault_belongs_to_the_tenant(arm: ArmClients, body: dict[str, Any]) -> None:
    other = {**body["properties"], "tenantId": "00000000-0000-4000-8000-000000000009"}

    refused = arm.call("PUT", _path(arm.group(), fresh("vault")), {**body, "properties": other})

    assert refused.status_code == 400


@pytest.mark.specified
def test_a_deleted_name_is_not_available(arm: ArmClients, body: dict[str, Any]) -> None:
    group, name = _vault(arm, body)
    arm.vaults.vaults.delete(group, name)

    told = arm.vaults.vaults.check_name_availability({"name": name, "type": "Microsoft.KeyVault/vaults"})

    assert not told.name_available
