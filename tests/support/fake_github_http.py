"""How GitHub's API answers, whatever was asked: its refusals word for word, pages, permissions.

Words and headers are those of GitHub's documentation ("Troubleshooting the REST API", "Rate limits for the REST API",
"Using pagination in the REST API") and of answers that public issues quote.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlencode

DOCUMENTS = "https://docs.github.com/rest"
Json = Any
Kind = Literal["integration", "personal access token"]


@dataclass(frozen=True)
class Request:
    """What a client sent.

    Attributes:
        base: Where the fake listens, for links.
        path: Without the query.
        headers: Their names in lower case.
    """

    base: str
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Json = None

    @property
    def token(self) -> str:
        return self.headers.get("authorization", "").removeprefix("Bearer ").removeprefix("token ")


@dataclass
class Reply:
    """What the client gets."""

    status: int
    body: Json = None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return b"" if self.body is None else json.dumps(self.body).encode()


@dataclass(frozen=True)
class Account:
    """Who a token belongs to, and what it may do in the repository.

    Attributes:
        kind: The token of a job or an app ("integration"), or a fine-grained one of a person.
        permissions: As REST writes them (`pull_requests`), to `read` or `write`; "*" for an owner's classic token.
    """

    login: str
    permissions: Mapping[str, str]
    kind: Kind = "integration"

    def may(self, permission: str, access: str) -> bool:
        if self.permissions.get("*") == "write" or permission == "metadata":
            return True
        held = self.permissions.get(permission)
        return held in ("write", access)


Needs = Sequence[tuple[str, str]]
"""One of these permissions is enough."""


class RefusedError(Exception):
    """Ends a request with an answer."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


def refusal(status: int, message: str, *, headers: Mapping[str, str] | None = None, **more: Json) -> Reply:
    document = {"message": message, **more, "documentation_url": DOCUMENTS, "status": str(status)}
    return Reply(status, document, dict(headers or {}))


def not_found() -> RefusedError:
    return RefusedError(refusal(404, "Not Found"))


def bad_credentials() -> RefusedError:
    return RefusedError(refusal(401, "Bad credentials"))


def not_accessible(kind: Kind, needs: Needs) -> RefusedError:
    """The refusal of a permission, with the header that lists the ways to it."""
    accepted = "; ".join(f"{permission}={access}" for permission, access in needs)
    return RefusedError(
        refusal(403, f"Resource not accessible by {kind}", headers={"X-Accepted-GitHub-Permissions": accepted})
    )


def invalid(resource: str, name: str, code: str, message: str | None = None) -> RefusedError:
    error = {"resource": resource, "code": code, "field": name}
    return RefusedError(
        refusal(422, "Validation Failed", errors=[error if message is None else {**error, "message": message}])
    )


def primary_limit(login: str, reset: int) -> Reply:
    """The refusal after the last request of the hour."""
    headers = {"x-ratelimit-limit": "1000", "x-ratelimit-remaining": "0", "x-ratelimit-reset": str(reset)}
    return refusal(403, f"API rate limit exceeded for {login}.", headers=headers)


def secondary_limit(retry_after: int | None, status: int = 403) -> Reply:
    """The refusal of what comes too fast; GitHub does not always say for how long."""
    headers = {} if retry_after is None else {"retry-after": str(retry_after)}
    return refusal(
        status,
        "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
        headers=headers,
    )


def check_needs(account: Account, needs: Needs) -> None:
    if not any(account.may(permission, access) for permission, access in needs):
        raise not_accessible(account.kind, needs)


def page(request: Request, repository_id: int, items: Sequence[Json], under: str = "", *, most: int = 100) -> Reply:
    """Give one page of a list, 30 at once by default and 100 at most (30 variables), with the links to the others.

    The links name the repository by its number, as GitHub's do.
    """
    size = min(max(int(request.query.get("per_page", "30")), 1), most)
    number = max(int(request.query.get("page", "1")), 1)
    last = max(1, -(-len(items) // size))
    part = list(items[(number - 1) * size : number * size])
    body = {"total_count": len(items), under: part} if under else part
    links = _links(request, repository_id, number, last)
    return Reply(200, body, {"Link": links} if links else {})


def _links(request: Request, repository_id: int, number: int, last: int) -> str:
    parts = request.path.split("/")
    rest = parts[3:] if parts[1] == "repositories" else parts[4:]
    path = "/".join((f"{request.base}/repositories/{repository_id}", *rest))
    ways = {"prev": number - 1, "next": number + 1, "last": last, "first": 1}
    if number >= last:
        del ways["next"], ways["last"]
    if number <= 1:
        del ways["prev"], ways["first"]
    return ", ".join(
        f'<{path}?{urlencode({**request.query, "page": target})}>; rel="{name}"' for name, target in ways.items()
    )
