"""What holds for every estimate, whatever the figures."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.cost import BOOK, cluster, online_endpoint, usage

from windlass.delivery.cost import Estimate
from windlass.delivery.cost.estimate import estimate
from windlass.delivery.cost.resources import Resource
from windlass.delivery.cost.workloads import BatchWorkload, OnlineWorkload, Workload
from windlass.project.autoscale import Autoscale

BATCH_ENDPOINT = Resource(type="machinelearningservices:BatchEndpoint", name="churn-batch-endpoint")
LOGS = Resource(type="operationalinsights:Workspace", name="logs", inputs={"retentionInDays": 90})
ACCOUNT = Resource(type="storage:StorageAccount", name="data", inputs={"sku": {"name": "Standard_LRS"}})


def ranges(most: float) -> st.SearchStrategy[dict[str, float]]:
    three = st.lists(st.floats(min_value=0, max_value=most), min_size=3, max_size=3).map(sorted)
    return three.map(lambda each: dict(zip(("low", "likely", "high"), each, strict=True)))


usages = st.builds(
    lambda **figures: usage(
        online={key: figures[key] for key in ("requests_per_month", "hours_per_day", "releases_per_month")},
        batch={key: figures[key] for key in ("jobs_per_month", "minutes_per_job", "nodes")},
        storage_gb=figures["storage_gb"],
    ),
    requests_per_month=ranges(1e7),
    hours_per_day=ranges(24),
    releases_per_month=ranges(100),
    jobs_per_month=ranges(1e4),
    minutes_per_job=ranges(1e4),
    nodes=ranges(20),
    storage_gb=ranges(1e6),
)
bounds = st.tuples(st.integers(1, 50), st.integers(1, 50)).map(sorted)


def whole(
    used: Any, *, instances: float = 2, scale: Autoscale | None = None, nodes: tuple[int, int] = (0, 4)
) -> Estimate:
    online = OnlineWorkload(instance_type="Standard_DS3_v2", instances=instances, autoscale=scale)
    workload = Workload(endpoint="churn", online=online, batch=BatchWorkload(cluster="cpu"), usage=used)
    resources = [online_endpoint(), BATCH_ENDPOINT, LOGS, ACCOUNT, cluster(fewest=nodes[0], most=nodes[1])]
    return estimate(resources, [workload], BOOK, "westeurope")


def jobs(per_month: float, *, fewest: int = 0, **said: float) -> Estimate:
    figures = {"jobs_per_month": per_month, "minutes_per_job": 30, **said}
    workload = Workload(endpoint="churn", batch=BatchWorkload(cluster="cpu"), usage=usage(batch=figures))
    return estimate([BATCH_ENDPOINT, cluster(fewest=fewest)], [workload], BOOK, "eastus")


def nodes(made: Estimate) -> float:
    return sum(line.amount.likely for line in made.lines if line.item in {"nodes for jobs", "nodes that are kept"})


@given(used=usages, cluster_bounds=bounds, scale=bounds)
def test_the_lines_add_up_and_no_bound_passes_another(used: Any, cluster_bounds: list[int], scale: list[int]) -> None:
    autoscale = Autoscale(minimum=scale[0], maximum=scale[1])

    made = whole(used, scale=autoscale, nodes=(cluster_bounds[0] - 1, cluster_bounds[1]))

    assert made.total.low <= made.total.likely <= made.total.high
    for bound in ("low", "likely", "high"):
        assert getattr(made.total, bound) == pytest.approx(sum(getattr(line.amount, bound) for line in made.lines))
    assert all(line.amount.low >= 0 for line in made.lines)


@given(used=usages, fewer=st.integers(1, 50), more=st.integers(1, 50))
def test_more_instances_never_cost_less(used: Any, fewer: int, more: int) -> None:
    fewer, more = sorted((fewer, more))

    one, other = (whole(used, instances=count).total for count in (fewer, more))

    assert one.low <= other.low + 1e-9
    assert one.likely <= other.likely + 1e-9
    assert one.high <= other.high + 1e-9


@given(shorter=st.floats(0, 24), longer=st.floats(0, 24))
def test_more_hours_never_cost_less(shorter: float, longer: float) -> None:
    shorter, longer = sorted((shorter, longer))

    one, other = (whole(usage(online={"hours_per_day": hours})).total.likely for hours in (shorter, longer))

    assert one <= other + 1e-9


@given(fewer=st.floats(0, 1e5), more=st.floats(0, 1e5))
def test_more_jobs_never_cost_less_and_never_more_than_the_whole_cluster(fewer: float, more: float) -> None:
    fewer, more = sorted((fewer, more))

    assert nodes(jobs(fewer)) <= nodes(jobs(more)) + 1e-9 <= 4 * 730 * 0.293 + 1e-6


def test_a_weekly_job_on_a_cluster_that_scales_to_zero_is_neither_free_nor_that_of_an_always_on_one() -> None:
    weekly = nodes(jobs(52 / 12))
    always_on = nodes(jobs(52 / 12, fewest=1))

    assert weekly == pytest.approx(52 / 12 * (5 + 30 + 2) / 60 * 0.293)
    assert always_on == pytest.approx(730 * 0.293)
    assert 0 < weekly < always_on / 50


@given(used=usages)
def test_two_endpoints_on_one_cluster_share_what_it_can_do(used: Any) -> None:
    one = Workload(endpoint="churn", batch=BatchWorkload(cluster="cpu"), usage=used)
    other = replace(one, endpoint="price")
    endpoints = [BATCH_ENDPOINT, replace(BATCH_ENDPOINT, name="price-batch-endpoint")]

    alone = estimate([*endpoints, cluster()], [one], BOOK, "eastus")
    together = estimate([*endpoints, cluster()], [one, other], BOOK, "eastus")

    assert nodes(alone) <= nodes(together) + 1e-9 <= 4 * 730 * 0.293 + 1e-6
