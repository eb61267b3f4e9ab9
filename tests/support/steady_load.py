"""A steady load on a scoring address: so many requests a second, whatever the answers do."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

from support.online_world import Caller


@dataclass(slots=True)
class Load:
    """What a load has met so far.

    Attributes:
        answers: How often which status and which model's answer came; a failure to connect has its error's name.
        failures: The first words of all that was not 200.
    """

    answers: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    sent: int = 0
    _ended: threading.Event = field(default_factory=threading.Event)

    async def run(self, caller: Caller, proxy: str, authority: str, rate: float) -> None:
        """Send until told to end, then wait for the last answers."""
        trust = ssl.create_default_context(cafile=authority)
        limits = httpx.Limits(max_connections=100, max_keepalive_connections=100)
        loop = asyncio.get_running_loop()
        began, tasks = loop.time(), set()
        async with httpx.AsyncClient(proxy=proxy, verify=trust, timeout=30, limits=limits, trust_env=False) as http:
            while not self._ended.is_set():
                task = asyncio.create_task(self._send(http, caller))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
                self.sent += 1
                await asyncio.sleep(max(0.0, began + self.sent / rate - loop.time()))
            await asyncio.gather(*tasks)

    async def _send(self, http: httpx.AsyncClient, caller: Caller) -> None:
        headers = {"Authorization": f"Bearer {caller.key}", "Content-Type": "application/json"}
        try:
            answer = await http.post(f"{caller.address}/score", content="{}", headers=headers)
        except httpx.HTTPError as error:
            self.answers[type(error).__name__] += 1
            self.failures.append(repr(error))
            return
        if answer.status_code == httpx.codes.OK:
            self.answers[str(answer.json()["model"])] += 1
        else:
            self.answers[str(answer.status_code)] += 1
            self.failures.append(f"{answer.status_code} {answer.text[:200]}")

    def let_come(self, more: int) -> None:
        """Return when so many more requests have been answered."""
        wanted = self.answers.total() + more
        while self.answers.total() < wanted:
            self._ended.wait(0.02)

    def end(self) -> None:
        """Send no more."""
        self._ended.set()


@contextmanager
def steady_load(caller: Caller, proxy: str, authority: str, *, rate: float) -> Iterator[Load]:
    """Load a scoring address while the block runs; all answers are there after it."""
    load = Load()
    thread = threading.Thread(target=lambda: asyncio.run(load.run(caller, proxy, authority, rate)))
    thread.start()
    try:
        yield load
    finally:
        load.end()
        thread.join()
