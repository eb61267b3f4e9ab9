from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from support.definitions import make_definition

from windlass.azure.online import deployment_document, read_batch_endpoint, read_endpoint, with_traffic
from windlass.azure.workspace import quiet
from windlass.errors.release import EndpointUnreadableError
from windlass.project.loader import endpoint_folders, load_online
from windlass.release.models import Condition, CreateDeployment, ModelVersion
from windlass.release.traffic import Traffic

WORKSPACE = (
    "/subscriptions/10ca1000-0000-4000-8000-000000000002/resourceGroups/rg"
    "/providers/Microsoft.MachineLearningServices/workspaces/ws"
)


def endpoint(**changes: Any) -> dict[str, Any]:
    """Make an endpoint in the shape that was recorded on Azure (GET, 2025)."""
    return {
        "id": f"{WORKSPACE}/onlineEndpoints/shop-churn",
        "name": "shop-churn",
        "type": "Microsoft.MachineLearningServices/workspaces/onlineEndpoints",
        "location": "westeurope",
        "kind": "Managed",
        "tags": {"owner": "shop"},
        "identity": {
            "type": "UserAssigned",
            "principalId": "00000000-0000-0000-0000-000000000001",
            "tenantId": "10ca1000-0000-4000-8000-000000000001",
            "userAssignedIdentities": {"/subscriptions/s/id": {"principalId": "p", "clientId": "c"}},
        },
        "systemData": {"createdAt": "2025-02-01T00:00:00+00:00"},
        "properties": {
            "authMode": "Key",
            "description": "who buys again",
            "properties": {"azureml.onlineendpointid": "x", "AzureAsyncOperationUri": "y"},
            "provisioningState": "Succeeded",
            "scoringUri": "https://shop-churn.westeurope.inference.ml.azure.com/score",
            "swaggerUri": "https://shop-churn.westeurope.inference.ml.azure.com/swagger.json",
            "traffic": {"churn-1": 100},
            "mirrorTraffic": {},
            "publicNetworkAccess": "Enabled",
            "compute": None,
            **changes,
        },
    }


def deployment(name: str, state: str = "Succeeded", **tags: str) -> dict[str, Any]:
    return {
        "name": name,
        "tags": tags,
        "sku": {"name": "Default", "capacity": 2},
        "properties": {
            "provisioningState": state,
            "model": f"{WORKSPACE}/models/churn/versions/2",
            "environmentId": f"{WORKSPACE}/environments/churn/versions/abc",
            "instanceType": "Standard_DS3_v2",
        },
    }


def test_changing_traffic_sends_back_everything_else_as_it_was_read() -> None:
    body = with_traffic(endpoint(), Traffic.of({"churn-2": 100}), target="", base=Traffic())

    assert body == {
        "location": "westeurope",
        "kind": "Managed",
        "tags": {"owner": "shop"},
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {"/subscriptions/s/id": {}}},
        "properties": {
            "authMode": "Key",
            "description": "who buys again",
            "mirrorTraffic": {},
            "properties": {"azureml.onlineendpointid": "x", "AzureAsyncOperationUri": "y"},
            "publicNetworkAccess": "Enabled",
            "traffic": {"churn-2": 100},
        },
    }


def test_what_was_before_a_release_travels_with_its_traffic_and_is_read_back() -> None:
    base = Traffic.of({"churn-0": 30, "churn-1": 70})
    body = with_traffic(endpoint(), Traffic.of({"churn-2": 100}), target="churn-2", base=base)

    found = read_endpoint(endpoint(traffic=body["properties"]["traffic"]) | {"tags": body["tags"]})

    assert (found.target, found.base) == ("churn-2", base)
    assert body["tags"]["owner"] == "shop"


def test_a_first_release_remembers_that_nothing_was_before() -> None:
    body = with_traffic(endpoint(), Traffic.of({"churn-1": 100}), target="churn-1", base=Traffic())

    found = read_endpoint(endpoint() | {"tags": body["tags"]})

    assert (found.target, found.base) == ("churn-1", Traffic())


def test_a_roll_back_takes_the_note_away() -> None:
    noted = with_traffic(endpoint(), Traffic.of({"b": 100}), target="b", base=Traffic.of({"a": 100}))

    body = with_traffic(endpoint() | {"tags": noted["tags"]}, Traffic.of({"a": 100}), target="", base=Traffic())

    assert body["tags"] == {"owner": "shop"}


