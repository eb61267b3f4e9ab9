"""AKS clusters, their pools of nodes and namespaces, and the extensions installed on them."""
# ruff: noqa: S106 - a token here is the name of a type

from collections.abc import Mapping

from .entry import GROUP, FunctionEntry, Limits, TypeEntry

_CLUSTER = f"{GROUP}/providers/Microsoft.ContainerService/managedClusters/{{resourceName}}"
_NAME = Limits(min_length=1, max_length=63, pattern=r"^[a-zA-Z0-9]$|^[a-zA-Z0-9][-_a-zA-Z0-9]{0,61}[a-zA-Z0-9]$")

_AUTOSCALER = (
    "balance-similar-node-groups",
    "daemonset-eviction-for-empty-nodes",
    "daemonset-eviction-for-occupied-nodes",
    "ignore-daemonsets-utilization",
    "max-empty-bulk-delete",
    "max-graceful-termination-sec",
    "max-node-provision-time",
    "max-total-unready-percentage",
    "new-pod-scale-up-delay",
    "ok-total-unready-count",
    "scale-down-delay-after-add",
    "scale-down-delay-after-delete",
    "scale-down-delay-after-failure",
    "scale-down-unneeded-time",
    "scale-down-unready-time",
    "scale-down-utilization-threshold",
    "scan-interval",
    "skip-nodes-with-local-storage",
    "skip-nodes-with-system-pods",
)
"""How the cluster autoscaler, and so ARM, spells its parameters."""


def _camel(kebab: str) -> str:
    head, *tail = kebab.split("-")
    return head + "".join(word.capitalize() for word in tail)


_KEBAB = {_camel(name): name for name in _AUTOSCALER}
RENAMES: Mapping[str, Mapping[str, str]] = {
    "containerservice:ManagedClusterPropertiesAutoScalerProfile": _KEBAB,
    "containerservice:ManagedClusterPropertiesResponseAutoScalerProfile": _KEBAB,
}
LEVEL_OF_PROPERTIES: Mapping[str, frozenset[str]] = {}

TYPES: tuple[TypeEntry, ...] = (
    TypeEntry(
        token="containerservice:ManagedCluster",
        path=_CLUSTER,
        api_version="2025-09-01",
        source="containerservice/managed_cluster",
        class_name="ManagedCluster",
        autoname="random",
        name_parameter="resourceName",
        # The provider's own list. Of the network profile a newer release replaces for some members only; which of the
        # two lists 3.29 has is not known, so a change of any member shows as the replacement that it may be.
        replaces=frozenset(
            {
                "diskEncryptionSetID",
                "dnsPrefix",
                "fqdnSubdomain",
                "linuxProfile",
                "location",
                "networkProfile",
                "nodeResourceGroup",
                "windowsProfile",
            }
        ),
        put_long_running=True,
        delete_long_running=True,
        read_only_top_level=frozenset({"id", "name", "type", "systemData", "eTag"}),
        limits={"resourceName": _NAME},
    ),
    TypeEntry(
        token="containerservice:AgentPool",
        path=f"{_CLUSTER}/agentPools/{{agentPoolName}}",
        api_version="2025-09-01",
        source="containerservice/agent_pool",
        class_name="AgentPool",
        autoname="copy",
        name_parameter="agentPoolName",
        top_level=frozenset(),
        replaces=frozenset({"gpuInstanceProfile", "vmSize"}),
        put_long_running=True,
        delete_long_running=True,
        limits={
            "resourceName": _NAME,
            "agentPoolName": Limits(min_length=1, max_length=12, pattern=r"^[a-z][a-z0-9]{0,11}$"),
        },
    ),
    TypeEntry(
        token="containerservice:ManagedNamespace",
        path=f"{_CLUSTER}/managedNamespaces/{{managedNamespaceName}}",
        api_version="2025-09-01",
        source="containerservice/managed_namespace",
        class_name="ManagedNamespace",
        autoname="copy",
        name_parameter="managedNamespaceName",
        flattened=False,
        put_long_running=True,
        delete_long_running=True,
        limits={
            "resourceName": _NAME,
            "managedNamespaceName": Limits(min_length=1, max_length=63, pattern=r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"),
        },
    ),
    TypeEntry(
        token="kubernetesconfiguration:Extension",
        path=(
            f"{GROUP}/providers/{{clusterRp}}/{{clusterResourceName}}/{{clusterName}}"
            "/providers/Microsoft.KubernetesConfiguration/extensions/{extensionName}"
        ),
        api_version="2023-05-01",
        source="kubernetesconfiguration/extension",
        class_name="Extension",
        autoname="random",
        name_parameter="extensionName",
        put_long_running=True,
        delete_long_running=True,
    ),
)

FUNCTIONS: tuple[FunctionEntry, ...] = ()
