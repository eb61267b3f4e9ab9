"""Microsoft.Consumption/budgets: kept and checked. Nothing costs money here, so nothing is ever spent or mailed."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from windlass_emulator.arm import common
from windlass_emulator.arm.scopes import existing_scope, scope_of
from windlass_emulator.errors import AzureError
from windlass_emulator.feature import Feature
from windlass_emulator.http import Answer, Handler, Request, Route

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure
    from windlass_emulator.store import Resource

TYPE: Final = "Microsoft.Consumption/budgets"
_NAME = common.NameRule(
    r"[-\w]{1,63}", "A budget name has 1 to 63 letters, digits, '_' and '-'.", code="InvalidBudgetName"
)
_MONTHS = {"Monthly": 1, "Quarterly": 3, "Annually": 12, "BillingMonth": 1, "BillingQuarter": 3, "BillingAnnual": 12}
_OPERATORS = ("EqualTo", "GreaterThan", "GreaterThanOrEqualTo")
_FIRST_DAY = datetime(2017, 6, 1, tzinfo=UTC)
_MOST_MONTHS_AHEAD = 12
_YEARS = 10
_MOST_NOTIFICATIONS = 5
_MOST_PERCENT = 1000


def feature() -> Feature:
    """Return budgets."""
    one, many = f"/{{scope*}}/providers/{TYPE}/{{name}}", f"/{{scope*}}/providers/{TYPE}"
    return Feature(
        "budgets",
        routes=(
            _route("PUT", one, _put),
            _route("GET", one, _get),
            _route("DELETE", one, _delete),
            _route("GET", many, _list),
        ),
        renderers={TYPE.lower(): _render},
    )


def _route(method: str, template: str, handler: Handler) -> Route:
    return Route(method, template, handler, provenance="specified")


def _render(azure: LocalAzure, resource: Resource, api_version: str) -> dict[str, Any]:
    del azure, api_version
    return {**resource.body, "id": resource.id, "type": TYPE, "name": resource.name}


def _refused(message: str, *, status: int = 400) -> AzureError:
    return AzureError(status, str(status), message)  # this service's codes are the HTTP status as text


def _budget_id(request: Request) -> str:
    return f"{scope_of(request)}/providers/{TYPE}/{request.params['name']}"


async def _put(request: Request) -> Answer:
    """Create or change a budget."""
    azure, scope, name = request.azure, existing_scope(request), request.params["name"]
    if refusal := _NAME.refusal(name):
        raise AzureError(400, _NAME.code, refusal)
    body = common.checked_body(request, "budget")
    stored = azure.store.get(_budget_id(request))
    properties = _checked(dict(body.get("properties") or {}))
    start = _month(properties["timePeriod"].get("startDate"), "startDate")
    if stored is None:
        _check_new_start(start, _MONTHS[properties["timeGrain"]], datetime.fromtimestamp(azure.clock.now(), UTC))
    else:
        _check_update(stored.body, body.get("eTag"), start)
    made = azure.store.put(
        f"{scope}/providers/{TYPE}/{name}",
        TYPE,
        {
            "eTag": f'"{uuid.uuid4().hex[:15]}"',
            "properties": _completed(properties, start),
            "systemData": common.system_data(azure, stored),
        },
        parent=scope,
        now=azure.clock.now(),
    )
    return Answer(200 if stored else 201, common.shown(request, made))


def _completed(properties: dict[str, Any], start: datetime) -> dict[str, Any]:
    period = {
        "startDate": _written(start),
        "endDate": _written(_end(properties["timePeriod"], start)),
    }
    notifications = {
        key: {"thresholdType": "Actual", "contactRoles": [], "contactGroups": [], **notification}
        for key, notification in (properties.get("notifications") or {}).items()
    }
    spent = {"amount": 0.0, "unit": "EUR"}
    return properties | {"timePeriod": period, "notifications": notifications, "currentSpend": spent}


def _written(day: datetime) -> str:
    return f"{day:%Y-%m-%dT00:00:00Z}"


# Rules


def _checked(properties: dict[str, Any]) -> dict[str, Any]:
    for key in ("amount", "category", "timeGrain", "timePeriod"):
        if properties.get(key) is None:
            raise _refused(f"The property '{key}' of a budget is required.")
    if properties["category"] != "Cost":
        raise _refused(f"The category '{properties['category']}' is not valid; it must be Cost.")
    if properties["timeGrain"] not in _MONTHS:
        raise _refused(f"The time grain '{properties['timeGrain']}' is not one of {', '.join(_MONTHS)}.")
    if float(properties["amount"]) <= 0:
        raise _refused("The amount of a budget must be greater than 0.")
    notifications = properties.get("notifications") or {}
    if len(notifications) > _MOST_NOTIFICATIONS:
        raise _refused(f"A budget can have up to {_MOST_NOTIFICATIONS} notifications, not {len(notifications)}.")
    for key, notification in notifications.items():
        _check_notification(key, notification)
    return properties


def _check_notification(key: str, notification: dict[str, Any]) -> None:
    if notification.get("operator") not in _OPERATORS:
        raise _refused(f"The operator of the notification '{key}' must be one of {', '.join(_OPERATORS)}.")
    if not 0 <= float(notification.get("threshold", -1)) <= _MOST_PERCENT:
        raise _refused(f"The threshold of the notification '{key}' must be between 0 and {_MOST_PERCENT}.")
    if not any(notification.get(kind) for kind in ("contactEmails", "contactRoles", "contactGroups")):
        raise _refused(f"The notification '{key}' has nobody to be sent to.")


def _check_new_start(start: datetime, grain_months: int, now: datetime) -> None:
    if start < _FIRST_DAY:
        raise _refused(f"The start date must be on or after {_FIRST_DAY:%B %d, %Y}.")
    ahead = (start.year - now.year) * 12 + start.month - now.month
    if ahead > _MOST_MONTHS_AHEAD:
        raise _refused(f"The start date must not be more than {_MOST_MONTHS_AHEAD} months in the future.")
    if -ahead >= grain_months:
        raise _refused("The start date must not be before the current time grain period.")


def _check_update(stored: dict[str, Any], tag: str | None, start: datetime) -> None:
    if tag is not None and tag != stored["eTag"]:
        raise _refused("The eTag of the budget has changed since it was read; read it again.", status=412)
    if _written(start) != stored["properties"]["timePeriod"]["startDate"]:
        raise _refused("Start date of budgets cannot be updated. Please delete and create a new budget.")


def _month(text: Any, what: str) -> datetime:
    day = _date(text, what)
    if day.day != 1:
        raise _refused(f"The {what} must be the first of a month, not {text}.")
    return day


def _date(text: Any, what: str) -> datetime:
    try:
        read = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise _refused(f"The {what} '{text}' is not a date.") from error
    return read.replace(tzinfo=read.tzinfo or UTC)


def _end(period: dict[str, Any], start: datetime) -> datetime:
    if period.get("endDate") is None:
        return start.replace(year=start.year + _YEARS)
    end = _date(period["endDate"], "endDate")
    if end <= start:
        raise _refused("The start date must be before the end date.")
    return end


# The other operations


def _existing(request: Request) -> Resource:
    stored = request.azure.store.get(_budget_id(request))
    if stored is None:
        raise _refused(f"The budget '{request.params['name']}' was not found at this scope.", status=404)
    return stored


async def _get(request: Request) -> Answer:
    """Get a budget."""
    return Answer(200, common.shown(request, _existing(request)))


async def _delete(request: Request) -> Answer:
    """Delete a budget."""
    request.azure.store.delete(_existing(request).id)
    return Answer(200)


async def _list(request: Request) -> Answer:
    """List the budgets of a scope."""
    found = request.azure.store.children(existing_scope(request), TYPE)
    return Answer(200, {"value": [common.shown(request, budget) for budget in found]})
