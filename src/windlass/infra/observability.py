"""Where logs, metrics and traces of a stack go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final, final

import pulumi
from pulumi_azure_native import applicationinsights, operationalinsights

from windlass.infra.component import Component, Place
from windlass.project.settings import LogSettings

PAY_PER_GIGABYTE: Final = "PerGB2018"


@dataclass(frozen=True, kw_only=True)
class ObservabilityArgs:
    """What logs and traces are kept in.

    Attributes:
        place: Where it goes.
        log_workspace: Name of the Log Analytics workspace.
        log_workspace_id: The one that exists already and is used instead; None when it is made.
        application_insights: Name of Application Insights.
        settings: How long logs are kept, and how much of them.
    """

    place: Place
    log_workspace: str
    log_workspace_id: pulumi.Output[str] | None
    application_insights: str
    settings: LogSettings
    protect: bool


@dataclass(frozen=True, kw_only=True)
class ObservabilityOutputs:
    """What others need of logs and traces."""

    log_workspace_id: pulumi.Output[str]
    application_insights_id: pulumi.Output[str]


@final
class Observability(Component):
    """A Log Analytics workspace, and Application Insights that writes into it."""

    TYPE: ClassVar[str] = "windlass:infra:Observability"

    def __init__(self, name: str, *, args: ObservabilityArgs) -> None:
        super().__init__(name)
        logs = args.log_workspace_id or self._logs(name, args).id
        insights = self._insights(name, args, logs)
        self.outputs = ObservabilityOutputs(log_workspace_id=logs, application_insights_id=insights.id)
        self.register_outputs({"log_workspace_id": logs})

    def _logs(self, name: str, args: ObservabilityArgs) -> operationalinsights.Workspace:
        cap = args.settings.daily_cap_gb
        return operationalinsights.Workspace(
            f"{name}-logs",
            workspace_name=args.log_workspace,
            resource_group_name=args.place.resource_group,
            location=args.place.location,
            tags=args.place.tags,
            sku=operationalinsights.WorkspaceSkuArgs(name=PAY_PER_GIGABYTE),
            retention_in_days=args.settings.retention_days,
            workspace_capping=None if cap is None else operationalinsights.WorkspaceCappingArgs(daily_quota_gb=cap),
            opts=self.child(protect=args.protect),
        )

    def _insights(
        self, name: str, args: ObservabilityArgs, log_workspace_id: pulumi.Output[str]
    ) -> applicationinsights.Component:
        return applicationinsights.Component(
            f"{name}-insights",
            resource_name_=args.application_insights,
            resource_group_name=args.place.resource_group,
            location=args.place.location,
            tags=args.place.tags,
            kind="web",
            application_type=applicationinsights.ApplicationType.WEB,
            ingestion_mode=applicationinsights.IngestionMode.LOG_ANALYTICS,
            workspace_resource_id=log_workspace_id,
            opts=self.child(protect=args.protect),
        )
