"""What the fake GitHub answers about accounts, the repository, pull requests, comments and issues."""

from __future__ import annotations

from typing import Any

from support.fake_github_http import (
    Json,
    Needs,
    RefusedError,
    Reply,
    invalid,
    not_accessible,
    not_found,
    refusal,
)
from support.fake_github_routing import Context, on

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


# Issues


@on("GET", "REPO/issues")
def issues(context: Context) -> Reply:
    """Issues and pull requests alike, the newest first, as GitHub gives them."""
    context.need(("issues", "read"))
    state = context.request.query.get("state", "open")
    creator = context.request.query.get("creator")
    found = [
        each
        for each in context.state.issues.values()
        if state in ("all", each["state"]) and creator in (None, each["user"]["login"])
    ]
    return context.page(sorted(found, key=lambda each: -each["number"]))


@on("POST", "REPO/issues")
def open_issue(context: Context) -> Reply:
    context.need(("issues", "write"))
    sent = context.request.body
    title, body = context.text("title", resource="Issue"), context.text("body", resource="Issue")
    return Reply(201, context.state.add_issue(context.account.login, title, body, sent.get("labels") or ()))


@on("PATCH", "REPO/issues/{number}")
def change_issue(context: Context, number: str) -> Reply:
    issue = _issue(context, number, "write")
    sent = context.request.body
    if sent.get("body") is not None:
        issue["body"] = context.text("body", resource="Issue")
    issue["title"] = sent.get("title", issue["title"])
    state = sent.get("state", issue["state"])
    if state not in ("open", "closed"):
        raise invalid("Issue", "state", "invalid")
    if state != issue["state"]:
        issue["state"] = state
        issue["state_reason"] = "reopened" if state == "open" else sent.get("state_reason") or "completed"
    return Reply(200, issue)
