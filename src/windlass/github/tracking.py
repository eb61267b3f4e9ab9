"""What to do so that one issue per key says how things stand, given those that there are. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from windlass.github.marker import carries
from windlass.github.models import Issue


@dataclass(frozen=True, slots=True)
class OpenIssue:
    """Open a new issue."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class ChangeIssue:
    """Give an issue another title and text, and open it again when it was closed."""

    number: int
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class CloseIssue:
    """Close an issue, because its matter is settled or because another issue has it."""

    number: int
    reason: Literal["completed", "not_planned"]


IssueAction = OpenIssue | ChangeIssue | CloseIssue


def ours(existing: Iterable[Issue], *, me: str, key: str) -> list[Issue]:
    """Return our own issues of a key, the oldest first."""
    found = (issue for issue in existing if issue.author == me and carries(key, issue.body))
    return sorted(found, key=lambda issue: issue.number)


def plan_issue(
    opened: Sequence[Issue], closed: Sequence[Issue], *, title: str, text: str, written: int | None = None
) -> tuple[IssueAction, ...]:
    """Decide how the one issue of a key comes to say a text.

    Args:
        opened: Our open issues of the key, the oldest first.
        closed: Our closed ones, the oldest first. The newest is opened again rather than a new one made, so that what
            was said in it stays together.
        title: What it shall be called.
        text: What it shall say, with its marker.
        written: The issue that this run wrote already: its text is left alone.
    """
    if not opened:
        return (ChangeIssue(closed[-1].number, title, text) if closed else OpenIssue(title, text),)
    oldest, *others = opened
    rest = tuple(CloseIssue(issue.number, "not_planned") for issue in others)
    if oldest.number == written or (oldest.title == title and _same(oldest.body, text)):
        return rest
    return ChangeIssue(oldest.number, title, text), *rest


def plan_closing(opened: Iterable[Issue]) -> tuple[CloseIssue, ...]:
    """Decide which issues of a key are closed, now that its matter is settled."""
    return tuple(CloseIssue(issue.number, "completed") for issue in opened)


def _same(one: str, other: str) -> bool:
    return one.replace("\r\n", "\n").rstrip() == other.replace("\r\n", "\n").rstrip()
