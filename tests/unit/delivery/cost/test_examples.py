"""The worked examples of docs/explanation/cost.md: their arithmetic, and the model for the same set-up."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from support.cost import BOOK, cluster, deployed, online_endpoint, usage

from windlass.delivery.cost import Estimate
from windlass.delivery.cost.estimate import estimate
from windlass.delivery.cost.resources import Resource
from windlass.delivery.cost.workloads import BatchWorkload, OnlineWorkload, Workload
from windlass.project.autoscale import Autoscale

DOCUMENT = Path(__file__).resolve().parents[4] / "docs" / "explanation" / "cost.md"
OPERATORS: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
OFFICE = {
    "minimum": 1,
    "maximum": 3,
    "hours": [{"name": "office", "starts": "08:00", "ends": "18:00", "minimum": 2, "maximum": 6}],
}
NO_LOGS = {"requests_per_month": 0}


def rows() -> list[tuple[str, ...]]:
    table = DOCUMENT.read_text(encoding="utf-8").split("## Worked examples")[1].split("\n## ")[0]
    cells = [
        tuple(cell.strip() for cell in line.strip("| ").split("|")) for line in table.splitlines() if "| `" in line
    ]
    return [row for row in cells if len(row) == 5]


def by_hand(text: str) -> float:
    return _value(ast.parse(re.sub(r"\bx\b", "*", text), mode="eval").body)


def _value(node: ast.expr) -> float:
    if isinstance(node, ast.BinOp):
        return OPERATORS[type(node.op)](_value(node.left), _value(node.right))
    assert isinstance(node, ast.Constant)
    assert isinstance(node.value, int | float)
    return float(node.value)


def serving(size: str, count: float = 1, *, region: str = "eastus", scale: Any = None, **used: Any) -> Estimate:
    online = OnlineWorkload(
        instance_type=f"Standard_{size}", instances=count, autoscale=Autoscale.model_validate(scale) if scale else None
    )
    return estimate(
        [online_endpoint()], [Workload(endpoint="churn", online=online, usage=usage(online=used))], BOOK, region
    )


def group(cpu: float, memory_gb: float) -> Estimate:
    online = OnlineWorkload(compute="container-instance", cpu=cpu, memory_gb=memory_gb, overlaps=False)
    return estimate([], [Workload(endpoint="churn", online=online)], BOOK, "eastus")


def kubernetes(tier: str, size: str, fewest: int, most: int) -> Estimate:
    pool = {"name": "system", "vmSize": f"Standard_{size}", "minCount": fewest, "maxCount": most}
    inputs = {"sku": {"tier": tier}, "agentPoolProfiles": [pool]}
    return estimate([Resource(type="containerservice:ManagedCluster", name="aks", inputs=inputs)], [], BOOK, "eastus")


def batch(jobs: float, **nodes: Any) -> Estimate:
    used = usage(batch={"jobs_per_month": jobs, "minutes_per_job": 30, "start_minutes": 5})
    workload = Workload(endpoint="churn", batch=BatchWorkload(cluster="cpu"), usage=used)
    resources = [cluster(**nodes), Resource(type="machinelearningservices:BatchEndpoint", name="churn-batch-endpoint")]
    return estimate(resources, [workload], BOOK, "eastus")


def stand(*resources: tuple[str, Any], region: str = "westeurope", **used: Any) -> Estimate:
    """What stands there beside an endpoint that serves nothing but is used so much."""
    made = [Resource(type=type_, name=f"r{number}", inputs=inputs) for number, (type_, inputs) in enumerate(resources)]
    nothing = OnlineWorkload(compute="kubernetes")
    workload = Workload(endpoint="churn", online=nothing, usage=usage(**{"online": NO_LOGS, **used}))
    return estimate([*made, online_endpoint()], [workload], BOOK, region)


def alert(*dimensions: list[str]) -> tuple[str, Any]:
    criterion = {"dimensions": [{"values": values} for values in dimensions]}
    return "monitor:MetricAlert", {"criteria": {"allOf": [criterion]}}


FQDN = ("machinelearningservices:ManagedNetworkSettingsRule", {"properties": {"type": "FQDN"}})
MANAGED = ("machinelearningservices:Workspace", {"managedNetwork": {"isolationMode": "AllowOnlyApprovedOutbound"}})
STATIC = ("network:PublicIPAddress", {"publicIPAllocationMethod": "Static"})
LOW = {"priority": "LowPriority"}

SET_UPS: Mapping[str, Callable[[], Estimate]] = {
    "small": lambda: serving("F2s_v2"),
    "available": lambda: serving("DS3_v2", 3),
    "gpu": lambda: serving("NC4as_T4_v3"),
    "office": lambda: serving("DS3_v2", region="westeurope", scale=OFFICE),
    "daytime": lambda: serving("DS3_v2", hours_per_day=10, days_per_week=5),
    "rollout": lambda: serving("DS3_v2", 3, releases_per_month=1, overlap_hours=24),
    "rollout with 2 hours": lambda: serving("DS3_v2", 3, releases_per_month=1, overlap_hours=2),
    "rollout with a release a day that nobody confirms": lambda: serving("DS3_v2", 3, releases_per_month=30),
    "group": lambda: group(1, 1.5),
    "large-group": lambda: group(4, 16),
    "aks": lambda: kubernetes("Standard", "DS3_v2", 2, 2),
    "aks-scaled": lambda: kubernetes("Free", "D4s_v3", 1, 5),
    "weekly": lambda: batch(4),
    "weekly on low priority": lambda: batch(4, **LOW),
    "break-even": lambda: batch(39 * 730 / 24),
    "kept": lambda: batch(39 * 730 / 24, fewest=1),
    "crowded": lambda: batch(100_000, most=4),
    "hundred": lambda: batch(4, most=100),
    "links": lambda: stand(*[("network:PrivateEndpoint", {})] * 7, *[("privatedns:PrivateZone", {})] * 8),
    "way-out": lambda: stand(("network:NatGateway", {}), STATIC, network_gb=100),
    "guarded": lambda: stand(MANAGED, FQDN, region="eastus", network_gb=100),
    "registry": lambda: stand(("containerregistry:Registry", {"sku": {"name": "Premium"}}), images_gb=600),
    "logs": lambda: stand(
        ("operationalinsights:Workspace", {"retentionInDays": 90}),
        online={"requests_per_month": 9_500_000, "log_kb_per_request": 1},
    ),
    "storage": lambda: stand(("storage:StorageAccount", {"sku": {"name": "Standard_LRS"}}), storage_gb=60_000),
    "watched": lambda: stand(alert(["*"]), alert(["*"], ["1xx", "2xx", "4xx", "5xx"])),
    "asking": lambda: stand(
        *[("monitor:ScheduledQueryRule", {"evaluationFrequency": each}) for each in ("PT5M", "P1D")]
    ),
}


def set_up(cell: str) -> str:
    match = re.fullmatch(r"`([a-z-]+)`(.*)", cell)
    assert match is not None
    name, rest = match.groups()
    return name if not rest or rest.startswith(":") else f"{name}{rest}"


def test_the_page_has_enough_examples_and_the_test_knows_each() -> None:
    assert len(rows()) >= 10
    assert {set_up(row[0]) for row in rows()} == set(SET_UPS)


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row[0][:30]} {row[2]}")
def test_the_model_says_what_was_computed_by_hand(row: tuple[str, ...]) -> None:
    name, items, bound, sum_, result = row
    wanted = [item.strip() for item in items.split(";")]

    lines = [line for line in SET_UPS[set_up(name)]().lines if line.item in wanted]

    assert {line.item for line in lines} == set(wanted)
    assert by_hand(sum_) == pytest.approx(float(result), abs=0.005)
    assert sum(getattr(line.amount, bound) for line in lines) == pytest.approx(by_hand(sum_))


def test_a_stack_that_nobody_deployed_to_costs_nothing() -> None:
    assert deployed().total.high == 0
