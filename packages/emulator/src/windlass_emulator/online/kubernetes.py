"""Endpoints that an attached Kubernetes cluster serves: what is otherwise with them than with managed ones.

Their address is that of the cluster's inference router, their sizes are the compute's instance types, and what they
ask for has to fit on the nodes of the pools. Everything else (revisions, fleets, traffic, keys) is the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from windlass_emulator.access.service import may_pull
from windlass_emulator.arm.kubernetes.front_ends import front_end_of
from windlass_emulator.arm.kubernetes.pool_rules import labels_of, most_nodes
from windlass_emulator.arm.kubernetes.pools import pools_of
from windlass_emulator.errors import OperationFailedError, ml_refusal
from windlass_emulator.ml.attached import bytes_of, cores_of, is_attached, serves
from windlass_emulator.ml.common import child_id, workspace_of
from windlass_emulator.ml.vm_sizes import find_size
from windlass_emulator.online import rules
from windlass_emulator.online.ids import DEPLOYMENT_TYPE, ENDPOINT_TYPE, endpoint_of

if TYPE_CHECKING:
    from windlass_emulator.arm.kubernetes.azureml import FrontEnd
    from windlass_emulator.azure import LocalAzure
    from windlass_emulator.store import Resource

KIND = "Kubernetes"
_SHORTEST, _LONGEST = 6, 62
_ENDPOINTS_PER_CLUSTER, _DEPLOYMENTS_PER_CLUSTER = 60, 100
_SYSTEM_SHARE = 0.85
"""Of a node's cores and memory, what is left for pods of models: the rest is the system's and the extension's."""


def is_kubernetes(endpoint: Mapping[str, Any]) -> bool:
    """Say whether the body of an endpoint names a cluster."""
    return bool(endpoint["properties"].get("compute"))


def require_compute(azure: LocalAzure, workspace: Resource, named: str) -> Resource:
    """Return the attached cluster that a new endpoint names.

    Raises:
        MlError: 400.
    """
    target = named if named.startswith("/") else child_id(workspace, "computes", named.removeprefix("azureml:"))
    compute = azure.store.get(target)
    if compute is None or workspace_of(target).lower() != workspace.id.lower():
        raise ml_refusal(f"The compute '{named}' was not found in the workspace '{workspace.name}'.")
    if not is_attached(compute):
        raise ml_refusal(
            f"The compute '{compute.name}' is no Kubernetes compute; an online endpoint can be served by one that is "
            "attached, or without compute by Azure ML itself."
        )
    if compute.body["properties"]["provisioningState"] != "Succeeded":
        raise ml_refusal(f"The compute '{compute.name}' is not ready.")
    if not serves(azure, compute.body["properties"]["resourceId"]):
        raise ml_refusal(
            f"The extension on the cluster of the compute '{compute.name}' does not serve endpoints (enableInference)."
        )
    return compute


def require_endpoint(azure: LocalAzure, workspace: Resource, body: Mapping[str, Any]) -> str:
    """Return the id of the compute that a new endpoint is served on.

    Raises:
        MlError: 400 for what Kubernetes endpoints do not have.
    """
    sent = body["properties"]
    compute = require_compute(azure, workspace, str(sent["compute"]))
    if str(sent.get("authMode")).lower() == "aadtoken":
        raise ml_refusal("A Kubernetes online endpoint takes authMode Key or AMLToken, not AADToken.")
    refuse_mirror(sent.get("mirrorTraffic"))
    cluster = compute.body["properties"]["resourceId"]
    there = [each for each in azure.store.of_type(ENDPOINT_TYPE) if cluster_of(azure, each) == cluster.lower()]
    rules.require_room("endpoints", len(there), _ENDPOINTS_PER_CLUSTER, "Kubernetes cluster")
    return compute.id


def refuse_mirror(sent: Mapping[str, Any] | None) -> None:
    """Refuse mirrored traffic, which the router of a cluster cannot do.

    Raises:
        MlError: 400.
    """
    if any((sent or {}).values()):
        raise rules.inference_refusal(
            "MirrorTraffic", "Mirror traffic is not supported for Kubernetes online endpoints."
        )


