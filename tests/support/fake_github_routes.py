"""Which request does what in the fake GitHub: one function per request, found by method and path.

Paths, fields, status codes and permissions are those of GitHub's REST reference, version 2022-11-28.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from support.fake_github_http import (
    Account,
    Json,
    Needs,
    RefusedError,
    Reply,
    Request,
    check_needs,
    invalid,
    not_accessible,
    not_found,
    page,
    refusal,
)
from support.fake_github_state import State

TEXT_LIMIT = 65_536
_STATES = ("error", "failure", "inactive", "in_progress", "queued", "pending", "success")


@dataclass(frozen=True)
class Context:
    """What a handler gets."""

    state: State
    account: Account
    request: Request

    def need(self, *needs: tuple[str, str]) -> None:
        """Refuse, unless the token has one of these."""
        check_needs(self.account, needs)

    def page(self, items: list[Json], under: str = "") -> Reply:
        return page(self.request, self.state.id, items, under)

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


# Accounts


@on("POST", "/graphql")
def ask(context: Context) -> Reply:
    if "viewer" not in (context.request.body or {}).get("query", ""):
        return Reply(200, {"errors": [{"message": "the fake only knows the viewer"}]})
    return Reply(200, {"data": {"viewer": {"login": context.account.login}}})


@on("GET", "/user")
def whoami(context: Context) -> Reply:
    if context.account.kind == "integration":
        raise not_accessible("integration", ())
    return Reply(200, context.state.user(context.account.login))


@on("GET", "/users/{login}")
def user(context: Context, login: str) -> Reply:
    if login not in context.state.users:
        raise not_found()
    return Reply(200, context.state.user(login))


@on("GET", "/orgs/{org}/teams/{slug}")
def team(context: Context, org: str, slug: str) -> Reply:
    context.need(("members", "read"))
    if org != context.state.owner or slug not in context.state.teams:
        raise not_found()
    return Reply(200, {"id": context.state.teams[slug], "slug": slug})


# The repository


@on("GET", "REPO")
def repository(context: Context) -> Reply:
    state = context.state
    return Reply(
        200,
        {
            "id": state.id,
            "name": state.name,
            "full_name": state.full_name,
            "owner": {"login": state.owner, "id": state.owner_id, "type": "Organization"},
            "private": state.private,
            "default_branch": "main",
            "created_at": state.created,
        },
    )


@on("GET", "REPO/actions/oidc/customization/sub")
def subject(context: Context) -> Reply:
    context.need(("actions", "read"))
    state = context.state
    named = f"{state.owner}/{state.name}"
    numbered = f"{state.owner}@{state.owner_id}/{state.name}@{state.id}"
    prefix = f"repo:{numbered if state.subject.get('use_immutable_subject') else named}"
    return Reply(200, {**state.subject, "sub_claim_prefix": prefix})


@on("PUT", "REPO/actions/oidc/customization/sub")
def set_subject(context: Context) -> Reply:
    context.need(("actions", "write"))
    context.state.subject.update(context.request.body)
    return Reply(201, {})


# Pull requests and their comments


@on("GET", "REPO/pulls/{number}")
def pull(context: Context, number: str) -> Reply:
    context.need(("pull_requests", "read"))
    _pull_number(context, number)
    return Reply(200, context.state.pull(int(number), listed=False))


@on("GET", "REPO/commits/{sha}/pulls")
def pulls_of_commit(context: Context, sha: str) -> Reply:
    context.need(("pull_requests", "read"))
    if sha not in context.state.commits:
        raise RefusedError(refusal(422, f"No commit found for SHA: {sha}"))
    return context.page([context.state.pull(number, listed=True) for number in context.state.commits[sha]])


@on("GET", "REPO/issues/{number}/labels")
def labels(context: Context, number: str) -> Reply:
    issue = _issue(context, number, "read")
    return context.page(issue["labels"])


@on("GET", "REPO/issues/{number}/comments")
def comments(context: Context, number: str) -> Reply:
    issue = _issue(context, number, "read")
    found = [each for each in context.state.comments.values() if each["issue"] == issue["number"]]
    return context.page([_shown(each) for each in found])


@on("POST", "REPO/issues/{number}/comments")
def make_comment(context: Context, number: str) -> Reply:
    issue = _issue(context, number, "write")
    body = context.text("body", resource="IssueComment")
    return Reply(201, _shown(context.state.add_comment(issue["number"], context.account.login, body)))


@on("PATCH", "REPO/issues/comments/{id}")
def edit_comment(context: Context, id: str) -> Reply:  # noqa: A002 - as in the path
    comment = _comment(context, id)
    comment["body"] = context.text("body", resource="IssueComment")
    return Reply(200, _shown(comment))


@on("DELETE", "REPO/issues/comments/{id}")
def delete_comment(context: Context, id: str) -> Reply:  # noqa: A002 - as in the path
    del context.state.comments[_comment(context, id)["id"]]
    return Reply(204)


def _pull_number(context: Context, number: str) -> None:
    if not number.isdigit() or int(number) not in context.state.pulls:
        raise not_found()


def _issue(context: Context, number: str, access: str) -> Json:
    """An issue or a pull request; either permission will do for the second."""
    found = context.state.issues.get(int(number)) if number.isdigit() else None
    if found is None:
        context.need(("issues", access), ("pull_requests", access))
        raise not_found()
    context.need(*_either(found, access))
    return found


def _comment(context: Context, number: str) -> Json:
    found = context.state.comments.get(int(number)) if number.isdigit() else None
    if found is None:
        context.need(("issues", "write"), ("pull_requests", "write"))
        raise not_found()
    context.need(*_either(context.state.issues[found["issue"]], "write"))
    return found


def _either(issue: Json, access: str) -> Needs:
    own = [("issues", access)]
    return [*own, ("pull_requests", access)] if "pull_request" in issue else own


def _shown(comment: Json) -> dict[str, Any]:
    return {key: value for key, value in comment.items() if key != "issue"}
