"""The logs of a job, as blobs where Azure puts them: `ExperimentRun/dcid.{run}/...` in `workspaceartifactstore`.

- of the job: `logs/azureml/executionlogs.txt`, what `jobs.stream` prints of a pipeline job;
- of its step: `logs/azureml/job_progress_overview.{yyyymmddhh}.txt` (how many mini-batches are done),
  `logs/user/error.txt` (what scripts raised), `logs/user/stdout/{node}/processNNN.stdout.txt` (what they printed).
"""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from windlass_emulator.ml.references import BlobPath, blob_path

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure
    from windlass_emulator.batch.records import Ledger

_log = logging.getLogger(__name__)

EXECUTION = "logs/azureml/executionlogs.txt"
ERRORS = "logs/user/error.txt"
STORE = "workspaceartifactstore"


def progress_name(seconds: float) -> str:
    """Return the name of the progress file of an hour."""
    return f"logs/azureml/job_progress_overview.{datetime.fromtimestamp(seconds, UTC):%Y%m%d%H}.txt"


def artifact(azure: LocalAzure, workspace: str, run: str, name: str) -> BlobPath:
    """Return where a file of a run lies."""
    return blob_path(azure, workspace, f"azureml://datastores/{STORE}/paths/ExperimentRun/dcid.{run}/{name}")


def log_files(azure: LocalAzure, ledger: Ledger, run: str) -> dict[str, str]:
    """Return the logs of a run with addresses that can be read without a token."""
    found = {}
    for name in ledger.fact(f"logs.{run}", []):
        place = artifact(azure, ledger.spec.workspace, run, name)
        sas = azure.blobs.blob_sas(place.account, place.container, place.path).lstrip("?")
        found[name] = f"{place.url}?{sas}"
    return found


def files_in(folder: Path) -> list[Path]:
    """Return the files below a folder that are not empty, in the order of their names."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size)


class JobLog:
    """Appends to the logs of one job, in order, without holding up whoever has something to say."""

    def __init__(self, azure: LocalAzure, ledger: Ledger) -> None:
        self._azure = azure
        self._ledger = ledger
        self._waiting: dict[tuple[str, str], list[str]] = {}
        self._known: set[tuple[str, str]] = set()
        self._writing = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    def executed(self, text: str) -> None:
        """Write a line into the job's log."""
        self._say(self._ledger.spec.name, EXECUTION, f"[{self._moment():%Y-%m-%d %H:%M:%S}Z] {text}\n")

    def progressed(self, text: str) -> None:
        """Write a line into the step's progress overview."""
        now = self._azure.clock.now()
        self._say(self._ledger.spec.child, progress_name(now), f"{self._moment():%Y-%m-%d %H:%M:%S.%f}|INFO|{text}\n")

    def erred(self, text: str) -> None:
        """Write what a script raised into the step's error log."""
        self._say(self._ledger.spec.child, ERRORS, f"{self._moment():%Y-%m-%d %H:%M:%S.%f}|ERROR|{text.rstrip()}\n")

    async def flush(self) -> None:
        """Wait until everything said so far is in storage."""
        async with self._writing:
            while self._waiting:
                await self._write()

    async def upload(self, folder: Path) -> None:
        """Put the files of a folder beside the step's logs, under the names that they have there."""
        run = self._ledger.spec.child
        for path in await asyncio.to_thread(files_in, folder):
            name = f"logs/{path.relative_to(folder).as_posix()}"
            place = artifact(self._azure, self._ledger.spec.workspace, run, name)
            await asyncio.to_thread(self._azure.blobs.upload, place.account, place.container, place.path, path)
            self._know(run, name)

    def _moment(self) -> datetime:
        return datetime.fromtimestamp(self._azure.clock.now(), UTC)

    def _say(self, run: str, name: str, text: str) -> None:
        self._waiting.setdefault((run, name), []).append(text)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._write_soon())

    async def _write_soon(self) -> None:
        try:
            await self.flush()
        except Exception:  # noqa: BLE001 - the job goes on without its log; whoever looks after the local Azure can see why
            _log.exception("logs of job %s", self._ledger.spec.name)

    async def _write(self) -> None:
        waiting, self._waiting = self._waiting, {}
        for (run, name), lines in waiting.items():
            place = artifact(self._azure, self._ledger.spec.workspace, run, name)
            if (run, name) not in self._known:
                await asyncio.to_thread(self._azure.blobs.ensure_container, place.account, place.container)
            text = "".join(lines).encode()
            await asyncio.to_thread(self._azure.blobs.append, place.account, place.container, place.path, text)
            self._know(run, name)

    def _know(self, run: str, name: str) -> None:
        if (run, name) in self._known:
            return
        self._known.add((run, name))
        names = self._ledger.fact(f"logs.{run}", [])
        if name not in names:
            self._ledger.note(f"logs.{run}", sorted([*names, name]))
