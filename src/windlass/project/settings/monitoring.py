"""Who is told when something is wrong, and what counts as wrong."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from windlass.project.settings.parts import Mail, Section

Percent = Annotated[int, Field(gt=0, le=1000)]


class EndpointAlerts(Section):
    """When an online endpoint is in trouble. An alert whose threshold is null is not made."""

    latency_p95_ms: float | None = Field(
        default=1000, gt=0, description="95th percentile of the latency of a deployment, over 5 minutes"
    )
    failures_per_minute: float | None = Field(
        default=5,
        ge=0,
        description="Answers of class 5xx, and answers 424 (the model failed), each over 5 minutes",
    )
    no_traffic_minutes: Literal[15, 30, 60, 360, 1440] | None = Field(
        default=None, description="Minutes without a request that are unusual; no alert when absent"
    )


class ClusterAlerts(Section):
    """When a batch cluster is in trouble."""

    queued_minutes: Literal[15, 30, 60, 360] | None = Field(
        default=30, description="Minutes that jobs may wait for a node; no alert when null"
    )
    at_maximum: bool = Field(
        default=True, description="Whether to tell that a cluster has worked with all its nodes for 30 minutes"
    )


class MonitoringSettings(Section):
    """Diagnostic settings, alerts and who gets them."""

    diagnostics: bool = Field(
        default=True, description="Sends the logs of every resource of the stack that has some to Log Analytics"
    )
    mails: tuple[Mail, ...] = Field(default=(), max_length=10, description="Who is told; without one, no alert is made")
    endpoint_alerts: EndpointAlerts = Field(default_factory=EndpointAlerts, description="Alerts of each endpoint")
    cluster_alerts: ClusterAlerts = Field(default_factory=ClusterAlerts, description="Alerts of each cluster")


class BudgetSettings(Section):
    """A monthly budget of the resource group. It counts from the month in which `pulumi up` makes it."""

    monthly: float = Field(gt=0, description="Amount a month, in the currency of the subscription")
    percents: tuple[Percent, ...] = Field(
        default=(50, 80, 100),
        min_length=1,
        max_length=4,
        description="Percent of the amount at which mails go to monitoring.mails",
    )
    forecast_percent: Percent | None = Field(
        default=100,
        description="Percent that Azure's forecast has to reach for a mail; none when null",
    )
