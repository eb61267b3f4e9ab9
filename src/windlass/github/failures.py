"""What an answer of GitHub's that is no success means: who has to act, and whether and when to ask again. Pure.

Sources: GitHub's documentation, "Rate limits for the REST API" and "Troubleshooting the REST API".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from windlass.errors import WindlassError
from windlass.errors.github import (
    GitHubConflictError,
    GitHubDeniedError,
    GitHubFailedError,
    GitHubNotFoundError,
    GitHubRequestError,
    NotSignedInToGitHubError,
)
from windlass.github.models import Call

FIRST_WAIT_SECONDS: Final = 1.0
"""After a failure of GitHub's own; doubled each time."""
LIMIT_WAIT_SECONDS: Final = 60.0
"""After a secondary rate limit without a time, at least a minute, doubled each time: so GitHub asks."""
_DETAIL_HEADERS: Final = ("x-github-request-id", "x-accepted-github-permissions")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    Attributes:
        headers: Their names in lower case.
        document: The JSON body, or None when there was none.
    """

    status: int
    headers: Mapping[str, str]
    document: Any

    @property
    def message(self) -> str:
        """GitHub's own sentence, with those of its `errors`."""
        document = self.document if isinstance(self.document, dict) else {}
        said = [str(document.get("message", "")), *(_sentence(each) for each in document.get("errors") or ())]
        return ": ".join(each for each in said if each) or f"HTTP {self.status}"

    @property
    def details(self) -> tuple[str, ...]:
        """Lines for `--verbose`."""
        ids = tuple(f"{name}: {self.headers[name]}" for name in _DETAIL_HEADERS if name in self.headers)
        return (f"status: {self.status}", f"message: {self.message}", *ids)


def limit_wait(answer: Answer, *, now: float, attempt: int) -> float | None:
    """Tell for how many seconds no request may be sent; None when no rate limit was met.

    Args:
        answer: What came back.
        now: Seconds since 1970.
        attempt: How often this was asked, from 1.
    """
    if not _is_limited(answer):
        return None
    after = _number(answer.headers.get("retry-after"))
    if after is not None:
        return after
    reset = _number(answer.headers.get("x-ratelimit-reset"))
    if reset is not None and answer.headers.get("x-ratelimit-remaining") == "0":
        # The clock of this machine may be a little before GitHub's.
        return max(0.0, reset - now) + 1.0
    return LIMIT_WAIT_SECONDS * 2.0 ** (attempt - 1)


def failure_wait(answer: Answer, *, attempt: int) -> float | None:
    """Tell in how many seconds to ask again after a failure of GitHub's own; None when it was none."""
    return FIRST_WAIT_SECONDS * 2.0 ** (attempt - 1) if answer.status >= 500 else None  # noqa: PLR2004 - HTTP's border


def error_of(answer: Answer, call: Call) -> WindlassError:
    """Say in words what an answer means that met no rate limit."""
    match answer.status:
        case 401:
            return NotSignedInToGitHubError(call.what, details=answer.details)
        case 403:
            need = call.need
            return GitHubDeniedError(call.what, need.key, need.access, job=need.job, details=answer.details)
        case 404 | 410:
            return GitHubNotFoundError(call.what, details=answer.details)
        case 409:
            return GitHubConflictError(call.what, answer.message, details=answer.details)
        case status if status >= 500:  # noqa: PLR2004 - HTTP's border
            return GitHubFailedError(call.what, status, details=answer.details)
        case _:
            return GitHubRequestError(call.what, answer.message, details=answer.details)


def _is_limited(answer: Answer) -> bool:
    if answer.status == 429:  # noqa: PLR2004 - HTTP's word for it
        return True
    said = answer.message.lower()
    # The last request of an hour may be one that is refused for another reason.
    if answer.status != 403 or "not accessible" in said:  # noqa: PLR2004 - GitHub's older word for it
        return False
    headers = answer.headers
    return "rate limit" in said or "retry-after" in headers or headers.get("x-ratelimit-remaining") == "0"


def _number(text: str | None) -> float | None:
    try:
        return max(0.0, float(text)) if text is not None else None
    except ValueError:
        return None


def _sentence(error: Any) -> str:
    """Say one of a refusal's `errors`: a text, or resource, field, code and perhaps a message."""
    if not isinstance(error, dict):
        return str(error)
    return str(error.get("message") or " ".join(str(error[k]) for k in ("resource", "field", "code") if k in error))
