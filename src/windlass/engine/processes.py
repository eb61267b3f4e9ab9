"""The processes of this machine, as `ps` and, on Linux, /proc tell of them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Final

from windlass.errors.recovery import ProcessNotEndedError
from windlass.recovery.models import Lock, Orphan, Process
from windlass.recovery.orphans import Run, find_orphans

_COLUMNS: Final = ("-ww", "-o", "pid=,ppid=,uid=,stat=,lstart=,args=")
_STARTED: Final = "%a %b %d %H:%M:%S %Y"
_BEFORE_ARGUMENTS: Final = 9
"""Columns before the command line: four words, and five of the time."""
_SAME_START_SECONDS: Final = 2.0
_HARD_SECONDS, _LOOK_SECONDS = 2.0, 0.05

Sleep = Callable[[float], None]


def list_processes(pid: int | None = None) -> tuple[Process, ...]:
    """List what runs, or one process alone; never what has ended and was only not fetched."""
    which = ("-A",) if pid is None else ("-p", str(pid))
    command = ("ps", *which, *_COLUMNS)
    # It fails when there is no process of that number, and shows none.
    done = subprocess.run(command, env={**os.environ, "LC_ALL": "C"}, capture_output=True, text=True, check=False)
    return tuple(_parsed(done.stdout))


def listens(address: str) -> bool:
    """Tell whether somebody listens at `host:port` on this machine."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=2).close()
    except OSError:
        return False
    return True


class MachineProcesses:
    """Satisfies `recovery.ports.Processes`.

    Args:
        run: What shows that a process belongs to the stack.
        gentle_seconds: How long a process may take to end when asked to.
        sleep: Lets time pass.
    """

    def __init__(self, run: Run, *, gentle_seconds: float = 5.0, sleep: Sleep = time.sleep) -> None:
        self._run = run
        self._gentle_seconds = gentle_seconds
        self._sleep = sleep

    def orphans(self, locks: tuple[Lock, ...]) -> tuple[Orphan, ...]:
        """Find the processes of this checkout whose engine is gone."""
        return find_orphans(list_processes(), locks, self._run, listens)

    def end(self, pid: int, started_at: datetime) -> None:
        """End a process, gently first; that it has ended already, and another one has its number, is no error.

        Raises:
            ProcessNotEndedError: It is still there.
        """
        for number, seconds in ((signal.SIGTERM, self._gentle_seconds), (signal.SIGKILL, _HARD_SECONDS)):
            if not _runs(pid, started_at):
                return
            with suppress(ProcessLookupError):
                os.kill(pid, number)
            if self._ends(pid, started_at, seconds):
                return
        raise ProcessNotEndedError(pid)

    def _ends(self, pid: int, started_at: datetime, seconds: float) -> bool:
        for _ in range(int(seconds / _LOOK_SECONDS)):
            if not _runs(pid, started_at):
                return True
            self._sleep(_LOOK_SECONDS)
        return False


def _runs(pid: int, started_at: datetime) -> bool:
    # `ps` reckons the time of a start from the time since boot, and so tells it a second apart from call to call.
    return any(
        abs((each.started_at - started_at).total_seconds()) < _SAME_START_SECONDS for each in list_processes(pid)
    )


def _parsed(shown: str) -> Iterator[Process]:
    for line in shown.splitlines():
        words = line.split(maxsplit=_BEFORE_ARGUMENTS)
        if len(words) <= _BEFORE_ARGUMENTS or words[3].startswith("Z"):
            continue
        pid = int(words[0])
        yield Process(
            pid=pid,
            parent=int(words[1]),
            session=_session(pid),
            is_own=int(words[2]) == os.getuid(),
            started_at=datetime.strptime(" ".join(words[4:9]), _STARTED).astimezone(),
            command=words[9],
            folder=_folder(pid),
            environ=MappingProxyType(_environ(pid)),
        )


def _session(pid: int) -> int:
    try:
        return os.getsid(pid)
    except OSError:
        return 0


def _folder(pid: int) -> str:
    try:
        return str(Path(f"/proc/{pid}/cwd").readlink())
    except OSError:
        return ""


def _environ(pid: int) -> dict[str, str]:
    """What a process was started with, as far as it is Pulumi's; only one's own processes tell, and only on Linux."""
    try:
        text = Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace")
    except OSError:
        return {}
    pairs = (entry.partition("=") for entry in text.split("\0"))
    return {name: value for name, _, value in pairs if name.startswith("PULUMI_")}
