from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.fake_github import FakeGitHub

from windlass.errors.github import CommentTooLongError, GitHubDeniedError, GitHubFailedError, IssueUnsettledError
from windlass.github.api import GitHub
from windlass.github.marker import carries, marked
from windlass.github.models import Issue
from windlass.github.tracking import (
    ChangeIssue,
    CloseIssue,
    IssueAction,
    OpenIssue,
    ours,
    plan_closing,
    plan_issue,
)

ME = "github-actions[bot]"
TEXT = marked("drift-dev", "one resource")


def issue(number: int, *, opened: bool = True, text: str = "old", title: str = "Drift", author: str = ME) -> Issue:
    return Issue(number, author, title, marked("drift-dev", text), opened)


def plan(opened: list[Issue], closed: list[Issue], written: int | None = None) -> tuple[IssueAction, ...]:
    return plan_issue(opened, closed, title="Drift", text=TEXT, written=written)


def test_without_one_an_issue_is_opened() -> None:
    assert plan([], []) == (OpenIssue("Drift", TEXT),)


def test_the_newest_closed_one_is_opened_again() -> None:
    assert plan([], [issue(3, opened=False), issue(9, opened=False)]) == (ChangeIssue(9, "Drift", TEXT),)


def test_an_open_one_is_brought_up_to_date() -> None:
    assert plan([issue(3)], []) == (ChangeIssue(3, "Drift", TEXT),)


def test_one_that_says_it_already_is_left_alone() -> None:
    assert plan([issue(3, text="one resource")], []) == ()


def test_another_title_is_a_change() -> None:
    assert plan([issue(3, text="one resource", title="Other")], []) == (ChangeIssue(3, "Drift", TEXT),)


def test_of_two_open_ones_the_older_stays() -> None:
    assert plan([issue(3), issue(5)], []) == (ChangeIssue(3, "Drift", TEXT), CloseIssue(5, "not_planned"))


def test_what_this_run_wrote_is_not_written_again() -> None:
    assert plan([issue(3)], [], written=3) == ()


def test_closing_takes_all_that_is_open() -> None:
    assert plan_closing([issue(3), issue(5)]) == (CloseIssue(3, "completed"), CloseIssue(5, "completed"))


@given(st.lists(st.sampled_from([issue(4), issue(2), issue(3, author="mona"), Issue(1, ME, "x", "unmarked", True)])))
def test_ours_are_those_with_the_marker_that_we_wrote_in_their_order(existing: list[Issue]) -> None:
    found = ours(existing, me=ME, key="drift-dev")

    assert {each.number for each in found} <= {2, 4}
    assert [each.number for each in found] == sorted(each.number for each in found)


def test_an_issue_lives_through_drift_that_comes_goes_and_comes_again(fake: FakeGitHub, github: GitHub) -> None:
    opened = github.issue("drift-dev", "Drift in stack dev", "one resource")
    changed = github.issue("drift-dev", "Drift in stack dev", "two resources")
    same = github.issue("drift-dev", "Drift in stack dev", "two resources")
    closed = github.close_issue("drift-dev")
    gone = github.close_issue("drift-dev")
    again = github.issue("drift-dev", "Drift in stack dev", "three resources")

    assert [opened.did, changed.did, same.did, closed[0].did, again.did] == [
        "made",
        "edited",
        "unchanged",
        "closed",
        "edited",
    ]
    assert gone == ()
    assert {each.number for each in (opened, changed, same, closed[0], again)} == {opened.number}
    [left] = fake.issues()
    assert (left["state"], left["state_reason"], left["body"]) == (
        "open",
        "reopened",
        marked("drift-dev", "three resources"),
    )


def test_it_is_found_among_hundreds_of_issues_and_pull_requests(fake: FakeGitHub, github: GitHub) -> None:
    github.issue("drift-dev", "Drift", "one")
    for number in range(100, 250):
        fake.state.add_issue("mona", "a wish", "please", (), number=number)
        fake.add_pull(1000 + number)

    assert github.issue("drift-dev", "Drift", "two").did == "edited"
    assert len([each for each in fake.issues() if carries("drift-dev", each["body"])]) == 1


def test_what_somebody_else_opened_with_our_marker_stays_as_it_is(fake: FakeGitHub, github: GitHub) -> None:
    fake.state.add_issue("mona", "Copied", marked("drift-dev", "copied"), ())

    github.issue("drift-dev", "Drift", "one")
    github.close_issue("drift-dev")

    assert [(each["user"]["login"], each["state"]) for each in fake.issues()] == [("mona", "open"), (ME, "closed")]


def test_stacks_have_issues_of_their_own(fake: FakeGitHub, github: GitHub) -> None:
    github.issue("drift-dev", "Drift in stack dev", "one")
    github.issue("drift-prod", "Drift in stack prod", "one")
    github.close_issue("drift-dev")

    assert {each["title"]: each["state"] for each in fake.issues()} == {
        "Drift in stack dev": "closed",
        "Drift in stack prod": "open",
    }


def test_an_answer_that_is_lost_opens_no_second(fake: FakeGitHub, github: GitHub) -> None:
    fake.fail(None, method="POST", path="/issues", done=True)

    github.issue("drift-dev", "Drift", "one")

    assert len(fake.issues()) == 1


def test_an_issue_that_cannot_be_opened_is_githubs_failure(fake: FakeGitHub, github: GitHub) -> None:
    fake.fail(502, method="POST", path="/issues", times=100)

    with pytest.raises(GitHubFailedError, match="open the issue drift-dev"):
        github.issue("drift-dev", "Drift", "one")


def test_one_that_vanishes_each_time_is_reported(fake: FakeGitHub, github: GitHub) -> None:
    fake.before("GET", fake.state.issues.clear, times=100)

    with pytest.raises(IssueUnsettledError, match="the issue drift-dev"):
        github.issue("drift-dev", "Drift", "one")


def test_runs_at_the_same_time_leave_one_open(fake: FakeGitHub, connect: Callable[..., GitHub]) -> None:
    fake.meet(threading.Barrier(2), lambda request: request.query.get("state") == "closed")
    failed: list[Exception] = []

    def look(github: GitHub, body: str) -> None:
        try:
            github.issue("drift-dev", "Drift", body)
        except Exception as error:  # noqa: BLE001 - told by the test's own thread
            failed.append(error)

    threads = [threading.Thread(target=look, args=(connect(), f"run {number}")) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    assert len([each for each in fake.issues() if each["state"] == "open"]) == 1


def test_a_text_that_is_too_long_is_refused_before_anything_is_sent(fake: FakeGitHub, github: GitHub) -> None:
    with pytest.raises(CommentTooLongError, match="the text of the issue"):
        github.issue("drift-dev", "Drift", "x" * 65_536)

    assert fake.issues() == []


def test_a_job_without_the_permission_is_told_which(fake: FakeGitHub, connect: Callable[..., GitHub]) -> None:
    with pytest.raises(GitHubDeniedError, match="`issues: write`"):
        connect(fake.token(issues="read")).issue("drift-dev", "Drift", "one")
