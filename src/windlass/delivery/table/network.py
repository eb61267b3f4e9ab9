"""What lets things through or not: networks, their rules and addresses. Pure.

Meanings of properties: the reference of Azure Resource Manager for each type, at the API version that the project
uses.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from windlass.delivery.meanings import Meaning
from windlass.delivery.table.model import (
    COSMETIC,
    IDENTITY,
    Case,
    Known,
    Meant,
    Rule,
    always,
    becomes,
    becomes_other_than,
    behaves,
    case,
    costs,
    either,
    gains,
    grows,
    lacks,
    opens_at,
    shrinks,
    table,
    touches,
)
from windlass.delivery.values import MISSING

_OPENS: Final = Meaning.OPENS_NETWORK
_TOUCHES: Final = Meaning.TOUCHES_TRAFFIC


def _is_rule(access: str, value: Any) -> bool:
    return isinstance(value, Mapping) and value.get("access") == access


_SECURITY_RULE: Final = Rule(
    cases=(
        Case(Meant(_OPENS, "a rule lets more through"), lambda _, after: _is_rule("Allow", after)),
        Case(
            Meant(_OPENS, "a rule that refused goes"),
            lambda before, after: after is MISSING and _is_rule("Deny", before),
        ),
        Case(
            Meant(_TOUCHES, "what a rule let through is refused"),
            lambda before, after: after is MISSING and _is_rule("Allow", before),
        ),
        Case(Meant(_TOUCHES, "a rule refuses more"), lambda _, after: _is_rule("Deny", after)),
    ),
    otherwise=Meant(_OPENS, "other things are let through or refused"),
)
"""A whole rule of a security group that comes or goes."""

_GROUP: Final = Known(
    title="network security group",
    gone=(Meant(_OPENS, "its rules refuse nothing any more"),),
    properties={
        "networkSecurityGroupName": IDENTITY,
        "flushConnection": touches("open connections are cut when a rule changes"),
        "securityRules.*": _SECURITY_RULE,
        "securityRules.*.access": either(
            case(_OPENS, "what was refused is let through", becomes_other_than("Deny")),
            case(_TOUCHES, "what was let through is refused", becomes("Deny")),
        ),
        "securityRules.*.description": COSMETIC,
    },
)

_NETWORK: Final = Known(
    title="virtual network",
    properties={
        "virtualNetworkName": IDENTITY,
        "addressSpace": touches("addresses in the network change"),
        "dhcpOptions": touches("names are asked for elsewhere"),
        "ddosProtectionPlan": costs("protection has a price"),
        "enableDdosProtection": costs("protection has a price"),
        "enableVmProtection": behaves(),
        "encryption": behaves("traffic in the network is encrypted otherwise"),
        "subnets.*": either(
            case(_TOUCHES, "a subnet goes", lacks),
            case(Meaning.ADDS, "a further subnet", gains),
        ),
        "subnets.*.addressPrefix": touches("addresses in the subnet change"),
        "subnets.*.addressPrefixes": touches("addresses in the subnet change"),
        "subnets.*.defaultOutboundAccess": opens_at(value=True, why="what is in the subnet gets out"),
        "subnets.*.delegations": behaves(),
        "subnets.*.natGateway": touches("what goes out takes another way, or none"),
        "subnets.*.networkSecurityGroup": always(Meant(_OPENS, "other rules guard the subnet, or none")),
        "subnets.*.privateEndpointNetworkPolicies": touches("rules hold for private endpoints, or not"),
        "subnets.*.routeTable": touches("what goes out takes another way"),
        "subnets.*.serviceEndpoints": touches("services of Azure are reached by another way"),
        "virtualNetworkPeerings": either(
            case(_OPENS, "another network is joined to this one", gains),
            case(_TOUCHES, "a network is cut off from this one", lacks),
        ),
    },
)

_RULE_OF_WORKSPACE: Final = Known(
    title="outbound rule",
    properties={
        "ruleName": IDENTITY,
        "workspaceName": IDENTITY,
        "properties": always(Meant(_OPENS, "the managed network lets other things out")),
        "properties.category": behaves(),
        "properties.destination.serviceResourceId": behaves("a private endpoint leads to a resource"),
        "properties.destination.sparkEnabled": behaves(),
        "properties.destination.subresourceTarget": behaves("a private endpoint leads to a service of a resource"),
        "properties.type": behaves(),
    },
)

_ENDPOINT: Final = Known(
    title="private endpoint",
    made=(Meant(Meaning.CHANGES_COST, "paid by the hour and by what passes"),),
    properties={
        "privateEndpointName": IDENTITY,
        "customDnsConfigs": touches("other names lead to it"),
        "customNetworkInterfaceName": COSMETIC,
        "ipConfigurations": touches("it has another address"),
        "manualPrivateLinkServiceConnections": touches("it leads elsewhere"),
        "privateLinkServiceConnections": touches("it leads elsewhere"),
        "subnet": touches("it has another address"),
    },
)

_GATEWAY: Final = Known(
    title="NAT gateway",
    made=(Meant(Meaning.CHANGES_COST, "paid by the hour and by what passes"),),
    properties={
        "natGatewayName": IDENTITY,
        "idleTimeoutInMinutes": either(
            case(_TOUCHES, "idle connections are cut sooner", shrinks),
            case(Meaning.CHANGES_BEHAVIOUR, "idle connections are kept longer", grows),
        ),
        "publicIpAddresses": touches("what goes out comes from another address, which others may have to let in"),
        "publicIpPrefixes": touches("what goes out comes from another address, which others may have to let in"),
        "sku": costs("another tier has another price"),
        "zones": behaves(),
    },
)

_ADDRESS: Final = Known(
    title="public address",
    gone=(Meant(_TOUCHES, "others may have let this address in; another one will not be the same"),),
    made=(Meant(Meaning.CHANGES_COST, "paid by the hour"),),
    properties={
        "publicIpAddressName": IDENTITY,
        "ddosSettings": costs("protection has a price"),
        "dnsSettings": touches("another name leads to it"),
        "idleTimeoutInMinutes": touches("idle connections are cut sooner or later"),
        "publicIPAddressVersion": IDENTITY,
        "publicIPAllocationMethod": touches("the address may change"),
        "sku": IDENTITY,
        "zones": behaves(),
    },
)

NETWORK: Final = table(
    {
        "network:VirtualNetwork": _NETWORK,
        "network:NetworkSecurityGroup": _GROUP,
        "network:NatGateway": _GATEWAY,
        "network:PublicIPAddress": _ADDRESS,
        "network:PrivateEndpoint": _ENDPOINT,
        "network:PrivateDnsZoneGroup": Known(
            title="names of a private endpoint",
            properties={
                "privateDnsZoneGroupName": IDENTITY,
                "privateEndpointName": IDENTITY,
                "privateDnsZoneConfigs": touches("names lead elsewhere"),
            },
        ),
        "privatedns:PrivateZone": Known(
            title="private DNS zone",
            made=(Meant(Meaning.CHANGES_COST, "paid by the month"),),
            properties={"privateZoneName": IDENTITY},
        ),
        "privatedns:VirtualNetworkLink": Known(
            title="link of a private DNS zone",
            properties={
                "privateZoneName": IDENTITY,
                "virtualNetworkLinkName": IDENTITY,
                "registrationEnabled": behaves("machines write their names into the zone, or not"),
                "resolutionPolicy": touches("names that the zone has not lead elsewhere"),
                "virtualNetwork": touches("another network reads the zone"),
            },
        ),
        "machinelearningservices:ManagedNetworkSettingsRule": _RULE_OF_WORKSPACE,
    }
)
