"""Microsoft.Network: virtual networks, private endpoints and the DNS that leads to them, and public DNS zones.

What a resource shows of others that point at it (the subnets of a security group, the endpoints of a subnet, the
connections of a storage account) is never stored twice: it is looked up when the resource is shown.
"""

from __future__ import annotations

from windlass_emulator.arm.network import (
    connections,
    gateways,
    private_endpoints,
    private_zones,
    public_zones,
    security_groups,
    subnets,
    virtual_networks,
    zone_groups,
)
from windlass_emulator.feature import Feature


def features() -> tuple[Feature, ...]:
    """Return the parts of Microsoft.Network."""
    return (
        virtual_networks.feature(),
        subnets.feature(),
        security_groups.feature(),
        gateways.feature(),
        private_endpoints.feature(),
        zone_groups.feature(),
        connections.feature(),
        private_zones.feature(),
        public_zones.feature(),
    )
