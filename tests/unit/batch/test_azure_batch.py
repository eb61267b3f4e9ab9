"""What is sent to Azure and how its answers are read; the requests themselves run in the end-to-end tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.batch import ENDPOINT, make_batch_definition

from windlass.azure.batch import (
    Services,
    deployment_document,
    invocation,
    read_batch_endpoint,
    read_job,
    read_nodes,
    read_progress,
    tell_cause,
    with_default,
)
from windlass.batch.models import CreateBatchDeployment, JobRequest, JobStatus, UploadedData
from windlass.project.outputs import StackOutputs
from windlass.release.models import ModelVersion

STEP = CreateBatchDeployment(
    name="churn-2",
    model=ModelVersion(name="churn", version="2", sha256="abc"),
    environment="churn:0123",
    release="fedc",
    definition=make_batch_definition().deployment,
)


def request(nodes: int | None = None) -> JobRequest:
    return JobRequest(
        run="run-1",
        endpoint=ENDPOINT,
        deployment="churn-2",
        data=UploadedData(name="n", version="v", folder=Path("nowhere")),
        output="azureml://datastores/workspaceblobstore/paths/windlass/e/run-1/predictions.csv",
        nodes=nodes,
    )


def job(status: str, **properties: str) -> dict[str, Any]:
    return {
        "name": "batchjob-1",
        "properties": {
            "status": status,
            "tags": {"azureml.deploymentname": "churn-2"},
            "services": {"Studio": {"endpoint": "https://ml.azure.com/runs/batchjob-1"}},
            "properties": properties,
        },
    }


def test_a_deployment_is_the_users_with_what_a_run_decides() -> None:
    document = deployment_document(ENDPOINT, STEP)

    assert {key: document[key] for key in ("name", "endpoint_name", "model", "environment", "compute")} == {
        "name": "churn-2",
        "endpoint_name": ENDPOINT,
        "model": "azureml:churn:2",
        "environment": "azureml:churn:0123",
        "compute": "azureml:cpu",
    }
    assert document["tags"] == {"windlass.model": "churn:2", "windlass.sha256": "abc", "windlass.release": "fedc"}


def test_the_scoring_script_is_told_which_content_the_model_must_have() -> None:
    document = deployment_document(ENDPOINT, STEP)

    assert document["settings"]["environment_variables"] == {"WINDLASS_MODEL_SHA256": "abc"}


def test_a_changed_default_leaves_the_rest_of_the_endpoint_as_it_was_read() -> None:
    read = {
        "location": "westeurope",
        "tags": {"owner": "me"},
        "systemData": {"createdBy": "x"},
        "properties": {
            "authMode": "AADToken",
            "description": "d",
            "scoringUri": "https://e/jobs",
            "provisioningState": "Succeeded",
            "defaults": {"deploymentName": "old"},
        },
    }

    assert with_default(read, "new") == {
        "location": "westeurope",
        "tags": {"owner": "me"},
        "properties": {"authMode": "AADToken", "description": "d", "defaults": {"deploymentName": "new"}},
    }


def test_a_job_is_asked_for_with_an_output_of_its_own() -> None:
    body = invocation(request(nodes=3), "/subscriptions/s/data/n/versions/v", "UriFolder")["properties"]

    assert body["inputData"] == {"input": {"jobInputType": "UriFolder", "uri": "/subscriptions/s/data/n/versions/v"}}
    assert body["outputData"]["score"]["uri"].endswith("/run-1/predictions.csv")
    assert body["compute"] == {"instanceCount": 3}


def test_nodes_are_left_to_the_deployment_when_nobody_names_a_number() -> None:
    assert "compute" not in invocation(request(), "uri", "UriFolder")["properties"]


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("Preparing", JobStatus.WAITING),
        ("Queued", JobStatus.WAITING),
        ("Running", JobStatus.RUNNING),
        ("Finalizing", JobStatus.RUNNING),
        ("CancelRequested", JobStatus.RUNNING),
        ("Completed", JobStatus.COMPLETED),
        ("Failed", JobStatus.FAILED),
        ("Canceled", JobStatus.CANCELED),
        ("SomethingNew", JobStatus.WAITING),
    ],
)
def test_azures_words_for_a_job_are_ours(state: str, status: JobStatus) -> None:
    read = read_job(job(state))

    assert (read.status, read.state, read.deployment) == (status, state, "churn-2")
    assert read.studio == "https://ml.azure.com/runs/batchjob-1"


def test_progress_is_told_in_figures_where_there_are_any() -> None:
    told = {
        "windlass.miniBatchesDone": "2",
        "windlass.miniBatchesTotal": "8",
        "windlass.miniBatchesFailed": "0",
        "windlass.rows": "25000",
        "windlass.nodesOverTime": "[[0.0, 0], [2.5, 2]]",
    }

    progress = read_progress(job("Running", **told), None)

    assert (progress.done, progress.total, progress.failed, progress.rows) == (2, 8, 0, 25_000)
    assert progress.nodes_over_time == (0, 2)


def test_progress_is_unknown_where_azure_says_nothing() -> None:
    progress = read_progress(job("Running"), None)

    assert (progress.done, progress.total, progress.rows, progress.nodes) == (None, None, None, None)


def test_nodes_are_counted_by_state() -> None:
    cluster = {"properties": {"properties": {"nodeStateCounts": {"runningNodeCount": 2, "idleNodeCount": 1}}}}

    nodes = read_nodes(cluster)

    assert nodes is not None
    assert (nodes["running"], nodes["idle"], nodes["preparing"]) == (2, 1, 0)


def test_a_compute_without_such_figures_has_none() -> None:
    assert read_nodes({"properties": {"properties": None}}) is None


def test_an_endpoint_is_read_with_its_deployments() -> None:
    found = read_batch_endpoint(
        {"name": ENDPOINT, "properties": {"defaults": {"deploymentName": "churn-2"}}},
        (
            {
                "name": "churn-2",
                "tags": {"windlass.release": "fedc"},
                "properties": {
                    "provisioningState": "Succeeded",
                    "model": {"assetId": "/subscriptions/s/workspaces/w/models/churn/versions/2"},
                },
            },
            {"name": "bad", "properties": {"provisioningState": "Failed", "model": None}},
        ),
    )

    assert found.default == "churn-2"
    good, bad = found.deployments
    assert (good.model, good.release, good.is_ready) == ("churn:2", "fedc", True)
    assert (bad.model, bad.is_ready, bad.state) == ("", False, "Failed")


def test_an_endpoint_without_default_has_none() -> None:
    found = read_batch_endpoint({"name": ENDPOINT, "properties": {"defaults": {"deploymentName": None}}}, ())

    assert found.default == ""


def test_the_cause_of_a_failure_stands_before_the_end_of_the_log() -> None:
    log = ["starting", "BadFileError: part-1.csv: age cannot be 'old'", "  at line 3", "bye"]

    assert tell_cause(log)[0] == "BadFileError: part-1.csv: age cannot be 'old'"
    assert tell_cause(log)[1:] == tuple(log)
    assert tell_cause([]) == ()


def test_azure_mls_own_services_answer_in_the_region_of_the_workspace() -> None:
    outputs = StackOutputs(
        project="shop",
        stack="local",
        cloud="local",
        tenant_id="t",
        subscription_id="s",
        location="westeurope",
        resource_group="rg",
        workspace="mlw",
        storage_account="st",
        key_vault="kv",
        container_registry="cr",
    )
    workspace = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/mlw"

    services = Services.of(outputs)

    assert services.jobs == f"https://westeurope.api.azureml.ms/mferp/managementfrontend{workspace}"
    assert services.history == f"https://westeurope.api.azureml.ms/history/v1.0{workspace}"
