"""A storage service that is a folder: what the local Azure's parts need of Azurite, without a process."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class FolderBlobs:
    """Blobs as files below `root/{account}/{container}`; satisfies the port `windlass_emulator.blobs.Blobs`."""

    root: Path

    def account_key(self, account: str) -> str:
        return f"key-of-{account}"

    def account_sas(self, account: str, *, hours: float = 24.0) -> str:
        return f"sig=account-{account}-{hours:g}"

    def container_sas(self, account: str, container: str, *, permission: str = "rcwl", hours: float = 8.0) -> str:
        return f"sig=container-{account}-{container}-{permission}-{hours:g}"

    def blob_sas(self, account: str, container: str, blob: str, *, hours: float = 24.0) -> str:
        return f"sig=blob-{account}-{container}-{blob}-{hours:g}"

    def ensure_container(self, account: str, container: str) -> None:
        (self.root / account / container).mkdir(parents=True, exist_ok=True)

    def download(self, account: str, container: str, prefix: str, to: Path) -> list[str]:
        source = self.root / account / container / prefix
        if source.is_file():
            found = {source.name: source}
        else:
            found = {path.relative_to(source).as_posix(): path for path in source.rglob("*") if path.is_file()}
        for name, path in found.items():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, to / name)
        return sorted(found)

    def upload(self, account: str, container: str, blob: str, source: Path | bytes, *, overwrite: bool = True) -> None:
        target = self.root / account / container / blob
        if target.exists() and not overwrite:
            raise FileExistsError(blob)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source if isinstance(source, bytes) else source.read_bytes())

    def append(self, account: str, container: str, blob: str, data: bytes) -> None:
        target = self.root / account / container / blob
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("ab") as output:
            output.write(data)

    def list(self, account: str, container: str, prefix: str) -> list[tuple[str, int]]:
        base = self.root / account / container
        names = [(path.relative_to(base).as_posix(), path.stat().st_size) for path in base.rglob("*") if path.is_file()]
        return sorted((name, size) for name, size in names if name.startswith(prefix))
