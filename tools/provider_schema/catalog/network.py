"""Virtual networks, private endpoints, private DNS, and the outbound rules of a workspace's own network."""
# ruff: noqa: S106 - a token here is the name of a type

from collections.abc import Mapping

from .entry import GROUP, ML_WORKSPACE, FunctionEntry, TypeEntry

_NETWORK = f"{GROUP}/providers/Microsoft.Network"
_VERSION, _DNS_VERSION = "2024-05-01", "2024-06-01"
_NAMED = frozenset({"id", "name", "type", "etag"})
_TRACKED = _NAMED | {"location", "tags", "sku", "zones", "identity", "extendedLocation"}
_ON_TOP = frozenset({"location", "tags", "sku", "zones", "identity", "extendedLocation", "id", "name", "type"})
"""What these types have beside `properties`; their ids and names are inputs too, though they also stand in the path."""

RENAMES: Mapping[str, Mapping[str, str | tuple[str, ...]]] = {
    "network:IpamPoolPrefixAllocation": {"id": ("pool", "id")}
}
LEVEL_OF_PROPERTIES: Mapping[str, frozenset[str]] = {
    **{
        f"network:{name}": _NAMED
        for name in (
            "ApplicationGatewayIPConfiguration",
            "BackendAddressPool",
            "InboundNatRule",
            "LoadBalancerBackendAddress",
            "PrivateLinkServiceIpConfiguration",
            "VirtualNetworkPeeringVirtualNetwork",
            "ApplicationGatewayBackendAddressPool",
            "Delegation",
            "IPConfiguration",
            "IPConfigurationProfile",
            "PrivateDnsZoneConfig",
            "PrivateEndpointConnection",
            "PrivateEndpointIPConfiguration",
            "PrivateLinkServiceConnection",
            "ResourceNavigationLink",
            "NetworkInterfaceIPConfiguration",
            "NetworkInterfaceTapConfiguration",
            "Route",
            "SecurityRule",
            "ServiceAssociationLink",
            "ServiceEndpointPolicyDefinition",
            "Subnet",
            "VirtualNetworkPeering",
        )
    },
    "network:FrontendIPConfiguration": _NAMED | {"zones"},
    "network:ServiceEndpointPolicy": _TRACKED | {"kind"},
    **{
        f"network:{name}": _TRACKED
        for name in (
            "ApplicationSecurityGroup",
            "FlowLog",
            "VirtualNetworkTap",
            "PrivateLinkService",
            "NatGateway",
            "NetworkInterface",
            "NetworkSecurityGroup",
            "PrivateEndpoint",
            "PublicIPAddress",
            "RouteTable",
        )
    },
}


def _type(name: str, path: str, source: str, parameter: str, **more: object) -> TypeEntry:
    """A type of Microsoft.Network: all of them take time to write and to delete."""
    return TypeEntry(
        token=f"network:{name}",
        path=f"{_NETWORK}/{path}/{{{parameter}}}",
        api_version=_VERSION,
        source=f"network/{source}",
        class_name=name,
        name_parameter=parameter,
        top_level=_ON_TOP,
        put_long_running=True,
        delete_long_running=True,
        **more,  # type: ignore[arg-type]
    )


TYPES: tuple[TypeEntry, ...] = (
    _type(
        "VirtualNetwork",
        "virtualNetworks",
        "virtual_network",
        "virtualNetworkName",
        autoname="random",
        replaces=frozenset({"location"}),
        maintained=(("properties", "subnets"), ("properties", "virtualNetworkPeerings")),
    ),
    _type("Subnet", "virtualNetworks/{virtualNetworkName}/subnets", "subnet", "subnetName", autoname="copy"),
    _type(
        "NetworkSecurityGroup",
        "networkSecurityGroups",
        "network_security_group",
        "networkSecurityGroupName",
        autoname="random",
        maintained=(("properties", "securityRules"),),
    ),
    _type("NatGateway", "natGateways", "nat_gateway", "natGatewayName", autoname="random"),
    _type(
        "PublicIPAddress",
        "publicIPAddresses",
        "public_ip_address",
        "publicIpAddressName",
        autoname="random",
        replaces=frozenset({"location", "publicIPAddressVersion", "publicIPPrefix", "sku"}),
    ),
    _type(
        "PrivateEndpoint",
        "privateEndpoints",
        "private_endpoint",
        "privateEndpointName",
        autoname="random",
        replaces=frozenset({"subnet"}),
    ),
    _type(
        "PrivateDnsZoneGroup",
        "privateEndpoints/{privateEndpointName}/privateDnsZoneGroups",
        "private_dns_zone_group",
        "privateDnsZoneGroupName",
        autoname="copy",
    ),
    TypeEntry(
        token="privatedns:PrivateZone",
        path=f"{_NETWORK}/privateDnsZones/{{privateZoneName}}",
        api_version=_DNS_VERSION,
        source="privatedns/private_zone",
        class_name="PrivateZone",
        autoname="random",
        name_parameter="privateZoneName",
        put_long_running=True,
        delete_long_running=True,
    ),
    TypeEntry(
        token="privatedns:VirtualNetworkLink",
        path=f"{_NETWORK}/privateDnsZones/{{privateZoneName}}/virtualNetworkLinks/{{virtualNetworkLinkName}}",
        api_version=_DNS_VERSION,
        source="privatedns/virtual_network_link",
        class_name="VirtualNetworkLink",
        autoname="copy",
        name_parameter="virtualNetworkLinkName",
        put_long_running=True,
        delete_long_running=True,
    ),
    TypeEntry(
        token="machinelearningservices:ManagedNetworkSettingsRule",
        path=f"{ML_WORKSPACE}/outboundRules/{{ruleName}}",
        api_version="2025-12-01",
        source="machinelearningservices/managed_network_settings_rule",
        class_name="ManagedNetworkSettingsRule",
        autoname="copy",
        name_parameter="ruleName",
        flattened=False,
        put_long_running=True,
        delete_long_running=True,
    ),
)
FUNCTIONS: tuple[FunctionEntry, ...] = ()
