"""Which logs and metrics each type can send on: Microsoft's reference of supported logs, by type in lower case.

A type that is not here has no diagnostic settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

ALL_LOGS, AUDIT = "allLogs", "audit"
_METRICS = ("AllMetrics",)


@dataclass(frozen=True, slots=True)
class Categories:
    """What one type can send.

    Attributes:
        logs: Its log categories.
        metrics: Its metric categories.
        audit: Those logs that the category group `audit` stands for.
    """

    logs: tuple[str, ...] = ()
    metrics: tuple[str, ...] = _METRICS
    audit: tuple[str, ...] = ()

    @property
    def groups(self) -> tuple[str, ...]:
        """Its category groups."""
        return (*((ALL_LOGS,) if self.logs else ()), *((AUDIT,) if self.audit else ()))

    def of_group(self, group: str) -> tuple[str, ...]:
        """Return the log categories of a category group."""
        return {ALL_LOGS: self.logs, AUDIT: self.audit}[group]


_STORAGE_LOGS = ("StorageRead", "StorageWrite", "StorageDelete")
_STORAGE_METRICS = ("Transaction", "Capacity")
_STORAGE_SERVICE = Categories(_STORAGE_LOGS, _STORAGE_METRICS, audit=_STORAGE_LOGS)
_REGISTRY_LOGS = ("ContainerRegistryRepositoryEvents", "ContainerRegistryLoginEvents")
_ML = "microsoft.machinelearningservices/workspaces"
_WORKSPACE_EVENTS = (
    *("AmlComputeClusterEvent", "AmlComputeClusterNodeEvent", "AmlComputeJobEvent", "AmlComputeCpuGpuUtilization"),
    *("AmlRunStatusChangedEvent", "ModelsChangeEvent", "ModelsReadEvent", "ModelsActionEvent", "DeploymentReadEvent"),
    *("DeploymentEventACI", "DeploymentEventAKS", "InferencingOperationAKS", "InferencingOperationACI"),
    *("EnvironmentChangeEvent", "EnvironmentReadEvent", "DataLabelChangeEvent", "DataLabelReadEvent"),
    *("ComputeInstanceEvent", "DataStoreChangeEvent", "DataStoreReadEvent", "DataSetChangeEvent", "DataSetReadEvent"),
    *("PipelineChangeEvent", "PipelineReadEvent", "RunEvent", "RunReadEvent"),
)
_CLUSTER_LOGS = (
    *("kube-apiserver", "kube-audit", "kube-audit-admin", "kube-controller-manager", "kube-scheduler"),
    *("cluster-autoscaler", "cloud-controller-manager", "guard"),
    *("csi-azuredisk-controller", "csi-azurefile-controller", "csi-snapshot-controller"),
)

CATEGORIES: Mapping[str, Categories] = MappingProxyType(
    {
        "microsoft.storage/storageaccounts": Categories(metrics=_STORAGE_METRICS),
        "microsoft.storage/storageaccounts/blobservices": _STORAGE_SERVICE,
        "microsoft.storage/storageaccounts/fileservices": _STORAGE_SERVICE,
        "microsoft.storage/storageaccounts/queueservices": _STORAGE_SERVICE,
        "microsoft.storage/storageaccounts/tableservices": _STORAGE_SERVICE,
        "microsoft.keyvault/vaults": Categories(("AuditEvent", "AzurePolicyEvaluationDetails"), audit=("AuditEvent",)),
        "microsoft.containerregistry/registries": Categories(_REGISTRY_LOGS, audit=_REGISTRY_LOGS),
        "microsoft.operationalinsights/workspaces": Categories(("Audit", "SummaryLogs", "Jobs"), audit=("Audit",)),
        "microsoft.insights/components": Categories(
            (
                *("AppAvailabilityResults", "AppBrowserTimings", "AppDependencies", "AppEvents", "AppExceptions"),
                *("AppMetrics", "AppPageViews", "AppPerformanceCounters", "AppRequests", "AppSystemEvents"),
                "AppTraces",
            )
        ),
        "microsoft.insights/autoscalesettings": Categories(("AutoscaleEvaluations", "AutoscaleScaleActions")),
        _ML: Categories(
            _WORKSPACE_EVENTS,
            audit=tuple(name for name in _WORKSPACE_EVENTS if name.endswith(("ChangeEvent", "ReadEvent"))),
        ),
        f"{_ML}/onlineendpoints": Categories(
            ("AmlOnlineEndpointTrafficLog", "AmlOnlineEndpointConsoleLog", "AmlOnlineEndpointEventLog"),
            audit=("AmlOnlineEndpointTrafficLog", "AmlOnlineEndpointEventLog"),
        ),
        f"{_ML}/onlineendpoints/deployments": Categories(),
        "microsoft.containerservice/managedclusters": Categories(
            _CLUSTER_LOGS, audit=("kube-audit", "kube-audit-admin", "guard")
        ),
        "microsoft.network/networksecuritygroups": Categories(
            ("NetworkSecurityGroupEvent", "NetworkSecurityGroupRuleCounter"), metrics=()
        ),
        "microsoft.network/virtualnetworks": Categories(("VMProtectionAlerts",)),
        "microsoft.network/publicipaddresses": Categories(
            ("DDoSProtectionNotifications", "DDoSMitigationFlowLogs", "DDoSMitigationReports"),
            audit=("DDoSProtectionNotifications", "DDoSMitigationReports"),
        ),
        "microsoft.network/privateendpoints": Categories(),
        "microsoft.network/natgateways": Categories(),
    }
)
