"""What the fake GitHub answers about deployments, environments, their protection and their variables."""

from __future__ import annotations

from support.fake_github_http import Json, RefusedError, Reply, invalid, not_found, refusal
from support.fake_github_routing import Context, on
from support.fake_github_state import State

_STATES = ("error", "failure", "inactive", "in_progress", "queued", "pending", "success")

# Deployments


@on("GET", "REPO/deployments")
def deployments(context: Context) -> Reply:
    context.need(("deployments", "read"))
    asked = context.request.query
    found = [
        each
        for each in context.state.deployments.values()
        if all(asked.get(name) in (None, each[name]) for name in ("environment", "sha", "ref", "task"))
    ]
    return context.page([_bare(each) for each in sorted(found, key=lambda each: -each["id"])])


@on("POST", "REPO/deployments")
def make_deployment(context: Context) -> Reply:
    context.need(("deployments", "write"))
    sent = context.request.body
    if not sent.get("ref"):
        raise invalid("Deployment", "ref", "missing_field")
    if sent.get("required_contexts") is None and context.state.checks_pending:
        raise RefusedError(refusal(409, "Conflict: Commit status checks failed for the ref"))
    made = context.state.add_deployment(
        context.account.login, sent["ref"], sent.get("environment") or "production", sent.get("description")
    )
    return Reply(201, _bare(made))


@on("GET", "REPO/deployments/{id}/statuses")
def statuses(context: Context, id: str) -> Reply:  # noqa: A002 - as in the path
    context.need(("deployments", "read"))
    return context.page(list(reversed(_deployment(context, id)["statuses"])))


@on("POST", "REPO/deployments/{id}/statuses")
def add_status(context: Context, id: str) -> Reply:  # noqa: A002 - as in the path
    context.need(("deployments", "write"))
    deployment, sent = _deployment(context, id), context.request.body
    if sent.get("state") not in _STATES:
        raise invalid("DeploymentStatus", "state", "custom", f"`{sent.get('state')}` is not a valid state")
    if len(sent.get("description") or "") > 140:
        raise invalid(
            "DeploymentStatus", "description", "custom", "description is too long (maximum is 140 characters)"
        )
    status = {"id": context.state.next_id(), "creator": context.state.user(context.account.login), **sent}
    deployment["statuses"].append(status)
    if sent["state"] == "success" and sent.get("auto_inactive", True):
        _retire(context.state, deployment)
    return Reply(201, status)


def _retire(state: State, newest: Json) -> None:
    """A success puts earlier ones of the same environment, that are no production, out of use."""
    for each in state.deployments.values():
        last = each["statuses"][-1]["state"] if each["statuses"] else ""
        if each["id"] != newest["id"] and each["environment"] == newest["environment"] and last == "success":
            each["statuses"].append({"id": state.next_id(), "state": "inactive"})


def _deployment(context: Context, number: str) -> Json:
    found = context.state.deployments.get(int(number)) if number.isdigit() else None
    if found is None:
        raise not_found()
    return found


def _bare(deployment: Json) -> Json:
    return {key: value for key, value in deployment.items() if key != "statuses"}


# Environments


@on("GET", "REPO/environments")
def environments(context: Context) -> Reply:
    context.need(("actions", "read"))
    return context.page([_protected(each) for each in context.state.environments.values()], "environments")


@on("GET", "REPO/environments/{name}")
def environment(context: Context, name: str) -> Reply:
    context.need(("actions", "read"))
    return Reply(200, _protected(_environment(context, name)))


@on("PUT", "REPO/environments/{name}")
def put_environment(context: Context, name: str) -> Reply:
    context.need(("administration", "write"))
    state, sent = context.state, context.request.body or {}
    policy = sent.get("deployment_branch_policy")
    if policy and policy["protected_branches"] == policy["custom_branch_policies"]:
        raise RefusedError(refusal(422, "Validation Failed", errors=["custom_branch_policies and protected_branches "]))
    _check_plan(state, sent)
    reviewers = [_reviewer(state, each) for each in sent.get("reviewers") or ()]
    if len(reviewers) > 6:
        raise RefusedError(refusal(422, "Validation Failed", errors=["An environment can have up to six reviewers"]))
    found = state.add_environment(name)
    found["policy"] = policy
    if not policy or not policy["custom_branch_policies"]:
        found["branches"].clear()
    found["reviewers"] = reviewers
    found["prevent_self_review"] = bool(sent.get("prevent_self_review"))
    found["wait_timer"] = sent.get("wait_timer") or 0
    found["can_admins_bypass"] = sent.get("can_admins_bypass", found["can_admins_bypass"])
    return Reply(200, _protected(found))


