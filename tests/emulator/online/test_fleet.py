"""Who of a deployment's instances answers, who waits, who is turned away."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

import pytest
from support.tiny_server import TinyServer, tiny_server
from windlass_emulator.online.client import BrokenError, Call, UnreachableError, UnsendableError, ask
from windlass_emulator.online.fleet import ClosedError, Fleet, TooManyRequestsError

CALL = Call("POST", "/score", {"content-type": "application/json"}, b"{}")
pytestmark = pytest.mark.specified


def fleet_of(*servers: TinyServer, timeout: float = 5.0, concurrency: int = 1) -> Fleet:
    return Fleet("churn", "v1", timeout, concurrency, instances=list(servers))


async def until(reached: Callable[[], bool]) -> None:
    while not reached():  # noqa: ASYNC110 - lets the other tasks of this loop go on, and no time pass
        await asyncio.sleep(0)


async def until_busy(fleet: Fleet, pending: int) -> None:
    await until(lambda: fleet.pending >= pending)


async def test_an_answer_comes_back_whole() -> None:
    async with tiny_server(body=b'{"v": 1}') as server:
        reply = await fleet_of(server).call(CALL)

    assert (reply.status, reply.body) == (200, b'{"v": 1}')
    assert reply.headers["x-ms-run-function-failed"] == "False"


async def test_an_instance_gets_no_more_than_its_concurrency_and_the_rest_waits() -> None:
    async with tiny_server(manner="wait") as server:
        fleet = fleet_of(server)
        calls = [asyncio.create_task(fleet.call(CALL)) for _ in range(2)]
        await until_busy(fleet, 2)
        busy = server.busy
        server.go_on.set()
        replies = await asyncio.gather(*calls)

    assert busy == 1
    assert [reply.status for reply in replies] == [200, 200]


async def test_more_than_twice_the_concurrency_is_turned_away() -> None:
    async with tiny_server(manner="wait") as server:
        fleet = fleet_of(server, concurrency=2)
        calls = [asyncio.create_task(fleet.call(CALL)) for _ in range(4)]
        await until_busy(fleet, 4)

        with pytest.raises(TooManyRequestsError):
            await fleet.call(CALL)

        server.go_on.set()
        await asyncio.gather(*calls)


async def test_a_request_goes_to_the_instance_with_the_least_work() -> None:
    async with tiny_server(manner="wait") as one, tiny_server() as two:
        fleet = fleet_of(one, two, concurrency=4)
        waiting = asyncio.create_task(fleet.call(CALL))
        await until_busy(fleet, 1)
        await until(lambda: bool(one.busy))
        await fleet.call(CALL)
        one.go_on.set()
        await waiting

    assert (len(one.seen), len(two.seen)) == (1, 1)


async def test_what_was_not_sent_is_sent_to_another_instance() -> None:
    gone = TinyServer(port=1)
    async with tiny_server() as there:
        reply = await fleet_of(gone, there).call(CALL)

    assert reply.status == 200
    assert gone.doubts == 1


async def test_a_request_waits_for_an_instance_that_comes_back() -> None:
    async with tiny_server(state="restarting") as server:
        fleet = fleet_of(server)
        call = asyncio.create_task(fleet.call(CALL))
        await until_busy(fleet, 1)
        server.state = "running"
        fleet.wake_all()
        reply = await call

    assert reply.status == 200


@pytest.mark.parametrize("manner", ["break off", "half"])
async def test_what_was_sent_is_not_sent_again(manner: str) -> None:
    async with tiny_server(manner=manner) as server:
        with pytest.raises(BrokenError):
            await fleet_of(server).call(CALL)

    assert (len(server.seen), server.doubts) == (1, 1)


async def test_a_request_may_take_its_time_and_no_more() -> None:
    async with tiny_server(manner="wait") as server:
        fleet = fleet_of(server, timeout=0.05)

        with pytest.raises(TimeoutError):
            await fleet.call(CALL)

    assert (fleet.pending, server.busy) == (0, 0)


async def test_a_replaced_instance_finishes_its_requests_before_it_ends() -> None:
    async with tiny_server(manner="wait") as old, tiny_server() as new:
        fleet = fleet_of(old)
        under_way = asyncio.create_task(fleet.call(CALL))
        await until_busy(fleet, 1)
        await until(lambda: bool(old.seen))
        replacing = asyncio.create_task(fleet.replace([new]))
        await fleet.call(CALL)
        stopped_early = old.stopped
        old.go_on.set()
        reply = await under_way
        await replacing

    assert stopped_early == 0
    assert (reply.status, old.stopped, new.stopped) == (200, 1, 0)
    assert (len(old.seen), len(new.seen)) == (1, 1)


async def test_those_that_wait_are_served_by_the_new_instances() -> None:
    async with tiny_server(state="restarting") as old, tiny_server() as new:
        fleet = fleet_of(old)
        call = asyncio.create_task(fleet.call(CALL))
        await until_busy(fleet, 1)
        await fleet.replace([new])

        assert (await call).status == 200


async def test_a_closed_fleet_finishes_what_it_has_and_takes_nothing_new() -> None:
    async with tiny_server(manner="wait") as server:
        fleet = fleet_of(server)
        calls = [asyncio.create_task(fleet.call(CALL)) for _ in range(2)]
        await until_busy(fleet, 2)
        closing = asyncio.create_task(fleet.close())
        await until(lambda: fleet.closed)
        with pytest.raises(ClosedError):
            await fleet.call(CALL)
        server.go_on.set()
        replies = await asyncio.gather(*calls)
        await closing

    assert [reply.status for reply in replies] == [200, 200]
    assert (server.stopped, fleet.instances, fleet.leaving) == (1, [], [])


async def test_a_caller_who_gives_up_leaves_no_gap() -> None:
    async with tiny_server(manner="wait") as server:
        fleet = fleet_of(server)
        first, second = (asyncio.create_task(fleet.call(CALL)) for _ in range(2))
        await until_busy(fleet, 2)
        second.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await second
        server.go_on.set()
        await first
        reply = await fleet.call(CALL)

    assert (reply.status, fleet.pending, server.busy) == (200, 0, 0)


async def test_nobody_listening_is_told_apart_from_breaking_off() -> None:
    with pytest.raises(UnreachableError):
        await ask(1, CALL)


async def test_a_request_with_a_header_that_none_may_have_is_not_sent() -> None:
    async with tiny_server() as server:
        with pytest.raises(UnsendableError):
            await ask(server.port, Call("POST", "/score", {"x": "a\x00b"}))

    assert server.seen == []


async def test_headers_beyond_ascii_pass() -> None:
    async with tiny_server() as server:
        reply = await ask(server.port, Call("POST", "/score", {"x-customer": "M\u00fcller"}))

    assert reply.status == 200
