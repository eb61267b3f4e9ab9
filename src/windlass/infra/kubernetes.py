"""An AKS cluster that real-time endpoints run on, and what makes it one of Azure ML's computes.

Order: identities and their roles -> the cluster with its first pool -> the other pools, the namespace -> the
extension -> the roles of the workspace on the cluster -> the attached compute -> endpoints.

Azure ML does not make the namespace that it runs deployments in. A managed namespace is a resource of AKS, so no
second provider and no command is needed for it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, final

import pulumi
from pulumi_azure_native import containerservice as aks
from pulumi_azure_native import kubernetesconfiguration
from pulumi_azure_native import machinelearningservices as ml

from windlass.infra.azureml_extension import EXTENSION_TYPE, NAMESPACE, extension_settings
from windlass.infra.component import Component, Place
from windlass.infra.identity import IdentityOutputs
from windlass.infra.workspace import user_assigned
from windlass.project.names import ATTACHED_COMPUTE, SYSTEM_POOL
from windlass.project.settings import (
    DNS_SERVICE_IP,
    POD_CIDR,
    SERVICE_CIDR,
    InstanceTypeSettings,
    KubernetesSettings,
    NodeSettings,
)

PODS_OF_A_SUBNET: Final = 30
PODS_OF_AN_OVERLAY: Final = 250

MOVES_BY_ITSELF: Final = ("agentPoolProfiles",)
"""The list of pools shows every pool and their counts of the moment, so that a refresh would make it differ for ever.
A list cannot be ignored in part where its length differs (tried on the engine)."""

POOL_MOVES_BY_ITSELF: Final = ("count", "orchestratorVersion")
"""What the autoscaler and the upgrade channel change."""

ATTACHED_FOR_LIFE: Final = (
    "properties.resourceId",
    "properties.computeType",
    "properties.properties.namespace",
    "properties.properties.defaultInstanceType",
    "properties.properties.instanceTypes",
)
"""An update of an attached compute looks as if it had worked and has not (a known issue of Azure ML)."""


@dataclass(frozen=True, kw_only=True)
class KubernetesArgs:
    """What the cluster is made of.

    Attributes:
        place: Where it goes.
        name: Its name.
        identity: Of the control plane.
        kubelet: Of the nodes.
        subnet_id: Where its nodes are, in a network of one's own.
        private: Whether the control plane is reached from inside the network only.
        nat_gateway: Whether its subnet has one.
        settings: Of the stack.
        needs: The grants of its identities.
        protect: Whether Pulumi refuses to delete or replace it.
    """

    place: Place
    name: str
    identity: IdentityOutputs
    kubelet: IdentityOutputs
    subnet_id: pulumi.Output[str] | None = None
    private: bool = False
    nat_gateway: bool = False
    settings: KubernetesSettings
    needs: Sequence[pulumi.Resource]
    protect: bool


@dataclass(frozen=True, kw_only=True)
class KubernetesOutputs:
    """What others need of the cluster.

    Attributes:
        id: Its id.
        ready: What has to be there before it is attached.
    """

    id: pulumi.Output[str]
    ready: tuple[pulumi.Resource, ...]


@final
class Kubernetes(Component):
    """A cluster with its pools, a namespace for deployments, and the extension that serves them."""

    TYPE: ClassVar[str] = "windlass:infra:Kubernetes"

    def __init__(self, name: str, *, args: KubernetesArgs) -> None:
        super().__init__(name)
        cluster = self._cluster(f"{name}-cluster", args)
        pools = [self._pool(f"{name}-{each}-pool", each, cluster, args) for each in args.settings.pools]
        namespace = self._namespace(f"{name}-namespace", cluster, args)
        extension = self._extension(f"{name}-extension", cluster, args, pools)
        self.outputs = KubernetesOutputs(id=cluster.id, ready=(namespace, extension))
        self.register_outputs({"id": cluster.id})

    def _cluster(self, name: str, args: KubernetesArgs) -> aks.ManagedCluster:
        settings = args.settings
        # Without a version Azure chooses one and raises it; then it is no business of a refresh.
        ignored = [*MOVES_BY_ITSELF, *([] if settings.version else ["kubernetesVersion"])]
        return aks.ManagedCluster(
            name,
            resource_name_=args.name,
            resource_group_name=args.place.resource_group,
            location=args.place.location,
            tags=args.place.tags,
            dns_prefix=args.name,
            # Azure keeps this name for life, and the first pool is not changed here: its facts are a part of the name,
            # so that a change of them shows as what it is, another cluster.
            node_resource_group=f"{args.name}-nodes-{_mark(settings)}",
            sku=aks.ManagedClusterSKUArgs(name="Base", tier=settings.tier),
            kubernetes_version=settings.version,
            identity=aks.ManagedClusterIdentityArgs(
                type=aks.ResourceIdentityType.USER_ASSIGNED, user_assigned_identities=[args.identity.id]
            ),
            identity_profile={
                "kubeletidentity": aks.UserAssignedIdentityArgs(
                    resource_id=args.kubelet.id, client_id=args.kubelet.client_id, object_id=args.kubelet.principal_id
                )
            },
            agent_pool_profiles=[_first_pool(args)],
            network_profile=_network(args),
            api_server_access_profile=_access(args),
            auto_upgrade_profile=aks.ManagedClusterAutoUpgradeProfileArgs(
                upgrade_channel=settings.upgrade_channel, node_os_upgrade_channel="NodeImage"
            ),
            enable_rbac=True,
            aad_profile=aks.ManagedClusterAADProfileArgs(managed=True, enable_azure_rbac=True),
            # Azure ML attaches a cluster with the credential of its local administrator.
            disable_local_accounts=False,
            oidc_issuer_profile=aks.ManagedClusterOIDCIssuerProfileArgs(enabled=True),
            security_profile=aks.ManagedClusterSecurityProfileArgs(
                workload_identity=aks.ManagedClusterSecurityProfileWorkloadIdentityArgs(enabled=True)
            ),
            opts=self.child(protect=args.protect, depends_on=args.needs, ignore_changes=ignored),
        )

    def _pool(self, logical: str, name: str, cluster: aks.ManagedCluster, args: KubernetesArgs) -> aks.AgentPool:
        pool = args.settings.pools[name]
        return aks.AgentPool(
            logical,
            agent_pool_name=name,
            resource_name_=cluster.name,
            resource_group_name=args.place.resource_group,
            tags=args.place.tags,
            mode=pool.mode.capitalize(),
            vm_size=pool.vm_size,
            os_type="Linux",
            count=pool.min_nodes,
            enable_auto_scaling=True,
            min_count=pool.min_nodes,
            max_count=pool.max_nodes,
            availability_zones=list(args.settings.zones) or None,
            max_pods=_most_pods(args.settings),
            vnet_subnet_id=args.subnet_id,
            opts=self.child(ignore_changes=list(POOL_MOVES_BY_ITSELF), delete_before_replace=True),
        )

    def _namespace(self, name: str, cluster: aks.ManagedCluster, args: KubernetesArgs) -> aks.ManagedNamespace:
        return aks.ManagedNamespace(
            name,
            managed_namespace_name=args.settings.namespace,
            resource_name_=cluster.name,
            resource_group_name=args.place.resource_group,
            location=args.place.location,
            tags=args.place.tags,
            properties=aks.NamespacePropertiesArgs(
                adoption_policy="IfIdentical",
                delete_policy="Delete",
                # The router of Azure ML is in another namespace; the default lets in nothing but neighbours.
                default_network_policy=aks.NetworkPoliciesArgs(ingress="AllowAll", egress="AllowAll"),
            ),
            opts=self.child(),
        )

    def _extension(
        self, name: str, cluster: aks.ManagedCluster, args: KubernetesArgs, pools: Sequence[aks.AgentPool]
    ) -> kubernetesconfiguration.Extension:
        settings = cluster.id.apply(
            lambda cluster_id: extension_settings(
                args.settings, cluster=args.name, cluster_id=cluster_id, location=args.place.location
            )
        )
        return kubernetesconfiguration.Extension(
            name,
            extension_name="azureml",
            cluster_rp="Microsoft.ContainerService",
            cluster_resource_name="managedClusters",
            cluster_name=cluster.name,
            resource_group_name=args.place.resource_group,
            extension_type=EXTENSION_TYPE,
            auto_upgrade_minor_version=True,
            release_train="Stable",
            scope=kubernetesconfiguration.ScopeArgs(
                cluster=kubernetesconfiguration.ScopeClusterArgs(release_namespace=NAMESPACE)
            ),
            identity=kubernetesconfiguration.IdentityArgs(type="SystemAssigned"),
            configuration_settings=settings,
            opts=self.child(depends_on=[*pools]),
        )


def _first_pool(args: KubernetesArgs) -> aks.ManagedClusterAgentPoolProfileArgs:
    pool = args.settings.system
    others = any(each.mode == "user" for each in args.settings.pools.values())
    return aks.ManagedClusterAgentPoolProfileArgs(
        name=SYSTEM_POOL,
        mode="System",
        vm_size=pool.vm_size,
        os_type="Linux",
        count=pool.min_nodes,
        enable_auto_scaling=True,
        min_count=pool.min_nodes,
        max_count=pool.max_nodes,
        availability_zones=list(args.settings.zones) or None,
        max_pods=_most_pods(args.settings),
        # Models run on the pools for them, where there are any.
        node_taints=["CriticalAddonsOnly=true:NoSchedule"] if others else None,
        vnet_subnet_id=args.subnet_id,
    )


def _most_pods(settings: KubernetesSettings) -> int:
    """Each pod takes an address: of the subnet, or of a network that has plenty."""
    return PODS_OF_A_SUBNET if settings.network_plugin == "azure" else PODS_OF_AN_OVERLAY


def _mark(settings: KubernetesSettings) -> str:
    """Name what the first pool is: its size, its bounds and its zones."""
    pool: NodeSettings = settings.system
    facts = [pool.vm_size, pool.min_nodes, pool.max_nodes, *settings.zones]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:6]


def _network(args: KubernetesArgs) -> aks.ContainerServiceNetworkProfileArgs:
    overlay = args.settings.network_plugin == "azure-overlay"
    return aks.ContainerServiceNetworkProfileArgs(
        network_plugin="azure",
        network_plugin_mode="overlay" if overlay else None,
        network_policy="azure",
        load_balancer_sku="standard",
        outbound_type="userAssignedNATGateway" if args.nat_gateway else "loadBalancer",
        pod_cidr=POD_CIDR if overlay else None,
        service_cidr=SERVICE_CIDR,
        dns_service_ip=DNS_SERVICE_IP,
    )


def _access(args: KubernetesArgs) -> aks.ManagedClusterAPIServerAccessProfileArgs:
    if args.private:
        return aks.ManagedClusterAPIServerAccessProfileArgs(enable_private_cluster=True)
    return aks.ManagedClusterAPIServerAccessProfileArgs(
        enable_private_cluster=False, authorized_ip_ranges=list(args.settings.authorized_ranges) or None
    )


@dataclass(frozen=True, kw_only=True)
class AttachedClusterArgs:
    """What an attached cluster is made of.

    Attributes:
        place: Where the workspace is.
        workspace: The workspace that it is attached to.
        cluster_id: The AKS cluster.
        identity_id: What its deployments read models and pull images as.
        settings: Of the stack.
        needs: The namespace, the extension, and the grants of the workspace on the cluster.
        protect: Whether Pulumi refuses to detach it: endpoints would lose what they run on.
    """

    place: Place
    workspace: pulumi.Output[str]
    cluster_id: pulumi.Output[str]
    identity_id: pulumi.Output[str]
    settings: KubernetesSettings
    needs: Sequence[pulumi.Resource]
    protect: bool


@dataclass(frozen=True, kw_only=True)
class AttachedClusterOutputs:
    """What others need of an attached cluster.

    Attributes:
        id: Of the compute in the workspace.
        cluster_id: Of the AKS cluster.
    """

    id: pulumi.Output[str]
    cluster_id: pulumi.Output[str]


@final
class AttachedCluster(Component):
    """The AKS cluster as a compute of the workspace, with the sizes that deployments choose from."""

    TYPE: ClassVar[str] = "windlass:infra:AttachedCluster"

    def __init__(self, name: str, *, args: AttachedClusterArgs) -> None:
        super().__init__(name)
        types = args.settings.instance_types
        compute = ml.Compute(
            f"{name}-compute",
            compute_name=ATTACHED_COMPUTE,
            workspace_name=args.workspace,
            resource_group_name=args.place.resource_group,
            location=args.place.location,
            tags=args.place.tags,
            identity=user_assigned(args.identity_id),
            properties=ml.KubernetesArgs(
                compute_type="Kubernetes",
                resource_id=args.cluster_id,
                properties=ml.KubernetesPropertiesArgs(
                    namespace=args.settings.namespace,
                    default_instance_type=next(iter(types)),
                    instance_types={each: _instance_type(types[each]) for each in types},
                ),
            ),
            opts=self.child(
                protect=args.protect,
                depends_on=args.needs,
                replace_on_changes=list(ATTACHED_FOR_LIFE),
                delete_before_replace=True,
            ),
        )
        self.outputs = AttachedClusterOutputs(id=compute.id, cluster_id=args.cluster_id)
        self.register_outputs({"id": compute.id})


def _instance_type(settings: InstanceTypeSettings) -> ml.InstanceTypeSchemaArgs:
    amount = {"cpu": settings.cpu, "memory": settings.memory}
    return ml.InstanceTypeSchemaArgs(
        node_selector={"agentpool": settings.pool} if settings.pool else None,
        resources=ml.InstanceTypeSchemaResourcesArgs(requests=amount, limits=amount),
    )
