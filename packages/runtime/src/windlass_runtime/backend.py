"""The inference server on a loopback port: started as a child, asked until it is ready, asked for every request."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path

from windlass_runtime import scoring_server
from windlass_runtime.errors import ScoringServerError
from windlass_runtime.wire import Answer, Call

_HOST = "127.0.0.1"
_LOOK = 0.05
_LARGEST_HEAD = 65536
_GRACE = 5.0


class BackendGoneError(Exception):
    """The inference server did not answer a request whole."""


class Backend:
    """One inference server."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._process: asyncio.subprocess.Process | None = None
        self._port = 0

    async def start(self) -> None:
        """Start it and return when the script's `init` has ended.

        Raises:
            ScoringServerError: It ended first.
        """
        with tempfile.TemporaryDirectory(prefix="windlass-") as folder:
            port_file = Path(folder) / "port"
            # In a session of its own, so that a signal for the front does not end what it is still working on; and
            # with a pipe that tells it when the front is gone, however that came about.
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                scoring_server.__file__,
                str(port_file),
                env=dict(self._environ),
                stdin=asyncio.subprocess.PIPE,
                start_new_session=True,
            )
            while not port_file.exists():
                await self._pause()
            self._port = int(port_file.read_text(encoding="ascii"))
        while not await self._answers():
            await self._pause()

    async def ended(self) -> int:
        """Wait until it has ended and return its exit code."""
        assert self._process is not None
        return await self._process.wait()

    async def stop(self) -> None:
        """End it: SIGTERM, and SIGKILL when that is not heeded."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), _GRACE)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()

    async def ask(self, call: Call) -> Answer:
        """Have it answer one request, on a connection of its own.

        Raises:
            BackendGoneError: It did not answer whole.
        """
        try:
            reader, writer = await asyncio.open_connection(_HOST, self._port, limit=_LARGEST_HEAD)
        except OSError as error:
            raise BackendGoneError from error
        try:
            writer.write(_request(call))
            await writer.drain()
            return await _read(reader)
        except (OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            raise BackendGoneError from error
        finally:
            writer.close()

    async def _answers(self) -> bool:
        """Look whether it is ready; it takes a connection at once and answers when the script's `init` has ended."""
        assert self._process is not None
        looking = asyncio.create_task(self.ask(Call("GET", "/", {})))
        ending = asyncio.create_task(self._process.wait())
        try:
            done, _ = await asyncio.wait({looking, ending}, return_when=asyncio.FIRST_COMPLETED)
            return looking in done and looking.exception() is None and looking.result().status == HTTPStatus.OK
        finally:
            looking.cancel()
            ending.cancel()

    async def _pause(self) -> None:
        assert self._process is not None
        try:
            code = await asyncio.wait_for(asyncio.shield(self._process.wait()), _LOOK)
        except TimeoutError:
            return
        raise ScoringServerError(
            f"The inference server ended with {code} before it was ready. The lines above say why: the scoring "
            "script's init raised, or a package is missing in the environment."
        )


def _request(call: Call) -> bytes:
    lines = [f"{call.method} {call.target} HTTP/1.1", f"host: {_HOST}", "connection: close"]
    lines += [f"{name}: {value}" for name, value in call.headers.items()]
    lines.append(f"content-length: {len(call.body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + call.body


async def _read(reader: asyncio.StreamReader) -> Answer:
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head[:-4].decode("latin-1").split("\r\n")
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    if headers.get("transfer-encoding", "").lower() == "chunked":
        body = await _read_chunks(reader)
    elif "content-length" in headers:
        body = await reader.readexactly(int(headers["content-length"]))
    else:
        body = await reader.read()
    return Answer(int(first.split(" ")[1]), body, headers)


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    parts = []
    while size := int((await reader.readuntil(b"\r\n")).partition(b";")[0], 16):
        parts.append((await reader.readexactly(size + 2))[:-2])
    return b"".join(parts)
