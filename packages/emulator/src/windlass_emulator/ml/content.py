"""Models and code as folders on disk, for the processes that serve them: fetched once per content."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import tempfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from windlass_emulator.errors import OperationFailedError
from windlass_emulator.ml.references import BlobPath, blob_path, find_asset

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure


async def fetch_model(azure: LocalAzure, workspace_id: str, model: str) -> Path:
    """Return a folder that holds a registered model as AZUREML_MODEL_DIR does on Azure.

    In it is the last part of the model's path: the file `model.joblib`, or the folder that was registered.

    Args:
        azure: The local Azure.
        workspace_id: The workspace in which the reference was written.
        model: A reference in any form (`azureml:churn:7`, ARM id), or an address of content.

    Raises:
        MlError: There is no such model.
        OperationFailedError: "ModelNotFound": its content is not in storage.
    """
    uri = (
        model if _is_address(model) else find_asset(azure, workspace_id, "models", model).body["properties"]["modelUri"]
    )
    source = blob_path(azure, workspace_id, uri)
    return await _fetch(azure, source, keep_name=True)


async def fetch_code(azure: LocalAzure, workspace_id: str, code: str) -> Path:
    """Return a folder with the files of a code asset, as AML_APP_ROOT is on Azure.

    Args:
        azure: The local Azure.
        workspace_id: The workspace in which the reference was written.
        code: A reference in any form.

    Raises:
        MlError: There is no such code.
        OperationFailedError: "CodeNotFound": its content is not in storage.
    """
    asset = find_asset(azure, workspace_id, "codes", code)
    source = blob_path(azure, workspace_id, asset.body["properties"]["codeUri"])
    return await _fetch(azure, source, keep_name=False)


async def ensure_environment(azure: LocalAzure, workspace_id: str, environment: str) -> Path:
    """Return the Python interpreter of a registered environment, made now if it was not yet.

    Args:
        azure: The local Azure.
        workspace_id: The workspace in which the reference was written.
        environment: A reference in any form.

    Raises:
        MlError: There is no such environment.
        OperationFailedError: "ImageBuildFailure": it cannot be made here; the message says why.
    """
    asset = find_asset(azure, workspace_id, "environments", environment)
    properties = asset.body["properties"]
    if properties.get("build"):
        raise OperationFailedError(
            "ImageBuildFailure",
            "The local Azure builds no image from a Dockerfile. Use an environment with an image and a conda file.",
        )
    return await azure.environments.ensure(properties["condaFile"])


def _is_address(reference: str) -> bool:
    return "/datastores/" in reference or reference.startswith(("https://", "wasbs://"))


async def _fetch(azure: LocalAzure, source: BlobPath, *, keep_name: bool) -> Path:
    return await asyncio.to_thread(_fetch_now, azure, source, keep_name)


def _fetch_now(azure: LocalAzure, source: BlobPath, keep_name: bool) -> Path:  # noqa: FBT001 - to_thread's arguments
    blobs = [
        (name, size)
        for name, size in azure.blobs.list(source.account, source.container, source.path)
        if name == source.path or not source.path or name.startswith(source.path + "/")
    ]
    if not blobs:
        what = "ModelNotFound" if keep_name else "CodeNotFound"
        raise OperationFailedError(what, f"There is no content at '{source.url}'. Upload it again as a new version.")
    to = azure.settings.data / "content" / _key(source, blobs, keep_name)
    if not to.is_dir():
        _download(azure, source, to, single=blobs[0][0] == source.path, keep_name=keep_name)
    return to


def _key(source: BlobPath, blobs: list[tuple[str, int]], keep_name: bool) -> str:  # noqa: FBT001 - part of the key
    """Return a name for this content: an address that the SDK makes holds a hash of it, sizes tell other changes."""
    return hashlib.sha256(repr((source, sorted(blobs), keep_name)).encode()).hexdigest()[:24]


def _download(azure: LocalAzure, source: BlobPath, to: Path, *, single: bool, keep_name: bool) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    half = Path(tempfile.mkdtemp(dir=to.parent, prefix=".half-"))
    try:
        inside = half / PurePosixPath(source.path).name if keep_name and not single else half
        azure.blobs.download(source.account, source.container, source.path, inside)
        half.chmod(0o755)
        try:
            half.rename(to)
        except OSError:
            if not to.is_dir():  # another task may have been quicker; its content is the same
                raise
    finally:
        shutil.rmtree(half, ignore_errors=True)
