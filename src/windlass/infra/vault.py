"""The key vault that the workspace keeps its secrets in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, final

import pulumi
from pulumi_azure_native import keyvault

from windlass.infra.component import Component, Place
from windlass.project.exposure import switch
from windlass.project.settings import VaultSettings


@dataclass(frozen=True, kw_only=True)
class VaultArgs:
    """What the key vault is made of.

    Attributes:
        place: Where it goes.
        name: Its name.
        tenant_id: Whose identities open it.
        settings: How long it outlives its deletion.
        public: Whether it answers public addresses.
        protect: Whether Pulumi refuses to delete or replace it.
    """

    place: Place
    name: str
    tenant_id: str
    settings: VaultSettings
    public: bool
    protect: bool


@dataclass(frozen=True, kw_only=True)
class VaultOutputs:
    """What others need of the key vault."""

    id: pulumi.Output[str]
    name: pulumi.Output[str]


@final
class Vault(Component):
    """A key vault that is opened by roles, never by access policies, and that survives its own deletion."""

    TYPE: ClassVar[str] = "windlass:infra:Vault"

    def __init__(self, name: str, *, args: VaultArgs) -> None:
        super().__init__(name)
        vault = keyvault.Vault(
            f"{name}-vault",
            vault_name=args.name,
            resource_group_name=args.place.resource_group,
            location=args.place.location,
            tags=args.place.tags,
            properties=_properties(args),
            # The provider plans an update for a new region, which Azure refuses; this makes the preview tell.
            opts=self.child(protect=args.protect, replace_on_changes=["location"]),
        )
        self.outputs = VaultOutputs(id=vault.id, name=vault.name)
        self.register_outputs({"id": vault.id})


def _properties(args: VaultArgs) -> keyvault.VaultPropertiesArgs:
    return keyvault.VaultPropertiesArgs(
        tenant_id=args.tenant_id,
        sku=keyvault.SkuArgs(family=keyvault.SkuFamily.A, name=keyvault.SkuName.STANDARD),
        enable_rbac_authorization=True,
        enable_soft_delete=True,
        soft_delete_retention_in_days=args.settings.retention_days,
        # Azure takes true or nothing: a false is refused, because protection cannot be turned off.
        enable_purge_protection=True if args.settings.purge_protection else None,
        public_network_access=switch(args.public),
        network_acls=None if args.public else _only_azure_ml(),
    )


def _only_azure_ml() -> keyvault.NetworkRuleSetArgs:
    """Let in what comes over private endpoints, and Azure ML itself, which keeps secrets from outside."""
    return keyvault.NetworkRuleSetArgs(
        bypass=keyvault.NetworkRuleBypassOptions.AZURE_SERVICES, default_action=keyvault.NetworkRuleAction.DENY
    )
