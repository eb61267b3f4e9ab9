"""Listening sockets and the HTTP server on them."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Mapping
from functools import partial
from typing import Any, cast

import uvicorn
from uvicorn.server import ServerState

from windlass_emulator.folder import DataFolder, read_json, write_json

_log = logging.getLogger(__name__)

HOST = "127.0.0.1"
_BACKLOG = 1024
_KEEP_ALIVE_SECONDS = 120
_LAST_ANSWERS_SECONDS = 0.5


def bind(folder: DataFolder, names: tuple[str, ...]) -> dict[str, socket.socket]:
    """Bind one socket per name, at the port of the last run where it is free, so that azure.env stays valid."""
    wanted = read_json(folder.ports)
    sockets = {name: _bound(int(wanted.get(name, 0))) for name in names}
    write_json(folder.ports, {name: port_of(bound) for name, bound in sockets.items()})
    return sockets


def port_of(bound: socket.socket) -> int:
    """Return the port of a bound socket."""
    return int(bound.getsockname()[1])


def _bound(port: int) -> socket.socket:
    # The protocol must be spelled out: asyncio sets TCP_NODELAY only where it is, and without that each small answer
    # waits 40 ms for a delayed acknowledgement.
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((HOST, port))
        bound.listen(_BACKLOG)
    except OSError:
        bound.close()
        if port == 0:
            raise
        _log.warning("port %s of the last run is taken; using another", port)
        return _bound(0)
    bound.setblocking(False)
    return bound


class HttpServer:
    """uvicorn's HTTP protocol on sockets of our own: the supervisor decides on signals, start and end."""

    def __init__(self, app: Any) -> None:
        self._config = uvicorn.Config(
            app,
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        )
        self._config.load()
        self._state = ServerState()
        self._servers: list[asyncio.Server] = []

    async def start(self, listening: socket.socket, context: ssl.SSLContext | None = None) -> None:
        """Begin to answer on a socket, over TLS when a context is given."""
        loop = asyncio.get_running_loop()
        options: Mapping[str, Any] = {"ssl": context} if context is not None else {}
        self._servers.append(await loop.create_server(self._protocol(loop), sock=listening, **options))

    def _protocol(self, loop: asyncio.AbstractEventLoop) -> Any:
        return partial(
            cast("Any", self._config.http_protocol_class),
            config=self._config,
            server_state=self._state,
            app_state={},
            _loop=loop,
        )

    async def close(self) -> None:
        """Stop listening, let answers under way go out for a moment, and close all connections."""
        for server in self._servers:
            server.close()
        for connection in list(self._state.connections):
            connection.shutdown()
        if self._state.tasks:
            await asyncio.wait(self._state.tasks, timeout=_LAST_ANSWERS_SECONDS)
        for connection in list(self._state.connections):
            if connection.transport is not None:
                connection.transport.abort()
