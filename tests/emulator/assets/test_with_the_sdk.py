"""Workspaces, assets, datastores and clusters driven by azure-ai-ml's MLClient against a running local Azure."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from support.local_azure import RunningAzure
from support.ml_client import ArmSession, make_workspace

pytestmark = pytest.mark.filterwarnings("ignore")  # azure-ai-ml 1.35 on its own marshmallow and pkg_resources

GROUP = "assets-sdk"
CONDA = "channels: [conda-forge]\ndependencies:\n- python=3.11\n- pip:\n  - {0}\n"


@dataclass(frozen=True, slots=True)
class Bench:
    """A workspace and its client.

    Attributes:
        client: An MLClient.
        arm: Raw calls.
        workspace: The workspace's id.
    """

    client: Any
    arm: ArmSession
    workspace: str


@pytest.fixture(scope="module")
def bench(azure: RunningAzure) -> Iterator[Bench]:
    """A workspace in the shared local Azure, with azure.env loaded as a user loads it."""
    account = f"assets{uuid.uuid4().hex[:8]}"
    arm = ArmSession.open(azure)
    workspace = make_workspace(arm, GROUP, "assets-work", account)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in azure.environment.items():
            patch.setenv(name, value)
        yield Bench(_client(azure, "assets-work"), arm, workspace)
    arm.http.close()


def _client(azure: RunningAzure, workspace: str) -> Any:
    from azure.ai.ml import MLClient
    from azure.identity import DefaultAzureCredential

    return MLClient(DefaultAzureCredential(), azure.subscription, GROUP, workspace)


@pytest.fixture
def name() -> str:
    """The name of an asset that no other test has."""
    return f"a{uuid.uuid4().hex[:8]}"


@pytest.fixture
def model_file(tmp_path: Path) -> Path:
    """A model whose content no other test has."""
    path = tmp_path / "model.joblib"
    path.write_bytes(os.urandom(2000))
    return path


def _model(name: str, path: Path, **more: Any) -> Any:
    from azure.ai.ml.entities import Model

    return Model(name=name, path=str(path), **more)


def _environment(name: str, folder: Path, requirement: str, **more: Any) -> Any:
    from azure.ai.ml.entities import Environment

    conda = folder / "conda.yml"
    conda.write_text(CONDA.format(requirement))
    return Environment(name=name, image="mcr.microsoft.com/x:1", conda_file=str(conda), **more)


# Workspace


@pytest.mark.specified
def test_a_workspace_is_read_with_its_discovery_address(bench: Bench) -> None:
    workspace = bench.client.workspaces.get()

    assert workspace.discovery_url == "https://westeurope.api.azureml.ms/discovery"
    assert workspace.location == "westeurope"


@pytest.mark.recorded
def test_the_tags_of_a_workspace_are_replaced(bench: Bench) -> None:
    workspace = bench.client.workspaces.get()
    workspace.tags = {"team": "shop"}

    updated = bench.client.workspaces.begin_update(workspace).result()

    assert updated.tags == {"team": "shop"}


@pytest.mark.recorded
def test_a_deleted_workspace_keeps_its_name_until_it_is_purged(bench: Bench) -> None:
    second, body = _second_workspace(bench, "assets-gone")

    bench.client.workspaces.begin_delete("assets-gone", delete_dependent_resources=False).result()
    refused = bench.arm.send("PUT", second, body)
    purged = bench.arm.settled(bench.arm.send("DELETE", f"{second}?forceToPurge=true"))

    assert refused.status_code == 400
    assert refused.json()["error"]["message"].startswith("Soft-deleted workspace exists.")
    assert purged == {"status": "Succeeded", "percentComplete": 100.0}
    assert bench.arm.send("PUT", second, body).status_code == 202


@pytest.mark.recorded
def test_a_workspace_deleted_for_good_frees_its_name(bench: Bench) -> None:
    second, body = _second_workspace(bench, "assets-purged")

    bench.client.workspaces.begin_delete(
        "assets-purged", delete_dependent_resources=False, permanently_delete=True
    ).result()

    assert bench.arm.send("PUT", second, body).status_code == 202


def _second_workspace(bench: Bench, name: str) -> tuple[str, dict[str, Any]]:
    properties = bench.arm.send("GET", bench.workspace).json()["properties"]
    linked = {key: properties[key] for key in ("storageAccount", "keyVault")}
    body = {"location": "westeurope", "properties": linked}
    return bench.arm.make(bench.workspace.replace("assets-work", name), body), body


@pytest.mark.recorded
def test_errors_come_in_the_envelope_of_the_service(bench: Bench) -> None:
    answer = bench.arm.send("GET", f"{bench.workspace}/models/none/versions")
    error = answer.json()["error"]

    assert (answer.status_code, answer.headers["x-ms-response-type"]) == (404, "error")
    assert error["code"] == "UserError"
    assert error["details"][0]["code"] == "ModelNotFound"
    assert [row["type"] for row in error["additionalInfo"]] == [
        "ComponentName", "Correlation", "Environment", "Location", "Time",
    ]  # fmt: skip


# Models


@pytest.mark.specified
def test_a_model_that_is_a_file_comes_back_as_it_was(bench: Bench, name: str, model_file: Path, tmp_path: Path) -> None:
    registered = bench.client.models.create_or_update(_model(name, model_file, tags={"sha256": "abc"}))

    bench.client.models.download(name, registered.version, download_path=str(tmp_path / "down"))

    assert registered.version == "1"
    assert registered.tags == {"sha256": "abc"}
    assert (tmp_path / "down" / name / "model.joblib").read_bytes() == model_file.read_bytes()


@pytest.mark.specified
def test_a_model_that_is_a_folder_comes_back_as_it_was(
    bench: Bench, name: str, model_file: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    (folder / "parts").mkdir(parents=True)
    (folder / "model.joblib").write_bytes(model_file.read_bytes())
    (folder / "parts" / "a b.txt").write_text(name)
    registered = bench.client.models.create_or_update(_model(name, folder))

    bench.client.models.download(name, registered.version, download_path=str(tmp_path / "down"))

    down = tmp_path / "down" / name / "folder"
    assert (down / "parts" / "a b.txt").read_text() == name
    assert (down / "model.joblib").read_bytes() == model_file.read_bytes()


@pytest.mark.specified
def test_versions_count_up_and_the_newest_is_latest(bench: Bench, name: str, model_file: Path) -> None:
    made = [bench.client.models.create_or_update(_model(name, model_file)).version for _ in range(3)]

    assert made == ["1", "2", "3"]
    assert bench.client.models.get(name, label="latest").version == "3"
    assert [model.version for model in bench.client.models.list(name)] == ["3", "2", "1"]


@pytest.mark.specified
def test_another_content_under_an_existing_version_is_refused(bench: Bench, name: str, model_file: Path) -> None:
    bench.client.models.create_or_update(_model(name, model_file, version="7"))
    model_file.write_bytes(os.urandom(100))

    with pytest.raises(ResourceExistsError, match="Asset paths cannot be updated"):
        bench.client.models.create_or_update(_model(name, model_file, version="7"))


@pytest.mark.recorded
def test_an_archived_version_is_not_listed_until_it_is_restored(bench: Bench, name: str, model_file: Path) -> None:
    bench.client.models.create_or_update(_model(name, model_file))

    bench.client.models.archive(name, "1")
    archived = [model.version for model in bench.client.models.list(name)]
    bench.client.models.restore(name, "1")

    assert archived == []
    assert [model.version for model in bench.client.models.list(name)] == ["1"]


@pytest.mark.specified
def test_an_archived_model_is_not_listed(bench: Bench, name: str, model_file: Path) -> None:
    bench.client.models.create_or_update(_model(name, model_file))

    bench.client.models.archive(name)

    assert name not in [model.name for model in bench.client.models.list()]


@pytest.mark.recorded
def test_a_model_that_there_is_not_is_not_found(bench: Bench, name: str) -> None:
    with pytest.raises(ResourceNotFoundError, match="NoSuchModelRegistered"):
        bench.client.models.get(name, "1")


# Environments


@pytest.mark.recorded
def test_a_conda_file_is_read_back(bench: Bench, name: str, tmp_path: Path) -> None:
    made = bench.client.environments.create_or_update(_environment(name, tmp_path, "six==1.16.0", version="0a1b"))

    assert made.conda_file["dependencies"] == ["python=3.11", {"pip": ["six==1.16.0"]}]
    assert bench.client.environments.get(name, "0a1b").image == "mcr.microsoft.com/x:1"


@pytest.mark.specified
def test_the_same_content_keeps_its_version_and_another_gets_the_next(bench: Bench, name: str, tmp_path: Path) -> None:
    first = bench.client.environments.create_or_update(_environment(name, tmp_path, "six==1.16.0"))
    same = bench.client.environments.create_or_update(_environment(name, tmp_path, "six==1.16.0", description="new"))
    other = bench.client.environments.create_or_update(_environment(name, tmp_path, "six==1.17.0"))

    assert [first.version, same.version, other.version] == ["1", "1", "2"]
    assert bench.client.environments.get(name, label="latest").version == "2"


@pytest.mark.specified
def test_another_content_under_an_existing_environment_version_is_refused(
    bench: Bench, name: str, tmp_path: Path
) -> None:
    bench.client.environments.create_or_update(_environment(name, tmp_path, "six==1.16.0", version="7"))

    with pytest.raises(ResourceExistsError, match=f"Environment {name} with version 7 is already registered"):
        bench.client.environments.create_or_update(_environment(name, tmp_path, "six==1.17.0", version="7"))


@pytest.mark.recorded
def test_archiving_a_version_of_an_environment_is_ignored(bench: Bench, name: str, tmp_path: Path) -> None:
    bench.client.environments.create_or_update(_environment(name, tmp_path, "six==1.16.0", version="7"))

    bench.client.environments.archive(name, "7")

    assert [made.version for made in bench.client.environments.list(name)] == ["7"]


@pytest.mark.recorded
def test_a_build_context_is_registered_with_its_address(bench: Bench, name: str, tmp_path: Path) -> None:
    from azure.ai.ml.entities import BuildContext, Environment

    (tmp_path / "docker").mkdir()
    (tmp_path / "docker" / "Dockerfile").write_text(f"FROM {name}")

    made = bench.client.environments.create_or_update(
        Environment(name=name, build=BuildContext(path=str(tmp_path / "docker")))
    )

    assert made.build.path.startswith("https://assets")
    assert made.build.path.endswith("/docker/")


# Code and data


@pytest.mark.recorded
def test_the_same_code_is_uploaded_once(bench: Bench, name: str, tmp_path: Path) -> None:
    from azure.ai.ml.entities._assets._artifacts.code import Code

    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "score.py").write_text(f"NAME = '{name}'\n")

    first = bench.client._code.create_or_update(Code(path=str(tmp_path / "src")))
    second = bench.client._code.create_or_update(Code(path=str(tmp_path / "src")))

    assert first.id == second.id


@pytest.mark.specified
def test_code_is_downloaded_from_its_own_container(bench: Bench, name: str, tmp_path: Path) -> None:
    from azure.ai.ml.entities._assets._artifacts.code import Code

    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "score.py").write_text(f"NAME = '{name}'\n")
    made = bench.client._code.create_or_update(Code(path=str(tmp_path / "src")))

    bench.client._code.download(made.name, made.version, download_path=str(tmp_path / "down"))

    assert (tmp_path / "down" / "score.py").read_text() == f"NAME = '{name}'\n"


@pytest.mark.specified
def test_data_is_registered_and_found_as_latest(bench: Bench, name: str, tmp_path: Path) -> None:
    from azure.ai.ml.entities import Data

    (tmp_path / "rows.csv").write_text(name)

    made = bench.client.data.create_or_update(Data(name=name, path=str(tmp_path / "rows.csv"), type="uri_file"))

    assert made.version == "1"
    assert bench.client.data.get(name, label="latest").path.endswith("/rows.csv")


# Datastores


@pytest.mark.specified
def test_the_default_datastore_is_found(bench: Bench) -> None:
    store = bench.client.datastores.get_default()

    assert store.name == "workspaceblobstore"
    assert store.container_name.startswith("azureml-blobstore-")


@pytest.mark.specified
def test_a_datastore_is_added_read_with_its_secret_and_deleted(bench: Bench, name: str) -> None:
    from azure.ai.ml.entities import AccountKeyConfiguration, AzureBlobDatastore

    key = AccountKeyConfiguration(account_key="c2VjcmV0")
    bench.client.datastores.create_or_update(
        AzureBlobDatastore(name=name, account_name="store", container_name="mine", credentials=key)
    )

    read = bench.client.datastores.get(name, include_secrets=True)
    bench.client.datastores.delete(name)

    assert read.credentials.account_key == "c2VjcmV0"
    assert name not in [store.name for store in bench.client.datastores.list()]


# Clusters


@pytest.mark.recorded
def test_a_cluster_is_made_scaled_in_place_and_deleted(bench: Bench) -> None:
    from azure.ai.ml.entities import AmlCompute

    wanted = AmlCompute(name="cpu", size="Standard_DS3_v2", max_instances=4, idle_time_before_scale_down=120)
    made = bench.client.compute.begin_create_or_update(wanted).result()
    made.max_instances = 6
    scaled = bench.client.compute.begin_update(made).result()
    nodes = list(bench.client.compute.list_nodes("cpu"))
    bench.client.compute.begin_delete("cpu").result()

    assert (made.provisioning_state, made.min_instances) == ("Succeeded", 0)
    assert scaled.max_instances == 6
    assert nodes == []
    with pytest.raises(ResourceNotFoundError):
        bench.client.compute.get("cpu")


@pytest.mark.specified
def test_a_cluster_beyond_the_quota_is_refused_with_the_word(bench: Bench) -> None:
    from azure.ai.ml.entities import AmlCompute

    with pytest.raises(HttpResponseError, match="vCPU quota of 100"):
        bench.client.compute.begin_create_or_update(
            AmlCompute(name="big", size="Standard_DS3_v2", max_instances=40)
        ).result()


@pytest.mark.specified
def test_sizes_and_usages_are_listed(bench: Bench) -> None:
    sizes = {size.name for size in bench.client.compute.list_sizes()}
    usages = {usage.name["value"] for usage in bench.client.compute.list_usage()}

    assert "Standard_DS3_v2" in sizes
    assert "standardDSv2Family" in usages
