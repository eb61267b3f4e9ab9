"""GitHub as the rest of the toolkit sees it: one repository, one token, verbs."""

from __future__ import annotations

from functools import cached_property

from windlass.github import comments, identity, pulls
from windlass.github.client import Client
from windlass.github.comments import Written
from windlass.github.models import PullRequest


class GitHub:
    """One repository on GitHub.

    Args:
        client: Speaks with it.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    @cached_property
    def login(self) -> str:
        """The login that we write under."""
        return identity.login(self._client)

    def sticky_comment(self, pull: int, key: str, body: str) -> Written:
        """Make the one comment of a key on a pull request say a text.

        Raises:
            CommentTooLongError: Nothing was sent.
            GitHubDeniedError: The job lacks `pull-requests: write`.
        """
        return comments.put_comment(self._client, pull, key, body, me=self.login)

    def remove_comment(self, pull: int, key: str) -> int:
        """Remove the comment of a key, if there is one; returns how many were removed."""
        return comments.remove_comment(self._client, pull, key, me=self.login)

    def pull(self, number: int) -> PullRequest:
        """Read one pull request."""
        return pulls.find_pull(self._client, number)

    def labels(self, pull: int) -> tuple[str, ...]:
        """Read the labels of a pull request as they are now."""
        return pulls.labels_of(self._client, pull)

    def pulls_of(self, commit: str) -> tuple[PullRequest, ...]:
        """Read the pull requests that a commit belongs to, merged or not."""
        return tuple(pulls.pulls_of(self._client, commit))
