"""How the parts of a stack reach each other: the network of its mode, put together from the components for it."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi

from windlass.infra.component import Place
from windlass.infra.existing import Existing
from windlass.infra.managed_network import OutboundRules, OutboundRulesArgs
from windlass.infra.network import Network, NetworkArgs, NetworkOutputs
from windlass.infra.private_access import PrivateAccess, PrivateAccessArgs, PrivateZones, PrivateZonesArgs
from windlass.infra.stack import Stack
from windlass.infra.workspace import WorkspaceOutputs
from windlass.project.private_links import LinkTarget
from windlass.project.settings import BringSettings
from windlass.project.subnets import addresses_needed


def lay_network(stack: Stack, existing: Existing, place: Place) -> NetworkOutputs | None:
    """Make the virtual network of a private stack, or take the one that is brought; other modes have none."""
    settings = stack.settings.windlass
    if settings.network.mode != "private":
        return None
    if existing.network is not None:
        return existing.network
    purposes = frozenset(addresses_needed(settings))
    args = NetworkArgs(place=place, scope=stack.scope, settings=settings.network, purposes=purposes)
    return Network("network", args=args).outputs


def connect(
    stack: Stack,
    place: Place,
    network: NetworkOutputs | None,
    workspace: WorkspaceOutputs,
    targets: Mapping[LinkTarget, pulumi.Output[str]],
) -> tuple[pulumi.Resource, ...]:
    """Let what runs in the workspace reach what it works with, and return what has to be there before it does.

    Args:
        stack: The stack.
        place: Where it goes.
        network: Of a private stack.
        workspace: The workspace.
        targets: The ids of what is reached.
    """
    settings = stack.settings.windlass
    if settings.network.mode == "managed":
        args = OutboundRulesArgs(
            place=workspace.place,
            workspace=workspace.name,
            storage_account_id=targets["storage"],
            rules=settings.network.outbound,
        )
        return OutboundRules("outbound", args=args).outputs.ready
    if network is None:
        return ()
    wanted = {key: each for key, each in targets.items() if is_ours_to_connect(key, settings.bring)}
    return _privately(stack, place, network, wanted)


def _privately(
    stack: Stack, place: Place, network: NetworkOutputs, targets: Mapping[LinkTarget, pulumi.Output[str]]
) -> tuple[pulumi.Resource, ...]:
    brought = stack.settings.windlass.bring.private_dns_zones
    zones = PrivateZones(
        "private-zones", args=PrivateZonesArgs(place=place, network_id=network.id, brought=brought)
    ).outputs
    made = [
        PrivateAccess(
            f"{target}-access",
            args=PrivateAccessArgs(
                place=place,
                scope=stack.scope,
                target=target,
                target_id=target_id,
                subnet_id=network.subnets["endpoints"],
                zones=zones,
            ),
        ).outputs
        for target, target_id in targets.items()
    ]
    return tuple(resource for each in made for resource in each.ready)


def is_ours_to_connect(target: LinkTarget, bring: BringSettings) -> bool:
    """Say whether this stack makes the private endpoints of a resource.

    What is brought into a network that is brought too is connected by whoever owns them: two endpoints of one
    resource would write two addresses under one name.
    """
    keys: Mapping[LinkTarget, str | None] = {
        "storage": bring.storage_account,
        "vault": bring.key_vault,
        "registry": bring.container_registry,
        "workspace": bring.workspace,
    }
    return bring.virtual_network is None or keys[target] is None
