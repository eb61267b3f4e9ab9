"""Pictures of a stack in Mermaid: who may do what, what runs as whom, and what is reached from where."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Final

from support.pulumi_program import Registration

from resources.observe import Observed, azure_name, short
from windlass.policy.access import PUBLIC_SWITCH
from windlass.project.roles import Role

_ROLE: Final = "authorization:RoleAssignment"
_IDENTITY: Final = "managedidentity:UserAssignedIdentity"
_ENDPOINT: Final = "network:PrivateEndpoint"
_SUBNET: Final = "network:Subnet"
_NETWORK: Final = "network:VirtualNetwork"
_ZONE: Final = "privatedns:PrivateZone"


def identities(seen: Observed) -> Iterator[str]:
    """Draw principals, the roles they hold and on what; and what runs as them."""
    assignments = [each for each in seen.resources if short(each.type) == _ROLE]
    held: dict[tuple[str, str], list[str]] = defaultdict(list)
    for each in assignments:
        held[_principal(seen, each), _scope(seen, each)].append(_role_name(each))
    yield from ("```mermaid", "flowchart LR")
    for principal in sorted({who for who, _ in held}):
        yield f'  {_node("p", principal)}(["{principal}"])'
    for scope in sorted({where for _, where in held}):
        yield f'  {_node("s", scope)}["{scope}"]'
    for (who, where), names in sorted(held.items()):
        yield f'  {_node("p", who)} -- "{"<br/>".join(sorted(names))}" --> {_node("s", where)}'
    for user, who in sorted(_users(seen)):
        yield f'  {_node("u", user)}[/"{user}"/] -. runs as .-> {_node("p", who)}'
    yield "```"


def network(seen: Observed) -> Iterator[str]:
    """Draw the network of a stack: subnets, what stands in them, and what is reached over a public address."""
    yield from ("```mermaid", "flowchart LR")
    open_ones = [short_label(each) for each in seen.resources if _is_public(each)]
    if open_ones:
        yield '  internet(("Internet"))'
        for label in open_ones:
            yield f'  internet -- "public address" --> {_node("r", label)}["{label}"]'
    yield from _networks(seen)
    yield from _endpoints(seen)
    yield from _gateways(seen)
    yield from _zones(seen)
    yield "```"


def has_network(seen: Observed) -> bool:
    """Whether there is anything to draw."""
    return any(_is_public(each) or short(each.type) in {_NETWORK, _SUBNET, _ENDPOINT} for each in seen.resources)


def short_label(resource: Registration) -> str:
    """A resource in a picture: its logical name and its type."""
    return f"{resource.name}<br/>{short(resource.type)}"


def _networks(seen: Observed) -> Iterator[str]:
    subnets = [each for each in seen.resources if short(each.type) == _SUBNET]
    for net in (each for each in seen.resources if short(each.type) == _NETWORK):
        ranges = ", ".join(_tree(net.inputs, "addressSpace", "addressPrefixes") or ())
        yield f'  subgraph {_node("n", net.name)}["{net.name} {ranges}"]'
        for row in _tree(net.inputs, "subnets") or ():
            yield f'    {_node("subnet", str(row.get("name")))}["subnet {row.get("name")} {_range(row)}"]'
        for each in subnets:
            yield f'    {_node("subnet", azure_name(each))}["subnet {azure_name(each)} {_range(each.inputs)}"]'
        yield "  end"


def _endpoints(seen: Observed) -> Iterator[str]:
    for each in (each for each in seen.resources if short(each.type) == _ENDPOINT):
        subnet = _subnet_name(seen, str(_tree(each.inputs, "subnet", "id") or ""))
        for link in _tree(each.inputs, "privateLinkServiceConnections") or ():
            target = seen.by_id(str(link.get("privateLinkServiceId", "")))
            groups = ", ".join(link.get("groupIds") or ())
            label = short_label(target) if target else "brought resource"
            yield f'  {_node("subnet", subnet)} -- "private endpoint {groups}" --> {_node("r", label)}["{label}"]'


def _gateways(seen: Observed) -> Iterator[str]:
    if any(short(each.type) == "network:NatGateway" for each in seen.resources):
        yield '  nat["NAT gateway"] -- "outbound only" --> outside(("Internet, outbound"))'
        for each in seen.resources:
            if short(each.type) == _SUBNET and _tree(each.inputs, "natGateway"):
                yield f"  {_node('subnet', azure_name(each))} --> nat"
            if short(each.type) == _NETWORK:
                rows = _tree(each.inputs, "subnets") or ()
                yield from (f"  {_node('subnet', str(row['name']))} --> nat" for row in rows if row.get("natGateway"))


def _zones(seen: Observed) -> Iterator[str]:
    zones = sorted(azure_name(each) for each in seen.resources if short(each.type) == _ZONE)
    if zones:
        yield f'  zones[("private DNS zones<br/>{"<br/>".join(zones)}")]'


def _subnet_name(seen: Observed, id_: str) -> str:
    subnet = seen.by_id(id_)
    return azure_name(subnet) if subnet and short(subnet.type) == _SUBNET else id_.rpartition("/")[2]


def _range(subnet: Mapping[str, Any]) -> str:
    return str(subnet.get("addressPrefix") or ", ".join(subnet.get("addressPrefixes") or ()))


def _is_public(resource: Registration) -> bool:
    switch = PUBLIC_SWITCH.get(short(resource.type))
    return switch is not None and str(_tree(resource.inputs, *switch.split("."))).lower() == "enabled"


def _principal(seen: Observed, assignment: Registration) -> str:
    told = str(assignment.inputs.get("principalId", ""))
    for each in seen.resources:
        if short(each.type) == _IDENTITY and told.endswith(azure_name(each)):
            return each.name
        if told and told in str(each.inputs.get("principalId", "")) and short(each.type) != _ROLE:
            return each.name
    return told or "unknown"


def _scope(seen: Observed, assignment: Registration) -> str:
    told = str(assignment.inputs.get("scope", ""))
    found = seen.by_id(told)
    return short_label(found) if found else seen.pattern(told)


def _role_name(assignment: Registration) -> str:
    guid = str(assignment.inputs.get("roleDefinitionId", "")).rsplit("/", 1)[-1]
    return next((role.title for role in Role if role.value == guid), guid)


def _users(seen: Observed) -> Iterator[tuple[str, str]]:
    for each in seen.resources:
        held = _tree(each.inputs, "identity", "userAssignedIdentities") or ()
        for id_ in held:
            identity = seen.by_id(str(id_))
            if identity is not None:
                yield short_label(each), identity.name


def _tree(inputs: Mapping[str, Any], *path: str) -> Any:
    value: Any = inputs
    for step in path:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _node(kind: str, label: str) -> str:
    return f"{kind}_{re.sub(r'[^A-Za-z0-9]+', '_', label)}"
