"""Requests to GitHub's REST API: JSON, every page, patient with limits, and silent about the token.

A request that changes nothing when it is sent twice (GET, PUT, PATCH, DELETE) is sent again after a failure of
GitHub's or of the network. A POST might have been done although no answer came: it is sent again only where it cannot
have arrived, or where GitHub says that it took nothing (rate limits). Whoever makes things looks first, by marker.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote, urlsplit

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type

from windlass.errors import WindlassError
from windlass.errors.github import (
    GitHubNotFoundError,
    GitHubRateLimitedError,
    GitHubRequestError,
    GitHubUnreachableError,
)
from windlass.github.access import Access
from windlass.github.failures import FIRST_WAIT_SECONDS, Answer, error_of, failure_wait, limit_wait
from windlass.github.models import Call

API_VERSION: Final = "2022-11-28"
"""Spoken by github.com and by servers of one's own. The newer 2026-03-10 changes nothing of what is used here."""
PER_PAGE: Final = 100
"""The most that GitHub gives at once."""
TIMEOUT_SECONDS: Final = 30.0
"""GitHub ends a request after 10 seconds itself."""
ATTEMPTS: Final = 5
PATIENCE_SECONDS: Final = 900.0
"""The most that one request waits in all. A rate limit that lasts longer is an error that says for how long."""

_NEVER_ARRIVED: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_REPEATABLE: Final = ("GET", "PUT", "PATCH", "DELETE")

Json = Any
Sleep = Callable[[float], None]
Clock = Callable[[], float]


