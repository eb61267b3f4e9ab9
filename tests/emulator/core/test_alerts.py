"""Action groups, metric alerts and log alerts: kept and checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from support.arm_clients import ArmClients, fresh

ENDPOINTS = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints"
SINGLE = "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria"


@dataclass(frozen=True)
class Alerts:
    """A group with a place for logs, and the ways to make rules in it."""

    arm: ArmClients
    group: str
    logs: str

    def tell(self, **properties: Any) -> Any:
        """Make an action group."""
        mail = {"name": "team", "emailAddress": "team@example.com", "useCommonAlertSchema": True}
        usual = {"groupShortName": "team", "enabled": True, "emailReceivers": [mail]}
        body = {"location": "Global", "properties": {**usual, **properties}}
        return self.arm.monitor.action_groups.create_or_update(self.group, "team", body)

    def on_metric(self, condition: dict[str, Any] | None = None, **properties: Any) -> Any:
        """Make a metric alert on the resource group."""
        usual = {
            "severity": 2,
            "enabled": True,
            "scopes": [f"/subscriptions/{self.arm.azure.subscription}/resourceGroups/{self.group}"],
            "targetResourceType": ENDPOINTS,
            "targetResourceRegion": "westeurope",
            "evaluationFrequency": "PT1M",
            "windowSize": "PT5M",
            "criteria": {"odata.type": SINGLE, "allOf": [{**_slow(), **(condition or {})}]},
        }
        body = {"location": "global", "properties": {**usual, **properties}}
        return self.arm.monitor.metric_alerts.create_or_update(self.group, "slow", body)

    def on_logs(self, name: str = "queued", **properties: Any) -> Any:
        """Make a log alert."""
        condition = {
            "query": "Jobs",
            "timeAggregation": "Count",
            "operator": "GreaterThan",
            "threshold": 0,
        }
        usual = {
            "severity": 2,
            "scopes": [self.logs],
            "evaluationFrequency": "PT15M",
            "windowSize": "PT1H",
            "criteria": {"allOf": [condition]},
        }
        body = {"location": "westeurope", "properties": {**usual, **properties}}
        rules = self.arm.monitor_of("2022-08-01-preview").scheduled_query_rules
        return rules.create_or_update(self.group, name, body)


def _slow() -> dict[str, Any]:
    return {
        "name": "latency",
        "criterionType": "StaticThresholdCriterion",
        "metricNamespace": ENDPOINTS,
        "metricName": "RequestLatency_P95",
        "timeAggregation": "Average",
        "operator": "GreaterThan",
        "threshold": 1000,
    }


@pytest.fixture(scope="module")
def alerts(arm: ArmClients) -> Alerts:
    group = arm.group()
    return Alerts(arm, group, arm.log_workspace(group))


@pytest.mark.specified
def test_an_action_group_lives_nowhere_in_particular_and_lists_every_kind_of_receiver(alerts: Alerts) -> None:
    made = alerts.tell()

    assert made.location == "global"
    assert [(mail.email_address, mail.status) for mail in made.email_receivers] == [("team@example.com", "Enabled")]
    assert (made.sms_receivers, made.webhook_receivers) == ([], [])


@pytest.mark.inferred
@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({"groupShortName": "thirteen-long"}, "InvalidActionGroupShortName"),
        ({"emailReceivers": [{"name": "team", "emailAddress": "nobody"}]}, "BadRequest"),
        ({"emailReceivers": 2 * [{"name": "team", "emailAddress": "team@example.com"}]}, "BadRequest"),
    ],
)
def test_what_is_no_action_group_is_refused(alerts: Alerts, properties: dict[str, Any], code: str) -> None:
    with pytest.raises(HttpResponseError) as refused:
        alerts.tell(**properties)

    assert (refused.value.status_code, refused.value.error.code) == (400, code)


@pytest.mark.specified
def test_a_metric_alert_is_created_changed_listed_and_deleted(alerts: Alerts) -> None:
    rules = alerts.arm.monitor.metric_alerts
    team = alerts.tell()

    made = alerts.on_metric(actions=[{"actionGroupId": team.id}])
    changed = alerts.on_metric({"dimensions": [{"name": "deployment", "operator": "Include", "values": ["*"]}]})
    listed = [rule.name for rule in rules.list_by_resource_group(alerts.group)]
    rules.delete(alerts.group, "slow")

    assert (made.auto_mitigate, made.criteria.all_of[0].threshold) == (True, 1000)
    assert changed.criteria.all_of[0].dimensions[0].values == ["*"]
    assert listed == ["slow"]
    assert list(rules.list_by_resource_group(alerts.group)) == []


@pytest.mark.inferred
@pytest.mark.parametrize(
    ("condition", "properties", "says"),
    [
        ({"metricName": "Speed"}, {}, "metric named Speed"),
        ({"dimensions": [{"name": "colour", "operator": "Include", "values": ["*"]}]}, {}, "no dimension 'colour'"),
        ({"operator": "Above"}, {}, "'operator' is 'Above'"),
        ({}, {"severity": 5}, "0 to 4"),
        ({}, {"windowSize": "PT7M"}, "'windowSize' is 'PT7M'"),
        ({}, {"evaluationFrequency": "PT15M"}, "must not be longer"),
        ({}, {"targetResourceType": None}, "targetResourceType"),
        ({}, {"scopes": []}, "at least one scope"),
    ],
)
def test_a_rule_that_could_never_work_is_refused(
    alerts: Alerts, condition: dict[str, Any], properties: dict[str, Any], says: str
) -> None:
    with pytest.raises(HttpResponseError) as refused:
        alerts.on_metric(condition, **properties)

    assert refused.value.status_code == 400
    assert says in str(refused.value)


@pytest.mark.inferred
def test_an_alert_on_a_metric_of_a_type_that_is_not_known_here_is_answered_by_name(alerts: Alerts) -> None:
    with pytest.raises(HttpResponseError) as refused:
        alerts.on_metric({"metricNamespace": "Microsoft.Compute/virtualMachines"})

    assert (refused.value.status_code, refused.value.error.code) == (501, "NotEmulated")


@pytest.mark.specified
def test_a_log_alert_stays_on_its_scope(alerts: Alerts) -> None:
    made = alerts.on_logs("stays")
    elsewhere = alerts.arm.log_workspace(alerts.group, fresh("other-"))

    with pytest.raises(HttpResponseError) as refused:
        alerts.on_logs("stays", scopes=[elsewhere])

    assert (made.kind, made.auto_mitigate, made.enabled) == ("LogAlert", True, True)
    assert (refused.value.status_code, refused.value.error.message) == (400, "Scope can not be updated")


@pytest.mark.specified
def test_a_log_alert_is_not_muted_for_less_than_five_minutes(alerts: Alerts) -> None:
    with pytest.raises(HttpResponseError) as refused:
        alerts.on_logs(muteActionsDuration="PT1M")

    assert (refused.value.status_code, refused.value.error.code) == (400, "InvalidRequestContent")
