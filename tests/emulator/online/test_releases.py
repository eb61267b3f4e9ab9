"""Versions that come and go while requests keep coming."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from azure.core.exceptions import HttpResponseError
from support.online_world import Caller, World
from support.steady_load import Load, steady_load

pytestmark = pytest.mark.inferred
Scored = tuple[World, str, Caller]


@contextmanager
def loaded(scored: Scored) -> Iterator[Load]:
    """The load of the promise: 50 requests a second."""
    azure = scored[0].rest.azure
    with steady_load(scored[2], azure.proxy, azure.authority, rate=50) as load:
        yield load


def test_a_whole_release_under_load_fails_no_request(scored: Scored) -> None:
    work, name, caller = scored

    with loaded(scored) as load:
        work.deploy(name, "two", "two").result()
        for share in (10, 50, 100):
            work.traffic(name, one=100 - share, two=share)
            load.let_come(60)
        work.ml.online_deployments.begin_delete("one", name).result()
        load.let_come(60)

    assert load.failures == []
    assert set(load.answers) == {"one", "two"}
    assert caller.model() == "two"


def test_a_changed_deployment_is_replaced_without_a_lost_request(scored: Scored) -> None:
    work, name, caller = scored
    before = {one["pid"] for one in work.instances(name)}

    with loaded(scored) as load:
        work.deploy(name, "two", "three").result()
        load.let_come(60)

    assert load.failures == []
    assert caller.model() == "three"
    assert not before & {one["pid"] for one in work.instances(name)}


def test_scaling_up_and_down_loses_no_request(scored: Scored) -> None:
    work, name, _ = scored
    path = f"{work.endpoint_id(name)}/deployments/two"

    with loaded(scored) as load:
        work.rest.finish(work.rest.send("PATCH", path, {"sku": {"name": "Default", "capacity": 3}}))
        up = [one["state"] for one in work.instances(name)]
        load.let_come(60)
        work.rest.finish(work.rest.send("PATCH", path, {"sku": {"name": "Default", "capacity": 1}}))
        down = [one["state"] for one in work.instances(name)]

    assert (up, down) == (["running"] * 3, ["running"])
    assert load.failures == []


def test_a_request_under_way_outlives_a_move_of_traffic_and_the_deletion_of_its_deployment(scored: Scored) -> None:
    work, name, caller = scored
    work.deploy(name, "late", "two").result()
    work.traffic(name, late=100)

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        under_way = pool.submit(caller.score, {"seconds": 3})
        _until_waiting(work, name)
        work.traffic(name, two=100)
        work.ml.online_deployments.begin_delete("late", name).result()
        answer = under_way.result()

    assert (answer.status_code, answer.headers["azureml-model-deployment"]) == (200, "late")
    assert [one["deployment"] for one in work.instances(name)] == ["two"]


def test_a_version_that_fails_to_start_leaves_the_one_in_service_alone(scored: Scored) -> None:
    work, name, caller = scored

    with pytest.raises(HttpResponseError, match="ValueError: the model is broken"):
        work.deploy(name, "two", "broken").result()

    assert work.ml.online_deployments.get("two", name).provisioning_state == "Failed"
    assert caller.model() == "three"
    assert "the model is broken" in work.ml.online_deployments.get_logs("two", name, lines=40)


def _until_waiting(work: World, name: str) -> None:
    """Return when the scoring script has begun with the slow request: it says so before it waits."""
    while "waiting" not in work.ml.online_deployments.get_logs("late", name, lines=3):
        continue
