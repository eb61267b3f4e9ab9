"""What the infrastructure tells the scripts: one versioned model, the only way from one to the other.

`infra/__main__.py` exports it as the stack output `windlass`; scripts read it back with the engine. It holds no
secret: whoever may read a state file may read this.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from windlass.project.serving import ServingCompute

OUTPUT_NAME = "windlass"


class _Output(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class EndpointOutput(_Output):
    """One endpoint that Pulumi created for a folder under `endpoints/`."""

    model: str = Field(description="The folder under endpoints/ that it serves, such as churn")
    kind: Literal["online", "batch"] = Field(description="Real-time or batch")
    name: str = Field(description="Its name in Azure, unique per region")
    compute: ServingCompute = Field(default="managed", description="What a real-time endpoint is served on")


class ClusterOutput(_Output):
    """One compute cluster for batch scoring."""

    name: str = Field(description="Its name in the workspace")
    vm_size: str = Field(description="The size of each node")
    max_nodes: int = Field(description="How many nodes it may grow to")


class KubernetesOutput(_Output):
    """The AKS cluster that real-time endpoints run on."""

    cluster: str = Field(description="Its name in Azure, in the stack's resource group")
    compute: str = Field(description="Its name in the workspace")
    namespace: str = Field(description="The namespace that deployments run in")
    instance_types: tuple[str, ...] = Field(description="The sizes that deployments choose from; the first is default")


class StackOutputs(_Output):
    """Everything the scripts need to know of a stack."""

    version: Literal[1] = Field(default=1, description="Of this model; another one is refused by name")
    project: str = Field(description="The short project name that Azure names start with")
    stack: str = Field(description="The Pulumi stack: local, dev, staging, prod")
    cloud: Literal["azure", "local"] = Field(description="Where the stack is applied")
    tenant_id: str = Field(description="Tenant that the subscription trusts")
    subscription_id: str = Field(description="Subscription that everything is in")
    location: str = Field(description="Azure region, such as westeurope")
    resource_group: str = Field(description="Resource group that holds all that the stack makes outside the workspace")
    workspace: str = Field(description="Azure ML workspace")
    workspace_resource_group: str = Field(
        default="", description="Resource group of the workspace and of all in it; resource_group when empty"
    )
    storage_account: str = Field(description="Storage account behind the workspace")
    key_vault: str = Field(description="Key vault of the workspace")
    container_registry: str = Field(description="Registry of the images that environments are built into")
    serving_identity: str = Field(default="", description="Managed identity that real-time deployments run as")
    endpoints: tuple[EndpointOutput, ...] = Field(default=(), description="One for each folder and kind")
    clusters: tuple[ClusterOutput, ...] = Field(default=(), description="Where batch jobs run")
    kubernetes: KubernetesOutput | None = Field(default=None, description="The AKS cluster, if the stack has one")

    @property
    def group_of_workspace(self) -> str:
        """The resource group that the workspace is in, also in outputs that do not say it yet."""
        return self.workspace_resource_group or self.resource_group
