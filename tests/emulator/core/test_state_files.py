"""Files beside a state in a storage account of the local Azure, whose service is Microsoft's own emulator."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from azure.storage.blob import BlobServiceClient
from support.arm_clients import ArmClients, fresh
from support.definitions import make_definition
from support.local_azure import RunningAzure
from support.recorded_world import RecordedWorld
from support.state_files import check_keeping

from windlass.azure.state_files import BlobStateFiles
from windlass.errors.azure import AzureNotFoundError
from windlass.project.rollout import Previous
from windlass.release.record import Kind, Verdict

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
def test_releases_are_recorded_in_a_storage_account(service: BlobServiceClient) -> None:
    world = RecordedWorld("blobs", store=BlobStateFiles(service.get_container_client("state"), ""))

    world.release(1)
    world.release(2, make_definition(previous=Previous.KEEP))
    world.roll_back()

    kept = [(each.kind, each.deployment, each.verdict) for each in world.all]
    assert kept == [
        (Kind.RELEASE, "churn-1", Verdict.SUCCEEDED),
        (Kind.RELEASE, "churn-2", Verdict.ROLLED_BACK),
        (Kind.ROLL_BACK, "churn-1", Verdict.SUCCEEDED),
    ]


@pytest.mark.specified
def test_a_container_that_is_not_there_is_not_an_empty_one(service: BlobServiceClient) -> None:
    files = BlobStateFiles(service.get_container_client("nowhere"), "")

    with pytest.raises(AzureNotFoundError):
        files.read("windlass/a.json")
