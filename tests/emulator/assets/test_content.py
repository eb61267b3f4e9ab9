"""Models, code and environments on disk, for the processes that use them."""

from __future__ import annotations

import asyncio

import pytest
from support.in_process import InProcess
from support.workspace import WORKSPACE
from windlass_emulator.errors import OperationFailedError
from windlass_emulator.ml.content import ensure_environment, fetch_code, fetch_model

STORE = "azureml://datastores/workspaceartifactstore/paths"


async def _register(local: InProcess, uri: str) -> str:
    body = {"properties": {"modelUri": uri, "modelType": "custom_model"}}
    await local.send("PUT", f"{WORKSPACE}/models/churn/versions/1", body)
    return "azureml:churn:1"


@pytest.mark.recorded
async def test_a_model_that_is_a_file_lies_in_its_folder_under_its_name(local: InProcess) -> None:
    local.blobs.upload("store1", "azureml", "LocalUpload/1/model.joblib", b"one")
    local.blobs.upload("store1", "azureml", "LocalUpload/1/model.joblib.bak", b"not this")

    folder = await fetch_model(local.azure, WORKSPACE, await _register(local, f"{STORE}/LocalUpload/1/model.joblib"))

    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {"model.joblib": b"one"}


@pytest.mark.specified
async def test_a_model_that_is_a_folder_keeps_the_folders_name(local: InProcess) -> None:
    local.blobs.upload("store1", "azureml", "LocalUpload/1/churn/model.joblib", b"one")
    local.blobs.upload("store1", "azureml", "LocalUpload/1/churn/parts/a.txt", b"a")
    local.blobs.upload("store1", "azureml", "LocalUpload/1/churn2/model.joblib", b"not this")

    folder = await fetch_model(local.azure, WORKSPACE, await _register(local, f"{STORE}/LocalUpload/1/churn/"))

    files = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    assert files == ["churn/model.joblib", "churn/parts/a.txt"]


@pytest.mark.inferred
async def test_content_is_fetched_once(local: InProcess) -> None:
    local.blobs.upload("store1", "azureml", "m/model.joblib", b"one")
    reference = await _register(local, f"{STORE}/m/model.joblib")

    first = await fetch_model(local.azure, WORKSPACE, reference)
    second = await fetch_model(local.azure, WORKSPACE, reference)

    assert first == second
    assert local.blobs.downloads["m/model.joblib"] == 1


@pytest.mark.inferred
async def test_two_that_fetch_at_once_get_the_same_whole_content(local: InProcess) -> None:
    local.blobs.upload("store1", "azureml", "m/model.joblib", b"one")
    reference = await _register(local, f"{STORE}/m/model.joblib")

    folders = await asyncio.gather(*(fetch_model(local.azure, WORKSPACE, reference) for _ in range(4)))

    assert len(set(folders)) == 1
    assert (folders[0] / "model.joblib").read_bytes() == b"one"
    assert [path.name for path in folders[0].parent.iterdir()] == [folders[0].name]


@pytest.mark.specified
async def test_code_is_the_inside_of_its_folder(local: InProcess) -> None:
    local.blobs.upload("store1", "ws-abc", "src/score.py", b"pass")
    body = {"properties": {"codeUri": "https://store1.blob.core.windows.net:443/ws-abc/src"}}
    await local.send("PUT", f"{WORKSPACE}/codes/one/versions/1", body)

    folder = await fetch_code(local.azure, WORKSPACE, f"{WORKSPACE}/codes/one/versions/1")

    assert [path.name for path in folder.iterdir()] == ["score.py"]


@pytest.mark.inferred
async def test_content_that_is_gone_from_storage_is_named(local: InProcess) -> None:
    reference = await _register(local, f"{STORE}/m/model.joblib")

    with pytest.raises(OperationFailedError, match=r"azureml/m/model\.joblib"):
        await fetch_model(local.azure, WORKSPACE, reference)


@pytest.mark.inferred
async def test_an_environment_with_a_dockerfile_fails_as_a_build(local: InProcess) -> None:
    body = {"properties": {"build": {"contextUri": "https://store1.blob.core.windows.net/c/d/"}}}
    await local.send("PUT", f"{WORKSPACE}/environments/docker/versions/1", body)

    with pytest.raises(OperationFailedError, match="ImageBuildFailure: The local Azure builds no image"):
        await ensure_environment(local.azure, WORKSPACE, "azureml:docker:1")


@pytest.mark.inferred
async def test_an_environment_is_handed_to_the_maker_of_environments(local: InProcess) -> None:
    body = {"properties": {"image": "x:1", "condaFile": "dependencies: [python=3.11]"}}
    await local.send("PUT", f"{WORKSPACE}/environments/churn/versions/1", body)

    assert (await ensure_environment(local.azure, WORKSPACE, "azureml:churn:1")).name == "python"
