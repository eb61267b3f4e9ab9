from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.fake_github import FakeGitHub, serving
from support.patience import Patience

from windlass.errors.github import (
    CommentTooLongError,
    CommentUnsettledError,
    GitHubDeniedError,
    GitHubFailedError,
    GitHubNotFoundError,
)
from windlass.github.access import read_access
from windlass.github.api import GitHub
from windlass.github.client import Client
from windlass.github.marker import carries, marked

Connect = Callable[..., GitHub]


def test_the_first_push_comments_and_the_next_edits(fake: FakeGitHub, github: GitHub) -> None:
    first = github.sticky_comment(7, "preview", "one change")
    second = github.sticky_comment(7, "preview", "two changes")

    assert (first.did, second.did) == ("made", "edited")
    assert first.number == second.number
    assert fake.bodies_of(7) == [marked("preview", "two changes")]
    assert second.url.endswith(f"#issuecomment-{second.number}")


def test_a_push_that_changes_nothing_writes_nothing(fake: FakeGitHub, github: GitHub) -> None:
    github.sticky_comment(7, "preview", "one change")
    fake.requests.clear()

    assert github.sticky_comment(7, "preview", "one change").did == "unchanged"
    assert {each.split()[0] for each in fake.requests} == {"GET"}


def test_it_is_found_behind_hundreds_of_other_comments(fake: FakeGitHub, github: GitHub) -> None:
    for number in range(120):
        fake.comment(7, f"remark {number}")
    github.sticky_comment(7, "preview", "one change")
    for number in range(120):
        fake.comment(7, f"remark {number}")

    github.sticky_comment(7, "preview", "two changes")

    assert fake.bodies_of(7) == [marked("preview", "two changes")]
    assert len(fake.comments_of(7)) == 241


def test_a_comment_of_somebody_else_with_our_marker_stays_as_it_is(fake: FakeGitHub, github: GitHub) -> None:
    fake.comment(7, marked("preview", "copied"), login="mona")

    github.sticky_comment(7, "preview", "one change")

    assert fake.bodies_of(7, "mona") == [marked("preview", "copied")]
    assert fake.bodies_of(7) == [marked("preview", "one change")]


def test_keys_do_not_disturb_each_other(fake: FakeGitHub, github: GitHub) -> None:
    github.sticky_comment(7, "preview", "infrastructure")
    github.sticky_comment(7, "release", "models")

    github.remove_comment(7, "preview")

    assert fake.bodies_of(7) == [marked("release", "models")]


def test_two_that_a_race_left_become_one(fake: FakeGitHub, github: GitHub) -> None:
    fake.comment(7, marked("preview", "one"), login=github.login)
    fake.comment(7, marked("preview", "two"), login=github.login)

    github.sticky_comment(7, "preview", "three")

    assert fake.bodies_of(7) == [marked("preview", "three")]


def test_a_hidden_comment_is_replaced_by_one_that_people_see(fake: FakeGitHub, github: GitHub) -> None:
    hidden = github.sticky_comment(7, "preview", "one")
    fake.hide(hidden.number)

    shown = github.sticky_comment(7, "preview", "two")

    assert shown.did == "made"
    assert [each["id"] for each in fake.comments_of(7)] == [shown.number]


def test_an_answer_that_is_lost_after_the_comment_was_made_makes_no_second(fake: FakeGitHub, github: GitHub) -> None:
    fake.fail(None, method="POST", path="/comments", done=True)

    assert github.sticky_comment(7, "preview", "one").did == "unchanged"
    assert fake.bodies_of(7) == [marked("preview", "one")]


def test_a_comment_that_was_not_made_is_made_at_the_next_look(fake: FakeGitHub, github: GitHub) -> None:
    fake.fail(502, method="POST", path="/comments", times=2)

    github.sticky_comment(7, "preview", "one")

    assert fake.bodies_of(7) == [marked("preview", "one")]


def test_a_comment_that_cannot_be_made_is_githubs_failure(fake: FakeGitHub, github: GitHub) -> None:
    fake.fail(502, method="POST", path="/comments", times=100)

    with pytest.raises(GitHubFailedError, match="comment on pull request 7"):
        github.sticky_comment(7, "preview", "one")


def test_one_that_is_deleted_while_it_is_edited_is_made_anew(fake: FakeGitHub, github: GitHub) -> None:
    first = github.sticky_comment(7, "preview", "one")
    fake.before("PATCH", lambda: fake.state.comments.pop(first.number))

    assert github.sticky_comment(7, "preview", "two").did == "made"
    assert fake.bodies_of(7) == [marked("preview", "two")]


def test_somebody_who_always_deletes_it_is_reported(fake: FakeGitHub, github: GitHub) -> None:
    def delete_all() -> None:
        fake.state.comments.clear()

    fake.before("GET", delete_all, times=100)

    with pytest.raises(CommentUnsettledError, match="comment preview of pull request 7"):
        github.sticky_comment(7, "preview", "one")


