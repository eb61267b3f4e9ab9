"""The AKS cluster of a stack and its way into the workspace: cluster, roles on it, attached compute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pulumi

from windlass.infra.component import Place
from windlass.infra.identity import Grants, GrantsArgs, IdentityOutputs, ScopeOfGrant
from windlass.infra.kubernetes import (
    AttachedCluster,
    AttachedClusterArgs,
    AttachedClusterOutputs,
    Kubernetes,
    KubernetesArgs,
)
from windlass.infra.network import NetworkOutputs
from windlass.infra.workspace import WorkspaceOutputs
from windlass.project.names import IdentityPurpose
from windlass.project.roles import Target
from windlass.project.settings import KubernetesSettings


@dataclass(frozen=True, kw_only=True)
class ServingClusterArgs:
    """What it is built from.

    Attributes:
        place: Where it goes.
        name: Of the AKS cluster.
        settings: The section `kubernetes`.
        identities: Who acts in the stack.
        workspace: What it is attached to.
        subnet_id: Where its nodes are, in a private stack.
        nat_gateway: Whether that subnet has one.
        needs: The grants of those who make it and run on it.
        attach: The grants on the cluster that attaching it takes; its scope is known only here.
        protect: Whether Pulumi keeps it: endpoints lose what they run on when it goes.
    """

    place: Place
    name: str
    settings: KubernetesSettings
    identities: Mapping[IdentityPurpose, IdentityOutputs]
    workspace: WorkspaceOutputs
    subnet_id: pulumi.Output[str] | None
    nat_gateway: bool
    needs: Sequence[pulumi.Resource]
    attach: GrantsArgs
    protect: bool


def serving_cluster(args: ServingClusterArgs) -> AttachedClusterOutputs:
    """Build the cluster and attach it."""
    cluster = Kubernetes(
        "kubernetes",
        args=KubernetesArgs(
            place=args.place,
            name=args.name,
            identity=args.identities["kubernetes"],
            kubelet=args.identities["kubelet"],
            subnet_id=args.subnet_id,
            private=args.subnet_id is not None,
            nat_gateway=args.nat_gateway,
            settings=args.settings,
            needs=args.needs,
            protect=args.protect,
        ),
    ).outputs
    scope = ScopeOfGrant(id=cluster.id, name=args.name)
    needs: tuple[pulumi.Resource, ...] = cluster.ready
    if args.attach.grants:  # a brought workspace has the roles of its own identity from its owner
        grants = Grants("attach-grants", args=replace(args.attach, scopes={"kubernetes": scope}))
        needs = (*needs, *grants.outputs.assignments)
    return AttachedCluster(
        "attached-cluster",
        args=AttachedClusterArgs(
            place=args.workspace.place,
            workspace=args.workspace.name,
            cluster_id=cluster.id,
            identity_id=args.identities["serving"].id,
            settings=args.settings,
            needs=needs,
            protect=args.protect,
        ),
    ).outputs


def scope_of_subnet(cluster: str, network: NetworkOutputs | None) -> dict[Target, ScopeOfGrant]:
    """Return the subnet that the control plane of a private cluster acts in; the cluster has it alone."""
    subnet = network.subnets.get("kubernetes") if network else None
    return {} if subnet is None else {"subnet": ScopeOfGrant(id=subnet, name=f"{cluster}/subnet")}
