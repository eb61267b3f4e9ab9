"""Scoring as callers see it: keys, traffic, mirror, time, size, errors, headers."""

from __future__ import annotations

import concurrent.futures
from collections import Counter

import pytest
from support.online_world import Caller, World

Scored = tuple[World, str, Caller]


@pytest.mark.recorded
def test_an_answer_has_the_headers_of_the_front_door(scored: Scored) -> None:
    answer = scored[2].score({"x": 1})

    assert answer.status_code == 200
    assert answer.json()["model"] == "one"
    assert answer.headers["azureml-model-deployment"] == answer.headers["azureml-model-session"] == "one"
    assert answer.headers["server"] == "azureml-frontdoor"
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-ms-run-function-failed"] == "False"
    assert float(answer.headers["x-ms-run-fn-exec-ms"]) >= 0
    assert answer.headers["x-ms-server-version"].startswith("azmlinfsrv/")
    assert len(answer.headers["x-request-id"]) == 36


@pytest.mark.recorded
@pytest.mark.parametrize(
    ("authorization", "word"),
    [
        ("", "key_auth_bad_header_forbidden"),
        ("Basic abc", "key_auth_bad_header_forbidden"),
        ("Bearer wrong", "key_auth_access_denied"),
    ],
)
def test_who_has_no_key_is_turned_away(scored: Scored, authorization: str, word: str) -> None:
    answer = scored[2].score({}, Authorization=authorization)

    assert (answer.status_code, answer.text) == (401, word)


@pytest.mark.specified
def test_a_failing_script_is_424_with_the_models_status(scored: Scored) -> None:
    answer = scored[2].score({"fail": "no way"})

    assert answer.status_code == 424
    assert answer.headers["ms-azureml-model-error-statuscode"] == "500"
    assert answer.headers["ms-azureml-model-error-reason"] == "model_error"
    assert answer.headers["x-ms-run-function-failed"] == "True"
    assert "scoring script" in answer.json()["message"]


@pytest.mark.specified
def test_a_request_over_the_limit_is_413(scored: Scored) -> None:
    answer = scored[2].score(b'"' + b"x" * 2_000_000 + b'"')

    assert answer.status_code == 413


@pytest.mark.specified
def test_an_answer_over_the_limit_is_424(scored: Scored) -> None:
    assert scored[2].score({"large": 2_000_000}).status_code == 424


@pytest.mark.inferred
def test_an_unknown_deployment_is_404_by_name(scored: Scored) -> None:
    answer = scored[2].score({}, deployment="nobody")

    assert answer.status_code == 404
    assert "nobody" in answer.text


@pytest.mark.specified
def test_an_endpoint_without_traffic_is_404(work: World) -> None:
    work.endpoint("without-traffic")

    answer = work.caller("without-traffic").score({})

    assert answer.status_code == 404
    assert "positive weight" in answer.text


@pytest.mark.inferred
def test_an_endpoint_that_is_not_there_is_404(scored: Scored) -> None:
    caller = Caller(scored[2].http, "https://nobody.westeurope.inference.ml.azure.com", "key")

    assert caller.score({}).status_code == 404


@pytest.mark.specified
def test_the_swagger_document_is_there(scored: Scored) -> None:
    caller = scored[2]

    answer = caller.http.get(f"{caller.address}/swagger.json", headers={"Authorization": f"Bearer {caller.key}"})

    assert answer.status_code == 200
    assert answer.json()["swagger"] == "2.0"


@pytest.mark.recorded
def test_the_script_finds_the_variables_of_azures_containers(scored: Scored) -> None:
    work, name, caller = scored
    asked = ["AZUREML_MODEL_DIR", "AML_APP_ROOT", "AZUREML_ENTRY_SCRIPT", "IDENTITY_ENDPOINT", "AZURE_CLIENT_SECRET"]

    told = caller.score({"show": asked}).json()["variables"]

    assert told["AZUREML_MODEL_DIR"].endswith("/azureml-models/says-one/1")
    assert told["AML_APP_ROOT"].endswith("/code")
    assert told["AZUREML_ENTRY_SCRIPT"] == "score.py"
    assert told["IDENTITY_ENDPOINT"].startswith("http://127.0.0.1:")
    assert told["AZURE_CLIENT_SECRET"] is None
    shown = work.ml.online_deployments.get("one", name).environment_variables
    assert shown["AZUREML_MODEL_DIR"] == "/var/azureml-app/azureml-models/says-one/1"


