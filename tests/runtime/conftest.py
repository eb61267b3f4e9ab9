"""A front on a loopback port, in front of a scorer that the test decides on."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
import pytest
from support.certificates import Certificate, self_signed
from windlass_runtime.front import Front
from windlass_runtime.settings import Content, Settings
from windlass_runtime.tls import server_context
from windlass_runtime.wire import Answer, Call

KEY = "the-first-key-of-the-test"


@dataclass
class Scorer:
    """Answers 200 with the body, after a while if asked.

    Attributes:
        calls: What it was asked.
        answer: What it answers instead.
        release: While it is there and not set, answers wait.
    """

    calls: list[Call] = field(default_factory=list)
    answer: Answer | None = None
    release: asyncio.Event | None = None

    async def ask(self, call: Call) -> Answer:
        self.calls.append(call)
        if self.release is not None:
            await self.release.wait()
        return self.answer or Answer(200, call.body, {"content-type": "application/json", "server": "gunicorn"})


@dataclass
class Served:
    """A front that listens."""

    front: Front
    scorer: Scorer
    port: int
    certificate: Certificate
    lines: list[str]

    @asynccontextmanager
    async def client(self) -> AsyncIterator[httpx.AsyncClient]:
        base = f"https://localhost:{self.port}"
        headers = {"Authorization": f"Bearer {KEY}"}
        trust = self.certificate.trust()
        async with httpx.AsyncClient(base_url=base, verify=trust, headers=headers, trust_env=False) as client:
            yield client

    async def raw(self, sent: bytes) -> bytes:
        """Send bytes as they are, and read until the connection is closed."""
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", self.port, ssl=self.certificate.trust(), server_hostname="localhost"
        )
        writer.write(sent)
        await writer.drain()
        try:
            return await asyncio.wait_for(reader.read(), 5)
        finally:
            writer.close()


def settings(certificate: Certificate, **more: object) -> Settings:
    """Return settings on a free loopback port."""
    fixed = {
        "model": "churn:2",
        "content": Content(account="account", container="models", path="churn"),
        "sha256": "0" * 64,
        "keys": (KEY, "the-second-key"),
        "certificate": certificate.chain,
        "private_key": certificate.key,
        "deployment": "churn-2",
        "host": "127.0.0.1",
        "port": 0,
    }
    return Settings(**{**fixed, **more})  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def certificate() -> Certificate:
    return self_signed("localhost")


@pytest.fixture
async def serve(certificate: Certificate) -> AsyncIterator[Callable[..., Awaitable[Served]]]:
    """Start fronts that end with the test."""
    fronts: list[Front] = []

    async def start(**more: object) -> Served:
        lines: list[str] = []
        scorer = Scorer()
        chosen = settings(certificate, **more)
        front = Front(chosen, scorer, lines.append)
        fronts.append(front)
        context: ssl.SSLContext = server_context(chosen.certificate, chosen.private_key)
        port = await front.start(context)
        front.phase = "ready"
        return Served(front, scorer, port, certificate, lines)

    yield start
    for front in fronts:
        await front.stop(0)
