"""What the front door makes of an instance's answer."""

from __future__ import annotations

import pytest
from windlass_emulator.online.client import Reply
from windlass_emulator.online.logs import steps
from windlass_emulator.online.scoring import MAX_PAYLOAD, translate


@pytest.mark.recorded
def test_an_answer_passes_with_its_run_headers_and_the_front_doors_name() -> None:
    headers = {"x-ms-run-fn-exec-ms": "0.258", "x-ms-run-function-failed": "False", "server": "gunicorn"}

    answer = translate(Reply(200, headers, b"[1]"))

    assert (answer.status, answer.body) == (200, b"[1]")
    assert answer.headers["Server"] == "azureml-frontdoor"
    assert answer.headers["x-ms-run-fn-exec-ms"] == "0.258"


@pytest.mark.specified
@pytest.mark.parametrize("status", [400, 404, 500, 201])
def test_anything_but_200_is_424_with_the_models_own_status_and_words(status: int) -> None:
    answer = translate(Reply(status, {}, b'{"message": "column age is missing"}'))

    assert answer.status == 424
    assert answer.body == b'{"message": "column age is missing"}'
    assert answer.headers["ms-azureml-model-error-statuscode"] == str(status)
    assert answer.headers["ms-azureml-model-error-reason"] == "model_error"


@pytest.mark.specified
def test_an_answer_over_the_limit_is_424() -> None:
    assert translate(Reply(200, {}, b"x" * (MAX_PAYLOAD + 1))).status == 424


@pytest.mark.recorded
def test_a_finished_instance_has_succeeded_in_four_steps() -> None:
    seen = {"Pulling", "Downloading", "Pulled", "Downloaded", "Created", "Started"}

    assert steps(seen, "Succeeded") == {
        "SystemSetup": "Succeeded",
        "UserContainerImagePull": "Succeeded",
        "ModelDownload": "Succeeded",
        "UserContainerStart": "Succeeded",
    }


@pytest.mark.inferred
def test_a_failed_instance_tells_at_which_step() -> None:
    seen = {"Pulling", "Pulled", "Downloaded", "Created"}

    assert steps(seen, "Failed")["UserContainerStart"] == "Failed"
    assert steps({"Pulling"}, "Creating") == {
        "SystemSetup": "Succeeded",
        "UserContainerImagePull": "InProgress",
        "ModelDownload": "Waiting",
        "UserContainerStart": "Waiting",
    }