def test_an_endpoint_is_read_with_its_deployments() -> None:
    found = read_endpoint(endpoint(), (deployment("churn-1", **{"windlass.release": "abc123"}),))

    assert found.traffic == Traffic.of({"churn-1": 100})
    assert found.auth_mode == "key"
    only = found.deployments[0]
    assert (only.model, only.environment, only.instances, only.release) == ("churn:2", "churn:abc", 2, "abc123")


@pytest.mark.parametrize(
    ("state", "condition"),
    [
        ("Succeeded", Condition.READY),
        ("Failed", Condition.DEAD),
        ("Canceled", Condition.DEAD),
        ("Creating", Condition.MOVING),
        ("Deleting", Condition.MOVING),
        ("A word of next year", Condition.MOVING),
    ],
)
def test_an_unknown_state_counts_as_still_moving(state: str, condition: Condition) -> None:
    assert read_endpoint(endpoint(), (deployment("d", state),)).deployments[0].condition is condition


def test_a_note_that_nobody_of_us_wrote_is_refused() -> None:
    with pytest.raises(EndpointUnreadableError, match="shop-churn"):
        read_endpoint(endpoint() | {"tags": {"windlass.base": "all of it"}})


def test_a_deployment_is_sent_as_written_but_for_what_a_release_decides() -> None:
    definition = make_definition().deployment
    step = CreateDeployment(
        name="churn-2",
        model=ModelVersion(name="churn", version="2", sha256="f" * 64),
        environment="churn:abc",
        release="fingerprint",
        definition=definition,
    )

    document = deployment_document("shop-churn", step)

    assert document == {
        "instance_type": "Standard_DS3_v2",
        "instance_count": 1,
        "name": "churn-2",
        "endpoint_name": "shop-churn",
        "model": "azureml:churn:2",
        "environment": "azureml:churn:abc",
        "environment_variables": {"WINDLASS_MODEL_SHA256": "f" * 64},
        "tags": {"windlass.model": "churn:2", "windlass.sha256": "f" * 64, "windlass.release": "fingerprint"},
    }


def test_a_deployment_carries_what_its_record_gives_it_and_shows_the_digest_of_its_model() -> None:
    step = CreateDeployment(
        name="churn-2",
        model=ModelVersion(name="churn", version="2", sha256="f" * 64),
        environment="churn:abc",
        release="fingerprint",
        definition=make_definition().deployment,
        tags=(("windlass.record", "20261129-120000-churn-2"),),
    )

    tags = deployment_document("shop-churn", step)["tags"]
    (shown,) = read_endpoint(endpoint(), (deployment("churn-2") | {"tags": tags},)).deployments

    assert tags["windlass.record"] == "20261129-120000-churn-2"
    assert (shown.sha256, shown.release) == ("f" * 64, "fingerprint")


def test_a_batch_endpoint_is_read_with_its_default() -> None:
    each = deployment("churn-2") | {
        "properties": {"provisioningState": "Succeeded", "model": {"assetId": f"{WORKSPACE}/models/churn/versions/2"}}
    }

    found = read_batch_endpoint({"name": "b", "properties": {"defaults": {"deploymentName": "churn-2"}}}, (each,))

    assert (found.default, found.deployments) == ("churn-2", (("churn-2", "Succeeded", "churn:2"),))


def test_the_definitions_of_this_repository_load_in_azure_ai_ml() -> None:
    root = Path(__file__).resolve().parents[3]
    for name in endpoint_folders(root, "online"):
        definition = load_online(root, name, "local").deployment
        step = CreateDeployment(
            name=f"{name}-1",
            model=ModelVersion(name=name, version="1", sha256=""),
            environment="churn:abc",
            release="r",
            definition=definition,
        )
        source = io.StringIO(json.dumps(deployment_document("e", step)))

        with quiet():  # azure-ai-ml warns of its own marshmallow when it is imported
            from azure.ai.ml import load_online_deployment

            entity = load_online_deployment(source, relative_origin=str(definition.file))

        assert (entity.name, entity.model, entity.environment) == (f"{name}-1", f"{name}:1", "churn:abc")
        assert (Path(entity.base_path) / entity.code_configuration.code).resolve().is_dir()
