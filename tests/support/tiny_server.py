"""An instance without a process: a server in this process that answers, waits, breaks off or is gone, as told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal

from windlass_emulator.online.instance import State

Manner = Literal["answer", "wait", "break off", "half"]


@dataclass(slots=True)
class TinyServer:
    """One instance.

    Attributes:
        manner: What it does with a request; "wait" answers when `go_on` is set.
        seen: The first lines of the requests that it was sent.
        stopped: How often it was ended.
        doubts: How often it was said not to listen.
    """

    endpoint: str = "churn"
    deployment: str = "v1"
    index: int = 0
    state: State = "running"
    port: int = 0
    busy: int = 0
    pid: int | None = 1
    manner: Manner = "answer"
    status: int = 200
    body: bytes = b'{"ok": true}'
    seen: list[str] = field(default_factory=list)
    stopped: int = 0
    doubts: int = 0
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    def doubt(self) -> None:
        """Count, and take no more requests."""
        self.doubts += 1
        self.state = "restarting"

    async def stop(self) -> None:
        """Count."""
        self.stopped += 1
        self.state = "stopped"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request and close, as the inference server does."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        self.seen.append(head.split("\r\n", 1)[0])
        if self.manner == "wait":
            await self.go_on.wait()
        if self.manner != "break off":
            length = len(self.body) + (1 if self.manner == "half" else 0)
            writer.write(
                f"HTTP/1.1 {self.status} X\r\nContent-Length: {length}\r\nContent-Type: application/json\r\n"
                "Server: gunicorn\r\nx-ms-run-function-failed: False\r\nConnection: close\r\n\r\n".encode()
                + self.body
            )
            await writer.drain()
        writer.close()


@asynccontextmanager
async def tiny_server(**how: object) -> AsyncIterator[TinyServer]:
    """Run one for a while."""
    tiny = TinyServer(**how)  # type: ignore[arg-type] # the attributes by name
    listening = await asyncio.start_server(tiny.serve, "127.0.0.1", 0)
    tiny.port = listening.sockets[0].getsockname()[1]
    async with listening:
        yield tiny
        tiny.go_on.set()
