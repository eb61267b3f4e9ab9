"""Azure Monitor, budgets and locks under the real engine: made, found unchanged, locked, removed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from support.local_azure import RunningAzure, local_azure
from support.stack import Stack, said

pytestmark = [pytest.mark.specified, pytest.mark.slow]

PROGRAM = """
import pulumi
from pulumi_azure_native import authorization, consumption, monitor, operationalinsights, resources, storage

group = resources.ResourceGroup("group", resource_group_name="rg-watched")
inside = {"resource_group_name": group.name}
logs = operationalinsights.Workspace(
    "logs", workspace_name="logs-watched", sku=operationalinsights.WorkspaceSkuArgs(name="PerGB2018"), **inside)
account = storage.StorageAccount(
    "account", account_name="stwatched", kind="StorageV2", sku=storage.SkuArgs(name="Standard_LRS"), **inside)
monitor.DiagnosticSetting(
    "blobs", name="to-logs", resource_uri=account.id.apply(lambda id: f"{id}/blobServices/default"),
    workspace_id=logs.id, logs=[monitor.DiagnosticsLogSettingsArgs(category_group="allLogs", enabled=True)],
    metrics=[monitor.DiagnosticsMetricSettingsArgs(category="Transaction", enabled=True)])
team = monitor.ActionGroup(
    "team", action_group_name="team", location="global", group_short_name="team", enabled=True,
    email_receivers=[{"name": "team", "email_address": "team@example.com", "use_common_alert_schema": True}], **inside)
monitor.MetricAlert(
    "slow", rule_name="slow", location="global", enabled=True, severity=2, evaluation_frequency="PT1M",
    window_size="PT5M", scopes=[group.id], target_resource_region="westeurope",
    target_resource_type="Microsoft.MachineLearningServices/workspaces/onlineEndpoints",
    actions=[monitor.MetricAlertActionArgs(action_group_id=team.id)],
    criteria=monitor.MetricAlertSingleResourceMultipleMetricCriteriaArgs(
        odata_type="Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
        all_of=[monitor.MetricCriteriaArgs(
            criterion_type="StaticThresholdCriterion", name="latency", metric_name="RequestLatency_P95",
            operator="GreaterThan", threshold=pulumi.Config().require_int("slow"), time_aggregation="Average")]),
    **inside)
monitor.ScheduledQueryRule(
    "queued", rule_name="queued", scopes=[logs.id], severity=2, enabled=True, evaluation_frequency="PT15M",
    window_size="PT1H", actions=monitor.ActionsArgs(action_groups=[team.id]),
    criteria=monitor.ScheduledQueryRuleCriteriaArgs(all_of=[monitor.ConditionArgs(
        query="AmlComputeJobEvent", time_aggregation="Count", operator="GreaterThan", threshold=0)]), **inside)
consumption.Budget(
    "budget", budget_name="monthly", scope=group.id, amount=500, category="Cost", time_grain="Monthly",
    time_period={"start_date": pulumi.Config().require("start")},
    notifications={"actual-80": {"enabled": True, "operator": "GreaterThan", "threshold": 80,
                                 "contact_emails": ["team@example.com"], "threshold_type": "Actual"}})
authorization.ManagementLockByScope("lock", lock_name="keep", scope=account.id, level="CanNotDelete")
pulumi.export("team", team.id)
"""


@pytest.fixture(scope="module")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAzure]:
    with local_azure(tmp_path_factory.mktemp("azure") / "data") as running:
        yield running


@pytest.fixture(scope="module")
def stack(azure: RunningAzure, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    made = Stack(tmp_path_factory.mktemp("stack"), PROGRAM, azure.environment)
    made.configure("start", f"{datetime.now(UTC):%Y-%m}-01T00:00:00Z")
    made.configure("slow", "1000")
    made.up().ok()
    return made


def test_a_second_up_and_a_refresh_find_nothing_to_do(stack: Stack) -> None:
    again = stack.up("--expect-no-changes")
    refreshed = stack.run("refresh", "--yes", "--skip-preview", "--expect-no-changes")

    assert (again.code, refreshed.code) == (0, 0), said(again) + said(refreshed)


def test_a_new_threshold_changes_the_alert_in_place(stack: Stack) -> None:
    stack.configure("slow", "2000")

    changed = stack.up()

    assert changed.code == 0, said(changed)
    assert "1 updated" in changed.out


def test_the_end_of_the_stack_removes_the_lock_before_what_it_holds(stack: Stack) -> None:
    ended = stack.run("destroy", "--yes", "--skip-preview")

    assert ended.code == 0, said(ended)
    assert list(stack.resources()) == []
