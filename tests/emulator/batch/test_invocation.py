"""The invocation of a batch endpoint, the job it makes, and its run history."""

from __future__ import annotations

from typing import Any

import pytest
from support.batch_world import DEPLOYMENT_BODY, ENDPOINT, INPUT, WORKSPACE, BatchWorld
from windlass_emulator.batch.records import Ledger
from windlass_emulator.errors import AzureError, NotEmulatedError

HISTORY = f"/history/v1.0{WORKSPACE}"
MFE = "/mferp/managementfrontend"


def ledger(world: BatchWorld, name: str) -> Ledger:
    return Ledger(world.azure, f"{WORKSPACE}/jobs/{name}")


async def finished(world: BatchWorld, **properties: Any) -> Ledger:
    """Invoke and wait for the end."""
    job = ledger(world, (await world.submit(**properties)).body["name"])
    assert await world.ended(job) == "Completed"
    return job


@pytest.mark.recorded
async def test_an_invocation_is_answered_201_with_the_job(deployed: BatchWorld) -> None:
    answer = await deployed.submit()
    body = answer.body

    assert answer.status == 201
    assert answer.headers["azureml-model-deployment"] == "one"
    assert answer.headers["Server"] == "azureml-frontdoor"
    assert f"{MFE}{ENDPOINT}/deployments/one?api-version=2020-09-01-dataplanepreview" in answer.headers["Location"]
    assert body["id"] == f"{ENDPOINT}/deployments/one/jobs/{body['name']}"
    assert body["name"].startswith("batchjob-")
    assert body["properties"]["status"] == "Preparing"
    assert set(body["properties"]["interactionEndpoints"]) == {"Tracking", "Studio"}
    assert body["properties"]["tags"]["azureml.batchrun"] == "true"
    assert body["properties"]["inputData"]["UriFolder"]["mode"] == "ReadOnlyMount"


@pytest.mark.recorded
async def test_the_job_is_a_pipeline_of_the_endpoints_experiment(deployed: BatchWorld) -> None:
    name = (await deployed.submit()).body["name"]
    job = (await deployed.send("GET", f"{WORKSPACE}/jobs/{name}")).body["properties"]

    assert job["jobType"] == "Pipeline"
    assert job["description"] == "Pipeline submission for endpoint: churn, deployment: one."
    assert job["experimentName"] == "churn"
    assert job["tags"] == {"azureml.batchrun": "true", "azureml.deploymentname": "one"}


@pytest.mark.specified
async def test_what_the_invocation_sets_goes_over_the_deployments_settings(deployed: BatchWorld) -> None:
    answer = await deployed.submit(
        miniBatchSize=4,
        errorThreshold=2,
        retrySettings={"maxRetries": 0, "timeout": "PT5S"},
        outputFileName="rows.csv",
        compute={"instanceCount": 1},
        properties={"experimentName": "trial"},
        name="a name",
    )
    spec = ledger(deployed, answer.body["name"]).spec

    assert (spec.mini_batch_size, spec.error_threshold, spec.max_retries, spec.timeout) == (4, 2, 0, 5)
    assert (spec.instance_count, spec.output_file, spec.experiment) == (1, "rows.csv", "trial")
    assert spec.display_name == "a name"


@pytest.mark.specified
async def test_the_output_goes_where_the_invocation_says(deployed: BatchWorld) -> None:
    uri = "azureml://datastores/workspaceblobstore/paths/results/today/rows.csv"
    job = await finished(deployed, outputData={"score": {"jobOutputType": "UriFile", "uri": uri}})

    assert (job.spec.output.path, job.spec.output_file) == ("results/today", "rows.csv")
    assert len(deployed.output(job, "rows.csv").split()) == 10


@pytest.mark.specified
async def test_the_input_may_be_an_address_of_blob_storage(deployed: BatchWorld) -> None:
    uri = "https://acct.blob.core.windows.net/blobs/in/part-03.csv"
    job = await finished(deployed, inputData={"one": {"jobInputType": "UriFile", "uri": uri}})

    assert deployed.output(job) == "3\n"


@pytest.mark.specified
async def test_the_input_may_be_a_data_asset_by_its_id(deployed: BatchWorld) -> None:
    uri = "azureml://datastores/workspaceblobstore/paths/in"
    asset = deployed.add_data("customers", "uri_folder", uri)
    job = await finished(deployed, inputData={"input": {"jobInputType": "UriFolder", "uri": asset}})

    assert job.spec.input.uri == uri
    assert len(deployed.output(job).split()) == 10


