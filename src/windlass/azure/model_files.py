"""The files of registered models, in the datastores of a workspace."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from windlass.azure.arm import Arm
from windlass.azure.failures import translated
from windlass.azure.workspace import Workspace
from windlass.errors.records import ModelElsewhereError
from windlass.release.models import ModelVersion

if TYPE_CHECKING:
    from azure.storage.blob import ContainerClient

_DATASTORE = re.compile(r"/datastores/(?P<name>[^/]+)/paths/(?P<path>.+)")


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the files of a model lie.

    Attributes:
        account: Address of the storage account's blobs.
        container: The container.
        path: The blob of a model that is one file, or what the names of all its blobs begin with.
    """

    account: str
    container: str
    path: str


class AzureModelFiles:
    """Satisfies `release.ports.ModelStore`.

    Files are read with the identity at hand, which needs `Storage Blob Data Reader`; no key and no signature is asked
    for.
    """

    def __init__(self, workspace: Workspace, connect: Callable[[Place], ContainerClient] | None = None) -> None:
        self._workspace = workspace
        self._connect = connect or self._sign_in

    def fetch(self, model: ModelVersion, folder: Path) -> Path:
        """Copy the files of a model into a folder.

        Returns:
            The file or the folder that was registered, under its own name.

        Raises:
            ModelElsewhereError: Its files lie in no datastore, or their names lead out of the folder.
        """
        what = f"fetch model {model.label}"
        place, uri = find_place(self._workspace.arm, model, what)
        if place is None:
            raise ModelElsewhereError(model.label, uri)
        target = folder / PurePosixPath(place.path).name
        with translated(what), self._connect(place) as container:
            for name in container.list_blob_names(name_starts_with=place.path):
                inside = _inside(name, place.path)
                if inside is None:
                    continue
                if ".." in inside.parts:
                    raise ModelElsewhereError(model.label, name)
                _copy(container, name, target / inside)
        return target

    def _sign_in(self, place: Place) -> ContainerClient:
        from azure.storage.blob import ContainerClient

        return ContainerClient(place.account, place.container, self._workspace.credential)


def find_place(arm: Arm, model: ModelVersion, what: str) -> tuple[Place | None, str]:
    """Find where the files of a model lie: the place, None when it is in no datastore, and Azure's own address."""
    found = arm.get(f"models/{model.name}/versions/{model.version}", what)
    uri = str(found["properties"]["modelUri"])
    match = _DATASTORE.search(uri)
    if match is None:
        return None, uri
    store = arm.get(f"datastores/{match['name']}", what)["properties"]
    account = f"https://{store['accountName']}.blob.core.windows.net"
    return Place(account=account, container=store["containerName"], path=match["path"].strip("/")), uri


def _inside(blob: str, path: str) -> PurePosixPath | None:
    """Tell where a blob belongs below the model; None when it only begins like one of the model."""
    if blob == path:
        return PurePosixPath()
    return PurePosixPath(blob.removeprefix(f"{path}/")) if blob.startswith(f"{path}/") else None


def _copy(container: ContainerClient, blob: str, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as stream:
        container.download_blob(blob).readinto(stream)
