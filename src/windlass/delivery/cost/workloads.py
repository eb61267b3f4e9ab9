"""What runs on a stack beside what Pulumi made: the deployments that releases make, and how much they are used."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from windlass.project.autoscale import Autoscale
from windlass.project.definitions import BatchDefinition, OnlineDefinition
from windlass.project.rollout import Previous
from windlass.project.serving import ServingCompute
from windlass.project.usage import EndpointUsage

DEFAULT_INSTANCES: Final = 1
"""Azure's own, where deployment.yml says nothing."""


@dataclass(frozen=True, kw_only=True)
class OnlineWorkload:
    """The deployment behind a real-time endpoint.

    Attributes:
        compute: What it runs on.
        instance_type: Of each instance; a VM size where compute is managed.
        instances: How many, where nothing scales them.
        autoscale: What scales them.
        cpu: Cores of a container group.
        memory_gb: Memory of a container group.
        overlaps: Whether the old version runs beside the new one for a while.
        keeps_previous: Whether it is kept after a release.
    """

    compute: ServingCompute = "managed"
    instance_type: str = ""
    instances: float = DEFAULT_INSTANCES
    autoscale: Autoscale | None = None
    cpu: float = 0.0
    memory_gb: float = 0.0
    overlaps: bool = True
    keeps_previous: bool = True


@dataclass(frozen=True, kw_only=True)
class BatchWorkload:
    """The jobs of a batch endpoint.

    Attributes:
        cluster: The compute cluster, by its name in Azure ML.
        nodes: That a job works on.
    """

    cluster: str
    nodes: float = DEFAULT_INSTANCES


@dataclass(frozen=True, kw_only=True)
class Workload:
    """What a folder under `endpoints/` brings into a stack."""

    endpoint: str
    online: OnlineWorkload | None = None
    batch: BatchWorkload | None = None
    usage: EndpointUsage = field(default_factory=EndpointUsage)


def make_workload(
    name: str, usage: EndpointUsage, *, online: OnlineDefinition | None = None, batch: BatchDefinition | None = None
) -> Workload:
    """Take from the files of an endpoint what costs."""
    return Workload(
        endpoint=name,
        online=_online(online) if online else None,
        batch=_batch(batch) if batch else None,
        usage=usage,
    )


def _online(definition: OnlineDefinition) -> OnlineWorkload:
    document, serving = definition.deployment.document, definition.deployment.serving
    grouped = serving.compute == "container-instance"
    return OnlineWorkload(
        compute=serving.compute,
        instance_type=str(document.get("instance_type", "")),
        instances=_count(document.get("instance_count")),
        autoscale=definition.rollout.autoscale,
        cpu=serving.container.cpu if grouped else 0.0,
        memory_gb=serving.container.memory_gb if grouped else 0.0,
        overlaps=not grouped or serving.container.release == "switch",
        keeps_previous=not grouped and definition.rollout.previous is Previous.KEEP,
    )


def _batch(definition: BatchDefinition) -> BatchWorkload:
    document = definition.deployment.document
    resources = document.get("resources")
    count = resources.get("instance_count") if isinstance(resources, dict) else None
    cluster = str(document.get("compute", "")).removeprefix("azureml:")
    return BatchWorkload(cluster=cluster, nodes=_count(count))


def _count(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else float(DEFAULT_INSTANCES)
