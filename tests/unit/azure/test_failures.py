from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ServiceRequestError

from windlass.azure.failures import innermost_message, patiently, translated
from windlass.errors import ExitCode, WindlassError
from windlass.errors.azure import AzureBusyError, AzureConflictError, AzureUnreachableError, SignInError


def refusal(status: int, message: str = "no") -> HttpResponseError:
    error = HttpResponseError(message=message)
    error.status_code = status
    headers = {"x-ms-correlation-request-id": "c0ffee"}
    error.response = SimpleNamespace(headers=headers, status_code=status)
    return error


def translate(foreign: Exception) -> WindlassError:
    with pytest.raises(WindlassError) as caught, translated("set the traffic of shop"):
        raise foreign
    assert caught.value.__cause__ is foreign
    return caught.value


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, ExitCode.AZURE_FAILED),
        (401, ExitCode.PERMISSION),
        (403, ExitCode.PERMISSION),
        (404, ExitCode.NOT_FOUND),
        (409, ExitCode.AZURE_FAILED),
        (500, ExitCode.AZURE_FAILED),
    ],
)
def test_an_answer_of_azure_becomes_the_error_of_its_status(status: int, code: ExitCode) -> None:
    assert translate(refusal(status)).exit_code is code


def test_azures_own_words_and_the_correlation_id_are_kept_as_details() -> None:
    details = translate(refusal(400, "Quota exceeded")).details

    assert "message: Quota exceeded" in details
    assert "x-ms-correlation-request-id: c0ffee" in details


def test_an_endpoint_that_cannot_be_reached_is_said() -> None:
    assert isinstance(translate(ServiceRequestError("refused")), AzureUnreachableError)


def test_a_credential_that_cannot_be_had_is_said() -> None:
    assert isinstance(translate(ClientAuthenticationError(message="no az login")), SignInError)


def test_our_own_errors_pass_through_unchanged() -> None:
    mine = AzureConflictError("do it", "no")

    with pytest.raises(AzureConflictError) as caught, translated("do it"):
        raise mine

    assert caught.value is mine


def message(text: str, *details: Any) -> SimpleNamespace:
    return SimpleNamespace(message=text, details=list(details))


def test_the_deepest_detail_is_the_message() -> None:
    error = message("The request is invalid.", message("Deployment [x] is in an unrecoverable state."))

    assert innermost_message(error, "") == "Deployment [x] is in an unrecoverable state."


def test_the_inference_services_json_in_a_message_is_unpacked() -> None:
    packed = json.dumps({"errors": {"": ["Specified deployment [x] failed. Delete and re-create."]}, "title": "t"})

    assert innermost_message(message("bad", message(packed)), "") == (
        "Specified deployment [x] failed. Delete and re-create."
    )


def test_a_change_that_is_running_is_waited_for() -> None:
    sleeps: list[float] = []
    answers = iter([True, True, False])

    def call() -> str:
        if next(answers):
            raise AzureConflictError("set the traffic", "another operation is running")
        return "done"

    assert patiently("set the traffic", call, sleep=sleeps.append) == "done"
    assert len(sleeps) == 2


def test_a_change_that_never_ends_is_given_up_with_a_message() -> None:
    def call() -> None:
        raise AzureConflictError("set the traffic", "another operation is running", details=("code: Conflict",))

    with pytest.raises(AzureBusyError, match="still running after 30 minutes") as caught:
        patiently("set the traffic", call, sleep=lambda _: None)

    assert caught.value.details == ("code: Conflict",)


def test_another_failure_is_not_tried_again() -> None:
    calls: list[int] = []

    def call() -> None:
        calls.append(1)
        raise AzureUnreachableError("set the traffic")

    with pytest.raises(AzureUnreachableError):
        patiently("set the traffic", call, sleep=lambda _: None)

    assert len(calls) == 1
