from __future__ import annotations

import io
import json
import runpy
from collections.abc import Callable
from pathlib import Path

import pytest
from support.fake_github import FakeGitHub

from windlass.cli.run import call
from windlass.errors import ExitCode
from windlass.github.marker import marked

ROOT = Path(__file__).resolve().parents[3]
GITHUB = runpy.run_path(str(ROOT / "scripts" / "github.py"))["github"]

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(fake: FakeGitHub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": 7}, "repository": {"private": True}}))
    given = {
        "GITHUB_REF": "",
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_SHA": "c0ffee",
    }
    for name, value in {**fake.environ(), **given, "GITHUB_STEP_SUMMARY": ""}.items():
        monkeypatch.setenv(name, value)

    def run(*argv: str, **variables: str) -> tuple[int, str, str]:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        stderr = io.StringIO()
        code = call(GITHUB, argv, stderr=stderr)
        return code, capsys.readouterr().out, stderr.getvalue()

    return run


@pytest.fixture
def report(tmp_path: Path) -> str:
    path = tmp_path / "report.md"
    path.write_text("# Changes\n", encoding="utf-8")
    return str(path)


def test_the_comment_goes_to_the_pull_request_of_the_event(fake: FakeGitHub, run: Run, report: str) -> None:
    code, out, _ = run("comment", "--key", "preview", "--file", report)

    assert code == ExitCode.OK
    assert out.startswith("comment made: https://github.com/octo-org/models/pull/7#issuecomment-")
    assert fake.bodies_of(7) == [marked("preview", "# Changes\n")]


def test_another_pull_request_is_named(fake: FakeGitHub, run: Run, report: str) -> None:
    fake.add_pull(8)

    code, out, _ = run("comment", "--key", "preview", "--file", report, "--pull", "8", "-o", "json")

    [comment] = fake.comments_of(8)
    assert code == ExitCode.OK
    assert json.loads(out) == [{"did": "made", "number": comment["id"], "url": comment["html_url"]}]


def test_the_comment_is_removed(fake: FakeGitHub, run: Run, report: str) -> None:
    run("comment", "--key", "preview", "--file", report)

    assert run("comment", "--key", "preview", "--remove")[:2] == (ExitCode.OK, "removed: 1\n")
    assert json.loads(run("comment", "--key", "preview", "--remove", "-o", "json")[1]) == {"removed": 0}
    assert fake.comments_of(7) == []


def test_without_a_pull_request_one_has_to_be_named(run: Run, report: str) -> None:
    code, _, err = run("comment", "--key", "preview", "--file", report, GITHUB_EVENT_PATH="", GITHUB_EVENT_NAME="push")

    assert (code, err) == (
        ExitCode.USAGE,
        "error: the event push names no pull request. Name one with --pull NUMBER\n",
    )


def test_a_job_of_a_fork_is_told_what_it_lacks(fake: FakeGitHub, run: Run, report: str) -> None:
    token = fake.token(pull_requests="read", contents="read")

    code, out, err = run("comment", "--key", "preview", "--file", report, GITHUB_TOKEN=token)

    assert (code, out) == (ExitCode.PERMISSION, "")
    assert "`pull-requests: write` under `permissions:`" in err
    assert "More with --verbose." in err
    assert token not in err


def test_all_that_github_said_is_shown_when_asked_for(fake: FakeGitHub, run: Run, report: str) -> None:
    token = fake.token(pull_requests="read")

    _, _, err = run("comment", "--key", "preview", "--file", report, "--verbose", GITHUB_TOKEN=token)

    assert "message: Resource not accessible by integration" in err
    assert token not in err


def test_the_summary_is_written_for_the_job_and_printed_at_a_desk(run: Run, report: str, tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"

    at_a_desk = run("summary", "--file", report)
    in_a_job = run("summary", "--file", report, GITHUB_STEP_SUMMARY=str(summary))

    assert at_a_desk[:2] == (ExitCode.OK, "# Changes\n")
    assert in_a_job[:2] == (ExitCode.OK, "")
    assert summary.read_text() == "# Changes\n"


def test_the_issue_is_opened_and_closed(fake: FakeGitHub, run: Run, report: str) -> None:
    opened = run("issue", "--key", "drift-dev", "--title", "Drift in stack dev", "--file", report)
    closed = run("issue", "--key", "drift-dev", "--close")
    nothing = run("issue", "--key", "drift-dev", "--close")

    assert [code for code, _, _ in (opened, closed, nothing)] == [ExitCode.OK] * 3
    assert opened[1].startswith("issue made: https://github.com/octo-org/models/issues/")
    assert closed[1].startswith("issue closed: ")
    assert nothing[1] == "no issue was open\n"
    assert [each["state"] for each in fake.issues()] == ["closed"]


def test_an_empty_text_closes_the_issue_when_asked_to(fake: FakeGitHub, run: Run, report: str) -> None:
    argv = ["issue", "--key", "drift-dev", "--title", "Drift", "--file", report, "--close-when-empty"]

    run(*argv)
    Path(report).write_text(" \n")
    run(*argv)

    assert [each["state"] for each in fake.issues()] == ["closed"]


def test_labels_are_printed_one_a_line(fake: FakeGitHub, run: Run) -> None:
    fake.set_labels(7, "allow:loses-data@prod:1a2b3c", "bug")

    assert run("labels")[1] == "allow:loses-data@prod:1a2b3c\nbug\n"
    assert json.loads(run("labels", "--pull", "7", "-o", "json")[1]) == ["allow:loses-data@prod:1a2b3c", "bug"]


def test_labels_of_a_commit_are_those_of_the_merged_pull_requests(fake: FakeGitHub, run: Run) -> None:
    fake.add_pull(8, merged=True, labels=["allow:unprotects@dev:00ff00"])
    fake.set_labels(7, "allow:loses-data@prod:1a2b3c")
    fake.add_commit("abc123", 7, 8)
    fake.add_commit("direct")

    assert run("labels", "--commit", "abc123")[1] == "allow:unprotects@dev:00ff00\n"
    assert run("labels", "--commit", "direct")[:2] == (ExitCode.OK, "")


def test_labels_of_a_pull_request_into_another_branch_acknowledge_nothing(fake: FakeGitHub, run: Run) -> None:
    fake.add_pull(8, merged=True, labels=["allow:unprotects@dev:00ff00"], base="feature")
    fake.add_pull(9, merged=True, labels=["reviewed"])
    fake.add_commit("abc123", 8, 9)

    assert run("labels", "--commit", "abc123")[1] == "reviewed\n"
    assert run("labels", "--commit", "abc123", GITHUB_REF="refs/heads/main")[1] == "reviewed\n"
    assert run("labels", "--commit", "abc123", GITHUB_REF="refs/heads/feature")[1] == "allow:unprotects@dev:00ff00\n"


def test_a_commit_that_github_does_not_know_is_said(run: Run) -> None:
    code, _, err = run("labels", "--commit", "beef")

    assert code == ExitCode.AZURE_FAILED
    assert "No commit found for SHA: beef" in err


def test_the_deployment_of_the_job_gets_its_status(fake: FakeGitHub, run: Run) -> None:
    made = fake.start_job("prod", "c0ffee")

    code, out, _ = run("deployment", "--environment", "prod", "--state", "success")

    assert (code, out) == (ExitCode.OK, f"deployment {made} of c0ffee to prod: success\n")
    assert fake.deployments()[0]["statuses"][0]["state"] == "success"
    said = json.loads(run("deployment", "--environment", "prod", "--state", "failure", "-o", "json")[1])
    assert said == {"id": made, "environment": "prod", "commit": "c0ffee", "state": "failure"}


def test_a_deployment_is_of_a_commit(run: Run) -> None:
    code, _, err = run("deployment", "--environment", "prod", "--state", "success", GITHUB_SHA="")

    assert code == ExitCode.USAGE
    assert "GITHUB_SHA is not set" in err


def test_a_public_repository_is_refused_by_the_event_or_by_github(fake: FakeGitHub, run: Run, tmp_path: Path) -> None:
    event = tmp_path / "public.json"
    event.write_text(json.dumps({"repository": {"private": False}}))

    assert run("private")[:2] == (ExitCode.OK, "the repository is private\n")
    assert fake.requests == []
    code, _, err = run("private", GITHUB_EVENT_PATH=str(event))
    assert code == ExitCode.REFUSED
    assert "octo-org/models is public" in err
    assert run("private", GITHUB_EVENT_PATH="")[0] == ExitCode.OK
    fake.state.private = False
    assert run("private", GITHUB_EVENT_PATH="")[0] == ExitCode.REFUSED


@pytest.mark.parametrize(
    "argv",
    [
        ["comment", "--key", "preview"],
        ["comment", "--key", "Preview", "--file", "REPORT"],
        ["summary"],
        ["issue", "--key", "drift-dev", "--file", "REPORT"],
        ["issue", "--key", "drift-dev", "--title", "Drift"],
        ["labels", "--pull", "7", "--commit", "abc"],
        ["labels", "--pull", "0"],
        ["deployment", "--environment", "prod", "--state", "done"],
    ],
)
def test_wrong_usage_is_said_before_anything_is_sent(fake: FakeGitHub, run: Run, report: str, argv: list[str]) -> None:
    code, out, err = run(*(report if word == "REPORT" else word for word in argv))

    assert (code, out) == (ExitCode.USAGE, "")
    assert "rror: " in err
    assert {each.split()[1] for each in fake.requests} <= {"/graphql"}
