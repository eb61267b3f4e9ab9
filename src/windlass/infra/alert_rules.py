"""When somebody is told: pure functions from the settings to rules.

Metrics and their dimensions are those of Microsoft's reference of supported metrics. A metric alert hears nothing of
a metric that is not emitted, so what shows by absence (no requests) is asked of the logs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from windlass.project.settings import ClusterAlerts, ClusterSettings, EndpointAlerts

ENDPOINTS: Final = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints"
WORKSPACES: Final = "Microsoft.MachineLearningServices/workspaces"

ANY: Final = ("*",)
"""As the values of a dimension: each value is watched by itself, and the alert says which it was."""

_CRITICAL, _ERROR, _WARNING = 0, 1, 2
_QUEUE_WINDOW: Final = "P1D"
_DAY_MINUTES: Final = 1440


@dataclass(frozen=True, kw_only=True)
class MetricRule:
    """A threshold of a metric.

    Attributes:
        name: One word, the end of its name.
        says: What has happened, for the mail.
        dimensions: Dimension and its values.
        window: What is averaged, as ISO 8601.
        every: How often it is looked at, as ISO 8601.
    """

    name: str
    says: str
    namespace: str
    metric: str
    operator: str
    threshold: float
    dimensions: tuple[tuple[str, tuple[str, ...]], ...] = ()
    window: str = "PT5M"
    every: str = "PT1M"
    severity: int = _WARNING


@dataclass(frozen=True, kw_only=True)
class LogRule:
    """A number of rows that a query of Log Analytics finds."""

    name: str
    says: str
    query: str
    operator: str
    threshold: float
    window: str
    every: str
    severity: int = _WARNING


AlertRule = MetricRule | LogRule


def endpoint_rules(settings: EndpointAlerts, endpoint: str) -> tuple[AlertRule, ...]:
    """Return the alerts of an online endpoint.

    Args:
        settings: The thresholds; one that is None makes no rule.
        endpoint: Its name in Azure.
    """
    rules: list[AlertRule] = []
    if settings.latency_p95_ms is not None:
        rules.append(_latency(settings.latency_p95_ms))
    if settings.failures_per_minute is not None:
        rules += _failures(settings.failures_per_minute)
    if settings.no_traffic_minutes is not None:
        rules.append(_no_traffic(settings.no_traffic_minutes, endpoint))
    return tuple(rules)


def _latency(threshold: float) -> MetricRule:
    return MetricRule(
        name="latency",
        says=f"5 of 100 requests take longer than {threshold:g} ms, over 5 minutes.",
        namespace=ENDPOINTS,
        metric="RequestLatency_P95",
        operator="GreaterThan",
        threshold=threshold,
        dimensions=(("deployment", ANY),),
    )


def _failures(threshold: float) -> list[AlertRule]:
    """Azure answers 5xx itself; whatever a model answers but 200 reaches the caller as 424."""
    seen = (
        ("failures", "were answered with 5xx", ("statusCodeClass", ("5xx",))),
        ("model-failures", "failed in the model (424)", ("statusCode", ("424",))),
    )
    return [
        MetricRule(
            name=name,
            says=f"More than {threshold:g} requests a minute {what}, over 5 minutes.",
            namespace=ENDPOINTS,
            metric="RequestsPerMinute",
            operator="GreaterThan",
            threshold=threshold,
            dimensions=(("deployment", ANY), dimension),
            severity=_ERROR,
        )
        for name, what, dimension in seen
    ]


def _no_traffic(minutes: int, endpoint: str) -> LogRule:
    return LogRule(
        name="no-traffic",
        says=f"No request came for {minutes} minutes.",
        query=f"AmlOnlineEndpointTrafficLog\n| where EndpointName =~ '{endpoint}'",
        operator="LessThan",
        threshold=1,
        window=_duration(minutes),
        every="PT15M",
    )


def cluster_rules(settings: ClusterAlerts, name: str, cluster: ClusterSettings) -> tuple[AlertRule, ...]:
    """Return the alerts of a batch cluster."""
    rules: list[AlertRule] = []
    if settings.queued_minutes is not None:
        rules.append(_queued(settings.queued_minutes, name))
    if settings.at_maximum:
        rules.append(_at_maximum(name, cluster.max_nodes))
    return tuple(rules)


def _queued(minutes: int, cluster: str) -> LogRule:
    query = (
        "AmlComputeJobEvent\n"
        f"| where ClusterName =~ '{cluster}'\n"
        "| summarize Submitted = min(TimeGenerated), arg_max(TimeGenerated, EventType) by JobId\n"
        f"| where EventType == 'JobSubmitted' and Submitted < ago({minutes}m)"
    )
    return LogRule(
        name="queued",
        says=f"A job has waited for a node of {cluster} for more than {minutes} minutes.",
        query=query,
        operator="GreaterThan",
        threshold=0,
        window=_QUEUE_WINDOW,
        every="PT15M",
    )


def _at_maximum(cluster: str, nodes: int) -> MetricRule:
    return MetricRule(
        name="at-maximum",
        says=f"All {nodes} nodes of {cluster} have been at work for 30 minutes: more jobs have to wait.",
        namespace=WORKSPACES,
        metric="Active Nodes",
        operator="GreaterThanOrEqual",
        threshold=nodes,
        dimensions=(("ClusterName", (cluster,)),),
        window="PT30M",
        every="PT5M",
    )


def _duration(minutes: int) -> str:
    if minutes == _DAY_MINUTES:
        return "P1D"
    return f"PT{minutes // 60}H" if minutes % 60 == 0 else f"PT{minutes}M"
