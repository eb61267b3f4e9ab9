"""The check of the caller, on the one way of a request: its own right, and those on what its body names.

Wordings are those of Azure Resource Manager, as seen in public reports.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from windlass_emulator.access.actions import ANYBODY, SOMEBODY, action_of, scope_of
from windlass_emulator.access.authorizer import ASSIGNMENT
from windlass_emulator.access.directory import kinds_of_principals
from windlass_emulator.access.linked import links_of
from windlass_emulator.errors import AzureError

if TYPE_CHECKING:
    from windlass_emulator.http import Answer, Principal, Request, Route

_WITH_BODY = frozenset({"PUT", "PATCH", "POST"})


def authorization_failed(principal: str, action: str, scope: str) -> AzureError:
    """403 for a caller who may not do something."""
    return AzureError(
        403,
        "AuthorizationFailed",
        f"The client '{principal}' with object id '{principal}' does not have authorization to perform action "
        f"'{action}' over scope '{scope}' or the scope is invalid. If access was recently granted, please refresh "
        "your credentials.",
    )


def authorize(request: Request, route: Route, params: Mapping[str, str], principal: Principal) -> None:
    """Refuse what the caller may not do.

    A list of the whole subscription is not refused: `visible` leaves out what the caller may not read.

    Raises:
        AzureError: 403 AuthorizationFailed or LinkedAuthorizationFailed.
    """
    asked = action_of(route.method, route.template)
    if asked in {ANYBODY, SOMEBODY}:
        return
    action = asked.format_map(params)
    scope = scope_of(route.method, route.template, request.path)
    access, who = request.azure.access, principal.object_id
    if not access.may(who, action, scope, facts=_facts(request, action)) and not _is_list_of_subscription(route):
        raise authorization_failed(who, action, scope)
    if route.method in _WITH_BODY and b"/providers/" in request.content:
        _authorize_links(request, who, action, scope)


def _facts(request: Request, action: str) -> dict[str, str]:
    """Return what conditions look at: of a role assignment, the one that is asked for or the one that is there."""
    if action == f"{ASSIGNMENT}/write":
        body = _body(request)
        properties = (body.get("properties") if isinstance(body, dict) else None) or {}
        source = "Request"
    elif action == f"{ASSIGNMENT}/delete":
        stored = request.azure.store.get(request.path)
        properties = stored.body["properties"] if stored else {}
        source = "Resource"
    else:
        return {}
    principal = str(properties.get("principalId") or "").lower()
    told = {
        "RoleDefinitionId": str(properties.get("roleDefinitionId") or "").rpartition("/")[2],
        "PrincipalId": principal,
        "PrincipalType": properties.get("principalType") or kinds_of_principals(request.azure.store).get(principal),
    }
    return {f"@{source}[{ASSIGNMENT}:{name}]": value for name, value in told.items() if value}


def _body(request: Request) -> Any:
    try:
        return json.loads(request.content)
    except ValueError:
        return None  # the handler says what is wrong with it


def _authorize_links(request: Request, who: str, action: str, scope: str) -> None:
    for link in links_of(_body(request), scope):
        if not request.azure.access.may(who, link.action, link.scope):
            raise AzureError(
                403,
                "LinkedAuthorizationFailed",
                f"The client '{who}' with object id '{who}' has permission to perform action '{action}' on scope "
                f"'{scope}'; however, it does not have permission to perform action '{link.action}' on the linked "
                f"scope(s) '{link.scope}' or the linked scope(s) are invalid.",
            )


def _is_list_of_subscription(route: Route) -> bool:
    """Whether an operation lists what stands in groups: Azure shows each caller his own."""
    start = "/subscriptions/{subscription}/"
    if route.method != "GET" or not route.template.startswith(start):
        return False
    rest = route.template.removeprefix(start).split("/")
    return rest in (["resourceGroups"], ["resources"]) or (rest[0] == "providers" and len(rest) == 3)  # noqa: PLR2004 - providers, namespace, type


def visible(request: Request, route: Route, principal: Principal, answer: Answer) -> Answer:
    """Leave out of a list what the caller may not read."""
    access, who = request.azure.access, principal.object_id
    if action_of(route.method, route.template) == SOMEBODY:
        if access.holds_any(who, f"/subscriptions/{request.azure.subscription}"):
            return answer
        if route.template == "/subscriptions":
            return replace(answer, body={**answer.body, "value": [], "count": {"type": "Total", "value": 0}})
        raise authorization_failed(who, "Microsoft.Resources/subscriptions/read", request.path)
    if not _is_list_of_subscription(route):
        return answer
    action, scope = action_of(route.method, route.template), scope_of(route.method, route.template, request.path)
    if access.may(who, action, scope):
        return answer
    rows = [row for row in answer.body["value"] if access.may(who, _read_of(row, action), row["id"])]
    return replace(answer, body={**answer.body, "value": rows})


def _read_of(row: Mapping[str, Any], action: str) -> str:
    """The action that reads one row: of a list of everything, that of its own type."""
    return f"{row['type']}/read" if action == "Microsoft.Resources/subscriptions/resources/read" else action
