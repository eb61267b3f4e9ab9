"""An account that takes no keys is opened by tokens and by signatures of a user delegation, and by nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import (
    AccountSasPermissions,
    BlobServiceClient,
    ResourceTypes,
    generate_account_sas,
    generate_container_sas,
)
from support.arm_clients import ArmClients, fresh
from support.local_azure import RunningAzure

BODY = {
    "location": "westeurope",
    "kind": "StorageV2",
    "sku": {"name": "Standard_LRS"},
    "allow_shared_key_access": False,
}
LIFE = {"expiry": datetime.now(UTC) + timedelta(hours=1)}


@dataclass
class Account:
    """A storage account without keys, with a container `data` that holds the blob `one`."""

    arm: ArmClients
    group: str
    name: str
    key: str

    def service(self, credential: Any) -> BlobServiceClient:
        address = f"https://{self.name}.blob.core.windows.net"
        return BlobServiceClient(address, credential, **self.arm.azure.client_options())

    def read(self, credential: Any) -> bytes:
        with self.service(credential) as service:
            content: bytes = service.get_blob_client("data", "one").download_blob().readall()
            return content


@pytest.fixture(scope="module")
def account(arm: ArmClients, azure: RunningAzure) -> Account:
    group, name = arm.group(), fresh("acct")
    arm.storage.storage_accounts.begin_create(group, name, BODY).result()
    key = arm.storage.storage_accounts.list_keys(group, name).keys[0].value
    made = Account(arm, group, name, key)
    with made.service(azure.credential()) as service:
        service.create_container("data").upload_blob("one", b"1")
    return made


def refusal(account: Account, credential: Any) -> tuple[int | None, str]:
    with pytest.raises(HttpResponseError) as refused:
        account.read(credential)
    return refused.value.status_code, str(refused.value.error_code)


@pytest.mark.specified
def test_a_token_opens_it(account: Account, azure: RunningAzure) -> None:
    assert account.read(azure.credential()) == b"1"


@pytest.mark.specified
def test_its_key_does_not_open_it(account: Account) -> None:
    assert refusal(account, account.key) == (403, "KeyBasedAuthenticationNotPermitted")


@pytest.mark.specified
def test_a_signature_of_the_account_made_with_its_key_does_not_open_it(account: Account) -> None:
    types, permission = ResourceTypes(object=True), AccountSasPermissions(read=True)
    signature = generate_account_sas(account.name, account.key, resource_types=types, permission=permission, **LIFE)

    assert refusal(account, signature) == (403, "KeyBasedAuthenticationNotPermitted")


@pytest.mark.specified
def test_a_signature_of_a_container_made_with_its_key_does_not_open_it(account: Account) -> None:
    signature = generate_container_sas(account.name, "data", account_key=account.key, permission="r", **LIFE)

    assert refusal(account, signature) == (403, "KeyBasedAuthenticationNotPermitted")


@pytest.mark.specified
def test_a_signature_by_user_delegation_opens_it(account: Account, azure: RunningAzure) -> None:
    with account.service(azure.credential()) as service:
        key = service.get_user_delegation_key(datetime.now(UTC), LIFE["expiry"])
    signature = generate_container_sas(account.name, "data", user_delegation_key=key, permission="r", **LIFE)

    assert account.read(signature) == b"1"


@pytest.mark.specified
def test_an_account_that_allows_keys_again_is_opened_by_its_key(arm: ArmClients, azure: RunningAzure) -> None:
    group, name = arm.group(), fresh("acct")
    arm.storage.storage_accounts.begin_create(group, name, BODY).result()
    key = arm.storage.storage_accounts.list_keys(group, name).keys[0].value
    made = Account(arm, group, name, key)
    with made.service(azure.credential()) as service:
        service.create_container("data").upload_blob("one", b"1")

    arm.storage.storage_accounts.update(group, name, {"allow_shared_key_access": True})

    assert made.read(key) == b"1"
