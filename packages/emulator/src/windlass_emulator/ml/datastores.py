"""Datastores: the four that come with a workspace, those that people add, and their secrets."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING, Any

from windlass_emulator.clock import azure_time
from windlass_emulator.errors import NotEmulatedError, ml_refusal
from windlass_emulator.feature import Feature
from windlass_emulator.http import Answer, Request, Route
from windlass_emulator.ml.common import (
    ASSET_NAME,
    WORKSPACE,
    child_id,
    listing,
    not_found,
    require_name,
    require_workspace,
    system_data,
    type_of,
)
from windlass_emulator.ml.shapes import DATASTORE, LIST_SECRETS
from windlass_emulator.shapes import check

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure
    from windlass_emulator.store import Resource

TYPE = type_of("datastores")
DEFAULT_BLOB_STORE = "workspaceblobstore"
ARTIFACT_STORE = "workspaceartifactstore"
_OWN_APPLICATION = "0736f41a-0425-4b46-bdb5-1563eff02385"
"""Who makes the default datastores: the application of the ML service."""

_SYSTEM_STORES = (DEFAULT_BLOB_STORE, "workspaceworkingdirectory", ARTIFACT_STORE, "workspacefilestore")
"""In the order in which lists show them, after people's own."""

_NO_KEYS = "None"
_KEYS = "AccountKey"


# Made with the workspace


