"""One container: a process that is started, probed, started again by the group's policy, and ended.

The states are Azure's: Waiting, Running, Terminated. A process that ends is started again after a pause that grows
from a moment to five minutes, as the service below Azure's does; here the pauses are shorter.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, Literal

import h11

from windlass_emulator.clock import Clock
from windlass_emulator.processes import Child, Processes

_log = logging.getLogger(__name__)

State = Literal["Waiting", "Running", "Terminated"]

STOP_GRACE = 10.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 20.0
_START_SECONDS = 60.0
_LOOK = 0.02
_CHUNK = 65536


@dataclass(frozen=True, slots=True)
class Probe:
    """One probe, with Azure's defaults.

    Attributes:
        path: What is asked; the address is the container's own.
    """

    path: str
    secure: bool
    initial_delay: float
    period: float
    failures: int
    timeout: float

    @classmethod
    def of(cls, settings: Mapping[str, Any] | None) -> Probe | None:
        """Read the probe of a stored container."""
        if not settings or not settings.get("httpGet"):
            return None
        get = settings["httpGet"]
        return cls(
            path=str(get.get("path") or "/"),
            secure=str(get.get("scheme") or "http").lower() == "https",
            initial_delay=float(settings.get("initialDelaySeconds") or 0),
            period=float(settings.get("periodSeconds") or 10),
            failures=int(settings.get("failureThreshold") or 3),
            timeout=float(settings.get("timeoutSeconds") or 1),
        )


@dataclass(frozen=True, slots=True)
class Program:
    """What a container runs.

    Attributes:
        argv: Its command.
        environment: All its variables.
        folder: Where it works; a file with its port lies here.
        restart: Always, OnFailure or Never.
    """

    argv: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path
    restart: str
    liveness: Probe | None = None
    readiness: Probe | None = None

    @property
    def log(self) -> Path:
        """Its console."""
        return self.folder / "console.log"

    @property
    def port_file(self) -> Path:
        """Where it tells its port."""
        return self.folder / "port"


@dataclass(frozen=True, slots=True)
class Moment:
    """A state of a container and when it began."""

    state: State
    started: float
    detail: str = ""
    finished: float | None = None
    exit_code: int | None = None


@dataclass(slots=True)
class Event:
    """Something that happened to a container, counted."""

    name: str
    message: str
    kind: str
    first: float
    last: float
    count: int = 1


@dataclass(slots=True)
class Container:
    """One container.

    Attributes:
        ready: Whether its readiness probe succeeds; one without a probe is ready while it runs.
        port: Where it listens on 127.0.0.1; 0 while it does not.
    """

    name: str
    program: Program
    processes: Processes
    clock: Clock
    current: Moment = field(init=False)
    previous: Moment | None = None
    restarts: int = 0
    events: list[Event] = field(default_factory=list)
    ready: bool = False
    port: int = 0
    _child: Child | None = None
    _keeper: asyncio.Task[None] | None = None
    _started: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.current = Moment("Waiting", self.clock.now(), "ContainerCreating")

    @property
    def pid(self) -> int | None:
        """Its process, while there is one."""
        return self._child.pid if self._child and self._child.returncode is None else None

    def begin(self) -> None:
        """Start it and keep it by its restart policy."""
        self._keeper = asyncio.create_task(self._keep(), name=f"container {self.name}")

    async def started(self) -> None:
        """Wait until its process listens for the first time, or has ended."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_START_SECONDS):
                await self._started.wait()

    async def stop(self, grace: float = STOP_GRACE) -> None:
        """End it: SIGTERM, and SIGKILL after the grace."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        self.ready = False
        if self._child is not None:
            await self._child.stop(grace=grace)
            if self.current.state == "Running":
                self._ended(self._child.returncode or 0)
        self.port = 0

    def note(self, name: str, message: str, kind: str = "Normal") -> None:
        """Write an event down; one that has the same words as an earlier one counts with it."""
        now = self.clock.now()
        for event in self.events:
            if (event.name, event.message) == (name, message):
                event.count, event.last = event.count + 1, now
                return
        self.events.append(Event(name, message, kind, now, now))

    async def _keep(self) -> None:
        while True:
            code = await self._live()
            again = self.program.restart == "Always" or (self.program.restart == "OnFailure" and code != 0)
            if not again:
                return
            self.previous = self.current
            self.current = Moment("Waiting", self.clock.now(), "CrashLoopBackOff: Back-off restarting failed")
            await asyncio.sleep(min(_FIRST_PAUSE * 2.0 ** min(self.restarts, 10), _LONGEST_PAUSE))
            self.restarts += 1

    async def _live(self) -> int:
        """Run the process once and return its exit code."""
        program = self.program
        program.folder.mkdir(parents=True, exist_ok=True)
        program.port_file.unlink(missing_ok=True)
        self._child = await self.processes.spawn(
            self.name, list(program.argv), env=program.environment, cwd=program.folder, log=program.log
        )
        self.current = Moment("Running", self.clock.now())
        self.note("Created", "Created container")
        self.note("Started", "Started container")
        watching = asyncio.create_task(self._watch())
        try:
            code = await self._child.wait()
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
        self.ready, self.port = False, 0
        self._ended(code)
        self._started.set()
        return code

    def _ended(self, code: int) -> None:
        # A signal is told as Linux tells it.
        told = 128 - code if code < 0 else code
        detail = "Completed" if told == 0 else "Error"
        self.current = Moment("Terminated", self.current.started, detail, self.clock.now(), told)
        _log.info("container %s has ended with %s", self.name, told)

    async def _watch(self) -> None:
        while not self.program.port_file.exists():  # noqa: ASYNC110 - another process makes the file
            await asyncio.sleep(_LOOK)
        self.port = int(self.program.port_file.read_text(encoding="ascii"))
        self._started.set()
        self.ready = self.program.readiness is None
        async with asyncio.TaskGroup() as tasks:
            if self.program.readiness:
                tasks.create_task(self._probe_readiness(self.program.readiness))
            if self.program.liveness:
                tasks.create_task(self._probe_liveness(self.program.liveness))

    async def _probe_readiness(self, probe: Probe) -> None:
        await self.clock.sleep(probe.initial_delay)
        failures = 0
        while True:
            if await self._succeeds(probe):
                self.ready, failures = True, 0
            else:
                failures += 1
                if failures >= probe.failures:
                    if self.ready:
                        self.note("Unhealthy", f"Readiness probe failed: GET {probe.path}", "Warning")
                    self.ready = False
            await self.clock.sleep(probe.period)

    async def _probe_liveness(self, probe: Probe) -> None:
        await self.clock.sleep(probe.initial_delay)
        failures = 0
        while failures < probe.failures:
            failures = 0 if await self._succeeds(probe) else failures + 1
            await self.clock.sleep(probe.period)
        self.note("Unhealthy", f"Liveness probe failed: GET {probe.path}", "Warning")
        self.note("Killing", "Killing container with failed liveness probe")
        assert self._child is not None
        await asyncio.shield(self._child.stop(grace=STOP_GRACE))

    async def _succeeds(self, probe: Probe) -> bool:
        try:
            async with asyncio.timeout(probe.timeout):
                status = await _ask(self.port, probe)
        except (OSError, TimeoutError, h11.RemoteProtocolError):
            return False
        return HTTPStatus.OK <= status < HTTPStatus.BAD_REQUEST


async def _ask(port: int, probe: Probe) -> int:
    """Ask a probe's path and return the status. Like Azure's, it does not check the certificate."""
    context = None
    if probe.secure:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    try:
        speaker = h11.Connection(h11.CLIENT)
        head = h11.Request(method="GET", target=probe.path, headers=[("host", "probe"), ("connection", "close")])
        writer.write((speaker.send(head) or b"") + (speaker.send(h11.EndOfMessage()) or b""))
        while True:
            event = speaker.next_event()
            if isinstance(event, h11.Response):
                return event.status_code
            if event is h11.NEED_DATA:
                speaker.receive_data(await reader.read(_CHUNK))
    finally:
        writer.close()
