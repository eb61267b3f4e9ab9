"""Speaks HTTP to one instance on 127.0.0.1: one connection for each request, because the server closes it anyway.

The two ways to fail are kept apart, because only one of them may be tried again: `UnreachableError` means that
not one byte was sent, `BrokenError` that the instance had the request and did not answer it whole.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass

import h11

_HOST = "127.0.0.1"
_CHUNK = 65536


class UnreachableError(Exception):
    """Nobody listens at the port; nothing was sent."""


class UnsendableError(Exception):
    """The request is no HTTP: a header with characters that none may have."""


class BrokenError(Exception):
    """The connection ended before the answer was complete."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An instance's answer.

    Attributes:
        headers: By lower-case name.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Call:
    """What to ask an instance.

    Attributes:
        target: Path and query.
        headers: Without host, length and connection, which are the client's.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""


async def ask(port: int, call: Call) -> Reply:
    """Send one request and return the whole answer.

    Raises:
        UnsendableError: It cannot be written.
        UnreachableError: Nothing was sent.
        BrokenError: The instance broke off.
    """
    connection = h11.Connection(h11.CLIENT)
    written = _written(connection, call)
    try:
        reader, writer = await asyncio.open_connection(_HOST, port)
    except OSError as error:
        raise UnreachableError(str(error)) from error
    try:
        writer.write(written)
        await writer.drain()
        return await _read(reader, connection)
    except (OSError, h11.RemoteProtocolError) as error:
        raise BrokenError(str(error)) from error
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def _written(connection: h11.Connection, call: Call) -> bytes:
    own = {"host": _HOST, "connection": "close", "content-length": str(len(call.body))}
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in {**call.headers, **own}.items()]
    try:
        request = h11.Request(method=call.method, target=call.target, headers=headers)
        return b"".join(connection.send(event) or b"" for event in (request, h11.Data(call.body), h11.EndOfMessage()))
    except h11.LocalProtocolError as error:
        raise UnsendableError(str(error)) from error


async def _read(reader: asyncio.StreamReader, connection: h11.Connection) -> Reply:
    response: h11.Response | None = None
    body = bytearray()
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(_CHUNK))
        elif isinstance(event, h11.Response):
            response = event
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage) and response is not None:
            headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in response.headers}
            return Reply(response.status_code, headers, bytes(body))
        elif event is h11.PAUSED or isinstance(event, h11.ConnectionClosed):
            raise BrokenError("the connection ended before the answer did")
