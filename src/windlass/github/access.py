"""Where GitHub is, which repository is meant, and with which token: read from the variables that a job has."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from windlass.errors.github import InsecureGitHubError, NoRepositoryError, NotSignedInToGitHubError

API_URL: Final = "https://api.github.com"
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
_REPOSITORY = re.compile(r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Access:
    """Everything that a request needs besides its path.

    Attributes:
        repository: OWNER/NAME.
        token: Never shown: it is in no representation, message or log line.
        api_url: Without a slash at its end.
        graphql_url: Only asked who we are, which REST does not tell the token of a job.
    """

    repository: str
    token: str = field(repr=False)
    api_url: str = API_URL
    graphql_url: str = f"{API_URL}/graphql"

    @property
    def host(self) -> str:
        """The name of the machine that answers."""
        return urlsplit(self.api_url).netloc


def read_access(environ: Mapping[str, str], what: str = "talk to GitHub") -> Access:
    """Read GITHUB_REPOSITORY, GITHUB_TOKEN (or GH_TOKEN), GITHUB_API_URL and GITHUB_GRAPHQL_URL.

    Args:
        environ: The variables of the process.
        what: What shall be done, for the message.

    Raises:
        NoRepositoryError: None is named.
        NotSignedInToGitHubError: There is no token, or it cannot be one.
        InsecureGitHubError: The token would leave this machine in the clear.
    """
    repository = environ.get("GITHUB_REPOSITORY", "")
    if not _REPOSITORY.fullmatch(repository):
        raise NoRepositoryError(repository)
    token = (environ.get("GITHUB_TOKEN") or environ.get("GH_TOKEN") or "").strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise NotSignedInToGitHubError(what)
    api_url = _address(environ, "GITHUB_API_URL", API_URL)
    graphql_url = _address(environ, "GITHUB_GRAPHQL_URL", _graphql_beside(api_url))
    return Access(repository, token, api_url, graphql_url)


def _address(environ: Mapping[str, str], name: str, default: str) -> str:
    address = (environ.get(name) or default).rstrip("/")
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise InsecureGitHubError(name, address)
    return address


def _graphql_beside(api_url: str) -> str:
    """Github.com has /graphql; a server of one's own /api/graphql beside /api/v3 (GitHub's docs, GraphQL, endpoint)."""
    head, found, _ = api_url.rpartition("/api/v3")
    return f"{head}/api/graphql" if found else f"{api_url}/graphql"
