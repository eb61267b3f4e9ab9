"""Which part of a virtual network is for what. Pure: the range of the network alone decides.

Every purpose has a fixed place in the range, whether it is used or not, so that nothing ever moves when a cluster, a
pool or an endpoint is added: Azure refuses to move a subnet that something is in.

    first quarter    a quarter of it for private endpoints; the rest stays free for what the owner of the network adds
                     (a gateway that people come in by, say)
    second quarter   nodes of batch clusters
    second half      nodes, and with some network plugins pods, of the Kubernetes cluster
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Final, Literal, get_args

if TYPE_CHECKING:
    from windlass.project.settings.document import Settings

SubnetPurpose = Literal["endpoints", "clusters", "kubernetes"]
PURPOSES: Final[tuple[SubnetPurpose, ...]] = get_args(SubnetPurpose)

RESERVED: Final = 5
"""Azure keeps the first four addresses of a subnet and its last one for itself."""

PRIVATE_ENDPOINT_ADDRESSES: Final = 24
"""Seven private endpoints; that of a workspace alone takes up to a dozen addresses."""

PODS_PER_NODE: Final = 30

_PLACES: Final[Mapping[SubnetPurpose, tuple[int, int]]] = {
    "endpoints": (4, 0),
    "clusters": (2, 1),
    "kubernetes": (1, 1),
}
"""How many bits narrower than the network each is, and which of the parts of that size."""


@dataclass(frozen=True, kw_only=True)
class Subnet:
    """One subnet of the plan.

    Attributes:
        purpose: What is in it; its name in the network too.
        range: Its addresses.
    """

    purpose: SubnetPurpose
    range: IPv4Network

    @property
    def usable(self) -> int:
        """How many addresses can be given out."""
        return self.range.num_addresses - RESERVED


def plan_subnets(address_space: str) -> Mapping[SubnetPurpose, Subnet]:
    """Give every purpose its part of a network.

    Args:
        address_space: The range of the network, a /16 to /22 such as 10.40.0.0/16.
    """
    space = IPv4Network(address_space)
    return {
        purpose: Subnet(purpose=purpose, range=_part(space, narrower, index))
        for purpose, (narrower, index) in _PLACES.items()
    }


def _part(space: IPv4Network, narrower: int, index: int) -> IPv4Network:
    size = space.num_addresses >> narrower
    return IPv4Network((int(space.network_address) + index * size, space.prefixlen + narrower))


def addresses_needed(settings: Settings) -> dict[SubnetPurpose, int]:
    """Count the addresses that a stack takes in each subnet when everything has grown to its maximum.

    A purpose that the stack does not have is left out.
    """
    needed: dict[SubnetPurpose, int] = {"endpoints": PRIVATE_ENDPOINT_ADDRESSES}
    if settings.clusters:
        needed["clusters"] = sum(cluster.max_nodes for cluster in settings.clusters.values())
    if settings.kubernetes is not None:
        pools = (settings.kubernetes.system, *settings.kubernetes.pools.values())
        # While a pool is upgraded it has one node more.
        nodes = sum(pool.max_nodes + 1 for pool in pools)
        overlay = settings.kubernetes.network_plugin == "azure-overlay"
        needed["kubernetes"] = nodes if overlay else nodes * (1 + PODS_PER_NODE)
    return needed


def too_small(settings: Settings) -> Iterator[tuple[Subnet, int]]:
    """Yield each subnet of the plan that does not hold what the stack may grow to, with what it would need."""
    plan = plan_subnets(settings.network.address_space)
    for purpose, count in addresses_needed(settings).items():
        if count > plan[purpose].usable:
            yield plan[purpose], count
