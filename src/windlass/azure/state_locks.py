"""The locks of a stack whose state lies in a storage account, as the engine writes and removes them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from windlass.azure.failures import translated
from windlass.azure.state_container import open_container
from windlass.recovery.locks import Judge, judged, lock_folder, parse_lock
from windlass.recovery.models import Lock

if TYPE_CHECKING:
    from azure.storage.blob import ContainerClient


class BlobLocks:
    """Satisfies `recovery.ports.Locks` for `azblob://` backends."""

    def __init__(self, container: ContainerClient, prefix: str, judge: Judge) -> None:
        self._container = container
        self._prefix = prefix
        self._judge = judge

    def find(self) -> tuple[Lock, ...]:
        """Read all locks of the stack, each with what became of its holder."""
        with translated("list the locks of the stack"):
            names = sorted(self._container.list_blob_names(name_starts_with=self._prefix))
        read = (self._read(name) for name in names if name.endswith(".json"))
        return tuple(judged(lock, self._judge) for lock in read if lock is not None)

    def remove(self, name: str) -> None:
        """Remove one lock; that it is gone already is no error."""
        from azure.core.exceptions import ResourceNotFoundError

        with translated(f"remove lock {name}"):
            try:
                self._container.delete_blob(f"{self._prefix}{name}")
            except ResourceNotFoundError:
                return

    def _read(self, name: str) -> Lock | None:
        from azure.core.exceptions import ResourceNotFoundError

        with translated(f"read lock {name}"):
            try:
                content = self._container.download_blob(name).readall()
            except ResourceNotFoundError:
                return None  # its holder has ended meanwhile
        return parse_lock(name.removeprefix(self._prefix), json.loads(content))


def connect(
    backend: str, project: str, stack: str, judge: Judge, credential: Any, environ: Mapping[str, str]
) -> BlobLocks:
    """Connect to the locks of a stack.

    Args:
        backend: Such as `azblob://state?storage_account=acme`, with a folder after the container or none.
        project: The project's name.
        stack: The stack's name.
        judge: Tells what became of the engine that took a lock.
        credential: Who we are.
        environ: Names the account where the address does not.

    Raises:
        BackendWithoutAccountError: Nothing names the account.
    """
    container, folder = open_container(backend, stack, credential, environ)
    return BlobLocks(container, f"{folder}{lock_folder(project, stack)}/", judge)
