"""Environments of a repository, their protection and their variables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, assert_never

from windlass.errors.github import GitHubConflictError, VariableRefusedError
from windlass.github.client import Client, path_of
from windlass.github.models import Call, Environment, Reviewer
from windlass.github.needs import READ_ACTIONS, READ_VARIABLES, WRITE_ENVIRONMENTS, WRITE_VARIABLES
from windlass.github.protection import AllowBranch, EnvironmentStep, ForbidBranch, Protect, plan_environment

_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")


def find_environment(client: Client, name: str) -> Environment | None:
    """Read an environment and its protection; None when there is none."""
    call = Call(f"read environment {name}", READ_ACTIONS)
    document = client.find(path_of(client.repository, "environments", name), call)
    if document is None:
        return None
    custom = bool((document.get("deployment_branch_policy") or {}).get("custom_branch_policies"))
    branches = tuple(each["name"] for each in _patterns(client, name)) if custom else ()
    return _environment(document, branches)


def ensure_environment(client: Client, wanted: Environment) -> tuple[EnvironmentStep, ...]:
    """Make an environment what it shall be; returns what was done."""
    steps = plan_environment(wanted, find_environment(client, wanted.name))
    for step in steps:
        _carry_out(client, step)
    return steps


def variables(client: Client, environment: str) -> dict[str, str]:
    """Read the variables of an environment."""
    call = Call(f"read the variables of environment {environment}", READ_VARIABLES)
    path = path_of(client.repository, "environments", environment, "variables")
    return {each["name"]: each["value"] for each in client.pages(path, call, under="variables")}


def set_variable(client: Client, environment: str, name: str, value: str) -> bool:
    """Give a variable of an environment a value; returns whether it had another one.

    Raises:
        VariableRefusedError: GitHub takes no variable of this name.
    """
    if not _VARIABLE.fullmatch(name) or name.startswith("GITHUB_"):
        raise VariableRefusedError(name)
    call = Call(f"set {name} of environment {environment}", WRITE_VARIABLES)
    path = path_of(client.repository, "environments", environment, "variables")
    found = client.find(f"{path}/{name}", call)
    if found is not None and found["value"] == value:
        return False
    if found is None:
        try:
            client.post(path, {"name": name, "value": value}, call)
        except GitHubConflictError:
            found = {}
    if found is not None:
        client.patch(f"{path}/{name}", {"name": name, "value": value}, call)
    return True


def _carry_out(client: Client, step: EnvironmentStep) -> None:
    match step:
        case Protect(wanted, found):
            call = Call(f"protect environment {wanted.name}", WRITE_ENVIRONMENTS)
            client.put(path_of(client.repository, "environments", wanted.name), protection(wanted, found), call)
        case AllowBranch(environment, pattern):
            call = Call(f"let {pattern} deploy to {environment}", WRITE_ENVIRONMENTS)
            client.post(_policies(client, environment), {"name": pattern}, call)
        case ForbidBranch(environment, pattern):
            call = Call(f"no longer let {pattern} deploy to {environment}", WRITE_ENVIRONMENTS)
            for each in _patterns(client, environment):
                if each["name"] == pattern:
                    client.delete(f"{_policies(client, environment)}/{each['id']}", call)
        case _:
            assert_never(step)


def protection(wanted: Environment, found: Environment | None) -> Mapping[str, Any]:
    """Return the body that protects an environment.

    What is neither wanted nor there is left out: on a private repository some plans refuse a body that so much as
    names reviewers or a timer (422).
    """
    held = found or Environment(wanted.name)
    body: dict[str, Any] = {"deployment_branch_policy": _policy(wanted)}
    if wanted.reviewers or held.reviewers:
        body["reviewers"] = [{"type": each.kind, "id": each.id} for each in wanted.reviewers]
    if wanted.prevent_self_review or held.prevent_self_review:
        body["prevent_self_review"] = wanted.prevent_self_review
    if wanted.wait_minutes or held.wait_minutes:
        body["wait_timer"] = wanted.wait_minutes
    if wanted.admins_bypass != held.admins_bypass:
        body["can_admins_bypass"] = wanted.admins_bypass
    return body


def _policy(wanted: Environment) -> Mapping[str, bool] | None:
    """Both may not be the same (GitHub's REST reference); none of them is null."""
    if wanted.protected_branches:
        return {"protected_branches": True, "custom_branch_policies": False}
    return {"protected_branches": False, "custom_branch_policies": True} if wanted.branches else None


def _policies(client: Client, environment: str) -> str:
    return path_of(client.repository, "environments", environment, "deployment-branch-policies")


def _patterns(client: Client, environment: str) -> list[Any]:
    call = Call(f"list the branches that may deploy to {environment}", READ_ACTIONS)
    return list(client.pages(_policies(client, environment), call, under="branch_policies"))


def _environment(document: Any, branches: tuple[str, ...]) -> Environment:
    rules = {rule["type"]: rule for rule in document.get("protection_rules") or ()}
    reviewing = rules.get("required_reviewers") or {}
    policy = document.get("deployment_branch_policy") or {}
    return Environment(
        name=document["name"],
        reviewers=tuple(_reviewer(each) for each in reviewing.get("reviewers") or ()),
        wait_minutes=int((rules.get("wait_timer") or {}).get("wait_timer") or 0),
        prevent_self_review=bool(reviewing.get("prevent_self_review")),
        branches=branches,
        protected_branches=bool(policy.get("protected_branches")),
        admins_bypass=bool(document.get("can_admins_bypass", True)),
    )


def _reviewer(document: Any) -> Reviewer:
    who = document["reviewer"]
    return Reviewer(document["type"], who["id"], who.get("slug") or who.get("login") or "")
