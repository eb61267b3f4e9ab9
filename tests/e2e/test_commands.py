"""What every command promises: an exit code per kind of trouble, JSON on stdout, no traceback; and bad requests."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.live_stack import LiveStack
from support.processes import eventually

USAGE, NOT_FOUND, REFUSED, AZURE_FAILED = 2, 4, 5, 6
ON_LOCAL = ("-s", "local")
TABLE = "endpoints/churn/samples/customers.csv"

REFUSALS = {
    "deploy without saying what": (USAGE, ("deploy", "churn", *ON_LOCAL)),
    "deploy a path where nothing is": (USAGE, ("deploy", "churn", *ON_LOCAL, "--model", "nowhere")),
    "deploy a reference that is none": (USAGE, ("deploy", "churn", *ON_LOCAL, "--model", "azureml:churn")),
    "deploy a folder that is not there": (NOT_FOUND, ("deploy", "nobody", *ON_LOCAL, "--model", "azureml:churn:1")),
    "deploy a version that is not registered": (
        NOT_FOUND,
        ("deploy", "churn", *ON_LOCAL, "--model", "azureml:churn:99"),
    ),
    "deploy to a stack that is not there": (NOT_FOUND, ("deploy", "churn", "-s", "moon", "--model", "azureml:churn:1")),
    "invoke without a request": (USAGE, ("invoke", "churn", *ON_LOCAL)),
    "invoke a deployment that is not there": (
        NOT_FOUND,
        ("invoke", "churn", *ON_LOCAL, "--sample", "loyal", "--deployment", "nobody"),
    ),
    "invoke with a bad request": (AZURE_FAILED, ("invoke", "churn", *ON_LOCAL, "--data", "{}")),
    "logs of a deployment that is not there": (NOT_FOUND, ("logs", "churn", *ON_LOCAL, "--deployment", "nobody")),
    "preview of a stack that is not there": (NOT_FOUND, ("preview", "-s", "moon")),
    "preview of a file that is not there": (USAGE, ("preview", *ON_LOCAL, "--file", "nowhere.json")),
    "status of a stack that is not there": (NOT_FOUND, ("status", "-s", "moon")),
    "run_batch without a table": (USAGE, ("run_batch", "churn", *ON_LOCAL)),
    "run_batch on a table that is not there": (USAGE, ("run_batch", "churn", *ON_LOCAL, "--input", "nowhere.csv")),
    "run_batch on more nodes than there are": (
        REFUSED,
        ("run_batch", "churn", *ON_LOCAL, "--input", TABLE, "--nodes", "99"),
    ),
    "run_batch going on with a job that is not there": (
        NOT_FOUND,
        ("run_batch", "churn", *ON_LOCAL, "--resume", "nobody"),
    ),
    "teardown that nobody confirmed": (REFUSED, ("teardown", *ON_LOCAL)),
    "teardown confirmed by another name": (REFUSED, ("teardown", *ON_LOCAL, "--yes", "--confirm", "prod")),
    "local with a word it does not know": (USAGE, ("local", "dance")),
}

DOCUMENTS = {
    "status": ("status", *ON_LOCAL),
    "preview": ("preview", *ON_LOCAL),
    "invoke": ("invoke", "churn", *ON_LOCAL, "--sample", "loyal"),
    "logs": ("logs", "churn", *ON_LOCAL, "--lines", "5"),
    "deploy, planned": ("deploy", "churn", *ON_LOCAL, "--model", "azureml:churn:1", "--dry-run"),
    "run_batch, planned": ("run_batch", "churn", *ON_LOCAL, "--input", TABLE, "--dry-run"),
    "teardown, planned": ("teardown", *ON_LOCAL, "--dry-run"),
    "recover, planned": ("recover", *ON_LOCAL, "--dry-run"),
    "local status": ("local", "status"),
}


@pytest.mark.parametrize(("code", "words"), REFUSALS.values(), ids=REFUSALS.keys())
def test_a_command_that_cannot_do_it_says_so_in_a_sentence_and_a_code(
    live: LiveStack, code: int, words: tuple[str, ...]
) -> None:
    ran = live.checkout.script(*words)

    assert ran.code == code, ran.said
    assert ran.err.strip()
    assert "Traceback" not in ran.said


@pytest.mark.parametrize("words", DOCUMENTS.values(), ids=DOCUMENTS.keys())
def test_json_on_stdout_stands_alone(live: LiveStack, words: tuple[str, ...]) -> None:
    ran = live.checkout.script(*words, "--output", "json")

    assert ran.ok().json()


def test_there_is_no_way_back_once_a_release_is_confirmed(live: LiveStack) -> None:
    old = live.serve(live.model("1"))
    new = live.serve(live.model("2"))

    confirmed = live.checkout.script("deploy", "churn", *ON_LOCAL, "--confirm").ok()
    refused = live.checkout.script("deploy", "churn", *ON_LOCAL, "--rollback")

    assert old in confirmed.err
    assert refused.code == REFUSED
    assert live.traffic() == {new: 100}


def test_a_second_release_of_the_same_endpoint_is_refused_while_one_is_under_way(live: LiveStack) -> None:
    live.serve(live.model("1"))
    model = live.model("2", "second")

    with live.rollout(watch=20), live.checkout.running_script(*live.deploying(model)):
        assert eventually(lambda: live.journal()[-1].get("step") == "Watch", 60)
        refused = live.deploy(live.model("1"))

    assert refused.code == REFUSED
    assert "is being released by process" in refused.err


LOYAL: dict[str, Any] = {
    "age": 48,
    "country": "DE",
    "channel": "search",
    "tenure_days": 537,
    "orders": 46,
    "days_since_last_order": 11,
    "mean_order_value": 80.42,
    "return_rate": 0.021,
    "support_tickets": 0,
    "visits_30d": 5,
    "newsletter": True,
}

BAD_REQUESTS = {
    "a column is missing": ([{k: v for k, v in LOYAL.items() if k != "age"}], "age"),
    "a number stands in quotes": ([{**LOYAL, "orders": "46"}], "orders"),
    "a flag is a number": ([{**LOYAL, "newsletter": 1}], "newsletter"),
    "a word is not in the list": ([{**LOYAL, "country": "XX"}], "country"),
    "a number is out of its range": ([{**LOYAL, "return_rate": 7}], "return_rate"),
    "a column is unknown": ([{**LOYAL, "shoe_size": 42}], "shoe_size"),
    "there is no row": ([], "records"),
}
BAD_BODIES = {
    "it is not JSON": (b"{oops", "body"),
    "it is empty": (b"", "body"),
    "it is not text": (b"\xff\xfe\x00", "body"),
}


@pytest.mark.parametrize(
    ("body", "named"),
    [*((json.dumps(rows).encode(), named) for rows, named in BAD_REQUESTS.values()), *BAD_BODIES.values()],
    ids=[*BAD_REQUESTS, *BAD_BODIES],
)
def test_a_bad_request_gets_a_4xx_that_names_the_field_and_the_process_lives_on(
    live: LiveStack, body: bytes, named: str
) -> None:
    before = live.checkout.azure_status()["instances"]

    answer = live.caller.post(body)

    assert 400 <= answer.status_code < 500
    assert answer.json()["error"]["field"] == named
    assert live.caller.post(json.dumps([LOYAL]).encode()).status_code == 200
    assert live.checkout.azure_status()["instances"] == before


def test_ten_megabytes_are_refused_before_they_reach_the_model_and_the_process_lives_on(live: LiveStack) -> None:
    before = live.checkout.azure_status()["instances"]

    answer = live.caller.post(b"[" + b" " * 10 * 1024 * 1024 + b"]")

    assert answer.status_code == 413
    assert "payload is larger than 1.5 megabytes" in answer.text
    assert live.caller.post(json.dumps([LOYAL]).encode()).status_code == 200
    assert live.checkout.azure_status()["instances"] == before


def test_a_stack_costs_by_its_files_by_its_state_and_by_a_preview_the_same(live: LiveStack) -> None:
    """Of which the first is told without the engine."""
    files, state, preview = (
        live.checkout.script("cost", *ON_LOCAL, "--from", source, "--output", "json").ok().json()
        for source in ("files", "state", "preview")
    )

    assert state["total"] == pytest.approx(files["total"])
    assert preview["total"] == pytest.approx(files["total"])
    assert preview["changes"] == []
    assert state["total"]["likely"] > 0
