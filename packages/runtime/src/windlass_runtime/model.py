"""Brings the model: downloaded, its digest checked, and only then put where the scoring script looks for it."""

from __future__ import annotations

import shutil
from pathlib import Path, PurePosixPath
from typing import Protocol

from windlass_runtime.blobs import lay_out
from windlass_runtime.digest import digest_of
from windlass_runtime.errors import ModelRefusedError, ModelUnreachableError
from windlass_runtime.settings import Settings


class Blobs(Protocol):
    """What the files of a model are read from."""

    def names(self, path: str) -> tuple[str, ...]:
        """Name the blob at a path, or all below it."""
        ...

    def download(self, name: str, to: Path) -> None:
        """Write one blob to a file."""
        ...


def fetch_model(settings: Settings, blobs: Blobs) -> Path:
    """Bring the model and return the folder that AZUREML_MODEL_DIR names: in it is the file or folder as registered.

    Raises:
        ModelUnreachableError: There is nothing at its place, or it cannot be read.
        ModelRefusedError: The content is not what was released.
    """
    name, _, version = settings.model.partition(":")
    folder = Path(settings.folder) / "azureml-models" / name / version
    half = Path(settings.folder) / "arriving"
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(parents=True)
    _download(settings, blobs, half)
    found = digest_of(half / PurePosixPath(settings.content.path).name)
    if found != settings.sha256:
        shutil.rmtree(half)
        raise ModelRefusedError(
            f"The content of model {settings.model} has SHA-256 {found}, and {settings.sha256} was released. "
            "It was not loaded: somebody changed the blobs behind the model. Register the model again."
        )
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    half.rename(folder)
    return folder


def _download(settings: Settings, blobs: Blobs, to: Path) -> None:
    path = settings.content.path
    names = blobs.names(path)
    if not names:
        raise ModelUnreachableError(f"There is no content of model {settings.model} at '{path}'.")
    for name, place in lay_out(names, path, to).items():
        blobs.download(name, place)
