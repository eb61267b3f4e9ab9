"""Comments on pull requests: one per key, found on any page, edited, never doubled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

from windlass.errors import WindlassError
from windlass.errors.github import (
    CommentUnsettledError,
    GitHubFailedError,
    GitHubNotFoundError,
    GitHubUnreachableError,
)
from windlass.github.client import Client, path_of
from windlass.github.marker import marked
from windlass.github.models import Call, Comment
from windlass.github.needs import READ_COMMENTS, WRITE_COMMENTS
from windlass.github.sticky import (
    DeleteComment,
    EditComment,
    MakeComment,
    kept_comment,
    plan_comment,
    plan_removal,
)

ROUNDS: Final = 5
"""How often to look again, before somebody else is said to be in the way."""
SETTLE_SECONDS: Final = 2.0
"""Between a comment that may or may not have been made and the look that tells; doubled each time."""


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a comment or an issue.

    Attributes:
        number: The comment's id, or the issue's number.
    """

    number: int
    url: str
    did: Literal["made", "edited", "unchanged", "closed"]


def list_comments(client: Client, pull: int) -> Iterator[Comment]:
    """Read all comments of a pull request, oldest first."""
    call = Call(f"list the comments of pull request {pull}", READ_COMMENTS)
    return (_comment(each) for each in client.pages(path_of(client.repository, "issues", pull, "comments"), call))


def put_comment(client: Client, pull: int, key: str, body: str, *, me: str) -> Written:
    """Make the one comment of a key say a text, whatever others do to it meanwhile.

    Args:
        client: Reaches the repository.
        pull: The pull request's number.
        key: Which of our comments.
        body: Markdown, without the marker.
        me: The login that we write under.

    Raises:
        CommentTooLongError: Nothing was sent.
        CommentUnsettledError: Others kept deleting the comment.
    """
    return _Sticky(client, pull, key, marked(key, body), me).settle()


def remove_comment(client: Client, pull: int, key: str, *, me: str) -> int:
    """Remove the comment of a key; returns how many there were."""
    actions = plan_removal(list_comments(client, pull), me=me, key=key)
    for action in actions:
        _delete(client, action.id)
    return len(actions)


class _Sticky:
    """One comment on its way to saying a text: look, decide, act, and look again until nothing is left to do."""

    def __init__(self, client: Client, pull: int, key: str, text: str, me: str) -> None:
        self._client = client
        self._pull = pull
        self._key = key
        self._text = text
        self._me = me
        self._made: int | None = None
        self._wait = SETTLE_SECONDS
        self._failure: WindlassError = CommentUnsettledError(pull, key)

    def settle(self) -> Written:
        """Go on until the comment is there, and once."""
        for _ in range(ROUNDS):
            written = self._round()
            if written is not None:
                return written
        raise self._failure

    def _round(self) -> Written | None:
        """Look, decide and act once; None when another look has to tell how it ended."""
        found = tuple(list_comments(self._client, self._pull))
        actions = plan_comment(found, me=self._me, key=self._key, text=self._text, written=self._made)
        written = None
        for action in actions:
            match action:
                case MakeComment(text):
                    self._make(text)
                case EditComment(number, text):
                    written = self._edit(number, text)
                case DeleteComment(number):
                    _delete(self._client, number)
        if any(not isinstance(action, DeleteComment) for action in actions):
            return written
        return self._as_it_is(found)

    def _make(self, text: str) -> None:
        call = Call(f"comment on pull request {self._pull}", WRITE_COMMENTS)
        path = path_of(self._client.repository, "issues", self._pull, "comments")
        try:
            self._made = _comment(self._client.post(path, {"body": text}, call)).id
        except (GitHubFailedError, GitHubUnreachableError) as error:
            # It may have been made all the same; the next look tells.
            self._failure = error
            self._client.sleep(self._wait)
            self._wait *= 2

    def _edit(self, number: int, text: str) -> Written | None:
        """Edit the comment; None when somebody deleted it meanwhile."""
        call = Call(f"edit the comment {self._key} of pull request {self._pull}", WRITE_COMMENTS)
        path = path_of(self._client.repository, "issues", "comments", number)
        try:
            edited = _comment(self._client.patch(path, {"body": text}, call))
        except GitHubNotFoundError:
            return None
        return Written(edited.id, edited.url, "edited")

    def _as_it_is(self, found: Iterable[Comment]) -> Written:
        kept = kept_comment(found, me=self._me, key=self._key)
        assert kept is not None, "a plan without a comment makes one"
        return Written(kept.id, kept.url, "made" if kept.id == self._made else "unchanged")


def _delete(client: Client, number: int) -> None:
    call = Call(f"delete comment {number}", WRITE_COMMENTS)
    client.delete(path_of(client.repository, "issues", "comments", number), call)


def _comment(document: Any) -> Comment:
    return Comment(
        id=document["id"],
        # The account behind an old comment may be gone.
        author=(document.get("user") or {}).get("login", ""),
        body=document.get("body") or "",
        hidden=bool(document.get("minimized")),
        url=document.get("html_url", ""),
    )
