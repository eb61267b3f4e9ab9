"""What callers of a container meet."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from windlass_runtime.wire import Answer

Start = Callable[..., Awaitable[Any]]


async def until(reached: Callable[[], Any]) -> None:
    """Wait until something holds."""
    while not reached():  # noqa: ASYNC110 - a test looks from outside
        await asyncio.sleep(0.01)


async def test_a_request_with_the_key_reaches_the_script_without_it(serve: Start) -> None:
    served = await serve()

    async with served.client() as client:
        answer = await client.post("/score?verbose=1", content=b'{"a": 1}', headers={"x-own": "yes"})

    (call,) = served.scorer.calls
    assert (answer.status_code, answer.content) == (200, b'{"a": 1}')
    assert answer.headers["azureml-model-deployment"] == "churn-2"
    assert "server" not in answer.headers
    assert (call.method, call.target, call.body) == ("POST", "/score?verbose=1", b'{"a": 1}')
    assert call.headers["x-own"] == "yes"
    assert "authorization" not in call.headers


@pytest.mark.parametrize("offered", ["", "Bearer", "Bearer wrong", "Basic the-first-key-of-the-test", "Bearer \xe9"])
async def test_a_request_without_a_key_is_refused(serve: Start, offered: str) -> None:
    served = await serve()

    async with served.client() as client:
        answer = await client.post("/score", headers={"Authorization": offered.encode("latin-1")})

    assert answer.status_code == 401
    assert served.scorer.calls == []


async def test_the_second_key_opens_too(serve: Start) -> None:
    served = await serve()

    async with served.client() as client:
        answer = await client.post("/score", headers={"Authorization": "Bearer the-second-key"})

    assert answer.status_code == 200


async def test_the_log_has_a_line_for_a_request_and_no_secret(serve: Start) -> None:
    served = await serve()

    async with served.client() as client:
        answer = await client.post("/score?code=secret-of-the-query", content=b"secret of the body")
        await client.get("/ready")

    (line,) = served.lines
    assert line.startswith("POST /score 200 ")
    assert line.endswith(answer.headers["x-ms-request-id"])
    assert "secret" not in line


async def test_the_model_s_own_failure_is_told_as_azure_ml_tells_it(serve: Start) -> None:
    served = await serve()
    served.scorer.answer = Answer(400, b"bad input")

    async with served.client() as client:
        answer = await client.post("/score")

    assert answer.status_code == 424
    assert answer.headers["ms-azureml-model-error-statuscode"] == "400"
    assert answer.content == b"bad input"


async def test_probes_need_no_key_and_tell_the_phase(serve: Start) -> None:
    served = await serve()
    trust = served.certificate.trust()

    async with httpx.AsyncClient(base_url=f"https://localhost:{served.port}", verify=trust, trust_env=False) as probe:
        ready = await probe.get("/ready")
        served.front.phase = "starting"
        starting, live = await probe.get("/ready"), await probe.get("/live")

    assert [ready.status_code, starting.status_code, live.status_code] == [200, 503, 200]


async def test_nothing_is_scored_before_the_model_is_loaded(serve: Start) -> None:
    served = await serve()
    served.front.phase = "starting"

    async with served.client() as client:
        answer = await client.post("/score")

    assert answer.status_code == 503
    assert served.scorer.calls == []


async def test_other_paths_are_not_there(serve: Start) -> None:
    served = await serve()

    async with served.client() as client:
        answer = await client.get("/metrics")

    assert answer.status_code == 404


async def test_a_body_above_the_limit_is_refused(serve: Start) -> None:
    served = await serve(largest_body=100)

    async with served.client() as client:
        answer = await client.post("/score", content=b"x" * 101)

    assert answer.status_code == 413
    assert served.scorer.calls == []


async def test_a_chunked_body_arrives_whole_and_is_limited_too(serve: Start) -> None:
    served = await serve(largest_body=10)

    async def parts(count: int) -> Any:
        for _ in range(count):
            yield b"12345"

    async with served.client() as client:
        fits = await client.post("/score", content=parts(2))
        large = await client.post("/score", content=parts(3))

    assert (fits.status_code, fits.content) == (200, b"1234512345")
    assert large.status_code == 413


async def test_a_request_that_takes_too_long_is_answered_408(serve: Start) -> None:
    served = await serve(timeout=0.1)
    served.scorer.release = asyncio.Event()

    async with served.client() as client:
        answer = await client.post("/score")

    assert answer.status_code == 408


async def test_as_many_again_wait_and_more_are_turned_away(serve: Start) -> None:
    served = await serve(concurrency=1)
    served.scorer.release = asyncio.Event()

    async with served.client() as client:
        waiting = [asyncio.create_task(client.post("/score")) for _ in range(2)]
        await until(lambda: served.front._queue.pending == 2)
        third = await client.post("/score")
        served.scorer.release.set()
        answers = await asyncio.gather(*waiting)

    assert third.status_code == 429
    assert [answer.status_code for answer in answers] == [200, 200]


async def test_a_request_that_waits_too_long_for_its_turn_is_turned_away(serve: Start) -> None:
    served = await serve(concurrency=1, queue=0.05)
    served.scorer.release = asyncio.Event()

    async with served.client() as client:
        working = asyncio.create_task(client.post("/score"))
        await until(lambda: served.scorer.calls)
        waiting = await client.post("/score")
        served.scorer.release.set()
        answer = await working

    assert waiting.status_code == 429
    assert answer.status_code == 200


async def test_a_stop_finishes_what_is_under_way_and_takes_nothing_new(serve: Start) -> None:
    served = await serve()
    served.scorer.release = asyncio.Event()

    async with served.client() as client:
        under_way = asyncio.create_task(client.post("/score"))
        await until(lambda: served.scorer.calls)
        stopping = asyncio.create_task(served.front.stop(5))
        await asyncio.sleep(0.05)
        with pytest.raises(httpx.ConnectError):
            await client.post("/score")
        served.scorer.release.set()
        answer = await under_way
    await stopping

    assert answer.status_code == 200
    assert answer.headers["connection"] == "close"


async def test_a_stop_does_not_wait_for_connections_that_are_kept_for_later(serve: Start) -> None:
    served = await serve()

    async with served.client() as client:
        await client.post("/score")
        began = asyncio.get_running_loop().time()
        await served.front.stop(10)

    assert asyncio.get_running_loop().time() - began < 3


async def test_a_stop_gives_up_after_its_grace(serve: Start) -> None:
    served = await serve()
    served.scorer.release = asyncio.Event()

    async with served.client() as client:
        under_way = asyncio.create_task(client.post("/score"))
        await until(lambda: served.scorer.calls)
        await asyncio.wait_for(served.front.stop(0.1), 2)

        with pytest.raises(httpx.RemoteProtocolError):
            await under_way


async def test_tls_older_than_1_2_is_refused(serve: Start) -> None:
    served = await serve()
    trust = served.certificate.trust()
    trust.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        trust.maximum_version = ssl.TLSVersion.TLSv1_1

    with pytest.raises((ssl.SSLError, OSError)):
        await asyncio.open_connection("127.0.0.1", served.port, ssl=trust, server_hostname="localhost")


HEAD = "POST /score HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer the-first-key-of-the-test\r\n"
CHUNKED = "transfer-encoding: chunked\r\n"


@pytest.mark.parametrize(
    "sent",
    [
        "nonsense\r\n\r\n",
        "POST http://elsewhere/score HTTP/1.1\r\n\r\n",
        f"{HEAD}content-length: 1\r\n{CHUNKED}\r\n0\r\n\r\n",
        f"{HEAD}content-length: 1\r\ncontent-length: 2\r\n\r\nab",
        f"{HEAD}content-length: +1\r\n\r\na",
        f"{HEAD}transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        f"{HEAD}{CHUNKED}\r\nxyz\r\n",
        f"{HEAD}{CHUNKED}\r\n1\r\nab\r\n0\r\n\r\n",
        f"{HEAD}folded: one\r\n two\r\n\r\n",
        f"{HEAD}name : value\r\n\r\n",
        f"{HEAD}bare: a\rb\r\n\r\n",
    ],
)
async def test_what_can_be_read_in_two_ways_is_refused(serve: Start, sent: str) -> None:
    served = await serve()

    answered = await served.raw(sent.encode())

    assert answered.startswith(b"HTTP/1.1 400 ")
    assert b"connection: close" in answered
    assert served.scorer.calls == []


async def test_a_head_without_end_is_refused(serve: Start) -> None:
    served = await serve()

    answered = await served.raw(HEAD.encode() + b"x: " + b"y" * 40000)

    assert answered.startswith(b"HTTP/1.1 431 ")


async def test_a_connection_that_has_had_its_time_ends_with_an_answer(serve: Start) -> None:
    served = await serve(connection=0.05)
    served.scorer.release = asyncio.Event()
    asyncio.get_running_loop().call_later(0.2, served.scorer.release.set)
    once = f"{HEAD}content-length: 3\r\n\r\nabc"

    answered = await served.raw((once + once).encode())

    assert answered.count(b"HTTP/1.1 200 OK") == 1
    assert b"connection: close" in answered


async def test_one_connection_carries_one_request_after_the_other(serve: Start) -> None:
    served = await serve()
    once = f"{HEAD}content-length: 3\r\n\r\nabc"

    answered = await served.raw((once + once + f"{HEAD}connection: close\r\n\r\n").encode())

    assert answered.count(b"HTTP/1.1 200 OK") == 3
    assert [call.body for call in served.scorer.calls] == [b"abc", b"abc", b""]
