"""The instances of one deployment as the router sees them: who is free, who waits, who is turned away.

As many requests as `maxConcurrentRequestsPerInstance` allows are worked on by each instance; as many again may
wait; more are turned away (documented: twice the concurrency, times the instances). An instance that is replaced
or taken away gets no new requests and finishes those that it has.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol

from windlass_emulator.online.client import BrokenError, Call, Reply, UnreachableError, ask
from windlass_emulator.online.instance import State


class TooManyRequestsError(Exception):
    """As many requests as may are in work or waiting."""


class ClosedError(Exception):
    """The deployment takes no more requests."""


class Server(Protocol):
    """One instance, as a fleet needs it.

    Attributes:
        busy: Requests that it is working on; the fleet counts them.
    """

    endpoint: str
    deployment: str
    index: int
    state: State
    port: int
    busy: int

    @property
    def pid(self) -> int | None:
        """Its process."""

    def doubt(self) -> None:
        """Look whether it still listens; nobody did at its port."""

    async def stop(self) -> None:
        """End it."""


@dataclass(slots=True)
class Fleet:
    """The instances of one deployment.

    Attributes:
        endpoint: Its endpoint's name.
        deployment: Its name.
        timeout: Seconds that a request may take, waiting included.
        concurrency: Requests that one instance works on at a time.
        instances: Those that take requests.
        leaving: Those that finish their last ones.
        answers: How many requests were answered, by status class such as "2xx".
    """

    endpoint: str
    deployment: str
    timeout: float
    concurrency: int
    instances: list[Server] = field(default_factory=list)
    leaving: list[Server] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    closed: bool = False
    pending: int = 0
    _waiting: deque[asyncio.Future[None]] = field(default_factory=deque)
    _changes: list[asyncio.Future[None]] = field(default_factory=list)

    async def call(self, call: Call) -> Reply:
        """Have an instance answer, waiting for a free one if need be.

        Raises:
            TooManyRequestsError: No place is left to wait in.
            ClosedError: The deployment is being deleted.
            TimeoutError: It took longer than a request may.
            BrokenError: The instance ended while it worked on the request.
        """
        if self.closed:
            raise ClosedError
        if self.pending >= 2 * self.concurrency * max(len(self.instances), 1):
            raise TooManyRequestsError
        self.pending += 1
        try:
            async with asyncio.timeout(self.timeout):
                return await self._call(call)
        finally:
            self.pending -= 1
            self._tell_change()

    async def _call(self, call: Call) -> Reply:
        while True:
            async with self._place() as instance:
                try:
                    return await ask(instance.port, call)
                except UnreachableError:
                    # Nothing was sent, so another instance, or this one when it is back, may have it.
                    instance.doubt()
                except BrokenError:
                    instance.doubt()
                    raise

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[Server]:
        instance = await self._take()
        try:
            yield instance
        finally:
            instance.busy -= 1
            self.wake()
            self._tell_change()

    async def _take(self) -> Server:
        while (instance := self._free()) is None:
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self.wake()  # somebody else can use the place that this one was woken for
                raise
            finally:
                if turn in self._waiting:
                    self._waiting.remove(turn)
        instance.busy += 1
        return instance

    def _free(self) -> Server | None:
        ready = [one for one in self.instances if one.state == "running" and one.busy < self.concurrency]
        return min(ready, key=lambda one: one.busy, default=None)

    def wake(self) -> None:
        """Let the next one in the queue look again: an instance has become free, or ready."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return

    def wake_all(self) -> None:
        """Let all look again: an instance has come, or has changed its state."""
        for _ in range(len(self._waiting)):
            self.wake()
        self._tell_change()

    async def replace(self, instances: Sequence[Server]) -> None:
        """Send new requests to these instances alone; end the others when they have finished theirs."""
        leaving = [one for one in self.instances if one not in instances]
        self.instances = list(instances)
        self.leaving += leaving
        self.wake_all()
        await asyncio.gather(*(self._retire(one) for one in leaving))

    async def close(self) -> None:
        """Take no more requests, finish those under way and waiting, end all instances."""
        self.closed = True
        await self.until(lambda: self.pending == 0)
        await self.replace(())

    async def stop(self) -> None:
        """End all instances now (the local Azure stops)."""
        self.closed = True
        await asyncio.gather(*(one.stop() for one in [*self.instances, *self.leaving]))

    async def _retire(self, instance: Server) -> None:
        await self.until(lambda: instance.busy == 0)
        await instance.stop()
        self.leaving.remove(instance)

    async def until(self, reached: Callable[[], bool]) -> None:
        """Wait until something holds; it is looked at whenever a request or an instance changes."""
        while not reached():
            change: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._changes.append(change)
            await change

    def _tell_change(self) -> None:
        changes, self._changes = self._changes, []
        for change in changes:
            if not change.done():
                change.set_result(None)