@pytest.mark.inferred
async def test_an_mltable_is_not_emulated_as_input(deployed: BatchWorld) -> None:
    asset = deployed.add_data("table", "mltable", "azureml://datastores/workspaceblobstore/paths/in")

    with pytest.raises(NotEmulatedError, match="mltable"):
        await deployed.submit(inputData={"input": {"jobInputType": "UriFolder", "uri": asset}})


@pytest.mark.specified
@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({}, "exactly one data input; the request has 0"),
        ({**INPUT, "b": INPUT["UriFolder"]}, "the request has 2"),
        ({"n": {"jobInputType": "Literal", "value": 1}}, "is a literal"),
        ({"a": {"jobInputType": "UriFolder"}}, "'inputData.a.uri' is missing"),
    ],
)
async def test_a_model_deployment_takes_exactly_one_data_input(
    deployed: BatchWorld, inputs: dict[str, Any], said: str
) -> None:
    with pytest.raises(AzureError, match=said):
        await deployed.submit(inputData=inputs)


@pytest.mark.inferred
async def test_input_that_is_not_in_blob_storage_is_not_emulated(deployed: BatchWorld) -> None:
    with pytest.raises(NotEmulatedError, match=r"https://example\.org/x\.csv"):
        await deployed.submit(inputData={"a": {"jobInputType": "UriFile", "uri": "https://example.org/x.csv"}})


@pytest.mark.inferred
async def test_an_unknown_deployment_in_the_header_is_404(deployed: BatchWorld) -> None:
    with pytest.raises(AzureError, match="'nine' does not exist under the batch endpoint 'churn'") as refused:
        await deployed.submit(deployment="nine")

    assert refused.value.status == 404


@pytest.mark.inferred
async def test_an_endpoint_without_default_needs_a_named_deployment(world: BatchWorld) -> None:
    await world.send("PUT", ENDPOINT, {"location": "westeurope", "properties": {"authMode": "aadToken"}})
    await world.settle()

    with pytest.raises(AzureError, match="has no default deployment"):
        await world.submit()


@pytest.mark.inferred
async def test_a_named_deployment_answers_in_place_of_the_default(deployed: BatchWorld) -> None:
    await deployed.send("PUT", f"{ENDPOINT}/deployments/two", DEPLOYMENT_BODY)
    await deployed.settle()

    answer = await deployed.submit(deployment="two")

    assert answer.headers["azureml-model-deployment"] == "two"


# Run history and data plane


@pytest.mark.specified
async def test_a_jobs_one_step_names_its_output_as_a_data_asset(deployed: BatchWorld) -> None:
    job = await finished(deployed)
    (step,) = (await deployed.send("GET", f"{HISTORY}/runs/{job.spec.name}/children", site="api")).body["value"]
    asset = step["outputs"]["score"]["assetId"]
    resolve = f"/data/v1.0{WORKSPACE}/dataversion/batchGetResolvedUris"
    uris = (await deployed.send("POST", resolve, {"values": [asset]}, site="api")).body["values"]

    assert (step["name"], step["parentRunId"], step["runType"]) == ("batchscoring", job.spec.name, "azureml.StepRun")
    assert uris[asset]["uri"].endswith(f"/datastores/workspaceblobstore/paths/azureml/{step['runId']}/score/")


@pytest.mark.specified
async def test_a_step_is_no_job_of_its_own(deployed: BatchWorld) -> None:
    job = await finished(deployed)

    shown = (await deployed.send("GET", f"{WORKSPACE}/jobs/{job.spec.child}")).body
    listed = (await deployed.send("GET", f"{WORKSPACE}/jobs")).body["value"]

    assert "properties" not in shown
    assert [item["name"] for item in listed] == [job.spec.name]


@pytest.mark.specified
async def test_the_details_of_a_run_lead_to_its_logs(deployed: BatchWorld) -> None:
    job = await finished(deployed)

    details = (await deployed.send("GET", f"{HISTORY}/runs/{job.spec.name}/details", site="api")).body

    assert details["status"] == "Completed"
    assert details["logFiles"]["logs/azureml/executionlogs.txt"].startswith(
        f"https://acct.blob.core.windows.net/azureml/ExperimentRun/dcid.{job.spec.name}/logs/azureml/executionlogs.txt?"
    )


