"""What keys of a vault do, and for whom: asked as clients ask, at the vault's own address."""

from __future__ import annotations

import base64
import uuid
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from support.arm_clients import ArmClients, fresh

USER = "12338af0-0e69-4776-bea7-57ae8d297424"
"""Key Vault Crypto User."""


@dataclass
class Key:
    """A key in a vault, and whoever asks it."""

    arm: ArmClients
    id: str
    address: str
    version: str

    def give(self, role: str, scope: str) -> None:
        """Give the service principal of azure.env, which owns the subscription, a role for data."""
        who = "10ca1000-0000-4000-8000-000000000004"
        body = {
            "principal_id": who,
            "principal_type": "ServicePrincipal",
            "role_definition_id": f"/subscriptions/x/providers/Microsoft.Authorization/roleDefinitions/{role}",
        }
        self.arm.roles.role_assignments.create(scope, str(uuid.uuid4()), body)

    def ask(self, verb: str, body: dict[str, Any] | None = None, *, version: str = "") -> httpx.Response:
        """Use the key, in its newest version or in one."""
        token = self.arm.azure.credential().get_token("https://vault.azure.net/.default").token
        path = "/".join(part for part in (self.address, version, verb) if part)
        method = "GET" if body is None else "POST"
        with httpx.Client(proxy=self.arm.azure.proxy, verify=self.arm.trust, trust_env=False) as client:
            return client.request(
                method, f"{path}?api-version=7.6", json=body, headers={"Authorization": f"Bearer {token}"}
            )


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


@pytest.fixture
def key(arm: ArmClients) -> Key:
    group, name = arm.group(), fresh("vault")
    properties = {
        "tenantId": arm.azure.environment["AZURE_TENANT_ID"],
        "sku": {"family": "A", "name": "standard"},
        "enableRbacAuthorization": True,
    }
    body = {"location": "westeurope", "properties": properties}
    arm.vaults.vaults.begin_create_or_update(group, name, body).result()
    made = arm.vaults.keys.create_if_not_exist(
        group, name, "pulumi", {"properties": {"kty": "RSA", "key_size": 2048, "key_ops": ["encrypt", "decrypt"]}}
    )
    return Key(arm, made.id, made.key_uri, made.key_uri_with_version.rpartition("/")[2])


@pytest.mark.specified
@pytest.mark.parametrize("algorithm", ["RSA-OAEP", "RSA-OAEP-256"])
def test_what_a_key_encrypts_it_decrypts(key: Key, algorithm: str) -> None:
    key.give(USER, key.id)

    sealed = key.ask("encrypt", {"alg": algorithm, "value": encoded(b"a data key")}).json()
    opened = key.ask("decrypt", {"alg": algorithm, "value": sealed["value"]}, version=key.version).json()

    assert opened["value"] == encoded(b"a data key") != sealed["value"]
    assert sealed["kid"] == f"{key.address}/{key.version}"


@pytest.mark.specified
def test_who_has_no_role_for_data_is_refused_even_as_an_owner(key: Key) -> None:
    refused = key.ask("decrypt", {"alg": "RSA-OAEP-256", "value": encoded(b"x")})

    assert refused.status_code == 403
    assert refused.json()["error"]["code"] == "Forbidden"
    assert "Action: 'Microsoft.KeyVault/vaults/keys/decrypt/action'" in refused.json()["error"]["message"]


@pytest.mark.specified
def test_a_role_on_one_key_opens_no_other(key: Key) -> None:
    group, vault = key.id.split("/")[4], key.id.split("/")[8]
    other = key.arm.vaults.keys.create_if_not_exist(group, vault, "other", {"properties": {"kty": "RSA"}})
    key.give(USER, other.id)

    assert key.ask("encrypt", {"alg": "RSA-OAEP-256", "value": encoded(b"x")}).status_code == 403


@pytest.mark.specified
def test_a_role_on_the_vault_opens_its_keys(key: Key) -> None:
    key.give(USER, key.id.rpartition("/keys/")[0])

    assert key.ask("encrypt", {"alg": "RSA-OAEP-256", "value": encoded(b"x")}).status_code == 200


@pytest.mark.specified
def test_the_public_part_is_shown(key: Key) -> None:
    key.give(USER, key.id)

    shown = key.ask("").json()["key"]

    assert (shown["kty"], shown["e"], shown["key_ops"]) == ("RSA", "AQAB", ["encrypt", "decrypt"])
    assert shown["kid"].startswith(key.address)


@pytest.mark.inferred
@pytest.mark.parametrize(
    ("verb", "body", "status"),
    [
        ("decrypt", {"alg": "RSA-OAEP-256", "value": encoded(b"not sealed")}, 400),
        ("encrypt", {"alg": "RSA1_5", "value": encoded(b"x")}, 501),
        ("wrapkey", {"alg": "RSA-OAEP-256", "value": encoded(b"x")}, 403),
    ],
)
def test_what_a_key_does_not_do_is_refused(key: Key, verb: str, body: dict[str, Any], status: int) -> None:
    key.give(USER, key.id)

    assert key.ask(verb, body).status_code == status


@pytest.mark.specified
def test_another_version_is_not_found(key: Key) -> None:
    key.give(USER, key.id)

    refused = key.ask("encrypt", {"alg": "RSA-OAEP-256", "value": encoded(b"x")}, version="0" * 32)

    assert refused.status_code == 404
