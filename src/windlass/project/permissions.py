"""Who needs which role where and why, with ids and commands: what a person or a platform team acts on. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from windlass.project.arm_ids import parse_arm_id
from windlass.project.endpoints import EndpointFolder
from windlass.project.names import (
    IDENTITY_PURPOSES,
    IdentityPurpose,
    grant_name,
    identity_name,
    resource_names,
    virtual_network_name,
)
from windlass.project.roles import IDENTITY_TYPE, Grant, Target, deployer_principal, derive_grants
from windlass.project.settings import StackSettings


@dataclass(frozen=True, kw_only=True)
class Holder:
    """Somebody who needs roles.

    Attributes:
        name: Of the identity in Azure; of a deployer its object id.
        type: ServicePrincipal, User or Group.
        identity_id: The ARM id of an identity of the stack; its object id is known when it exists.
        object_id: Of a deployer.
    """

    name: str
    type: str
    identity_id: str = ""
    object_id: str = ""


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What roles are held on.

    Attributes:
        name: As names of role assignments have it; empty when only Azure knows it.
        id: The ARM id; empty when only Azure knows it.
        told_by: A command that asks Azure for the id, where it is not known.
    """

    name: str = ""
    id: str = ""
    told_by: str = ""

    @property
    def in_shell(self) -> str:
        """The id as a shell takes it."""
        return self.id or f'"$({self.told_by})"'


@dataclass(frozen=True, kw_only=True)
class Permission:
    """One role assignment that a stack needs.

    Attributes:
        grant: The row that it stands for.
        holder: Who.
        scope: What the role is held on.
        name: The GUID of the assignment, the same that the program gives it; empty when the scope is not known.
    """

    grant: Grant
    holder: Holder
    scope: Scope
    name: str

    @property
    def command(self) -> str:
        """The command of the Azure CLI that makes it."""
        looked_up = f'"$(az identity show --ids {self.holder.identity_id} --query principalId -o tsv)"'
        named = f"--name {self.name} " if self.name else ""
        return (
            f"az role assignment create {named}--role {self.grant.role.value} --scope {self.scope.in_shell} "
            f"--assignee-object-id {self.holder.object_id or looked_up} "
            f"--assignee-principal-type {self.holder.type}"
        )

    def as_json(self) -> dict[str, str]:
        """Return it for programs."""
        return {
            "principal": self.grant.principal,
            "name": self.holder.name,
            "type": self.holder.type,
            "identity_id": self.holder.identity_id,
            "object_id": self.holder.object_id,
            "role": self.grant.role.title,
            "role_id": self.grant.role.value,
            "target": self.grant.target,
            "scope": self.scope.id,
            "reason": self.grant.reason,
            "assignment": self.name,
            "command": self.command,
        }


def list_permissions(settings: StackSettings, endpoints: Iterable[EndpointFolder]) -> tuple[Permission, ...]:
    """Work out every role assignment of a stack from its settings and endpoint folders, without asking Azure."""
    holders, scopes = _holders(settings), resource_scopes(settings)
    return tuple(
        Permission(
            grant=grant,
            holder=holders[grant.principal],
            scope=scopes[grant.target],
            name=_name(settings, grant, holders[grant.principal], scopes[grant.target]),
        )
        for grant in derive_grants(settings.windlass, endpoints)
    )


def _name(settings: StackSettings, grant: Grant, holder: Holder, scope: Scope) -> str:
    where = f"{settings.azure.subscription_id}/{scope.name}"
    return grant_name(scope=where, principal=holder.name, role_id=grant.role.value) if scope.name else ""


def _holders(settings: StackSettings) -> Mapping[str, Holder]:
    identities = {str(purpose): _identity(settings, purpose) for purpose in IDENTITY_PURPOSES}
    deployers = {
        deployer_principal(name): Holder(name=who.object_id, type=who.type, object_id=who.object_id)
        for name, who in settings.windlass.deployers.items()
    }
    return {**identities, **deployers}


def _identity(settings: StackSettings, purpose: IdentityPurpose) -> Holder:
    if given := settings.windlass.bring.identities.get(purpose):
        # The id stands for the name in the names of grants: two groups may have identities of the same name.
        return Holder(name=given.lower(), type=IDENTITY_TYPE, identity_id=given)
    name = identity_name(settings.name_scope, purpose)
    own = _own(settings, "Microsoft.ManagedIdentity/userAssignedIdentities", name)
    return Holder(name=name, type=IDENTITY_TYPE, identity_id=own)


def resource_scopes(settings: StackSettings) -> Mapping[Target, Scope]:
    """Tell what roles of a stack are held on, without asking Azure."""
    names, bring = resource_names(settings.name_scope), settings.windlass.bring
    serving, kubelet = _identity(settings, "serving"), _identity(settings, "kubelet")
    cluster = _own(settings, "Microsoft.ContainerService/managedClusters", names.kubernetes_cluster)
    own = {
        "storage": _own(settings, "Microsoft.Storage/storageAccounts", names.storage_account),
        "vault": _own(settings, "Microsoft.KeyVault/vaults", names.key_vault),
        "registry": _own(settings, "Microsoft.ContainerRegistry/registries", names.container_registry),
        "insights": _own(settings, "Microsoft.Insights/components", names.application_insights),
    }
    workspace = bring.workspace or _own(settings, "Microsoft.MachineLearningServices/workspaces", names.workspace)
    group = f"/subscriptions/{settings.azure.subscription_id}/resourceGroups/{names.resource_group}"
    return {
        "group": Scope(name=names.resource_group, id=group),
        "storage": _scope(settings, bring.storage_account, "storageAccount", own["storage"]),
        "vault": _scope(settings, bring.key_vault, "keyVault", own["vault"]),
        "registry": _scope(settings, bring.container_registry, "containerRegistry", own["registry"]),
        "insights": _scope(settings, None, "applicationInsights", own["insights"]),
        "serving-identity": Scope(name=serving.name, id=serving.identity_id),
        "subnet": Scope(name=f"{names.kubernetes_cluster}/subnet", id=_subnet_of_kubernetes(settings)),
        "kubelet-identity": Scope(name=kubelet.name, id=kubelet.identity_id),
        "kubernetes": Scope(name=names.kubernetes_cluster, id=cluster),
        "workspace": Scope(name=parse_arm_id(workspace).name, id=workspace),
    }


def _subnet_of_kubernetes(settings: StackSettings) -> str:
    network = _own(settings, "Microsoft.Network/virtualNetworks", virtual_network_name(settings.name_scope))
    return settings.windlass.bring.subnets.kubernetes or f"{network}/subnets/kubernetes"


def _scope(settings: StackSettings, given: str | None, linked: str, own: str) -> Scope:
    """Return what is given by id, or comes with a given workspace, or is made by the stack."""
    workspace = settings.windlass.bring.workspace
    if given is None and workspace is not None:
        return Scope(told_by=f"az resource show --ids {workspace} --query properties.{linked} -o tsv")
    return Scope(name=parse_arm_id(given or own).name, id=given or own)


def _own(settings: StackSettings, kind: str, name: str) -> str:
    group = resource_names(settings.name_scope).resource_group
    return f"/subscriptions/{settings.azure.subscription_id}/resourceGroups/{group}/providers/{kind}/{name}"
