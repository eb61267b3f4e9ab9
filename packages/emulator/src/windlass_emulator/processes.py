"""Child processes of the local Azure: Azurite, inference servers, batch nodes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(slots=True)
class Child:
    """One running child.

    Attributes:
        name: What `status` calls it.
        log: The file that takes its stdout and stderr.
    """

    name: str
    log: Path
    process: asyncio.subprocess.Process

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
        _signal_group(self.pid, signal.SIGTERM)
        try:
            await asyncio.wait_for(self.process.wait(), grace)
        except TimeoutError:
            _signal_group(self.pid, signal.SIGKILL)
            await self.process.wait()


@dataclass(slots=True)
class Processes:
    """Starts children and knows which run."""

    children: list[Child] = field(default_factory=list)

    async def spawn(self, name: str, argv: Sequence[str], *, env: Mapping[str, str], cwd: Path, log: Path) -> Child:
        """Start a child whose output goes to `log` (appended). It does not outlive the supervisor."""
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                *argv,
                env=dict(env),
                cwd=cwd,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        child = Child(name, log, process)
        self.children.append(child)
        return child

    def running(self) -> list[Child]:
        """Return the children that have not ended."""
        self.children = [child for child in self.children if child.returncode is None]
        return list(self.children)

    async def stop(self) -> None:
        """End all children."""
        await asyncio.gather(*(child.stop() for child in self.running()))


def _signal_group(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, number)
