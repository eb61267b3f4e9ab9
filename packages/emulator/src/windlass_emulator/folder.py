"""The files of one local Azure, all below its `--data` folder."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class DataFolder:
    """Names of the files.

    Attributes:
        root: The `--data` folder.
    """

    root: Path

    @property
    def env_file(self) -> Path:
        """What a shell sources to reach the local Azure; written when it is ready."""
        return self.root / "azure.env"

    @property
    def database(self) -> Path:
        """Resources, facts and operations."""
        return self.root / "state.db"

    @property
    def blobs(self) -> Path:
        """Azurite's own folder."""
        return self.root / "blobs"

    @property
    def accounts(self) -> Path:
        """Storage accounts and their keys, as Azurite reads them."""
        return self.root / "secrets" / "accounts"

    @property
    def secrets(self) -> Path:
        """Client secret, signing keys, certificates: stable for the life of the folder."""
        return self.root / "secrets"

    @property
    def ports(self) -> Path:
        """The ports of the last run, taken again if they are free."""
        return self.root / "ports.json"

    @property
    def logs(self) -> Path:
        """Logs of the supervisor and of its children."""
        return self.root / "logs"

    @property
    def log(self) -> Path:
        """The supervisor's own log."""
        return self.logs / "azure.log"

    @property
    def running(self) -> Path:
        """Who the running supervisor is and where it listens."""
        return self.root / "running.json"

    @property
    def children(self) -> Path:
        """The processes that are to end with the supervisor."""
        return self.root / "children.json"

    @property
    def supervisor_lock(self) -> Path:
        """Held by the supervisor as long as it lives; the kernel lets go of it, however the supervisor ends."""
        return self.root / "supervisor.lock"

    @property
    def guard_lock(self) -> Path:
        """Held by the guard until the last child has ended."""
        return self.root / "guard.lock"

    def create(self) -> None:
        """Make the folder, for this user only: the database holds keys."""
        self.root.mkdir(parents=True, exist_ok=True)
        self.root.chmod(0o700)
        for folder in (self.secrets, self.logs, self.blobs):
            folder.mkdir(mode=0o700, exist_ok=True)


class LockedError(Exception):
    """Another process holds a lock."""


def take_lock(path: Path) -> int:
    """Take a lock file and return its descriptor; the lock lasts until the last copy of it is closed.

    Raises:
        LockedError: Somebody else holds it.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise LockedError(str(path)) from error
    return descriptor


def is_locked(path: Path) -> bool:
    """Say whether some living process holds a lock file."""
    if not path.exists():
        return False
    try:
        os.close(take_lock(path))
    except LockedError:
        return True
    return False


def write_atomically(path: Path, text: str, *, mode: int = 0o600) -> None:
    """Write a file so that a reader sees the old or the new content, never a part."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    temporary.replace(path)


def read_json(path: Path) -> dict[str, Any]:
    """Return a JSON object from a file, or {} when there is none."""
    with contextlib.suppress(FileNotFoundError):
        content = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(content, dict):
            return content
    return {}


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON object to a file."""
    write_atomically(path, json.dumps(content, indent=1))


@contextlib.contextmanager
def holding(path: Path) -> Iterator[int]:
    """Hold a lock for a while."""
    descriptor = take_lock(path)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
