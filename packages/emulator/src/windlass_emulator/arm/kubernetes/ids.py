"""Addresses of clusters and of what stands below them, and what is looked up by them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from windlass_emulator.arm import common
from windlass_emulator.arm.common import GROUP, SUCCEEDED
from windlass_emulator.errors import AzureError, resource_not_found

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure
    from windlass_emulator.http import Request
    from windlass_emulator.store import Resource

CLUSTER_TYPE = "Microsoft.ContainerService/managedClusters"
POOL_TYPE = f"{CLUSTER_TYPE}/agentPools"
NAMESPACE_TYPE = f"{CLUSTER_TYPE}/managedNamespaces"
EXTENSION_TYPE = "Microsoft.KubernetesConfiguration/extensions"

CLUSTER = f"{GROUP}/providers/{CLUSTER_TYPE}/{{cluster}}"
POOLS = f"{CLUSTER}/agentPools"
NAMESPACES = f"{CLUSTER}/managedNamespaces"
EXTENSIONS = f"{CLUSTER}/providers/{EXTENSION_TYPE}"
"""Templates of routes."""


def require_cluster(request: Request, *, for_write: bool = False) -> Resource:
    """Return the cluster that a request names.

    Raises:
        AzureError: 404 for it or its group; for a write also 409 while the group is being deleted.
    """
    group = common.writable_group(request) if for_write else common.existing_group(request)
    name = request.params["cluster"]
    if stored := request.azure.store.get(f"{group.id}/providers/{CLUSTER_TYPE}/{name}"):
        return stored
    raise resource_not_found(CLUSTER_TYPE, name, group.name)


def require_child(request: Request, cluster: Resource, resource_type: str, child: str) -> Resource:
    """Return a pool, a namespace or an extension of a cluster.

    Raises:
        AzureError: 404.
    """
    if stored := request.azure.store.get(child):
        return stored
    name = f"{cluster.name}/{child.rsplit('/', 1)[1]}"
    raise resource_not_found(resource_type, name, request.params["group"])


def shown_id(resource_id: str) -> str:
    """Return an id as this service shows it: `resourcegroups` in lower case (recorded)."""
    return resource_id.replace("/resourceGroups/", "/resourcegroups/", 1)


def put_state(azure: LocalAzure, stored: Resource, state: str, **more: Any) -> Resource:
    """Write the state of a resource, and other properties with it."""
    properties = {**stored.body["properties"], **more, "provisioningState": state}
    return azure.store.put(
        stored.id, stored.type, {**stored.body, "properties": properties}, parent=parent_of(stored.id),
        now=azure.clock.now(),
    )  # fmt: skip


def parent_of(resource_id: str) -> str:
    """Return the id under which a resource is stored: its cluster, or for a cluster its group."""
    head, _, rest = resource_id.rpartition("/providers/")
    return resource_id.rsplit("/", 2)[0] if rest.count("/") > 2 else head  # noqa: PLR2004 - type, name, child, name


def end_well(azure: LocalAzure, resource_id: str, **more: Any) -> None:
    """Say that an operation on a resource has succeeded; it may have been deleted meanwhile."""
    if stored := azure.store.get(resource_id):
        put_state(azure, stored, SUCCEEDED, **more)


def invalid(name: str, why: str) -> AzureError:
    """400 as the service words a value that it does not take (seen in public threads)."""
    return AzureError(
        400, "InvalidParameter", f"The value of parameter {name} is invalid. Error details: {why}", target=name
    )


def missing(name: str) -> AzureError:
    """400 as the service words a value that it needs (seen in public threads)."""
    return AzureError(400, "InvalidParameter", f"Required parameter {name} is missing (null).", target=name)
