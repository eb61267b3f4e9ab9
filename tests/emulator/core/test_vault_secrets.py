"""Secrets inside a key vault. The official client is not among our dependencies, so these are raw calls."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from support.arm_clients import ArmClients, fresh


@pytest.fixture(scope="module")
def vault(arm: ArmClients) -> Iterator[httpx.Client]:
    """A vault's own address, with a token for it."""
    group, name = arm.group(), fresh("vault")
    properties = {"tenantId": arm.azure.environment["AZURE_TENANT_ID"], "sku": {"family": "A", "name": "standard"}}
    arm.vaults.vaults.begin_create_or_update(group, name, {"location": "westeurope", "properties": properties}).result()
    token = arm.azure.credential().get_token("https://vault.azure.net/.default").token
    with httpx.Client(
        base_url=f"https://{name}.vault.azure.net",
        proxy=arm.azure.proxy,
        verify=arm.trust,
        headers={"Authorization": f"Bearer {token}"},
        params={"api-version": "7.4"},
        trust_env=False,
    ) as client:
        yield client


def put(vault: httpx.Client, name: str, value: str) -> dict[str, Any]:
    answer = vault.put(f"/secrets/{name}", json={"value": value, "contentType": "text/plain"})
    shown: dict[str, Any] = answer.raise_for_status().json()
    return shown


@pytest.mark.specified
def test_a_secret_is_got_by_name_and_by_version(vault: httpx.Client) -> None:
    first, second = put(vault, "key", "one"), put(vault, "key", "two")

    newest = vault.get("/secrets/key").json()
    older = vault.get(httpx.URL(first["id"]).path).json()

    assert newest == second
    assert (newest["value"], newest["contentType"]) == ("two", "text/plain")
    assert newest["attributes"]["enabled"] is True
    assert older["value"] == "one"


@pytest.mark.specified
def test_a_secret_that_is_not_there_or_was_deleted_is_not_found(vault: httpx.Client) -> None:
    put(vault, "gone", "x")

    deleted = vault.delete("/secrets/gone")
    again, never = vault.get("/secrets/gone"), vault.get("/secrets/never")

    assert "value" not in deleted.json()
    assert [again.status_code, never.status_code] == [404, 404]
    assert never.json()["error"]["code"] == "SecretNotFound"


@pytest.mark.specified
def test_who_has_no_token_is_told_where_to_get_one(vault: httpx.Client, arm: ArmClients) -> None:
    refused = vault.get("/secrets/key", headers={"Authorization": ""})
    other = vault.get("/secrets/key", headers={"Authorization": arm.http.headers["Authorization"]})

    assert [refused.status_code, other.status_code] == [401, 401]
    assert 'resource="https://vault.azure.net"' in refused.headers["WWW-Authenticate"]


@pytest.mark.specified
def test_a_secret_of_more_than_25_kilobytes_is_refused(vault: httpx.Client) -> None:
    assert vault.put("/secrets/large", json={"value": "x" * 25_601}).status_code == 400


@pytest.mark.specified
def test_a_vault_that_is_not_there_has_no_secrets(arm: ArmClients, vault: httpx.Client) -> None:
    del arm

    assert vault.get("https://no-such-vault.vault.azure.net/secrets/key").status_code == 404
