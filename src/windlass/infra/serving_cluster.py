"""The AKS cluster of a stack from its identities to the attached compute, in the order in which it is built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from windlass.infra.component import Place
from windlass.infra.existing import Existing
from windlass.infra.identity import Grants, GrantsArgs, Identity, IdentityArgs, IdentityOutputs, ScopeOfGrant
from windlass.infra.kubernetes import (
    AttachedCluster,
    AttachedClusterArgs,
    AttachedClusterOutputs,
    Kubernetes,
    KubernetesArgs,
    KubernetesOutputs,
)
from windlass.infra.roles import ATTACH_GRANTS, KUBERNETES_GRANTS
from windlass.infra.stack import Stack
from windlass.infra.workspace import WorkspaceOutputs
from windlass.project.names import KUBERNETES_PURPOSES, IdentityPurpose, identity_name
from windlass.project.settings import KubernetesSettings


@dataclass(frozen=True, kw_only=True)
class ServingClusterArgs:
    """What it is built from.

    Attributes:
        place: Where it goes.
        stack: Its stack.
        existing: What exists already and is used instead of made.
        settings: The section `kubernetes`.
        identities: Who acts in every stack.
        registry: Where nodes pull images from.
        workspace: What it is attached to.
    """

    place: Place
    stack: Stack
    existing: Existing
    settings: KubernetesSettings
    identities: Mapping[IdentityPurpose, IdentityOutputs]
    registry: ScopeOfGrant
    workspace: WorkspaceOutputs


def serving_cluster(args: ServingClusterArgs) -> AttachedClusterOutputs:
    """Build the cluster and attach it."""
    cluster = _cluster(args)
    grants = Grants(
        "attach-grants",
        args=GrantsArgs(
            subscription_id=args.stack.settings.azure.subscription_id,
            grants=args.existing.grants_to_give(ATTACH_GRANTS, args.identities),
            identities=args.identities,
            scopes={"kubernetes": ScopeOfGrant(id=cluster.id, name=args.existing.names.kubernetes_cluster)},
        ),
    ).outputs
    return AttachedCluster(
        "attached-cluster",
        args=AttachedClusterArgs(
            place=args.workspace.place,
            workspace=args.workspace.name,
            cluster_id=cluster.id,
            identity_id=args.identities["serving"].id,
            settings=args.settings,
            needs=(*cluster.ready, *grants.assignments),
            protect=_is_protected(args),
        ),
    ).outputs


def _cluster(args: ServingClusterArgs) -> KubernetesOutputs:
    scope = args.stack.scope
    identities = {
        purpose: Identity(purpose, args=IdentityArgs(place=args.place, name=identity_name(scope, purpose))).outputs
        for purpose in KUBERNETES_PURPOSES
    }
    kubelet = identities["kubelet"]
    grants = Grants(
        "kubernetes-grants",
        args=GrantsArgs(
            subscription_id=args.stack.settings.azure.subscription_id,
            grants=args.existing.grants_to_give(KUBERNETES_GRANTS, identities),
            identities=identities,
            scopes={"kubelet": ScopeOfGrant(id=kubelet.id, name=kubelet.name), "registry": args.registry},
        ),
    ).outputs
    return Kubernetes(
        "kubernetes",
        args=KubernetesArgs(
            place=args.place,
            name=args.existing.names.kubernetes_cluster,
            identity=identities["kubernetes"],
            kubelet=kubelet,
            settings=args.settings,
            needs=grants.assignments,
            protect=_is_protected(args),
        ),
    ).outputs


def _is_protected(args: ServingClusterArgs) -> bool:
    """Whether Pulumi keeps it: endpoints lose what they run on when it goes."""
    protection = args.stack.settings.windlass.protection
    return protection.endpoints or protection.data
