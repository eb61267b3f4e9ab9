"""One instance of a deployment: a server process that is started, watched, started again, and ended.

Life of an instance: starting -> running -> (restarting -> running)* -> stopped. Only a running one gets requests.
The first start may fail, and then the deployment does; later ends of the process are answered with a new start,
with growing pauses, as the cluster below Azure's service does.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, Literal, Self

from windlass_emulator.clock import Clock
from windlass_emulator.errors import OperationFailedError
from windlass_emulator.online import server
from windlass_emulator.online.client import BrokenError, Call, UnreachableError, ask
from windlass_emulator.online.console import cause_of, trim
from windlass_emulator.online.durations import seconds
from windlass_emulator.processes import Child, Processes

_log = logging.getLogger(__name__)

State = Literal["starting", "running", "restarting", "stopped"]

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 30.0
_STABLE_AFTER = 60.0
"""Seconds of running after which the next pause is short again."""

_LOOK = 0.02
_LOOK_AGAIN = 0.2
_STOP_GRACE = 3.0
_TROUBLESHOOT = "Please see troubleshooting guide, available here: https://aka.ms/oe-tsg#error-resourcenotready"


@dataclass(frozen=True, slots=True)
class Probe:
    """When an instance counts as ready, and as alive.

    Attributes:
        initial_delay: Seconds before the first look; here only part of the patience with a start.
        period: Seconds between looks.
        timeout: Seconds that one look may take.
        failures: So many in a row are too many.
    """

    initial_delay: float
    period: float
    timeout: float
    failures: int

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Self:
        """Read the probe of a stored deployment."""
        return cls(
            initial_delay=seconds(settings["initialDelay"], "initialDelay"),
            period=seconds(settings["period"], "period"),
            timeout=seconds(settings["timeout"], "timeout"),
            failures=int(settings["failureThreshold"]),
        )

    @property
    def patience(self) -> float:
        """Seconds that a start may take."""
        return self.initial_delay + self.period * self.failures


@dataclass(frozen=True, slots=True)
class Program:
    """What an instance runs.

    Attributes:
        interpreter: Of the deployment's environment.
        environment: All variables of the process.
        folder: Where it works: a file with its port lies here, and this is its home.
        log: Its console.
    """

    interpreter: Path
    environment: Mapping[str, str]
    folder: Path
    log: Path
    readiness: Probe
    liveness: Probe


def pause_before(restarts: int) -> float:
    """Return the seconds to wait before a start, by the number of starts that have failed in a row."""
    return min(FIRST_PAUSE * 2.0 ** min(restarts, 16), LONGEST_PAUSE)


@dataclass(slots=True)
class Instance:
    """One instance.

    Attributes:
        endpoint: The name of its endpoint.
        deployment: The name of its deployment.
        index: From 0.
        program: What it runs.
        changed: Called at each change of state.
        busy: Requests that it is working on.
    """

    endpoint: str
    deployment: str
    index: int
    program: Program
    processes: Processes
    clock: Clock
    changed: Callable[[], None]
    state: State = "starting"
    port: int = 0
    busy: int = 0
    restarts: int = 0
    _child: Child | None = None
    _keeper: asyncio.Task[None] | None = None
    _log_offset: int = 0
    _doubted: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def name(self) -> str:
        """What children and logs call it."""
        return f"{self.endpoint}/{self.deployment}/{self.index}"

    @property
    def pid(self) -> int | None:
        """The process id of its server, while there is one."""
        return self._child.pid if self._child and self._child.returncode is None else None

    async def start(self) -> None:
        """Start it for the first time and return when it is ready.

        Raises:
            OperationFailedError: ResourceNotReady, with the cause from its console.
        """
        await self._launch()
        self._begin_keeping()

    def revive(self) -> None:
        """Start it in the background and keep trying: it was in service before the supervisor ended."""
        self._set("restarting")
        self._begin_keeping()

    def _begin_keeping(self) -> None:
        self._keeper = asyncio.create_task(self._keep(), name=f"instance {self.name}")
        self._keeper.add_done_callback(_report)

    async def stop(self) -> None:
        """End it."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        await self._end_process()
        self._set("stopped")

    def doubt(self) -> None:
        """Take note that it did not answer as one that lives does: no more requests until its watcher has looked."""
        if self.state == "running":
            self._set("restarting")
            self._doubted.set()

    async def _keep(self) -> None:
        while True:
            if self.state == "running":
                await self._watch()
                self._set("restarting")
            await self.clock.sleep(pause_before(self.restarts))
            self.restarts += 1
            try:
                await self._launch()
            except OperationFailedError as error:
                _log.warning("instance %s did not start again: %s", self.name, error.message)
                self._set("restarting")

    async def _launch(self) -> None:
        self.program.folder.mkdir(parents=True, exist_ok=True)
        port_file = self.program.folder / "port"
        port_file.unlink(missing_ok=True)
        self._log_offset = self.program.log.stat().st_size if self.program.log.exists() else 0
        try:
            self._child = await self.processes.spawn(
                self.name,
                [str(self.program.interpreter), server.__file__, str(port_file)],
                env=self.program.environment,
                cwd=self.program.folder,
                log=self.program.log,
            )
            await self._become_ready(port_file)
        except FileNotFoundError as error:
            raise self._not_ready(f"there is no interpreter at '{self.program.interpreter}'") from error
        except BaseException:
            await self._end_process()
            raise
        self._set("running")

    async def _become_ready(self, port_file: Path) -> None:
        try:
            async with asyncio.timeout(self.program.readiness.patience):
                while (port := _read_port(port_file)) is None:
                    await self._pause()
                self.port = port
                while not await self._answers():
                    await self._pause()
        except TimeoutError as error:
            raise self._not_ready(
                f"Readiness probe failed for {self.program.readiness.patience:g} seconds: "
                f"{cause_of(self.console_since_start())}"
            ) from error

    async def _pause(self) -> None:
        """Wait a moment for the starting process, or learn that it has ended.

        A look every 20 ms at a process of our own; the injected clock is for time that the service takes.
        """
        assert self._child is not None
        try:
            async with asyncio.timeout(_LOOK):
                await self._child.wait()
        except TimeoutError:
            return
        raise self._not_ready(cause_of(self.console_since_start()))

    def _not_ready(self, cause: str) -> OperationFailedError:
        return OperationFailedError(
            "ResourceNotReady", f"User container has crashed or terminated: {cause}. {_TROUBLESHOOT}"
        )

    async def _answers(self) -> bool:
        assert self._child is not None
        # The server takes the connection at once and answers when the script's init has ended, however long that takes.
        looking = asyncio.create_task(ask(self.port, Call("GET", "/", {})))
        ending = asyncio.create_task(self._child.wait())
        try:
            done = await _first_of(looking, ending)
            return looking in done and looking.result().status == HTTPStatus.OK
        except (UnreachableError, BrokenError):
            return False
        finally:
            looking.cancel()
            ending.cancel()

    async def _watch(self) -> None:
        """Return when the process has ended or is no longer alive; end what is left of it."""
        assert self._child is not None
        began = asyncio.get_running_loop().time()
        ending = asyncio.create_task(self._child.wait())
        probing = asyncio.create_task(self._probe_until_dead())
        try:
            await _first_of(ending, probing)
        finally:
            ending.cancel()
            probing.cancel()
        if asyncio.get_running_loop().time() - began > _STABLE_AFTER:
            self.restarts = 0
        self._set("restarting")
        _log.warning("instance %s (pid %s) has ended with %s", self.name, self._child.pid, self._child.returncode)
        await self._end_process()

    async def _probe_until_dead(self) -> None:
        probe = self.program.liveness
        failures = 0
        while failures < probe.failures:
            self._doubted.clear()
            await self._doubted_within(probe.period if self.state == "running" else _LOOK_AGAIN)
            seen = await self._look(probe.timeout)
            if seen == "gone":
                return
            if seen == "alive" and self.state == "restarting":
                self._set("running")
            failures = 0 if seen == "alive" else failures + 1
            self._log_offset = trim(self.program.log, self._log_offset)

    async def _doubted_within(self, period: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(period):
                await self._doubted.wait()

    async def _look(self, timeout_seconds: float) -> Literal["alive", "silent", "gone"]:
        try:
            async with asyncio.timeout(timeout_seconds):
                await ask(self.port, Call("GET", "/", {}))
        except UnreachableError:
            return "gone"
        except (TimeoutError, BrokenError):
            return "silent"
        return "alive"

    async def _end_process(self) -> None:
        if self._child is not None:
            await self._child.stop(grace=_STOP_GRACE)

    def _set(self, state: State) -> None:
        self.state = state
        self.changed()

    def console_since_start(self) -> str:
        """Return what its console says since the newest start."""
        if not self.program.log.exists():
            return ""
        with self.program.log.open("rb") as console:
            console.seek(self._log_offset)
            return console.read().decode(errors="replace")


def _read_port(file: Path) -> int | None:
    return int(file.read_text(encoding="ascii")) if file.exists() else None


async def _first_of(*tasks: asyncio.Task[Any]) -> set[asyncio.Task[Any]]:
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    return done


def _report(keeper: asyncio.Task[None]) -> None:
    if not keeper.cancelled() and (error := keeper.exception()):
        _log.error("%s is no longer kept", keeper.get_name(), exc_info=error)
