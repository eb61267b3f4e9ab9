from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from windlass.errors.github import CommentTooLongError, KeyRefusedError
from windlass.github.marker import TEXT_LIMIT, carries, marked, marker
from windlass.github.models import Comment
from windlass.github.sticky import (
    CommentAction,
    DeleteComment,
    EditComment,
    MakeComment,
    kept_comment,
    plan_comment,
    plan_removal,
)

ME = "github-actions[bot]"
OLD = marked("preview", "old")
NEW = marked("preview", "new")


def ours(number: int, text: str = OLD, *, hidden: bool = False) -> Comment:
    return Comment(number, ME, text, hidden)


def plan(*existing: Comment, written: int | None = None) -> tuple[CommentAction, ...]:
    return plan_comment(existing, me=ME, key="preview", text=NEW, written=written)


def test_without_one_a_comment_is_made() -> None:
    assert plan(Comment(1, "mona", "looks good")) == (MakeComment(NEW),)


def test_one_that_says_something_else_is_edited() -> None:
    assert plan(ours(5)) == (EditComment(5, NEW),)


@pytest.mark.parametrize("text", [NEW, NEW.replace("\n", "\r\n"), NEW + "\n"])
def test_one_that_says_it_already_is_left_alone(text: str) -> None:
    assert plan(ours(5, text)) == ()


def test_of_two_the_older_stays_and_the_other_goes() -> None:
    assert plan(ours(9, NEW), ours(5)) == (EditComment(5, NEW), DeleteComment(9))


def test_what_somebody_else_wrote_is_never_touched_though_it_carries_the_marker() -> None:
    assert plan(Comment(3, "mona", OLD)) == (MakeComment(NEW),)


def test_a_comment_that_quotes_the_marker_is_not_ours_to_change() -> None:
    assert plan(ours(3, f"see\n{OLD}"), ours(4, f"> {OLD}")) == (MakeComment(NEW),)


def test_another_key_is_another_comment() -> None:
    assert plan(ours(3, marked("preview-2", "old"))) == (MakeComment(NEW),)


def test_a_hidden_comment_makes_room_for_one_that_people_see() -> None:
    assert plan(ours(3, hidden=True)) == (MakeComment(NEW), DeleteComment(3))


def test_what_this_run_wrote_is_not_written_again_over_what_came_later() -> None:
    assert plan(ours(5, OLD), ours(6, OLD), written=5) == (DeleteComment(6),)


def test_a_comment_of_this_run_that_loses_to_an_older_one_hands_its_text_over() -> None:
    assert plan(ours(5, OLD), ours(6, NEW), written=6) == (EditComment(5, NEW), DeleteComment(6))


def test_removal_takes_all_of_a_key_and_no_other() -> None:
    existing = (ours(1), Comment(2, "mona", OLD), ours(3, marked("other", "")), ours(4, hidden=True))

    assert plan_removal(existing, me=ME, key="preview") == (DeleteComment(1), DeleteComment(4))


@pytest.mark.parametrize("key", ["", "Preview", "a--b", "-a", "a-", "a b", "a>", "ä", "a" * 65, "a\n"])
def test_a_key_that_could_end_the_hidden_line_is_refused(key: str) -> None:
    with pytest.raises(KeyRefusedError):
        marker(key)


def test_a_text_of_just_the_limit_is_taken_and_one_more_is_not() -> None:
    room = TEXT_LIMIT - len(marker("preview")) - 1

    assert len(marked("preview", "ä" * room)) == TEXT_LIMIT
    with pytest.raises(CommentTooLongError, match=r"65,537 characters, and GitHub takes 65,536. Nothing was sent"):
        marked("preview", "ä" * (room + 1))


@given(st.text())
def test_a_marked_text_is_known_again_whatever_it_says(body: str) -> None:
    assert carries("preview", marked("preview", body))


def carry_out(comments: list[Comment], actions: tuple[CommentAction, ...]) -> list[Comment]:
    for action in actions:
        match action:
            case MakeComment(text):
                comments = [*comments, ours(max((each.id for each in comments), default=0) + 1, text)]
            case EditComment(number, text):
                comments = [replace(each, body=text) if each.id == number else each for each in comments]
            case DeleteComment(number):
                comments = [each for each in comments if each.id != number]
    return comments


comment = st.builds(
    Comment,
    id=st.integers(1, 10**9),
    author=st.sampled_from([ME, "mona", "hubot"]),
    body=st.one_of(st.sampled_from([OLD, NEW, marked("other", "x"), f"> {OLD}"]), st.text(max_size=20)),
    hidden=st.booleans(),
)


@given(st.lists(comment, max_size=12, unique_by=lambda each: each.id))
def test_whatever_there_was_one_comment_says_it_afterwards_and_a_second_look_finds_nothing_to_do(
    existing: list[Comment],
) -> None:
    after = carry_out(existing, plan(*existing))

    assert [each.body for each in after if each.author == ME and carries("preview", each.body)] == [NEW]
    assert plan(*after) == ()
    kept = kept_comment(after, me=ME, key="preview")
    assert kept is not None
    assert not kept.hidden
    assert [each for each in after if each.author != ME] == [each for each in existing if each.author != ME]
