"""Requests to Azure Resource Manager: signed in, retried, followed to their end, cancellable."""

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol

from windlass_provider.arm.answers import Answer, error_of
from windlass_provider.arm.pace import RETRIED, Pace, Sleep, Stop
from windlass_provider.arm.polling import advance, begin
from windlass_provider.errors import (
    AlreadyExistsError,
    ArmError,
    ConnectionLostError,
    ExistenceUnclearError,
    UnexpectedAnswerError,
    UnreachableError,
)

if TYPE_CHECKING:
    import httpx

HOST: Final = "https://management.azure.com"
SCOPE: Final = f"{HOST}/.default"
_OK: Final = 200
_ACCEPTED: Final = 202
_NO_CONTENT: Final = 204
_NOT_FOUND: Final = 404
_CONFLICT: Final = 409


class Tokens(Protocol):
    """Where bearer tokens come from."""

    async def token(self, scope: str) -> str:
        """A token that is valid now for the scope."""


class Http(Protocol):
    """What is needed of an HTTP client; `httpx.AsyncClient` behind a late import satisfies it."""

    async def exchange(self, method: str, url: str, headers: Mapping[str, str], body: Any) -> Answer:
        """One request and its answer.

        Raises:
            UnreachableError: Nobody answers.
            TransportError: The connection broke on the way.
        """


class TransportError(Exception):
    """A connection that broke before the answer was complete."""


class HttpxClient:
    """`Http` over httpx; import and TLS setup wait for the first request: a preview rarely sends one."""

    def __init__(self, make: "Callable[[], httpx.AsyncClient]", proxy: str) -> None:
        self._make = make
        self._proxy = proxy
        self._client: httpx.AsyncClient | None = None

    async def exchange(self, method: str, url: str, headers: Mapping[str, str], body: Any) -> Answer:
        """One request and its answer."""
        import httpx

        if self._client is None:
            self._client = self._make()
        try:
            response = await self._client.request(method, url, headers=dict(headers), json=body)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError) as error:
            raise UnreachableError(httpx.URL(url).host, self._proxy, str(error) or type(error).__name__) from error
        except httpx.TransportError as error:
            raise TransportError(str(error) or type(error).__name__) from error
        names = {name.lower(): value for name, value in response.headers.items()}
        return Answer(status=response.status_code, headers=names, text=response.text)

    async def close(self) -> None:
        """Closes the connections, if any were opened."""
        if self._client is not None:
            await self._client.aclose()