@pytest.mark.specified
def test_a_request_longer_than_the_timeout_is_408_and_one_more_than_may_wait_429(work: World) -> None:
    work.endpoint("slow-ep")
    work.deploy("slow-ep", "slow", timeout_ms=700, concurrency=1).result()
    work.traffic("slow-ep", slow=100)
    caller = work.caller("slow-ep")

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        statuses = Counter(pool.map(lambda _: caller.score({"seconds": 3}).status_code, range(4)))

    assert statuses == {408: 2, 429: 2}


@pytest.mark.specified
def test_traffic_is_divided_mirrored_and_named_past(work: World) -> None:
    work.endpoint("divided")
    for name in ("one", "two"):
        work.deploy("divided", name, model=name).result()
    work.traffic("divided", one=90, two=10)
    caller = work.caller("divided")

    divided = Counter(caller.model() for _ in range(100))
    named = Counter(caller.score({}, deployment="two").json()["model"] for _ in range(5))
    work.traffic("divided", mirror={"two": 50}, one=100)
    before = _answered(work, "divided", "two")
    mirrored = Counter(caller.model() for _ in range(20))

    assert divided == {"one": 90, "two": 10}
    assert named == {"two": 5}
    assert mirrored == {"one": 20}
    assert _until_answered(work, "divided", "two", before + 10) == before + 10


def _answered(work: World, endpoint: str, deployment: str) -> int:
    rows = work.rest.azure.status()["requests"]
    (row,) = (row for row in rows if (row["endpoint"], row["deployment"]) == (endpoint, deployment))
    return int(row["answers"].get("2xx", 0))


def _until_answered(work: World, endpoint: str, deployment: str, wanted: int) -> int:
    """Copies are answered behind the callers' back, so look a few times."""
    for _ in range(20):
        if (count := _answered(work, endpoint, deployment)) >= wanted:
            return count
    return count


@pytest.mark.specified
def test_a_token_scores_where_the_endpoint_wants_one(work: World) -> None:
    work.endpoint("by-token", auth_mode="aml_token")
    work.deploy("by-token", "one").result()
    work.traffic("by-token", one=100)
    token = work.ml.online_endpoints.get_keys("by-token").access_token

    allowed = Caller(work.rest.http, "https://by-token.westeurope.inference.ml.azure.com", token).score({})
    refused = Caller(work.rest.http, "https://by-token.westeurope.inference.ml.azure.com", "no.tok.en").score({})

    assert allowed.status_code == 200
    assert (refused.status_code, refused.text) == (401, "token_auth_access_denied")


@pytest.mark.specified
def test_an_entra_token_for_the_ml_service_scores_where_the_endpoint_wants_one(work: World) -> None:
    work.endpoint("by-entra", auth_mode="aad_token")
    work.deploy("by-entra", "one").result()
    work.traffic("by-entra", one=100)
    address = "https://by-entra.westeurope.inference.ml.azure.com"
    credential = work.rest.azure.credential()

    allowed = Caller(work.rest.http, address, credential.get_token("https://ml.azure.com/.default").token).score({})
    storage = Caller(work.rest.http, address, credential.get_token("https://storage.azure.com/.default").token)

    assert allowed.status_code == 200
    assert storage.score({}).status_code == 401


@pytest.mark.specified
def test_azure_ai_ml_invokes_an_endpoint(scored: Scored) -> None:
    work, name, _ = scored
    request = work.files / "request.json"
    request.write_text("{}")

    answer = work.ml.online_endpoints.invoke(name, request_file=str(request))

    assert '"model": "one"' in answer
