"""Where the nodes of a cluster may be: in a subnet of one's own, in the service's network, or in the open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from windlass_emulator.arm.network.base import region_of as region_of_subnet
from windlass_emulator.arm.network.subnets import TYPE as SUBNET
from windlass_emulator.errors import ml_refusal
from windlass_emulator.ml import managed_network
from windlass_emulator.ml.common import region_of

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure
    from windlass_emulator.store import Resource


def refuse(azure: LocalAzure, workspace: Resource, wanted: dict[str, Any], name: str) -> None:
    """Refuse a new cluster whose network is not there or not its own to choose.

    Args:
        azure: Where to look.
        workspace: The workspace of the cluster.
        wanted: Its complete inner properties.
        name: Its name.

    Raises:
        MlError: 400.
    """
    subnet = str((wanted.get("subnet") or {}).get("id") or "")
    managed = managed_network.is_managed(workspace)
    if subnet and managed:
        raise ml_refusal(
            f"The compute '{name}' cannot be put in the subnet '{subnet}': computes of a workspace with a managed "
            "network are created inside that network."
        )
    if subnet:
        _refuse_subnet(azure, subnet, name, region_of(workspace))
    if not wanted["enableNodePublicIp"] and not subnet and not managed:
        raise ml_refusal(
            f"The compute '{name}' has no public IP addresses (enableNodePublicIp) and neither a subnet nor a managed "
            "network, so that its nodes would reach nothing."
        )


def _refuse_subnet(azure: LocalAzure, subnet: str, name: str, region: str) -> None:
    found = azure.store.get(subnet)
    if found is None or found.type != SUBNET.lower():
        raise ml_refusal(f"The subnet '{subnet}' of the compute '{name}' was not found.")
    there = region_of_subnet(azure, found)
    if there != region:
        raise ml_refusal(f"The subnet '{subnet}' is in {there}, but the compute '{name}' is in {region}.")
