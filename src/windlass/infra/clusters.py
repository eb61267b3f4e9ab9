"""Compute clusters that batch jobs run on: off when idle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, final

import pulumi
from pulumi_azure_native import machinelearningservices as ml

from windlass.infra.component import Component, Place
from windlass.infra.workspace import user_assigned
from windlass.project.settings import ClusterSettings

CANNOT_CHANGE: Final = (
    "location",
    "properties.computeLocation",
    "properties.computeType",
    "properties.disableLocalAuth",
    "properties.properties.enableNodePublicIp",
    "properties.properties.osType",
    "properties.properties.remoteLoginPortPublicAccess",
    "properties.properties.vmPriority",
    "properties.properties.vmSize",
)
"""Azure ignores or refuses a change of these, yet the provider plans an update for them."""

SUBNET: Final = ("properties.properties.subnet.id",)
"""The same for a cluster that is in a subnet."""


@dataclass(frozen=True, kw_only=True)
class ClusterArgs:
    """What a cluster is made of.

    Attributes:
        place: Where it goes.
        workspace: The workspace that it belongs to.
        name: Its name.
        identity_id: What its nodes run as.
        settings: Its size.
        public_addresses: Whether each node has an address of its own to go out by.
        subnet_id: Where its nodes are, in a network of one's own.
        needs: What its nodes need to reach what they work with.
    """

    place: Place
    workspace: pulumi.Output[str]
    name: str
    identity_id: pulumi.Output[str]
    settings: ClusterSettings
    public_addresses: bool = True
    subnet_id: pulumi.Output[str] | None = None
    needs: Sequence[pulumi.Resource] = ()


@dataclass(frozen=True, kw_only=True)
class ClusterOutputs:
    """What others need of a cluster."""

    id: pulumi.Output[str]
    name: pulumi.Output[str]


@final
class Cluster(Component):
    """A cluster of virtual machines that grows with the work and gives its nodes back when there is none."""

    TYPE: ClassVar[str] = "windlass:infra:Cluster"

    def __init__(self, name: str, *, args: ClusterArgs) -> None:
        super().__init__(name)
        compute = ml.Compute(
            f"{name}-compute",
            compute_name=args.name,
            workspace_name=args.workspace,
            resource_group_name=args.place.resource_group,
            location=args.place.location,
            tags=args.place.tags,
            identity=user_assigned(args.identity_id),
            properties=ml.AmlComputeArgs(
                compute_type="AmlCompute",
                compute_location=args.place.location,
                disable_local_auth=True,
                properties=_nodes(args),
            ),
            # A cluster holds nothing: the new one can only take the name when the old one has gone.
            opts=self.child(
                replace_on_changes=[*CANNOT_CHANGE, *(SUBNET if args.subnet_id is not None else ())],
                delete_before_replace=True,
                depends_on=list(args.needs),
            ),
        )
        self.outputs = ClusterOutputs(id=compute.id, name=compute.name)
        self.register_outputs({"id": compute.id})


def _nodes(args: ClusterArgs) -> ml.AmlComputePropertiesArgs:
    settings = args.settings
    return ml.AmlComputePropertiesArgs(
        vm_size=settings.vm_size,
        vm_priority=settings.priority,
        os_type=ml.OsType.LINUX,
        # An address of a node's own is for going out; nobody comes in by it, because remote login is closed.
        enable_node_public_ip=args.public_addresses,
        subnet=ml.ResourceIdArgs(id=args.subnet_id) if args.subnet_id is not None else None,
        remote_login_port_public_access=ml.RemoteLoginPortPublicAccess.DISABLED,
        scale_settings=ml.ScaleSettingsArgs(
            min_node_count=settings.min_nodes,
            max_node_count=settings.max_nodes,
            node_idle_time_before_scale_down=f"PT{settings.idle_seconds}S",
        ),
    )
