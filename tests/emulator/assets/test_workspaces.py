"""Workspaces as public recordings of real traffic have them."""

from __future__ import annotations

from typing import Any

import pytest
from support.in_process import GROUP, InProcess
from support.workspace import BODY, STORAGE, WORKSPACE
from windlass_emulator.errors import AzureError, NotEmulatedError


async def _properties(local: InProcess) -> dict[str, Any]:
    properties: dict[str, Any] = (await local.send("GET", WORKSPACE)).body["properties"]
    return properties


@pytest.mark.recorded
async def test_a_put_is_answered_202_without_a_body(group: InProcess) -> None:
    answer = await group.send("PUT", WORKSPACE, BODY)

    assert (answer.status, answer.body) == (202, None)
    assert "workspaceOperationsStatus" in answer.headers["Azure-AsyncOperation"]
    assert answer.headers["Azure-AsyncOperation"].endswith("type=async")
    assert answer.headers["Location"].endswith("type=location")


@pytest.mark.specified
async def test_a_workspace_is_creating_until_its_operation_has_ended(group: InProcess) -> None:
    await group.send("PUT", WORKSPACE, BODY)
    before = (await _properties(group))["provisioningState"]

    await group.settle()

    assert (before, (await _properties(group))["provisioningState"]) == ("Creating", "Succeeded")


@pytest.mark.recorded
async def test_a_get_shows_what_the_service_sets(local: InProcess) -> None:
    body = (await local.send("GET", WORKSPACE)).body
    properties = body["properties"]

    assert body["etag"] is None
    assert body["kind"] == "Default"
    assert body["sku"] == {"name": "Basic", "tier": "Basic"}
    assert body["identity"]["type"] == "SystemAssigned"
    assert properties["discoveryUrl"] == "https://westeurope.api.azureml.ms/discovery"
    assert properties["mlFlowTrackingUri"] == f"azureml://westeurope.api.azureml.ms/mlflow/v1.0{WORKSPACE}"
    assert properties["friendlyName"] == ""
    assert properties["systemDatastoresAuthMode"] == "accesskey"
    assert "/providers/Microsoft.Keyvault/vaults/" in properties["keyVault"]


@pytest.mark.recorded
async def test_a_patch_replaces_tags_and_takes_linked_ids_unchecked(local: InProcess) -> None:
    await local.send("PATCH", WORKSPACE, {"tags": {"a": "1"}})
    await local.settle()

    answer = await local.send("PATCH", WORKSPACE, {"tags": {"b": "2"}, "properties": {"imageBuildCompute": "nowhere"}})
    await local.settle()

    assert (answer.status, answer.body) == (202, None)
    assert (await local.send("GET", WORKSPACE)).body["tags"] == {"b": "2"}
    assert (await _properties(local))["imageBuildCompute"] == "nowhere"


@pytest.mark.inferred
async def test_a_linked_id_that_is_none_is_refused(local: InProcess) -> None:
    with pytest.raises(AzureError, match="'insights' is not the id of a resource"):
        await local.send("PATCH", WORKSPACE, {"properties": {"applicationInsights": "insights"}})


@pytest.mark.specified
@pytest.mark.parametrize("name", ["storageAccount", "keyVault"])
async def test_linked_resources_cannot_be_exchanged(local: InProcess, name: str) -> None:
    body = {**BODY, "properties": {**BODY["properties"], name: f"{GROUP}/providers/Microsoft.Other/things/x"}}  # type: ignore[dict-item]

    with pytest.raises(AzureError, match=f"'{name}' cannot be changed once the workspace has been created"):
        await local.send("PUT", WORKSPACE, body)


@pytest.mark.inferred
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_a_change_in_the_middle_of_another_is_a_conflict(group: InProcess, method: str) -> None:
    await group.send("PUT", WORKSPACE, BODY)

    with pytest.raises(AzureError, match="Another operation on 'work' is in progress") as refused:
        await group.send(method, WORKSPACE, BODY)
    assert refused.value.status == 409


@pytest.mark.inferred
async def test_a_workspace_fails_when_its_storage_is_not_to_be_had(group: InProcess) -> None:
    group.blobs.missing.add("store1")
    await group.send("PUT", WORKSPACE, BODY)
    await group.settle()

    assert (await _properties(group))["provisioningState"] == "Failed"


@pytest.mark.inferred
async def test_a_workspace_whose_making_failed_says_so_and_can_be_made_again(group: InProcess) -> None:
    group.azure.faults.add(operation="workspace", times=1)
    await group.send("PUT", WORKSPACE, BODY)
    await group.settle()
    failed = (await _properties(group))["provisioningState"]

    await group.send("PUT", WORKSPACE, BODY)
    await group.settle()

    assert (failed, (await _properties(group))["provisioningState"]) == ("Failed", "Succeeded")


