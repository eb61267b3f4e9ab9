"""Workspaces: made, changed and deleted over time, kept by name after deletion, with discovery of their addresses."""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING, Any

from windlass_emulator.access import service
from windlass_emulator.arm.common import connections_of
from windlass_emulator.clock import arm_time
from windlass_emulator.errors import AzureError, NotEmulatedError, OperationFailedError, ml_refusal
from windlass_emulator.feature import Feature
from windlass_emulator.http import Answer, Request, Route
from windlass_emulator.lro import accepted, accepted_put, new_operation
from windlass_emulator.ml import managed_network
from windlass_emulator.ml import workspace_bodies as bodies
from windlass_emulator.ml.common import (
    SUBSCRIPTION,
    WORKSPACE,
    WORKSPACE_NAME,
    WORKSPACE_TYPE,
    WORKSPACES,
    current_state,
    group_id,
    listing,
    refuse_if_busy,
    region_of,
    require_group,
    require_name,
    require_workspace,
    system_data,
    workspace_id,
)
from windlass_emulator.ml.datastores import create_default_stores
from windlass_emulator.ml.shapes import WORKSPACE as SHAPE
from windlass_emulator.ml.shapes import WORKSPACE_PATCH
from windlass_emulator.shapes import check

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure
    from windlass_emulator.operations import Operation
    from windlass_emulator.store import Resource

SOFT_DELETED = "soft-deleted workspaces"
"""The scope of the facts that keep the names of deleted workspaces; a purge removes them."""

_IMMUTABLE = ("storageAccount", "keyVault")


# PUT


async def put_workspace(request: Request) -> Answer:
    """Create a workspace, or change one: 202 without a body, then an operation."""
    require_group(request)
    body = request.json()
    check(body, SHAPE)
    require_name(
        request.params["workspace"], WORKSPACE_NAME, "workspace",
        "3 to 33 letters, digits, '-' and '_', starting with a letter or digit",
    )  # fmt: skip
    refuse_if_busy(request, workspace_id(request))
    existing = request.azure.store.get(workspace_id(request))
    _refuse(request, existing, body)
    stored = _begin(request, existing, body)
    properties = body.get("properties") or {}
    operation = new_operation(
        request,
        "workspace",
        stored.id,
        "workspace.create",
        region=region_of(stored),
        fresh=existing is None,
        rules=(properties.get("managedNetwork") or {}).get("outboundRules") or {},
        provision=bool(properties.get("provisionNetworkNow")),
    )
    request.azure.operations.start(operation)
    return accepted_put(request, operation, {})


def _refuse(request: Request, existing: Resource | None, body: dict[str, Any]) -> None:
    kind = str(body.get("kind") or "Default")
    if kind.lower() != "default":
        raise NotEmulatedError(f"workspaces of kind {kind}")
    if not body.get("location"):
        raise AzureError(400, "LocationRequired", "The location property is required for this definition.")
    properties = body.get("properties") or {}
    if existing:
        _refuse_change(existing, body, properties)
        return
    if request.azure.store.fact(SOFT_DELETED, workspace_id(request).lower()):
        raise AzureError(
            400, "BadRequest", "Soft-deleted workspace exists. Please purge or recover it. https://aka.ms/wsoftdelete"
        )
    _refuse_missing(request, properties)


def _refuse_change(existing: Resource, body: dict[str, Any], properties: dict[str, Any]) -> None:
    if bodies.region(str(body["location"])) != region_of(existing).lower():
        raise AzureError(
            409,
            "InvalidResourceLocation",
            f"The resource '{existing.name}' already exists in location '{region_of(existing)}' in resource group "
            f"'{existing.id.split('/')[4]}'. A resource with the same name cannot be created in location "
            f"'{body['location']}'. Please select a new resource name.",
        )
    for name in _IMMUTABLE:
        new, old = properties.get(name), existing.body["properties"].get(name)
        if new and str(new).lower() != str(old).lower():
            raise ml_refusal(f"The property '{name}' cannot be changed once the workspace has been created.")


def _refuse_missing(request: Request, properties: dict[str, Any]) -> None:
    """Refuse a workspace whose linked resources are not named or not there."""
    for name in _IMMUTABLE:
        if not properties.get(name):
            raise ml_refusal(f"The request is missing the property 'properties.{name}', which a workspace needs.")
    for name in bodies.PROVIDERS:
        linked = properties.get(name)
        if linked and request.azure.store.get(linked) is None:
            raise ml_refusal(f"The resource '{linked}' named by 'properties.{name}' was not found.")


