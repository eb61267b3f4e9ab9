"""What clusters cost: nodes that are kept, nodes that jobs bring up, and the load balancer of Azure ML.

A cluster that scales to zero is not free. Each job pays for the start of its nodes, for its work, and for the time in
which they wait for another job; what all jobs together pay for is never more than all nodes for the whole month.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from windlass.delivery.cost.book import VM, VM_LOW_PRIORITY
from windlass.delivery.cost.models import Unpriced
from windlass.delivery.cost.resources import Resource
from windlass.delivery.cost.sheet import Assumed, Entry, Sheet, shown, told
from windlass.delivery.cost.workloads import Workload
from windlass.project.usage import HOURS_OF_A_DAY, HOURS_OF_A_MONTH, BatchUsage, Range, as_range

NODES_OF_A_BALANCER: Final = 50
"""Azure ML puts a load balancer before each started 50 nodes, also of a cluster that is off."""

DAYS_OF_A_MONTH: Final = HOURS_OF_A_MONTH / HOURS_OF_A_DAY
DEFAULT_IDLE_SECONDS: Final = 120.0
"""Azure's own, where nothing is said."""

POOL_SHARE: Final = Range(low=0, likely=0.25, high=1)
"""Where between its bounds the autoscaler of a Kubernetes pool stands on average."""

_DURATION: Final = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?")
_MINUTES: Final = 60.0
_SECONDS: Final = 3600.0


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """A batch cluster of Azure ML."""

    name: str
    vm_size: str
    low_priority: bool
    min_nodes: float
    max_nodes: float
    idle_hours: float

    @classmethod
    def of(cls, resource: Resource) -> Cluster:
        """Read it from its inputs."""
        scale = "properties.properties.scaleSettings"
        return cls(
            name=resource.text("computeName", resource.name),
            vm_size=resource.text("properties.properties.vmSize"),
            low_priority=resource.text("properties.properties.vmPriority") == "LowPriority",
            min_nodes=resource.number(f"{scale}.minNodeCount"),
            max_nodes=resource.number(f"{scale}.maxNodeCount"),
            idle_hours=_hours(resource.text(f"{scale}.nodeIdleTimeBeforeScaleDown")),
        )

    @property
    def key(self) -> str:
        """Of its price."""
        return f"{VM_LOW_PRIORITY if self.low_priority else VM}{self.vm_size}"

    @property
    def size(self) -> str:
        """For people."""
        return f"{self.vm_size}{' low priority' if self.low_priority else ''}"


def price_compute(resource: Resource, sheet: Sheet) -> Iterator[Entry]:
    """Price a compute of the workspace."""
    kind = resource.text("properties.computeType")
    if kind == "Kubernetes":
        yield Assumed(f"{resource.name}: an attached cluster costs nothing beside the cluster")
    elif kind == "AmlCompute":
        yield from _batch_cluster(resource, sheet)
    else:
        yield Unpriced(subject=resource.name, why=f"a compute of type {kind or 'that is not known yet'}")


def job_hours(workload: Workload, cluster: Cluster) -> Range:
    """How many hours of nodes the jobs of an endpoint pay for, beside those that are kept anyway."""
    assert workload.batch is not None
    usage = workload.usage.batch
    nodes = as_range(workload.batch.nodes if usage.nodes is None else usage.nodes).at_most(cluster.max_nodes)
    busy = (as_range(usage.start_minutes) + as_range(usage.minutes_per_job)) * (1 / _MINUTES) + cluster.idle_hours
    return as_range(usage.jobs_per_month) * nodes.above(cluster.min_nodes) * busy


def _batch_cluster(resource: Resource, sheet: Sheet) -> Iterator[Entry]:
    cluster = Cluster.of(resource)
    if not cluster.vm_size:
        yield Unpriced(subject=resource.name, why="nodes: its vmSize is not known yet")
        return
    kept = f"{cluster.min_nodes:g} x {cluster.size} x {HOURS_OF_A_MONTH:g} h"
    if cluster.min_nodes:
        kept_hours = cluster.min_nodes * HOURS_OF_A_MONTH
        yield from sheet.charge(cluster.key, resource.name, "nodes that are kept", kept_hours, kept)
    users = [each for each in sheet.workloads if each.batch is not None and each.batch.cluster == cluster.name]
    if not users and cluster.max_nodes > cluster.min_nodes:
        why = f"nodes for jobs: no batch endpoint here uses it, and it may grow to {cluster.max_nodes:g} nodes"
        yield Unpriced(subject=resource.name, why=why)
    yield from _jobs(resource, cluster, users, sheet)
    balancers = Range(low=1, likely=1, high=max(1, math.ceil(cluster.max_nodes / NODES_OF_A_BALANCER)))
    amount = f"{shown(balancers, 'x')} {DAYS_OF_A_MONTH:.1f} days"
    yield from sheet.charge(
        "ml/load-balancer", resource.name, "load balancer of a cluster", balancers * DAYS_OF_A_MONTH, amount
    )


