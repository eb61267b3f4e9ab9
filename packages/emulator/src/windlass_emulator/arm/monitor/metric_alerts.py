"""Microsoft.Insights/metricAlerts: kept and checked. No metric is measured here, so none of them fires."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from windlass_emulator.arm import common
from windlass_emulator.arm.common import Draft, Kind, NameRule, value_at
from windlass_emulator.arm.monitor import action_groups
from windlass_emulator.arm.monitor.metrics import METRICS
from windlass_emulator.arm.monitor.rules import (
    refused,
    require_one_of,
    require_resources,
    require_severity,
    seconds,
)
from windlass_emulator.arm.scopes import type_of_scope
from windlass_emulator.clock import arm_time
from windlass_emulator.errors import NotEmulatedError
from windlass_emulator.feature import Feature
from windlass_emulator.http import Answer, Request, Route

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure

KIND = Kind(
    type="Microsoft.Insights/metricAlerts",
    body="metric alert",
    name=NameRule(
        r"[^*#&+:<>?@%{}\\/|\x00-\x1f]{0,259}[^*#&+:<>?@%{}\\/|\x00-\x1f. ]",
        "A metric alert name has 1 to 260 characters without * # & + : < > ? @ % { } \\ / |, and does not end with a "
        "space or period.",
    ),
    required=(
        "properties.severity",
        "properties.enabled",
        "properties.scopes",
        "properties.evaluationFrequency",
        "properties.windowSize",
        "properties.criteria",
    ),
    system_data=False,
    is_global=True,
)
FREQUENCIES: Final = ("PT1M", "PT5M", "PT15M", "PT30M", "PT1H")
WINDOWS: Final = (*FREQUENCIES, "PT6H", "PT12H", "P1D")
_AGGREGATIONS = ("Average", "Count", "Minimum", "Maximum", "Total")
_STATIC_OPERATORS = ("Equals", "GreaterThan", "GreaterThanOrEqual", "LessThan", "LessThanOrEqual")
_DYNAMIC_OPERATORS = ("GreaterThan", "LessThan", "GreaterOrLessThan")
_SINGLE = "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria"
_MOST_CRITERIA = 5
_MOST_DIMENSIONS = 10


def feature() -> Feature:
    """Return metric alerts."""
    return Feature(
        "metric alerts",
        routes=(
            Route("PUT", KIND.template, _put, provenance="specified"),
            *common.usual_routes(KIND, what="metric alert"),
        ),
        renderers=KIND.renderers(),
    )


async def _put(request: Request) -> Answer:
    """Create or update a metric alert."""
    draft = common.read_put(request, KIND)
    _check(request.azure, draft.properties)
    completed = common.with_defaults(draft.properties, {"autoMitigate": True, "actions": [], "description": ""})
    completed |= {"lastUpdatedTime": arm_time(request.azure.clock.now()), "isMigrated": False}
    body = draft.body | {"properties": completed}
    stored = common.save(request, KIND, Draft(draft.id, draft.name, draft.group, draft.existing, body))
    return common.put_answer(request, draft, stored, created=200)  # its clients know no 201


def _check(azure: LocalAzure, properties: Mapping[str, Any]) -> None:
    require_severity(properties)
    frequency = require_one_of(properties, "evaluationFrequency", FREQUENCIES)
    window = require_one_of(properties, "windowSize", WINDOWS)
    if (seconds(frequency) or 0) > (seconds(window) or 0):
        raise refused(f"The evaluation frequency {frequency} must not be longer than the window {window}.")
    scopes = [str(scope) for scope in properties["scopes"]]
    require_resources(azure, scopes, "scope")
    groups = [str(action.get("actionGroupId", "")) for action in properties.get("actions") or ()]
    require_resources(azure, groups, "action group")
    if wrong := [group for group in groups if type_of_scope(group) != action_groups.KIND.type.lower()]:
        raise refused(f"'{wrong[0]}' is not an action group.")
    _check_scopes(properties, scopes)
    _check_criteria(azure, properties["criteria"], _namespaces(properties, scopes))


def _check_scopes(properties: Mapping[str, Any], scopes: Sequence[str]) -> None:
    if not scopes:
        raise refused("A metric alert needs at least one scope.", target="properties.scopes")
    single = value_at(properties, "criteria") or {}
    if single.get("odata.type") == _SINGLE and len(scopes) > 1:
        raise refused("Criteria of a single resource go with exactly one scope.", target="properties.scopes")
    is_wide = len(scopes) > 1 or "/providers/" not in scopes[0]
    if is_wide and not (properties.get("targetResourceType") and properties.get("targetResourceRegion")):
        raise refused(
            "targetResourceType and targetResourceRegion are required when the scopes are several resources, a "
            "resource group or a subscription."
        )


def _namespaces(properties: Mapping[str, Any], scopes: Sequence[str]) -> set[str]:
    if wanted := properties.get("targetResourceType"):
        return {str(wanted).lower()}
    return {type_of_scope(scope) for scope in scopes}


def _check_criteria(azure: LocalAzure, criteria: Mapping[str, Any], types: set[str]) -> None:
    if criteria["odata.type"].endswith("WebtestLocationAvailabilityCriteria"):
        require_resources(azure, [criteria["webTestId"], criteria["componentId"]], "resource")
        return
    conditions = criteria.get("allOf") or []
    if not 1 <= len(conditions) <= _MOST_CRITERIA:
        raise refused(f"A metric alert has 1 to {_MOST_CRITERIA} criteria, not {len(conditions)}.")
    for condition in conditions:
        _check_condition(condition, types)


def _check_condition(condition: Mapping[str, Any], types: set[str]) -> None:
    name = str(condition.get("name") or "")
    if not name:
        raise refused("Every criterion of a metric alert has a name.")
    require_one_of(condition, "timeAggregation", _AGGREGATIONS)
    is_dynamic = condition.get("criterionType") == "DynamicThresholdCriterion"
    require_one_of(condition, "operator", _DYNAMIC_OPERATORS if is_dynamic else _STATIC_OPERATORS)
    if is_dynamic:
        require_one_of(condition, "alertSensitivity", ("Low", "Medium", "High"))
    elif not isinstance(condition.get("threshold"), int | float):
        raise refused(f"The criterion '{name}' has no threshold.")
    if not condition.get("skipMetricValidation"):
        _check_metric(condition, types)


def _check_metric(condition: Mapping[str, Any], types: set[str]) -> None:
    namespace = str(condition.get("metricNamespace") or next(iter(types))).lower()
    if namespace not in METRICS:
        raise NotEmulatedError(f"metric alerts on {namespace}")
    metric, dimensions = str(condition.get("metricName")), condition.get("dimensions") or []
    if metric not in METRICS[namespace]:
        raise refused(
            f"Couldn't find a metric named {metric}. Make sure the name is correct. Failed to find metric {metric} "
            f"in namespace {namespace}."
        )
    if len(dimensions) > _MOST_DIMENSIONS:
        raise refused(f"A criterion has at most {_MOST_DIMENSIONS} dimensions.")
    for dimension in dimensions:
        if dimension.get("name") not in METRICS[namespace][metric]:
            raise refused(f"The metric {metric} has no dimension '{dimension.get('name')}'.")
        require_one_of(dimension, "operator", ("Include", "Exclude"))
        if not dimension.get("values"):
            raise refused(f"The dimension '{dimension['name']}' has no values.")
