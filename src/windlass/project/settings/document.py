"""The settings of a stack as one typed object."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field

from windlass.project.names import OWN_TAGS, PROJECT_PATTERN, NameScope
from windlass.project.settings.bring import BringSettings
from windlass.project.settings.compute import ClusterSettings, KubernetesSettings
from windlass.project.settings.data import LogSettings, RegistrySettings, StorageSettings, VaultSettings
from windlass.project.settings.guards import DeployerSettings, PolicySettings, ProtectionSettings
from windlass.project.settings.monitoring import BudgetSettings, MonitoringSettings
from windlass.project.settings.network import NetworkSettings
from windlass.project.settings.parts import ClusterName, Section, TagName, TagValue

_MOST_TAGS: Final = 50 - len(OWN_TAGS)


class Settings(Section):
    """`windlass:settings` in Pulumi.<stack>.yaml."""

    project: str = Field(
        pattern=PROJECT_PATTERN,
        description="Short name, 2 to 12 characters, that all names in Azure start with",
    )
    cloud: Literal["azure", "local"] = Field(description="Where the stack is applied: never guessed")
    owner: str = Field(min_length=1, max_length=256, description="Who answers for the stack; a tag of every resource")
    tags: dict[TagName, TagValue] = Field(
        default_factory=dict, max_length=_MOST_TAGS, description="More tags for every resource"
    )
    storage: StorageSettings = Field(default_factory=StorageSettings, description="The storage account")
    vault: VaultSettings = Field(default_factory=VaultSettings, description="The key vault")
    registry: RegistrySettings = Field(default_factory=RegistrySettings, description="The container registry")
    logs: LogSettings = Field(default_factory=LogSettings, description="Logs and traces")
    clusters: dict[ClusterName, ClusterSettings] = Field(
        default_factory=dict, description="Compute clusters for batch scoring, by name (2 to 16 characters)"
    )
    network: NetworkSettings = Field(default_factory=NetworkSettings, description="Which network it lives in")
    bring: BringSettings = Field(default_factory=BringSettings, description="What exists already and is used, by id")
    kubernetes: KubernetesSettings | None = Field(
        default=None, description="An AKS cluster for endpoints that ask for it; none when absent"
    )
    monitoring: MonitoringSettings = Field(
        default_factory=MonitoringSettings, description="Who is told when something is wrong"
    )
    budget: BudgetSettings | None = Field(default=None, description="What the stack may cost a month")
    deployers: dict[ClusterName, DeployerSettings] = Field(
        default_factory=dict, description="Who may release models and run batches, by a name of your own"
    )
    role_assignments: Literal["made", "given"] = Field(
        default="made",
        description=(
            "made: the program makes every role assignment. given: somebody else makes them, with the commands of "
            "scripts/permissions.py, because who runs the program may not"
        ),
    )
    policy: PolicySettings = Field(default_factory=PolicySettings, description="Limits that policies hold it to")
    protection: ProtectionSettings = Field(
        default_factory=ProtectionSettings, description="What may not be deleted or replaced"
    )


class AzureSettings(Section):
    """The keys of `azure-native:` that say where the stack is applied."""

    location: str = Field(description="Azure region, such as westeurope")
    subscription_id: str = Field(description="Subscription that everything is created in")
    tenant_id: str = Field(description="Tenant that the subscription trusts")


class StackSettings(Section):
    """Everything that `Pulumi.<stack>.yaml` says."""

    stack: str = Field(description="The Pulumi stack")
    azure: AzureSettings = Field(description="Where it is applied")
    windlass: Settings = Field(description="What is built")

    @property
    def name_scope(self) -> NameScope:
        """What all Azure names of the stack have in common."""
        return NameScope(project=self.windlass.project, stack=self.stack, subscription_id=self.azure.subscription_id)

    @property
    def tags(self) -> dict[str, str]:
        """The tags of every resource of the stack."""
        own = (self.windlass.project, self.stack, self.windlass.owner, "windlass")
        return {**self.windlass.tags, **dict(zip(OWN_TAGS, own, strict=True))}
