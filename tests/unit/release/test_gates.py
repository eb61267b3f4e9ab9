from __future__ import annotations

import json
from typing import Any

import pytest

from windlass.project.definitions import Sample
from windlass.project.rollout import SmokeTest
from windlass.release.gates import differences, find_cause, judge
from windlass.release.models import Answer

SAMPLE = Sample(name="single", request=b"{}", expected={"probability": 0.5})


def compare(expected: Any, given: Any, absolute: float = 0.01, relative: float = 0.0) -> list[str]:
    return list(differences(expected, given, absolute=absolute, relative=relative))


@pytest.mark.parametrize(
    ("expected", "given"),
    [
        (1, 1),
        (0.5, 0.509),
        (1, 1.0),
        ("a", "a"),
        (None, None),
        (True, True),
        ([1, 2], [1, 2]),
        ({"a": 1}, {"a": 1, "more": "than expected"}),
        ({"a": [{"b": 0.5}]}, {"a": [{"b": 0.505}]}),
    ],
)
def test_what_is_as_expected_has_no_difference(expected: Any, given: Any) -> None:
    assert compare(expected, given) == []


@pytest.mark.parametrize(
    ("expected", "given", "said"),
    [
        (0.5, 0.52, "$ is 0.52, expected 0.5"),
        (1, True, "$ is true, expected 1"),
        (True, 1, "$ is 1, expected true"),
        ("a", "b", '$ is "b", expected "a"'),
        (1, "1", '$ is "1", expected 1'),
        ({"a": 1}, {}, "$.a is missing"),
        ([1], [1, 2], "$ has 2 items, expected 1"),
        ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]}, "$.a[1].b is 3, expected 2"),
        ([1], {"a": 1}, '$ is {"a": 1}, expected [1]'),
        (0.5, float("nan"), "$ is NaN, expected 0.5"),
    ],
)
def test_a_difference_names_place_value_and_expectation(expected: Any, given: Any, said: str) -> None:
    assert compare(expected, given) == [said]


def test_the_larger_of_the_two_tolerances_holds() -> None:
    assert compare(1000, 1009, absolute=0.01, relative=0.01) == []


def judge_one(answer: Answer) -> tuple[str, ...]:
    return judge([(SAMPLE, answer)], SmokeTest(absolute_tolerance=0.01), "churn-2")


def test_a_right_answer_is_no_failure() -> None:
    assert judge_one(Answer(status=200, body=b'{"probability": 0.5}', deployment="churn-2")) == ()


def test_an_answer_of_another_deployment_is_a_failure() -> None:
    failures = judge_one(Answer(status=200, body=b'{"probability": 0.5}', deployment="churn-1"))

    assert failures == ("sample single was answered by churn-1",)


def test_an_answer_that_is_not_json_is_a_failure() -> None:
    assert judge_one(Answer(status=200, body=b"<html>")) == ("sample single was not answered in JSON: <html>",)


def test_a_long_refusal_is_quoted_shortly() -> None:
    failure = judge_one(Answer(status=400, body=json.dumps({"error": "x" * 1000}).encode()))[0]

    assert len(failure) < 300


INIT_LOG = """\
Instance status:
SystemSetup: Succeeded
Container logs:
2026-11-20 10:00:00,000 I [12] azmlinfsrv - Loaded logging config
2026-11-20 10:00:01,000 E [12] azmlinfsrv - Traceback (most recent call last):
  File "/site-packages/azureml_inference_server_http/server/user_script.py", line 130, in invoke_init
    self._user_init()
  File "/var/azureml-app/src/score.py", line 8, in init
    raise ValueError("no model file: model.joblib")
ValueError: no model file: model.joblib

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/site-packages/azureml_inference_server_http/server/aml_blueprint.py", line 80, in setup
    self.user_script.invoke_init()
azureml_inference_server_http.server.user_script.UserScriptException: Caused by an unhandled exception
[error] Worker failed to boot.
"""


def test_the_cause_is_the_users_exception_not_the_servers_wrapper() -> None:
    assert find_cause(INIT_LOG) == "ValueError: no model file: model.joblib"


def test_without_an_exception_the_last_error_line_is_the_cause() -> None:
    assert find_cause("all good\nERROR: disk full\nbye") == "ERROR: disk full"


def test_a_log_without_errors_has_no_cause() -> None:
    assert find_cause("all good\n") == ""
