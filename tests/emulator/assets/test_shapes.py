"""The bodies that are accepted, held against azure-ai-ml's own models."""

from __future__ import annotations

import pytest
from support.sdk_models import unknown
from windlass_emulator.errors import AzureError
from windlass_emulator.ml import shapes
from windlass_emulator.shapes import Shape, check

CASES = [
    (shapes.WORKSPACE, "Workspace"),
    (shapes.WORKSPACE_PATCH, "WorkspaceUpdateParameters"),
    (shapes.DATASTORE, "Datastore"),
    (shapes.COMPUTE, "ComputeResource"),
    (shapes.MODEL, "ModelVersion"),
    (shapes.ENVIRONMENT, "EnvironmentVersion"),
    (shapes.CODE, "CodeVersion"),
    (shapes.DATA, "DataVersionBase"),
    (shapes.CONTAINER, "ModelContainer"),
    (shapes.CONTAINER, "EnvironmentContainer"),
    (shapes.CONTAINER, "CodeContainer"),
    (shapes.DATA_CONTAINER, "DataContainer"),
    (shapes.PENDING_UPLOAD, "PendingUploadRequestDto"),
]


OLDER = {"properties.allowRoleAssignmentOnRG", "properties.networkAcls"}
"""What azure-ai-ml 1.35 sends and its model of 2025-12-01 has no more (`set_removed_workspace_property`)."""


@pytest.mark.specified
@pytest.mark.parametrize(("shape", "model"), CASES, ids=[model for _, model in CASES])
def test_a_shape_holds_nothing_that_the_sdk_does_not_know(shape: Shape, model: str) -> None:
    assert unknown(shape, model) <= OLDER


@pytest.mark.inferred
def test_an_unknown_property_is_refused_by_its_path() -> None:
    body = {"properties": {"modelUri": "azureml://datastores/x/paths/y", "modelPath": "y"}}

    with pytest.raises(AzureError, match=r"properties\.modelPath"):
        check(body, shapes.MODEL)
