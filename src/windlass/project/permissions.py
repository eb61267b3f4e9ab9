"""Who needs which role where and why, with ids and commands: what a person or a platform team acts on. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from windlass.project.endpoints import EndpointFolder
from windlass.project.names import IDENTITY_PURPOSES, ResourceNames, grant_name, identity_name, resource_names
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
class Permission:
    """One role assignment that a stack needs.

    Attributes:
        grant: The row that it stands for.
        holder: Who.
        scope: The ARM id of what the role is held on.
        name: The GUID of the assignment; the same that the program gives it.
    """

    grant: Grant
    holder: Holder
    scope: str
    name: str

    @property
    def command(self) -> str:
        """The command of the Azure CLI that makes it."""
        who = (
            self.holder.object_id or f'"$(az identity show --ids {self.holder.identity_id} --query principalId -o tsv)"'
        )
        return (
            f"az role assignment create --name {self.name} --role {self.grant.role.value} --scope {self.scope} "
            f"--assignee-object-id {who} --assignee-principal-type {self.holder.type}"
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
            "scope": self.scope,
            "reason": self.grant.reason,
            "assignment": self.name,
            "command": self.command,
        }


def list_permissions(settings: StackSettings, endpoints: Iterable[EndpointFolder]) -> tuple[Permission, ...]:
    """Work out every role assignment of a stack from its settings and endpoint folders, without asking Azure."""
    names = resource_names(settings.name_scope)
    holders, scopes = _holders(settings, names), _scopes(settings, names)
    subscription = settings.azure.subscription_id
    return tuple(
        Permission(
            grant=grant,
            holder=holders[grant.principal],
            scope=scopes[grant.target],
            name=grant_name(
                scope=f"{subscription}/{scopes[grant.target].rpartition('/')[2]}",
                principal=holders[grant.principal].name,
                role_id=grant.role.value,
            ),
        )
        for grant in derive_grants(settings.windlass, endpoints)
    )


def _group(settings: StackSettings, names: ResourceNames) -> str:
    return f"/subscriptions/{settings.azure.subscription_id}/resourceGroups/{names.resource_group}/providers"


def _identity_id(settings: StackSettings, names: ResourceNames, name: str) -> str:
    return f"{_group(settings, names)}/Microsoft.ManagedIdentity/userAssignedIdentities/{name}"


def _holders(settings: StackSettings, names: ResourceNames) -> Mapping[str, Holder]:
    own = {purpose: identity_name(settings.name_scope, purpose) for purpose in IDENTITY_PURPOSES}
    identities = {
        str(purpose): Holder(name=name, type=IDENTITY_TYPE, identity_id=_identity_id(settings, names, name))
        for purpose, name in own.items()
    }
    deployers = {
        deployer_principal(name): Holder(name=who.object_id, type=who.type, object_id=who.object_id)
        for name, who in settings.windlass.deployers.items()
    }
    return {**identities, **deployers}


def _scopes(settings: StackSettings, names: ResourceNames) -> Mapping[Target, str]:
    group = _group(settings, names)
    return {
        "storage": f"{group}/Microsoft.Storage/storageAccounts/{names.storage_account}",
        "vault": f"{group}/Microsoft.KeyVault/vaults/{names.key_vault}",
        "registry": f"{group}/Microsoft.ContainerRegistry/registries/{names.container_registry}",
        "insights": f"{group}/Microsoft.Insights/components/{names.application_insights}",
        "serving-identity": _identity_id(settings, names, identity_name(settings.name_scope, "serving")),
        "workspace": f"{group}/Microsoft.MachineLearningServices/workspaces/{names.workspace}",
    }
