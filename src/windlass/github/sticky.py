"""What to do so that a pull request has exactly one comment of a key, given those that it has. Pure.

Which of several stays is a function of what everybody sees: the oldest that is not hidden. So two runs that made one
each at the same time agree on it, and each removes the other one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from windlass.github.marker import carries
from windlass.github.models import Comment


@dataclass(frozen=True, slots=True)
class MakeComment:
    """Write a new comment."""

    text: str


@dataclass(frozen=True, slots=True)
class EditComment:
    """Give a comment another text."""

    id: int
    text: str


@dataclass(frozen=True, slots=True)
class DeleteComment:
    """Remove a comment."""

    id: int


CommentAction = MakeComment | EditComment | DeleteComment


def plan_comment(
    existing: Iterable[Comment], *, me: str, key: str, text: str, written: int | None = None
) -> tuple[CommentAction, ...]:
    """Decide how the one comment of a key comes to say a text.

    Args:
        existing: Every comment of the pull request, from all pages.
        me: The login that we write under. Nobody else's comment is touched, whatever it says.
        key: Which of our comments.
        text: What it shall say, with its marker.
        written: The comment that this run wrote already. When that one stays, its text is left alone: a later run may
            have changed it since, and two runs must not take turns for ever.

    Returns:
        Nothing, when all is as it shall be. What writes comes before what deletes, so that there is always one.
    """
    ours = _ours(existing, me, key)
    kept = _kept(ours)
    if kept is None:
        return MakeComment(text), *(DeleteComment(comment.id) for comment in ours)
    rest = tuple(DeleteComment(comment.id) for comment in ours if comment.id != kept.id)
    if kept.id == written or _same(kept.body, text):
        return rest
    return EditComment(kept.id, text), *rest


def kept_comment(existing: Iterable[Comment], *, me: str, key: str) -> Comment | None:
    """Return the comment of a key that stays; None when there is none that people see."""
    return _kept(_ours(existing, me, key))


def plan_removal(existing: Iterable[Comment], *, me: str, key: str) -> tuple[DeleteComment, ...]:
    """Decide which comments go so that none of a key is left."""
    return tuple(DeleteComment(comment.id) for comment in _ours(existing, me, key))


def _ours(existing: Iterable[Comment], me: str, key: str) -> list[Comment]:
    found = (comment for comment in existing if comment.author == me and carries(key, comment.body))
    return sorted(found, key=lambda comment: comment.id)


def _kept(ours: Iterable[Comment]) -> Comment | None:
    return next((comment for comment in ours if not comment.hidden), None)


def _same(one: str, other: str) -> bool:
    """GitHub may give line ends back as a form on its pages sends them."""
    return one.replace("\r\n", "\n").rstrip() == other.replace("\r\n", "\n").rstrip()
