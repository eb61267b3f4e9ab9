"""The Azure ML workspace: what models, environments, jobs and endpoints belong to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, final

import pulumi
from pulumi_azure_native import machinelearningservices as ml

from windlass.infra.component import Component, Place
from windlass.infra.managed_network import SHOWN_BY_AZURE, managed_network
from windlass.project.exposure import EXPOSURE, switch
from windlass.project.settings import NetworkSettings

CANNOT_CHANGE: Final = ("location", "storageAccount", "keyVault", "hbiWorkspace")
"""Azure keeps these for the life of a workspace, yet the provider plans an update for them."""

SYSTEM_DATASTORES: Final = ml.SystemDatastoresAuthMode.IDENTITY
"""How the workspace's own datastores reach the storage account, which takes no keys: whoever reads or writes does it as
himself, with a role on the account."""


@dataclass(frozen=True, kw_only=True)
class WorkspaceArgs:
    """What the workspace is made of.

    Attributes:
        place: Where it goes.
        name: Its name.
        title: What people see.
        storage_account_id: Where it keeps assets and results.
        key_vault_id: Where it keeps secrets.
        container_registry_id: Where it keeps images.
        application_insights_id: Where it reports to.
        identity_id: What it acts as.
        needs: The roles of that identity.
        network: Who reaches it, and what its own network lets out.
        image_build_compute: The cluster that builds images, when the registry cannot.
        protect: Whether Pulumi refuses to delete or replace it.
    """

    place: Place
    name: str
    title: str
    storage_account_id: pulumi.Output[str]
    key_vault_id: pulumi.Output[str]
    container_registry_id: pulumi.Output[str]
    application_insights_id: pulumi.Output[str]
    identity_id: pulumi.Output[str]
    needs: Sequence[pulumi.Resource]
    network: NetworkSettings
    image_build_compute: str | None
    protect: bool


@dataclass(frozen=True, kw_only=True)
class WorkspaceOutputs:
    """What others need of the workspace.

    Attributes:
        id: Its ARM id.
        name: Its name.
        place: Where everything is made that belongs to it: its own resource group, whoever made that.
    """

    id: pulumi.Output[str]
    name: pulumi.Output[str]
    place: Place


@final
class Workspace(Component):
    """A workspace that acts as an identity of ours, with roles that are written down."""

    TYPE: ClassVar[str] = "windlass:infra:Workspace"

    def __init__(self, name: str, *, args: WorkspaceArgs) -> None:
        super().__init__(name)
        workspace = ml.Workspace(
            f"{name}-workspace",
            workspace_name=args.name,
            resource_group_name=args.place.resource_group,
            location=args.place.location,
            tags=args.place.tags,
            kind="Default",
            sku=ml.SkuArgs(name="Basic", tier=ml.SkuTier.BASIC),
            friendly_name=args.title,
            storage_account=args.storage_account_id,
            key_vault=args.key_vault_id,
            container_registry=args.container_registry_id,
            application_insights=args.application_insights_id,
            identity=user_assigned(args.identity_id),
            primary_user_assigned_identity=args.identity_id,
            system_datastores_auth_mode=SYSTEM_DATASTORES,
            hbi_workspace=False,
            public_network_access=switch(EXPOSURE[args.network.mode].workspace),
            managed_network=managed_network(args.network),
            # The first deployment needs the network, and may come before the first compute that would bring it up.
            provision_network_now=True if args.network.mode == "managed" else None,
            image_build_compute=args.image_build_compute,
            opts=self.child(
                protect=args.protect,
                depends_on=args.needs,
                replace_on_changes=list(CANNOT_CHANGE),
                ignore_changes=list(SHOWN_BY_AZURE) if args.network.mode == "managed" else None,
            ),
        )
        self.outputs = WorkspaceOutputs(id=workspace.id, name=workspace.name, place=args.place)
        self.register_outputs({"id": workspace.id})


def user_assigned(identity_id: pulumi.Output[str]) -> ml.ManagedServiceIdentityArgs:
    """Say that something in the workspace runs as one of our identities and as nothing else."""
    return ml.ManagedServiceIdentityArgs(
        type=ml.ManagedServiceIdentityType.USER_ASSIGNED, user_assigned_identities=[identity_id]
    )
