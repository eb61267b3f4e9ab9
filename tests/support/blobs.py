"""A storage service in memory: `windlass_emulator.blobs.Blobs` for tests that need no Azurite."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from windlass_emulator.errors import AzureError


@dataclass(slots=True)
class FakeBlobs:
    """Accounts, containers and blobs in a dictionary.

    Attributes:
        blobs: Content by account, container and name.
        containers: Those that were made.
        downloads: How often each prefix was fetched.
        missing: Accounts that are not there.
    """

    blobs: dict[tuple[str, str, str], bytes] = field(default_factory=dict)
    containers: set[tuple[str, str]] = field(default_factory=set)
    downloads: Counter[str] = field(default_factory=Counter)
    missing: set[str] = field(default_factory=set)

    def account_key(self, account: str) -> str:
        """Return a key that tells its account."""
        return f"key-of-{account}"

    def account_sas(self, account: str, *, hours: float = 24.0) -> str:
        """Return a signature that tells its account and life."""
        return f"sig=account-{account}-{hours:g}h"

    def container_sas(self, account: str, container: str, *, permission: str = "rcwl", hours: float = 8.0) -> str:
        """Return a signature that tells its container, permission and life."""
        return f"sig={account}-{container}-{permission}-{hours:g}h"

    def blob_sas(self, account: str, container: str, blob: str, *, hours: float = 24.0) -> str:
        """Return a signature that tells its blob and life."""
        return f"sig={account}-{container}-{blob}-{hours:g}h"

    def ensure_container(self, account: str, container: str) -> None:
        """Remember the container."""
        if account in self.missing:
            raise AzureError(404, "ResourceNotFound", f"The storage account '{account}' was not found.")
        self.containers.add((account, container))

    def download(self, account: str, container: str, prefix: str, to: Path) -> list[str]:
        """Write the blob `prefix`, or all blobs below `prefix/`, into a folder; returns the relative paths."""
        self.downloads[prefix] += 1
        written = []
        for name, _ in self.list(account, container, prefix):
            if name != prefix and prefix and not name.startswith(f"{prefix}/"):
                continue
            relative = PurePosixPath(name).name if name == prefix else name.removeprefix(prefix).lstrip("/")
            target = to / relative
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(self.blobs[account, container, name])
            written.append(relative)
        return sorted(written)

    def upload(self, account: str, container: str, blob: str, source: Path | bytes, *, overwrite: bool = True) -> None:
        """Write one blob from a file or bytes."""
        key = (account, container, blob)
        if key in self.blobs and not overwrite:
            raise FileExistsError(blob)
        self.blobs[key] = source if isinstance(source, bytes) else source.read_bytes()

    def append(self, account: str, container: str, blob: str, data: bytes) -> None:
        """Append to a blob, creating it if needed."""
        key = (account, container, blob)
        self.blobs[key] = self.blobs.get(key, b"") + data

    def list(self, account: str, container: str, prefix: str) -> list[tuple[str, int]]:
        """Return the names and sizes of the blobs whose names start with `prefix`."""
        return [
            (name, len(content))
            for (owner, where, name), content in sorted(self.blobs.items())
            if (owner, where) == (account, container) and name.startswith(prefix)
        ]
