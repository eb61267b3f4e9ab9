"""The storage service as the ML service uses it: account keys, shared access signatures, folders in and out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable


class Blobs(Protocol):
    """Azurite behind Azure's host names.

    Methods that move data block; call them with `asyncio.to_thread`.
    """

    def account_key(self, account: str) -> str:
        """Return the first key of a storage account that exists in the store."""

    def account_sas(self, account: str, *, hours: float = 24.0) -> str:
        """Return an account SAS for blobs (service, container, object; read, write, list, create, add, delete)."""

    def container_sas(self, account: str, container: str, *, permission: str = "rcwl", hours: float = 8.0) -> str:
        """Return a SAS of one container."""

    def blob_sas(self, account: str, container: str, blob: str, *, hours: float = 24.0) -> str:
        """Return a read SAS of one blob."""

    def ensure_container(self, account: str, container: str) -> None:
        """Create a container if it is not there."""

    def download(self, account: str, container: str, prefix: str, to: Path) -> list[str]:
        """Write the blob `prefix`, or all blobs below `prefix/`, into a folder; returns the relative paths."""

    def upload(self, account: str, container: str, blob: str, source: Path | bytes, *, overwrite: bool = True) -> None:
        """Write one blob from a file or bytes."""

    def append(self, account: str, container: str, blob: str, data: bytes) -> None:
        """Append to an append blob, creating it if needed (logs of jobs)."""

    def list(self, account: str, container: str, prefix: str) -> list[tuple[str, int]]:
        """Return the names and sizes of the blobs whose names start with `prefix`."""


@dataclass(frozen=True, slots=True)
class Container:
    """One container as the blob service knows it.

    Attributes:
        public_access: None, Blob or Container, as a word.
        modified: Seconds since the epoch.
    """

    name: str
    etag: str
    public_access: str
    modified: float
    metadata: Mapping[str, str]


@runtime_checkable
class Containers(Protocol):
    """The containers of the blob service, for Azure Resource Manager, which shows the same ones."""

    def containers(self, account: str) -> tuple[Container, ...]:
        """Return all containers of an account."""

    def container(self, account: str, name: str) -> Container | None:
        """Return one container, or None."""

    def create_container(self, account: str, name: str) -> None:
        """Create a container that is not there."""

    def set_container(
        self, account: str, name: str, *, public_access: str | None, metadata: Mapping[str, str] | None
    ) -> None:
        """Change what is not None."""

    def delete_container(self, account: str, name: str) -> bool:
        """Delete a container with its blobs; says whether it was there."""
