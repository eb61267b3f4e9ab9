"""What clients write for assets and addresses, and what it means."""

from __future__ import annotations

import pytest
from support.in_process import InProcess
from support.workspace import WORKSPACE
from windlass_emulator.errors import AzureError, NotEmulatedError
from windlass_emulator.ml.references import AssetName, BlobPath, blob_path, find_asset, parse_asset

LONG = "azureml://subscriptions/10ca1000-0000-4000-8000-000000000002/resourcegroups/rg/workspaces/work"


@pytest.mark.specified
@pytest.mark.parametrize(
    ("reference", "meant"),
    [
        ("azureml:churn:7", AssetName("churn", "7")),
        ("churn:7", AssetName("churn", "7")),
        ("azureml:churn@latest", AssetName("churn", None, "latest")),
        (f"{WORKSPACE}/models/churn/versions/7", AssetName("churn", "7", None, WORKSPACE)),
        (f"azureml:{WORKSPACE}/models/churn/versions/7", AssetName("churn", "7", None, WORKSPACE)),
        (f"azureml:{WORKSPACE}/models/churn/labels/latest", AssetName("churn", None, "latest", WORKSPACE)),
        ("azureml://locations/westeurope/workspaces/0a1b/models/churn/versions/7", AssetName("churn", "7")),
    ],
)
def test_every_form_of_a_reference_is_understood(reference: str, meant: AssetName) -> None:
    assert parse_asset("models", reference) == meant


@pytest.mark.inferred
@pytest.mark.parametrize(
    "reference", ["churn", "azureml:churn", f"{WORKSPACE}/environments/churn/versions/7", "a:b:c", ""]
)
def test_what_is_no_reference_is_refused_with_the_forms_that_are(reference: str) -> None:
    with pytest.raises(AzureError, match="expected 'azureml:<name>:<version>'"):
        parse_asset("models", reference)


@pytest.mark.inferred
def test_registries_are_refused_by_name() -> None:
    with pytest.raises(NotEmulatedError, match="azureml://registries/azureml/models/x/versions/1"):
        parse_asset("models", "azureml://registries/azureml/models/x/versions/1")


@pytest.mark.specified
async def test_the_label_latest_means_the_version_made_last(local: InProcess) -> None:
    for version in ("2", "1"):
        body = {
            "properties": {"modelUri": "azureml://datastores/workspaceblobstore/paths/m", "modelType": "custom_model"}
        }
        await local.send("PUT", f"{WORKSPACE}/models/churn/versions/{version}", body)

    assert find_asset(local.azure, WORKSPACE, "models", "azureml:churn@latest").name == "1"


@pytest.mark.specified
@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("azureml://datastores/workspaceartifactstore/paths/a/b", "a/b"),
        ("azureml://datastores/workspaceartifactstore/paths/a/b/", "a/b"),
        ("azureml://datastores/workspaceartifactstore/paths/", ""),
        ("azureml://datastores/workspaceartifactstore/paths/a%20b/c", "a b/c"),
        (f"{LONG}/datastores/workspaceartifactstore/paths/a/b", "a/b"),
        ("https://store1.blob.core.windows.net/azureml/a/b", "a/b"),
        ("https://store1.blob.core.windows.net:443/azureml/a/b/", "a/b"),
        ("https://store1.blob.core.windows.net/azureml/a/b?sv=1&sig=x", "a/b"),
        ("wasbs://azureml@store1.blob.core.windows.net/a/b", "a/b"),
    ],
)
async def test_every_form_of_an_address_leads_to_its_blobs(local: InProcess, uri: str, path: str) -> None:
    assert blob_path(local.azure, WORKSPACE, uri) == BlobPath("store1", "azureml", path)


@pytest.mark.inferred
@pytest.mark.parametrize(
    "uri",
    [
        "azureml://jobs/j/outputs/model/paths/x",
        "runs:/0a1b/model",
        "https://example.org/model.joblib",
        "abfss://fs@account.dfs.core.windows.net/x",
        "azureml://datastores/workspacefilestore/paths/x",
    ],
)
async def test_addresses_outside_blob_storage_are_refused_by_name(local: InProcess, uri: str) -> None:
    with pytest.raises(NotEmulatedError):
        blob_path(local.azure, WORKSPACE, uri)


@pytest.mark.inferred
async def test_an_unknown_datastore_is_named(local: InProcess) -> None:
    with pytest.raises(AzureError) as refused:
        blob_path(local.azure, WORKSPACE, "azureml://datastores/none/paths/x")

    assert refused.value.status == 404
    assert "none" in refused.value.details[0]["message"]
