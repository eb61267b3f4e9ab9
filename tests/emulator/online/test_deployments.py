"""Online deployments as Azure Resource Manager shows them, and the processes behind them."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from support.in_process import InProcess
from support.online_parts import ENDPOINTS, deployment_body, done, endpoint_body, online_parts, shown
from windlass_emulator.errors import AzureError, MlError, NotEmulatedError
from windlass_emulator.online.service import revive, stop

CHURN = f"{ENDPOINTS}/churn"
ONE = f"{CHURN}/deployments/one"
SDK = "api-version=2023-04-01-preview"


@pytest.fixture
async def local(tmp_path: Path) -> AsyncIterator[InProcess]:
    async with online_parts(tmp_path) as made:
        await done(made, "PUT", CHURN, endpoint_body())
        yield made


@pytest.fixture
async def served(local: InProcess) -> InProcess:
    await done(local, "PUT", ONE, deployment_body())
    return local


def instances(local: InProcess) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = local.azure.status()["instances"]
    return rows


async def failure(local: InProcess, method: str, path: str, body: dict[str, Any]) -> str:
    """Call an operation that is accepted and fails; return its message."""
    await done(local, method, path, body)
    operation = local.azure.operations.get(str(local.azure.store.fact(ONE, "operation")))
    assert operation is not None
    assert operation.error is not None
    return f"{operation.error['code']}: {operation.error['message']}"


@pytest.mark.recorded
async def test_a_new_deployment_is_filled_in_its_first_answer(local: InProcess) -> None:
    answer = await local.send("PUT", f"{ONE}?{SDK}", deployment_body(environmentVariables={"A": "1"}))

    body, properties = answer.body, answer.body["properties"]
    assert answer.status == 201
    assert body["sku"] == {"name": "Default", "tier": "Standard", "capacity": 1}
    assert set(body["systemData"]) == {"createdAt", "createdBy", "lastModifiedAt"}
    assert properties["provisioningState"] == "Creating"
    assert properties["environmentVariables"] == {"A": "1"}
    assert properties["requestSettings"]["requestTimeout"] == "PT5S"
    assert properties["livenessProbe"]["period"] == properties["readinessProbe"]["period"] == "PT10S"
    assert set(properties["properties"]) == {"AzureAsyncOperationUri"}
    assert "/mfeOperationsStatus/odidp:" in answer.headers["Azure-AsyncOperation"]


@pytest.mark.recorded
async def test_a_made_deployment_shows_where_azures_containers_have_things(served: InProcess) -> None:
    properties = (await shown(served, f"{ONE}?{SDK}"))["properties"]

    assert properties["provisioningState"] == "Succeeded"
    assert properties["environmentVariables"] == {
        "AZUREML_MODEL_DIR": "/var/azureml-app/azureml-models/one/1",
        "AZUREML_ENTRY_SCRIPT": "score.py",
        "AML_APP_ROOT": "/var/azureml-app/src",
    }
    assert (properties["modelMountPath"], properties["appInsightsEnabled"]) == (None, False)
    assert properties["dataCollector"] is None
    assert "privateNetworkConnection" not in properties


@pytest.mark.recorded
async def test_a_new_deployment_was_changed_a_microsecond_after_it_was_made(served: InProcess) -> None:
    times = (await shown(served, ONE))["systemData"]

    created, modified = (int(times[name][20:26]) for name in ("createdAt", "lastModifiedAt"))
    assert (modified - created) % 1_000_000 == 1


@pytest.mark.recorded
async def test_older_versions_show_other_fields(served: InProcess) -> None:
    properties = (await shown(served, f"{ONE}?api-version=2022-02-01-preview"))["properties"]

    assert properties["privateNetworkConnection"] is False
    assert "dataCollector" not in properties


@pytest.mark.specified
async def test_every_instance_is_a_process_that_listens_on_a_port_of_its_own(local: InProcess) -> None:
    await done(local, "PUT", ONE, deployment_body(capacity=3))

    rows = instances(local)
    assert [(row["endpoint"], row["deployment"], row["index"], row["state"]) for row in rows] == [
        ("churn", "one", index, "running") for index in range(3)
    ]
    assert len({row["pid"] for row in rows}) == len({row["port"] for row in rows}) == 3


@pytest.mark.recorded
async def test_a_patch_of_the_count_starts_and_ends_instances(served: InProcess) -> None:
    before = instances(served)

    answer = await done(served, "PATCH", ONE, {"sku": {"name": "Default", "capacity": 3}, "tags": {"a": "1"}})
    more = instances(served)
    await done(served, "PUT", ONE, deployment_body(capacity=2))
    fewer = instances(served)

    assert (answer.status, answer.body) == (202, b"null")
    assert more[:1] == before
    assert fewer == more[:2]
    assert (await shown(served, ONE))["sku"]["capacity"] == 2


@pytest.mark.inferred
async def test_another_model_means_other_instances_and_another_limit_does_not(served: InProcess) -> None:
    before = instances(served)

    await done(served, "PUT", ONE, deployment_body(requestSettings={"requestTimeout": "PT9S"}))
    same = instances(served)
    await done(served, "PUT", ONE, deployment_body(model="two"))

    assert same == before
    assert instances(served)[0]["pid"] != before[0]["pid"]
    assert (await shown(served, ONE))["properties"]["environmentVariables"]["AZUREML_MODEL_DIR"].endswith("/two/1")


@pytest.mark.inferred
async def test_a_model_that_breaks_in_init_fails_the_deployment_with_its_cause(local: InProcess) -> None:
    told = await failure(local, "PUT", ONE, deployment_body(model="broken"))

    assert told.startswith(
        "ResourceNotReady: User container has crashed or terminated: ValueError: the model is broken"
    )
    assert (await shown(local, ONE))["properties"]["provisioningState"] == "Failed"
    assert instances(local) == []


@pytest.mark.recorded
async def test_a_deployment_that_failed_at_first_is_only_good_for_deletion(local: InProcess) -> None:
    await done(local, "PUT", ONE, deployment_body(model="broken"))

    with pytest.raises(MlError) as refused:
        await local.send("PUT", ONE, deployment_body())
    await done(local, "DELETE", ONE)
    await done(local, "PUT", ONE, deployment_body())

    assert "failed during initial provisioning and is in an unrecoverable state" in str(refused.value.details)
    assert (await shown(local, ONE))["properties"]["provisioningState"] == "Succeeded"


@pytest.mark.specified
async def test_a_failed_deployment_gets_no_traffic(local: InProcess) -> None:
    await done(local, "PUT", ONE, deployment_body(model="broken"))

    with pytest.raises(MlError) as refused:
        await local.send("PUT", CHURN, endpoint_body(traffic={"one": 100}))

    assert "no such deployment in service" in str(refused.value.details)


@pytest.mark.inferred
async def test_a_failed_change_leaves_what_is_in_service(served: InProcess) -> None:
    before = instances(served)

    await done(served, "PUT", ONE, deployment_body(model="broken"))
    state = (await shown(served, ONE))["properties"]["provisioningState"]
    after = instances(served)
    await done(served, "PUT", ONE, deployment_body(model="two"))

    assert (state, after) == ("Failed", before)
    assert (await shown(served, ONE))["properties"]["provisioningState"] == "Succeeded"


@pytest.mark.inferred
async def test_a_try_takes_nothing_from_one_that_failed_before(served: InProcess) -> None:
    await done(served, "PUT", ONE, deployment_body(model="broken"))
    served.blobs.upload("store1", "assets", "src/score.py", b"# corrected\ndef init(): ...\n")

    await done(served, "PUT", ONE, deployment_body(model="two"))

    (script,) = (served.azure.settings.data / "online").glob("*/r*/src/score.py")
    assert script.read_text().startswith("# corrected")


@pytest.mark.recorded
async def test_the_log_of_a_failed_deployment_can_be_read(local: InProcess) -> None:
    await done(local, "PUT", ONE, deployment_body(model="broken"))

    text = (await local.send("POST", f"{ONE}/getLogs", {"containerType": "InferenceServer", "tail": 3})).body["content"]

    assert text.startswith("Instance status:\nSystemSetup: Succeeded\nUserContainerImagePull: Succeeded\n")
    assert "UserContainerStart: Failed" in text
    assert "\n\nContainer events:\nKind: Pod, Name: Pulling, Type: Normal, Time: " in text
    console = text.split("\nContainer logs:\n")[1].splitlines()
    assert len(console) == 3
    assert console[-1] == "ValueError: the model is broken"


@pytest.mark.specified
async def test_the_storage_initializer_tells_of_the_model(served: InProcess) -> None:
    body = {"containerType": "StorageInitializer", "tail": 10}

    text = (await served.send("POST", f"{ONE}/getLogs", body)).body["content"]

    assert "Models are downloaded successfully" in text.split("Container logs:")[1]


@pytest.mark.inferred
@pytest.mark.parametrize("body", [{"containerType": "Sidecar"}, {"tail": -1}, {"tail": "5"}, {"lines": 5}])
async def test_logs_are_asked_for_properly(served: InProcess, body: dict[str, Any]) -> None:
    with pytest.raises(AzureError):
        await served.send("POST", f"{ONE}/getLogs", body)


@pytest.mark.inferred
async def test_a_deployment_with_traffic_is_not_deleted(served: InProcess) -> None:
    await done(served, "PUT", CHURN, endpoint_body(traffic={"one": 100}))

    with pytest.raises(MlError) as refused:
        await served.send("DELETE", ONE)

    assert "100 % of the traffic" in str(refused.value.details)


@pytest.mark.recorded
async def test_a_deployment_without_traffic_is_deleted_with_its_processes_and_files(served: InProcess) -> None:
    pid = instances(served)[0]["pid"]

    answer = await done(served, "DELETE", ONE)

    assert answer.status == 202
    assert instances(served) == []
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert list((served.azure.settings.data / "online").iterdir()) == []
    assert (await served.send("DELETE", ONE)).status == 204


@pytest.mark.inferred
async def test_a_deployment_in_the_making_is_locked(local: InProcess) -> None:
    await local.send("PUT", ONE, deployment_body())

    with pytest.raises(MlError) as again:
        await local.send("PUT", ONE, deployment_body())

    assert again.value.status == 409


@pytest.mark.recorded
async def test_no_deployment_is_begun_while_its_endpoint_changes(local: InProcess) -> None:
    await local.send("PUT", CHURN, endpoint_body(description="new"))

    with pytest.raises(MlError) as refused:
        await local.send("PUT", ONE, deployment_body())

    assert refused.value.message == (
        "Cannot create a deployment in endpoint churn because it is in Updating provisioning state."
    )


@pytest.mark.inferred
async def test_an_operation_that_fails_before_it_begins_leaves_no_deployment_in_the_making(local: InProcess) -> None:
    local.azure.faults.add(operation="online_deployment")

    await done(local, "PUT", ONE, deployment_body())

    assert (await shown(local, ONE))["properties"]["provisioningState"] == "Failed"


@pytest.mark.inferred
async def test_a_deletion_that_failed_can_be_asked_for_again(served: InProcess) -> None:
    served.azure.faults.add(operation="online_deployment")
    await done(served, "DELETE", ONE)
    state = (await shown(served, ONE))["properties"]["provisioningState"]

    await done(served, "DELETE", ONE)

    assert state == "Failed"
    assert instances(served) == []


@pytest.mark.recorded
async def test_more_than_the_quota_is_refused_with_the_reserve_counted(local: InProcess) -> None:
    with pytest.raises(MlError) as refused:
        await local.send("PUT", ONE, deployment_body(capacity=21))

    text = str(refused.value.details[0]["message"]).split("error detail: ")[1]
    assert "Not enough quota available for Standard_DS3_v2" in json.loads(text)["errors"]["VmSize"][0]
    assert "Additional needed: 104" in text


@pytest.mark.specified
@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"model": "azureml:nobody:1"}, MlError),
        ({"environmentId": "azureml:nobody:1"}, MlError),
        ({"codeConfiguration": {"codeId": "azureml:nobody:1", "scoringScript": "score.py"}}, MlError),
        ({"codeConfiguration": None}, NotEmulatedError),
        ({"environmentId": None}, NotEmulatedError),
        ({"instanceType": "Standard_Nothing"}, MlError),
        ({"instanceType": None}, AzureError),
        ({"requestSettings": {"requestTimeout": "5 seconds"}}, AzureError),
        ({"endpointComputeType": "AzureMLCompute"}, NotEmulatedError),
        ({"scaleSettings": {"scaleType": "TargetUtilization"}}, AzureError),
    ],
)
async def test_bodies_that_make_no_deployment_are_refused(
    local: InProcess, change: dict[str, Any], kind: type[AzureError]
) -> None:
    with pytest.raises(kind):
        await local.send("PUT", ONE, deployment_body(**change))


@pytest.mark.inferred
async def test_a_script_that_is_not_in_the_code_fails_the_deployment_by_name(local: InProcess) -> None:
    code = {"codeId": "azureml:score:1", "scoringScript": "other.py"}

    told = await failure(local, "PUT", ONE, deployment_body(codeConfiguration=code))

    assert "'other.py' is not in the code 'src'" in told


@pytest.mark.recorded
async def test_the_skus_say_1_to_50_instances(served: InProcess) -> None:
    (row,) = (await shown(served, f"{ONE}/skus"))["value"]

    assert row == {
        "resourceType": "Microsoft.MachineLearning.Services/endpoints/deployments",
        "sku": {"name": "default", "tier": "standard"},
        "capacity": {"minimum": 1, "maximum": 50, "default": 3, "scaleType": "Automatic"},
    }


@pytest.mark.inferred
async def test_a_killed_instance_is_started_again(served: InProcess) -> None:
    (before,) = instances(served)
    fleet = next(iter(served.azure.live["online"].fleets.values()))

    os.kill(before["pid"], signal.SIGKILL)
    await fleet.until(lambda: fleet.instances[0].state == "restarting")
    await fleet.until(lambda: fleet.instances[0].state == "running")

    (after,) = instances(served)
    assert after["pid"] != before["pid"]


@pytest.mark.specified
async def test_an_instance_that_no_longer_answers_its_liveness_probe_is_started_again(local: InProcess) -> None:
    probe = {"period": "PT0.05S", "timeout": "PT0.1S", "failureThreshold": 2}
    await done(local, "PUT", ONE, deployment_body(livenessProbe=probe))
    (before,) = instances(local)
    fleet = next(iter(local.azure.live["online"].fleets.values()))

    (folder,) = (local.azure.settings.data / "online").glob("*/r1/instance-0")
    (folder / "hangs").touch()
    await fleet.until(lambda: fleet.instances[0].state == "restarting")
    await fleet.until(lambda: fleet.instances[0].state == "running")

    (after,) = instances(local)
    assert after["pid"] != before["pid"]


@pytest.mark.inferred
async def test_what_was_in_service_comes_back_at_the_next_start(served: InProcess) -> None:
    await done(served, "PUT", CHURN, endpoint_body(traffic={"one": 100}))
    keys = (await served.send("POST", f"{CHURN}/listKeys")).body
    await stop(served.azure)
    served.azure.live.clear()

    await revive(served.azure)

    doorway = served.azure.live["online"].doorways["churn.westeurope.inference.ml.azure.com"]
    assert [row["state"] for row in instances(served)] == ["running"]
    assert doorway.turns.choose() == "one"
    assert doorway.keys == keys


@pytest.mark.inferred
async def test_a_deployment_that_goes_with_its_group_while_it_is_made_leaves_nothing(local: InProcess) -> None:
    await local.send("PUT", ONE, deployment_body())

    await local.azure.remove(CHURN)
    await local.settle()

    assert instances(local) == []
    assert local.azure.processes.running() == []
