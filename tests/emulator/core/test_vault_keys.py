"""Keys of key vaults, over Azure Resource Manager."""

from __future__ import annotations

from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from support.arm_clients import ArmClients, fresh

RSA = {"properties": {"kty": "RSA", "key_size": 3072, "key_ops": ["encrypt", "decrypt"]}}


@pytest.fixture
def vault(arm: ArmClients) -> tuple[str, str]:
    """Group and name of a vault that nobody can purge."""
    group, name = arm.group(), fresh("vault")
    properties = {
        "tenantId": arm.azure.environment["AZURE_TENANT_ID"],
        "sku": {"family": "A", "name": "standard"},
        "enablePurgeProtection": True,
    }
    body = {"location": "westeurope", "properties": properties}
    arm.vaults.vaults.begin_create_or_update(group, name, body).result()
    return group, name


@pytest.mark.specified
def test_a_key_is_made_and_shown(arm: ArmClients, vault: tuple[str, str]) -> None:
    made = arm.vaults.keys.create_if_not_exist(*vault, "pulumi", RSA)
    shown = arm.vaults.keys.get(*vault, "pulumi")

    assert made.id.endswith(f"/vaults/{vault[1]}/keys/pulumi")
    assert (shown.kty, shown.key_size, shown.key_ops) == ("RSA", 3072, ["encrypt", "decrypt"])
    assert shown.key_uri == f"https://{vault[1]}.vault.azure.net/keys/pulumi"
    assert shown.key_uri_with_version.startswith(f"{shown.key_uri}/")
    assert shown.attributes.enabled
    assert shown.attributes.recovery_level == "Recoverable"


@pytest.mark.specified
def test_a_key_that_exists_is_answered_without_any_change(arm: ArmClients, vault: tuple[str, str]) -> None:
    made = arm.vaults.keys.create_if_not_exist(*vault, "pulumi", RSA)

    again = arm.vaults.keys.create_if_not_exist(*vault, "pulumi", {"properties": {"kty": "EC"}})

    assert again.key_uri_with_version == made.key_uri_with_version
    assert again.kty == "RSA"


@pytest.mark.specified
def test_keys_and_versions_are_listed(arm: ArmClients, vault: tuple[str, str]) -> None:
    for name in ("dev", "prod"):
        arm.vaults.keys.create_if_not_exist(*vault, name, RSA)

    (version,) = arm.vaults.keys.list_versions(*vault, "dev")

    assert [key.name for key in arm.vaults.keys.list(*vault)] == ["dev", "prod"]
    assert arm.vaults.keys.get_version(*vault, "dev", version.name).key_uri_with_version == version.key_uri_with_version


@pytest.mark.specified
def test_a_key_that_is_not_there_is_not_found(arm: ArmClients, vault: tuple[str, str]) -> None:
    with pytest.raises(ResourceNotFoundError) as refused:
        arm.vaults.keys.get(*vault, "none")

    assert refused.value.error.code == "KeyNotFound"


@pytest.mark.inferred
@pytest.mark.parametrize(
    "properties",
    [{"kty": "AES"}, {"kty": "RSA", "key_size": 1024}, {"kty": "RSA-HSM"}, {"kty": "EC", "curve_name": "P-1"}],
)
def test_a_key_of_no_kind_is_refused(arm: ArmClients, vault: tuple[str, str], properties: Any) -> None:
    with pytest.raises(HttpResponseError) as refused:
        arm.vaults.keys.create_if_not_exist(*vault, "pulumi", {"properties": properties})

    assert refused.value.status_code == 400


@pytest.mark.specified
def test_a_role_can_be_held_on_one_key(arm: ArmClients, vault: tuple[str, str]) -> None:
    key = arm.vaults.keys.create_if_not_exist(*vault, "pulumi", RSA)
    user = "12338af0-0e69-4776-bea7-57ae8d297424"
    body = {
        "principal_id": "11111111-2222-4333-8444-555555555555",
        "principal_type": "User",
        "role_definition_id": f"/subscriptions/x/providers/Microsoft.Authorization/roleDefinitions/{user}",
    }

    made = arm.roles.role_assignments.create(key.id, "21111111-2222-4333-8444-555555555555", body)

    assert made.scope == key.id
