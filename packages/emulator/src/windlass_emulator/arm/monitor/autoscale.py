"""Microsoft.Insights/autoscalesettings: who holds the instance count of a resource, and between which bounds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from windlass_emulator import regions
from windlass_emulator.arm import common
from windlass_emulator.arm.common import Draft, Kind, NameRule
from windlass_emulator.arm.monitor.decide import ZONES
from windlass_emulator.arm.monitor.metrics import METRICS
from windlass_emulator.arm.monitor.rules import refused, require_one_of, require_resources, seconds
from windlass_emulator.arm.scopes import type_of_scope
from windlass_emulator.errors import AzureError, NotEmulatedError
from windlass_emulator.feature import Feature
from windlass_emulator.http import Answer, Request, Route

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure

TARGET: Final = "microsoft.machinelearningservices/workspaces/onlineendpoints/deployments"
KIND = Kind(
    type="Microsoft.Insights/autoscalesettings",
    body="autoscale setting",
    name=NameRule(
        r"[^:<>+/&%\\?|\x00-\x1f]{1,260}",
        "An autoscale setting name has 1 to 260 characters without : < > + / & % \\ ? |.",
    ),
    required=("properties.profiles", "properties.targetResourceUri"),
)
_MOST_PROFILES = 20
_MOST_RULES = 10
_DIRECTIONS = ("Increase", "Decrease", "None")
_CHANGES = ("ChangeCount", "PercentChangeCount", "ExactCount", "ServiceAllowedNextValue")
_OPERATORS = ("Equals", "NotEquals", "GreaterThan", "GreaterThanOrEqual", "LessThan", "LessThanOrEqual")
_UPWARD, _DOWNWARD = ("GreaterThan", "GreaterThanOrEqual"), ("LessThan", "LessThanOrEqual")
_STATISTICS = ("Average", "Min", "Max", "Sum", "Count")
_AGGREGATIONS = ("Average", "Minimum", "Maximum", "Total", "Count", "Last")
_SHORTEST_WINDOW, _LONGEST_WINDOW = 300, 43200
_SHORTEST_COOLDOWN, _LONGEST_COOLDOWN = 60, 604800


def feature() -> Feature:
    """Return autoscale settings."""
    return Feature(
        "autoscale settings",
        routes=(
            Route("PUT", KIND.template, _put, provenance="specified"),
            *common.usual_routes(KIND, what="autoscale setting"),
        ),
        renderers=KIND.renderers(),
    )


async def _put(request: Request) -> Answer:
    """Create or update an autoscale setting."""
    draft = common.read_put(request, KIND)
    _check(request.azure, draft)
    defaults = {
        "enabled": False,  # Azure's default, and why so many settings never scale anything
        "name": draft.name,
        "notifications": [],
        "predictiveAutoscalePolicy": None,
        "targetResourceLocation": draft.location,
    }
    properties = common.with_defaults(draft.properties, defaults)
    body = draft.body | {"properties": properties}
    stored = common.save(request, KIND, Draft(draft.id, draft.name, draft.group, draft.existing, body))
    return common.put_answer(request, draft, stored)


# Rules


def _check(azure: LocalAzure, draft: Draft) -> None:
    properties = draft.properties
    profiles = properties["profiles"]
    if not 1 <= len(profiles) <= _MOST_PROFILES:
        raise refused(
            f"An autoscale setting has 1 to {_MOST_PROFILES} profiles, not {len(profiles)}.",
            target="properties.profiles",
        )
    _check_target(azure, draft)
    for profile in profiles:
        _check_profile(azure, profile)
    names = [str(profile.get("name")) for profile in profiles]
    if len(set(names)) < len(names):
        raise refused("The profiles of an autoscale setting must have different names.")
    if sum(1 for profile in profiles if not profile.get("fixedDate") and not profile.get("recurrence")) > 1:
        raise refused("An autoscale setting has at most one profile without fixedDate and recurrence, the default.")


def _check_target(azure: LocalAzure, draft: Draft) -> None:
    target = str(draft.properties["targetResourceUri"])
    if (before := draft.before.get("targetResourceUri")) and before.lower() != target.lower():
        raise refused(
            f"The autoscale setting '{draft.name}' under resource group '{draft.group.rsplit('/', 1)[1]}' is "
            f"referencing target resource '{before}'. The target resource reference is immutable. If you want to "
            "change it, please create a new autoscale setting with a different name.",
            code="TargetResourceIdIsImmutable",
        )
    if type_of_scope(target) != TARGET:
        raise NotEmulatedError(f"autoscale settings of {type_of_scope(target)}")
    stored = azure.store.get(target)
    if stored is None:
        raise refused(f"The target resource '{target}' was not found.", code="TargetResourceNotFound")
    if str(stored.body["properties"].get("endpointComputeType", "")).lower() != "managed":
        raise refused("Only managed online deployments are scaled by Azure Monitor.", code="TargetResourceNotSupported")
    where = draft.properties.get("targetResourceLocation") or draft.location
    if regions.normal(str(where)) != stored.body["location"] or draft.location != stored.body["location"]:
        raise refused(f"The setting and its target must be in one region: the target is in {stored.body['location']}.")
    for other in azure.store.of_type(KIND.type):
        if other.id.lower() != draft.id.lower() and _target_of(other.body) == target.lower():
            raise AzureError(
                409,
                "Conflict",
                f"The target resource '{target}' is already scaled by the autoscale setting '{other.name}'; a "
                "resource has one.",
            )


def _target_of(body: Mapping[str, Any]) -> str:
    return str(body["properties"]["targetResourceUri"]).lower()


def _check_profile(azure: LocalAzure, profile: Mapping[str, Any]) -> None:
    name = str(profile.get("name") or "")
    if not name:
        raise refused("Every profile of an autoscale setting has a name.")
    if profile.get("fixedDate") and profile.get("recurrence"):
        raise refused(f"The profile '{name}' has both fixedDate and recurrence.")
    zone = ((profile.get("recurrence") or {}).get("schedule") or {}).get("timeZone", "UTC")
    if zone not in ZONES:
        raise NotEmulatedError(f"autoscale in the time zone '{zone}' (known: {', '.join(ZONES)})")
    least, most, default = (
        _count(profile.get("capacity") or {}, key, name) for key in ("minimum", "maximum", "default")
    )
    if not 0 < least <= default <= most:
        raise refused(
            f"The capacity of the profile '{name}' must be ordered: 0 < minimum ({least}) <= default ({default}) <= "
            f"maximum ({most})."
        )
    rules = profile.get("rules") or []
    if len(rules) > _MOST_RULES:
        raise refused(f"The profile '{name}' has {len(rules)} rules; at most {_MOST_RULES} are allowed.")
    for rule in rules:
        _check_trigger(azure, rule.get("metricTrigger") or {}, name)
        _check_action(rule.get("scaleAction") or {}, rule["metricTrigger"], most - least, name)


def _count(capacity: Mapping[str, Any], key: str, profile: str) -> int:
    value = capacity.get(key)
    if not isinstance(value, str) or not value.isdecimal():
        raise refused(
            f"The capacity '{key}' of the profile '{profile}' is {value!r}; it must be a whole number written as a "
            "string."
        )
    return int(value)


def _check_trigger(azure: LocalAzure, trigger: Mapping[str, Any], profile: str) -> None:
    require_one_of(trigger, "operator", _OPERATORS)
    require_one_of(trigger, "statistic", _STATISTICS)
    require_one_of(trigger, "timeAggregation", _AGGREGATIONS)
    if not isinstance(trigger.get("threshold"), int | float):
        raise refused(f"A rule of the profile '{profile}' has no threshold.")
    grain, window = seconds(str(trigger.get("timeGrain"))), seconds(str(trigger.get("timeWindow")))
    if grain is None or window is None or window < grain:
        raise refused("The timeGrain and timeWindow of a rule are ISO 8601 durations, the window the longer one.")
    if not _SHORTEST_WINDOW <= window <= _LONGEST_WINDOW:
        raise refused(f"The timeWindow of a rule is 5 minutes to 12 hours, not {trigger['timeWindow']}.")
    resource = str(trigger.get("metricResourceUri"))
    require_resources(azure, [resource], "metric resource")
    known = METRICS.get(type_of_scope(resource), {})
    metric = str(trigger.get("metricName"))
    if metric not in known:
        raise refused(f"The metric '{metric}' does not exist on '{resource}'.")
    for dimension in trigger.get("dimensions") or ():
        if dimension.get("DimensionName") not in known[metric]:
            raise refused(f"The metric {metric} has no dimension '{dimension.get('DimensionName')}'.")


def _check_action(action: Mapping[str, Any], trigger: Mapping[str, Any], span: int, profile: str) -> None:
    direction = require_one_of(action, "direction", _DIRECTIONS)
    require_one_of(action, "type", _CHANGES)
    value = action.get("value", "1")
    if not isinstance(value, str) or not value.isdecimal():
        raise refused(f"The value of a scale action is {value!r}; it must be a whole number written as a string.")
    if action["type"] == "ChangeCount" and int(value) > max(span, 1):
        raise refused(
            f"The scale action of the profile '{profile}' changes by {value}, more than maximum minus minimum ({span})."
        )
    cooldown = seconds(str(action.get("cooldown")))
    if cooldown is None or not _SHORTEST_COOLDOWN <= cooldown <= _LONGEST_COOLDOWN:
        raise refused(f"The cooldown of a scale action is 1 minute to 1 week, not {action.get('cooldown')}.")
    wrong = {"Decrease": _UPWARD, "Increase": _DOWNWARD}.get(direction, ())
    if trigger["operator"] in wrong:
        raise refused(
            f"A rule of the profile '{profile}' scales in the wrong direction: {direction} when the metric is "
            f"{trigger['operator']} {trigger['threshold']}."
        )
