"""What the service fills in when a deployment is made (recordings of 2025, api-version 2023-04-01-preview). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from windlass_emulator.errors import invalid_content
from windlass_emulator.online.durations import seconds

REQUEST_SETTINGS: Mapping[str, Any] = {
    "maxQueueWait": "PT0S",
    "requestTimeout": "PT5S",
    "maxConcurrentRequestsPerInstance": 1,
}
TARGET_UTILIZATION: Mapping[str, Any] = {
    "minInstances": 1,
    "maxInstances": 1,
    "pollingInterval": "PT1S",
    "targetUtilizationPercentage": 70,
}
PROBE: Mapping[str, Any] = {
    "failureThreshold": 30,
    "successThreshold": 1,
    "timeout": "PT2S",
    "period": "PT10S",
    "initialDelay": "PT10S",
}
LONGEST_REQUEST: Mapping[str, float] = {"Managed": 180.0, "Kubernetes": 300.0}
"""Seconds that a deployment may give a request at most, by what it runs on (documented)."""

SERVICE_VARIABLES = ("AZUREML_MODEL_DIR", "AZUREML_ENTRY_SCRIPT", "AML_APP_ROOT")
"""Environment variables that the service sets; clients send them back after a GET."""


def fill_deployment(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a deployment as the service stores it: defaults filled in, words in the service's own case.

    Args:
        body: A request's body that has passed its shape.

    Raises:
        AzureError: 400 for a duration that is none.
    """
    sent = body.get("properties") or {}
    kind = "Kubernetes" if str(sent.get("endpointComputeType")).lower() == "kubernetes" else "Managed"
    probes = {name: _probe(sent.get(name), name) for name in ("livenessProbe", "readinessProbe")}
    properties = {
        "description": sent.get("description"),
        "properties": dict(sent.get("properties") or {}),
        "endpointComputeType": kind,
        "model": sent.get("model"),
        "modelMountPath": None,
        "environmentId": sent.get("environmentId"),
        "codeConfiguration": sent.get("codeConfiguration"),
        "environmentVariables": _variables(sent.get("environmentVariables")),
        "instanceType": sent.get("instanceType"),
        "appInsightsEnabled": bool(sent.get("appInsightsEnabled")),
        "scaleSettings": _scale_settings(sent.get("scaleSettings")),
        "requestSettings": _request_settings(sent.get("requestSettings"), LONGEST_REQUEST[kind]),
        **probes,
        "egressPublicNetworkAccess": sent.get("egressPublicNetworkAccess") or "Enabled",
        "dataCollector": _data_collector(sent.get("dataCollector")),
    }
    if kind == "Kubernetes":
        properties["containerResourceRequirements"] = sent.get("containerResourceRequirements")
    return {
        "location": body["location"],
        "kind": kind,
        "tags": dict(body.get("tags") or {}),
        "sku": {"name": "Default", "tier": "Standard", "capacity": (body.get("sku") or {}).get("capacity", 1)},
        "properties": properties,
    }


def _variables(sent: Mapping[str, Any] | None) -> dict[str, str]:
    return {name: str(value) for name, value in (sent or {}).items() if name not in SERVICE_VARIABLES}


def _scale_settings(sent: Mapping[str, Any] | None) -> dict[str, Any]:
    given = {key: value for key, value in (sent or {}).items() if value is not None}
    if str(given.get("scaleType", "Default")).lower() == "default":
        return {"scaleType": "Default"}
    settings = {**TARGET_UTILIZATION, **given, "scaleType": "TargetUtilization"}
    where = "properties.scaleSettings"
    for name in ("minInstances", "maxInstances", "targetUtilizationPercentage"):
        _require_count(settings, name, where)
    if settings["minInstances"] > settings["maxInstances"] or settings["targetUtilizationPercentage"] > 100:  # noqa: PLR2004
        raise invalid_content(
            f"'{where}' needs minInstances <= maxInstances and at most 100 percent; it is {settings}.", target=where
        )
    seconds(settings["pollingInterval"], f"{where}.pollingInterval")
    return settings


def _request_settings(sent: Mapping[str, Any] | None, longest: float) -> dict[str, Any]:
    given = {key: value for key, value in (sent or {}).items() if value is not None}
    settings = {**REQUEST_SETTINGS, **given}
    where = "properties.requestSettings"
    seconds(settings["maxQueueWait"], f"{where}.maxQueueWait")
    if not 0 < seconds(settings["requestTimeout"], f"{where}.requestTimeout") <= longest:
        raise invalid_content(
            f"'{where}.requestTimeout' is {settings['requestTimeout']}; it must be more than nothing and at most "
            f"{longest:g} seconds.",
            target=f"{where}.requestTimeout",
        )
    _require_count(settings, "maxConcurrentRequestsPerInstance", where)
    return settings


def _require_count(settings: Mapping[str, Any], name: str, where: str) -> None:
    value = settings[name]
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise invalid_content(
            f"'{where}.{name}' is {value!r}; it must be a whole number above 0.", target=f"{where}.{name}"
        )


def _probe(sent: Mapping[str, Any] | None, name: str) -> dict[str, Any]:
    probe = {**PROBE, **{key: value for key, value in (sent or {}).items() if value is not None}}
    for part in ("timeout", "period", "initialDelay"):
        seconds(probe[part], f"properties.{name}.{part}")
    for part in ("failureThreshold", "successThreshold"):
        _require_count(probe, part, f"properties.{name}")
    return probe


def _data_collector(sent: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return the collector with its modes capitalised: clients send `enabled` and understand only `Enabled`."""
    if not sent:
        return None
    collections = {
        name: {**collection, "dataCollectionMode": str(collection.get("dataCollectionMode", "Disabled")).capitalize()}
        for name, collection in (sent.get("collections") or {}).items()
    }
    return {**sent, "collections": collections}