def compute_of(azure: LocalAzure, endpoint: Resource) -> Resource | None:
    """Return the attached cluster of an endpoint; None for a managed one, or when it was detached."""
    named = endpoint.body["properties"].get("compute")
    return azure.store.get(named) if named else None


def cluster_of(azure: LocalAzure, endpoint: Resource) -> str:
    """Return the id of the cluster that serves an endpoint, in lower case; empty when none does."""
    compute = compute_of(azure, endpoint)
    return compute.body["properties"]["resourceId"].lower() if compute else ""


def front_end(azure: LocalAzure, endpoint: Resource) -> FrontEnd | None:
    """Return where the cluster of an endpoint answers; None when it does not."""
    cluster = cluster_of(azure, endpoint)
    return front_end_of(azure, cluster) if cluster else None


def base_address(azure: LocalAzure, endpoint: Resource) -> str | None:
    """Return the address below which an endpoint on a cluster answers (its form was seen in public threads)."""
    found = front_end(azure, endpoint)
    return f"{found.address}/api/v1/endpoint/{endpoint.name}" if found else None


# Deployments


def require_deployment(azure: LocalAzure, endpoint: Resource, name: str, filled: dict[str, Any]) -> None:
    """Refuse a deployment that its endpoint's cluster cannot have; fills in the instance type that it leaves out.

    Raises:
        MlError: 400.
    """
    length = len(endpoint.name) + len(name)
    if not _SHORTEST <= length <= _LONGEST:
        raise ml_refusal(
            f"The names of endpoint '{endpoint.name}' and deployment '{name}' together have {length} characters; on "
            f"Kubernetes they must have {_SHORTEST} to {_LONGEST}."
        )
    compute = compute_of(azure, endpoint)
    if compute is None:
        raise ml_refusal(f"The compute of the endpoint '{endpoint.name}' is not attached any more.")
    offered = compute.body["properties"]["properties"]
    properties = filled["properties"]
    properties["instanceType"] = properties["instanceType"] or offered["defaultInstanceType"]
    if properties["instanceType"] not in offered["instanceTypes"]:
        raise ml_refusal(
            f"The instance type '{properties['instanceType']}' is not one of the compute '{compute.name}': "
            f"{', '.join(offered['instanceTypes'])}."
        )
    _fill_resources(properties, offered["instanceTypes"][properties["instanceType"]])
    cluster = compute.body["properties"]["resourceId"].lower()
    there = [each for each in azure.store.of_type(DEPLOYMENT_TYPE) if _cluster(azure, each) == cluster]
    if azure.store.get(child_id(endpoint, "deployments", name)) is None:
        rules.require_room("deployments", len(there), _DEPLOYMENTS_PER_CLUSTER, "Kubernetes cluster")


def _fill_resources(properties: dict[str, Any], kind: Mapping[str, Any]) -> None:
    """Say what an instance gets: its own requirements, else those of its type; azure-ai-ml cannot read null."""
    own, offered = properties.get("containerResourceRequirements") or {}, kind.get("resources") or {}
    properties["containerResourceRequirements"] = {
        "containerResourceRequests": own.get("containerResourceRequests") or dict(offered.get("requests") or {}),
        "containerResourceLimits": own.get("containerResourceLimits") or dict(offered.get("limits") or {}),
    }


def _cluster(azure: LocalAzure, deployment: Resource) -> str:
    endpoint = azure.store.get(endpoint_of(deployment.id))
    return cluster_of(azure, endpoint) if endpoint else ""


def instances_of(body: Mapping[str, Any]) -> int:
    """Return how many instances a deployment has. Where it scales by load, the local Azure keeps the fewest."""
    settings = body["properties"].get("scaleSettings") or {}
    if settings.get("scaleType") == "TargetUtilization":
        return int(settings["minInstances"])
    return int(body["sku"]["capacity"])


