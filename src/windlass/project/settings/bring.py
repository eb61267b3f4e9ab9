"""Bring your own: what exists already and is used instead of made, each by its ARM id."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Final

from pydantic import Field, StringConstraints

from windlass.project.names import IdentityPurpose
from windlass.project.settings.parts import ArmId, Section

ZoneName = Annotated[str, StringConstraints(pattern=r"^privatelink\.[a-z0-9.-]+$")]


class BringSubnets(Section):
    """Subnets of an existing virtual network."""

    endpoints: ArmId | None = Field(default=None, description="For private endpoints")
    clusters: ArmId | None = Field(default=None, description="For nodes of batch clusters")
    kubernetes: ArmId | None = Field(default=None, description="For nodes of the Kubernetes cluster")


class BringSettings(Section):
    """What is given by id instead of made. Checked at preview; never changed, locked or deleted by the stack."""

    workspace: ArmId | None = Field(
        default=None, description="Azure ML workspace; its storage, vault, registry and insights then come with it"
    )
    virtual_network: ArmId | None = Field(default=None, description="With network mode private; needs subnets")
    subnets: BringSubnets = Field(default_factory=BringSubnets, description="Subnets of virtual_network")
    private_dns_zones: dict[ZoneName, ArmId] = Field(
        default_factory=dict, description="Zones by name (privatelink.blob.core.windows.net, ...), linked already"
    )
    container_registry: ArmId | None = Field(default=None, description="Container registry")
    storage_account: ArmId | None = Field(default=None, description="Storage account")
    key_vault: ArmId | None = Field(default=None, description="Key vault, opened by roles")
    log_workspace: ArmId | None = Field(default=None, description="Log Analytics workspace")
    identities: dict[IdentityPurpose, ArmId] = Field(
        default_factory=dict, description="User-assigned identities by purpose: workspace, serving, cluster, kubernetes"
    )


@dataclass(frozen=True, kw_only=True)
class Brought:
    """One id that the settings bring.

    Attributes:
        key: The key under `bring`.
        name: The key below it, for what there are many of; else empty.
        id: The ARM id.
    """

    key: str
    name: str = ""
    id: str

    @property
    def path(self) -> str:
        """The key path under `windlass:settings`."""
        return ".".join(part for part in ("bring", self.key, self.name) if part)

    @property
    def type(self) -> str:
        """The type that the id has to be of."""
        return TYPES[self.key]


TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "workspace": "Microsoft.MachineLearningServices/workspaces",
        "virtual_network": "Microsoft.Network/virtualNetworks",
        "subnets": "Microsoft.Network/virtualNetworks/subnets",
        "private_dns_zones": "Microsoft.Network/privateDnsZones",
        "container_registry": "Microsoft.ContainerRegistry/registries",
        "storage_account": "Microsoft.Storage/storageAccounts",
        "key_vault": "Microsoft.KeyVault/vaults",
        "log_workspace": "Microsoft.OperationalInsights/workspaces",
        "identities": "Microsoft.ManagedIdentity/userAssignedIdentities",
    }
)
"""By key under `bring`."""


def brought_things(bring: BringSettings) -> Iterator[Brought]:
    """List every id that the settings bring."""
    for key, value in bring.model_dump(exclude_none=True).items():
        if isinstance(value, str):
            yield Brought(key=key, id=value)
        else:
            yield from (Brought(key=key, name=name, id=arm_id) for name, arm_id in value.items())
