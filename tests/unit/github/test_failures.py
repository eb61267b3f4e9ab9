from __future__ import annotations

from typing import Any

import pytest

from windlass.errors import ExitCode
from windlass.errors.github import GitHubDeniedError
from windlass.github.failures import Answer, error_of, failure_wait, limit_wait
from windlass.github.models import Call, Need

CALL = Call("comment on pull request 7", Need("pull-requests", "write"))
NOW = 1_780_000_000.0


def answer(status: int, message: str = "", errors: list[Any] | None = None, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, named, {"message": message, "errors": errors or []})


@pytest.mark.parametrize(
    ("met", "attempt", "seconds"),
    [
        (answer(403, x_ratelimit_remaining="0", x_ratelimit_reset="1780000090"), 1, 91.0),
        (answer(429, x_ratelimit_remaining="0", x_ratelimit_reset="1780000090"), 1, 91.0),
        (answer(403, x_ratelimit_remaining="0", x_ratelimit_reset="1779999000"), 1, 1.0),
        (answer(403, retry_after="30", x_ratelimit_remaining="0", x_ratelimit_reset="1780009999"), 1, 30.0),
        (answer(429, retry_after="30"), 2, 30.0),
        (answer(403, "You have exceeded a secondary rate limit. Please wait."), 1, 60.0),
        (answer(403, "You have exceeded a secondary rate limit. Please wait."), 3, 240.0),
        (answer(429, retry_after="soon"), 1, 60.0),
        (answer(403, "Resource not accessible by integration", x_ratelimit_remaining="812"), 1, None),
        (answer(403, "Resource not accessible by integration", x_ratelimit_remaining="0"), 1, None),
        (answer(502), 1, None),
    ],
)
def test_the_wait_of_a_rate_limit_is_the_one_that_github_asks_for(
    met: Answer, attempt: int, seconds: float | None
) -> None:
    assert limit_wait(met, now=NOW, attempt=attempt) == seconds


@pytest.mark.parametrize(
    ("status", "attempt", "seconds"), [(500, 1, 1.0), (503, 3, 4.0), (404, 1, None), (422, 1, None)]
)
def test_only_a_failure_of_githubs_own_is_worth_another_try(status: int, attempt: int, seconds: float | None) -> None:
    assert failure_wait(answer(status), attempt=attempt) == seconds


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (401, ExitCode.PERMISSION),
        (403, ExitCode.PERMISSION),
        (404, ExitCode.NOT_FOUND),
        (409, ExitCode.AZURE_FAILED),
        (410, ExitCode.NOT_FOUND),
        (422, ExitCode.AZURE_FAILED),
        (502, ExitCode.AZURE_FAILED),
    ],
)
def test_an_answer_has_the_exit_code_of_its_family(status: int, code: ExitCode) -> None:
    assert error_of(answer(status), CALL).exit_code == code


def test_a_missing_permission_is_named_as_a_workflow_writes_it() -> None:
    error = error_of(answer(403, "Resource not accessible by integration"), CALL)

    assert isinstance(error, GitHubDeniedError)
    assert "GitHub refused to comment on pull request 7" in str(error)
    assert "`pull-requests: write` under `permissions:`" in str(error)
    assert "message: Resource not accessible by integration" in error.details


def test_a_permission_that_no_job_can_have_is_not_asked_of_a_job() -> None:
    call = Call("make environment prod", Need("Administration", "write", job=False))

    error = error_of(answer(403, "Resource not accessible by integration"), call)

    assert "under `permissions:`" not in str(error)
    assert "fine-grained one with the repository permission Administration (write)" in str(error)


def test_a_refusal_says_all_that_github_said() -> None:
    errors = [
        {"resource": "IssueComment", "code": "unprocessable", "field": "data", "message": "Body is too long"},
        {"resource": "Label", "code": "invalid", "field": "name"},
        "and this",
    ]

    said = str(error_of(answer(422, "Validation Failed", errors), CALL))

    assert said.endswith("Validation Failed: Body is too long: Label name invalid: and this")


def test_an_answer_without_a_message_is_told_by_its_status() -> None:
    assert Answer(418, {}, None).message == "HTTP 418"
