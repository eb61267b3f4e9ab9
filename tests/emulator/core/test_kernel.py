"""What all parts stand on: store, routes, shapes, operations."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from pathlib import Path
from typing import Any, cast

import pytest
from windlass_emulator import lro
from windlass_emulator.azure import LocalAzure
from windlass_emulator.clock import SystemClock
from windlass_emulator.errors import AzureError, OperationFailedError
from windlass_emulator.feature import Feature
from windlass_emulator.http import Answer, Request, Route, Router
from windlass_emulator.operations import FAILED, RUNNING, SUCCEEDED, Operation
from windlass_emulator.processes import Processes
from windlass_emulator.settings import Settings
from windlass_emulator.shapes import ANY, Items, Shape, Union, Values, check
from windlass_emulator.store import StateFormatError, Store

# The store


def _store(path: Path | str = ":memory:") -> Store:
    return Store(path)


@pytest.mark.inferred
def test_ids_are_found_in_any_case_and_keep_their_first() -> None:
    store = _store()
    store.put("/A/B", "T", {"n": 1}, parent="/A", now=1.0)

    store.put("/a/b", "t", {"n": 2}, parent="/a", now=2.0)

    found = store.get("/A/b")
    assert found is not None
    assert (found.id, found.body, found.created, found.modified) == ("/A/B", {"n": 2}, 1.0, 2.0)
    assert [child.id for child in store.children("/a", "T")] == ["/A/B"]


@pytest.mark.inferred
def test_state_of_another_version_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    _store(path).close()
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("pragma user_version = 99")

    for _ in range(2):
        with pytest.raises(StateFormatError, match=r"format 99.*local\.py reset"):
            _store(path)


@pytest.mark.inferred
def test_state_of_this_version_is_taken_up_again(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    first = _store(path)
    first.set_fact("a", "key", 1)
    first.close()

    assert _store(path).fact("a", "key") == 1


@pytest.mark.inferred
def test_a_delete_takes_what_is_below_and_its_facts() -> None:
    store = _store()
    for name in ("/a", "/a/b", "/ab"):
        store.put(name, "t", {}, parent="", now=1.0)
        store.set_fact(name, "key", name)

    store.delete("/A")

    assert [resource.id for resource in store.of_type("t")] == ["/ab"]
    assert (store.fact("/a/b", "key"), store.fact("/ab", "key")) == (None, "/ab")


@pytest.mark.inferred
def test_a_failed_transaction_changes_nothing() -> None:
    store = _store()

    def change() -> None:
        with store.transaction():
            store.set_fact("x", "n", 1)
            store.set_fact("x", "n", object())  # not JSON

    with pytest.raises(TypeError):
        change()

    assert store.fact("x", "n") is None


@pytest.mark.inferred
def test_what_is_written_is_there_for_the_next_process(tmp_path: Path) -> None:
    first = _store(tmp_path / "state.db")
    first.put("/a", "t", {"n": 1}, parent="", now=1.0)
    # Not closed: that is what a kill leaves behind.

    second = _store(tmp_path / "state.db")

    assert second.get("/a") is not None
    first.close()
    second.close()


# Routes


async def _nothing(request: Request) -> Answer:
    del request
    return Answer()


@pytest.mark.inferred
def test_a_template_takes_names_in_their_own_case() -> None:
    router = Router([Route("GET", "/Things/{name}", _nothing)])

    found = router.find("management", "GET", "/THINGS/MyName/")

    assert found is not None
    assert found[1] == {"name": "MyName"}


@pytest.mark.inferred
def test_a_starred_place_takes_slashes() -> None:
    router = Router([Route("GET", "/{scope*}/locks/{name}", _nothing)])

    found = router.find("management", "GET", "/a/b/c/locks/d")

    assert found is not None
    assert found[1] == {"scope": "a/b/c", "name": "d"}


@pytest.mark.inferred
def test_a_route_belongs_to_its_site() -> None:
    router = Router([Route("GET", "/score", _nothing, site="inference")])

    assert router.find("management", "GET", "/score") is None


@pytest.mark.inferred
def test_a_known_path_with_another_method_is_told_apart_from_an_unknown_one() -> None:
    router = Router([Route("GET", "/a", _nothing), Route("PUT", "/a", _nothing)])

    with pytest.raises(AzureError, match="GET, PUT") as refused:
        router.find("management", "POST", "/a")

    assert refused.value.status == 405
    assert router.find("management", "GET", "/b") is None


# Shapes

SHAPE: Shape = {
    "tags": Values(ANY),
    "rules": Items({"name": ANY}),
    "trigger": Union("kind", {"cron": {"kind": ANY, "at": ANY}, "never": {"kind": ANY}}),
}


@pytest.mark.inferred
def test_a_body_of_the_shape_passes() -> None:
    check({"tags": {"x": 1}, "rules": [{"name": "a"}], "trigger": {"kind": "Cron", "at": 1}}, SHAPE)
    check({"tags": None}, SHAPE)


@pytest.mark.inferred
@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"colour": 1}, "'colour'"),
        ({"rules": [{"name": "a"}, {"nmae": "b"}]}, r"'rules\[1\]\.nmae'"),
        ({"rules": {}}, "'rules' must be a list"),
        ({"tags": []}, "'tags' must be an object"),
        ({"trigger": {"kind": "Never", "at": 1}}, r"'trigger\.at'"),
        ({"trigger": {"kind": "Often"}}, "cron, never"),
    ],
)
def test_what_a_shape_does_not_know_is_refused_with_its_path(body: dict[str, Any], says: str) -> None:
    with pytest.raises(AzureError, match=says) as refused:
        check(body, SHAPE)

    assert (refused.value.status, refused.value.code) == (400, "InvalidRequestContent")


# Operations


async def _succeeds(azure: LocalAzure, operation: Operation) -> None:
    azure.store.set_fact(operation.resource, "done", dict(operation.arguments))


async def _fails(azure: LocalAzure, operation: Operation) -> None:
    del azure, operation
    raise OperationFailedError("OutOfLuck", "as asked")


async def _breaks(azure: LocalAzure, operation: Operation) -> None:
    del azure, operation
    raise KeyError("a bug")


async def _waits(azure: LocalAzure, operation: Operation) -> None:
    del azure, operation
    await asyncio.Event().wait()


def _azure(store: Store, **more: Any) -> LocalAzure:
    actions = {"succeeds": _succeeds, "fails": _fails, "breaks": _breaks, "waits": _waits}
    return LocalAzure(
        settings=Settings(data=Path(), cache=Path()),
        store=store,
        clock=SystemClock(rate=1000.0),
        processes=Processes(),
        blobs=cast("Any", None),
        environments=cast("Any", None),
        actions={**actions, **more.pop("actions", {})},
        **more,
    )


def _operation(action: str) -> Operation:
    return Operation("op-1", "workspace", "/a", action, {"x": 1}, "westeurope", "2025-12-01", RUNNING, 1.0)


@pytest.mark.inferred
@pytest.mark.parametrize(
    ("action", "status", "error"),
    [
        ("succeeds", SUCCEEDED, None),
        ("fails", FAILED, {"code": "OutOfLuck", "message": "as asked"}),
        ("breaks", FAILED, {"code": "InternalServerError", "message": "KeyError: 'a bug'"}),
    ],
)
async def test_an_operation_ends_as_its_action_does(action: str, status: str, error: dict[str, str] | None) -> None:
    azure = _azure(_store())

    azure.operations.start(_operation(action))
    ended = await azure.operations.settled("op-1")

    assert ended is not None
    assert (ended.status, ended.error, ended.running) == (status, error, False)


@pytest.mark.inferred
async def test_an_operation_that_was_cut_off_is_taken_up_again() -> None:
    store = _store()
    before = _azure(store, actions={"succeeds": _waits})
    before.operations.start(_operation("succeeds"))
    await before.operations.stop()

    after = _azure(store)
    after.operations.resume()
    ended = await after.operations.settled("op-1")

    assert ended is not None
    assert ended.status == SUCCEEDED
    assert store.fact("/a", "done") == {"x": 1}


@pytest.mark.inferred
async def test_removing_a_resource_ends_what_runs_for_it_children_first() -> None:
    store, ended = _store(), []

    async def ends(azure: LocalAzure, resource_id: str) -> None:
        assert azure.store.get(resource_id) is not None
        ended.append(resource_id)

    azure = _azure(store, features=(Feature("x", deleted={"t": ends}),))
    for name in ("/a", "/a/b", "/a/b/c", "/d"):
        store.put(name, "t", {}, parent="", now=1.0)

    await azure.remove("/a")

    assert ended == ["/a/b/c", "/a/b", "/a"]
    assert [resource.id for resource in store.of_type("t")] == ["/d"]


@pytest.mark.recorded
@pytest.mark.parametrize(
    ("family", "running", "done"),
    [
        ("workspace", {"status": "InProgress"}, {"status": "Succeeded", "percentComplete": 100.0}),
        ("batch_endpoint", {"status": "Updating"}, {"status": "Succeeded"}),
        (
            "online_deployment",
            {"status": "Updating", "endTime": "0001-01-01T00:00:00+00:00", "percentComplete": 0.0},
            {"status": "Succeeded", "percentComplete": 0.0},
        ),
    ],
)
def test_each_family_writes_its_status_in_its_own_way(
    family: str, running: dict[str, Any], done: dict[str, Any]
) -> None:
    request = Request(_azure(_store()), "GET", "management.azure.com", "/", {}, {}, b"", {})
    under_way = Operation("op", family, "/a", "succeeds", {}, "westeurope", "2025-12-01", RUNNING, 1.0)
    ended = Operation("op", family, "/a", "succeeds", {}, "westeurope", "2025-12-01", SUCCEEDED, 1.0, 2.0)

    assert running.items() <= lro.status_body(request, under_way).items()
    assert done.items() <= lro.status_body(request, ended).items()