def _begin(request: Request, existing: Resource | None, body: dict[str, Any]) -> Resource:
    """Write the workspace as it is while the operation runs."""
    azure, target = request.azure, existing.id if existing else workspace_id(request)
    stored = {
        "location": region_of(existing) if existing else bodies.region(str(body["location"])),
        "tags": body.get("tags") or {},
        "etag": None,
        "properties": bodies.properties(target, existing, body, arm_time(azure.clock.now())),
        "identity": bodies.identity(azure, existing, body.get("identity")),
        "kind": "Default",
        "sku": {"name": "Basic", "tier": "Basic", **(body.get("sku") or {})},
        "systemData": system_data(request, existing, style="arm"),
    }
    return azure.store.put(target, WORKSPACE_TYPE, stored, parent=group_id(request), now=azure.clock.now())


async def _create(azure: LocalAzure, operation: Operation) -> None:
    """Finish a PUT: the default datastores and their containers, then Succeeded."""
    fresh = operation.arguments["fresh"]
    await azure.take("workspace.create" if fresh else "workspace.update")
    workspace = azure.store.get(operation.resource)
    if workspace is None:
        raise OperationFailedError("ResourceNotFound", f"The workspace '{operation.resource}' was deleted meanwhile.")
    try:
        service.require_as_workspace(azure, workspace, service.WORKSPACE_NEEDS)
        await create_default_stores(azure, workspace.id, workspace.body["properties"])
    except (AzureError, OperationFailedError) as error:  # a right is missing, or the storage account went away
        _change(azure, workspace, {"provisioningState": "Failed"})
        raise OperationFailedError(error.code, error.message) from error
    _save_rules(azure, workspace, operation.arguments["rules"])
    if operation.arguments["provision"]:
        await managed_network.provision(azure, workspace)
    _change(azure, workspace, {"provisioningState": "Succeeded"})


def _change(azure: LocalAzure, workspace: Resource, properties: dict[str, Any], **top: Any) -> Resource:
    body = {**workspace.body, **top, "properties": {**workspace.body["properties"], **properties}}
    parent = workspace.id.split("/providers/")[0]
    return azure.store.put(workspace.id, WORKSPACE_TYPE, body, parent=parent, now=azure.clock.now())


# PATCH


async def patch_workspace(request: Request) -> Answer:
    """Change a workspace: 202 without a body. Tags are replaced, linked ids are taken unchecked (recorded)."""
    workspace = require_workspace(request)
    refuse_if_busy(request, workspace.id)
    body = request.json()
    check(body, WORKSPACE_PATCH)
    changes = {key: body[key] for key in ("tags", "sku") if body.get(key) is not None}
    if body.get("identity") is not None:
        changes["identity"] = bodies.identity(request.azure, workspace, body["identity"])
    changes["systemData"] = system_data(request, workspace, style="arm")
    sent = {key: value for key, value in (body.get("properties") or {}).items() if value is not None}
    network = sent.get("managedNetwork") or {}
    sent["managedNetwork"] = managed_network.merged(workspace.body["properties"]["managedNetwork"], network)
    for name, provider in bodies.PROVIDERS.items():
        if name in sent:
            sent[name] = bodies.spelled(sent[name], provider)
    operation = new_operation(
        request,
        "workspace",
        workspace.id,
        "workspace.update",
        region=region_of(workspace),
        top=changes,
        properties=sent,
        rules=network.get("outboundRules") or {},
    )
    request.azure.operations.start(operation)
    return accepted(request, operation)


async def _update(azure: LocalAzure, operation: Operation) -> None:
    await azure.take("workspace.update")
    workspace = azure.store.get(operation.resource)
    if workspace is None:
        raise OperationFailedError("ResourceNotFound", f"The workspace '{operation.resource}' was deleted meanwhile.")
    changed = _change(azure, workspace, operation.arguments["properties"], **operation.arguments["top"])
    _save_rules(azure, changed, operation.arguments["rules"])


def _save_rules(azure: LocalAzure, workspace: Resource, rules: dict[str, Any]) -> None:
    try:
        managed_network.save_rules(azure, workspace, {"outboundRules": rules})
    except AzureError as error:
        raise OperationFailedError(error.code, error.message) from error


# GET and actions


async def get_workspace(request: Request) -> Answer:
    """Return a workspace."""
    return Answer(200, _shown(request.azure, require_workspace(request)))


async def list_in_group(request: Request) -> Answer:
    """Return the workspaces of a resource group."""
    group = require_group(request)
    return Answer(
        200, listing([_shown(request.azure, item) for item in request.azure.store.children(group.id, WORKSPACE_TYPE)])
    )


async def list_in_subscription(request: Request) -> Answer:
    """Return the workspaces of the subscription."""
    return Answer(200, listing([_shown(request.azure, item) for item in request.azure.store.of_type(WORKSPACE_TYPE)]))


async def list_keys(request: Request) -> Answer:
    """Return the keys of what is linked to a workspace."""
    properties = require_workspace(request).body["properties"]
    account = str(properties["storageAccount"]).rsplit("/", 1)[1]
    insights = request.azure.store.get(properties.get("applicationInsights") or "")
    key = await asyncio.to_thread(request.azure.blobs.account_key, account)
    return Answer(
        200,
        {
            "userStorageKey": key,
            "userStorageArmId": properties["storageAccount"],
            "appInsightsInstrumentationKey": insights and insights.body["properties"].get("InstrumentationKey"),
            "containerRegistryCredentials": None,
            "notebookAccessKeys": _notebook_keys(request.azure, require_workspace(request)),
        },
    )


