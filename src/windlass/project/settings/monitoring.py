"""Who is told when something is wrong, and what counts as wrong."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from windlass.project.settings.parts import Mail, Section


class EndpointAlerts(Section):
    """When an online endpoint is in trouble. An alert whose threshold is null is not made."""

    latency_p95_ms: float | None = Field(
        default=1000, gt=0, description="95th percentile of the latency, over 5 minutes"
    )
    failures_per_minute: float | None = Field(default=5, ge=0, description="Answers of class 5xx, over 5 minutes")
    cpu_percent: float | None = Field(default=85, gt=0, le=100, description="CPU of a deployment, over 15 minutes")
    memory_percent: float | None = Field(
        default=85, gt=0, le=100, description="Memory of a deployment, over 15 minutes"
    )
    at_maximum: bool = Field(default=True, description="Whether to tell that autoscale cannot go further")
    no_traffic_minutes: Literal[15, 30, 60, 360, 720, 1440] | None = Field(
        default=None, description="Minutes without a request that are unusual; no alert when absent"
    )


class ClusterAlerts(Section):
    """When a batch cluster is in trouble."""

    queued_minutes: Literal[15, 30, 60, 360] | None = Field(
        default=30, description="Minutes that jobs may wait for a node; no alert when absent"
    )
    at_maximum: bool = Field(default=True, description="Whether to tell that a cluster works with all its nodes")


class MonitoringSettings(Section):
    """Diagnostic settings, alerts and who gets them."""

    diagnostics: bool = Field(default=True, description="Sends the logs of every resource to Log Analytics")
    mails: tuple[Mail, ...] = Field(default=(), max_length=10, description="Who is told; without one, no alert is made")
    endpoint_alerts: EndpointAlerts = Field(default_factory=EndpointAlerts, description="Alerts of each endpoint")
    cluster_alerts: ClusterAlerts = Field(default_factory=ClusterAlerts, description="Alerts of each cluster")


class BudgetSettings(Section):
    """A monthly budget of the resource group."""

    monthly: float = Field(gt=0, description="Amount a month, in the currency of the subscription")
    starts: str = Field(
        pattern=r"^20\d\d-(0[1-9]|1[0-2])-01$", description="First day of the month it counts from, such as 2026-12-01"
    )
    percents: tuple[int, ...] = Field(
        default=(50, 80, 100), min_length=1, max_length=4, description="Percent of the amount at which mails are sent"
    )
    forecast_percent: int | None = Field(
        default=100,
        gt=0,
        le=1000,
        description="Percent that Azure's forecast has to reach for a mail; none when absent",
    )
