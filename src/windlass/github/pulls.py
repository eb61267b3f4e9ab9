"""Pull requests: their labels as they are now, and those that a commit came by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from windlass.github.client import Client, path_of
from windlass.github.models import Call, PullRequest
from windlass.github.needs import READ_PULLS


def find_pull(client: Client, number: int) -> PullRequest:
    """Read one pull request.

    Raises:
        GitHubNotFoundError: There is none of this number.
    """
    call = Call(f"read pull request {number}", READ_PULLS)
    return _pull(client.get(path_of(client.repository, "pulls", number), call))


def labels_of(client: Client, number: int) -> tuple[str, ...]:
    """Read the labels of a pull request as they are now.

    The event that started a job holds them as they were then: a label that was set to acknowledge what this run shows
    would not be among them when the run is started again.
    """
    call = Call(f"read the labels of pull request {number}", READ_PULLS)
    found = client.pages(path_of(client.repository, "issues", number, "labels"), call)
    return tuple(each["name"] for each in found)


def pulls_of(client: Client, commit: str) -> Iterator[PullRequest]:
    """Read the pull requests that a commit belongs to, merged or not.

    The labels in this answer are those of the moment, too.
    """
    call = Call(f"find the pull requests of commit {commit}", READ_PULLS)
    return (_pull(each) for each in client.pages(path_of(client.repository, "commits", commit, "pulls"), call))


def merged_labels(pulls: Iterable[PullRequest], into: str = "") -> tuple[str, ...]:
    """Return the labels of the pull requests that brought a commit into a branch.

    A pull request into another branch does not count: a commit that passed through it has been looked at there for
    something else.

    Args:
        pulls: Those of the commit.
        into: The branch; the default one of the repository when none is named.
    """
    merged = (pull for pull in pulls if pull.merged and pull.base == (into or pull.default_branch))
    return tuple(dict.fromkeys(label for pull in merged for label in pull.labels))


def _pull(document: Any) -> PullRequest:
    head = document.get("head") or {}
    base = document.get("base") or {}
    return PullRequest(
        number=document["number"],
        title=document.get("title") or "",
        # A list has no `merged`, only the time of it.
        merged=bool(document.get("merged_at")),
        labels=tuple(each["name"] for each in document.get("labels") or ()),
        head=head.get("sha") or "",
        fork=_full_name(head) != _full_name(base),
        url=document.get("html_url") or "",
        base=base.get("ref") or "",
        default_branch=(base.get("repo") or {}).get("default_branch") or "",
    )


def _full_name(side: Any) -> str:
    """Return OWNER/NAME of a side; the fork may have been deleted since."""
    return str((side.get("repo") or {}).get("full_name") or "")
