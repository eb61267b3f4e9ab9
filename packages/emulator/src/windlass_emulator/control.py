"""Start, stop, ask and reset a local Azure from outside its process."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from windlass_emulator.folder import DataFolder, is_locked, read_json
from windlass_emulator.guard import birth_of
from windlass_emulator.settings import TENANT_ID

_START_SECONDS = 60.0
_PATIENCE_SECONDS = 4.0
"""After this long `stop` kills the supervisor; the guard then ends what it left."""
_GUARD_SECONDS = 6.0
_TICK = 0.02
_FROM_AZURE_ENV = (
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_FILE",
    "AZURE_TENANT_ID",
    "AZURE_CLIENT_ID",
    "AZURE_CLIENT_SECRET",
    "AZURE_SUBSCRIPTION_ID",
)


class ControlError(Exception):
    """Something that the user has to know; the message is the whole sentence."""


_OUTPUT = "supervisor.out"
"""Takes what the supervisor's process writes outside its log."""


@dataclass(frozen=True, slots=True)
class Supervisor:
    """A supervisor that has announced itself.

    Attributes:
        birth: Tells it from a later process with its id.
        admin: Where its admin API listens.
    """

    pid: int
    birth: str
    started: str
    admin: str

    def has_ended(self) -> bool:
        """Say whether its process is gone."""
        return birth_of(self.pid) != self.birth


@dataclass(frozen=True, slots=True)
class Options:
    """How to run; see `serve`."""

    clock_rate: float = 1.0
    retry_after: bool = True

    def arguments(self) -> list[str]:
        """Return them as the command line of `serve`."""
        return ["--clock-rate", str(self.clock_rate), *([] if self.retry_after else ["--no-retry-after"])]


def find(folder: DataFolder) -> Supervisor | None:
    """Return the supervisor of a data folder if it is ready."""
    told = read_json(folder.running)
    if not told or not is_locked(folder.supervisor_lock) or birth_of(int(told["pid"])) != told["birth"]:
        return None
    return Supervisor(int(told["pid"]), str(told["birth"]), str(told["started"]), str(told["admin"]))


def start(folder: DataFolder, options: Options, environment: Mapping[str, str]) -> tuple[Supervisor, bool]:
    """Start a local Azure and wait until it is ready.

    Returns:
        The supervisor, and whether it was started just now.

    Raises:
        ControlError: It did not start; the message says why.
    """
    if running := _running(folder):
        return running, False
    folder.create()
    sentence = _spawn(folder, options, environment)
    if running := _running(folder):
        return running, True
    raise ControlError(sentence or f"The local Azure did not start{_last_words(folder)}. Its log is {folder.log}.")


def _last_words(folder: DataFolder) -> str:
    """What a supervisor that broke off said last: the sentence of an error that nobody foresaw."""
    lines = (folder.logs / _OUTPUT).read_text(encoding="utf-8", errors="replace").split("\n")
    last = next((line.strip() for line in reversed(lines) if line.strip()), "")
    return f": {last}" if last else ""


def _running(folder: DataFolder) -> Supervisor | None:
    """The ready supervisor, waited for when one is just starting."""
    return _wait_for_announcement(folder, time.sleep) if is_locked(folder.supervisor_lock) else None


def _spawn(folder: DataFolder, options: Options, environment: Mapping[str, str]) -> str:
    """Start `serve` in the background and return what it says when it is ready or has failed."""
    reader, writer = os.pipe()
    command = [sys.executable, "-m", "windlass_emulator", "serve", "--data", str(folder.root), *options.arguments()]
    with (folder.logs / _OUTPUT).open("wb") as output:
        subprocess.Popen(
            [*command, "--ready-descriptor", str(writer)],
            env=own_environment(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            pass_fds=(writer,),
        ).returncode = 0  # it goes on running; Popen shall not warn of it
    os.close(writer)
    with os.fdopen(reader, encoding="utf-8") as said:
        return said.read().strip()


def own_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without what an azure.env put into it: the local Azure is no client of itself."""
    if environment.get("AZURE_TENANT_ID") != TENANT_ID:
        return dict(environment)
    return {name: value for name, value in environment.items() if name not in _FROM_AZURE_ENV}


def stop(folder: DataFolder, sleep: Callable[[float], None] = time.sleep) -> bool:
    """End a local Azure and all its children; returns False when none was running.

    Raises:
        ControlError: Something did not end.
    """
    if not is_locked(folder.supervisor_lock) and not is_locked(folder.guard_lock):
        _forget(folder)
        return False
    supervisor = _wait_for_announcement(folder, sleep)
    if supervisor is not None:
        _signal(supervisor, signal.SIGTERM)
        if not _wait(supervisor.has_ended, _PATIENCE_SECONDS, sleep):
            _signal(supervisor, signal.SIGKILL)
    if not _wait(lambda: not is_locked(folder.guard_lock), _GUARD_SECONDS, sleep):
        raise ControlError(f"A process of the local Azure in {folder.root} does not end. See {folder.logs}.")
    _forget(folder)
    return True


def _wait_for_announcement(folder: DataFolder, sleep: Callable[[float], None]) -> Supervisor | None:
    """A supervisor that is just starting says soon who it is."""
    found: list[Supervisor] = []

    def look() -> bool:
        if supervisor := find(folder):
            found.append(supervisor)
        return bool(found) or not is_locked(folder.supervisor_lock)

    if not _wait(look, _START_SECONDS, sleep):
        raise ControlError(f"The local Azure in {folder.root} neither became ready nor ended. See {folder.log}.")
    return found[0] if found else None


def _signal(supervisor: Supervisor, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(supervisor.pid, number)


def _wait(condition: Callable[[], bool], seconds: float, sleep: Callable[[float], None]) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        sleep(_TICK)
    return True


def _forget(folder: DataFolder) -> None:
    for path in (folder.running, folder.env_file):
        path.unlink(missing_ok=True)


def status(folder: DataFolder) -> dict[str, Any] | None:
    """Return what the running local Azure tells of itself, or None when none is running.

    Raises:
        ControlError: It runs and does not answer.
    """
    supervisor = find(folder)
    if supervisor is None:
        return None
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{supervisor.admin}/status", timeout=5) as answer:
            told: dict[str, Any] = json.load(answer)
            return told
    except OSError as error:
        raise ControlError(f"The local Azure (process {supervisor.pid}) does not answer: {error}.") from error


def reset(folder: DataFolder) -> None:
    """Delete everything that a local Azure has stored.

    Raises:
        ControlError: It is running, or the folder is not one of a local Azure.
    """
    if is_locked(folder.supervisor_lock) or is_locked(folder.guard_lock):
        raise ControlError(f"The local Azure in {folder.root} is running. Stop it first.")
    if not folder.root.exists():
        return
    if not folder.secrets.exists() and any(folder.root.iterdir()):
        raise ControlError(f"{folder.root} does not hold a local Azure; nothing was deleted.")
    shutil.rmtree(folder.root)


def log_files(folder: DataFolder) -> list[Path]:
    """Return the logs that there are, the supervisor's own first."""
    others = sorted(path for path in folder.logs.rglob("*") if path.is_file() and path != folder.log)
    return [path for path in (folder.log, *others) if path.exists()]
