"""HTTP/1.1 as a server speaks it, strictly: what is not exactly right is refused, never guessed at.

A request is read whole before anything is done with it, and what goes on to the scoring script is written anew. So
two readings of one request (the root of request smuggling) cannot happen.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

_LINE = re.compile(rb"([A-Z]{3,10}) (/[\x21-\x7e]*) HTTP/1\.([01])")
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*?)[ \t]*")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?")
_NUMBER = re.compile(r"[0-9]{1,15}")
_MOST_HEADERS = 64
HEAD_BYTES = 32768
"""The most that a request line and its headers may have; the stream's limit is set to it."""


class BadRequestError(Exception):
    """A request that is answered at once, after which the connection is closed."""

    def __init__(self, status: HTTPStatus, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class GoneError(Exception):
    """The peer closed the connection in the middle."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request.

    Attributes:
        target: Path and query.
        headers: By lower-case name.
        keep_alive: Whether the client wants to send another one on this connection.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""
    keep_alive: bool = True

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def said(cls, status: HTTPStatus, sentence: str, **headers: str) -> Answer:
        """Return an answer of one plain sentence."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return cls(status, f"{sentence}\n".encode(), {"content-type": "text/plain; charset=utf-8", **named})


async def read_head(reader: asyncio.StreamReader, first: bytes) -> Call:
    """Read a request line and headers.

    Args:
        reader: The connection.
        first: What was read of it already, to learn that a request begins.

    Raises:
        BadRequestError: It is not HTTP/1.1 as we take it.
        GoneError: It ended in the middle.
    """
    try:
        head = first + await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as ended:
        raise GoneError from ended
    except asyncio.LimitOverrunError as large:
        raise BadRequestError(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "The head is too large.") from large
    line, *lines = head[:-4].split(b"\r\n")
    match = _LINE.fullmatch(line)
    if match is None:
        raise BadRequestError(HTTPStatus.BAD_REQUEST, "The request line is not HTTP/1.1.")
    headers = _headers(lines)
    old = match[3] == b"0"
    connection = headers.get("connection", "").lower()
    keep_alive = "keep-alive" in connection if old else "close" not in connection
    return Call(match[1].decode(), match[2].decode(), headers, keep_alive=keep_alive)


def _headers(lines: list[bytes]) -> dict[str, str]:
    if len(lines) > _MOST_HEADERS:
        raise BadRequestError(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "There are too many headers.")
    headers: dict[str, str] = {}
    for line in lines:
        match = _HEADER.fullmatch(line)
        if match is None:
            raise BadRequestError(HTTPStatus.BAD_REQUEST, "A header is malformed.")
        name, value = match[1].decode().lower(), match[2].decode("latin-1")
        if name in headers and name in {"content-length", "transfer-encoding", "host", "authorization"}:
            raise BadRequestError(HTTPStatus.BAD_REQUEST, f"The header {name} is there twice.")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


async def read_body(reader: asyncio.StreamReader, head: Call, *, most: int) -> bytes:
    """Read the body of a request.

    Raises:
        BadRequestError: Its length is unclear, or it has more bytes than it may.
        GoneError: It ended in the middle.
    """
    encoding, length = head.headers.get("transfer-encoding"), head.headers.get("content-length")
    try:
        if encoding is not None:
            if encoding.lower() != "chunked" or length is not None:
                raise BadRequestError(HTTPStatus.BAD_REQUEST, "The length of the body is unclear.")
            return await _read_chunks(reader, most)
        if length is None:
            return b""
        if not _NUMBER.fullmatch(length):
            raise BadRequestError(HTTPStatus.BAD_REQUEST, "The length of the body is unclear.")
        if int(length) > most:
            raise _too_large(most)
        return await reader.readexactly(int(length))
    except asyncio.IncompleteReadError as ended:
        raise GoneError from ended
    except asyncio.LimitOverrunError as large:
        raise BadRequestError(HTTPStatus.BAD_REQUEST, "A chunk is malformed.") from large


async def _read_chunks(reader: asyncio.StreamReader, most: int) -> bytes:
    parts, total = [], 0
    while True:
        match = _CHUNK.fullmatch((await reader.readuntil(b"\r\n"))[:-2])
        if match is None:
            raise BadRequestError(HTTPStatus.BAD_REQUEST, "A chunk is malformed.")
        size = int(match[1], 16)
        total += size
        if total > most:
            raise _too_large(most)
        if size == 0:
            break
        parts.append(await reader.readexactly(size))
        if await reader.readexactly(2) != b"\r\n":
            raise BadRequestError(HTTPStatus.BAD_REQUEST, "A chunk is malformed.")
    while await reader.readuntil(b"\r\n") != b"\r\n":
        pass  # trailers say nothing here
    return b"".join(parts)


def _too_large(most: int) -> BadRequestError:
    return BadRequestError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The body may have {most} bytes.")


def written(answer: Answer, *, keep_alive: bool, bodiless: bool = False) -> bytes:
    """Return an answer as it goes over the wire."""
    try:
        reason = HTTPStatus(answer.status).phrase
    except ValueError:
        reason = "Unknown"
    lines = [f"HTTP/1.1 {answer.status} {reason}"]
    lines += [f"{name}: {value}" for name, value in answer.headers.items()]
    lines += [f"content-length: {len(answer.body)}", f"connection: {'keep-alive' if keep_alive else 'close'}"]
    head = "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")
    return head if bodiless else head + answer.body