def require_nodes(azure: LocalAzure, deployment: str, body: Mapping[str, Any]) -> None:
    """Refuse instances that fit on no node that the pools may grow to, inside the operation as Azure does.

    Raises:
        OperationFailedError: The nodes may not pull images; or OutOfQuota, with the scheduler's words (documented).
    """
    endpoint = azure.store.get(endpoint_of(deployment))
    compute = compute_of(azure, endpoint) if endpoint else None
    if compute is None:
        raise OperationFailedError("ResourceNotFound", "The compute of the endpoint is not attached any more.")
    cluster = compute.body["properties"]["resourceId"]
    _require_pull(azure, deployment, cluster)
    kind = compute.body["properties"]["properties"]["instanceTypes"][body["properties"]["instanceType"]]
    cores, memory = _asked(body)
    room_cores, room_memory, nodes = _room(azure, cluster, kind.get("nodeSelector") or {})
    used_cores, used_memory = _used(azure, cluster.lower(), deployment)
    count = instances_of(body)
    short = [
        word
        for word, used, each, room in (
            ("cpu", used_cores, cores, room_cores),
            ("memory", used_memory, memory, room_memory),
        )
        if used + each * count > room
    ]
    if nodes == 0 or short:
        why = ", ".join(f"{nodes} Insufficient {word}" for word in short) or "no node matches the node selector"
        raise OperationFailedError(
            "OutOfQuota", f"Kubernetes unschedulable. Details:0/{nodes} nodes are available: {why}."
        )


def _require_pull(azure: LocalAzure, deployment: str, cluster: str) -> None:
    """Let the nodes pull the image, where they act as an identity of one's own."""
    workspace, stored = azure.store.get(workspace_of(deployment)), azure.store.get(cluster)
    registry = workspace.body["properties"].get("containerRegistry") if workspace else None
    kubelet = stored.body["properties"]["identityProfile"]["kubeletidentity"] if stored else {}
    if not registry or azure.store.get(str(kubelet.get("resourceId"))) is None:
        return  # AKS has made the identity: whoever attaches a registry to a cluster gives it the role
    if not may_pull(azure, kubelet["objectId"], registry):
        raise OperationFailedError(
            "ImagePullBackOff",
            f"Failed to pull image: the kubelet identity '{kubelet['objectId']}' does not have pull permission on the "
            f"registry '{registry.rpartition('/')[2]}'.",
        )


def _asked(body: Mapping[str, Any]) -> tuple[float, float]:
    """Return cores and bytes that one instance asks for."""
    requests = body["properties"]["containerResourceRequirements"]["containerResourceRequests"]
    return cores_of(str(requests.get("cpu") or "100m")), bytes_of(str(requests.get("memory") or "2Gi"))


def _room(azure: LocalAzure, cluster: str, selector: Mapping[str, str]) -> tuple[float, float, int]:
    """Return cores, bytes and nodes that the matching pools may come to have."""
    cores, memory, nodes = 0.0, 0.0, 0
    for pool in pools_of(azure, cluster):
        properties = pool.body["properties"]
        labels = labels_of(pool.name, properties)
        if all(labels.get(key) == value for key, value in selector.items()):
            size, most = find_size(properties["vmSize"]), most_nodes(properties)
            cores += most * size.cores * _SYSTEM_SHARE
            memory += most * size.memory * 2**30 * _SYSTEM_SHARE
            nodes += most
    return cores, memory, nodes


def _used(azure: LocalAzure, cluster: str, without: str) -> tuple[float, float]:
    cores, memory = 0.0, 0.0
    for deployment in azure.store.of_type(DEPLOYMENT_TYPE):
        endpoint = azure.store.get(endpoint_of(deployment.id))
        compute = compute_of(azure, endpoint) if endpoint else None
        if deployment.id.lower() == without.lower() or compute is None:
            continue
        if compute.body["properties"]["resourceId"].lower() != cluster:
            continue
        asked = _asked(deployment.body)
        cores += asked[0] * instances_of(deployment.body)
        memory += asked[1] * instances_of(deployment.body)
    return cores, memory
