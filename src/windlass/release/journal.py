"""The record of releases on this machine: `.windlass/releases/<stack>/<endpoint>/`.

One file of JSON lines per release, each line on disk before the step that it announces begins. What is left to do is
decided from what Azure shows (see `plan`), so a lost journal loses history and never a release. The lock keeps two
processes of this checkout off one endpoint; across machines the workflow's concurrency group does.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from windlass.errors.release import EndpointLockedError, JournalUnreadableError
from windlass.release.ports import Clock

FINISHED = "finished"
_LOCK = "lock"


class FileJournal:
    """One release, appended to line by line."""

    def __init__(self, file: Path, clock: Clock, sync: Callable[[int], None] = os.fsync) -> None:
        self.file = file
        self._clock = clock
        self._sync = sync

    def write(self, event: str, **facts: object) -> None:
        """Append one line and have it on disk before returning."""
        at = datetime.fromtimestamp(self._clock.now(), tz=UTC).isoformat(timespec="milliseconds")
        line = json.dumps({"at": at, "event": event, **facts}, ensure_ascii=False)
        descriptor = os.open(self.file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            # One write of one whole line: whoever reads sees it or does not.
            os.write(descriptor, f"{line}\n".encode())
            self._sync(descriptor)
        finally:
            os.close(descriptor)


def read_journal(file: Path) -> tuple[dict[str, Any], ...]:
    """Read the lines of one release. A last line that a power cut tore off says nothing and is left out.

    Raises:
        JournalUnreadableError: A line in the middle is not what this toolkit writes.
    """
    lines = file.read_bytes().split(b"\n")
    entries = []
    for number, line in enumerate(lines, start=1):
        try:
            if line:
                entries.append(json.loads(line))
        except ValueError as error:
            if number < len(lines):
                raise JournalUnreadableError(file.name, number) from error
    return tuple(entries)


class FileJournals:
    """All records of one stack."""

    def __init__(self, folder: Path, stack: str, clock: Clock, pid: Callable[[], int] = os.getpid) -> None:
        self._folder = folder / stack
        self._stack = stack
        self._clock = clock
        self._pid = pid

    @contextmanager
    def open(self, endpoint: str, target: str) -> Iterator[FileJournal]:
        """Continue the unfinished record of this release, or begin one."""
        folder = self._make(endpoint)
        last = self.latest(endpoint)
        if last is not None and last.stem.endswith(f"-{target}") and not _is_finished(last):
            journal = FileJournal(last, self._clock)
            _end_torn_line(last)
            journal.write("resumed", pid=self._pid())
        else:
            begun = datetime.fromtimestamp(self._clock.now(), tz=UTC).strftime("%Y%m%dT%H%M%S%fZ")
            journal = FileJournal(folder / f"{begun}-{target}.jsonl", self._clock)
            journal.write("begun", endpoint=endpoint, target=target, pid=self._pid())
            _sync_folder(folder)
        yield journal

    def latest(self, endpoint: str) -> Path | None:
        """The file of the latest release; their names sort by time."""
        return max((self._folder / endpoint).glob("*.jsonl"), default=None)

    @contextmanager
    def lock(self, endpoint: str) -> Iterator[None]:
        """Hold an endpoint for this process.

        The operating system lets go of the lock when its process ends, however it ends, so that a dead one never
        stands in the way; the process id in the file is for the message alone.

        Raises:
            EndpointLockedError: Another process holds it.
        """
        file = self._make(endpoint) / _LOCK
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                holder = os.pread(descriptor, 4096, 0).decode() or "another process"
                raise EndpointLockedError(endpoint, self._stack, holder) from error
            since = datetime.fromtimestamp(self._clock.now(), tz=UTC).strftime("%H:%M:%S UTC")
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"process {self._pid()} since {since}".encode(), 0)
            yield
        finally:
            os.close(descriptor)

    def _make(self, endpoint: str) -> Path:
        folder = self._folder / endpoint
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def _is_finished(file: Path) -> bool:
    entries = read_journal(file)
    return bool(entries) and entries[-1].get("event") == FINISHED


def _end_torn_line(file: Path) -> None:
    """Cut off what a power cut left of a line, so that the next line stands alone."""
    content = file.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        os.truncate(file, whole)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