@pytest.mark.inferred
async def test_progress_stands_in_the_properties_of_job_and_run(deployed: BatchWorld) -> None:
    job = await finished(deployed, miniBatchSize=5)

    shown = (await deployed.send("GET", f"{WORKSPACE}/jobs/{job.spec.name}")).body["properties"]["properties"]
    run = (await deployed.send("GET", f"{HISTORY}/runs/{job.spec.name}", site="api")).body["properties"]

    assert (shown["windlass.miniBatchesTotal"], shown["windlass.miniBatchesDone"]) == ("2", "2")
    assert (shown["windlass.itemsTotal"], shown["windlass.rows"]) == ("10", "10")
    assert run["windlass.rows"] == "10"


@pytest.mark.specified
async def test_a_failed_run_tells_its_error(deployed: BatchWorld) -> None:
    answer = await deployed.submit(inputData={"a": {**INPUT["UriFolder"], "uri": f"{INPUT['UriFolder']['uri']}/none"}})
    job = ledger(deployed, answer.body["name"])
    await deployed.ended(job)

    details = (await deployed.send("GET", f"{HISTORY}/runs/{job.spec.name}/details", site="api")).body

    assert details["error"]["error"]["code"] == "InputNotFound"


@pytest.mark.specified
async def test_an_archived_job_leaves_the_list_of_active_ones(deployed: BatchWorld) -> None:
    job = await finished(deployed)
    path = f"{HISTORY}/experiments/churn/runs/{job.spec.name}"

    await deployed.send("PATCH", path, {"hidden": True}, site="api")

    assert (await deployed.send("GET", f"{WORKSPACE}/jobs?listViewType=ActiveOnly")).body["value"] == []
    assert len((await deployed.send("GET", f"{WORKSPACE}/jobs?listViewType=ArchivedOnly")).body["value"]) == 1


@pytest.mark.specified
async def test_jobs_of_an_endpoint_and_of_a_deployment_are_listed_newest_first(deployed: BatchWorld) -> None:
    names = [(await deployed.submit()).body["name"] for _ in range(2)]

    of_endpoint = (await deployed.send("GET", f"{MFE}{ENDPOINT}/jobs", site="api")).body["value"]
    of_deployment = (await deployed.send("GET", f"{MFE}{ENDPOINT}/deployments/one/jobs", site="api")).body["value"]

    assert [job["name"] for job in of_endpoint] == list(reversed(names))
    assert of_deployment == of_endpoint


# Cancel and the rest


@pytest.mark.recorded
async def test_cancelling_a_running_job_is_202_with_a_place_to_ask(deployed: BatchWorld) -> None:
    job = ledger(deployed, (await deployed.submit()).body["name"])

    answer = await deployed.send("POST", f"{WORKSPACE}/jobs/{job.spec.name}/cancel")
    asked = job.status
    await deployed.settle()

    assert (answer.status, answer.body) == (202, b"null")
    assert f"/mfeOperationResults/jc:guid:{job.spec.name}" in answer.headers["Location"]
    assert answer.headers["x-ms-async-operation-timeout"] == "PT1H"
    assert (asked, job.status) == ("CancelRequested", "Canceled")


@pytest.mark.recorded
async def test_cancelling_a_finished_job_is_200_and_changes_nothing(deployed: BatchWorld) -> None:
    job = await finished(deployed)

    answer = await deployed.send("POST", f"{WORKSPACE}/jobs/{job.spec.name}/cancel")

    assert (answer.status, answer.body, job.status) == (200, None, "Completed")


@pytest.mark.inferred
async def test_jobs_of_other_kinds_are_not_emulated(deployed: BatchWorld) -> None:
    with pytest.raises(NotEmulatedError, match="jobs of type Command"):
        await deployed.send("PUT", f"{WORKSPACE}/jobs/mine", {"properties": {"jobType": "Command"}})


@pytest.mark.inferred
async def test_an_unknown_job_is_404(deployed: BatchWorld) -> None:
    with pytest.raises(AzureError) as refused:
        await deployed.send("GET", f"{WORKSPACE}/jobs/nope")

    assert refused.value.status == 404