def _jobs(resource: Resource, cluster: Cluster, users: list[Workload], sheet: Sheet) -> Iterator[Entry]:
    """Price the jobs of all endpoints in one line: they share what the cluster can do."""
    if not users:
        return
    room = (cluster.max_nodes - cluster.min_nodes) * HOURS_OF_A_MONTH
    wanted = sum((job_hours(each, cluster) for each in users), as_range(0))
    hours = wanted.at_most(room)
    names = ", ".join(f"{each.endpoint}/batch" for each in users)
    amount = f"{shown(hours, 'node hours')} of {cluster.size} for {names}"
    yield from sheet.charge(cluster.key, resource.name, "nodes for jobs", hours, amount)
    for each in users:
        yield Assumed(_job_assumption(f"{each.endpoint}/batch", each.usage.batch, each, cluster))
    if wanted.high > room:
        yield Assumed(f"{cluster.name}: jobs wait for what its {cluster.max_nodes:g} nodes cannot do in a month")


def _job_assumption(subject: str, usage: BatchUsage, workload: Workload, cluster: Cluster) -> str:
    assert workload.batch is not None
    nodes = as_range(workload.batch.nodes if usage.nodes is None else usage.nodes)
    known = usage.model_fields_set
    jobs = told(usage.jobs_per_month, is_said="jobs_per_month" in known)
    work = told(usage.minutes_per_job, is_said="minutes_per_job" in known)
    start = told(usage.start_minutes, is_said="start_minutes" in known)
    return (
        f"{subject}: {jobs} jobs a month on {nodes} nodes, each {work} minutes of work after {start} minutes of start "
        f"and before {cluster.idle_hours * _MINUTES:g} minutes in which nodes wait for more"
    )


def price_kubernetes(resource: Resource, sheet: Sheet) -> Iterator[Entry]:
    """Price an AKS cluster: its control plane and the pools it is made with."""
    tier = resource.text("sku.tier", "Free")
    if tier == "Free":
        yield Assumed(f"{resource.name}: the control plane of tier Free costs nothing")
    else:
        amount = f"{HOURS_OF_A_MONTH:g} h"
        yield from sheet.charge(
            f"aks/{tier.lower()}", resource.name, f"control plane, tier {tier}", HOURS_OF_A_MONTH, amount
        )
    pools = resource.get("agentPoolProfiles")
    for pool in pools if isinstance(pools, list) else []:
        inner = Resource(type=resource.type, name=f"{resource.name}/{pool.get('name', 'pool')}", inputs=pool)
        yield from price_pool(inner, sheet)
    outside = "its load balancer, the public addresses of it, and disks of nodes that are not ephemeral"
    yield Unpriced(subject=resource.name, why=f"{outside}: Azure makes them in a group of its own")


def price_pool(resource: Resource, sheet: Sheet) -> Iterator[Entry]:
    """Price a pool of nodes."""
    size, most = resource.text("vmSize"), resource.number("maxCount")
    fewest = resource.number("minCount") if most else resource.number("count", 1)
    count = POOL_SHARE * max(0.0, most - fewest) + fewest
    amount = f"{shown(count, f'x {size}')} x {HOURS_OF_A_MONTH:g} h"
    yield from sheet.charge(f"{VM}{size}", resource.name, "nodes of a pool", count * HOURS_OF_A_MONTH, amount)
    if most > fewest:
        share = f"{POOL_SHARE} of the way from {fewest:g} to {most:g} nodes"
        yield Assumed(f"{resource.name}: the autoscaler stands at {share}; assumed, nothing says so")


def _hours(duration: str) -> float:
    """Read a duration such as PT120S, in hours."""
    match = _DURATION.fullmatch(duration)
    if match is None:
        return DEFAULT_IDLE_SECONDS / _SECONDS
    hours, minutes, seconds = (float(each or 0) for each in match.groups())
    return hours + minutes / _MINUTES + seconds / _SECONDS
