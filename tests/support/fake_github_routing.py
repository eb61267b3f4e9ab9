"""How the fake GitHub finds who answers a request: by method and path.

Paths, fields, status codes and permissions are those of GitHub's REST reference, version 2022-11-28.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote

from support.fake_github_http import (
    Account,
    Json,
    Reply,
    Request,
    check_needs,
    invalid,
    not_found,
    page,
)
from support.fake_github_state import State

TEXT_LIMIT = 65_536


@dataclass(frozen=True)
class Context:
    """What a handler gets."""

    state: State
    account: Account
    request: Request

    def need(self, *needs: tuple[str, str]) -> None:
        """Refuse, unless the token has one of these."""
        check_needs(self.account, needs)

    def page(self, items: list[Json], under: str = "", *, most: int = 100) -> Reply:
        return page(self.request, self.state.id, items, under, most=most)

    def text(self, name: str, *, resource: str) -> str:
        """A text of the body, not longer than GitHub takes."""
        value = (self.request.body or {}).get(name)
        if value is None:
            raise invalid(resource, name, "missing_field")
        if len(value) > TEXT_LIMIT:
            message = f"Body is too long (maximum is {TEXT_LIMIT} characters)"
            raise invalid(resource, "data", "unprocessable", message)
        return str(value)


Handler = Callable[..., Reply]
_ROUTES: list[tuple[str, re.Pattern[str], Handler]] = []


def on(method: str, path: str) -> Callable[[Handler], Handler]:
    """Say which request a function answers; `{...}` is one part of the path."""
    pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path))

    def register(handler: Handler) -> Handler:
        _ROUTES.append((method, pattern, handler))
        return handler

    return register


def route(state: State, account: Account, request: Request) -> Reply:
    """Find who answers, and let it."""
    path = _within(state, request.path)
    for method, pattern, handler in _ROUTES:
        found = pattern.fullmatch(path)
        if method == request.method and found:
            parts = {name: unquote(value) for name, value in found.groupdict().items()}
            return handler(Context(state, account, request), **parts)
    raise not_found()


def _within(state: State, path: str) -> str:
    """Shorten a path in the repository, by name or by number, to REPO/...; another repository is not found."""
    for prefix in (f"/repos/{state.full_name}", f"/repositories/{state.id}"):
        if path == prefix or path.startswith(f"{prefix}/"):
            return "REPO" + path.removeprefix(prefix)
    return path
