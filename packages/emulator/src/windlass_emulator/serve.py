"""The process of the supervisor: locks, logging, event loop. What it then does stands in supervisor.py."""

from __future__ import annotations

import asyncio
import logging
import logging.handlers
import os
from collections.abc import Callable
from pathlib import Path

from windlass_emulator import azurite, supervisor
from windlass_emulator.control import own_environment
from windlass_emulator.features import features
from windlass_emulator.folder import DataFolder, LockedError, take_lock
from windlass_emulator.settings import RETRY_AFTER_MS, Settings

_LOG_BYTES = 10_000_000
_GUARD_SECONDS = 10.0
_TICK = 0.05


class AlreadyRunningError(Exception):
    """Another supervisor has this data folder."""


def cache_folder() -> Path:
    """Return the one cache folder: WINDLASS_CACHE, else the user's cache folder."""
    if named := os.environ.get("WINDLASS_CACHE"):
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "windlass"


def serve(folder: DataFolder, *, clock_rate: float, retry_after: bool, ready: Callable[[str], None]) -> None:
    """Run the supervisor until it is told to end.

    Raises:
        AlreadyRunningError: The data folder is in use.
        MissingToolError: Node or Azurite is not there.
        AzuriteStartError: Azurite did not start.
    """
    folder.create()
    _log_to(folder)
    _leave_own_environment()
    program = azurite.find_program(os.environ, cache_folder())
    settings = Settings(
        data=folder.root,
        cache=cache_folder(),
        clock_rate=clock_rate,
        retry_after_ms=RETRY_AFTER_MS if retry_after else None,
    )
    try:
        take_lock(folder.supervisor_lock)  # held until this process ends, by whatever means
    except LockedError as error:
        raise AlreadyRunningError(f"The local Azure in {folder.root} is already running.") from error
    supervisor.forget_announcement(folder)  # of a supervisor that was killed
    try:
        asyncio.run(_run(folder, program, settings, ready))
    finally:
        supervisor.forget_announcement(folder)


def _leave_own_environment() -> None:
    """Forget what an azure.env put into this shell: neither we nor our children are clients of ourselves."""
    for name in set(os.environ) - set(own_environment(os.environ)):
        del os.environ[name]


async def _run(
    folder: DataFolder, program: azurite.AzuriteProgram, settings: Settings, ready: Callable[[str], None]
) -> None:
    guard_lock = await _guard_lock(folder)
    await supervisor.run(supervisor.Launch(settings, folder, program, features(), guard_lock), ready)


async def _guard_lock(folder: DataFolder) -> int:
    """Take the guard's lock, once the guard of a killed supervisor has ended the last of its children."""
    async with asyncio.timeout(_GUARD_SECONDS):
        while True:
            try:
                return take_lock(folder.guard_lock)
            except LockedError:
                await asyncio.sleep(_TICK)


def _log_to(folder: DataFolder) -> None:
    handler = logging.handlers.RotatingFileHandler(folder.log, maxBytes=_LOG_BYTES, backupCount=1, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    logging.getLogger("azure").setLevel(logging.WARNING)  # the blob SDK tells every header at INFO
    logging.getLogger("httpx").setLevel(logging.WARNING)
