"""Microsoft.Insights/scheduledQueryRules: log alerts, kept and checked. No query is run here, so none of them fires."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from windlass_emulator.arm import common
from windlass_emulator.arm.common import Draft, Kind, NameRule
from windlass_emulator.arm.monitor.rules import (
    refused,
    require_one_of,
    require_resources,
    require_severity,
    seconds,
)
from windlass_emulator.errors import NotEmulatedError, invalid_content
from windlass_emulator.feature import Feature
from windlass_emulator.http import Answer, Request, Route

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure

KIND = Kind(
    type="Microsoft.Insights/scheduledQueryRules",
    body="query rule",
    name=NameRule(
        r"[^*<>%{}&:\\?/#|\x00-\x1f]{0,259}[^*<>%{}&:\\?/#|\x00-\x1f. ]",
        "A log alert name has 1 to 260 characters without * < > % { } & : \\ ? / # |, and does not end with a space or "
        "period.",
    ),
    required=("properties.scopes", "properties.criteria"),
    id_of=lambda resource_id: resource_id.replace("scheduledQueryRules", "scheduledqueryrules"),
)
_FREQUENCIES = (
    *(f"PT{minutes}M" for minutes in (1, 5, 10, 15, 30, 45)),
    *(f"PT{hours}H" for hours in range(1, 7)),
    "P1D",
)
_WINDOWS = (*_FREQUENCIES, "P2D")
_AGGREGATIONS = ("Average", "Count", "Minimum", "Maximum", "Total")
_OPERATORS = ("Equals", "GreaterThan", "GreaterThanOrEqual", "LessThan", "LessThanOrEqual")
_SHORTEST_MUTE = 300


def feature() -> Feature:
    """Return log alerts."""
    return Feature(
        "log alerts",
        routes=(
            Route("PUT", KIND.template, _put, provenance="specified"),
            *common.usual_routes(KIND, what="log alert"),
        ),
        renderers=KIND.renderers(),
    )


async def _put(request: Request) -> Answer:
    """Create or update a log alert."""
    draft = common.read_put(request, KIND)
    if (draft.body.get("kind") or "LogAlert") != "LogAlert":
        raise NotEmulatedError(f"log alerts of kind {draft.body['kind']}")
    _check(request.azure, draft)
    completed = common.with_defaults(draft.properties, {"enabled": True, "autoMitigate": True})
    completed |= {
        "createdWithApiVersion": draft.before.get("createdWithApiVersion") or request.api_version,
        "isLegacyLogAnalyticsRule": False,
        "isWorkspaceAlertsStorageConfigured": False,
    }
    body = draft.body | {"properties": completed, "kind": "LogAlert", "etag": f'"{uuid.uuid4()}"'}
    stored = common.save(request, KIND, Draft(draft.id, draft.name, draft.group, draft.existing, body))
    return common.put_answer(request, draft, stored)


def _check(azure: LocalAzure, draft: Draft) -> None:
    properties = draft.properties
    require_severity(properties)
    frequency = require_one_of(properties, "evaluationFrequency", _FREQUENCIES)
    window = require_one_of(properties, "windowSize", _WINDOWS)
    if (seconds(frequency) or 0) > (seconds(window) or 0):
        raise refused(f"The evaluation frequency {frequency} must not be longer than the window {window}.")
    if len(properties["scopes"]) != 1:
        raise refused("A log alert has exactly one scope.", target="properties.scopes")
    require_resources(azure, properties["scopes"], "scope")
    if draft.before and [each.lower() for each in draft.before["scopes"]] != [
        each.lower() for each in properties["scopes"]
    ]:
        raise refused("Scope can not be updated")  # word for word (pulumi-azure-native issue 4839)
    require_resources(azure, (properties.get("actions") or {}).get("actionGroups") or (), "action group")
    _check_mute(properties.get("muteActionsDuration"))
    conditions = (properties["criteria"] or {}).get("allOf") or []
    if len(conditions) != 1:
        raise refused(f"A log alert has exactly one condition, not {len(conditions)}.")
    _check_condition(conditions[0])


def _check_mute(duration: str | None) -> None:
    if duration is not None and (seconds(duration) or 0) < _SHORTEST_MUTE:
        raise invalid_content(
            f"The muteActionsDuration '{duration}' is not supported; the shortest is PT5M.",
            target="properties.muteActionsDuration",
        )


def _check_condition(condition: Mapping[str, Any]) -> None:
    if not condition.get("query"):
        raise refused("The condition of a log alert has a query.")
    require_one_of(condition, "timeAggregation", _AGGREGATIONS)
    require_one_of(condition, "operator", _OPERATORS)
    if not isinstance(condition.get("threshold"), int | float):
        raise refused("The condition of a log alert has a threshold.")
    if condition["timeAggregation"] != "Count" and not condition.get("metricMeasureColumn"):
        raise refused("An aggregation other than Count needs a metricMeasureColumn.")
    periods = condition.get("failingPeriods") or {}
    if periods.get("minFailingPeriodsToAlert", 1) > periods.get("numberOfEvaluationPeriods", 1):
        raise refused("minFailingPeriodsToAlert must not be more than numberOfEvaluationPeriods.")
