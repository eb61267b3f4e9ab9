"""Compute clusters that batch jobs run on: off when idle."""

from __future__ import annotations

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


@dataclass(frozen=True, kw_only=True)
class ClusterArgs:
    """What a cluster is made of."""

    place: Place
    workspace: pulumi.Output[str]
    name: str
    identity_id: pulumi.Output[str]
    settings: ClusterSettings


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
                properties=_nodes(args.settings),
            ),
            # A cluster holds nothing: the new one can only take the name when the old one has gone.
            opts=self.child(replace_on_changes=list(CANNOT_CHANGE), delete_before_replace=True),
        )
        self.outputs = ClusterOutputs(id=compute.id, name=compute.name)
        self.register_outputs({"id": compute.id})


def _nodes(settings: ClusterSettings) -> ml.AmlComputePropertiesArgs:
    return ml.AmlComputePropertiesArgs(
        vm_size=settings.vm_size,
        vm_priority=settings.priority,
        os_type=ml.OsType.LINUX,
        # Nodes reach Azure over their own address; nobody reaches them, because remote login is closed.
        enable_node_public_ip=True,
        remote_login_port_public_access=ml.RemoteLoginPortPublicAccess.DISABLED,
        scale_settings=ml.ScaleSettingsArgs(
            min_node_count=settings.min_nodes,
            max_node_count=settings.max_nodes,
            node_idle_time_before_scale_down=f"PT{settings.idle_seconds}S",
        ),
    )
