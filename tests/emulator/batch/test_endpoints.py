"""Batch endpoints and deployments on the wire: shapes as recorded (facts 2, 3 and 9), and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from support.batch_world import (
    DEPLOYMENT,
    DEPLOYMENT_BODY,
    ENDPOINT,
    ENDPOINT_BODY,
    WORKSPACE,
    BatchWorld,
)
from windlass_emulator.errors import AzureError, NotEmulatedError


def deployment(**properties: Any) -> dict[str, Any]:
    return {**DEPLOYMENT_BODY, "properties": {**DEPLOYMENT_BODY["properties"], **properties}}


def endpoint(**properties: Any) -> dict[str, Any]:
    return {**ENDPOINT_BODY, "properties": {**ENDPOINT_BODY["properties"], **properties}}


# Endpoints


@pytest.mark.recorded
async def test_a_new_endpoint_is_answered_201_while_it_is_made(world: BatchWorld) -> None:
    answer = await world.send("PUT", ENDPOINT, endpoint(properties={"mine": "x"}))

    assert answer.status == 201
    assert answer.body["properties"] == {
        "description": None,
        "properties": {
            "mine": "x",
            "BatchEndpointCreationApiVersion": "2024-01-01-preview",
            "azureml.onlineendpointid": ENDPOINT,
        },
        "scoringUri": None,
        "swaggerUri": None,
        "authMode": "AADToken",
        "defaults": {"deploymentName": None},
        "provisioningState": "Creating",
    }
    assert set(answer.body) == {"id", "name", "type", "tags", "location", "properties", "systemData"}
    assert set(answer.body["systemData"]) == {"createdAt", "createdBy", "lastModifiedAt"}


@pytest.mark.recorded
async def test_the_operation_of_a_new_endpoint_is_polled_without_times(world: BatchWorld) -> None:
    answer = await world.send("PUT", ENDPOINT, ENDPOINT_BODY)

    assert "/mfeOperationsStatus/bebes:guid:" in answer.headers["Azure-AsyncOperation"]
    assert answer.headers["Location"].startswith(f"https://management.azure.com{ENDPOINT}?")
    assert answer.headers["x-ms-async-operation-timeout"] == "PT30M"


@pytest.mark.recorded
async def test_a_made_endpoint_shows_where_it_is_invoked(world: BatchWorld) -> None:
    await world.send("PUT", ENDPOINT, ENDPOINT_BODY)
    await world.settle()
    properties = (await world.send("GET", ENDPOINT)).body["properties"]

    assert properties["scoringUri"] == "https://churn.westeurope.inference.ml.azure.com/jobs"
    assert properties["provisioningState"] == "Succeeded"


@pytest.mark.recorded
async def test_an_absent_endpoint_is_404_in_the_words_of_the_service(world: BatchWorld) -> None:
    with pytest.raises(AzureError) as refused:
        await world.send("GET", ENDPOINT)

    assert (refused.value.status, refused.value.code) == (404, "UserError")
    assert refused.value.message.startswith("An endpoint with the name 'churn' does not exist in the workspace 'w'.")


@pytest.mark.inferred
async def test_a_default_deployment_must_exist(world: BatchWorld) -> None:
    with pytest.raises(AzureError, match="A deployment with the name 'nine' does not exist") as refused:
        await world.send("PUT", ENDPOINT, endpoint(defaults={"deploymentName": "nine"}))

    assert refused.value.status == 400


@pytest.mark.inferred
async def test_an_endpoint_cannot_be_changed_while_an_operation_is_under_way(world: BatchWorld) -> None:
    await world.send("PUT", ENDPOINT, ENDPOINT_BODY)

    with pytest.raises(AzureError, match="is in progress") as refused:
        await world.send("PUT", ENDPOINT, ENDPOINT_BODY)

    assert refused.value.status == 409


@pytest.mark.inferred
async def test_an_endpoint_cannot_be_changed_while_a_deployment_of_it_is_made(deployed: BatchWorld) -> None:
    await deployed.send("PUT", f"{ENDPOINT}/deployments/two", DEPLOYMENT_BODY)

    with pytest.raises(AzureError, match="deployments/two' is in progress"):
        await deployed.send("PUT", ENDPOINT, ENDPOINT_BODY)


@pytest.mark.inferred
async def test_deployments_of_an_endpoint_are_made_side_by_side(deployed: BatchWorld) -> None:
    await deployed.send("PUT", f"{ENDPOINT}/deployments/two", DEPLOYMENT_BODY)
    second = await deployed.send("PUT", f"{ENDPOINT}/deployments/three", DEPLOYMENT_BODY)

    assert second.status == 201


@pytest.mark.specified
@pytest.mark.parametrize("name", ["ab", "1churn", "churn-", "a" * 33, "chu_rn"])
async def test_a_name_that_azure_does_not_allow_is_refused(world: BatchWorld, name: str) -> None:
    with pytest.raises(AzureError, match="3 to 32 letters"):
        await world.send("PUT", f"{WORKSPACE}/batchEndpoints/{name}", ENDPOINT_BODY)


@pytest.mark.specified
async def test_a_batch_endpoint_takes_no_keys(world: BatchWorld) -> None:
    with pytest.raises(AzureError, match="use 'AADToken'"):
        await world.send("PUT", ENDPOINT, endpoint(authMode="Key"))


@pytest.mark.inferred
async def test_tags_of_a_patch_are_merged(deployed: BatchWorld) -> None:
    answer = await deployed.send("PATCH", ENDPOINT, {"tags": {"b": "2"}})
    await deployed.settle()
    shown = (await deployed.send("GET", ENDPOINT)).body

    assert answer.status == 202
    assert shown["tags"] == {"a": "1", "b": "2"}
    assert shown["properties"]["defaults"] == {"deploymentName": "one"}


@pytest.mark.recorded
async def test_deleting_an_endpoint_removes_its_deployments(deployed: BatchWorld) -> None:
    answer = await deployed.send("DELETE", ENDPOINT)
    await deployed.settle()

    assert (answer.status, answer.body) == (202, b"null")
    assert deployed.azure.store.get(DEPLOYMENT) is None
    assert (await deployed.send("DELETE", ENDPOINT)).status == 204


@pytest.mark.recorded
async def test_lists_have_one_page_without_nextlink(deployed: BatchWorld) -> None:
    endpoints = (await deployed.send("GET", f"{WORKSPACE}/batchEndpoints")).body
    deployments = (await deployed.send("GET", f"{ENDPOINT}/deployments")).body

    assert [item["name"] for item in endpoints.pop("value")] == ["churn"]
    assert [item["name"] for item in deployments.pop("value")] == ["one"]
    assert endpoints == deployments == {}


# Deployments


@pytest.mark.recorded
async def test_a_new_deployment_is_answered_201_with_the_words_in_azures_case(world: BatchWorld) -> None:
    await world.send("PUT", ENDPOINT, ENDPOINT_BODY)
    await world.settle()
    answer = await world.send("PUT", DEPLOYMENT, deployment(loggingLevel="info", outputAction="append_row"))
    properties = answer.body["properties"]

    assert answer.status == 201
    assert "/mfeOperationsStatus/bdbes:guid:" in answer.headers["Azure-AsyncOperation"]
    assert (properties["loggingLevel"], properties["outputAction"]) == ("Info", "AppendRow")
    assert properties["resources"] == {"instanceCount": 2, "instanceType": None, "properties": None}
    assert properties["provisioningState"] == "Creating"


@pytest.mark.recorded
async def test_a_deployment_shows_azures_defaults_for_what_was_not_sent(deployed: BatchWorld) -> None:
    properties = (await deployed.send("GET", DEPLOYMENT)).body["properties"]

    assert properties["errorThreshold"] == -1
    assert properties["retrySettings"] == {"maxRetries": 3, "timeout": "PT30S"}
    assert properties["miniBatchSize"] == 10
    assert properties["maxConcurrencyPerInstance"] == 1
    assert properties["outputFileName"] == "predictions.csv"
    assert properties["environmentVariables"] == {}
    assert properties["deploymentConfiguration"] is None
    assert properties["model"]["referenceType"] == "Id"


@pytest.mark.inferred
@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"compute": f"{WORKSPACE}/computes/nope"}, "Compute with name 'nope' not found"),
        ({"environmentId": f"{WORKSPACE}/environments/env/versions/9"}, "env:9"),
        ({"model": {"referenceType": "Id", "assetId": f"{WORKSPACE}/models/m/versions/9"}}, "m:9"),
        (
            {"codeConfiguration": {"codeId": f"{WORKSPACE}/codes/no/versions/1", "scoringScript": "score.py"}},
            "no:1",
        ),
    ],
)
async def test_a_deployment_of_what_does_not_exist_is_404(
    deployed: BatchWorld, changed: dict[str, Any], said: str
) -> None:
    with pytest.raises(AzureError) as refused:
        await deployed.send("PUT", f"{ENDPOINT}/deployments/two", deployment(**changed))

    assert refused.value.status == 404
    assert said in str(refused.value.details)


@pytest.mark.inferred
@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"miniBatchSize": 0}, "miniBatchSize must be a whole number of at least 1"),
        ({"maxConcurrencyPerInstance": 0}, "maxConcurrencyPerInstance"),
        ({"errorThreshold": -2}, "errorThreshold"),
        ({"resources": {"instanceCount": 0}}, "resources.instanceCount"),
        ({"retrySettings": {"maxRetries": -1}}, "retrySettings.maxRetries"),
        ({"retrySettings": {"timeout": "30"}}, "retrySettings.timeout"),
        ({"outputAction": "append"}, "AppendRow, SummaryOnly"),
        ({"loggingLevel": "loud"}, "Info, Warning, Debug"),
        ({"model": None}, "model"),
    ],
)
async def test_a_deployment_with_settings_that_cannot_be_is_refused(
    deployed: BatchWorld, changed: dict[str, Any], said: str
) -> None:
    with pytest.raises(AzureError, match=said) as refused:
        await deployed.send("PUT", f"{ENDPOINT}/deployments/two", deployment(**changed))

    assert refused.value.status == 400


@pytest.mark.inferred
@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {"deploymentConfiguration": {"deploymentConfigurationType": "PipelineComponent"}},
            "batch deployments of type PipelineComponent",
        ),
        ({"codeConfiguration": None}, "MLflow"),
        ({"model": {"referenceType": "DataPath", "datastoreId": "x", "path": "y"}}, "model by DataPath"),
    ],
)
async def test_deployments_of_other_kinds_are_not_emulated_and_say_so(
    deployed: BatchWorld, changed: dict[str, Any], said: str
) -> None:
    with pytest.raises(NotEmulatedError, match=said):
        await deployed.send("PUT", f"{ENDPOINT}/deployments/two", deployment(**changed))


@pytest.mark.inferred
async def test_the_default_deployment_cannot_be_deleted(deployed: BatchWorld) -> None:
    with pytest.raises(AzureError, match="is the default deployment"):
        await deployed.send("DELETE", DEPLOYMENT)


@pytest.mark.inferred
async def test_a_deployment_that_is_not_the_default_is_deleted(deployed: BatchWorld) -> None:
    await deployed.send("PUT", f"{ENDPOINT}/deployments/two", DEPLOYMENT_BODY)
    await deployed.settle()
    answer = await deployed.send("DELETE", f"{ENDPOINT}/deployments/two")
    await deployed.settle()

    assert answer.status == 202
    assert deployed.azure.store.get(f"{ENDPOINT}/deployments/two") is None
