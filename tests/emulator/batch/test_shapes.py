"""The bodies that are accepted, held against what azure-ai-ml knows and writes."""

from __future__ import annotations

import pytest
from support.sdk_models import unknown
from windlass_emulator.batch import shapes
from windlass_emulator.errors import AzureError
from windlass_emulator.shapes import Shape, check

CASES = [
    (shapes.ENDPOINT, "BatchEndpoint"),
    (shapes.DEPLOYMENT, "BatchDeployment"),
    (shapes.ENDPOINT_PATCH, "PartialMinimalTrackedResourceWithIdentity"),
    (shapes.DEPLOYMENT_PATCH, "PartialBatchDeploymentPartialMinimalTrackedResourceWithProperties"),
]


@pytest.mark.specified
@pytest.mark.parametrize(("shape", "model"), CASES, ids=[model for _, model in CASES])
def test_a_shape_holds_nothing_that_the_sdk_does_not_know(shape: Shape, model: str) -> None:
    assert unknown(shape, model) == set()


@pytest.mark.specified
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # azure-ai-ml 1.35 on its own marshmallow
def test_the_invocation_knows_all_that_the_sdk_can_write() -> None:
    from azure.ai.ml import Input, Output
    from azure.ai.ml._schema._deployment.batch.batch_job import BatchJobSchema
    from azure.ai.ml.constants._common import BASE_PATH_CONTEXT_KEY

    wire = BatchJobSchema(context={BASE_PATH_CONTEXT_KEY: "."}).load(
        {
            "error_threshold": 1,
            "input_data": {"in": Input(type="uri_folder", path="azureml://a"), "n": Input(type="number", default=1)},
            "output_data": {"score": Output(type="uri_file", path="azureml://b")},
            "mini_batch_size": 2,
            "job_name": "a name",
            "output_file_name": "rows.csv",
            "retry_settings": {"max_retries": 1, "timeout": 5},
            "properties": {"experimentName": "x"},
        }
    )

    check({"properties": wire}, shapes.INVOCATION)

    assert set(wire) <= set(shapes.INVOCATION_PROPERTIES)


@pytest.mark.specified
def test_the_invocation_is_understood_in_the_case_of_azures_rest_examples() -> None:
    sent = {"properties": {"InputData": {"myInput": {"JobInputType": "UriFolder", "Uri": "azureml://x"}}}}

    spelled = shapes.spelled(sent, shapes.INVOCATION)

    assert spelled == {"properties": {"inputData": {"myInput": {"jobInputType": "UriFolder", "uri": "azureml://x"}}}}


@pytest.mark.inferred
def test_an_unknown_property_of_an_invocation_is_refused_by_its_path() -> None:
    with pytest.raises(AzureError, match=r"properties\.miniBatchCount"):
        check({"properties": {"miniBatchCount": 3}}, shapes.INVOCATION)
