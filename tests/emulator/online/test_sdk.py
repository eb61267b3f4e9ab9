"""What people do with azure-ai-ml, on the running local Azure."""

from __future__ import annotations

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from support.online_world import Caller, World

Scored = tuple[World, str, Caller]


@pytest.mark.recorded
def test_an_endpoint_is_made_read_listed_and_changed(scored: Scored) -> None:
    work, name, _ = scored

    there = work.ml.online_endpoints.get(name)
    there.tags = {"team": "crm"}
    work.ml.online_endpoints.begin_create_or_update(there).result()

    again = work.ml.online_endpoints.get(name)
    assert again.tags == {"team": "crm"}
    assert again.traffic == {"one": 100}
    assert again.auth_mode == "key"
    assert again.provisioning_state == "Succeeded"
    assert name in [one.name for one in work.ml.online_endpoints.list()]


@pytest.mark.recorded
def test_keys_are_read_and_replaced_while_the_other_one_serves(scored: Scored) -> None:
    work, name, caller = scored
    before = work.ml.online_endpoints.get_keys(name)

    work.ml.online_endpoints.begin_regenerate_keys(name, key_type="secondary").result()

    after = work.ml.online_endpoints.get_keys(name)
    assert after.primary_key == before.primary_key
    assert after.secondary_key != before.secondary_key
    assert Caller(caller.http, caller.address, after.secondary_key).score().status_code == 200
    assert Caller(caller.http, caller.address, before.secondary_key).score().status_code == 401


@pytest.mark.recorded
def test_a_deployment_is_read_and_listed_with_its_settings(scored: Scored) -> None:
    work, name, _ = scored

    deployment = work.ml.online_deployments.get("one", name)

    assert deployment.instance_count == 1
    assert deployment.instance_type == "Standard_DS3_v2"
    assert deployment.request_settings.max_concurrent_requests_per_instance == 20
    assert deployment.model.endswith("/models/says-one/versions/1")
    assert [one.name for one in work.ml.online_deployments.list(name)] == ["one"]


@pytest.mark.recorded
def test_the_tail_of_the_log_is_counted_in_lines_of_the_container(scored: Scored) -> None:
    work, name, caller = scored
    caller.score()

    text = work.ml.online_deployments.get_logs("one", name, lines=2)

    console = text.split("Container logs:\n")[1].splitlines()
    assert len(console) == 2
    assert '"POST /score HTTP/1.1" 200' in console[-1]


@pytest.mark.specified
def test_the_log_of_the_storage_initializer_is_another_one(scored: Scored) -> None:
    work, name, _ = scored

    text = work.ml.online_deployments.get_logs("one", name, lines=50, container_type="storage-initializer")

    assert "storage-initializer - Models are downloaded" in text


@pytest.mark.recorded
def test_a_deployment_that_cannot_start_raises_with_the_cause(scored: Scored) -> None:
    work, name, caller = scored

    with pytest.raises(HttpResponseError, match="ValueError: the model is broken"):
        work.deploy(name, "bad", "broken").result()
    with pytest.raises(HttpResponseError, match="unrecoverable state"):
        work.deploy(name, "bad", "one")
    work.ml.online_deployments.begin_delete("bad", name).result()

    assert caller.model() == "one"


@pytest.mark.specified
def test_refusals_reach_the_user_with_their_sentence(scored: Scored) -> None:
    work, name, _ = scored

    with pytest.raises(HttpResponseError, match="adds up to 90"):
        work.traffic(name, one=90)
    with pytest.raises(HttpResponseError, match="cannot be deleted"):
        work.ml.online_deployments.begin_delete("one", name)
    with pytest.raises(HttpResponseError, match="quota"):
        work.deploy(name, "many", instance_count=51)


@pytest.mark.specified
def test_what_is_gone_is_not_found(scored: Scored) -> None:
    work, name, _ = scored
    work.endpoint("short-lived")

    work.ml.online_endpoints.begin_delete("short-lived").result()

    with pytest.raises(ResourceNotFoundError):
        work.ml.online_endpoints.get("short-lived")
    with pytest.raises(ResourceNotFoundError):
        work.ml.online_deployments.get("nobody", name)


@pytest.mark.inferred
def test_the_status_tells_of_every_instance(scored: Scored) -> None:
    work, name, _ = scored

    (row,) = work.instances(name)

    assert {key: row[key] for key in ("endpoint", "deployment", "index", "state")} == {
        "endpoint": name,
        "deployment": "one",
        "index": 0,
        "state": "running",
    }
    assert row["pid"] > 0
    assert row["port"] > 0


@pytest.mark.specified
def test_a_data_collector_comes_back_as_the_sdk_understands_it(work: World) -> None:
    from azure.ai.ml.entities import DataCollector, DeploymentCollection

    work.endpoint("collecting")
    collector = DataCollector(collections={"request": DeploymentCollection(enabled="true")})

    work.deploy("collecting", "one", data_collector=collector).result()

    there = work.ml.online_deployments.get("one", "collecting").data_collector
    assert there.collections["request"].enabled == "true"


@pytest.mark.inferred
def test_an_action_that_is_not_emulated_is_501_by_name(scored: Scored) -> None:
    work, name, _ = scored

    answer = work.rest.send("POST", f"{work.endpoint_id(name)}/recycle")

    assert answer.status_code == 501
    assert "recycle" in answer.json()["error"]["message"]
