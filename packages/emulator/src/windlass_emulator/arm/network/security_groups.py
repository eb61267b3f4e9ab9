"""Network security groups: rules that let traffic through or not, over the six that Azure adds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from windlass_emulator.arm import common
from windlass_emulator.arm.network import base, subnets
from windlass_emulator.errors import AzureError
from windlass_emulator.feature import Feature
from windlass_emulator.http import Answer, Request
from windlass_emulator.store import Resource

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure

KIND = base.kind("networkSecurityGroups", "security group")
_HIGHEST, _LOWEST = 100, 4096
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "access": ("Allow", "Deny"),
    "direction": ("Inbound", "Outbound"),
    "protocol": ("*", "Ah", "Esp", "Icmp", "Tcp", "Udp"),
}
_ONE_OR_MANY = (
    ("sourceAddressPrefix", "sourceAddressPrefixes"),
    ("destinationAddressPrefix", "destinationAddressPrefixes"),
    ("sourcePortRange", "sourcePortRanges"),
    ("destinationPortRange", "destinationPortRanges"),
)
_DEFAULT_RULES: tuple[tuple[str, str, int, str, str, str], ...] = (
    ("AllowVnetInBound", "Inbound", 65000, "Allow", "VirtualNetwork", "VirtualNetwork"),
    ("AllowAzureLoadBalancerInBound", "Inbound", 65001, "Allow", "AzureLoadBalancer", "*"),
    ("DenyAllInBound", "Inbound", 65500, "Deny", "*", "*"),
    ("AllowVnetOutBound", "Outbound", 65000, "Allow", "VirtualNetwork", "VirtualNetwork"),
    ("AllowInternetOutBound", "Outbound", 65001, "Allow", "*", "Internet"),
    ("DenyAllOutBound", "Outbound", 65500, "Deny", "*", "*"),
)


def feature() -> Feature:
    """Return network security groups."""
    return Feature(
        "network security groups",
        routes=(
            base.route("PUT", KIND.template, _put),
            base.route("PATCH", KIND.template, base.tag_patcher(KIND)),
            *common.usual_routes(KIND, what="network security group", deletes=False),
            base.route("DELETE", KIND.template, _delete),
        ),
        renderers={KIND.type.lower(): _render},
    )


async def _put(request: Request) -> Answer:
    """Create or update a network security group with its rules."""
    base.refuse_while_busy(request.azure, common.resource_id(request, KIND))
    draft = common.read_put(request, KIND)
    rules = [_rule(draft.id, rule) for rule in draft.properties.get("securityRules") or []]
    _refuse_same_priority(rules)
    properties = {**draft.properties, "securityRules": rules, "defaultSecurityRules": list(_defaults(draft.id))}
    return base.begin_write(request, draft, KIND, properties)


def _rule(group: str, sent: Mapping[str, Any]) -> dict[str, Any]:
    name, properties = str(sent.get("name") or ""), dict(sent.get("properties") or {})
    if refusal := base.name_rule().refusal(name):
        raise AzureError(400, "InvalidResourceName", refusal)
    where = f"{group}/securityRules/{name}"
    for key, choices in _CHOICES.items():
        properties[key] = _choice(properties, key, choices, where)
    if not _HIGHEST <= int(properties.get("priority") or 0) <= _LOWEST:
        raise AzureError(
            400,
            "SecurityRuleInvalidPriority",
            f"Security rule {where} has invalid Priority. Priority must be between {_HIGHEST} and {_LOWEST}.",
        )
    for one, many in _ONE_OR_MANY:
        if not properties.get(one) and not properties.get(many):
            raise _missing(where, f"{one} or {many}")
        properties.setdefault(many, [])
    return {
        "name": name,
        "id": where,
        "etag": base.etag(),
        "type": f"{KIND.type}/securityRules",
        "properties": {"provisioningState": "Succeeded", **properties},
    }


def _choice(properties: Mapping[str, Any], key: str, choices: Sequence[str], where: str) -> str:
    sent = str(properties.get(key) or "")
    for choice in choices:
        if choice.lower() == sent.lower():
            return choice
    if not sent:
        raise _missing(where, key)
    raise AzureError(
        400,
        "InvalidParameter",
        f"Value '{sent}' of {key} in security rule {where} is not one of {', '.join(choices)}.",
        target=key,
    )


def _missing(where: str, what: str) -> AzureError:
    return AzureError(400, "MissingJsonProperty", f"Security rule {where} has no value for {what}.", target=what)


def _refuse_same_priority(rules: Sequence[Mapping[str, Any]]) -> None:
    seen: dict[tuple[str, int], str] = {}
    for rule in rules:
        properties = rule["properties"]
        key = (properties["direction"], int(properties["priority"]))
        if key in seen:
            raise AzureError(
                400,
                "SecurityRuleConflict",
                f"Security rule {rule['name']} conflicts with rule {seen[key]}. Rules cannot have the same Priority "
                "and Direction.",
            )
        seen[key] = rule["name"]


def _defaults(group: str) -> Iterator[dict[str, Any]]:
    for name, direction, priority, access, source, destination in _DEFAULT_RULES:
        yield {
            "name": name,
            "id": f"{group}/defaultSecurityRules/{name}",
            "type": f"{KIND.type}/defaultSecurityRules",
            "properties": {
                "provisioningState": "Succeeded",
                "protocol": "*",
                "sourcePortRange": "*",
                "destinationPortRange": "*",
                "sourceAddressPrefix": source,
                "destinationAddressPrefix": destination,
                "access": access,
                "priority": priority,
                "direction": direction,
            },
        }


def _guarded(azure: LocalAzure, group_id: str) -> list[Resource]:
    return list(base.pointing_at(azure.store.of_type(subnets.TYPE), "networkSecurityGroup", group_id))


async def _delete(request: Request) -> Answer:
    """Delete a network security group."""
    common.writable_group(request)
    stored = request.azure.store.get(common.resource_id(request, KIND))
    if stored is None:
        return Answer(204)
    base.refuse_while_busy(request.azure, stored.id)
    used = _guarded(request.azure, stored.id)
    if used:
        raise AzureError(
            400,
            "InUseNetworkSecurityGroupCannotBeDeleted",
            f"Network security group {stored.id} cannot be deleted because it is in use by the following resources: "
            f"{', '.join(subnet.id for subnet in used)}. In order to delete the Network security group, remove the "
            "association with the resource(s). To learn how to do this, see aka.ms/deletensg.",
        )
    return base.begin_delete(request, stored, str(stored.body["location"]))


def _render(azure: LocalAzure, group: Resource, api_version: str) -> dict[str, Any]:
    """Write a group with the subnets that it guards."""
    del api_version
    properties = dict(group.body["properties"])
    if guarded := _guarded(azure, group.id):
        properties["subnets"] = base.ids(guarded)
    return {"id": group.id, "name": group.name, "type": KIND.type, **group.body, "properties": properties}
