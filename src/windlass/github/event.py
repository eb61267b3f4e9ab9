"""What started the job: read from the event that GitHub wrote down, and from the variables beside it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_PULL_REF = re.compile(r"refs/pull/([0-9]+)/(merge|head)")


@dataclass(frozen=True, slots=True)
class Event:
    """A job's beginning.

    Attributes:
        name: GITHUB_EVENT_NAME.
        document: The payload of the event; empty at a desk.
        ref: GITHUB_REF.
        commit: GITHUB_SHA. For a pull request, a merge that exists nowhere else.
        run_url: The page of the run; empty at a desk.
    """

    name: str = ""
    document: Mapping[str, Any] = field(default_factory=dict)
    ref: str = ""
    commit: str = ""
    run_url: str = ""

    @property
    def pull(self) -> int | None:
        """The number of the pull request that this is about; None when it is about none."""
        document = self.document
        commented = document.get("issue") or {}
        found = (
            (document.get("pull_request") or {}).get("number")
            or (commented.get("number") if "pull_request" in commented else None)
            # Empty for a pull request from a fork.
            or next(
                (each.get("number") for each in (document.get("workflow_run") or {}).get("pull_requests") or ()), None
            )
        )
        if found is None and (reference := _PULL_REF.fullmatch(self.ref)):
            found = reference[1]
        return int(found) if found is not None else None

    @property
    def branch(self) -> str:
        """The branch that this is about; empty for a pull request, a tag and at a desk."""
        kind, _, name = self.ref.partition("refs/heads/")
        return name if not kind else ""

    @property
    def private(self) -> bool | None:
        """Whether the repository shows to its members only; None when the event does not say."""
        said = (self.document.get("repository") or {}).get("private")
        return said if isinstance(said, bool) else None


def run_url(environ: Mapping[str, str]) -> str:
    """Return the page of this run, as GitHub's documentation puts it together; empty at a desk."""
    parts = [environ.get(name, "") for name in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")]
    server, repository, run = parts
    return f"{server}/{repository}/actions/runs/{run}" if all(parts) else ""