def default_stores(properties: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the properties of the datastores that a workspace starts with, by name (recorded).

    Args:
        properties: The workspace's own.
    """
    _, _, subscription, _, group, *_, account = str(properties["storageAccount"]).split("/")
    identity = str(properties.get("systemDatastoresAuthMode", "")).lower() == "identity"
    common = {
        "description": None,
        "tags": None,
        "properties": None,
        "isDefault": False,
        "credentials": {"credentialsType": _NO_KEYS if identity else _KEYS},
        "accountName": account,
        "endpoint": "core.windows.net",
        "protocol": "https",
    }
    blob = {**common, "datastoreType": "AzureBlob", "subscriptionId": None, "resourceGroup": None}
    file = {**common, "datastoreType": "AzureFile", "subscriptionId": None, "resourceGroup": None}
    return {
        DEFAULT_BLOB_STORE: {
            **blob,
            "isDefault": True,
            "subscriptionId": subscription,
            "resourceGroup": group,
            "containerName": f"azureml-blobstore-{properties['workspaceId']}",
            "serviceDataAccessAuthIdentity": "WorkspaceSystemAssignedIdentity",
        },
        "workspaceworkingdirectory": {**file, "fileShareName": f"code-{uuid.uuid4()}"},
        ARTIFACT_STORE: {**blob, "containerName": "azureml", "serviceDataAccessAuthIdentity": "None"},
        "workspacefilestore": {**file, "fileShareName": f"azureml-filestore-{properties['workspaceId']}"},
    }


async def create_default_stores(azure: LocalAzure, workspace_id: str, properties: dict[str, Any]) -> None:
    """Make the default datastores of a workspace and their containers; what is there already stays."""
    now = azure.clock.now()
    stamp = azure_time(now)
    by = {"createdAt": stamp, "lastModifiedAt": stamp, "lastModifiedBy": _OWN_APPLICATION}
    for name, store in default_stores(properties).items():
        store_id = child_id(workspace_id, "datastores", name)
        if azure.store.get(store_id) is None:
            body = {"properties": store, "systemData": {**by, "lastModifiedByType": "Application"}}
            azure.store.put(store_id, TYPE, body, parent=workspace_id, now=now)
        if store["datastoreType"] == "AzureBlob":
            await asyncio.to_thread(azure.blobs.ensure_container, store["accountName"], store["containerName"])


# Operations


async def put_datastore(request: Request) -> Answer:
    """Create or change a datastore of blobs; secrets are kept apart and never shown."""
    workspace = require_workspace(request)
    name = request.params["name"]
    require_name(name, ASSET_NAME, "datastore", "letters, digits, '-', '_' and '.', at most 255")
    body = request.json()
    _refuse_other_types(body)
    check(body, DATASTORE)
    sent = body.get("properties") or {}
    store_id = child_id(workspace, "datastores", name)
    existing = request.azure.store.get(store_id)
    _refuse_change(name, existing, sent)
    stored = _store(request, workspace, store_id, sent)
    if existing:
        return Answer(200, _shown(stored))
    location = f"https://{request.host}{stored.id}?api-version={request.api_version}"
    return Answer(201, _shown(stored), {"Location": location})


def _refuse_other_types(body: dict[str, Any]) -> None:
    kind = (body.get("properties") or {}).get("datastoreType")
    if kind is not None and str(kind).lower() != "azureblob":
        raise NotEmulatedError(f"datastores of type {kind} (only AzureBlob)")


_FIXED = ("accountName", "containerName", "endpoint", "protocol")


def _refuse_change(name: str, existing: Resource | None, sent: dict[str, Any]) -> None:
    """Refuse another place under the same name (create-only in the specification)."""
    if existing is None:
        return
    if name in _SYSTEM_STORES:
        raise ml_refusal(f"The datastore '{name}' belongs to the workspace and cannot be changed.")
    for key in _FIXED:
        if key in sent and sent[key] != existing.body["properties"].get(key):
            raise ml_refusal(f"The property '{key}' of the datastore '{name}' cannot be changed after it was created.")


def _store(request: Request, workspace: Resource, store_id: str, sent: dict[str, Any]) -> Resource:
    for key in ("accountName", "containerName", "credentials"):
        if not sent.get(key):
            raise ml_refusal(f"The request is missing the property 'properties.{key}'.")
    credentials = dict(sent["credentials"])
    secret = credentials.pop("secrets", None)
    properties = {
        "description": None, "tags": None, "properties": None, "endpoint": "core.windows.net", "protocol": "https",
        "serviceDataAccessAuthIdentity": "None", "subscriptionId": None, "resourceGroup": None,
        **{key: value for key, value in sent.items() if value is not None},
        "credentials": credentials,
        "isDefault": False,
    }  # fmt: skip
    azure, previous = request.azure, request.azure.store.get(store_id)
    with azure.store.transaction():
        body = {"properties": properties, "systemData": system_data(request, previous)}
        stored = azure.store.put(store_id, TYPE, body, parent=workspace.id, now=azure.clock.now())
        if secret is not None:
            azure.store.set_fact(store_id, "secret", secret)
    return stored


async def get_datastore(request: Request) -> Answer:
    """Return a datastore."""
    return Answer(200, _shown(_require(request)))


async def list_datastores(request: Request) -> Answer:
    """Return the workspace's datastores: people's own first, then its default ones."""
    workspace = require_workspace(request)
    stores = request.azure.store.children(workspace.id, TYPE)
    own = [store for store in stores if store.name not in _SYSTEM_STORES]
    system = sorted((s for s in stores if s.name in _SYSTEM_STORES), key=lambda s: _SYSTEM_STORES.index(s.name))
    wanted = [store for store in (*own, *system) if _selected(store, request)]
    return Answer(200, listing([_shown(store) for store in wanted[: int(request.query.get("count", "30"))]]))


_LIST_QUERY = {"api-version", "isDefault", "names", "count", "orderByAsc", "orderBy"}


def _selected(store: Resource, request: Request) -> bool:
    if unknown := sorted(set(request.query) - _LIST_QUERY):
        raise NotEmulatedError(f"the query option {', '.join(unknown)} of lists of datastores")
    if "names" in request.query and store.name not in request.query["names"].split(","):
        return False
    if "isDefault" not in request.query:
        return True
    default: bool = store.body["properties"]["isDefault"]
    return default == (request.query["isDefault"].lower() == "true")


async def delete_datastore(request: Request) -> Answer:
    """Forget a datastore; what it points to stays."""
    workspace = require_workspace(request)
    name = request.params["name"]
    store = request.azure.store.get(child_id(workspace, "datastores", name))
    if store is None:
        return Answer(204)
    if store.name in _SYSTEM_STORES:
        raise ml_refusal(f"The datastore '{store.name}' belongs to the workspace and cannot be deleted.")
    request.azure.store.delete(store.id)
    return Answer(200)


async def list_secrets(request: Request) -> Answer:
    """Return what opens the storage behind a datastore.

    A caller that wants a secret that expires gets a signature for the whole account: azure-ai-ml uses it for other
    containers as well. For the store of artifacts it is always the key, because the SDK signs log addresses with it.
    """
    store = _require(request)
    wishes = request.json() if request.content else {}
    check(wishes, LIST_SECRETS)
    properties = store.body["properties"]
    kind = properties["credentials"]["credentialsType"]
    if kind == _NO_KEYS:
        raise ml_refusal(f"No secrets for credentials of type {kind}.")
    secret: dict[str, Any] | None = request.azure.store.fact(store.id, "secret")
    if secret is not None:
        return Answer(200, secret)
    account = properties["accountName"]
    if wishes.get("expirableSecret") and store.name != ARTIFACT_STORE:
        hours = float(wishes.get("expireAfterHours") or 1)
        signature = await asyncio.to_thread(request.azure.blobs.account_sas, account, hours=hours)
        return Answer(200, {"secretsType": "Sas", "sasToken": signature})
    key = await asyncio.to_thread(request.azure.blobs.account_key, account)
    return Answer(200, {"secretsType": _KEYS, "key": key})


def _require(request: Request) -> Resource:
    workspace = require_workspace(request)
    if store := request.azure.store.get(child_id(workspace, "datastores", request.params["name"])):
        return store
    raise not_found("DatastoreNotFound", f"Could not find datastore: {request.params['name']}")


def _shown(store: Resource) -> dict[str, Any]:
    return {"id": store.id, "name": store.name, "type": TYPE, **store.body}


def feature() -> Feature:
    """Datastores."""
    stores = WORKSPACE + "/datastores"
    store = stores + "/{name}"
    return Feature(
        "datastores",
        routes=(
            Route("GET", stores, list_datastores, provenance="recorded", summary="List datastores"),
            Route("GET", store, get_datastore, provenance="recorded", summary="Get a datastore"),
            Route("PUT", store, put_datastore, provenance="recorded", summary="Create a datastore"),
            Route("DELETE", store, delete_datastore, provenance="recorded", summary="Delete a datastore"),
            Route(
                "POST", store + "/listSecrets", list_secrets, provenance="recorded", summary="Secrets of a datastore"
            ),
        ),
    )
