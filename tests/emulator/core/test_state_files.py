"""Files beside a state in a storage account of the local Azure, whose service is Microsoft's own emulator."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from azure.storage.blob import BlobServiceClient
from support.arm_clients import ArmClients, fresh
from support.local_azure import RunningAzure
from support.state_files import check_keeping

from windlass.azure.state_files import BlobStateFiles
from windlass.errors.azure import AzureNotFoundError

BODY = {
    "location": "westeurope",
    "kind": "StorageV2",
    "sku": {"name": "Standard_LRS"},
    "allow_shared_key_access": False,
}


@pytest.fixture(scope="module")
def address(arm: ArmClients) -> str:
    group, name = arm.group(), fresh("state")
    arm.storage.storage_accounts.begin_create(group, name, BODY).result()
    return f"https://{name}.blob.core.windows.net"


@pytest.fixture(scope="module")
def service(address: str, azure: RunningAzure) -> Iterator[BlobServiceClient]:
    with BlobServiceClient(address, azure.credential(), **azure.client_options()) as made:
        made.create_container("state")
        yield made


@pytest.mark.specified
@pytest.mark.parametrize("folder", ["", "team/"])
def test_files_are_kept(service: BlobServiceClient, folder: str) -> None:
    check_keeping(BlobStateFiles(service.get_container_client("state"), folder))


@pytest.mark.specified
def test_a_container_that_is_not_there_is_not_an_empty_one(service: BlobServiceClient) -> None:
    files = BlobStateFiles(service.get_container_client("nowhere"), "")

    with pytest.raises(AzureNotFoundError):
        files.read("windlass/a.json")
