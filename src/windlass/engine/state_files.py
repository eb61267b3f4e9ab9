"""Files beside a state that lies on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkstemp

from windlass.errors.state import StateFileDeniedError, StateFileExistsError, StateFileFailedError


class FolderStateFiles:
    """Satisfies `release.ports.StateFiles` for `file://` backends.

    A file is written beside its place, brought onto the disk and then moved there, so that whoever reads sees all of
    it or what was before. Only their owner can read them, as the engine writes its state.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str) -> bytes | None:
        """Read a file; None when there is none."""
        with _translated(f"read {name}"):
            try:
                return self._path(name).read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                return None

    def write(self, name: str, content: bytes) -> None:
        """Write a file, in place of what was there."""
        with _translated(f"write {name}"), _draft(self._path(name), content) as draft:
            draft.replace(self._path(name))

    def write_new(self, name: str, content: bytes) -> None:
        """Write a file that is not there yet.

        Raises:
            StateFileExistsError: It is there.
        """
        with _translated(f"write {name}"), _draft(self._path(name), content) as draft:
            try:
                self._path(name).hardlink_to(draft)
            except FileExistsError as error:
                raise StateFileExistsError(name) from error

    def list(self, prefix: str) -> tuple[str, ...]:
        """Name the files whose names begin so, sorted."""
        with _translated(f"list {prefix}"):
            folder = self._path(prefix if prefix.endswith("/") else prefix.rpartition("/")[0])
            found = (each for each in folder.rglob("*") if each.is_file() and not each.name.startswith("."))
            names = (each.relative_to(self._folder).as_posix() for each in found)
            return tuple(sorted(name for name in names if name.startswith(prefix)))

    def _path(self, name: str) -> Path:
        assert ".." not in name.split("/"), f"{name} leads out of the folder"
        return self._folder / name.lstrip("/")


@contextmanager
def _draft(place: Path, content: bytes) -> Iterator[Path]:
    """Have the content on disk under another name beside its place; what is left of that name goes afterwards."""
    place.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = mkstemp(prefix=".", suffix=place.suffix, dir=place.parent)
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        yield draft
        _sync(place.parent)
    finally:
        draft.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _translated(what: str) -> Iterator[None]:
    try:
        yield
    except PermissionError as error:
        raise StateFileDeniedError(what, str(error)) from error
    except OSError as error:
        raise StateFileFailedError(what, str(error)) from error
