"""The reference of alerts and of the logs that are kept, from the tables that the program builds them of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from windlass.infra.alert_rules import AlertRule, MetricRule, cluster_rules, endpoint_rules
from windlass.infra.log_categories import LOGS, Logs
from windlass.project.settings import ClusterAlerts, ClusterSettings, EndpointAlerts

_EXAMPLE: Final = ClusterSettings(vm_size="Standard_DS3_v2", max_nodes=4)


def alerts() -> str:
    """Return the page."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield from ("# Alerts and logs", "")
    yield "What `monitoring` in the settings makes; how to use it: [how-to/monitoring.md](../how-to/monitoring.md)."
    yield "Thresholds are the defaults; with `no_traffic_minutes: 60` for the alert that has none."
    yield from ("", "## Alerts of an online endpoint", "")
    yield from _table(endpoint_rules(EndpointAlerts(no_traffic_minutes=60), "<endpoint>"))
    yield from ("", "## Alerts of a cluster", "", "Here one of 4 nodes, called cpu.", "")
    yield from _table(cluster_rules(ClusterAlerts(), "cpu", _EXAMPLE))
    yield from ("", "## Logs", "", "| of | where | what |", "|---|---|---|")
    yield from (f"| {type_} | {logs.below or 'itself'} | {_kept(logs)} |" for type_ in LOGS for logs in LOGS[type_])


def _table(rules: tuple[AlertRule, ...]) -> Iterator[str]:
    yield from ("| alert | severity | says | looks at | every |", "|---|---|---|---|---|")
    for rule in rules:
        yield f"| {rule.name} | {rule.severity} | {rule.says} | {_source(rule)}, over {rule.window} | {rule.every} |"


def _source(rule: AlertRule) -> str:
    if isinstance(rule, MetricRule):
        by = ", ".join(f"{name} {'/'.join(values)}" for name, values in rule.dimensions)
        return f"metric {rule.metric} ({by})"
    return f"rows of {rule.query.partition(chr(10))[0]}"


def _kept(logs: Logs) -> str:
    return f"category group {logs.group}" if logs.group else ", ".join(logs.categories)
