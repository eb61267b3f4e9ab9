"""Files beside a state that lies in a storage account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from windlass.azure.failures import translated
from windlass.azure.state_container import open_container
from windlass.errors.state import StateFileExistsError

if TYPE_CHECKING:
    from azure.storage.blob import ContainerClient


class BlobStateFiles:
    """Satisfies `release.ports.StateFiles` for `azblob://` backends. A blob is written whole or not at all."""

    def __init__(self, container: ContainerClient, folder: str) -> None:
        self._container = container
        self._folder = folder

    def read(self, name: str) -> bytes | None:
        """Read a file; None when there is none."""
        from azure.core.exceptions import ResourceNotFoundError

        with translated(f"read {name} beside the state"):
            try:
                content: bytes = self._container.download_blob(self._folder + name).readall()
            except ResourceNotFoundError as error:
                if _says_no_container(error):
                    raise
                return None
            return content

    def write(self, name: str, content: bytes) -> None:
        """Write a file, in place of what was there."""
        with translated(f"write {name} beside the state"):
            self._container.upload_blob(self._folder + name, content, overwrite=True)

    def write_new(self, name: str, content: bytes) -> None:
        """Write a file that is not there yet.

        Raises:
            StateFileExistsError: It is there.
        """
        from azure.core.exceptions import ResourceExistsError

        with translated(f"write {name} beside the state"):
            try:
                self._container.upload_blob(self._folder + name, content, overwrite=False)
            except ResourceExistsError as error:
                raise StateFileExistsError(name) from error

    def list(self, prefix: str) -> tuple[str, ...]:
        """Name the files whose names begin so, sorted."""
        with translated(f"list {prefix} beside the state"):
            found = self._container.list_blob_names(name_starts_with=self._folder + prefix)
            return tuple(sorted(name.removeprefix(self._folder) for name in found))


def connect(backend: str, stack: str, credential: Any, environ: Mapping[str, str]) -> BlobStateFiles:
    """Connect to the files beside a stack's state; see `open_container`.

    Raises:
        BackendWithoutAccountError: Nothing names the account.
    """
    return BlobStateFiles(*open_container(backend, stack, credential, environ))


def _says_no_container(error: Any) -> bool:
    return str(getattr(error, "error_code", "")).endswith("ContainerNotFound")
