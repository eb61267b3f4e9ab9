"""Where models run: batch clusters, and a Kubernetes cluster for real-time endpoints that ask for one."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from windlass.project.settings.parts import ClusterName, Section, VmSize

POD_CIDR: Final = "10.244.0.0/16"
SERVICE_CIDR: Final = "172.29.0.0/16"
DNS_SERVICE_IP: Final = "172.29.0.10"
"""Addresses inside the Kubernetes cluster; a virtual network needs others."""


class ClusterSettings(Section):
    """One compute cluster for batch scoring; its key is its name in Azure ML."""

    vm_size: VmSize = Field(description="Size of each node, such as Standard_DS3_v2")
    min_nodes: int = Field(default=0, ge=0, description="Nodes that are kept, and paid for, when there is no work")
    max_nodes: int = Field(ge=1, description="Nodes that it may grow to")
    idle_seconds: int = Field(default=120, ge=60, description="Seconds without work before a node is given back")
    priority: Literal["Dedicated", "LowPriority"] = Field(
        default="Dedicated", description="LowPriority is cheaper, and Azure may take a node away"
    )
    kept_because: str = Field(
        default="", max_length=256, description="Why min_nodes is not 0; a cluster that is never off has to say so"
    )

    @model_validator(mode="after")
    def _grows(self) -> Self:
        if self.min_nodes > self.max_nodes:
            message = f"min_nodes ({self.min_nodes}) is more than max_nodes ({self.max_nodes})"
            raise ValueError(message)
        return self


PoolName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]{0,11}$")]
"""AKS takes nothing longer and no hyphen."""

Ranges = Annotated[str, StringConstraints(pattern=r"^\d{1,3}(\.\d{1,3}){3}(/\d{1,2})?$")]


class NodeSettings(Section):
    """Machines that the autoscaler adds and takes away."""

    vm_size: VmSize = Field(description="Size of each node. Azure ML needs 4 cores and 14 GB in the cluster")
    min_nodes: int = Field(default=1, ge=0, le=1000, description="Nodes that are always there")
    max_nodes: int = Field(ge=1, le=1000, description="Nodes that the autoscaler may grow it to")

    @model_validator(mode="after")
    def _grows(self) -> Self:
        if self.min_nodes > self.max_nodes:
            message = f"min_nodes ({self.min_nodes}) is more than max_nodes ({self.max_nodes})"
            raise ValueError(message)
        return self


class PoolSettings(NodeSettings):
    """One more pool of nodes of the Kubernetes cluster."""

    mode: Literal["user", "system"] = Field(
        default="user", description="user: models run on it. system: it can take the place of the first pool"
    )


class InstanceTypeSettings(Section):
    """A size that Kubernetes deployments choose as their instance_type."""

    cpu: str = Field(pattern=r"^\d+(\.\d+)?m?$", description="Cores, as Kubernetes writes them: 500m, 1, 2")
    memory: str = Field(pattern=r"^\d+(Mi|Gi)$", description="Memory, as Kubernetes writes it: 512Mi, 2Gi")
    pool: str = Field(default="", description="The user pool it runs on; any when empty")


class TlsSettings(Section):
    """How callers reach Kubernetes endpoints over HTTPS: a secret of the cluster holds certificate and key."""

    secret: str = Field(
        pattern=r"^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$",
        description="Name of the secret in the namespace azureml, with cert.pem and key.pem; you make it",
    )
    host: str = Field(
        pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+$", description="The host name that the certificate is made out to"
    )


class KubernetesSettings(Section):
    """The AKS cluster that endpoints with `serving.compute: kubernetes` run on."""

    version: str | None = Field(
        default=None, pattern=r"^1\.\d+$", description="Kubernetes version, such as 1.33; Azure's default when absent"
    )
    tier: Literal["Free", "Standard", "Premium"] = Field(
        default="Standard", description="Azure's promise for the control plane; Free has none"
    )
    upgrade_channel: Literal["none", "patch", "stable", "rapid", "node-image"] = Field(
        default="patch", description="What Azure upgrades by itself"
    )
    network_plugin: Literal["azure", "azure-overlay"] = Field(
        default="azure-overlay", description="Where pods get their addresses: the subnet, or a network of their own"
    )
    zones: tuple[Literal["1", "2", "3"], ...] = Field(default=(), description="Zones that nodes are spread over")
    system: NodeSettings = Field(
        default_factory=lambda: NodeSettings(vm_size="Standard_DS3_v2", min_nodes=1, max_nodes=3),
        description="The first pool, which the cluster is made with and keeps: another one means another cluster",
    )
    pools: dict[PoolName, PoolSettings] = Field(
        default_factory=dict,
        max_length=8,
        description="More pools, by name (1 to 12 letters and digits). Models run on those of mode user",
    )
    namespace: str = Field(
        default="azureml-serving",
        pattern=r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$",
        description="Kubernetes namespace that deployments run in",
    )
    instance_types: dict[ClusterName, InstanceTypeSettings] = Field(
        default_factory=lambda: {"small": InstanceTypeSettings(cpu="1", memory="2Gi")},
        min_length=1,
        description="Sizes that deployments may choose, by name",
    )
    tls: TlsSettings | None = Field(default=None, description="HTTPS for callers; either this or insecure")
    insecure: bool = Field(
        default=False, description="Serves over plain HTTP. Said aloud, because requests and keys can then be read"
    )
    internal_load_balancer: bool = Field(
        default=False, description="Whether endpoints answer inside the virtual network only"
    )
    authorized_ranges: tuple[Ranges, ...] = Field(
        default=(),
        description="Addresses (CIDR) that may reach the control plane, Azure ML's own among them; all when empty",
    )
