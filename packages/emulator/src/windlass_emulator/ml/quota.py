"""How many cores are taken, and the refusal of more than a region allows.

What counts: instances of managed online deployments, with the fifth that Azure holds in reserve for upgrades, and
nodes of clusters that are allocated now. A cluster is refused when its full size alone is more than the limit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from windlass_emulator.errors import AzureError
from windlass_emulator.feature import Feature
from windlass_emulator.http import Answer, Request, Route
from windlass_emulator.ml.common import LOCATION, NAMESPACE, WORKSPACE_TYPE, child_id, listing, type_of, workspace_of
from windlass_emulator.ml.vm_sizes import FAMILIES, SIZES, VmSize, find_size

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure
    from windlass_emulator.store import Resource

MAX_NODES = 100
"""Nodes that one cluster may have."""


@dataclass(frozen=True, slots=True)
class NodeCounts:
    """How many nodes of a cluster are in which state.

    Attributes:
        target: How many the cluster is on its way to.
    """

    idle: int = 0
    running: int = 0
    preparing: int = 0
    unusable: int = 0
    leaving: int = 0
    preempted: int = 0
    target: int = 0

    @property
    def current(self) -> int:
        """All that are allocated."""
        return self.idle + self.running + self.preparing + self.unusable + self.leaving


class Clusters(Protocol):
    """The running nodes of clusters: `azure.live["clusters"]`, put there by the part that runs jobs."""

    def counts(self, cluster_id: str) -> NodeCounts:
        """Return how many nodes a cluster has now."""

    def nodes(self, cluster_id: str) -> list[Mapping[str, Any]]:
        """Return its nodes as listNodes shows them."""

    async def release(self, cluster_id: str) -> None:
        """End all of its nodes, because the cluster is deleted."""


@dataclass(frozen=True, slots=True)
class NoClusters:
    """Clusters of a local Azure in which nothing runs jobs."""

    none: NodeCounts = field(default_factory=NodeCounts)

    def counts(self, cluster_id: str) -> NodeCounts:  # noqa: ARG002 - the protocol's
        """Return zeros."""
        return self.none

    def nodes(self, cluster_id: str) -> list[Mapping[str, Any]]:  # noqa: ARG002 - the protocol's
        """Return nothing."""
        return []

    async def release(self, cluster_id: str) -> None:
        """There is nothing to end."""


def clusters(azure: LocalAzure) -> Clusters:
    """Return the live clusters of a local Azure."""
    live: Clusters = azure.live.get("clusters") or NoClusters()
    return live


# Counting


def reserved_cores(size: VmSize, instances: int) -> int:
    """Return what managed instances take of a quota: a fifth more than they are, rounded up to whole instances."""
    return -(-instances * 12 // 10) * size.cores


def used_cores(azure: LocalAzure, region: str, family: str, *, without: str = "") -> int:
    """Return how many cores of a family are taken in a region.

    Args:
        azure: Where to look.
        region: Such as `westeurope`.
        family: Such as `standardDSv2Family`.
        without: The id of a resource that is left out, because it is about to be changed.
    """
    online = [
        reserved_cores(size, int((item.body.get("sku") or {}).get("capacity") or 1))
        for item in azure.store.of_type(type_of("onlineEndpoints", "deployments"))
        if item.id.lower() != without.lower() and (size := _managed_size(item, region)) and size.family == family
    ]
    nodes = [
        clusters(azure).counts(item.id).current * size.cores
        for item in azure.store.of_type(type_of("computes"))
        if item.id.lower() != without.lower() and (size := _cluster_size(azure, item, region)) and size.family == family
    ]
    return sum(online) + sum(nodes)


def _managed_size(deployment: Resource, region: str) -> VmSize | None:
    properties = deployment.body.get("properties") or {}
    managed = str(properties.get("endpointComputeType", "")).lower() == "managed"
    here = str(deployment.body.get("location", "")).lower() == region.lower()
    return find_size(properties["instanceType"]) if managed and here and properties.get("instanceType") else None


def _cluster_size(azure: LocalAzure, cluster: Resource, region: str) -> VmSize | None:
    workspace = azure.store.get(workspace_of(cluster.id))
    if workspace is None or workspace.body["location"].lower() != region.lower():
        return None
    size = cluster.body["properties"]["properties"].get("vmSize")
    return find_size(size) if size else None  # an attached Kubernetes cluster draws on another quota


# Refusing


def require_nodes(size_name: str, nodes: int) -> None:
    """Refuse a cluster whose full size is more than the quota allows.

    Raises:
        AzureError: 400 with the wording seen in public threads.
        MlError: 400 for a size that is not known.
    """
    if nodes > MAX_NODES:
        raise AzureError(400, "BadRequest", f"{nodes} nodes are more than the quota of {MAX_NODES} nodes per cluster.")
    size = find_size(size_name)
    family = FAMILIES[size.family]
    if nodes * size.cores > family.cores:
        raise AzureError(
            400,
            "BadRequest",
            f"The specified subscription has a {family.title} vCPU quota of {family.cores} and cannot accomodate for "
            f"at least {nodes} requested managed compute nodes which maps to {nodes * size.cores} vCPUs. Talk to your "
            "Subscription Admin or refer to https://docs.microsoft.com/azure/machine-learning/how-to-manage-quotas"
            "#request-quota-increases to increase the family quota",
        )


# Operations


async def list_quotas(request: Request) -> Answer:
    """Return the limits of each family: the subscription's, then each workspace's."""
    region = request.params["region"]
    workspaces = [
        w for w in request.azure.store.of_type(WORKSPACE_TYPE) if w.body["location"].lower() == region.lower()
    ]
    rows = []
    for family in FAMILIES.values():
        name = {"value": family.name, "localizedValue": f"{family.title} Cluster Dedicated vCPUs"}
        row = {"unit": "Count", "limit": family.cores, "name": name}
        own = f"/subscriptions/{request.azure.subscription}/quotas/{family.name}"
        kind = f"{NAMESPACE}/vmFamily/dedicatedCores/quotas"
        rows.append({**row, "type": kind, "id": own, "location": None})
        rows += [
            {
                **row,
                "type": f"{WORKSPACE_TYPE}/dedicatedCores/quotas",
                "id": child_id(workspace, "quotas", family.name),
                "location": region,
            }
            for workspace in workspaces
        ]
    return Answer(200, listing(rows))


async def list_usages(request: Request) -> Answer:
    """Return how much of each family's limit is taken."""
    region = request.params["region"]
    rows = [
        {
            "unit": "Count",
            "currentValue": used_cores(request.azure, region, family.name),
            "limit": family.cores,
            "name": {"value": family.name, "localizedValue": f"{family.title} Cluster Dedicated vCPUs"},
            "type": f"{NAMESPACE}/vmFamily/dedicatedCores/usages",
            "id": f"/subscriptions/{request.azure.subscription}/usages/{family.name}",
        }
        for family in FAMILIES.values()
    ]
    return Answer(200, listing(rows))


async def list_sizes(_request: Request) -> Answer:
    """Return the machine sizes."""
    return Answer(200, listing([_size_row(size) for size in SIZES]))


def _size_row(size: VmSize) -> dict[str, Any]:
    return {
        "name": size.name,
        "family": size.family,
        "vCPUs": size.cores,
        "gpus": size.gpus,
        "osVhdSizeMB": 1047552,
        "maxResourceVolumeMB": size.cores * 7168,
        "memoryGB": size.memory,
        "lowPriorityCapable": True,
        "premiumIO": True,
        "estimatedVMPrices": None,
        "supportedComputeTypes": ["AmlCompute", "MIR"],
    }


def feature() -> Feature:
    """Quotas, usages and machine sizes."""
    return Feature(
        "quota",
        routes=(
            Route("GET", LOCATION + "/quotas", list_quotas, provenance="recorded", summary="List quotas"),
            Route("GET", LOCATION + "/usages", list_usages, provenance="recorded", summary="List usages"),
            Route("GET", LOCATION + "/vmSizes", list_sizes, provenance="recorded", summary="List machine sizes"),
        ),
    )
