"""The figures of the local Azure that a person may want to know or change: durations, quotas, identities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

TENANT_ID = "10ca1000-0000-4000-8000-000000000001"
SUBSCRIPTION_ID = "10ca1000-0000-4000-8000-000000000002"
CLIENT_ID = "10ca1000-0000-4000-8000-000000000003"
"""They exist nowhere else: with them no process can do anything to a real subscription."""

PRINCIPAL_OBJECT_ID = "10ca1000-0000-4000-8000-000000000004"

DURATIONS: Mapping[str, float] = MappingProxyType(
    {
        "resource_group.delete": 0.2,
        "storage_account.create": 0.3,
        "key_vault.create": 0.2,
        "container_registry.create": 0.3,
        "container_registry.delete": 0.2,
        "registry_run.build": 1.0,
        "container_group.create": 0.5,
        "container_group.delete": 0.3,
        "log_analytics.create": 0.2,
        "log_analytics.delete": 0.2,
        "network.write": 0.15,
        "network.delete": 0.15,
        "managed_network.provision": 0.8,
        "outbound_rule.write": 0.3,
        "outbound_rule.delete": 0.2,
        "kubernetes_cluster.create": 1.0,
        "kubernetes_cluster.update": 0.4,
        "kubernetes_cluster.delete": 0.5,
        "node_pool.create": 0.5,
        "node_pool.update": 0.3,
        "node_pool.delete": 0.3,
        "kubernetes_namespace.apply": 0.2,
        "kubernetes_namespace.delete": 0.2,
        "cluster_extension.apply": 0.8,
        "cluster_extension.delete": 0.3,
        "workspace.create": 0.8,
        "workspace.update": 0.3,
        "workspace.delete": 0.5,
        "compute.create": 0.5,
        "compute.update": 0.3,
        "compute.delete": 0.3,
        "online_endpoint.create": 0.5,
        "online_endpoint.update": 0.3,
        "online_endpoint.delete": 0.3,
        "online_deployment.create": 1.0,
        "online_deployment.update": 0.5,
        "online_deployment.delete": 0.5,
        "autoscale.look": 10.0,
        "batch_endpoint.create": 0.3,
        "batch_endpoint.delete": 0.3,
        "batch_deployment.create": 0.5,
        "batch_deployment.delete": 0.3,
        "job.prepare": 0.5,
        "job.cancel": 0.5,
        "node.start": 1.5,
        "node.idle": 3.0,
        "federated_credential.write": 0.1,
        "provider.register": 1.0,
        "role_assignment.effect": 0.0,
    }
)
"""Seconds at clock rate 1. Azure takes from 10 seconds to 7 minutes for the same (docs/reference/local-azure.md);
work that is really done here (an environment made, a server started, rows scored) takes its own time on top.
`node.idle` caps a cluster's own `nodeIdleTimeBeforeScaleDown`. `role_assignment.effect` is how long a new role
assignment is not effective yet: on Azure up to 10 minutes, here none unless asked for (admin API, PUT /durations)."""


RETRY_AFTER_MS = 50


@dataclass(frozen=True, slots=True)
class Settings:
    """How one local Azure runs.

    Attributes:
        data: The folder with its state.
        cache: The folder with made environments, shared by all data folders.
        retry_after_ms: Sent with every unfinished operation so that clients poll quickly; None sends nothing, as
            Azure does (the SDK then waits 5 to 30 seconds between polls).
    """

    data: Path
    cache: Path
    clock_rate: float = 1.0
    retry_after_ms: int | None = RETRY_AFTER_MS
    durations: Mapping[str, float] = field(default_factory=lambda: DURATIONS)