@on("GET", "REPO/environments/{name}/deployment-branch-policies")
def branch_policies(context: Context, name: str) -> Reply:
    context.need(("actions", "read"))
    return context.page(list(_environment(context, name)["branches"].values()), "branch_policies")


@on("POST", "REPO/environments/{name}/deployment-branch-policies")
def add_branch_policy(context: Context, name: str) -> Reply:
    context.need(("administration", "write"))
    found, pattern = _environment(context, name), context.request.body["name"]
    if not found["policy"] or not found["policy"]["custom_branch_policies"]:
        raise not_found()
    if pattern in [each["name"] for each in found["branches"].values()]:
        return Reply(303, None)
    made = {"id": context.state.next_id(), "name": pattern, "type": "branch"}
    found["branches"][made["id"]] = made
    return Reply(200, made)


@on("DELETE", "REPO/environments/{name}/deployment-branch-policies/{id}")
def delete_branch_policy(context: Context, name: str, id: str) -> Reply:  # noqa: A002 - as in the path
    context.need(("administration", "write"))
    if _environment(context, name)["branches"].pop(int(id), None) is None:
        raise not_found()
    return Reply(204)


def _check_plan(state: State, sent: Json) -> None:
    """Reviewers and timers on a private repository take the Enterprise plan, and to name them is enough."""
    names = {"reviewers": "required reviewers", "wait_timer": "wait timer"}
    for name, words in names.items():
        if state.private and state.plan != "enterprise" and name in sent:
            message = (
                "Failed to create the environment protection rule. "
                f"Please ensure the billing plan supports the {words} protection rule."
            )
            raise RefusedError(refusal(422, message))


def _reviewer(state: State, sent: Json) -> Json:
    names = state.users if sent["type"] == "User" else state.teams
    name = next((name for name, number in names.items() if number == sent["id"]), None)
    if name is None:
        raise RefusedError(refusal(422, "Validation Failed", errors=["Reviewer not found"]))
    key = "login" if sent["type"] == "User" else "slug"
    return {"type": sent["type"], "reviewer": {"id": sent["id"], key: name}}


def _environment(context: Context, name: str) -> Json:
    found = context.state.environments.get(name)
    if found is None:
        raise not_found()
    return found


def _protected(found: Json) -> Json:
    """An environment as REST shows it: its protection as a list of rules."""
    rules = []
    if found["wait_timer"]:
        rules.append({"id": 1, "type": "wait_timer", "wait_timer": found["wait_timer"]})
    if found["reviewers"]:
        review = {"prevent_self_review": found["prevent_self_review"], "reviewers": found["reviewers"]}
        rules.append({"id": 2, "type": "required_reviewers", **review})
    if found["policy"]:
        rules.append({"id": 3, "type": "branch_policy"})
    return {
        "id": found["id"],
        "name": found["name"],
        "protection_rules": rules,
        "deployment_branch_policy": found["policy"],
        "can_admins_bypass": found["can_admins_bypass"],
    }


# Variables of an environment


@on("GET", "REPO/environments/{name}/variables")
def variables(context: Context, name: str) -> Reply:
    context.need(("environments", "read"))
    found = _environment(context, name)["variables"]
    return context.page([{"name": each, "value": value} for each, value in sorted(found.items())], "variables", most=30)


@on("POST", "REPO/environments/{name}/variables")
def make_variable(context: Context, name: str) -> Reply:
    context.need(("environments", "write"))
    found, sent = _environment(context, name)["variables"], context.request.body
    if sent["name"].upper() in found:
        raise RefusedError(refusal(409, "Already exists - Variable already exists"))
    found[sent["name"].upper()] = sent["value"]
    return Reply(201, {})


@on("GET", "REPO/environments/{name}/variables/{variable}")
def variable(context: Context, name: str, variable: str) -> Reply:
    context.need(("environments", "read"))
    found = _environment(context, name)["variables"]
    if variable.upper() not in found:
        raise not_found()
    return Reply(200, {"name": variable.upper(), "value": found[variable.upper()]})


@on("PATCH", "REPO/environments/{name}/variables/{variable}")
def change_variable(context: Context, name: str, variable: str) -> Reply:
    context.need(("environments", "write"))
    found = _environment(context, name)["variables"]
    if variable.upper() not in found:
        raise not_found()
    found[variable.upper()] = context.request.body["value"]
    return Reply(204)
