from __future__ import annotations

from typing import Any

import pytest

from windlass.project.arm_ids import find_id

SUBSCRIPTION = "22222222-2222-2222-2222-222222222222"
VAULT = {"resourceGroupName": "rg", "vaultName": "kv"}
VAULT_ID = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv"


def test_an_id_follows_from_type_and_inputs() -> None:
    assert find_id("azure-native:keyvault:Vault", VAULT, SUBSCRIPTION) == VAULT_ID


def test_a_type_with_an_api_version_lies_where_the_type_lies() -> None:
    assert find_id("azure-native:keyvault/v20230701:Vault", VAULT, SUBSCRIPTION) == VAULT_ID


def test_a_scope_that_begins_with_a_slash_begins_the_id() -> None:
    inputs = {"scope": VAULT_ID, "roleAssignmentName": "a"}

    found = find_id("azure-native:authorization:RoleAssignment", inputs, SUBSCRIPTION)

    assert found == f"{VAULT_ID}/providers/Microsoft.Authorization/roleAssignments/a"


def test_inputs_that_name_a_subscription_win() -> None:
    found = find_id("azure-native:keyvault:Vault", {**VAULT, "subscriptionId": "other"}, SUBSCRIPTION)

    assert found is not None
    assert found.startswith("/subscriptions/other/")


@pytest.mark.parametrize(
    ("token", "inputs"),
    [
        ("azure-native:cdn:Profile", VAULT),
        ("pulumi:providers:azure-native", {}),
        ("azure-native:keyvault:Vault", {"resourceGroupName": "rg"}),
        ("azure-native:keyvault:Vault", {**VAULT, "vaultName": {"4dabf18193072939515e22adb298388d": "secret"}}),
    ],
    ids=["unknown type", "no resource of Azure", "a name is missing", "a name is no text"],
)
def test_what_is_not_known_has_no_id(token: str, inputs: dict[str, Any]) -> None:
    assert find_id(token, inputs, SUBSCRIPTION) is None
