"""What a stack watches, what it may cost, and what nobody deletes."""

from __future__ import annotations

from typing import Any

import pytest
from support.pulumi_program import Program, Registration, Run
from windlass_emulator.arm.monitor.categories import CATEGORIES
from windlass_emulator.arm.monitor.metrics import METRICS

from windlass.infra.alert_rules import LogRule, MetricRule, cluster_rules, endpoint_rules
from windlass.infra.log_categories import LOGS
from windlass.project.settings import ClusterAlerts, ClusterSettings, EndpointAlerts

CLUSTER = ClusterSettings(vm_size="Standard_DS3_v2", max_nodes=4)
NAMESPACES = {
    "storage:StorageAccount": "microsoft.storage/storageaccounts",
    "keyvault:Vault": "microsoft.keyvault/vaults",
    "containerregistry:Registry": "microsoft.containerregistry/registries",
    "operationalinsights:Workspace": "microsoft.operationalinsights/workspaces",
    "machinelearningservices:Workspace": "microsoft.machinelearningservices/workspaces",
    "machinelearningservices:OnlineEndpoint": "microsoft.machinelearningservices/workspaces/onlineendpoints",
    "containerservice:ManagedCluster": "microsoft.containerservice/managedclusters",
    "network:NetworkSecurityGroup": "microsoft.network/networksecuritygroups",
    "network:VirtualNetwork": "microsoft.network/virtualnetworks",
    "network:PublicIPAddress": "microsoft.network/publicipaddresses",
}


@pytest.mark.parametrize("type_", LOGS)
def test_what_is_sent_exists_on_the_type(type_: str) -> None:
    for logs in LOGS[type_]:
        below = logs.below.partition("/")[0].lower()
        known = CATEGORIES[NAMESPACES[type_] + (f"/{below}" if below else "")]
        assert set(logs.categories) <= set(known.logs)
        assert logs.group is None or logs.group in known.groups
        assert bool(logs.group) != bool(logs.categories)


def test_everything_that_has_logs_sends_them(usual: Run) -> None:
    sent = {each.inputs["resourceUri"] for each in usual.of("monitor:DiagnosticSetting")}

    for type_ in LOGS:
        for each in usual.of(type_):
            own = f"/fake/{each.type}/{each.azure_name}"
            assert {uri for uri in sent if uri == own or uri.startswith(f"{own}/")}, each.urn


def test_a_network_sends_its_logs_too(program: Program) -> None:
    run = program(settings={"network": {"mode": "private"}, "registry": {"tier": "Premium"}})
    sent = {each.inputs["resourceUri"] for each in run.of("monitor:DiagnosticSetting")}

    guards = [*run.of("network:NetworkSecurityGroup"), *run.of("network:VirtualNetwork")]
    assert len(guards) > 2
    assert [each.urn for each in guards if f"/fake/{each.type}/{each.azure_name}" not in sent] == []


def test_a_stack_can_keep_its_logs_to_itself(program: Program) -> None:
    run = program(settings={"monitoring": {"diagnostics": False}, "budget": None})

    assert run.of("monitor:DiagnosticSetting") == []


def test_without_anybody_to_tell_there_are_no_alerts(program: Program) -> None:
    run = program(settings={"monitoring": {}, "budget": None})

    assert [each.type for each in run.resources if each.type.startswith("azure-native:monitor:M")] == []
    assert run.of("monitor:ActionGroup") == []


def test_every_alert_calls_the_team(usual: Run) -> None:
    (team,) = usual.of("monitor:ActionGroup")
    own = f"/fake/{team.type}/{team.azure_name}"

    assert [each.urn for each in usual.of("monitor:MetricAlert") if _called(each) != {own}] == []
    assert {
        one for each in usual.of("monitor:ScheduledQueryRule") for one in each.inputs["actions"]["actionGroups"]
    } == {own}


def _called(alert: Registration) -> set[str]:
    return {action["actionGroupId"] for action in alert.inputs["actions"]}


def test_every_endpoint_and_every_cluster_is_watched(usual: Run) -> None:
    assert {each.name for each in (*usual.of("monitor:MetricAlert"), *usual.of("monitor:ScheduledQueryRule"))} == {
        *(
            f"{model}-online-{rule}"
            for model in ("churn", "price")
            for rule in ("latency", "failures", "model-failures")
        ),
        *("churn-online-no-traffic", "price-online-no-traffic"),
        *(f"{name}-cluster-{rule}" for name in ("cpu", "big") for rule in ("queued", "at-maximum")),
    }


def test_every_metric_that_is_watched_exists() -> None:
    rules = [*endpoint_rules(EndpointAlerts(), "e"), *cluster_rules(ClusterAlerts(), "cpu", CLUSTER)]

    for rule in rules:
        if isinstance(rule, MetricRule):
            assert {name for name, _ in rule.dimensions} <= METRICS[rule.namespace.lower()][rule.metric]


@pytest.mark.parametrize(
    ("settings", "gone"),
    [
        (EndpointAlerts(latency_p95_ms=None), {"latency"}),
        (EndpointAlerts(failures_per_minute=None), {"failures", "model-failures"}),
        (EndpointAlerts(no_traffic_minutes=60), set()),
    ],
)
def test_an_alert_without_a_threshold_is_not_made(settings: EndpointAlerts, gone: set[str]) -> None:
    usual = {"latency", "failures", "model-failures"} | ({"no-traffic"} if settings.no_traffic_minutes else set())

    assert {rule.name for rule in endpoint_rules(settings, "e")} == usual - gone


@pytest.mark.parametrize(("minutes", "window"), [(30, "PT30M"), (60, "PT1H"), (360, "PT6H"), (1440, "P1D")])
def test_silence_is_asked_of_the_logs(minutes: Any, window: str) -> None:
    rule = endpoint_rules(EndpointAlerts(no_traffic_minutes=minutes), "shop-churn-online")[-1]

    assert isinstance(rule, LogRule)
    assert (rule.window, rule.operator, rule.threshold) == (window, "LessThan", 1)
    assert "where EndpointName =~ 'shop-churn-online'" in rule.query


def test_a_budget_tells_at_each_share_and_of_the_forecast(usual: Run) -> None:
    (budget,) = usual.of("consumption:Budget")
    told = budget.inputs["notifications"]

    assert {name: one["threshold"] for name, one in told.items()} == {
        "actual-50": 50,
        "actual-80": 80,
        "actual-100": 100,
        "forecast-100": 100,
    }
    assert {mail for one in told.values() for mail in one["contactEmails"]} == {"team@example.com"}


def test_what_holds_data_is_locked_after_everything_else_is_made(usual: Run) -> None:
    locks = usual.of("authorization:ManagementLockByScope")
    others = {each.urn for each in usual.resources if each not in locks}

    assert {each.inputs["scope"].split("/")[2] for each in locks} == {
        "azure-native:storage:StorageAccount",
        "azure-native:keyvault:Vault",
        "azure-native:containerregistry:Registry",
        "azure-native:operationalinsights:Workspace",
    }
    for lock in locks:
        assert lock.inputs["level"] == "CanNotDelete"
        assert others <= lock.depends_on


def test_nothing_that_releases_delete_from_is_locked(usual: Run) -> None:
    locked = {each.inputs["scope"].split("/")[2] for each in usual.of("authorization:ManagementLockByScope")}

    assert not {each for each in locked if "machinelearningservices" in each or "resources:" in each}


def test_a_stack_is_not_locked_unless_it_asks_for_it(program: Program) -> None:
    assert program(settings={"protection": {}}).of("authorization:ManagementLockByScope") == []
