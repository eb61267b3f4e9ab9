"""The network that the service itself runs for a workspace: its isolation, its outbound rules, its provisioning.

Source: Microsoft's documentation (how-to-managed-network) and the published models. The network is made late: with
the first compute, when asked for, or with the workspace when `provisionNetworkNow` says so. Rules are inactive until
then. What the service needs itself it adds as rules of category Required.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from windlass_emulator.arm.network import connections
from windlass_emulator.arm.network.targets import members_of, target_of
from windlass_emulator.errors import AzureError, NotEmulatedError, ml_refusal
from windlass_emulator.feature import Feature
from windlass_emulator.http import Answer, Request, Route
from windlass_emulator.lro import accepted, accepted_put, new_operation
from windlass_emulator.ml.common import (
    WORKSPACE,
    child_id,
    listing,
    not_found,
    refuse_if_busy,
    region_of,
    require_name,
    require_workspace,
    type_of,
    workspace_of,
)
from windlass_emulator.ml.shapes import OUTBOUND_RULE, PROVISION_OPTIONS
from windlass_emulator.shapes import check

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure
    from windlass_emulator.operations import Operation
    from windlass_emulator.store import Resource

RULE = type_of("outboundRules")
STATUS = type_of("managedNetworks")
"""Whether the network is there: one hidden resource below each workspace that has been provisioned."""

OFF, INTERNET, APPROVED = "Disabled", "AllowInternetOutbound", "AllowOnlyApprovedOutbound"
_NAME = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9_-]{0,254}\Z")
_ALLOWED: Mapping[str, tuple[str, ...]] = {
    OFF: (OFF, INTERNET, APPROVED),
    INTERNET: (INTERNET, APPROVED),
    APPROVED: (APPROVED,),
}
_TAGS = (
    ("AzureActiveDirectory", "TCP", "80, 443"),
    ("AzureMachineLearning", "TCP", "443, 8787, 18881"),
    ("AzureMachineLearning", "UDP", "5831"),
    ("BatchNodeManagement.{region}", "*", "443"),
    ("AzureResourceManager", "TCP", "443"),
    ("AzureFrontDoor.FirstParty", "TCP", "443"),
    ("MicrosoftContainerRegistry", "TCP", "443"),
    ("AzureMonitor", "TCP", "443"),
)
"""What an approved-only network lets out for the service itself: tag, protocol, ports."""

_LINKED = (
    ("storageAccount", ("blob", "file")),
    ("keyVault", ("vault",)),
    ("containerRegistry", ("registry",)),
)
"""Resources of a workspace that its network reaches over private endpoints, when they are private."""

_CONNECTION = "connection"


# Isolation


def merged(kept: Mapping[str, Any], sent: Mapping[str, Any]) -> dict[str, Any]:
    """Return the managed network of a workspace after a PUT or PATCH.

    Raises:
        MlError: 400 for a step back in isolation.
    """
    asked = {key: value for key, value in sent.items() if key not in {"outboundRules", "status"} and value is not None}
    wanted = _mode(str(asked.get("isolationMode") or kept["isolationMode"]))
    if wanted not in _ALLOWED[kept["isolationMode"]]:
        raise ml_refusal(
            f"The isolation mode of the managed network cannot be changed from '{kept['isolationMode']}' to "
            f"'{wanted}'. Once it is enabled it cannot be disabled, and an approved-only network cannot be opened."
        )
    network = {**kept, **asked, "isolationMode": wanted}
    if wanted != OFF:
        network.setdefault("networkId", str(uuid.uuid4()))
        network["changeableIsolationModes"] = [mode for mode in _ALLOWED[wanted] if mode != wanted]
    return network


def _mode(text: str) -> str:
    for mode in _ALLOWED:
        if mode.lower() == text.lower():
            return mode
    raise ml_refusal(f"The isolation mode '{text}' is not one of {', '.join(_ALLOWED)}.")


def mode_of(workspace: Resource) -> str:
    """Return the isolation mode of a workspace."""
    return str(workspace.body["properties"]["managedNetwork"]["isolationMode"])


def is_managed(workspace: Resource) -> bool:
    """Say whether the service runs a network for a workspace."""
    return mode_of(workspace) != OFF


# Provisioning


def is_provisioned(azure: LocalAzure, workspace_id: str) -> bool:
    """Say whether the network of a workspace is there."""
    return azure.store.get(_status_id(workspace_id)) is not None


def require_provisioned(azure: LocalAzure, workspace: Resource) -> None:
    """Refuse what needs the network before it is there.

    Raises:
        MlError: 400 for a workspace whose managed network has not been provisioned.
    """
    if is_managed(workspace) and not is_provisioned(azure, workspace.id):
        raise ml_refusal(
            f"The managed network of the workspace '{workspace.name}' is not provisioned. Provision it, or create a "
            "compute first, which does."
        )


async def provision(azure: LocalAzure, workspace: Resource) -> None:
    """Make the network of a workspace, if it has one and it is not there yet, and its rules active."""
    if not is_managed(workspace) or is_provisioned(azure, workspace.id):
        return
    await azure.take("managed_network.provision")
    body = {"properties": {"status": "Active", "sparkReady": False}}
    azure.store.put(_status_id(workspace.id), STATUS, body, parent=workspace.id, now=azure.clock.now())
    for rule in azure.store.children(workspace.id, RULE):
        _connect(azure, rule)


def _status_id(workspace_id: str) -> str:
    return f"{workspace_id}/managedNetworks/default"


async def _post_provision(request: Request) -> Answer:
    """Make the managed network of a workspace now."""
    workspace = require_workspace(request)
    refuse_if_busy(request, workspace.id)
    options = request.json()
    check(options, PROVISION_OPTIONS)
    if options.get("includeSpark"):
        raise NotEmulatedError("managed networks for serverless Spark")
    if not is_managed(workspace):
        raise ml_refusal(f"The workspace '{workspace.name}' has no managed network to provision.")
    operation = new_operation(
        request, "managed_network", _status_id(workspace.id), "managed_network.provision", region=region_of(workspace)
    )
    return accepted(request, request.azure.operations.start(operation))


async def _provision(azure: LocalAzure, operation: Operation) -> None:
    workspace = azure.store.get(workspace_of(operation.resource))
    if workspace is not None:
        await provision(azure, workspace)


def _render_status(azure: LocalAzure, status: Resource, api_version: str) -> dict[str, Any]:
    """Write what a provisioning ends with."""
    del azure, api_version
    return {"id": status.id, "name": status.name, "type": STATUS, **status.body["properties"]}


# Rules


def save_rules(azure: LocalAzure, workspace: Resource, sent: Mapping[str, Any]) -> None:
    """Store the rules of a workspace's body and those that the service needs itself.

    Raises:
        MlError: 400 for a rule that the network cannot have.
    """
    for name, properties in (sent.get("outboundRules") or {}).items():
        if (properties or {}).get("category", "UserDefined") == "UserDefined":
            _refuse_rule(azure, workspace, name, properties)
            _save(azure, workspace, name, {**properties, "category": "UserDefined"})
    for name, properties in _required(azure, workspace):
        _save(azure, workspace, name, {**properties, "category": "Required"})


def shown(azure: LocalAzure, workspace: Resource) -> dict[str, Any]:
    """Return the managed network of a workspace as a GET shows it."""
    network = dict(workspace.body["properties"]["managedNetwork"])
    if network["isolationMode"] == OFF:
        return network
    rules = {rule.name: _properties(azure, rule) for rule in azure.store.children(workspace.id, RULE)}
    status = "Active" if is_provisioned(azure, workspace.id) else "Inactive"
    return {**network, "outboundRules": rules, "status": {"sparkReady": False, "status": status}}


def _required(azure: LocalAzure, workspace: Resource) -> Iterator[tuple[str, dict[str, Any]]]:
    if not is_managed(workspace):
        return
    linked = [(str(workspace.body["properties"].get(name) or ""), groups) for name, groups in _LINKED]
    for resource_id, groups in [*linked, (workspace.id, ("amlworkspace",))]:
        found = azure.store.get(resource_id)
        if found is None or (mode_of(workspace) == INTERNET and not _is_private(found)):
            continue
        for group in groups:
            destination = {"serviceResourceId": found.id, "subresourceTarget": group, "sparkEnabled": False}
            yield f"__SYS_PE_{found.name}_{group}", {"type": "PrivateEndpoint", "destination": destination}
    if mode_of(workspace) == APPROVED:
        for tag, protocol, ports in _TAGS:
            written = tag.format(region=region_of(workspace))
            name = f"__SYS_ST_{written.replace('.', '-')}_{protocol.replace('*', 'Any')}"
            yield (
                name,
                {
                    "type": "ServiceTag",
                    "destination": {
                        "serviceTag": written,
                        "protocol": protocol,
                        "portRanges": ports,
                        "action": "Allow",
                    },
                },
            )


def _is_private(resource: Resource) -> bool:
    properties = resource.body.get("properties") or {}
    return str(properties.get("publicNetworkAccess", "Enabled")).lower() == "disabled"


def _save(azure: LocalAzure, workspace: Resource, name: str, properties: Mapping[str, Any]) -> Resource:
    kept = {key: value for key, value in properties.items() if key not in {"status", "fqdns"}}
    rule = azure.store.put(
        child_id(workspace, "outboundRules", name),
        RULE,
        {"properties": kept},
        parent=workspace.id,
        now=azure.clock.now(),
    )
    if is_provisioned(azure, workspace.id):
        _connect(azure, rule)
    return rule


def _connect(azure: LocalAzure, rule: Resource) -> None:
    """Open the connection of an active private endpoint rule, once."""
    if rule.body["properties"]["type"] != "PrivateEndpoint" or azure.store.fact(rule.id, _CONNECTION):
        return
    destination = rule.body["properties"]["destination"]
    target = azure.store.get(destination["serviceResourceId"])
    if target is not None:
        endpoint = f"{workspace_of(rule.id)}/managedNetworks/default/privateEndpoints/{rule.name}"
        group = destination["subresourceTarget"]
        opened = connections.open_connection(azure, target, endpoint, group, approved=True)
        azure.store.set_fact(rule.id, _CONNECTION, opened)


async def _disconnect(azure: LocalAzure, rule_id: str) -> None:
    opened = azure.store.fact(rule_id, _CONNECTION)
    if opened:
        connections.close_connection(azure, opened)


def _properties(azure: LocalAzure, rule: Resource) -> dict[str, Any]:
    properties = dict(rule.body["properties"])
    if properties["type"] == "PrivateEndpoint":
        target = azure.store.get(properties["destination"]["serviceResourceId"])
        members = members_of(target, properties["destination"]["subresourceTarget"]) if target else ()
        properties["fqdns"] = [public for member in members for public in member.labels.values()]
    active = is_provisioned(azure, workspace_of(rule.id))
    return {**properties, "status": "Active" if active else "Inactive"}


def _refuse_rule(azure: LocalAzure, workspace: Resource, name: str, properties: Mapping[str, Any]) -> None:
    require_name(name, _NAME, "outbound rule", "1 to 255 letters, digits, '-' and '_'")
    if not is_managed(workspace):
        raise ml_refusal(f"The workspace '{workspace.name}' has no managed network that an outbound rule could be of.")
    kind = properties["type"]
    if kind != "PrivateEndpoint":
        if mode_of(workspace) == INTERNET:
            raise ml_refusal(
                'Only "PrivateEndpoint" outbound rules are supported when managed network isolation mode is '
                f'"{INTERNET}".'
            )
        return
    destination = properties.get("destination") or {}
    target = azure.store.get(str(destination.get("serviceResourceId") or ""))
    if target is None:
        raise ml_refusal(f"The resource '{destination.get('serviceResourceId')}' of the rule '{name}' was not found.")
    target_of(target)
    try:
        members_of(target, str(destination.get("subresourceTarget") or ""))
    except AzureError as error:
        raise ml_refusal(error.message) from error
    _refuse_same_destination(azure, workspace, name, target, str(destination["subresourceTarget"]))


def _refuse_same_destination(azure: LocalAzure, workspace: Resource, name: str, target: Resource, group: str) -> None:
    for other in azure.store.children(workspace.id, RULE):
        there = other.body["properties"].get("destination")
        if other.name == name or not isinstance(there, dict) or "serviceResourceId" not in there:
            continue
        same = (there["serviceResourceId"].lower(), there["subresourceTarget"]) == (target.id.lower(), group)
        if same:
            raise ml_refusal(f"The rule '{other.name}' leads to {group} of '{target.id}' already.")


async def _put_rule(request: Request) -> Answer:
    """Create or update an outbound rule of a managed network."""
    workspace = require_workspace(request)
    refuse_if_busy(request, workspace.id)
    body = request.json()
    check(body, OUTBOUND_RULE)
    name = request.params["rule"]
    _refuse_rule(request.azure, workspace, name, body.get("properties") or {})
    rule = _save(request.azure, workspace, name, {**body["properties"], "category": "UserDefined"})
    operation = new_operation(request, "outbound_rule", rule.id, "outbound_rule.write", region=region_of(workspace))
    request.azure.operations.start(operation)
    return accepted_put(request, operation, {})


async def _write(azure: LocalAzure, operation: Operation) -> None:
    del operation
    await azure.take("outbound_rule.write")


def _existing(request: Request) -> Resource:
    workspace = require_workspace(request)
    if found := request.azure.store.get(child_id(workspace, "outboundRules", request.params["rule"])):
        return found
    raise not_found("OutboundRuleNotFound", f"Outbound rule {request.params['rule']} was not found.")


async def _get_rule(request: Request) -> Answer:
    """Get an outbound rule of a managed network."""
    return Answer(200, _render_rule(request.azure, _existing(request), ""))


async def _list_rules(request: Request) -> Answer:
    """List the outbound rules of a managed network, those of the service included."""
    rules = request.azure.store.children(require_workspace(request).id, RULE)
    return Answer(200, listing([_render_rule(request.azure, rule, "") for rule in rules]))


async def _delete_rule(request: Request) -> Answer:
    """Delete an outbound rule of a managed network."""
    workspace = require_workspace(request)
    refuse_if_busy(request, workspace.id)
    rule = request.azure.store.get(child_id(workspace, "outboundRules", request.params["rule"]))
    if rule is None:
        return Answer(204)
    if rule.body["properties"]["category"] != "UserDefined":
        raise ml_refusal(f"The rule '{rule.name}' is one that the service needs and cannot be deleted.")
    operation = new_operation(request, "outbound_rule", rule.id, "outbound_rule.delete", region=region_of(workspace))
    return accepted(request, request.azure.operations.start(operation))


async def _delete(azure: LocalAzure, operation: Operation) -> None:
    await azure.take("outbound_rule.delete")
    await azure.remove(operation.resource)


def _render_rule(azure: LocalAzure, rule: Resource, api_version: str) -> dict[str, Any]:
    """Write a rule."""
    del api_version
    return {"id": rule.id, "name": rule.name, "type": RULE, "properties": _properties(azure, rule)}


def feature() -> Feature:
    """Managed networks."""
    rules = WORKSPACE + "/outboundRules"
    rule = rules + "/{rule}"

    def route(method: str, template: str, handler: Any, summary: str) -> Route:
        return Route(method, template, handler, provenance="specified", summary=summary)

    return Feature(
        "managed networks",
        routes=(
            route("PUT", rule, _put_rule, "Create or update an outbound rule"),
            route("GET", rule, _get_rule, "Get an outbound rule"),
            route("GET", rules, _list_rules, "List outbound rules"),
            route("DELETE", rule, _delete_rule, "Delete an outbound rule"),
            route("POST", WORKSPACE + "/provisionManagedNetwork", _post_provision, "Provision the managed network"),
        ),
        actions={
            "managed_network.provision": _provision,
            "outbound_rule.write": _write,
            "outbound_rule.delete": _delete,
        },
        renderers={RULE.lower(): _render_rule, STATUS.lower(): _render_status},
        deleted={RULE.lower(): _disconnect},
    )
