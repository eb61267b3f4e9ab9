"""One issue per key that says how things stand: opened, changed, opened again, closed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from windlass.errors import WindlassError
from windlass.errors.github import GitHubFailedError, GitHubUnreachableError, IssueUnsettledError
from windlass.github.client import Client, path_of
from windlass.github.comments import ROUNDS, SETTLE_SECONDS, Written
from windlass.github.marker import marked
from windlass.github.models import Call, Issue
from windlass.github.needs import READ_ISSUES, WRITE_ISSUES
from windlass.github.tracking import ChangeIssue, CloseIssue, OpenIssue, ours, plan_closing, plan_issue

State = Literal["open", "closed"]


def put_issue(client: Client, key: str, title: str, body: str, *, me: str) -> Written:
    """Make the one issue of a key say a text.

    Args:
        client: Reaches the repository.
        key: Which of our issues.
        title: What it shall be called.
        body: Markdown, without the marker.
        me: The login that we write under.

    Raises:
        CommentTooLongError: Nothing was sent.
        IssueUnsettledError: It could not be told whether the issue was made.
    """
    return _Tracked(client, key, title, marked(key, body, what="issue"), me).settle()


def close_issue(client: Client, key: str, *, me: str) -> tuple[Written, ...]:
    """Close what is open of a key; that nothing is, is no error."""
    closings = plan_closing(ours(_list(client, "open"), me=me, key=key))
    return tuple(_close(client, each) for each in closings)


class _Tracked:
    """One issue on its way to saying a text."""

    def __init__(self, client: Client, key: str, title: str, text: str, me: str) -> None:
        self._client = client
        self._key = key
        self._title = title
        self._text = text
        self._me = me
        self._made: Written | None = None
        self._wait = SETTLE_SECONDS
        self._failure: WindlassError = IssueUnsettledError(key)

    def settle(self) -> Written:
        """Go on until the issue is there, and once."""
        for _ in range(ROUNDS):
            written = self._round()
            if written is not None:
                return written
        raise self._failure

    def _round(self) -> Written | None:
        """Look, decide and act once; None when another look has to tell how it ended."""
        opened = ours(_list(self._client, "open"), me=self._me, key=self._key)
        # Closed issues are many; they are read only when no open one is found.
        closed = [] if opened else ours(_list(self._client, "closed"), me=self._me, key=self._key)
        made = self._made.number if self._made else None
        written = None
        for action in plan_issue(opened, closed, title=self._title, text=self._text, written=made):
            match action:
                case OpenIssue():
                    self._open(action)
                    return None
                case ChangeIssue():
                    written = self._change(action)
                case CloseIssue():
                    _close(self._client, action)
        return written or self._as_it_is(opened[0])

    def _open(self, action: OpenIssue) -> None:
        call = Call(f"open the issue {self._key}", WRITE_ISSUES)
        path = path_of(self._client.repository, "issues")
        try:
            made = _issue(self._client.post(path, {"title": action.title, "body": action.text}, call))
        except (GitHubFailedError, GitHubUnreachableError) as error:
            # It may have been opened all the same; the next look tells.
            self._failure = error
            self._client.sleep(self._wait)
            self._wait *= 2
        else:
            self._made = Written(made.number, made.url, "made")

    def _change(self, action: ChangeIssue) -> Written:
        call = Call(f"change issue {action.number}", WRITE_ISSUES)
        path = path_of(self._client.repository, "issues", action.number)
        body = {"title": action.title, "body": action.text, "state": "open"}
        changed = _issue(self._client.patch(path, body, call))
        return Written(changed.number, changed.url, "edited")

    def _as_it_is(self, issue: Issue) -> Written:
        if self._made is not None and self._made.number == issue.number:
            return self._made
        return Written(issue.number, issue.url, "unchanged")


def _list(client: Client, state: State) -> Iterator[Issue]:
    """Read all issues in a state.

    They are not narrowed down by their author: on some of GitHub's hosts that finds nothing for the login of an app,
    and a new issue would be opened each time. Pull requests are issues, too, in this list, and left out.
    """
    call = Call(f"list the {state} issues", READ_ISSUES)
    for each in client.pages(path_of(client.repository, "issues"), call, state=state):
        if "pull_request" not in each:
            yield _issue(each)


def _close(client: Client, action: CloseIssue) -> Written:
    call = Call(f"close issue {action.number}", WRITE_ISSUES)
    path = path_of(client.repository, "issues", action.number)
    closed = _issue(client.patch(path, {"state": "closed", "state_reason": action.reason}, call))
    return Written(closed.number, closed.url, "closed")


def _issue(document: Any) -> Issue:
    return Issue(
        number=document["number"],
        author=(document.get("user") or {}).get("login", ""),
        title=document.get("title") or "",
        body=document.get("body") or "",
        open=document.get("state") == "open",
        url=document.get("html_url") or "",
    )
