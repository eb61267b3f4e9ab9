"""What callers reach: TLS, the key, limits, probes, and a line in the log for every request.

The answers are those of a managed endpoint, so that a caller need not change when a model moves: 401 without the
key, 408 when it takes too long, 413 for too large a body, 429 when too many wait, and 424 with the model's own
status in `ms-azureml-model-error-statuscode` when the model did not answer 200.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from typing import Literal, Protocol

from windlass_runtime.backend import BackendGoneError
from windlass_runtime.gate import FullError, Queue, may_pass
from windlass_runtime.settings import Settings
from windlass_runtime.wire import HEAD_BYTES, Answer, BadRequestError, Call, GoneError, read_body, read_head, written

Phase = Literal["starting", "ready", "stopping"]

LIVE, READY = "/live", "/ready"
_FORWARDED = frozenset({"/score", "/swagger.json"})
_AFTER_THE_END = 5.0
_HEAD_SECONDS = 20.0
_HANDSHAKE_SECONDS = 10.0
_GOODBYE_SECONDS = 0.5
"""A client that keeps a connection for later does not answer the end of TLS; nobody waits for it long."""
_MOST_CONNECTIONS = 1000
_DRAINED_BYTES = 65536
"""As much is read of a request that is refused, so that its sender sees the answer and not a reset."""
_ID = "x-ms-request-id"
_NOT_FORWARDED = frozenset(
    {
        *("authorization", "connection", "content-length", "expect", "host", "keep-alive", "proxy-authorization"),
        *("proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"),
    }
)
_NOT_RETURNED = frozenset({"connection", "content-length", "date", "keep-alive", "server", "transfer-encoding"})

Log = Callable[[str], None]


class Scorer(Protocol):
    """Whoever answers what the front lets through."""

    async def ask(self, call: Call) -> Answer:
        """Answer one request."""
        ...


class Front:
    """Listens on one port.

    Attributes:
        phase: What the readiness probe is told; requests are let through in `ready` alone.
    """

    def __init__(self, settings: Settings, scorer: Scorer, log: Log) -> None:
        self._settings = settings
        self._scorer = scorer
        self._log = log
        self._queue = Queue(settings.concurrency, settings.queue)
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._idle: set[asyncio.StreamWriter] = set()
        self.phase: Phase = "starting"

    async def start(self, context: ssl.SSLContext) -> int:
        """Listen, and return the port."""
        self._server = await asyncio.start_server(
            self._take,
            self._settings.host,
            self._settings.port,
            ssl=context,
            ssl_handshake_timeout=_HANDSHAKE_SECONDS,
            ssl_shutdown_timeout=_GOODBYE_SECONDS,
            limit=HEAD_BYTES,
            backlog=1024,
        )
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def stop(self, grace: float) -> None:
        """Take no new connection, finish what is under way within `grace` seconds, and close the rest."""
        self.phase = "stopping"
        if self._server is not None:
            self._server.close()
        for writer in list(self._idle):
            writer.close()
        if self._connections:
            _, left = await asyncio.wait(self._connections, timeout=grace)
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._connections) >= _MOST_CONNECTIONS:
            writer.close()
            return
        task = asyncio.get_running_loop().create_task(self._converse(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request after the other on a connection."""
        end = time.monotonic() + self._settings.connection
        try:
            while await self._exchange(reader, writer, end):
                pass
        except (OSError, GoneError, TimeoutError):
            pass  # the client is gone, or says nothing more
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, end: float) -> bool:
        """Answer one request; tells whether the connection goes on."""
        try:
            head = await self._next_head(reader, writer, end - time.monotonic())
        except BadRequestError as error:
            await self._send(writer, Answer.said(error.status, str(error)), keep_alive=False)
            return False
        if head is None:
            return False
        began = time.perf_counter()
        answer, whole = await self._answer(reader, writer, head)
        keep_alive = whole and head.keep_alive and self.phase != "stopping" and time.monotonic() < end
        answer = replace(answer, headers={**answer.headers, _ID: str(uuid.uuid4())})
        if head.path not in {LIVE, READY}:
            taken = (time.perf_counter() - began) * 1000
            size = f"{len(answer.body)} B"
            self._log(f"{head.method} {head.path} {answer.status} {taken:.0f} ms {size} {answer.headers[_ID]}")
        await self._send(writer, answer, keep_alive=keep_alive, bodiless=head.method == "HEAD")
        return keep_alive

    async def _next_head(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, patience: float
    ) -> Call | None:
        self._idle.add(writer)
        try:
            # A connection that stays silent is closed a moment after its end, so that no request meets the closing.
            async with asyncio.timeout(patience + _AFTER_THE_END):
                first = await reader.read(1)
        finally:
            self._idle.discard(writer)
        if not first:
            return None
        async with asyncio.timeout(_HEAD_SECONDS):
            return await read_head(reader, first)

    async def _answer(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: Call
    ) -> tuple[Answer, bool]:
        """Return the answer, and whether the request was read whole, so that another may follow."""
        early = self._early(head)
        try:
            async with asyncio.timeout(self._settings.timeout):
                if early is not None:
                    return early, await _drained(reader, head)
                if head.headers.get("expect", "").lower() == "100-continue":
                    writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                body = await read_body(reader, head, most=self._settings.largest_body)
                async with self._queue.place():
                    return await self._score(replace(head, body=body)), True
        except BadRequestError as error:
            return Answer.said(error.status, str(error)), False
        except FullError:
            return Answer.said(HTTPStatus.TOO_MANY_REQUESTS, "Too many requests wait; send it again later."), True
        except TimeoutError:
            sentence = f"The request was not answered within {self._settings.timeout:g} s."
            return early or Answer.said(HTTPStatus.REQUEST_TIMEOUT, sentence), False

    def _early(self, head: Call) -> Answer | None:
        """Return the answer that does not need the scoring script."""
        if head.path == LIVE:
            return Answer.said(HTTPStatus.OK, "Alive.")
        if head.path == READY:
            ready = self.phase == "ready"
            return Answer.said(HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE, f"It is {self.phase}.")
        if not may_pass(head.headers.get("authorization", ""), self._settings.keys):
            sentence = "Send the key: Authorization: Bearer <key>."
            return Answer.said(HTTPStatus.UNAUTHORIZED, sentence, www_authenticate="Bearer")
        if head.path not in _FORWARDED:
            return Answer.said(HTTPStatus.NOT_FOUND, "There is /score, and /swagger.json.")
        if self.phase == "starting":
            return Answer.said(HTTPStatus.SERVICE_UNAVAILABLE, "The model is not loaded yet.")
        return None

    async def _score(self, call: Call) -> Answer:
        passed = {name: value for name, value in call.headers.items() if name not in _NOT_FORWARDED}
        marked = {"azureml-model-deployment": self._settings.deployment} if self._settings.deployment else {}
        try:
            answer = await self._scorer.ask(replace(call, headers=passed))
        except BackendGoneError:
            return Answer.said(HTTPStatus.BAD_GATEWAY, "The model did not answer.")
        headers = {name: value for name, value in answer.headers.items() if name not in _NOT_RETURNED} | marked
        if answer.status == HTTPStatus.OK:
            return replace(answer, headers=headers)
        headers["ms-azureml-model-error-statuscode"] = str(answer.status)
        return replace(answer, status=HTTPStatus.FAILED_DEPENDENCY, headers=headers)

    @staticmethod
    async def _send(writer: asyncio.StreamWriter, answer: Answer, *, keep_alive: bool, bodiless: bool = False) -> None:
        writer.write(written(answer, keep_alive=keep_alive, bodiless=bodiless))
        await writer.drain()


async def _drained(reader: asyncio.StreamReader, head: Call) -> bool:
    """Read what a refused request still sends; tells whether another may follow on the connection."""
    if "expect" in head.headers:
        return False
    try:
        await read_body(reader, head, most=_DRAINED_BYTES)
    except BadRequestError:
        return False
    return True
