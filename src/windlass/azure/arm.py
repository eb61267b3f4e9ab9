"""Azure Resource Manager, spoken directly: for all that is only looked at or changed in place.

azure-ai-ml takes more than a second to import. Only what uploads needs it (`assets`, `deployments`); a status, a
plan or a roll back of an endpoint does without, and so stays under that second.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from windlass.azure.failures import Sleep, translated
from windlass.errors.azure import AzureNotFoundError

if TYPE_CHECKING:
    import requests

ADDRESS = "https://management.azure.com"
SCOPE = f"{ADDRESS}/.default"
API_VERSION = "2024-04-01"
POLL_SECONDS = 2.0
"""Between two looks at a running operation. Azure ML itself names no time."""

Json = dict[str, Any]


class Arm:
    """Requests on the children of one workspace."""

    def __init__(
        self, credential: Any, workspace_id: str, *, sleep: Sleep, session: requests.Session | None = None
    ) -> None:
        self._credential = credential
        self._workspace_id = workspace_id
        self._sleep = sleep
        self._session = session
        self._connected: tuple[Any, Any] | None = None

    def get(self, path: str, what: str) -> Json:
        """Read a resource.

        Raises:
            AzureNotFoundError: There is none.
        """
        with translated(what):
            return self._json(self._send("GET", path))

    def find(self, path: str, what: str) -> Json | None:
        """Read a resource that may not be there."""
        try:
            return self.get(path, what)
        except AzureNotFoundError:
            return None

    def list(self, path: str, what: str) -> Iterator[Json]:
        """Read all resources of a collection, page by page; none when the collection itself is not there."""
        page = self.find(path, what)
        while page is not None:
            yield from page["value"]
            following = page.get("nextLink")
            page = self.get(following, what) if following else None

    def put(self, path: str, body: Mapping[str, Any], what: str) -> None:
        """Write a resource and wait until Azure is through with it."""
        with translated(what):
            self._wait(self._send("PUT", path, body))

    def patch(self, path: str, body: Mapping[str, Any], what: str) -> None:
        """Change a part of a resource that is changed at once."""
        with translated(what):
            self._send("PATCH", path, body)

    def post(self, path: str, body: Mapping[str, Any] | None, what: str) -> Json:
        """Call an action that answers at once."""
        with translated(what):
            return self._json(self._send("POST", path, body))

    def start(self, path: str, what: str) -> None:
        """Call an action that goes on after its answer, which says nothing."""
        with translated(what):
            self._send("POST", path)

    def delete(self, path: str, what: str) -> None:
        """Remove a resource and wait until it is gone; that it is gone already is no error."""
        with translated(what):
            self._wait(self._send("DELETE", path))

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        from azure.core.rest import HttpRequest

        url = path if path.startswith("https://") else f"{self._workspace_id}/{path}"
        query = {} if "api-version=" in url else {"api-version": API_VERSION}
        request = HttpRequest(method, url, params=query, **({} if body is None else {"json": dict(body)}))
        pipeline, client = self._connection()
        request.url = client.format_url(request.url)
        return self._check(pipeline.run(request))

    def _check(self, answer: Any) -> Any:
        from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, map_error
        from azure.mgmt.core.exceptions import ARMErrorFormat

        response = answer.http_response
        if response.status_code >= 400:  # noqa: PLR2004 - the border of HTTP's refusals
            map_error(response.status_code, response, {401: ClientAuthenticationError})
            raise HttpResponseError(response=response, error_format=ARMErrorFormat)
        return answer

    def _wait(self, answer: Any) -> None:
        from azure.core.polling import LROPoller
        from azure.mgmt.core.polling.arm_polling import ARMPolling

        if answer.http_response.status_code == 204:  # noqa: PLR2004 - nothing was there
            return
        _, client = self._connection()
        poller: Any = LROPoller(client, answer, lambda _: None, ARMPolling(timeout=POLL_SECONDS))
        poller.result()

    @staticmethod
    def _json(answer: Any) -> Json:
        document: Json = answer.http_response.json()
        return document

    def _connection(self) -> tuple[Any, Any]:
        if self._connected is None:
            self._connected = _connect(self._credential, self._sleep, self._session)
        return self._connected


def _connect(credential: Any, sleep: Sleep, session: requests.Session | None) -> tuple[Any, Any]:
    """Make the pipeline that requests go through, and the client on it that long operations are polled with."""
    from azure.core import PipelineClient
    from azure.core.pipeline import Pipeline, policies
    from azure.core.pipeline.transport import RequestsTransport

    class _Transport(RequestsTransport):  # type: ignore[misc] # azure-core is not followed by mypy
        """Waits, between retries and polls, with the clock that we were given."""

        def sleep(self, duration: float) -> None:
            sleep(duration)

    chain = [
        policies.RequestIdPolicy(),
        policies.HeadersPolicy({"Accept": "application/json"}),
        policies.UserAgentPolicy("windlass"),
        policies.RetryPolicy(retry_total=4),
        policies.BearerTokenCredentialPolicy(credential, SCOPE),
    ]
    pipeline = Pipeline(_Transport(session=session, session_owner=session is None), chain)
    return pipeline, PipelineClient(base_url=ADDRESS, pipeline=pipeline)
