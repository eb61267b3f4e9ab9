from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, cast

import pytest
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import ContainerClient
from support.scripted_azure import Reply, ScriptedAzure

from windlass.azure.model_files import AzureModelFiles, Place
from windlass.errors.azure import AzureRequestError
from windlass.errors.records import ModelElsewhereError
from windlass.release.models import ModelVersion

MODEL = ModelVersion(name="churn", version="2", sha256="f" * 64)
IN_STORE = "azureml://subscriptions/s/resourceGroups/g/workspaces/w/datastores/blobs/paths/"
STORE = {"properties": {"accountName": "acme", "containerName": "azureml-blobstore"}}


@dataclass(frozen=True)
class Download:
    """What one blob holds."""

    content: bytes

    def readinto(self, stream: BinaryIO) -> int:
        return stream.write(self.content)


@dataclass
class Storage:
    """Blobs in memory, and which places were asked for."""

    blobs: dict[str, bytes]
    places: list[Place] = field(default_factory=list)
    refuses: bool = False

    def connect(self, place: Place) -> ContainerClient:
        self.places.append(place)
        return cast("ContainerClient", self._open())

    @contextmanager
    def _open(self) -> Iterator[Storage]:
        yield self

    def list_blob_names(self, *, name_starts_with: str) -> list[str]:
        if self.refuses:
            raise HttpResponseError(message="no")
        return [name for name in self.blobs if name.startswith(name_starts_with)]

    def download_blob(self, name: str) -> Download:
        return Download(self.blobs[name])


def files(storage: Storage, uri: str) -> AzureModelFiles:
    azure = ScriptedAzure(
        {
            "GET models/churn/versions/2": [Reply(body={"name": "2", "properties": {"modelUri": uri}})],
            "GET datastores/blobs": [Reply(body=STORE)],
        }
    )
    return AzureModelFiles(azure.workspace(), storage.connect)


def content(folder: Path) -> dict[str, bytes]:
    return {each.relative_to(folder).as_posix(): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


def test_a_folder_is_fetched_with_all_its_files_and_nothing_of_its_neighbours(tmp_path: Path) -> None:
    storage = Storage({"up/h/model/a": b"1", "up/h/model/sub/b": b"2", "up/h/model-2/c": b"3", "up/h/model.txt": b"4"})

    fetched = files(storage, f"{IN_STORE}up/h/model/").fetch(MODEL, tmp_path)

    assert fetched == tmp_path / "model"
    assert content(tmp_path) == {"model/a": b"1", "model/sub/b": b"2"}
    assert storage.places == [
        Place(account="https://acme.blob.core.windows.net", container="azureml-blobstore", path="up/h/model")
    ]


def test_a_model_of_one_file_is_fetched_as_that_file(tmp_path: Path) -> None:
    storage = Storage({"up/h/model.joblib": b"1", "up/h/model.joblib.bak": b"2"})

    fetched = files(storage, f"{IN_STORE}up/h/model.joblib").fetch(MODEL, tmp_path)

    assert fetched.read_bytes() == b"1"
    assert content(tmp_path) == {"model.joblib": b"1"}


@pytest.mark.parametrize("uri", ["azureml://registries/r/models/churn/versions/2", "https://elsewhere/churn"])
def test_a_model_outside_the_datastores_is_refused_by_name(tmp_path: Path, uri: str) -> None:
    with pytest.raises(ModelElsewhereError, match="churn:2"):
        files(Storage({}), uri).fetch(MODEL, tmp_path)


def test_a_blob_whose_name_leads_out_of_the_folder_is_not_written(tmp_path: Path) -> None:
    storage = Storage({"up/h/model/../../../evil": b"1"})

    with pytest.raises(ModelElsewhereError, match="evil"):
        files(storage, f"{IN_STORE}up/h/model").fetch(MODEL, tmp_path / "here")

    assert content(tmp_path) == {}


def test_what_storage_refuses_is_translated(tmp_path: Path) -> None:
    with pytest.raises(AzureRequestError, match="fetch model churn:2"):
        files(Storage({}, refuses=True), f"{IN_STORE}up/h/model").fetch(MODEL, tmp_path)


def test_the_identity_at_hand_opens_the_container() -> None:
    made: Any = AzureModelFiles(ScriptedAzure().workspace())

    client = made._sign_in(Place(account="https://acme.blob.core.windows.net", container="c", path="p"))

    assert client.url == "https://acme.blob.core.windows.net/c"
