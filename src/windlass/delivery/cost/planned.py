"""What a stack would be made of by its settings alone, as far as it costs.

For a stack that nobody has applied, and that cannot be previewed either, because its file is still a template. The
program itself is not run: what it makes is told again here, and a test holds both against each other, for the stacks of
the repository and for every section of the settings that decides over a price.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from windlass.delivery.cost.resources import Resource
from windlass.project.endpoints import EndpointFolder
from windlass.project.names import SYSTEM_POOL
from windlass.project.private_links import GROUPS, ZONE_NAMES, label_of
from windlass.project.settings import KubernetesSettings, OutboundRule, Settings
from windlass.project.settings.network import OWN_RULES

_ANY = ("*",)
_ISOLATION = {"internet": "AllowInternetOutbound", "approved": "AllowOnlyApprovedOutbound"}


def planned_resources(settings: Settings, endpoints: Collection[EndpointFolder]) -> tuple[Resource, ...]:
    """Say what a stack would be made of.

    Args:
        settings: Of the stack.
        endpoints: The endpoints of the project, with what the stack serves each on.
    """
    return (
        *_data(settings),
        *_workspace(settings),
        *_network(settings),
        *_computes(settings),
        *_endpoints(endpoints),
        *_alerts(settings, endpoints),
    )


def _data(settings: Settings) -> Iterator[Resource]:
    bring = settings.bring
    comes_with = bring.workspace is not None
    if not comes_with and bring.log_workspace is None:
        logs: dict[str, Any] = {"retentionInDays": settings.logs.retention_days}
        if settings.logs.daily_cap_gb is not None:
            logs["workspaceCapping"] = {"dailyQuotaGb": settings.logs.daily_cap_gb}
        yield _made("operationalinsights:Workspace", "observability-logs", logs)
    if not comes_with and bring.storage_account is None:
        yield _made("storage:StorageAccount", "storage-account", _sku(settings.storage.redundancy))
    if not comes_with and bring.key_vault is None:
        yield _made("keyvault:Vault", "vault-vault")
    if not comes_with and bring.container_registry is None:
        yield _made("containerregistry:Registry", "registry-registry", _sku(settings.registry.tier))


def _workspace(settings: Settings) -> Iterator[Resource]:
    managed = settings.network.mode == "managed"
    if settings.bring.workspace is None:
        approved = settings.network.isolation == "approved"
        firewall = {"firewallSku": settings.network.firewall} if approved else {}
        network = {"isolationMode": _ISOLATION[settings.network.isolation], **firewall}
        inputs = {"managedNetwork": network} if managed else {}
        yield _made("machinelearningservices:Workspace", "workspace-workspace", inputs)
    if managed:
        kinds = {**dict.fromkeys(OWN_RULES, "PrivateEndpoint"), **_rules(settings.network.outbound)}
        for name, kind in kinds.items():
            rule = {"properties": {"type": kind}}
            yield _made("machinelearningservices:ManagedNetworkSettingsRule", f"outbound-{name}", rule)


def _rules(outbound: Mapping[str, OutboundRule]) -> Mapping[str, str]:
    return {name: _kind(rule) for name, rule in outbound.items()}


def _kind(rule: OutboundRule) -> str:
    if rule.private_endpoint is not None:
        return "PrivateEndpoint"
    return "FQDN" if rule.fqdn is not None else "ServiceTag"


def _network(settings: Settings) -> Iterator[Resource]:
    if settings.network.mode != "private":
        return
    bring = settings.bring
    if bring.virtual_network is None and settings.network.nat_gateway:
        yield _made("network:PublicIPAddress", "network-address", {"publicIPAllocationMethod": "Static"})
        yield _made("network:NatGateway", "network-gateway")
    for zone in ZONE_NAMES:
        if zone not in bring.private_dns_zones:
            yield _made("privatedns:PrivateZone", f"private-zones-{label_of(zone)}")
    brought = {
        "storage": bring.storage_account,
        "vault": bring.key_vault,
        "registry": bring.container_registry,
        "workspace": bring.workspace,
    }
    for target, groups in GROUPS.items():
        if bring.virtual_network is None or brought[target] is None:
            for group in groups:
                yield _made("network:PrivateEndpoint", f"{target}-access-{group}-endpoint")


def _computes(settings: Settings) -> Iterator[Resource]:
    for name, cluster in settings.clusters.items():
        nodes = {
            "vmSize": cluster.vm_size,
            "vmPriority": cluster.priority,
            "scaleSettings": {
                "minNodeCount": cluster.min_nodes,
                "maxNodeCount": cluster.max_nodes,
                "nodeIdleTimeBeforeScaleDown": f"PT{cluster.idle_seconds}S",
            },
        }
        properties = {"computeType": "AmlCompute", "properties": nodes}
        yield _made(
            "machinelearningservices:Compute", f"{name}-compute", {"computeName": name, "properties": properties}
        )
    if settings.kubernetes is not None:
        yield from _kubernetes(settings.kubernetes)


def _kubernetes(settings: KubernetesSettings) -> Iterator[Resource]:
    first = {
        "name": SYSTEM_POOL,
        "vmSize": settings.system.vm_size,
        "minCount": settings.system.min_nodes,
        "maxCount": settings.system.max_nodes,
    }
    inputs = {"sku": {"name": "Base", "tier": settings.tier}, "agentPoolProfiles": [first]}
    yield _made("containerservice:ManagedCluster", "kubernetes-cluster", inputs)
    for name, pool in settings.pools.items():
        bounds = {"vmSize": pool.vm_size, "minCount": pool.min_nodes, "maxCount": pool.max_nodes}
        yield _made("containerservice:AgentPool", f"kubernetes-{name}-pool", bounds)
    attached = {"properties": {"computeType": "Kubernetes"}}
    yield _made("machinelearningservices:Compute", "attached-cluster-compute", attached)


def _endpoints(endpoints: Collection[EndpointFolder]) -> Iterator[Resource]:
    for folder in endpoints:
        if folder.serving.compute != "container-instance":
            kind = "OnlineEndpoint" if folder.kind == "online" else "BatchEndpoint"
            yield _made(f"machinelearningservices:{kind}", f"{folder.model}-{folder.kind}-endpoint")


def _alerts(settings: Settings, endpoints: Collection[EndpointFolder]) -> Iterator[Resource]:
    if not settings.monitoring.mails:
        return
    yield _made("monitor:ActionGroup", "alerts-team")
    thresholds = settings.monitoring.endpoint_alerts
    for folder in endpoints:
        if folder.kind == "online" and folder.serving.compute == "managed":
            name = f"{folder.model}-online"
            if thresholds.latency_p95_ms is not None:
                yield _metric_alert(f"{name}-latency", (_ANY,))
            if thresholds.failures_per_minute is not None:
                yield _metric_alert(f"{name}-failures", (_ANY, ("5xx",)))
                yield _metric_alert(f"{name}-model-failures", (_ANY, ("424",)))
            if thresholds.no_traffic_minutes is not None:
                yield _log_alert(f"{name}-no-traffic")
    of_clusters = settings.monitoring.cluster_alerts
    for cluster in settings.clusters:
        if of_clusters.queued_minutes is not None:
            yield _log_alert(f"{cluster}-cluster-queued")
        if of_clusters.at_maximum:
            yield _metric_alert(f"{cluster}-cluster-at-maximum", ((cluster,),))


def _metric_alert(name: str, dimensions: tuple[tuple[str, ...], ...]) -> Resource:
    criterion = {"dimensions": [{"values": list(values)} for values in dimensions]}
    return _made("monitor:MetricAlert", name, {"criteria": {"allOf": [criterion]}})


def _log_alert(name: str) -> Resource:
    return _made("monitor:ScheduledQueryRule", name, {"evaluationFrequency": "PT15M"})


def _sku(name: str) -> Mapping[str, Any]:
    return {"sku": {"name": name}}


def _made(type_: str, name: str, inputs: Mapping[str, Any] | None = None) -> Resource:
    return Resource(type=type_, name=name, inputs=inputs or {})
