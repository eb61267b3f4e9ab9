"""Live traffic for the demo and the end-to-end tests: a steady load on a scoring address, and what became of it."""

from __future__ import annotations

import asyncio
import statistics
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby

import httpx

_OK = 200


@dataclass(frozen=True, slots=True)
class Sent:
    """One request and its answer.

    Attributes:
        at: Seconds since the load began.
        deployment: The one that answered, by Azure's header; empty when none did.
        status: HTTP status, or 0 when no answer came.
        seconds: How long it took.
        error: What went wrong, when something did.
    """

    at: float
    deployment: str
    status: int
    seconds: float
    error: str = ""

    @property
    def failed(self) -> bool:
        """Anything but an answer of the model."""
        return self.status != _OK


@dataclass(frozen=True, slots=True)
class Share:
    """Who answered in one stretch of time, in whole percent."""

    start: float
    end: float
    percent: dict[str, int]


def quantile(values: Sequence[float], q: float) -> float:
    """Return the q-quantile by rank (0 for no values)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(q * len(ordered)))] if ordered else 0.0


def shares(sent: Sequence[Sent], *, every: float = 1.0, tolerance: int = 5, least: int = 2) -> list[Share]:
    """Return who answered over time: neighbouring slots with the same split become one stretch.

    Args:
        sent: Answered and failed requests, in any order.
        every: Seconds of one slot.
        tolerance: How many percent two slots may differ and still count as the same.
        least: Slots that make a stretch; shorter ones are the moment in which the split moved.
    """
    answered = sorted((s for s in sent if s.deployment), key=lambda s: s.at)
    stretches: list[list[tuple[float, dict[str, int]]]] = []
    for slot, group in groupby(answered, key=lambda s: int(s.at / every)):
        percent = _percent(Counter(s.deployment for s in group))
        if stretches and _close(stretches[-1][0][1], percent, tolerance):
            stretches[-1].append((slot * every, percent))
        else:
            stretches.append([(slot * every, percent)])
    return [_share(stretch, every) for stretch in stretches if len(stretch) >= least]


def _share(slots: Sequence[tuple[float, dict[str, int]]], every: float) -> Share:
    names = sorted({name for _, percent in slots for name in percent})
    middle = {name: round(statistics.median(percent.get(name, 0) for _, percent in slots)) for name in names}
    return Share(slots[0][0], slots[-1][0] + every, {name: part for name, part in middle.items() if part})


def _percent(counts: Counter[str]) -> dict[str, int]:
    return {name: round(100 * n / counts.total()) for name, n in counts.items()}


def _close(left: dict[str, int], right: dict[str, int], tolerance: int) -> bool:
    return all(abs(left.get(name, 0) - right.get(name, 0)) <= tolerance for name in left.keys() | right.keys())


@dataclass
class SteadyLoad:
    """Sends requests at a fixed rate from a thread of its own until stopped.

    It is an open loop: a slow answer does not hold back the next request, so that a stall shows as late answers.

    Attributes:
        uri: The scoring address.
        key: The endpoint's key.
        bodies: JSON bodies, sent in turn.
        rate: Requests per second.
    """

    uri: str
    key: str
    bodies: Sequence[bytes]
    rate: float = 60.0
    sent: list[Sent] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to send."""
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="steady load", daemon=True)
        self._thread.start()

    def stop(self) -> list[Sent]:
        """Stop sending, wait for the last answers, and return all."""
        self._stop.set()
        if self._thread:
            self._thread.join()
        return list(self.sent)

    async def _run(self) -> None:
        limits = httpx.Limits(max_connections=64, max_keepalive_connections=64)
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        async with httpx.AsyncClient(limits=limits, headers=headers, timeout=30) as client:
            began = time.perf_counter()
            flying: set[asyncio.Task[None]] = set()
            count = 0
            while not self._stop.is_set():
                await asyncio.sleep(max(0.0, began + count / self.rate - time.perf_counter()))
                task = asyncio.create_task(self._send(client, self.bodies[count % len(self.bodies)], began))
                flying.add(task)
                task.add_done_callback(flying.discard)
                count += 1
            await asyncio.gather(*flying)

    async def _send(self, client: httpx.AsyncClient, body: bytes, began: float) -> None:
        start = time.perf_counter()
        deployment, status, error = "", 0, ""
        try:
            answer = await client.post(self.uri, content=body)
            deployment, status = answer.headers.get("azureml-model-deployment", ""), answer.status_code
            error = "" if status == _OK else answer.text[:300]
        except httpx.HTTPError as failure:
            error = f"{type(failure).__name__}: {failure}"
        self.sent.append(Sent(start - began, deployment, status, time.perf_counter() - start, error))
