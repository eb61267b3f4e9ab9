"""What a killed instance and a killed local Azure leave behind, and what comes back."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.local_azure import RunningAzure, local_azure, start
from support.online_world import Caller, World, world
from support.steady_load import steady_load

pytestmark = pytest.mark.inferred
NAME = "killed-ep"


@pytest.fixture(scope="module")
def own_azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAzure]:
    """A local Azure that may be killed."""
    with local_azure(tmp_path_factory.mktemp("azure") / "data") as running:
        yield running


@pytest.fixture(scope="module")
def served(own_azure: RunningAzure, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, Caller]]:
    """An endpoint with two deployments of two instances and of one."""
    with world(own_azure, tmp_path_factory.mktemp("files"), "kills") as made:
        made.endpoint(NAME)
        made.deploy(NAME, "one", "one", instance_count=2).result()
        made.deploy(NAME, "two", "two").result()
        made.traffic(NAME, one=90, two=10)
        yield made, made.caller(NAME)


def test_a_killed_instance_is_replaced_and_the_others_serve_meanwhile(served: tuple[World, Caller]) -> None:
    work, caller = served
    azure = work.rest.azure
    victim = next(one for one in work.instances(NAME) if one["deployment"] == "one")

    with steady_load(caller, azure.proxy, azure.authority, rate=50) as load:
        os.kill(victim["pid"], signal.SIGKILL)
        _until(lambda: _pids(work, "one").isdisjoint({victim["pid"]}) and len(_running(work, "one")) == 2)

    assert len(load.failures) <= 1  # the one that was being worked on
    assert all("424" in failure for failure in load.failures)


def test_a_request_that_kills_its_instance_is_424_and_the_instance_comes_back(served: tuple[World, Caller]) -> None:
    work, caller = served

    answer = caller.score({"exit": True}, deployment="two")
    after = caller.score({}, deployment="two")

    assert answer.status_code == 424
    assert answer.headers["ms-azureml-model-error-statuscode"] == "502"
    assert after.json()["model"] == "two"
    assert len(work.instances(NAME)) == 3


def test_a_killed_supervisor_leaves_nothing_and_comes_back_with_all(served: tuple[World, Caller]) -> None:
    work, caller = served
    azure = work.rest.azure
    told = azure.status()
    processes = [told["supervisor"]["pid"], *(child["pid"] for child in told["children"])]

    os.kill(told["supervisor"]["pid"], signal.SIGKILL)
    _until(lambda: not any(map(_alive, processes)), seconds=5)
    again = start(azure.data)
    divided = [caller.model() for _ in range(10)]

    assert again.environment["AZURE_CLIENT_SECRET"] == azure.environment["AZURE_CLIENT_SECRET"]
    assert (divided.count("one"), divided.count("two")) == (9, 1)
    assert [one["state"] for one in work.instances(NAME)] == ["running"] * 3
    assert work.ml.online_deployments.get("one", NAME).provisioning_state == "Succeeded"


def test_a_deployment_in_the_making_is_finished_after_a_kill(served: tuple[World, Caller]) -> None:
    work, caller = served
    azure = work.rest.azure
    deployments = f"{work.endpoint_id(NAME)}/deployments"
    like_two = work.rest.send("GET", f"{deployments}/two").json()
    supervisor = azure.status()["supervisor"]["pid"]

    accepted = work.rest.send("PUT", f"{deployments}/three", like_two)
    os.kill(supervisor, signal.SIGKILL)
    _until(lambda: not _alive(supervisor))
    start(azure.data)

    assert work.rest.finish(accepted) == "Succeeded"
    assert caller.score({}, deployment="three").json()["model"] == "two"


def _pids(work: World, deployment: str) -> set[int]:
    return {one["pid"] for one in work.instances(NAME) if one["deployment"] == deployment}


def _running(work: World, deployment: str) -> list[int]:
    return [one["pid"] for one in work.instances(NAME) if one["deployment"] == deployment and one["state"] == "running"]


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text(encoding="ascii")


def _until(reached: Callable[[], bool], seconds: float = 30) -> None:
    """Look until something holds; the watched processes are not this one's, so there is nothing to wait on."""
    end = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < end, "it did not come to that in time"
        time.sleep(0.05)
