"""The settings of a stack: one typed object, read from `Pulumi.<stack>.yaml` and from nowhere else.

Two places in that file are ours to read. `azure-native:` says which subscription, tenant and region the stack
is applied to; the provider reads the same keys, so that each of these facts stands once. `windlass:settings`
holds the rest. Everything that is wrong is reported together, each with its key.
"""

from __future__ import annotations

from windlass.project.names import OWN_TAGS
from windlass.project.settings.bring import BringSettings, BringSubnets, Brought, brought_things
from windlass.project.settings.compute import (
    DNS_SERVICE_IP,
    POD_CIDR,
    SERVICE_CIDR,
    ClusterSettings,
    InstanceTypeSettings,
    KubernetesSettings,
    NodeSettings,
    PoolSettings,
    TlsSettings,
)
from windlass.project.settings.data import LogSettings, RegistrySettings, StorageSettings, VaultSettings
from windlass.project.settings.document import AzureSettings, Settings, StackSettings
from windlass.project.settings.guards import DeployerSettings, PolicySettings, ProtectionSettings
from windlass.project.settings.monitoring import BudgetSettings, ClusterAlerts, EndpointAlerts, MonitoringSettings
from windlass.project.settings.network import NetworkMode, NetworkSettings, OutboundRule
from windlass.project.settings.parse import (
    LOCAL_SUBSCRIPTION,
    LOCAL_TENANT,
    PROVIDER_KEYS,
    PROVIDER_NAMESPACE,
    SETTINGS_KEY,
    SETTINGS_NAMESPACE,
    parse_settings,
    refuse_wrong_shell,
)

__all__ = [
    "DNS_SERVICE_IP",
    "LOCAL_SUBSCRIPTION",
    "LOCAL_TENANT",
    "OWN_TAGS",
    "POD_CIDR",
    "PROVIDER_KEYS",
    "PROVIDER_NAMESPACE",
    "SERVICE_CIDR",
    "SETTINGS_KEY",
    "SETTINGS_NAMESPACE",
    "AzureSettings",
    "BringSettings",
    "BringSubnets",
    "Brought",
    "BudgetSettings",
    "ClusterAlerts",
    "ClusterSettings",
    "DeployerSettings",
    "EndpointAlerts",
    "InstanceTypeSettings",
    "KubernetesSettings",
    "LogSettings",
    "MonitoringSettings",
    "NetworkMode",
    "NetworkSettings",
    "NodeSettings",
    "OutboundRule",
    "PolicySettings",
    "PoolSettings",
    "ProtectionSettings",
    "RegistrySettings",
    "Settings",
    "StackSettings",
    "StorageSettings",
    "TlsSettings",
    "VaultSettings",
    "brought_things",
    "parse_settings",
    "refuse_wrong_shell",
]
