"""The bodies of requests, held against azure-ai-ml's own models, and what the service fills in."""

from __future__ import annotations

from typing import Any

import pytest
from support.sdk_models import unknown
from windlass_emulator.errors import AzureError, NotEmulatedError
from windlass_emulator.online import defaults, shapes
from windlass_emulator.shapes import Shape

CASES = [
    (shapes.ENDPOINT, "OnlineEndpoint"),
    (shapes.ENDPOINT_PATCH, "PartialMinimalTrackedResourceWithIdentity"),
    (shapes.DEPLOYMENT_PROPERTIES, "ManagedOnlineDeployment"),
    (shapes.KUBERNETES_PROPERTIES, "KubernetesOnlineDeployment"),
    (shapes.DEPLOYMENT_PATCH, "PartialMinimalTrackedResourceWithSku"),
    (shapes.REGENERATE_KEYS, "RegenerateEndpointKeysRequest"),
    (shapes.GET_LOGS, "DeploymentLogsRequest"),
]


@pytest.mark.specified
@pytest.mark.parametrize(("shape", "model"), CASES, ids=[model for _, model in CASES])
def test_a_shape_holds_nothing_that_the_sdk_does_not_know(shape: Shape, model: str) -> None:
    assert unknown(shape, model) == set()


@pytest.mark.specified
def test_a_deployment_holds_nothing_that_the_sdk_does_not_know() -> None:
    whole = {name: shape for name, shape in shapes.DEPLOYMENT.items() if name != "properties"}

    assert unknown(whole, "OnlineDeployment") == set()


@pytest.mark.inferred
def test_a_misspelt_property_of_a_deployment_is_refused_by_its_path() -> None:
    body = {"properties": {"requestSettings": {"requestTimeOut": "PT5S"}}}

    with pytest.raises(AzureError, match=r"properties\.requestSettings\.requestTimeOut"):
        shapes.check_deployment(body)


@pytest.mark.inferred
@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"properties": {"endpointComputeType": "AzureMLCompute"}}, "AzureMLCompute"),
        ({"properties": {"endpointComputeType": "Managed", "modelMountPath": "/m"}}, "modelMountPath"),
    ],
)
def test_deployments_that_are_not_emulated_are_refused_by_name(body: dict[str, Any], named: str) -> None:
    with pytest.raises(NotEmulatedError, match=named):
        shapes.check_deployment(body)


@pytest.mark.specified
def test_a_bare_deployment_on_kubernetes_is_filled_by_its_own_limits() -> None:
    sent = {"endpointComputeType": "Kubernetes", "scaleSettings": {"scaleType": "TargetUtilization"}}
    longer = {**sent, "requestSettings": {"requestTimeout": "PT300S"}}

    filled = defaults.fill_deployment({"location": "westeurope", "properties": longer})

    assert filled["kind"] == filled["properties"]["endpointComputeType"] == "Kubernetes"
    assert filled["properties"]["scaleSettings"] == {
        "scaleType": "TargetUtilization",
        "minInstances": 1,
        "maxInstances": 1,
        "pollingInterval": "PT1S",
        "targetUtilizationPercentage": 70,
    }


@pytest.mark.recorded
def test_a_bare_deployment_is_filled_as_azure_fills_it() -> None:
    filled = defaults.fill_deployment({"location": "westeurope", "properties": {"instanceType": "Standard_DS3_v2"}})

    properties = filled["properties"]
    assert properties["requestSettings"] == {
        "maxQueueWait": "PT0S",
        "requestTimeout": "PT5S",
        "maxConcurrentRequestsPerInstance": 1,
    }
    assert properties["livenessProbe"] == properties["readinessProbe"] == defaults.PROBE
    assert properties["scaleSettings"] == {"scaleType": "Default"}
    assert properties["egressPublicNetworkAccess"] == "Enabled"
    assert filled["sku"] == {"name": "Default", "tier": "Standard", "capacity": 1}


@pytest.mark.specified
def test_the_mode_of_a_collection_is_capitalised() -> None:
    sent = {"collections": {"request": {"dataCollectionMode": "enabled", "samplingRate": 1.0}}}

    filled = defaults.fill_deployment({"location": "x", "properties": {"dataCollector": sent}})

    assert filled["properties"]["dataCollector"]["collections"]["request"]["dataCollectionMode"] == "Enabled"


@pytest.mark.recorded
def test_variables_that_the_service_added_are_not_taken_for_the_users() -> None:
    sent = {"AML_APP_ROOT": "/var/azureml-app/src", "THRESHOLD": 0.5}

    filled = defaults.fill_deployment({"location": "x", "properties": {"environmentVariables": sent}})

    assert filled["properties"]["environmentVariables"] == {"THRESHOLD": "0.5"}


@pytest.mark.specified
@pytest.mark.parametrize(
    "settings",
    [
        {"requestSettings": {"requestTimeout": "PT181S"}},
        {"requestSettings": {"requestTimeout": "PT0S"}},
        {"requestSettings": {"maxConcurrentRequestsPerInstance": 0}},
        {"livenessProbe": {"failureThreshold": 0}},
        {"readinessProbe": {"period": "often"}},
        {"scaleSettings": {"scaleType": "TargetUtilization", "minInstances": 3, "maxInstances": 2}},
        {"scaleSettings": {"scaleType": "TargetUtilization", "targetUtilizationPercentage": 101}},
        {"endpointComputeType": "Kubernetes", "requestSettings": {"requestTimeout": "PT301S"}},
    ],
)
def test_limits_that_make_no_sense_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(AzureError):
        defaults.fill_deployment({"location": "x", "properties": settings})
