"""The managed identities of a stack, and the roles that they hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, final

import pulumi
from pulumi_azure_native import authorization, managedidentity

from windlass.infra.component import Component, Place
from windlass.project.names import IdentityPurpose, grant_name
from windlass.project.roles import IDENTITY_TYPE, Grant, Target, deployer_principal
from windlass.project.settings import DeployerSettings


@dataclass(frozen=True, kw_only=True)
class IdentityArgs:
    """What a managed identity is made of."""

    place: Place
    name: str


@dataclass(frozen=True, kw_only=True)
class IdentityOutputs:
    """What others need of a managed identity."""

    id: pulumi.Output[str]
    principal_id: pulumi.Output[str]
    client_id: pulumi.Output[str]
    name: str


@final
class Identity(Component):
    """One user-assigned identity: it outlives what runs as it, so its roles can be given first."""

    TYPE: ClassVar[str] = "windlass:infra:Identity"

    def __init__(self, name: str, *, args: IdentityArgs) -> None:
        super().__init__(name)
        identity = managedidentity.UserAssignedIdentity(
            f"{name}-identity",
            resource_name_=args.name,
            resource_group_name=args.place.resource_group,
            location=args.place.location,
            tags=args.place.tags,
            opts=self.child(),
        )
        self.outputs = IdentityOutputs(
            id=identity.id, principal_id=identity.principal_id, client_id=identity.client_id, name=args.name
        )
        self.register_outputs({"id": identity.id})


@dataclass(frozen=True, kw_only=True)
class ScopeOfGrant:
    """A resource that roles are held on.

    Attributes:
        id: Its ARM id, known when it exists.
        name: Its Azure name, known before, which the names of role assignments are made of.
    """

    id: pulumi.Output[str]
    name: str


def scopes_of_identities(identities: Mapping[IdentityPurpose, IdentityOutputs]) -> dict[Target, ScopeOfGrant]:
    """Return the identities that roles are held on: who writes an endpoint or a cluster assigns it one."""
    held: dict[IdentityPurpose, Target] = {"serving": "serving-identity", "kubelet": "kubelet-identity"}
    return {
        held[purpose]: ScopeOfGrant(id=made.id, name=made.name)
        for purpose, made in identities.items()
        if purpose in held
    }


@dataclass(frozen=True, kw_only=True)
class HolderOfGrant:
    """Somebody who holds roles.

    Attributes:
        principal_id: The object id, known when the identity exists.
        type: What the object id stands for.
        name: Known before, which the names of role assignments are made of.
    """

    principal_id: pulumi.Input[str]
    type: str
    name: str


def holders_of(
    identities: Mapping[IdentityPurpose, IdentityOutputs], deployers: Mapping[str, DeployerSettings]
) -> dict[str, HolderOfGrant]:
    """Return everybody who can hold a role, by the names that grants have for them."""
    own = {
        str(purpose): HolderOfGrant(principal_id=made.principal_id, type=IDENTITY_TYPE, name=made.name)
        for purpose, made in identities.items()
    }
    others = {
        deployer_principal(name): HolderOfGrant(principal_id=who.object_id, type=who.type, name=who.object_id)
        for name, who in deployers.items()
    }
    return {**own, **others}


@dataclass(frozen=True, kw_only=True)
class GrantsArgs:
    """Which roles are given, to whom and on what."""

    subscription_id: str
    grants: tuple[Grant, ...]
    holders: Mapping[str, HolderOfGrant]
    scopes: Mapping[Target, ScopeOfGrant]


@dataclass(frozen=True, kw_only=True)
class GrantsOutputs:
    """What has to exist before the grants can be relied on."""

    assignments: tuple[pulumi.Resource, ...]


@final
class Grants(Component):
    """Role assignments, one for each grant."""

    TYPE: ClassVar[str] = "windlass:infra:Grants"

    def __init__(self, name: str, *, args: GrantsArgs) -> None:
        super().__init__(name)
        assignments = tuple(self._assignment(args, grant) for grant in args.grants)
        self.outputs = GrantsOutputs(assignments=assignments)
        self.register_outputs({})

    def _assignment(self, args: GrantsArgs, grant: Grant) -> authorization.RoleAssignment:
        holder, scope = args.holders[grant.principal], args.scopes[grant.target]
        return authorization.RoleAssignment(
            grant.logical_name,
            role_assignment_name=grant_name(
                scope=f"{args.subscription_id}/{scope.name}",
                principal=holder.name,
                role_id=grant.role.value,
            ),
            scope=scope.id,
            principal_id=holder.principal_id,
            principal_type=holder.type,
            role_definition_id=grant.role.definition_id(args.subscription_id),
            opts=self.child(),
        )