def _notebook_keys(azure: LocalAzure, workspace: Resource) -> dict[str, str]:
    keys: dict[str, str] | None = azure.store.fact(workspace.id, "notebook keys")
    if keys is None:
        keys = {"primaryAccessKey": secrets.token_hex(32), "secondaryAccessKey": secrets.token_hex(32)}
        azure.store.set_fact(workspace.id, "notebook keys", keys)
    return keys


def _shown(azure: LocalAzure, workspace: Resource) -> dict[str, Any]:
    properties = {**workspace.body["properties"], "provisioningState": current_state(azure, workspace)}
    properties["managedNetwork"] = managed_network.shown(azure, workspace)
    properties |= _private_links(azure, workspace)
    body = {**workspace.body, "properties": properties}
    return {"id": workspace.id, "name": workspace.name, "type": WORKSPACE_TYPE, **body}


def _private_links(azure: LocalAzure, workspace: Resource) -> dict[str, Any]:
    found = connections_of(azure, workspace)
    if not found:
        return {}
    notebooks = {**workspace.body["properties"]["notebookInfo"], "isPrivateLinkEnabled": True}
    return {"privateEndpointConnections": found, "privateLinkCount": len(found), "notebookInfo": notebooks}


async def discovery(request: Request) -> Answer:
    """Tell the addresses of a region's services; all that the local Azure has stand on one host."""
    base = f"https://{request.host}"
    return Answer(200, dict.fromkeys(("api", "history", "experimentation", "modelmanagement", "pipelines"), base))


# DELETE


async def delete_workspace(request: Request) -> Answer:
    """Delete a workspace: softly, so that its name stays taken, or with `forceToPurge=true` for good."""
    refuse_if_busy(request, workspace_id(request))
    purge = request.query.get("forceToPurge", "false").lower() == "true"
    workspace = request.azure.store.get(workspace_id(request))
    if workspace is None:
        return _purge_absent(request) if purge else Answer(204)
    operation = new_operation(
        request, "workspace", workspace.id, "workspace.delete", region=region_of(workspace), purge=purge
    )
    _change(request.azure, workspace, {"provisioningState": "Deleting"})
    request.azure.operations.start(operation)
    return accepted(request, operation)


def _purge_absent(request: Request) -> Answer:
    """Purge a workspace that was deleted softly before."""
    kept = request.azure.store.fact(SOFT_DELETED, workspace_id(request).lower())
    if kept is None:
        return Answer(204)
    operation = new_operation(
        request, "workspace", workspace_id(request), "workspace.delete", region=kept["location"], purge=True
    )
    request.azure.operations.start(operation)
    return accepted(request, operation)


async def _delete(azure: LocalAzure, operation: Operation) -> None:
    await azure.take("workspace.delete")
    if azure.store.get(operation.resource) is not None:
        await azure.remove(operation.resource)
    if operation.arguments["purge"]:
        azure.store.delete_fact(SOFT_DELETED, operation.resource.lower())


async def removed(azure: LocalAzure, resource_id: str) -> None:
    """Keep the name of a workspace that goes away, alone or with its group."""
    workspace = azure.store.get(resource_id)
    if workspace is not None:
        kept = {"location": region_of(workspace), "deleted": arm_time(azure.clock.now())}
        azure.store.set_fact(SOFT_DELETED, resource_id.lower(), kept)


def feature() -> Feature:
    """Workspaces and the discovery of their addresses."""
    in_subscription = f"{SUBSCRIPTION}/providers/{WORKSPACE_TYPE}"
    return Feature(
        "workspaces",
        routes=(
            Route("PUT", WORKSPACE, put_workspace, provenance="recorded", summary="Create a workspace"),
            Route("PATCH", WORKSPACE, patch_workspace, provenance="recorded", summary="Update a workspace"),
            Route("GET", WORKSPACE, get_workspace, provenance="recorded", summary="Get a workspace"),
            Route("DELETE", WORKSPACE, delete_workspace, provenance="recorded", summary="Delete or purge a workspace"),
            Route("GET", WORKSPACES, list_in_group, provenance="specified", summary="List workspaces of a group"),
            Route("GET", in_subscription, list_in_subscription, provenance="specified", summary="List workspaces"),
            Route("POST", WORKSPACE + "/listKeys", list_keys, provenance="recorded", summary="Keys of a workspace"),
            Route(
                "GET", "/discovery", discovery, site="api", needs_token=False, needs_api_version=False,
                provenance="inferred", summary="Addresses of a region",
            ),
        ),
        actions={"workspace.create": _create, "workspace.update": _update, "workspace.delete": _delete},
        deleted={WORKSPACE_TYPE.lower(): removed},
    )  # fmt: skip
