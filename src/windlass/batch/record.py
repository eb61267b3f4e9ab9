"""The record of batch runs on this machine: `.windlass/results/<stack>/<endpoint>/<run>/`.

Each run has a folder with `run.json`, which says how far it is, and the keys of its input. Every phase is on disk
before anything relies on it, so that the same command, or `--resume`, goes on after a kill at any moment:

* no record yet: the folder is left over from cutting the input and is removed by the next run;
* `prepared`: the input is cut, nothing is known to Azure;
* `starting`: the job may have been started or not. Its output address is in the record and belongs to this run alone,
  so that asking Azure for the job that writes there tells;
* `started`: the job's name is in the record; follow it, collect it, as often as you like;
* `collected` or `ended`: nothing is left to do.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from windlass.errors.batch import RunBusyError, RunUnreadableError
from windlass.release.ports import Clock

_RECORD = "run.json"
_LOCK = "lock"


class Phase(StrEnum):
    """How far a run is; see the head of this module."""

    PREPARED = "prepared"
    STARTING = "starting"
    STARTED = "started"
    COLLECTED = "collected"
    ENDED = "ended"

    @property
    def is_open(self) -> bool:
        """Whether something is left to do."""
        return self not in {Phase.COLLECTED, Phase.ENDED}


class Run(BaseModel):
    """What is known of a run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = 1
    run: str
    endpoint: str
    source: str
    digest: str
    wanted_model: str
    rows: int | None = None
    files: int | None = None
    data: str = ""
    phase: Phase = Phase.PREPARED
    deployment: str = ""
    model: str = ""
    output: str = ""
    job: str = ""

    def moved(self, **changes: object) -> Run:
        """The run with some facts changed."""
        return self.model_copy(update=changes)


class FileRuns:
    """All runs of one endpoint folder on one stack."""

    def __init__(self, folder: Path, stack: str, name: str, clock: Clock) -> None:
        self._folder = folder / stack / name
        self._stack = stack
        self._name = name
        self._clock = clock

    def folder(self, run: str) -> Path:
        """The folder of a run."""
        return self._folder / run

    def new_name(self, source: str) -> str:
        """Name a new run: when, and of what; no two runs of one folder have the same."""
        at = datetime.fromtimestamp(self._clock.now(), tz=UTC).strftime("%Y%m%d-%H%M%S")
        plain = f"{at}-{hashlib.sha256(source.encode()).hexdigest()[:6]}"
        taken = sum(1 for path in self._folder.glob(f"{plain}*") if path.is_dir())
        return f"{plain}-{taken + 1}" if taken else plain

    def save(self, run: Run) -> Run:
        """Put a record on disk, whole or not at all, before anything relies on it."""
        folder = self.folder(run.run)
        folder.mkdir(parents=True, exist_ok=True)
        fresh = folder / f"{_RECORD}.new"
        with fresh.open("w", encoding="utf-8") as stream:
            stream.write(run.model_dump_json(indent=2) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        fresh.replace(folder / _RECORD)
        _sync_folder(folder)
        return run

    def all(self) -> tuple[Run, ...]:
        """Every run, the oldest first.

        Raises:
            RunUnreadableError: A record is not what this toolkit writes.
        """
        return tuple(_load(file) for file in sorted(self._folder.glob(f"*/{_RECORD}")))

    def find_open(self, digest: str, wanted_model: str) -> Run | None:
        """Find the latest unfinished run of the same input with the same model."""
        fits = [
            run for run in self.all() if run.phase.is_open and run.digest == digest and run.wanted_model == wanted_model
        ]
        return fits[-1] if fits else None

    def find_job(self, job: str) -> Run | None:
        """Find the run that started a job."""
        return next((run for run in self.all() if run.job == job), None)

    def sweep(self) -> None:
        """Remove what a run left that was killed before it had a record."""
        for folder in self._folder.glob("*/"):
            if not (folder / _RECORD).is_file():
                shutil.rmtree(folder)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold this endpoint folder for one process; the system lets go when the process ends, however it ends.

        Raises:
            RunBusyError: Another process holds it.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise RunBusyError(self._name, self._stack) from error
            yield
        finally:
            os.close(descriptor)


def _load(file: Path) -> Run:
    try:
        return Run.model_validate_json(file.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise RunUnreadableError(str(file), f"{where}: {first['msg']}") from error


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
