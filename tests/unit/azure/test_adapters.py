"""The adapters against Azure's answers, in the shapes that were recorded."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from support.scripted_azure import Reply, ScriptedAzure

from windlass.azure.assets import AzureAssets
from windlass.azure.online import AzureOnlineEndpoints
from windlass.azure.scoring import AzureScoring
from windlass.errors.azure import AzureNotFoundError, AzureRequestError, AzureUnreachableError
from windlass.errors.release import NoScoringAddressError
from windlass.release.models import Endpoint, ModelVersion
from windlass.release.traffic import Traffic

STATUS = "https://management.azure.com/subscriptions/s/providers/Microsoft.MachineLearningServices/locations/w/mfeOperationsStatus/oe:1"
STATUS_PATH = "/subscriptions/s/providers/Microsoft.MachineLearningServices/locations/w/mfeOperationsStatus/oe:1"
RUNNING = Reply(202, None, {"Azure-AsyncOperation": f"{STATUS}?api-version=2024-04-01", "Location": STATUS})
ALL = Traffic.of({"churn-2": 100})


def endpoint(**traffic: int) -> dict[str, Any]:
    return {
        "name": "shop",
        "location": "westeurope",
        "tags": {"owner": "shop"},
        "identity": {"type": "SystemAssigned", "principalId": "p", "tenantId": "t"},
        "properties": {
            "authMode": "Key",
            "scoringUri": "https://shop.westeurope.inference.ml.azure.com/score",
            "traffic": traffic,
        },
    }


def model(version: str, sha256: str) -> dict[str, Any]:
    return {"name": version, "properties": {"properties": {"sha256": sha256}, "tags": {}}}


def refused(status: int, code: str, message: str) -> Reply:
    return Reply(status, {"error": {"code": code, "message": message, "details": []}})


def started(body: Any = None) -> Reply:
    """A PUT that Azure took: 201, an operation to look at, no Retry-After."""
    return Reply(201, body or endpoint(), {"Azure-AsyncOperation": f"{STATUS}?api-version=2024-04-01"})


@pytest.fixture
def azure() -> ScriptedAzure:
    return ScriptedAzure()


def test_azure_itself_says_which_version_comes_next(azure: ScriptedAzure) -> None:
    azure.replies = {"GET models/churn": [Reply(200, {"properties": {"nextVersion": "3"}})]}

    assert AzureAssets(azure.workspace()).next_model_version("churn") == "3"


def test_a_model_that_nobody_registered_begins_with_version_1(azure: ScriptedAzure) -> None:
    azure.replies = {"GET models/churn": [refused(404, "UserError", "The specified resource was not found.")]}

    assert AzureAssets(azure.workspace()).next_model_version("churn") == "1"


def test_a_model_version_is_found_by_its_content_on_any_page(azure: ScriptedAzure) -> None:
    following = "https://management.azure.com/more?api-version=2024-04-01&skip=1"
    azure.replies = {
        "GET models/churn/versions": [Reply(200, {"value": [model("2", "b")], "nextLink": following})],
        "GET /more": [Reply(200, {"value": [model("1", "a")]})],
    }
    assets = AzureAssets(azure.workspace())

    assert assets.find_model("churn", "a") == ModelVersion(name="churn", version="1", sha256="a")
    assert assets.find_model("churn", "c") is None


def test_a_version_or_an_environment_that_is_not_there_is_none(azure: ScriptedAzure) -> None:
    missing = refused(404, "UserError", "The specified resource was not found.")
    azure.replies = {
        "GET models/churn/versions/9": [missing],
        "GET models/churn/versions": [missing],
        "GET environments/churn/versions/abc": [missing, Reply(200, {"id": "x", "properties": {}})],
    }
    assets = AzureAssets(azure.workspace())

    assert assets.get_model("churn", "9") is None
    assert assets.find_model("churn", "a") is None
    assert [assets.has_environment("churn", "abc") for _ in range(2)] == [False, True]


def test_an_endpoint_is_observed_with_all_its_deployments(azure: ScriptedAzure) -> None:
    deployment = {"name": "churn-1", "sku": {"capacity": 1}, "properties": {"provisioningState": "Succeeded"}}
    azure.replies = {
        "GET onlineEndpoints/shop": [Reply(200, endpoint(**{"churn-1": 100}))],
        "GET onlineEndpoints/shop/deployments": [Reply(200, {"value": [deployment]})],
    }

    found = AzureOnlineEndpoints(azure.workspace()).observe("shop")

    assert (found.traffic.as_dict(), found.names) == ({"churn-1": 100}, ("churn-1",))


def test_an_endpoint_that_is_gone_is_not_found(azure: ScriptedAzure) -> None:
    azure.replies = {"GET onlineEndpoints/shop": [refused(404, "UserError", "no such endpoint")]}
    endpoints = AzureOnlineEndpoints(azure.workspace())

    assert endpoints.find("shop") is None
    with pytest.raises(AzureNotFoundError):
        endpoints.observe("shop")


def test_traffic_is_read_changed_and_written_and_waited_for(azure: ScriptedAzure) -> None:
    azure.replies = {
        "GET onlineEndpoints/shop": [Reply(200, endpoint(**{"churn-1": 100}))],
        "PUT onlineEndpoints/shop": [started()],
        f"GET {STATUS_PATH}": [Reply(200, {"status": "Updating"}), Reply(200, {"status": "Succeeded"})],
    }

    AzureOnlineEndpoints(azure.workspace()).set_traffic(
        "shop", ALL, target="churn-2", base=Traffic.of({"churn-1": 100})
    )

    put = azure.asked("PUT")[0].body
    assert put["properties"]["traffic"] == {"churn-2": 100}
    assert put["tags"] == {"owner": "shop", "windlass.target": "churn-2", "windlass.base": "churn-1=100"}
    assert put["identity"] == {"type": "SystemAssigned"}
    assert azure.sleeps == [2.0]


def test_a_change_under_way_is_waited_for_and_the_endpoint_read_anew(azure: ScriptedAzure) -> None:
    changed = endpoint(**{"churn-1": 100}) | {"tags": {"owner": "somebody else"}}
    azure.replies = {
        "GET onlineEndpoints/shop": [Reply(200, endpoint(**{"churn-1": 100})), Reply(200, changed)],
        "PUT onlineEndpoints/shop": [refused(409, "Conflict", "another operation is running"), started()],
        f"GET {STATUS_PATH}": [Reply(200, {"status": "Succeeded"})],
    }

    AzureOnlineEndpoints(azure.workspace()).set_traffic("shop", ALL, target="", base=Traffic())

    assert [put.body["tags"] for put in azure.asked("PUT")] == [{"owner": "shop"}, {"owner": "somebody else"}]
    assert len(azure.sleeps) == 1


def test_an_operation_that_fails_says_what_azure_said(azure: ScriptedAzure) -> None:
    failed = {"status": "Failed", "error": {"code": "BadRequest", "message": "traffic names no deployment"}}
    azure.replies = {
        "GET onlineEndpoints/shop": [Reply(200, endpoint())],
        "PUT onlineEndpoints/shop": [started()],
        f"GET {STATUS_PATH}": [Reply(200, failed)],
    }

    with pytest.raises(AzureRequestError, match="traffic names no deployment"):
        AzureOnlineEndpoints(azure.workspace()).set_traffic("shop", ALL, target="", base=Traffic())


@pytest.mark.parametrize("reply", [Reply(204), RUNNING])
def test_a_deployment_is_deleted_once_and_for_all(azure: ScriptedAzure, reply: Reply) -> None:
    azure.replies = {
        "DELETE onlineEndpoints/shop/deployments/churn-1": [reply],
        f"GET {STATUS_PATH}": [Reply(200, {"status": "Succeeded"})],
    }

    AzureOnlineEndpoints(azure.workspace()).delete_deployment("shop", "churn-1")

    assert len(azure.asked("DELETE")) == 1


def test_a_log_is_read_from_the_container_that_was_asked_for(azure: ScriptedAzure) -> None:
    azure.replies = {"POST onlineEndpoints/shop/deployments/churn-1/getLogs": [Reply(200, {"content": "line"})]}

    log = AzureOnlineEndpoints(azure.workspace()).logs("shop", "churn-1", lines=50, container="storage")

    assert log == "line"
    assert azure.sent[0].body == {"tail": 50, "containerType": "StorageInitializer"}


SHOP = Endpoint(name="shop", scoring_uri="https://shop.westeurope.inference.ml.azure.com/score")


def scoring(azure: ScriptedAzure, answer: Any) -> AzureScoring:
    azure.replies = {
        "POST onlineEndpoints/shop/listKeys": [Reply(200, {"primaryKey": "the key", "secondaryKey": "other"})],
        "POST onlineEndpoints/shop/token": [Reply(200, {"accessToken": "the token"})],
    }
    return AzureScoring(azure.workspace(), httpx.Client(transport=httpx.MockTransport(answer)))


def echo(request: httpx.Request) -> httpx.Response:
    headers = {"azureml-model-deployment": request.headers.get("azureml-model-deployment", "by traffic")}
    return httpx.Response(200, text=request.headers["Authorization"], headers=headers)


@pytest.mark.parametrize(
    ("auth_mode", "secret"),
    [("key", "the key"), ("aml_token", "the token"), ("aad_token", "token for https://ml.azure.com/.default")],
)
def test_a_request_carries_what_the_endpoint_asks_for(azure: ScriptedAzure, auth_mode: str, secret: str) -> None:
    shop = Endpoint(name="shop", scoring_uri=SHOP.scoring_uri, auth_mode=auth_mode)

    assert scoring(azure, echo).score(shop, b"{}").text == f"Bearer {secret}"


def test_the_key_is_fetched_once(azure: ScriptedAzure) -> None:
    scorer = scoring(azure, echo)

    for _ in range(3):
        scorer.score(SHOP, b"{}")

    assert len(azure.sent) == 1


def test_naming_a_deployment_once_does_not_name_it_for_the_next_request(azure: ScriptedAzure) -> None:
    scorer = scoring(azure, echo)

    answers = [scorer.score(SHOP, b"{}", deployment=name).deployment for name in ("churn-2", "")]

    assert answers == ["churn-2", "by traffic"]


def test_an_answer_that_does_not_come_in_time_is_a_verdict_on_the_model(azure: ScriptedAzure) -> None:
    def hang(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("too slow", request=request)

    answer = scoring(azure, hang).score(SHOP, b"{}", timeout_seconds=5)

    assert (answer.status, answer.text) == (408, "no answer within 5 s")


def test_behind_a_424_stands_what_the_model_said(azure: ScriptedAzure) -> None:
    def refuse(_: httpx.Request) -> httpx.Response:
        return httpx.Response(424, text="age is missing", headers={"ms-azureml-model-error-statuscode": "400"})

    answer = scoring(azure, refuse).score(SHOP, b"{}")

    assert (answer.said, answer.text) == ("424 (the model said 400)", "age is missing")


def test_nobody_there_to_answer_is_no_verdict_on_the_model(azure: ScriptedAzure) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with pytest.raises(AzureUnreachableError):
        scoring(azure, refuse).score(SHOP, b"{}")


def test_an_endpoint_without_an_address_cannot_be_asked(azure: ScriptedAzure) -> None:
    with pytest.raises(NoScoringAddressError, match="Try again in a minute"):
        scoring(azure, echo).score(Endpoint(name="shop"), b"{}")
