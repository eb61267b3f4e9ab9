"""Alerts, and who is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, assert_never, final

import pulumi
from pulumi_azure_native import monitor

from windlass.infra.alert_rules import AlertRule, LogRule, MetricRule, cluster_rules, endpoint_rules
from windlass.infra.component import Component, Place
from windlass.infra.endpoints import EndpointOutputs
from windlass.infra.stack import Stack
from windlass.project.names import alert_name, endpoint_name

EVERYWHERE: Final = "global"
"""Action groups and metric alerts live in no region, and the provider has to be told so."""

_SHORT_NAME: Final = 12
_SINGLE: Final = "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria"


@dataclass(frozen=True, kw_only=True)
class Watched:
    """Something that alerts are about.

    Attributes:
        id: What metric alerts look at.
        rules: When somebody is told, each with the name of its alert in Azure.
    """

    id: pulumi.Output[str]
    rules: Mapping[str, AlertRule]


@dataclass(frozen=True, kw_only=True)
class AlertsArgs:
    """Who is told of what.

    Attributes:
        place: Where it goes.
        name: The name of the action group.
        title: What mails and texts call the sender; the first 12 characters are used.
        mails: Who is told.
        log_workspace_id: Where queries look.
        watched: What is watched, by a word for it that no other has.
    """

    place: Place
    name: str
    title: str
    mails: Sequence[str]
    log_workspace_id: pulumi.Output[str]
    watched: Mapping[str, Watched]


@dataclass(frozen=True, kw_only=True)
class AlertsOutputs:
    """What others need of the alerts."""

    action_group_id: pulumi.Output[str]


def watched_endpoints(stack: Stack, endpoints: Mapping[str, EndpointOutputs]) -> dict[str, Watched]:
    """Return the managed endpoints of a stack with their alerts; batch and Kubernetes endpoints show no metrics."""
    settings = stack.settings.windlass.monitoring.endpoint_alerts
    found = {}
    for folder in stack.endpoints:
        if folder.kind == "online" and folder.serving.compute == "managed" and folder.path in endpoints:
            rules = endpoint_rules(settings, endpoint_name(stack.scope, folder.model, folder.kind))
            subject = f"{folder.model}-online"
            named = {alert_name(stack.scope, subject, rule.name): rule for rule in rules}
            found[subject] = Watched(id=endpoints[folder.path].id, rules=named)
    return found


def watched_clusters(stack: Stack, workspace_id: pulumi.Output[str]) -> dict[str, Watched]:
    """Return the clusters of a stack with their alerts; their metrics are the workspace's."""
    settings = stack.settings.windlass
    found = {}
    for name, cluster in settings.clusters.items():
        rules = cluster_rules(settings.monitoring.cluster_alerts, name, cluster)
        subject = f"{name}-cluster"
        named = {alert_name(stack.scope, subject, rule.name): rule for rule in rules}
        found[subject] = Watched(id=workspace_id, rules=named)
    return found


@final
class Alerts(Component):
    """An action group, and every alert that calls it."""

    TYPE: ClassVar[str] = "windlass:infra:Alerts"

    def __init__(self, name: str, *, args: AlertsArgs) -> None:
        super().__init__(name)
        self._args = args
        self._team = self._action_group(name)
        for word, watched in args.watched.items():
            for alert, rule in watched.rules.items():
                self._alert(f"{word}-{rule.name}", alert, rule, watched.id)
        self.outputs = AlertsOutputs(action_group_id=self._team.id)
        self.register_outputs({"action_group_id": self._team.id})

    def _action_group(self, name: str) -> monitor.ActionGroup:
        return monitor.ActionGroup(
            f"{name}-team",
            action_group_name=self._args.name,
            resource_group_name=self._args.place.resource_group,
            location=EVERYWHERE,
            tags=self._args.place.tags,
            group_short_name=self._args.title[:_SHORT_NAME],
            enabled=True,
            email_receivers=[
                {"name": mail, "email_address": mail, "use_common_alert_schema": True} for mail in self._args.mails
            ],
            opts=self.child(),
        )

    def _alert(self, logical: str, name: str, rule: AlertRule, watched: pulumi.Output[str]) -> None:
        match rule:
            case MetricRule():
                self._metric_alert(logical, name, rule, watched)
            case LogRule():
                self._log_alert(logical, name, rule)
            case _:
                assert_never(rule)

    def _metric_alert(self, logical: str, name: str, rule: MetricRule, watched: pulumi.Output[str]) -> None:
        dimensions = [
            monitor.MetricDimensionArgs(name=dimension, operator="Include", values=list(values))
            for dimension, values in rule.dimensions
        ]
        condition = monitor.MetricCriteriaArgs(
            criterion_type="StaticThresholdCriterion",
            name=rule.name,
            metric_namespace=rule.namespace,
            metric_name=rule.metric,
            time_aggregation="Average",
            operator=rule.operator,
            threshold=rule.threshold,
            dimensions=dimensions,
        )
        monitor.MetricAlert(
            logical,
            rule_name=name,
            resource_group_name=self._args.place.resource_group,
            location=EVERYWHERE,
            tags=self._args.place.tags,
            description=rule.says,
            enabled=True,
            severity=rule.severity,
            scopes=[watched],
            evaluation_frequency=rule.every,
            window_size=rule.window,
            criteria=monitor.MetricAlertSingleResourceMultipleMetricCriteriaArgs(
                odata_type=_SINGLE, all_of=[condition]
            ),
            actions=[monitor.MetricAlertActionArgs(action_group_id=self._team.id)],
            opts=self.child(),
        )

    def _log_alert(self, logical: str, name: str, rule: LogRule) -> None:
        condition = monitor.ConditionArgs(
            query=rule.query, time_aggregation="Count", operator=rule.operator, threshold=rule.threshold
        )
        monitor.ScheduledQueryRule(
            logical,
            rule_name=name,
            resource_group_name=self._args.place.resource_group,
            location=self._args.place.location,
            tags=self._args.place.tags,
            description=rule.says,
            display_name=name,
            enabled=True,
            severity=rule.severity,
            scopes=[self._args.log_workspace_id],
            evaluation_frequency=rule.every,
            window_size=rule.window,
            # A table exists in a workspace from its first row on; until then a check of the query would fail.
            skip_query_validation=True,
            criteria=monitor.ScheduledQueryRuleCriteriaArgs(all_of=[condition]),
            actions=monitor.ActionsArgs(action_groups=[self._team.id]),
            # Azure refuses another scope for a rule that exists, and the provider plans an update for it.
            opts=self.child(replace_on_changes=["scopes"], delete_before_replace=True),
        )