class ArmClient:
    """The verbs of ARM with the real provider's rules about which answers are fine."""

    def __init__(
        self,
        http: Http,
        tokens: Tokens,
        *,
        stop: Stop,
        pace: Pace | None = None,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._http = http
        self._tokens = tokens
        self._stop = stop
        self._pace = pace or Pace()
        self._sleep = sleep

    async def get(self, identifier: str, api_version: str) -> dict[str, Any]:
        """The resource.

        Raises:
            ArmError: Any status but 200; `status` tells 404 from the rest.
        """
        answer = await self._send("GET", _url(identifier, api_version))
        if answer.status != _OK:
            raise error_of(answer)
        return answer.fields()

    async def require_absent(self, identifier: str, api_version: str) -> None:
        """Makes sure that a create will not turn into an update of somebody's resource.

        Raises:
            AlreadyExistsError: There is one.
            ExistenceUnclearError: The service says neither yes nor no.
        """
        answer = await self._send("GET", _url(identifier, api_version))
        if answer.status in {_NOT_FOUND, _NO_CONTENT}:
            return
        if answer.status != _OK:
            raise ExistenceUnclearError(identifier, answer.status, answer.text)
        if _is_resource(answer):
            raise AlreadyExistsError(identifier)

    async def put(self, identifier: str, api_version: str, body: Mapping[str, Any]) -> "Accepted":
        """Sends a PUT; what was accepted is followed with `finish`.

        Raises:
            ArmError: It was refused, so nothing was begun.
        """
        url = _url(identifier, api_version)
        answer = await self._send("PUT", url, dict(body))
        if answer.status not in {_OK, 201, _ACCEPTED}:
            raise error_of(answer)
        return Accepted(url, answer)

    async def finish(self, accepted: "Accepted", *, long_running: bool) -> dict[str, Any]:
        """The resource once the operation that a PUT started has succeeded.

        Raises:
            ArmError: The operation failed or was cancelled.
            PollingError: It cannot be followed.
        """
        answer = accepted.answer
        answer.fields()  # a body that is no JSON object is an error, also where nothing is polled
        if long_running or answer.status == _ACCEPTED:
            answer = await self._follow("PUT", accepted.url, answer, self._pace.update_poll)
        return answer.fields()

    async def delete(self, identifier: str, api_version: str, *, long_running: bool) -> None:
        """Deletes the resource and waits until it is gone; one that is gone already is fine.

        Raises:
            ArmError: It was refused, or the operation failed.
        """
        url = _url(identifier, api_version)
        answer = await self._send("DELETE", url)
        if answer.status == _NOT_FOUND:
            return
        if answer.status not in {_OK, _ACCEPTED, _NO_CONTENT}:
            raise error_of(answer)
        if long_running:
            try:
                await self._follow("DELETE", url, answer, self._pace.delete_poll)
            except ArmError as error:
                if error.status != _NOT_FOUND:
                    raise

    async def post(self, path: str, api_version: str, query: Mapping[str, str]) -> Any:
        """The JSON that an action answers.

        Raises:
            ArmError: Any status but 200 and 201.
        """
        answer = await self._send("POST", _url(path, api_version, query), {})
        if answer.status not in {_OK, 201}:
            raise error_of(answer)
        return answer.document()

    async def _follow(self, method: str, url: str, answer: Answer, frequency: float) -> Answer:
        operation = begin(method, url, answer)
        # azcore sleeps a Retry-After of the first answer, then polls at once.
        wait = answer.retry_after()
        while not operation.done:
            if wait:
                await self._stop.guard(self._sleep(wait))
            answer = await self._send("GET", operation.poll_url)
            operation = advance(operation, answer)
            asked = answer.retry_after()
            wait = frequency if asked is None else asked
        if operation.final_url is None:
            return answer
        final = await self._send("GET", operation.final_url)
        if final.status != _OK:
            raise error_of(final)
        return final

    async def _send(self, method: str, url: str, body: Any = None) -> Answer:
        waits = iter(self._pace.retries)
        while True:
            wait = next(waits, None)
            asked: float | None = None
            try:
                answer = await self._stop.guard(self._exchange(method, url, body))
            except TransportError as error:
                if wait is None:
                    raise ConnectionLostError(method, url, str(error)) from error
            else:
                if wait is None or not _is_transient(answer):
                    return answer
                asked = answer.retry_after()
            await self._stop.guard(self._sleep(min(wait if asked is None else asked, self._pace.longest_retry)))

    async def _exchange(self, method: str, url: str, body: Any) -> Answer:
        token = await self._tokens.token(SCOPE)
        headers = {
            "Accept": "application/json",
            "Authorization": f"Bearer {token}",
            "User-Agent": "windlass-provider",
        }
        return await self._http.exchange(method, url, headers, body)


class Accepted:
    """A PUT that the service took on."""

    def __init__(self, url: str, answer: Answer) -> None:
        self.url = url
        self.answer = answer


def _url(identifier: str, api_version: str, query: Mapping[str, str] | None = None) -> str:
    from urllib.parse import urlencode

    parameters = urlencode({"api-version": api_version, **(query or {})})
    return f"{HOST}/{identifier.lstrip('/')}?{parameters}"


def _is_resource(answer: Answer) -> bool:
    """Whether a 200 shows a resource: some services answer 200 with nothing for what does not exist."""
    try:
        return bool(answer.fields())
    except UnexpectedAnswerError:
        return False


def _is_transient(answer: Answer) -> bool:
    if answer.status in RETRIED:
        return True
    return answer.status == _CONFLICT and error_of(answer).code == "AnotherOperationInProgress"
