"""The CONNECT proxy: Azure's public host names lead to the local Azure's own listeners, every other name to nothing.

It resolves no name and opens no connection but to 127.0.0.1, so a process that has loaded azure.env cannot reach
the cloud by mistake. Plain HTTP is passed on for the few addresses that Azure itself serves so: inference routers of
AKS clusters whose owner has allowed insecure connections.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable
from urllib.parse import urlsplit

_log = logging.getLogger(__name__)

_LARGEST_HEAD = 16384
_HIGH_WATER = 256 * 1024

Resolve = Callable[[str, bool], int | str]
"""Returns the port on 127.0.0.1 that a host name leads to, over TLS or (False) without, or the sentence that refuses
it."""


class Proxy:
    """Answers CONNECT."""

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve
        self._tunnels: set[asyncio.BaseTransport] = set()
        self._opening: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self, listening: socket.socket) -> None:
        """Begin to accept connections."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Client(self), sock=listening)

    async def close(self) -> None:
        """Stop listening and end all tunnels."""
        if self._server is not None:
            self._server.close()
        for transport in list(self._tunnels):
            transport.abort() if isinstance(transport, asyncio.Transport) else transport.close()

    def opened(self, transport: asyncio.BaseTransport) -> None:
        """Remember a connection, for the end."""
        self._tunnels.add(transport)

    def closed(self, transport: asyncio.BaseTransport) -> None:
        """Forget a connection."""
        self._tunnels.discard(transport)

    def connect(self, client: _Client, head: bytes) -> None:
        """Answer the head of a request."""
        task = asyncio.get_running_loop().create_task(self._connect(client, head))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    async def _connect(self, client: _Client, head: bytes) -> None:
        method, target, *_ = (*head.split(b"\r\n", 1)[0].decode("latin-1").split(" "), "", "")
        tunnel = method == "CONNECT"
        if not tunnel and not target.startswith("http://"):
            client.refuse(f"the proxy of the local Azure knows CONNECT and http addresses only, not {method} {target}")
            return
        host = target.rpartition(":")[0].strip("[]").lower() if tunnel else (urlsplit(target).hostname or "")
        found = self._resolve(host, tunnel)
        if isinstance(found, str):
            _log.warning("refused %s: %s", target, found)
            client.refuse(found)
            return
        loop = asyncio.get_running_loop()
        try:
            await loop.create_connection(lambda: _Service(self, client, tunnel=tunnel), "127.0.0.1", found)
        except OSError as error:
            client.refuse(f"{host} does not listen at the moment: {error}")


class _End(asyncio.Protocol):
    """One end of a tunnel: what it reads, the other end writes."""

    def __init__(self, proxy: Proxy) -> None:
        self.proxy = proxy
        self.transport: asyncio.Transport | None = None
        self.other: _End | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.set_write_buffer_limits(high=_HIGH_WATER)
        self.proxy.opened(transport)

    def data_received(self, data: bytes) -> None:
        if self.other is not None and self.other.transport is not None:
            self.other.transport.write(data)

    def eof_received(self) -> bool:
        if self.other is not None and self.other.transport is not None and self.other.transport.can_write_eof():
            self.other.transport.write_eof()
            return True
        return False

    def connection_lost(self, error: Exception | None) -> None:
        del error
        if self.transport is not None:
            self.proxy.closed(self.transport)
        if self.other is not None and self.other.transport is not None:
            self.other.transport.close()

    def pause_writing(self) -> None:
        if self.other is not None and self.other.transport is not None:
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.other is not None and self.other.transport is not None:
            self.other.transport.resume_reading()


class _Client(_End):
    """The end that asked."""

    def __init__(self, proxy: Proxy) -> None:
        super().__init__(proxy)
        self._head = b""
        self._asked = False

    def data_received(self, data: bytes) -> None:
        if self.other is not None:
            super().data_received(data)
            return
        self._head += data
        if not self._asked and b"\r\n\r\n" in self._head:
            self._asked = True
            self.proxy.connect(self, self._head)
        elif len(self._head) > _LARGEST_HEAD:
            self.refuse("the head of the request is too long")

    def established(self, service: _Service, *, tunnel: bool) -> None:
        """Become a tunnel, or pass the request on as it is: our own listeners understand whole addresses."""
        assert self.transport is not None
        self.other = service
        early = self._head
        if tunnel:
            self.transport.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            early = self._head.partition(b"\r\n\r\n")[2]
        if early:
            super().data_received(early)

    def refuse(self, sentence: str) -> None:
        """Answer 502; the sentence stands in the reason as well, where most clients show it."""
        if self.transport is None or self.transport.is_closing():
            return
        body = f"{sentence}\n".encode()
        reason = sentence.encode("latin-1", "replace").decode("latin-1").replace("\r", " ").replace("\n", " ")
        self.transport.write(
            f"HTTP/1.1 502 {reason}\r\nContent-Type: text/plain; charset=utf-8\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode("latin-1")
            + body
        )
        self.transport.close()


class _Service(_End):
    """The end that a listener of the local Azure holds."""

    def __init__(self, proxy: Proxy, client: _Client, *, tunnel: bool) -> None:
        super().__init__(proxy)
        self.other = client
        self._tunnel = tunnel

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        client = self.other
        assert isinstance(client, _Client)
        if client.transport is None or client.transport.is_closing():
            transport.close()
            return
        with contextlib.suppress(OSError):
            client.established(self, tunnel=self._tunnel)
