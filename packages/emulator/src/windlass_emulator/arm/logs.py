"""Microsoft.OperationalInsights and Microsoft.Insights: Log Analytics workspaces, Application Insights components."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from windlass_emulator import lro
from windlass_emulator.arm import common
from windlass_emulator.arm.common import SUCCEEDED, Draft, Kind, NameRule, with_defaults
from windlass_emulator.clock import arm_time
from windlass_emulator.errors import AzureError
from windlass_emulator.feature import Feature
from windlass_emulator.http import Answer, Handler, Request, Route
from windlass_emulator.operations import Operation
from windlass_emulator.settings import TENANT_ID
from windlass_emulator.store import Resource

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure


WORKSPACE = Kind(
    type="Microsoft.OperationalInsights/workspaces",
    body="log analytics",
    name=NameRule(
        r"[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]",
        "A Log Analytics workspace name has 4 to 63 letters, digits and hyphens, and begins and ends with no hyphen.",
        code="InvalidWorkspaceName",
    ),
    id_of=str.lower,  # what this service answers, whatever the request looked like
)
COMPONENT = Kind(
    type="Microsoft.Insights/components",
    body="component",
    name=NameRule(
        r"[^%&\\?/]{0,259}[^%&\\?/. ]",
        "A component name has 1 to 260 characters without %, &, \\, ? and /, and does not end with a space or period.",
        code="InvalidResourceName",
    ),
    required=("kind", "properties.Application_Type", "properties.WorkspaceResourceId"),
    fixed=("properties.Application_Type",),
    system_data=False,
)
_CREATE, _DELETE = "log_analytics.create", "log_analytics.delete"
_KEYS_FACT = "keys"
_PURGE_FACT = "purge"
_RETENTION_DAYS = 30
_DELETED = "providers/Microsoft.OperationalInsights/deletedWorkspaces"
_SOFT_DELETED = "soft-deleted log analytics workspaces"
"""The scope of the facts that keep what deleted workspaces were, by lower-case id."""
_RECOVERABLE_SECONDS = 14 * 86400.0


def feature() -> Feature:
    """Return logs and insights."""
    one = WORKSPACE.template
    return Feature(
        "logs",
        routes=(
            _route("PUT", one, _put_workspace),
            _route("PATCH", one, _patch_workspace),
            _route("DELETE", one, _delete_workspace),
            _route("GET", f"{common.GROUP}/{_DELETED}", _list_deleted),
            _route("GET", f"{common.SUBSCRIPTION}/{_DELETED}", _list_deleted),
            *common.usual_routes(WORKSPACE, what="Log Analytics workspace", deletes=False),
            _route("POST", f"{one}/sharedKeys", _shared_keys),
            _route("POST", f"{one}/regenerateSharedKey", _regenerate_shared_key),
            _route("PUT", COMPONENT.template, _put_component),
            _route("PATCH", COMPONENT.template, _patch_component),
            *common.usual_routes(COMPONENT, what="Application Insights component"),
        ),
        actions={_CREATE: _create, _DELETE: _carry_out_delete},
        renderers=WORKSPACE.renderers() | COMPONENT.renderers(),
        deleted={WORKSPACE.type.lower(): _soft_delete},
    )


def _route(method: str, template: str, handler: Handler) -> Route:
    return Route(method, template, handler, provenance="specified")


# Log Analytics


async def _put_workspace(request: Request) -> Answer:
    """Create or update a Log Analytics workspace."""
    draft = common.read_put(request, WORKSPACE)
    deleted = None if draft.existing else _deleted(request.azure, draft.id)
    completed = _completed_workspace(draft, request.azure, revived=deleted)
    if draft.existing is not None:
        return Answer(200, common.shown(request, common.save(request, WORKSPACE, completed)))
    completed.properties["provisioningState"] = "Creating"
    stored = common.save(request, WORKSPACE, completed)
    keys = deleted["keys"] if deleted else None
    operation = lro.new_operation(request, "log_analytics", draft.id, _CREATE, region=draft.location, keys=keys)
    request.azure.store.delete_fact(_SOFT_DELETED, draft.id.lower())
    request.azure.operations.start(operation)
    return lro.accepted_put(request, operation, common.shown(request, stored))


def _completed_workspace(draft: Draft, azure: LocalAzure, *, revived: Mapping[str, Any] | None = None) -> Draft:
    now = arm_time(azure.clock.now())
    before = revived["body"]["properties"] if revived else draft.before
    sku = {"name": "PerGB2018", **(draft.properties.get("sku") or before.get("sku") or {}), "lastSkuUpdate": now}
    features = {"legacy": 0, "searchVersion": 1, "enableLogAccessUsingOnlyResourcePermissions": True}
    defaults = {
        "retentionInDays": before.get("retentionInDays", _RETENTION_DAYS),
        "workspaceCapping": {"dailyQuotaGb": -1.0},
        "publicNetworkAccessForIngestion": "Enabled",
        "publicNetworkAccessForQuery": "Enabled",
    }
    properties = with_defaults(draft.properties, defaults) | {
        "customerId": before.get("customerId") or str(uuid.uuid4()),
        "provisioningState": SUCCEEDED,
        "sku": sku,
        "features": with_defaults(draft.properties.get("features") or {}, features),
        "createdDate": before.get("createdDate") or now,
        "modifiedDate": now,
    }
    etag = {"etag": f'"{uuid.uuid4()}"'}
    return Draft(draft.id, draft.name, draft.group, draft.existing, draft.body | {"properties": properties} | etag)


async def _create(azure: LocalAzure, operation: Operation) -> None:
    await azure.take(_CREATE)
    stored = azure.store.get(operation.resource)
    if stored is None:
        return  # its group has been deleted meanwhile
    keys = operation.arguments.get("keys") or [_shared_key(), _shared_key()]
    azure.store.set_fact(stored.id, _KEYS_FACT, keys)
    body = stored.body | {"properties": stored.body["properties"] | {"provisioningState": SUCCEEDED}}
    azure.store.put(
        stored.id, WORKSPACE.type, body, parent=stored.id.partition("/providers/")[0], now=azure.clock.now()
    )


def _shared_key() -> str:
    return secrets.token_urlsafe(64)


async def _patch_workspace(request: Request) -> Answer:
    """Change a Log Analytics workspace."""
    completed = _completed_workspace(common.read_patch(request, WORKSPACE), request.azure)
    return Answer(200, common.shown(request, common.save(request, WORKSPACE, completed)))


async def _delete_workspace(request: Request) -> Answer:
    """Delete a Log Analytics workspace: for 14 days it can be revived, unless `force=true` is asked for."""
    common.writable_group(request)
    stored = request.azure.store.get(common.resource_id(request, WORKSPACE))
    if stored is None:
        return Answer(204)
    purge = request.query.get("force", "false").lower() == "true"
    region = stored.body["location"]
    operation = lro.new_operation(request, "log_analytics", stored.id, _DELETE, region=region, purge=purge)
    return lro.accepted(request, request.azure.operations.start(operation))


async def _carry_out_delete(azure: LocalAzure, operation: Operation) -> None:
    await azure.take(_DELETE)
    if operation.arguments["purge"]:
        azure.store.set_fact(operation.resource, _PURGE_FACT, value=True)
    await azure.remove(operation.resource)


# Deleted workspaces: a PUT of the same name in the same group brings one back, with its id and keys


async def _soft_delete(azure: LocalAzure, resource_id: str) -> None:
    """Keep a workspace that is going, alone or with its group."""
    stored = azure.store.get(resource_id)
    if stored is None or azure.store.fact(resource_id, _PURGE_FACT):
        return
    kept = {
        "id": stored.id,
        "body": stored.body,
        "keys": azure.store.fact(resource_id, _KEYS_FACT),
        "deleted": azure.clock.now(),
    }
    azure.store.set_fact(_SOFT_DELETED, resource_id.lower(), kept)


def _deleted(azure: LocalAzure, resource_id: str) -> dict[str, Any] | None:
    kept: dict[str, Any] | None = azure.store.fact(_SOFT_DELETED, resource_id.lower())
    is_gone = kept is None or azure.clock.now() - kept["deleted"] > _RECOVERABLE_SECONDS
    return None if is_gone else kept


async def _list_deleted(request: Request) -> Answer:
    """List the Log Analytics workspaces that can be revived."""
    azure = request.azure
    within = (common.group_id(request) if "group" in request.params else "").lower()
    found = [_deleted(azure, key) for key in azure.store.facts(_SOFT_DELETED) if key.startswith(within)]
    rows = [
        Resource(kept["id"], WORKSPACE.type, kept["body"], kept["deleted"], kept["deleted"]) for kept in found if kept
    ]
    return Answer(200, {"value": [common.shown(request, row) for row in rows]})


async def _shared_keys(request: Request) -> Answer:
    """List the keys of a Log Analytics workspace."""
    return _keys_answer(request, common.existing(request, WORKSPACE))


def _keys_answer(request: Request, stored: Resource) -> Answer:
    keys = request.azure.store.fact(stored.id, _KEYS_FACT)
    if keys is None:
        raise AzureError(409, "Conflict", f"The workspace '{stored.name}' is still being created.")
    return Answer(200, {"primarySharedKey": keys[0], "secondarySharedKey": keys[1]})


async def _regenerate_shared_key(request: Request) -> Answer:
    """Make the keys of a Log Analytics workspace anew."""
    stored = common.existing(request, WORKSPACE)
    request.azure.store.set_fact(stored.id, _KEYS_FACT, [_shared_key(), _shared_key()])
    return _keys_answer(request, stored)


# Application Insights


async def _put_component(request: Request) -> Answer:
    """Create or update an Application Insights component."""
    draft = common.read_put(request, COMPONENT)
    azure = request.azure
    workspace = azure.store.get(str(draft.properties["WorkspaceResourceId"]))
    if workspace is None:
        raise AzureError(
            400,
            "BadRequest",
            f"The workspace '{draft.properties['WorkspaceResourceId']}' of WorkspaceResourceId does not exist.",
            target="properties.WorkspaceResourceId",
        )
    completed = _completed_component(draft, azure)
    return Answer(200, common.shown(request, common.save(request, COMPONENT, completed)))


def _completed_component(draft: Draft, azure: LocalAzure) -> Draft:
    before = draft.before
    app_id, instrumentation = before.get("AppId") or str(uuid.uuid4()), before.get("InstrumentationKey")
    instrumentation = instrumentation or str(uuid.uuid4())
    defaults = {
        "Flow_Type": "Bluefield",
        "Request_Source": "rest",
        "IngestionMode": "LogAnalytics",
        "RetentionInDays": 90,
        "publicNetworkAccessForIngestion": "Enabled",
        "publicNetworkAccessForQuery": "Enabled",
    }
    outputs: dict[str, Any] = {
        "ApplicationId": draft.name,
        "AppId": app_id,
        "InstrumentationKey": instrumentation,
        "ConnectionString": _connection_string(instrumentation, app_id, draft.location),
        "Name": draft.name,
        "CreationDate": before.get("CreationDate") or arm_time(azure.clock.now()),
        "TenantId": TENANT_ID,
        "provisioningState": SUCCEEDED,
    }
    body = draft.body | {"properties": with_defaults(draft.properties, defaults) | outputs}
    return Draft(draft.id, draft.name, draft.group, draft.existing, body | {"etag": f'"{uuid.uuid4()}"'})


def _connection_string(key: str, app_id: str, region: str) -> str:
    return (
        f"InstrumentationKey={key};IngestionEndpoint=https://{region}-0.in.applicationinsights.azure.com/;"
        f"LiveEndpoint=https://{region}.livediagnostics.monitor.azure.com/;ApplicationId={app_id}"
    )


async def _patch_component(request: Request) -> Answer:
    """Change the tags of an Application Insights component."""
    draft = common.read_patch(request, COMPONENT)
    return Answer(200, common.shown(request, common.save(request, COMPONENT, draft)))
