"""Autoscale settings of deployments: documents of Azure Monitor, written and read over Resource Manager."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from windlass.azure.arm import ADDRESS, Arm
from windlass.errors.azure import AutoscaleDeniedError, AzureDeniedError
from windlass.project.autoscale import Autoscale, Hours
from windlass.release.models import CreateAutoscale, Scaled

Json = dict[str, Any]

API_VERSION: Final = "2022-10-01"
TAG_DIGEST: Final = "windlass.autoscale"
TAG_DEPLOYMENT: Final = "windlass.deployment"
_NAMESPACE: Final = "microsoft.machinelearningservices/workspaces/onlineendpoints"
_WINDOW: Final = "PT5M"
_DEFAULT: Final = "always"


class AzureScaling:
    """Satisfies `release.ports.Scaling`.

    Attributes:
        arm: Requests on the workspace.
        workspace_id: The id of the workspace; settings stand in its resource group.
        location: The region of the workspace: a setting has to be in that of its target.
    """

    def __init__(self, arm: Arm, workspace_id: str, location: str) -> None:
        self._arm = arm
        self._workspace_id = workspace_id
        self._location = location

    def observe(self, endpoint: str) -> tuple[Scaled, ...]:
        """Look at all autoscale settings of an endpoint's deployments, also of those that are gone."""
        below = f"{self._workspace_id}/onlineEndpoints/{endpoint}/deployments/".lower()
        with _explained(what := f"list the autoscale settings of {endpoint}"):
            settings = tuple(self._arm.list(self._collection(), what))
        return tuple(read_setting(each) for each in settings if _target(each).lower().startswith(below))

    def create(self, endpoint: str, step: CreateAutoscale) -> None:
        """Make or change the setting of a deployment; it is on at once."""
        body = setting_document(step, f"{self._workspace_id}/onlineEndpoints/{endpoint}", self._location)
        with _explained(what := f"scale deployment {step.deployment}"):
            self._arm.put(self._setting(endpoint, step.deployment), body, what)

    def delete(self, endpoint: str, deployment: str) -> None:
        """Remove the setting of a deployment; that it is gone already is no error."""
        with _explained(what := f"remove the autoscale setting of deployment {deployment}"):
            self._arm.delete(self._setting(endpoint, deployment), what)

    def _collection(self, name: str = "") -> str:
        group = self._workspace_id.partition("/providers/")[0]
        path = f"{ADDRESS}{group}/providers/Microsoft.Insights/autoscalesettings"
        return f"{path}{f'/{name}' if name else ''}?api-version={API_VERSION}"

    def _setting(self, endpoint: str, deployment: str) -> str:
        return self._collection(setting_name(endpoint, deployment))


@contextmanager
def _explained(what: str) -> Iterator[None]:
    """Name the right that is missing: it is not the one that releases need."""
    try:
        yield
    except AzureDeniedError as error:
        raise AutoscaleDeniedError(what, details=error.details) from error


def setting_name(endpoint: str, deployment: str) -> str:
    """Name the setting of a deployment; both names have at most 32 characters and no other character than these."""
    return f"{endpoint}-{deployment}"


def read_setting(resource: Json) -> Scaled:
    """Read a setting as Resource Manager shows it."""
    profiles = resource["properties"]["profiles"]
    capacity = profiles[0]["capacity"]
    return Scaled(
        deployment=_target(resource).rsplit("/", 1)[-1],
        digest=(resource.get("tags") or {}).get(TAG_DIGEST, ""),
        enabled=bool(resource["properties"].get("enabled")),
        minimum=int(capacity["minimum"]),
        maximum=int(capacity["maximum"]),
    )


def _target(resource: Json) -> str:
    return str(resource["properties"].get("targetResourceUri") or "")


def setting_document(step: CreateAutoscale, endpoint_id: str, location: str) -> Json:
    """Write the setting of a deployment. Azure makes it disabled unless it is told otherwise."""
    deployment_id = f"{endpoint_id}/deployments/{step.deployment}"
    settings = step.settings
    rules = list(_rules(settings, endpoint_id, step.deployment))
    profiles = [
        {"name": _DEFAULT, "capacity": _capacity(settings.minimum, settings.maximum), "rules": rules},
        *(profile for hours in settings.hours for profile in _of_hours(hours, settings, rules)),
    ]
    return {
        "location": location,
        "tags": {TAG_DIGEST: settings.digest, TAG_DEPLOYMENT: step.deployment},
        "properties": {
            "enabled": True,
            "targetResourceUri": deployment_id,
            "targetResourceLocation": location,
            "profiles": profiles,
        },
    }


def _capacity(minimum: int, maximum: int) -> Json:
    # Numbers are texts here. The default is what Azure goes back to when it has no metrics.
    return {"minimum": str(minimum), "maximum": str(maximum), "default": str(minimum)}


def _of_hours(hours: Hours, settings: Autoscale, rules: list[Json]) -> Iterator[Json]:
    """A recurring profile holds until the next one begins, so the end of the hours is a profile too."""
    maximum = hours.maximum or settings.maximum
    yield {
        "name": hours.name,
        "capacity": _capacity(hours.minimum, maximum),
        "rules": rules,
        "recurrence": _recurrence(hours.days, hours.starts, settings.time_zone),
    }
    yield {
        # The name by which Azure's portal knows the end of other hours.
        "name": f'{{"name":"{_DEFAULT}","for":"{hours.name}"}}',
        "capacity": _capacity(settings.minimum, settings.maximum),
        "rules": rules,
        "recurrence": _recurrence(hours.days, hours.ends, settings.time_zone),
    }


def _recurrence(days: tuple[str, ...], time: str, zone: str) -> Json:
    hour, minute = time.split(":")
    schedule = {"timeZone": zone, "days": list(days), "hours": [int(hour)], "minutes": [int(minute)]}
    return {"frequency": "Week", "schedule": schedule}


def _rules(settings: Autoscale, endpoint_id: str, deployment: str) -> Iterator[Json]:
    cpu = {
        "metricName": "CpuUtilizationPercentage",
        "metricNamespace": f"{_NAMESPACE}/deployments",
        "metricResourceUri": f"{endpoint_id}/deployments/{deployment}",
    }
    yield _rule(cpu, "GreaterThan", settings.cpu_above, "Increase", settings)
    yield _rule(cpu, "LessThan", settings.cpu_below, "Decrease", settings)
    if settings.latency_p95_above_ms is not None:
        latency = {
            "metricName": "RequestLatency_P95",
            "metricNamespace": _NAMESPACE,
            "metricResourceUri": endpoint_id,
            "dimensions": [{"DimensionName": "deployment", "Operator": "Equals", "Values": [deployment]}],
        }
        yield _rule(latency, "GreaterThan", settings.latency_p95_above_ms, "Increase", settings)


def _rule(metric: Json, operator: str, threshold: float, direction: str, settings: Autoscale) -> Json:
    trigger = {
        **metric,
        "timeGrain": "PT1M",
        "statistic": "Average",
        "timeWindow": _WINDOW,
        "timeAggregation": "Average",
        "operator": operator,
        "threshold": threshold,
    }
    action = {
        "direction": direction,
        "type": "ChangeCount",
        "value": "1",
        "cooldown": f"PT{settings.cooldown_minutes}M",
    }
    return {"metricTrigger": trigger, "scaleAction": action}