@pytest.mark.inferred
async def test_a_workspace_needs_its_storage_account_to_be_there(group: InProcess) -> None:
    group.azure.store.delete(STORAGE)

    with pytest.raises(AzureError, match=r"properties\.storageAccount' was not found"):
        await group.send("PUT", WORKSPACE, BODY)


@pytest.mark.recorded
async def test_a_deleted_workspace_keeps_its_name(local: InProcess) -> None:
    answer = await local.send("DELETE", WORKSPACE)
    await local.settle()

    assert (answer.status, answer.body) == (202, None)
    with pytest.raises(AzureError, match=r"Soft-deleted workspace exists\. Please purge or recover it") as refused:
        await local.send("PUT", WORKSPACE, BODY)
    assert refused.value.status == 400


@pytest.mark.specified
async def test_a_purge_frees_the_name(local: InProcess) -> None:
    await local.send("DELETE", f"{WORKSPACE}?forceToPurge=true")
    await local.settle()

    assert (await local.send("PUT", WORKSPACE, BODY)).status == 202


@pytest.mark.inferred
async def test_a_workspace_can_be_purged_after_it_was_deleted_softly(local: InProcess) -> None:
    await local.send("DELETE", WORKSPACE)
    await local.settle()

    await local.send("DELETE", f"{WORKSPACE}?forceToPurge=true")
    await local.settle()

    assert (await local.send("PUT", WORKSPACE, BODY)).status == 202


@pytest.mark.specified
async def test_the_name_stays_taken_when_the_group_goes(local: InProcess) -> None:
    await local.azure.remove(GROUP)
    local.azure.store.put(GROUP, "microsoft.resources/resourcegroups", {"location": "westeurope"}, parent="", now=0.0)

    with pytest.raises(AzureError, match="Soft-deleted workspace exists"):
        await local.send("PUT", WORKSPACE, BODY)


@pytest.mark.specified
async def test_deleting_what_is_not_there_is_answered_204(group: InProcess) -> None:
    assert (await group.send("DELETE", WORKSPACE)).status == 204


@pytest.mark.specified
async def test_another_region_is_a_conflict(local: InProcess) -> None:
    with pytest.raises(AzureError) as refused:
        await local.send("PUT", WORKSPACE, {**BODY, "location": "northeurope"})

    assert (refused.value.status, refused.value.code) == (409, "InvalidResourceLocation")


@pytest.mark.inferred
async def test_what_is_not_emulated_is_refused_by_name(group: InProcess) -> None:
    with pytest.raises(NotEmulatedError, match="kind Hub"):
        await group.send("PUT", WORKSPACE, {**BODY, "kind": "Hub"})


@pytest.mark.specified
@pytest.mark.parametrize("name", ["ab", "-abc", "a" * 34, "a.b.c"])
async def test_a_name_that_breaks_azures_rule_is_refused(group: InProcess, name: str) -> None:
    with pytest.raises(AzureError, match="workspace name"):
        await group.send("PUT", WORKSPACE.removesuffix("work") + name, BODY)


@pytest.mark.recorded
async def test_keys_have_the_recorded_form(local: InProcess) -> None:
    keys = (await local.send("POST", f"{WORKSPACE}/listKeys")).body

    assert keys["userStorageKey"] == "key-of-store1"
    assert keys["userStorageArmId"] == STORAGE
    assert keys["containerRegistryCredentials"] is None
    assert set(keys["notebookAccessKeys"]) == {"primaryAccessKey", "secondaryAccessKey"}


@pytest.mark.inferred
async def test_a_user_assigned_identity_is_shown_with_its_principal(group: InProcess) -> None:
    identity = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id1"
    group.azure.store.put(
        identity,
        "microsoft.managedidentity/userassignedidentities",
        {"properties": {"principalId": "p", "clientId": "c"}},
        parent=GROUP,
        now=0.0,
    )
    sent = {**BODY, "identity": {"type": "SystemAssigned,UserAssigned", "userAssignedIdentities": {identity: {}}}}

    await group.send("PUT", WORKSPACE, sent)

    shown = (await group.send("GET", WORKSPACE)).body["identity"]
    assert shown["userAssignedIdentities"] == {identity: {"principalId": "p", "clientId": "c"}}
    assert shown["principalId"]


@pytest.mark.inferred
async def test_discovery_names_the_host_that_was_asked(local: InProcess) -> None:
    told = (await local.send("GET", "/discovery", host="westeurope.api.azureml.ms")).body

    assert told["api"] == "https://westeurope.api.azureml.ms"
