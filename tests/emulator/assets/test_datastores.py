"""Datastores as public recordings of real traffic and the SDK have them."""

from __future__ import annotations

from typing import Any

import pytest
from support.in_process import InProcess
from support.workspace import BODY, WORKSPACE
from windlass_emulator.errors import AzureError, NotEmulatedError

STORES = f"{WORKSPACE}/datastores"
BLOB = {
    "datastoreType": "AzureBlob",
    "accountName": "store1",
    "containerName": "mine",
    "credentials": {"credentialsType": "AccountKey", "secrets": {"secretsType": "AccountKey", "key": "secret"}},
}


@pytest.mark.recorded
async def test_a_workspace_starts_with_four_datastores_after_peoples_own(local: InProcess) -> None:
    await local.send("PUT", f"{STORES}/mine", {"properties": BLOB})

    listed = (await local.send("GET", STORES)).body

    assert [store["name"] for store in listed["value"]] == [
        "mine",
        "workspaceblobstore",
        "workspaceworkingdirectory",
        "workspaceartifactstore",
        "workspacefilestore",
    ]
    assert "nextLink" not in listed


@pytest.mark.recorded
async def test_the_default_store_has_the_recorded_properties(local: InProcess) -> None:
    workspace = (await local.send("GET", WORKSPACE)).body["properties"]["workspaceId"]

    store = (await local.send("GET", f"{STORES}/workspaceblobstore")).body
    properties = store["properties"]

    assert properties["isDefault"] is True
    assert properties["containerName"] == f"azureml-blobstore-{workspace}"
    assert properties["serviceDataAccessAuthIdentity"] == "WorkspaceSystemAssignedIdentity"
    assert properties["resourceGroup"] == "rg"
    assert properties["endpoint"] == "core.windows.net"
    assert properties["credentials"] == {"credentialsType": "AccountKey"}
    assert "createdBy" not in store["systemData"]


@pytest.mark.inferred
async def test_the_containers_of_the_default_stores_exist(local: InProcess) -> None:
    workspace = (await local.send("GET", WORKSPACE)).body["properties"]["workspaceId"]

    assert local.blobs.containers == {("store1", f"azureml-blobstore-{workspace}"), ("store1", "azureml")}


@pytest.mark.specified
async def test_the_default_one_can_be_asked_for(local: InProcess) -> None:
    listed = (await local.send("GET", f"{STORES}?isDefault=true&count=30&orderByAsc=false")).body

    assert [store["name"] for store in listed["value"]] == ["workspaceblobstore"]


@pytest.mark.recorded
async def test_a_new_datastore_is_answered_201_without_its_secrets(local: InProcess) -> None:
    answer = await local.send("PUT", f"{STORES}/mine?skipValidation=true", {"properties": BLOB})

    assert answer.status == 201
    assert answer.headers["Location"].startswith(f"https://management.azure.com{STORES}/mine?api-version=")
    assert answer.body["properties"]["credentials"] == {"credentialsType": "AccountKey"}
    assert answer.body["properties"]["isDefault"] is False
    assert answer.body["systemData"]["createdByType"] == "Application"


@pytest.mark.recorded
async def test_secrets_without_a_wish_are_the_account_key(local: InProcess) -> None:
    secret = (await local.send("POST", f"{STORES}/workspaceblobstore/listSecrets")).body

    assert secret == {"secretsType": "AccountKey", "key": "key-of-store1"}


@pytest.mark.inferred
async def test_a_secret_that_expires_is_a_signature_of_the_whole_account(local: InProcess) -> None:
    wish = {"expirableSecret": True, "expireAfterHours": 1}

    secret = (await local.send("POST", f"{STORES}/workspaceblobstore/listSecrets", wish)).body

    assert secret == {"secretsType": "Sas", "sasToken": "sig=account-store1-1h"}


@pytest.mark.inferred
async def test_the_secret_of_the_artifact_store_is_always_the_key(local: InProcess) -> None:
    wish = {"expirableSecret": True, "expireAfterHours": 1}

    secret = (await local.send("POST", f"{STORES}/workspaceartifactstore/listSecrets", wish)).body

    assert secret["secretsType"] == "AccountKey"


@pytest.mark.inferred
async def test_a_datastores_own_secret_comes_back(local: InProcess) -> None:
    await local.send("PUT", f"{STORES}/mine", {"properties": BLOB})

    secret = (await local.send("POST", f"{STORES}/mine/listSecrets")).body

    assert secret == {"secretsType": "AccountKey", "key": "secret"}


@pytest.mark.recorded
async def test_a_workspace_in_identity_mode_has_no_secrets(group: InProcess) -> None:
    body = {**BODY, "properties": {**BODY["properties"], "systemDatastoresAuthMode": "identity"}}  # type: ignore[dict-item]
    await group.send("PUT", WORKSPACE, body)
    await group.settle()

    with pytest.raises(AzureError, match="No secrets for credentials of type None") as refused:
        await group.send("POST", f"{STORES}/workspaceblobstore/listSecrets")
    assert refused.value.status == 400


@pytest.mark.recorded
async def test_a_deleted_datastore_is_answered_200_without_a_body(local: InProcess) -> None:
    await local.send("PUT", f"{STORES}/mine", {"properties": BLOB})

    answer = await local.send("DELETE", f"{STORES}/mine")

    assert (answer.status, answer.body) == (200, None)
    assert (await local.send("DELETE", f"{STORES}/mine")).status == 204


@pytest.mark.inferred
async def test_the_workspaces_own_stores_cannot_be_deleted(local: InProcess) -> None:
    with pytest.raises(AzureError, match="belongs to the workspace"):
        await local.send("DELETE", f"{STORES}/WorkspaceBlobStore")


@pytest.mark.specified
async def test_where_a_datastore_points_cannot_be_changed(local: InProcess) -> None:
    await local.send("PUT", f"{STORES}/mine", {"properties": BLOB})

    with pytest.raises(AzureError, match="'containerName'"):
        await local.send("PUT", f"{STORES}/mine", {"properties": {**BLOB, "containerName": "other"}})


@pytest.mark.inferred
@pytest.mark.parametrize("kind", ["AzureFile", "AzureDataLakeGen2", "OneLake"])
async def test_other_types_are_refused_by_name(local: InProcess, kind: str) -> None:
    sent: dict[str, Any] = {"properties": {**BLOB, "datastoreType": kind}}

    with pytest.raises(NotEmulatedError, match=kind):
        await local.send("PUT", f"{STORES}/mine", sent)
