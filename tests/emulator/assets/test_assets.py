"""Models, environments, data and code as public recordings of real traffic have them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.in_process import InProcess
from support.workspace import STORAGE, WORKSPACE
from windlass_emulator.errors import AzureError, NotEmulatedError
from windlass_emulator.ml.assets import next_version
from windlass_emulator.ml.models import normal_uri

MODELS = f"{WORKSPACE}/models"
ENVIRONMENTS = f"{WORKSPACE}/environments"
CODES = f"{WORKSPACE}/codes"
DATA = f"{WORKSPACE}/data"
HERE = "subscriptions/10ca1000-0000-4000-8000-000000000002/resourcegroups/rg"
CONDA = "channels: [conda-forge]\ndependencies:\n- python=3.11\n- pip:\n  - six==1.16.0\n"


def model(path: str = "LocalUpload/1/model.joblib", **more: Any) -> dict[str, Any]:
    """A body as azure-ai-ml sends it."""
    uri = f"azureml://{HERE}/workspaces/work/datastores/workspaceblobstore/paths/{path}"
    return {"properties": {"modelUri": uri, "modelType": "custom_model"} | more}


def environment(conda: str = CONDA, **more: Any) -> dict[str, Any]:
    return {"properties": {"image": "mcr.microsoft.com/x:1", "condaFile": conda, **more}}


async def versions(local: InProcess, container: str, query: str = "") -> list[str]:
    return [item["name"] for item in (await local.send("GET", f"{container}/versions{query}")).body["value"]]


# Models


@pytest.mark.recorded
async def test_a_new_model_version_is_answered_201_with_what_the_service_adds(local: InProcess) -> None:
    answer = await local.send("PUT", f"{MODELS}/churn/versions/1", model())
    properties = answer.body["properties"]

    assert answer.status == 201
    assert answer.headers["Location"] == (
        f"https://management.azure.com{MODELS}/churn/versions/1?api-version=2025-12-01"
    )
    assert properties["flavors"] == {}
    assert properties["stage"] == "Development"
    assert properties["provisioningState"] == "Succeeded"
    assert properties["jobName"] is None
    assert "/resourceGroups/rg/" in properties["modelUri"]
    assert answer.body["systemData"]["createdAt"].endswith("+00:00")


@pytest.mark.recorded
async def test_an_existing_model_version_is_answered_200_and_keeps_its_creation(local: InProcess) -> None:
    first = (await local.send("PUT", f"{MODELS}/churn/versions/1", model())).body["systemData"]

    answer = await local.send("PUT", f"{MODELS}/churn/versions/1", model(tags={"a": "1"}))
    second = answer.body["systemData"]

    assert answer.status == 200
    assert answer.body["properties"]["tags"] == {"a": "1"}
    assert second["createdAt"] == first["createdAt"]
    assert second["lastModifiedAt"] > first["lastModifiedAt"]


@pytest.mark.specified
async def test_the_path_of_a_model_version_cannot_be_changed(local: InProcess) -> None:
    await local.send("PUT", f"{MODELS}/churn/versions/1", model())

    with pytest.raises(AzureError, match="Asset paths cannot be updated") as refused:
        await local.send("PUT", f"{MODELS}/churn/versions/1", model("LocalUpload/2/model.joblib"))
    assert (refused.value.status, refused.value.code) == (409, "UserError")


@pytest.mark.recorded
async def test_an_archived_model_is_not_listed_as_active_and_comes_back_when_restored(local: InProcess) -> None:
    await local.send("PUT", f"{MODELS}/churn/versions/1", model())

    archived = await local.send("PUT", f"{MODELS}/churn/versions/1", model(isArchived=True))
    hidden = await versions(local, f"{MODELS}/churn", "?listViewType=ActiveOnly")
    restored = await local.send("PUT", f"{MODELS}/churn/versions/1", model(isArchived=False, stage="Archived"))

    assert archived.body["properties"]["stage"] == "Archived"
    assert hidden == []
    assert (await local.send("GET", f"{MODELS}/churn/versions/1")).status == 200
    assert restored.body["properties"]["stage"] == "Development"
    assert await versions(local, f"{MODELS}/churn") == ["1"]


@pytest.mark.recorded
async def test_an_unknown_container_is_a_user_error_404(local: InProcess) -> None:
    with pytest.raises(AzureError) as refused:
        await local.send("GET", f"{MODELS}/none/versions")

    assert (refused.value.status, refused.value.code) == (404, "UserError")
    assert refused.value.message == "The specified resource was not found."
    assert refused.value.details[0]["code"] == "ModelNotFound"
    assert refused.value.details[0]["message"] == "Model container with name: none not found."


@pytest.mark.recorded
async def test_an_unknown_version_is_a_user_error_404(local: InProcess) -> None:
    with pytest.raises(AzureError) as refused:
        await local.send("GET", f"{MODELS}/churn/versions/1")

    assert refused.value.details[0]["code"] == "NoSuchModelRegistered"
    assert refused.value.details[0]["message"].endswith("ResourceGroup: rg, Workspace: work with id churn:1")


@pytest.mark.recorded
async def test_a_containers_first_next_version_is_1(local: InProcess) -> None:
    answer = await local.send("PUT", f"{MODELS}/churn", {"properties": {"description": "who buys again"}})

    assert answer.status == 201
    assert answer.body["properties"]["latestVersion"] is None
    assert answer.body["properties"]["nextVersion"] == "1"


@pytest.mark.recorded
async def test_versions_are_listed_newest_first_without_next_link(local: InProcess) -> None:
    for version in ("1", "2", "10"):
        await local.send("PUT", f"{MODELS}/churn/versions/{version}", model())

    listed = (await local.send("GET", f"{MODELS}/churn/versions")).body

    assert [item["name"] for item in listed["value"]] == ["10", "2", "1"]
    assert "nextLink" not in listed


@pytest.mark.specified
async def test_the_newest_one_can_be_asked_for(local: InProcess) -> None:
    for version in ("1", "2"):
        await local.send("PUT", f"{MODELS}/churn/versions/{version}", model())

    assert await versions(local, f"{MODELS}/churn", "?$orderBy=createdtime desc&$top=1") == ["2"]
    assert await versions(local, f"{MODELS}/churn", "?$orderBy=createdtime asc&$top=1") == ["1"]


@pytest.mark.inferred
@pytest.mark.parametrize("query", ["$orderBy=name", "tags=a", "$skip=1"])
async def test_a_list_option_that_is_not_emulated_is_refused(local: InProcess, query: str) -> None:
    await local.send("PUT", f"{MODELS}/churn/versions/1", model())

    with pytest.raises(NotEmulatedError):
        await local.send("GET", f"{MODELS}/churn/versions?{query}")


@pytest.mark.recorded
async def test_flavors_are_read_from_the_mlmodel_file(local: InProcess) -> None:
    store = (await local.send("GET", f"{WORKSPACE}/datastores/workspaceblobstore")).body["properties"]
    text = b"flavors:\n  python_function: {loader_module: mlflow.sklearn, python_version: 3.11.7}\n"
    local.blobs.upload("store1", store["containerName"], "LocalUpload/1/m/MLmodel", text)

    body = (await local.send("PUT", f"{MODELS}/m/versions/1", model("LocalUpload/1/m", modelType="mlflow_model"))).body

    assert body["properties"]["flavors"] == {
        "python_function": {"data": {"loader_module": "mlflow.sklearn", "python_version": "3.11.7"}}
    }


@pytest.mark.inferred
async def test_an_mlflow_model_without_its_mlmodel_file_is_refused(local: InProcess) -> None:
    with pytest.raises(AzureError, match="MLmodel"):
        await local.send("PUT", f"{MODELS}/m/versions/1", model(modelType="mlflow_model"))


@pytest.mark.recorded
async def test_a_deleted_container_is_answered_200_and_takes_its_versions_along(local: InProcess) -> None:
    await local.send("PUT", f"{MODELS}/churn/versions/1", model())

    answer = await local.send("DELETE", f"{MODELS}/churn")

    assert (answer.status, answer.body) == (200, None)
    with pytest.raises(AzureError, match="404"):
        await local.send("GET", f"{MODELS}/churn/versions/1")


@pytest.mark.inferred
def test_a_short_address_is_written_in_full() -> None:
    assert normal_uri("azureml://datastores/a/paths/b", WORKSPACE) == (
        "azureml://subscriptions/10ca1000-0000-4000-8000-000000000002/resourceGroups/rg/workspaces/work/datastores/a/paths/b"
    )


@pytest.mark.inferred
@given(st.lists(st.one_of(st.integers(1, 10**6).map(str), st.text("abc.-", min_size=1)), unique=True))
def test_the_next_version_is_a_number_that_is_free(taken: list[str]) -> None:
    proposed = next_version(taken)

    assert proposed not in taken
    assert proposed.isdecimal()


# Environments


@pytest.mark.recorded
async def test_a_new_environment_is_answered_201_with_what_the_service_adds(local: InProcess) -> None:
    answer = await local.send("PUT", f"{ENVIRONMENTS}/churn/versions/1", environment())
    properties = answer.body["properties"]

    assert answer.status == 201
    assert properties["environmentType"] == "UserCreated"
    assert properties["osType"] == "Linux"
    assert properties["autoRebuild"] == "Disabled"
    assert properties["stage"] == "Development"
    assert properties["properties"] == {"azureml.labels": "latest"}


@pytest.mark.recorded
async def test_the_conda_file_comes_back_as_json_text(local: InProcess) -> None:
    body = (await local.send("PUT", f"{ENVIRONMENTS}/churn/versions/1", environment())).body

    assert body["properties"]["condaFile"] == json.dumps(
        {"channels": ["conda-forge"], "dependencies": ["python=3.11", {"pip": ["six==1.16.0"]}]}, indent=2
    )


@pytest.mark.recorded
async def test_the_same_content_again_is_answered_201_and_keeps_its_creation(local: InProcess) -> None:
    first = (await local.send("PUT", f"{ENVIRONMENTS}/churn/versions/1", environment())).body

    again = await local.send(
        "PUT", f"{ENVIRONMENTS}/churn/versions/1", environment(first["properties"]["condaFile"], description="new")
    )

    assert again.status == 201
    assert again.body["systemData"]["createdAt"] == first["systemData"]["createdAt"]
    assert again.body["properties"]["description"] == "new"


@pytest.mark.specified
async def test_another_content_under_the_same_version_is_a_conflict(local: InProcess) -> None:
    await local.send("PUT", f"{ENVIRONMENTS}/churn/versions/1", environment())

    with pytest.raises(AzureError, match="churn with version 1 is already registered and cannot be changed") as refused:
        await local.send("PUT", f"{ENVIRONMENTS}/churn/versions/1", environment(CONDA.replace("1.16.0", "1.17.0")))
    assert refused.value.status == 409


@pytest.mark.recorded
async def test_the_label_moves_to_the_newest_version_and_skips_anonymous_ones(local: InProcess) -> None:
    await local.send("PUT", f"{ENVIRONMENTS}/churn/versions/1", environment())
    await local.send("PUT", f"{ENVIRONMENTS}/churn/versions/2", environment())
    anonymous = (await local.send("PUT", f"{ENVIRONMENTS}/churn/versions/0a1b", environment(isAnonymous=True))).body

    listed = (await local.send("GET", f"{ENVIRONMENTS}/churn/versions")).body["value"]

    assert anonymous["properties"]["stage"] == "Logged"
    assert {item["name"]: item["properties"]["properties"]["azureml.labels"] for item in listed} == {
        "1": "",
        "2": "latest",
        "0a1b": "",
    }


@pytest.mark.recorded
async def test_image_and_build_context_exclude_each_other(local: InProcess) -> None:
    body = environment(build={"contextUri": "https://store1.blob.core.windows.net/c/d/"})

    with pytest.raises(AzureError, match="More than one of BaseImage, BaseDockerfile, and BuildContext were set"):
        await local.send("PUT", f"{ENVIRONMENTS}/churn/versions/1", body)


@pytest.mark.recorded
async def test_a_build_context_has_no_image_and_an_empty_conda_file(local: InProcess) -> None:
    body = {"properties": {"build": {"contextUri": "https://store1.blob.core.windows.net/c/d/"}}}

    properties = (await local.send("PUT", f"{ENVIRONMENTS}/churn/versions/1", body)).body["properties"]

    assert "image" not in properties
    assert properties["condaFile"] == ""


@pytest.mark.recorded
async def test_archiving_a_version_of_an_environment_changes_nothing(local: InProcess) -> None:
    await local.send("PUT", f"{ENVIRONMENTS}/churn/versions/1", environment())

    answer = await local.send("PUT", f"{ENVIRONMENTS}/churn/versions/1", environment(isArchived=True))

    assert answer.body["properties"]["isArchived"] is False
    assert await versions(local, f"{ENVIRONMENTS}/churn") == ["1"]


@pytest.mark.recorded
async def test_a_latest_version_that_is_no_number_leaves_the_next_at_1(local: InProcess) -> None:
    await local.send("PUT", f"{ENVIRONMENTS}/churn/versions/bar", environment())

    properties = (await local.send("GET", f"{ENVIRONMENTS}/churn")).body["properties"]

    assert (properties["latestVersion"], properties["nextVersion"]) == ("bar", "1")


@pytest.mark.specified
async def test_an_archived_container_is_not_listed_as_active(local: InProcess) -> None:
    await local.send("PUT", f"{ENVIRONMENTS}/churn/versions/1", environment())

    await local.send("PUT", f"{ENVIRONMENTS}/churn", {"properties": {"isArchived": True}})

    assert (await local.send("GET", ENVIRONMENTS)).body["value"] == []
    listed = (await local.send("GET", f"{ENVIRONMENTS}?listViewType=ArchivedOnly")).body["value"]
    assert [item["name"] for item in listed] == ["churn"]


# Data


@pytest.mark.recorded
async def test_an_address_of_data_is_not_looked_at(local: InProcess) -> None:
    body = {"properties": {"dataType": "uri_folder", "dataUri": "https://bla"}}

    answer = await local.send("PUT", f"{DATA}/customers/versions/1", body)

    assert answer.status == 201
    assert answer.body["properties"]["dataUri"] == "https://bla"
    assert answer.body["properties"]["tags"] is None
    assert "provisioningState" not in answer.body["properties"]


@pytest.mark.specified
async def test_the_address_of_registered_data_cannot_be_changed(local: InProcess) -> None:
    body = {"properties": {"dataType": "uri_folder", "dataUri": "azureml://datastores/a/paths/b"}}
    await local.send("PUT", f"{DATA}/customers/versions/1", body)
    body["properties"]["dataUri"] = "azureml://datastores/a/paths/c"

    with pytest.raises(AzureError, match="data version with this name and version already exists") as refused:
        await local.send("PUT", f"{DATA}/customers/versions/1", body)
    assert refused.value.status == 409


# Code


def code(digest: str, uri: str = "https://store1.blob.core.windows.net:443/c/src") -> dict[str, Any]:
    return {"properties": {"codeUri": uri, "properties": {"hash_sha256": digest, "hash_version": 202208}}}


@pytest.mark.recorded
async def test_a_hash_is_searched_over_all_code(local: InProcess) -> None:
    await local.send("PUT", f"{CODES}/one/versions/1", code("abc"))

    found = (await local.send("GET", f"{CODES}/another/versions?hash=abc&hashVersion=202208")).body["value"]

    assert [item["id"] for item in found] == [f"{CODES}/one/versions/1"]


@pytest.mark.recorded
async def test_an_unknown_hash_finds_nothing_and_is_no_error(local: InProcess) -> None:
    answer = await local.send("GET", f"{CODES}/another/versions?hash=abc&hashVersion=202208")

    assert (answer.status, answer.body) == (200, {"value": []})


@pytest.mark.recorded
async def test_an_upload_gets_a_container_of_its_own(local: InProcess) -> None:
    workspace = (await local.send("GET", WORKSPACE)).body["properties"]["workspaceId"]
    path = f"{CODES}/one/versions/1/startPendingUpload"

    first = (await local.send("POST", path, {"pendingUploadType": "TemporaryBlobReference"})).body
    second = (await local.send("POST", path, {"pendingUploadType": "TemporaryBlobReference"})).body

    place = first["blobReferenceForConsumption"]
    host, _, container = place["blobUri"].rpartition("/")
    assert first["pendingUploadType"] == "None"
    assert host == "https://store1.blob.core.windows.net:443"
    assert container.startswith(f"{workspace}-")
    assert len(container) == 63
    assert place["storageAccountArmId"] == STORAGE
    assert place["credential"]["credentialType"] == "SAS"
    assert place["credential"]["sasUri"].endswith("-rcwl-8h")
    assert ("store1", container) in local.blobs.containers
    assert second["blobReferenceForConsumption"]["blobUri"] != place["blobUri"]


@pytest.mark.recorded
async def test_a_code_uri_is_kept_as_it_was_sent(local: InProcess) -> None:
    answer = await local.send("PUT", f"{CODES}/one/versions/1", code("abc"))

    assert answer.status == 201
    assert answer.body["properties"]["codeUri"] == "https://store1.blob.core.windows.net:443/c/src"
    assert answer.body["properties"]["description"] is None
    assert answer.body["properties"]["tags"] == {}
