from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from windlass.errors.github import EventUnreadableError, OutputRefusedError
from windlass.github.event import Event, run_url
from windlass.github.job import read_event, write_outputs, write_summary
from windlass.github.summary import CUT, SUMMARY_LIMIT, fit_summary, output_lines


@pytest.mark.parametrize(
    ("document", "ref", "pull"),
    [
        ({"pull_request": {"number": 7}, "number": 7}, "refs/pull/7/merge", 7),
        ({"issue": {"number": 8, "pull_request": {}}}, "refs/heads/main", 8),
        ({"issue": {"number": 8}}, "refs/heads/main", None),
        ({"workflow_run": {"pull_requests": [{"number": 9}]}}, "refs/heads/main", 9),
        ({"workflow_run": {"pull_requests": []}}, "refs/heads/main", None),
        ({}, "refs/pull/10/merge", 10),
        ({}, "refs/heads/pull/10/merge", None),
        ({"pull_request": None}, "", None),
    ],
)
def test_the_pull_request_of_an_event_is_found(document: dict[str, Any], ref: str, pull: int | None) -> None:
    assert Event(document=document, ref=ref).pull == pull


@pytest.mark.parametrize(
    ("ref", "branch"),
    [("refs/heads/main", "main"), ("refs/heads/a/b", "a/b"), ("refs/pull/7/merge", ""), ("refs/tags/v1", ""), ("", "")],
)
def test_the_branch_of_an_event_is_found(ref: str, branch: str) -> None:
    assert Event(ref=ref).branch == branch


@pytest.mark.parametrize(
    ("document", "private"), [({"repository": {"private": True}}, True), ({"repository": {}}, None), ({}, None)]
)
def test_an_event_says_whether_the_repository_is_private(document: dict[str, Any], *, private: bool | None) -> None:
    assert Event(document=document).private is private


def test_a_job_is_read_from_what_github_wrote_down(tmp_path: Path) -> None:
    path = tmp_path / "event.json"
    path.write_text(json.dumps({"pull_request": {"number": 7}}))
    environ = {
        "GITHUB_EVENT_PATH": str(path),
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_SHA": "c0ffee",
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_REPOSITORY": "octo-org/models",
        "GITHUB_RUN_ID": "42",
    }

    event = read_event(environ)

    assert (event.name, event.pull, event.commit) == ("pull_request", 7, "c0ffee")
    assert event.run_url == "https://github.com/octo-org/models/actions/runs/42"


def test_at_a_desk_nothing_started_anything() -> None:
    assert read_event({}) == Event()
    assert run_url({"GITHUB_REPOSITORY": "octo-org/models"}) == ""


@pytest.mark.parametrize("text", ["", "[]", "{", None])
def test_a_file_that_is_no_event_is_named(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "event.json"
    if text is not None:
        path.write_text(text)

    with pytest.raises(EventUnreadableError, match=r"event\.json"):
        read_event({"GITHUB_EVENT_PATH": str(path)})


def test_what_fits_is_left_as_it_is() -> None:
    assert fit_summary("ä" * (SUMMARY_LIMIT // 2)) == "ä" * (SUMMARY_LIMIT // 2)


@given(st.lists(st.sampled_from(["a line\n", "ä\n", "<details>\n", "</details>\n", "```\n", "~~~~\n"]), max_size=60))
def test_a_cut_text_fits_and_says_so_where_everybody_sees_it(lines: list[str]) -> None:
    text = "a line\n" * 2000 + "".join(lines) * 200 + "\n" * 6000

    fitted = fit_summary(text, 12_000)

    assert len(fitted.encode()) <= 12_000
    assert fitted.endswith(CUT)
    body = fitted.removesuffix(CUT)
    assert body.count("<details>") <= body.count("</details>")


def test_a_fence_and_a_fold_are_closed_before_the_sentence() -> None:
    text = "<details>\n\n```diff\n" + "+ line\n" * 5000

    fitted = fit_summary(text, 12_000)

    assert fitted.endswith(f"+ line\n```\n\n</details>{CUT}")


def test_where_not_even_the_sentence_fits_nothing_is_written() -> None:
    assert fit_summary("x" * 1000, 10) == ""


def test_all_that_a_step_writes_counts_towards_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "summary.md"
    environ = {"GITHUB_STEP_SUMMARY": str(path)}

    written = [write_summary(environ, "x" * 79 + "\n") for _ in range(3)]
    write_summary(environ, "one more line of it\n" * 60_000)
    write_summary(environ, "and another\n" * 60_000)

    assert written == [True] * 3
    assert path.stat().st_size <= SUMMARY_LIMIT
    assert path.read_text().startswith("x" * 79 + "\n" + "x" * 79)
    assert path.read_text().endswith(CUT)


def test_at_a_desk_there_is_no_summary() -> None:
    assert write_summary({}, "text") is False


def read_outputs(text: str) -> dict[str, str]:
    """As the runner reads the file."""
    found, lines = {}, iter(text.split("\n"))
    for line in lines:
        if line:
            name, delimiter = line.split("<<", 1)
            value = []
            for each in lines:
                if each == delimiter:
                    break
                value.append(each)
            found[name] = "\n".join(value)
    return found


@given(st.dictionaries(st.from_regex(r"[a-z][a-z0-9_-]{0,9}", fullmatch=True), st.text(), max_size=4))
def test_outputs_are_read_as_they_were_written(outputs: dict[str, str]) -> None:
    assert read_outputs("".join(output_lines(name, value) for name, value in outputs.items())) == outputs


def test_outputs_are_added_to_those_that_are_there(tmp_path: Path) -> None:
    path = tmp_path / "outputs"
    path.write_text("before=1\n")

    write_outputs(path, {"stacks": '["dev"]'})
    with pytest.raises(OutputRefusedError):
        write_outputs(path, {"fine": "1", "not<<fine": "2"})

    assert path.read_text().startswith("before=1\nstacks<<end-")
    assert "fine" not in path.read_text()
