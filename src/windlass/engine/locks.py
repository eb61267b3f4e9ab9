"""The locks of a stack whose state lies on this machine, as the engine writes and removes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from windlass.recovery.locks import Judge, judged, lock_folder, parse_lock
from windlass.recovery.models import Lock

_ATTRIBUTES: Final = ".attrs"
"""What the engine's store keeps beside each file."""


class FileLocks:
    """Satisfies `recovery.ports.Locks` for `file://` backends."""

    def __init__(self, backend: Path, project: str, stack: str, judge: Judge) -> None:
        self._folder = backend / lock_folder(project, stack)
        self._judge = judge

    def find(self) -> tuple[Lock, ...]:
        """Read all locks of the stack, each with what became of its holder."""
        read = (_read(file) for file in sorted(self._folder.glob("*.json")))
        return tuple(judged(lock, self._judge) for lock in read if lock is not None)

    def remove(self, name: str) -> None:
        """Remove one lock; that it is gone already is no error."""
        for each in (name, f"{name}{_ATTRIBUTES}"):
            (self._folder / each).unlink(missing_ok=True)


def _read(file: Path) -> Lock | None:
    try:
        return parse_lock(file.name, json.loads(file.read_bytes()))
    except FileNotFoundError:
        return None  # its holder has ended meanwhile
