"""Requests and answers as handlers see them, and the table of routes that leads to a handler.

One operation of Azure is one `Route` with one handler. Paths are matched without regard to case, as Azure
Resource Manager does; names of resources keep the case they were asked with.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from windlass_emulator.errors import AzureError, invalid_content

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure

Site = Literal["management", "login", "api", "inference", "cluster", "builds", "vault", "admin"]
"""Which of Azure's host names a route belongs to.

management: management.azure.com. login: login.microsoftonline.com. api: {region}.api.azureml.ms.
inference: {endpoint}.{region}.inference.ml.azure.com. cluster: the inference router of an AKS cluster.
builds: the blobs of the registry service itself. vault: {vault}.vault.azure.net.
admin: the local Azure's own (status, faults), on 127.0.0.1 only.
"""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls, from a verified token.

    Attributes:
        object_id: The claim `oid`.
        audience: The claim `aud`.
    """

    object_id: str
    audience: str


@dataclass(frozen=True, slots=True)
class Request:
    """One request, after the host, the token and the route have been understood.

    Attributes:
        params: What stood in the places of the route's template, in the case of the request.
        host: The host name asked for, without port.
        principal: None where a route needs no token.
    """

    azure: LocalAzure
    method: str
    host: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    content: bytes
    params: Mapping[str, str]
    principal: Principal | None = None

    @property
    def api_version(self) -> str:
        """The query's api-version."""
        return self.query.get("api-version", "")

    def json(self) -> dict[str, Any]:
        """Return the body as a JSON object.

        Raises:
            AzureError: 400 InvalidRequestContent when it is something else.
        """
        try:
            body = json.loads(self.content or b"{}")
        except ValueError as error:
            raise invalid_content(f"The request content was invalid and could not be deserialized: {error}") from error
        if not isinstance(body, dict):
            raise invalid_content("The request content was invalid and could not be deserialized: not an object.")
        return body


@dataclass(frozen=True, slots=True)
class Answer:
    """What a handler returns.

    A `body` of None sends nothing; bytes go as they are; an async iterator of bytes is streamed; the rest is
    written as JSON.

    To send the four bytes n-u-l-l, as Azure does after some DELETEs, use body=b"null" with a JSON content type.
    """

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def chunks(self) -> AsyncIterator[bytes] | None:
        """Return the parts of a streamed body, or None when the body is of one piece."""
        return self.body if isinstance(self.body, AsyncIterator) else None

    def content(self) -> bytes:
        """Return the body of one piece as it is sent."""
        if self.body is None:
            return b""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


Handler = Callable[[Request], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Route:
    """One operation.

    Attributes:
        template: Such as `/subscriptions/{subscription}/resourceGroups/{group}`; `{name*}` takes slashes as well.
        needs_token: False for sign-in, discovery and scoring (which checks its own keys).
        needs_api_version: True for everything of Azure Resource Manager.
        provenance: Where the truth comes from, for the generated coverage page: recorded, specified or inferred.
        summary: Its name on that page; by default the handler's docstring.
    """

    method: str
    template: str
    handler: Handler
    site: Site = "management"
    needs_token: bool = True
    needs_api_version: bool = True
    provenance: Literal["recorded", "specified", "inferred"] = "inferred"
    summary: str = ""


def _compile(template: str) -> re.Pattern[str]:
    parts = re.split(r"(\{[^}]+\})", template)
    written = "".join(_group(part) if part.startswith("{") else re.escape(part) for part in parts)
    return re.compile(rf"{written}/?\Z", re.IGNORECASE)


def _group(part: str) -> str:
    name = part[1:-1]
    return f"(?P<{name[:-1]}>.+?)" if name.endswith("*") else f"(?P<{name}>[^/]+)"


class Router:
    """Finds the route of a request."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes: dict[Site, list[tuple[Route, re.Pattern[str]]]] = {}
        for route in routes:
            self._routes.setdefault(route.site, []).append((route, _compile(route.template)))

    def find(self, site: Site, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """Return the first route that fits, with the values of its template, or None.

        Raises:
            AzureError: 405 when the path is known and the method is not.
        """
        allowed = []
        for route, pattern in self._routes.get(site, ()):
            if not (match := pattern.match(path)):
                continue
            if route.method == method:
                return route, match.groupdict()
            allowed.append(route.method)
        if allowed:
            raise AzureError(
                405,
                "MethodNotAllowed",
                f"The request method '{method}' is not allowed here; known: {', '.join(allowed)}.",
            )
        return None
