"""Virtual networks, what is in them, and the DNS zones, private and public, that lead to it.

Where Azure's models hold a whole resource inside another one (the security group of a subnet), only its id is taken:
`references` names those places. What the local Azure does not do at all is in `left_out`, and refused by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from windlass_emulator.arm.shapes.body import Body
from windlass_emulator.shapes import ANY, Items, Shape, Values

_TAGS = Values(ANY)
_ID: Shape = {"id": ANY}
_NAMED: dict[str, Shape] = {"id": ANY, "name": ANY, "type": ANY}
_TRACKED: dict[str, Shape] = {"id": ANY, "location": ANY, "tags": _TAGS}
_TAGS_ONLY: Shape = {"tags": _TAGS}

_SUBNET: Shape = {
    **_NAMED,
    "properties": {
        "addressPrefix": ANY,
        "addressPrefixes": Items(ANY),
        "defaultOutboundAccess": ANY,
        "delegations": Items({**_NAMED, "properties": {"serviceName": ANY}}),
        "natGateway": _ID,
        "networkSecurityGroup": _ID,
        "privateEndpointNetworkPolicies": ANY,
        "privateLinkServiceNetworkPolicies": ANY,
        "routeTable": _ID,
        "serviceEndpoints": Items({"service": ANY, "locations": Items(ANY)}),
    },
}
_SUBNET_REFERENCES = ("networkSecurityGroup", "routeTable")
_SUBNET_LEFT_OUT = (
    "applicationGatewayIPConfigurations",
    "ipAllocations",
    "ipamPoolPrefixAllocations",
    "serviceEndpointPolicies",
    "serviceEndpoints.networkIdentifier",
    "sharingScope",
)

_SUBNET_DEFAULTS = ("privateEndpointNetworkPolicies", "privateLinkServiceNetworkPolicies")

_NETWORK: Shape = {
    **_TRACKED,
    "properties": {
        "addressSpace": {"addressPrefixes": Items(ANY)},
        "dhcpOptions": {"dnsServers": Items(ANY)},
        "enableDdosProtection": ANY,
        "enableVmProtection": ANY,
        "encryption": {"enabled": ANY, "enforcement": ANY},
        "flowTimeoutInMinutes": ANY,
        "privateEndpointVNetPolicies": ANY,
        "subnets": Items(_SUBNET),
        # Clients send an empty list; what is in one is refused by name.
        "virtualNetworkPeerings": Items(ANY),
    },
}

_RULE: Shape = {
    **_NAMED,
    "properties": {
        "access": ANY,
        "description": ANY,
        "destinationAddressPrefix": ANY,
        "destinationAddressPrefixes": Items(ANY),
        "destinationPortRange": ANY,
        "destinationPortRanges": Items(ANY),
        "direction": ANY,
        "priority": ANY,
        "protocol": ANY,
        "sourceAddressPrefix": ANY,
        "sourceAddressPrefixes": Items(ANY),
        "sourcePortRange": ANY,
        "sourcePortRanges": Items(ANY),
    },
}
_SECURITY_GROUP: Shape = {**_TRACKED, "properties": {"flushConnection": ANY, "securityRules": Items(_RULE)}}

_NAT_GATEWAY: Shape = {
    **_TRACKED,
    "properties": {"idleTimeoutInMinutes": ANY, "publicIpAddresses": Items(_ID)},
    "sku": {"name": ANY},
    "zones": Items(ANY),
}
_PUBLIC_ADDRESS: Shape = {
    **_TRACKED,
    "properties": {
        "deleteOption": ANY,
        "dnsSettings": {"domainNameLabel": ANY, "domainNameLabelScope": ANY, "fqdn": ANY, "reverseFqdn": ANY},
        "idleTimeoutInMinutes": ANY,
        "ipTags": Items({"ipTagType": ANY, "tag": ANY}),
        "publicIPAddressVersion": ANY,
        "publicIPAllocationMethod": ANY,
    },
    "sku": {"name": ANY, "tier": ANY},
    "zones": Items(ANY),
}

_CONNECTION: Shape = {
    "id": ANY,
    "name": ANY,
    "properties": {
        "groupIds": Items(ANY),
        "privateLinkServiceConnectionState": {"actionsRequired": ANY, "description": ANY, "status": ANY},
        "privateLinkServiceId": ANY,
        "requestMessage": ANY,
    },
}
_PRIVATE_ENDPOINT: Shape = {
    **_TRACKED,
    "properties": {
        "customDnsConfigs": Items({"fqdn": ANY, "ipAddresses": Items(ANY)}),
        "customNetworkInterfaceName": ANY,
        "manualPrivateLinkServiceConnections": Items(_CONNECTION),
        "privateLinkServiceConnections": Items(_CONNECTION),
        # The Pulumi SDK writes its defaults for a subnet into every reference to one; Azure looks at the id alone.
        "subnet": {"id": ANY, "properties": dict.fromkeys(_SUBNET_DEFAULTS, ANY)},
    },
}
_ZONE_GROUP: Shape = {
    "id": ANY,
    "name": ANY,
    "properties": {"privateDnsZoneConfigs": Items({"name": ANY, "properties": {"privateDnsZoneId": ANY}})},
}

_ZONE: Shape = {"etag": ANY, "location": ANY, "tags": _TAGS}
_LINK: Shape = {
    "etag": ANY,
    "location": ANY,
    "tags": _TAGS,
    "properties": {"registrationEnabled": ANY, "resolutionPolicy": ANY, "virtualNetwork": _ID},
}
_PRIVATE_RECORDS: Shape = {
    "etag": ANY,
    "properties": {
        "aRecords": Items({"ipv4Address": ANY}),
        "cnameRecord": {"cname": ANY},
        "metadata": Values(ANY),
        "ttl": ANY,
        "txtRecords": Items({"value": Items(ANY)}),
    },
}
_PUBLIC_RECORDS: Shape = {
    "etag": ANY,
    "properties": {
        "ARecords": Items({"ipv4Address": ANY}),
        "CNAMERecord": {"cname": ANY},
        "TTL": ANY,
        "TXTRecords": Items({"value": Items(ANY)}),
        "metadata": Values(ANY),
    },
}
_PUBLIC_ZONE: Shape = {"etag": ANY, "location": ANY, "properties": {"zoneType": ANY}, "tags": _TAGS}

_NETWORKS, _DNS, _PRIVATE_DNS = "azure.mgmt.network.models", "azure.mgmt.dns.models", "azure.mgmt.privatedns.models"


def _in(place: str, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{place}.{name}" for name in names)


BODIES: Mapping[str, Body] = MappingProxyType(
    {
        "virtual network": Body(
            _NETWORK,
            f"{_NETWORKS}:VirtualNetwork",
            references=_in("properties.subnets.properties", _SUBNET_REFERENCES),
            left_out=(
                *_in("properties.subnets.properties", _SUBNET_LEFT_OUT),
                *_in(
                    "properties",
                    ("addressSpace.ipamPoolPrefixAllocations", "bgpCommunities", "ddosProtectionPlan", "ipAllocations"),
                ),
                "properties.virtualNetworkPeerings",
                "extendedLocation",
            ),
            beyond=("properties.virtualNetworkPeerings",),
        ),
        "subnet": Body(
            _SUBNET,
            f"{_NETWORKS}:Subnet",
            references=_in("properties", _SUBNET_REFERENCES),
            left_out=_in("properties", _SUBNET_LEFT_OUT),
        ),
        "security group": Body(
            _SECURITY_GROUP,
            f"{_NETWORKS}:NetworkSecurityGroup",
            left_out=_in(
                "properties.securityRules.properties",
                ("sourceApplicationSecurityGroups", "destinationApplicationSecurityGroups"),
            ),
        ),
        "nat gateway": Body(_NAT_GATEWAY, f"{_NETWORKS}:NatGateway", left_out=("properties.publicIpPrefixes",)),
        "public address": Body(
            _PUBLIC_ADDRESS,
            f"{_NETWORKS}:PublicIPAddress",
            left_out=(
                "extendedLocation",
                *_in(
                    "properties",
                    (
                        "ddosSettings",
                        "ipAddress",
                        "linkedPublicIPAddress",
                        "migrationPhase",
                        "natGateway",
                        "publicIPPrefix",
                        "servicePublicIPAddress",
                    ),
                ),
            ),
        ),
        "private endpoint": Body(
            _PRIVATE_ENDPOINT,
            f"{_NETWORKS}:PrivateEndpoint",
            references=("properties.subnet",),
            beyond=_in("properties.subnet.properties", _SUBNET_DEFAULTS),
            left_out=("extendedLocation", "properties.applicationSecurityGroups", "properties.ipConfigurations"),
        ),
        "zone group": Body(_ZONE_GROUP, f"{_NETWORKS}:PrivateDnsZoneGroup"),
        "network patch": Body(_TAGS_ONLY, f"{_NETWORKS}:TagsObject"),
        "private zone": Body(_ZONE, f"{_PRIVATE_DNS}:PrivateZone"),
        "zone link": Body(_LINK, f"{_PRIVATE_DNS}:VirtualNetworkLink"),
        "private records": Body(
            _PRIVATE_RECORDS,
            f"{_PRIVATE_DNS}:RecordSet",
            left_out=_in("properties", ("aaaaRecords", "mxRecords", "ptrRecords", "soaRecord", "srvRecords")),
        ),
        "public zone": Body(
            _PUBLIC_ZONE,
            f"{_DNS}:Zone",
            left_out=_in("properties", ("registrationVirtualNetworks", "resolutionVirtualNetworks")),
        ),
        "public records": Body(
            _PUBLIC_RECORDS,
            f"{_DNS}:RecordSet",
            left_out=_in(
                "properties",
                (
                    *("AAAARecords", "MXRecords", "NSRecords", "PTRRecords", "SOARecord", "SRVRecords"),
                    *("caaRecords", "targetResource"),
                ),
            ),
        ),
    }
)
