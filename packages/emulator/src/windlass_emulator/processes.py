"""Child processes of the local Azure: Azurite, inference servers, batch nodes."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from windlass_emulator import guard as guard_program
from windlass_emulator.folder import read_json, write_json

_log = logging.getLogger(__name__)

_TICK = 0.02
_LAST_GRACE = 2.5
"""Shorter than usual, because the whole of a stop takes less than five seconds."""

_REGISTERED = 'echo "add $$" >&0; exec "$@" </dev/null'
"""The child tells the guard its id and then becomes its own program, under the same id. While it has not yet done so
it holds the pipe open, so the guard cannot see the end of the supervisor before it knows of the child."""


class GuardPipe:
    """The supervisor's end of the guard (see guard.py)."""

    def __init__(self, log: Path, *lock: int, record: Path | None = None) -> None:
        """Start the guard.

        Args:
            log: Takes what the guard prints.
            lock: Descriptors of lock files that the guard shall hold until the last child has ended.
            record: Where the children are written down, for the case that supervisor and guard are both killed.
        """
        self._log = log
        self._locks = lock
        self._record = record
        self._children: dict[int, str | None] = {}
        self._begin()

    @property
    def pid(self) -> int:
        """The guard's process id."""
        return self._process.pid

    def child_descriptor(self) -> int:
        """Return the pipe for a child that is about to register itself; a guard that was killed is replaced first."""
        if self._process.poll() is not None:
            _log.warning("the guard %s has ended; starting another", self._process.pid)
            os.close(self._writer)
            self._begin()
        return self._writer

    def registered(self, pid: int) -> None:
        """Remember a child that has registered itself, for the case that the guard must be replaced."""
        self._children[pid] = guard_program.birth_of(pid)
        self._write_down()

    def stop(self, pid: int, grace: float) -> None:
        """Have a child stopped: SIGTERM now, SIGKILL after `grace` seconds."""
        self._tell(f"stop {pid} {round(grace * 1000)}")

    def ended(self, pid: int) -> None:
        """Say that a child has ended."""
        self._children.pop(pid, None)
        self._write_down()
        self._tell(f"end {pid}")

    def end_leftovers(self) -> None:
        """End the children of a supervisor that was killed together with its guard."""
        if self._record is None:
            return
        for pid, birth in read_json(self._record).items():
            if birth is not None and guard_program.birth_of(int(pid)) == birth:
                _log.warning("ending %s, which a killed local Azure has left", pid)
                self._tell(f"add {pid}")
                self.stop(int(pid), guard_program.ORPHAN_GRACE)
                while guard_program.birth_of(int(pid)) == birth:
                    time.sleep(_TICK)
        self._write_down()

    def _write_down(self) -> None:
        if self._record is not None:
            write_json(self._record, {str(pid): birth for pid, birth in self._children.items()})

    def _tell(self, line: str) -> None:
        os.write(self.child_descriptor(), f"{line}\n".encode())

    def close(self) -> None:
        """Close the pipe: the guard ends what is left, and then itself."""
        os.close(self._writer)
        self._process.wait()

    def _begin(self) -> None:
        reader, self._writer = os.pipe()
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", guard_program.__file__],
                stdin=reader,
                stdout=output,
                stderr=output,
                start_new_session=True,
                pass_fds=self._locks,
            )
        os.close(reader)
        for pid in self._children:
            os.write(self._writer, f"add {pid}\n".encode())


@dataclass(slots=True)
class Child:
    """One running child.

    Attributes:
        name: What `status` calls it.
        log: The file that takes its stdout and stderr.
        guard: Sends its signals; None in tests that have no guard.
    """

    name: str
    log: Path
    process: asyncio.subprocess.Process
    guard: GuardPipe | None = None

    @property
    def pid(self) -> int:
        """Its process id; it leads a process group of its own."""
        return self.process.pid

    @property
    def returncode(self) -> int | None:
        """Its exit code, or None while it runs."""
        return self.process.returncode

    async def wait(self) -> int:
        """Wait until it has ended and return its exit code."""
        return await self.process.wait()

    async def stop(self, *, grace: float = 3.0) -> None:
        """End it and its group: one SIGTERM, and SIGKILL after `grace` seconds."""
        if self.returncode is not None:
            return
        if self.guard is not None:
            self.guard.stop(self.pid, grace)
            await self.process.wait()
            return
        _signal_group(self.pid, signal.SIGTERM)
        try:
            await asyncio.wait_for(self.process.wait(), grace)
        except TimeoutError:
            _signal_group(self.pid, signal.SIGKILL)
            await self.process.wait()


@dataclass(slots=True)
class Processes:
    """Starts children and knows which run.

    Attributes:
        guard: Ends them when the supervisor dies; None in tests that start none of their own.
    """

    guard: GuardPipe | None = None
    children: list[Child] = field(default_factory=list)
    _watchers: set[asyncio.Task[None]] = field(default_factory=set)

    async def spawn(self, name: str, argv: Sequence[str], *, env: Mapping[str, str], cwd: Path, log: Path) -> Child:
        """Start a child whose output goes to `log` (appended). It does not outlive the supervisor.

        Raises:
            FileNotFoundError: There is no such program.
        """
        if shutil.which(argv[0], path=env.get("PATH")) is None:
            raise FileNotFoundError(argv[0])
        log.parent.mkdir(parents=True, exist_ok=True)
        command = argv if self.guard is None else ("/bin/sh", "-c", _REGISTERED, "sh", *argv)
        with log.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                *command,
                env=dict(env),
                cwd=cwd,
                stdin=asyncio.subprocess.DEVNULL if self.guard is None else self.guard.child_descriptor(),
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        child = Child(name, log, process, self.guard)
        self.children.append(child)
        if self.guard is not None:
            self.guard.registered(child.pid)
            self._watch(child, self.guard)
        return child

    def running(self) -> list[Child]:
        """Return the children that have not ended."""
        self.children = [child for child in self.children if child.returncode is None]
        return list(self.children)

    async def stop(self) -> None:
        """End all children."""
        await asyncio.gather(*(child.stop(grace=_LAST_GRACE) for child in self.running()))
        await asyncio.gather(*self._watchers)

    def _watch(self, child: Child, guard: GuardPipe) -> None:
        async def tell_the_end() -> None:
            await child.wait()
            guard.ended(child.pid)

        task = asyncio.create_task(tell_the_end(), name=f"end of {child.name}")
        self._watchers.add(task)
        task.add_done_callback(self._watchers.discard)


def _signal_group(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, number)