class Client:
    """One repository's API, spoken with one token.

    Args:
        access: Where, which repository, which token.
        sleep: Waits, in seconds.
        clock: Seconds since 1970.
        transport: How requests travel; the network by default.
    """

    def __init__(
        self, access: Access, *, sleep: Sleep, clock: Clock, transport: httpx.BaseTransport | None = None
    ) -> None:
        self.sleep = sleep
        self.repository = access.repository
        self.api_url = access.api_url
        self._access = access
        self._clock = clock
        self._http = httpx.Client(headers=_headers(access), timeout=TIMEOUT_SECONDS, transport=transport)

    def __repr__(self) -> str:
        return f"Client({self._access!r})"

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def get(self, path: str, call: Call, **query: str | int) -> Json:
        """Read one thing.

        Args:
            path: Under the API's address, as `path_of` makes it.
            call: What for.
            query: Parameters.

        Raises:
            GitHubNotFoundError: It is not there.
        """
        return self._send("GET", self._url(path), call, query=query).document

    def find(self, path: str, call: Call, **query: str | int) -> Json | None:
        """Read one thing that may not be there."""
        try:
            return self.get(path, call, **query)
        except GitHubNotFoundError:
            return None

    def pages(self, path: str, call: Call, *, under: str = "", **query: str | int) -> Iterator[Json]:
        """Read all things of a list, page after page, as the header `Link` leads.

        Args:
            path: The list's.
            call: What for.
            under: The key of the list, where GitHub wraps it into an object.
            query: Parameters of the first page; the links carry them on.
        """
        url = self._url(path)
        answer = self._send("GET", url, call, query={"per_page": PER_PAGE, **query})
        while True:
            yield from answer.document[under] if under else answer.document
            following = _next(answer.headers.get("link", ""))
            if not following:
                return
            answer = self._send("GET", self._same_origin(following, call), call)

    def post(self, path: str, body: Mapping[str, Any], call: Call) -> Json:
        """Make a thing. Sent once, unless it cannot have arrived."""
        return self._send("POST", self._url(path), call, body=body).document

    def put(self, path: str, body: Mapping[str, Any], call: Call) -> Json:
        """Make a thing what it shall be."""
        return self._send("PUT", self._url(path), call, body=body).document

    def patch(self, path: str, body: Mapping[str, Any], call: Call) -> Json:
        """Change parts of a thing."""
        return self._send("PATCH", self._url(path), call, body=body).document

    def delete(self, path: str, call: Call) -> None:
        """Remove a thing; that it is gone already is no error."""
        try:
            self._send("DELETE", self._url(path), call)
        except GitHubNotFoundError:
            return

    def ask(self, query: str, call: Call) -> Json:
        """Ask GraphQL a question that changes nothing.

        Raises:
            GitHubRequestError: It has no answer.
        """
        answer = self._send("POST", self._access.graphql_url, call, body={"query": query}, repeatable=True)
        data = answer.document.get("data") if isinstance(answer.document, dict) else None
        if not data:
            raise GitHubRequestError(call.what, answer.message, details=answer.details)
        return data

    def _send(
        self,
        method: str,
        url: str,
        call: Call,
        *,
        query: Mapping[str, str | int] | None = None,
        body: Mapping[str, Any] | None = None,
        repeatable: bool = False,
    ) -> Answer:
        again = repeatable or method in _REPEATABLE
        request = self._http.build_request(method, url, params=dict(query) if query else None, json=body)
        retrying = Retrying(
            retry=retry_if_exception_type(_LaterError), wait=_wait, stop=_enough, sleep=self.sleep, reraise=True
        )
        try:
            return retrying(
                lambda: self._once(request, call, again=again, attempt=int(retrying.statistics["attempt_number"]))
            )
        except _LaterError as later:
            raise later.error from later.__cause__

    def _once(self, request: httpx.Request, call: Call, *, again: bool, attempt: int) -> Answer:
        try:
            response = self._http.send(request, follow_redirects=request.method == "GET")
        except httpx.TransportError as error:
            failed = GitHubUnreachableError(call.what, self._access.host, details=(type(error).__name__,))
            if again or isinstance(error, _NEVER_ARRIVED):
                raise _LaterError(failed, FIRST_WAIT_SECONDS * 2.0 ** (attempt - 1)) from error
            raise failed from error
        return self._judge(response, call, again=again, attempt=attempt)

    def _judge(self, response: httpx.Response, call: Call, *, again: bool, attempt: int) -> Answer:
        answer = Answer(response.status_code, response.headers, _document(response))
        if response.is_success:
            if answer.document is None and response.content:
                raise GitHubRequestError(call.what, "the answer is no JSON. Is GITHUB_API_URL the address of GitHub?")
            return answer
        limited = limit_wait(answer, now=self._clock(), attempt=attempt)
        if limited is not None:
            raise _LaterError(GitHubRateLimitedError(call.what, limited, details=answer.details), limited)
        error = error_of(answer, call)
        wait = failure_wait(answer, attempt=attempt)
        raise _LaterError(error, wait) if wait is not None and again else error

    def _url(self, path: str) -> str:
        return f"{self._access.api_url}{path}"

    def _same_origin(self, url: str, call: Call) -> str:
        """Follow a link only to where the token belongs."""
        if urlsplit(url)[:2] != urlsplit(self._access.api_url)[:2]:
            raise GitHubRequestError(call.what, f"the next page is said to be at another host, {urlsplit(url).netloc}")
        return url


class _LaterError(Exception):
    """Worth another try after some seconds; `error` is what a person is told when there is none."""

    def __init__(self, error: WindlassError, seconds: float) -> None:
        super().__init__(str(error))
        self.error = error
        self.seconds = seconds


def path_of(repository: str, *parts: str | int) -> str:
    """Return the path of a thing in a repository; a slash within a part is no separator (GitHub asks for %2F)."""
    return "/".join(("/repos", repository, *(quote(str(part), safe="") for part in parts)))


def _headers(access: Access) -> dict[str, str]:
    return {
        "Accept": "application/vnd.github+json",
        "Authorization": f"Bearer {access.token}",
        "User-Agent": "windlass",
        "X-GitHub-Api-Version": API_VERSION,
    }


def _document(response: httpx.Response) -> Json | None:
    try:
        return response.json() if response.content else None
    except ValueError:
        return None


def _next(link: str) -> str:
    """Take the address of the next page out of a header `Link`; empty when this was the last."""
    found = httpx.Response(200, headers={"link": link}).links.get("next") if link else None
    return found["url"] if found else ""


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    return error.seconds if isinstance(error, _LaterError) else 0.0


def _enough(state: RetryCallState) -> bool:
    return state.attempt_number >= ATTEMPTS or state.idle_for + state.upcoming_sleep > PATIENCE_SECONDS