def test_a_text_that_is_too_long_is_refused_before_anything_is_sent(fake: FakeGitHub, github: GitHub) -> None:
    _ = github.login
    fake.requests.clear()

    with pytest.raises(CommentTooLongError):
        github.sticky_comment(7, "preview", "x" * 65_536)

    assert fake.requests == []


def test_the_longest_text_that_we_send_is_taken(fake: FakeGitHub, github: GitHub) -> None:
    room = 65_536 - len(marked("preview", ""))

    github.sticky_comment(7, "preview", "ü" * room)

    assert len(fake.bodies_of(7)[0]) == 65_536


def test_a_job_that_may_only_read_is_told_what_to_add(fake: FakeGitHub, connect: Connect) -> None:
    github = connect(fake.token(pull_requests="read"))

    with pytest.raises(GitHubDeniedError, match="`pull-requests: write` under `permissions:`"):
        github.sticky_comment(7, "preview", "one")


def test_a_pull_request_that_does_not_exist_is_not_found(github: GitHub) -> None:
    with pytest.raises(GitHubNotFoundError, match="pull request 404"):
        github.sticky_comment(404, "preview", "one")


def test_a_person_at_a_desk_writes_under_their_own_name(fake: FakeGitHub, connect: Connect) -> None:
    connect(fake.admin_token).sticky_comment(7, "preview", "one")

    assert fake.bodies_of(7, "mona") == [marked("preview", "one")]


def test_runs_at_the_same_time_leave_one_comment(fake: FakeGitHub, connect: Connect) -> None:
    barrier = threading.Barrier(4)
    first_look = fake.meet(barrier, lambda request: request.method == "GET" and "/comments" in request.path)
    failed: list[Exception] = []

    def push(github: GitHub, body: str) -> None:
        try:
            github.sticky_comment(7, "preview", body)
        except Exception as error:  # noqa: BLE001 - told by the test's own thread
            failed.append(error)

    threads = [threading.Thread(target=push, args=(connect(), f"run {number}")) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    assert first_look.broken is False
    assert len(fake.bodies_of(7)) == 1
    assert fake.bodies_of(7)[0] in {marked("preview", f"run {number}") for number in range(4)}


printable = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=30)
push = st.tuples(st.sampled_from(["preview", "release"]), printable)
noise = st.sampled_from(["remark", "copy", "duplicate", "fail", "lose", "hide", "delete"])


@settings(max_examples=20)
@given(st.lists(st.tuples(noise, push), min_size=1, max_size=8))
def test_after_any_push_there_is_one_comment_of_its_key(pushes: list[tuple[str, tuple[str, str]]]) -> None:
    fake = FakeGitHub()
    fake.add_pull(7)
    patience = Patience()
    with (
        serving(fake),
        closing(Client(read_access(fake.environ()), sleep=patience.sleep, clock=patience.clock)) as client,
    ):
        github = GitHub(client)
        for what, (key, body) in pushes:
            disturb(fake, what, key)
            github.sticky_comment(7, key, body)
            # Space at the end shows to nobody, and is no change.
            assert [text.rstrip() for text in fake.bodies_of(7) if carries(key, text)] == [marked(key, body).rstrip()]


def disturb(fake: FakeGitHub, what: str, key: str) -> None:
    ours = [each for each in fake.comments_of(7) if each["user"]["login"] == "github-actions[bot]"]
    match what:
        case "remark":
            fake.comment(7, "I wonder")
        case "copy":
            fake.comment(7, marked(key, "not ours"))
        case "duplicate":
            fake.comment(7, marked(key, "of a race"), login="github-actions[bot]")
        case "fail":
            fake.fail(502, times=1)
        case "lose":
            fake.fail(None, method="POST", path="/comments", done=True)
        case "hide" if ours:
            fake.hide(ours[0]["id"])
        case "delete" if ours:
            del fake.state.comments[ours[0]["id"]]


def test_labels_are_read_live(fake: FakeGitHub, github: GitHub) -> None:
    fake.set_labels(7, "allow:loses-data@prod:1a2b3c", "bug")

    assert github.labels(7) == ("allow:loses-data@prod:1a2b3c", "bug")


def test_the_pull_requests_of_a_commit_say_whether_they_were_merged(fake: FakeGitHub, github: GitHub) -> None:
    fake.add_pull(8, merged=True, labels=["allow:unknown@dev:000000"], fork=True)
    fake.add_commit("abc123", 7, 8)

    found = {each.number: (each.merged, each.labels, each.fork) for each in github.pulls_of("abc123")}

    assert found == {7: (False, (), False), 8: (True, ("allow:unknown@dev:000000",), True)}


def test_one_pull_request_is_read(github: GitHub) -> None:
    assert github.pull(7).head == "c0ffee"
