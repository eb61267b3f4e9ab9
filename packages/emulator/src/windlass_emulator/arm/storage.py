"""Microsoft.Storage: accounts, their keys, and containers, which are those of the blob service itself."""

from __future__ import annotations

import asyncio
import base64
import secrets
from typing import TYPE_CHECKING, Any

from windlass_emulator import azurite, lro
from windlass_emulator.arm import common
from windlass_emulator.arm.common import SUBSCRIPTION, SUCCEEDED, Draft, Kind, NameRule, with_defaults
from windlass_emulator.blobs import Container, Containers
from windlass_emulator.clock import arm_time
from windlass_emulator.errors import AzureError
from windlass_emulator.feature import Feature
from windlass_emulator.folder import DataFolder
from windlass_emulator.http import Answer, Handler, Request, Route
from windlass_emulator.operations import Operation
from windlass_emulator.storage_service import KEYS_FACT
from windlass_emulator.store import Resource

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure

KIND = Kind(
    type="Microsoft.Storage/storageAccounts",
    body="storage account",
    name=NameRule(
        r"[a-z0-9]{3,24}",
        "Storage account name must be between 3 and 24 characters in length and use numbers and lower-case letters "
        "only.",
        code="AccountNameInvalid",
    ),
    required=("kind", "sku.name"),
    fixed=("properties.isHnsEnabled", "properties.isNfsV3Enabled"),
    system_data=False,
)
CONTAINER_TYPE = "Microsoft.Storage/storageAccounts/blobServices/containers"
_CONTAINER_NAME = NameRule(
    r"(?=.{3,63}\Z)(\$root|\$web|[a-z0-9]+(-[a-z0-9]+)*)",
    "A container name has 3 to 63 lower-case letters, digits and single hyphens between them.",
    code="InvalidResourceName",
)
_CREATE = "storage_account.create"
_KEY_BYTES = 64
_DEFAULTS: dict[str, Any] = {
    "accessTier": "Hot",
    "allowBlobPublicAccess": False,
    "allowCrossTenantReplication": False,
    "minimumTlsVersion": "TLS1_0",
    "networkAcls": {
        "bypass": "AzureServices",
        "virtualNetworkRules": [],
        "ipRules": [],
        "defaultAction": "Allow",
    },
    "supportsHttpsTrafficOnly": True,
}


def feature() -> Feature:
    """Return storage."""
    one = KIND.template
    containers = f"{one}/blobServices/default/containers"
    return Feature(
        "storage",
        routes=(
            _route("PUT", one, _put),
            _route("PATCH", one, _patch),
            *common.usual_routes(KIND, what="storage account"),
            _route("POST", f"{one}/listKeys", _list_keys),
            _route("POST", f"{one}/regenerateKey", _regenerate_key),
            _route("POST", f"{SUBSCRIPTION}/providers/Microsoft.Storage/checkNameAvailability", _CHECK_NAME),
            _route("GET", containers, _list_containers),
            _route("PUT", f"{containers}/{{container}}", _put_container),
            _route("PATCH", f"{containers}/{{container}}", _patch_container),
            _route("GET", f"{containers}/{{container}}", _get_container),
            _route("DELETE", f"{containers}/{{container}}", _delete_container),
        ),
        actions={_CREATE: _create},
        renderers=KIND.renderers(),
        deleted={KIND.type.lower(): _ended},
    )


def _route(method: str, template: str, handler: Handler) -> Route:
    return Route(method, template, handler, provenance="specified")


_CHECK_NAME = common.name_checker(KIND)


# Accounts


async def _put(request: Request) -> Answer:
    """Create or update a storage account."""
    draft = common.read_put(request, KIND)
    _refuse_taken_name(request, draft)
    completed = _completed(draft, request.azure)
    if draft.existing is not None:
        stored = common.save(request, KIND, completed)
        _publish(request.azure)
        return common.put_answer(request, draft, stored)
    completed.properties["provisioningState"] = "Creating"
    common.save(request, KIND, completed)
    operation = lro.new_operation(request, "storage_account", draft.id, _CREATE, region=draft.location)
    request.azure.operations.start(operation)
    return lro.accepted_put(request, operation, {})


def _refuse_taken_name(request: Request, draft: Draft) -> None:
    if draft.existing is None and common.taken(request.azure, KIND, draft.name):
        message = f"The storage account named {draft.name} is already taken."
        raise AzureError(409, "StorageAccountAlreadyTaken", message, target="name")


def _completed(draft: Draft, azure: LocalAzure) -> Draft:
    """Fill in what Azure adds; what an update does not mention stays as it was."""
    now = arm_time(azure.clock.now())
    before = draft.before
    outputs = {
        "provisioningState": SUCCEEDED,
        "creationTime": before.get("creationTime", now),
        "keyCreationTime": before.get("keyCreationTime") or {"key1": now, "key2": now},
        "primaryLocation": draft.location,
        "statusOfPrimary": "available",
        "primaryEndpoints": _endpoints(draft.name),
        "privateEndpointConnections": [],
    }
    defaults = {**_DEFAULTS, "encryption": _encryption(now), **before}
    sku = {"name": draft.body["sku"]["name"], "tier": draft.body["sku"]["name"].partition("_")[0]}
    body = draft.body | {"sku": sku, "properties": with_defaults(draft.properties, defaults) | outputs}
    if shown := common.identity(draft, azure):
        body["identity"] = shown
    return Draft(draft.id, draft.name, draft.group, draft.existing, body)


def _encryption(now: str) -> dict[str, Any]:
    enabled = {"keyType": "Account", "enabled": True, "lastEnabledTime": now}
    return {"services": {"file": enabled, "blob": enabled}, "keySource": "Microsoft.Storage"}


def _endpoints(name: str) -> dict[str, str]:
    places = {"dfs": "dfs", "web": "z6.web", "blob": "blob", "queue": "queue", "table": "table", "file": "file"}
    return {service: f"https://{name}.{place}.core.windows.net/" for service, place in places.items()}


async def _create(azure: LocalAzure, operation: Operation) -> None:
    """Give a new account its keys and let the blob service know it."""
    await azure.take(_CREATE)
    stored = azure.store.get(operation.resource)
    if stored is None:
        return  # its group has been deleted meanwhile
    if azure.store.fact(stored.id, KEYS_FACT) is None:
        azure.store.set_fact(stored.id, KEYS_FACT, [_new_key(), _new_key()])
    _publish(azure)
    body = stored.body | {"properties": stored.body["properties"] | {"provisioningState": SUCCEEDED}}
    parent = stored.id.partition("/providers/")[0]
    azure.store.put(stored.id, KIND.type, body, parent=parent, now=azure.clock.now())


def _new_key() -> str:
    return base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()


def _publish(azure: LocalAzure, without: str = "") -> None:
    """Let the blob service know the accounts that exist, and which of them take no keys."""
    azurite.write_accounts(DataFolder(azure.settings.data), azure.store, without)


async def _ended(azure: LocalAzure, resource_id: str) -> None:
    """Delete the blobs of an account that is going, then the account's name in the blob service."""
    stored = azure.store.get(resource_id)
    if stored is None or azure.store.fact(resource_id, KEYS_FACT) is None:
        return
    containers = _containers(azure)

    def delete_all() -> None:
        for container in containers.containers(stored.name):
            containers.delete_container(stored.name, container.name)

    await asyncio.to_thread(delete_all)
    _publish(azure, without=resource_id)


async def _patch(request: Request) -> Answer:
    """Change a storage account."""
    completed = _completed(common.read_patch(request, KIND), request.azure)
    stored = common.save(request, KIND, completed)
    _publish(request.azure)
    return Answer(200, common.shown(request, stored))


async def _list_keys(request: Request) -> Answer:
    """List the keys of a storage account."""
    return Answer(200, _keys(request, common.existing(request, KIND)))


def _keys(request: Request, account: Resource) -> dict[str, Any]:
    made = account.body["properties"]["keyCreationTime"]
    keys = request.azure.store.fact(account.id, KEYS_FACT)
    if keys is None:
        raise AzureError(
            409,
            "StorageAccountIsNotProvisioned",
            "The storage account provisioning state must be 'Succeeded' before executing the operation.",
        )
    rows = zip(("key1", "key2"), keys, strict=True)
    return {
        "keys": [
            {"keyName": name, "value": value, "permissions": "FULL", "creationTime": made[name]} for name, value in rows
        ]
    }


async def _regenerate_key(request: Request) -> Answer:
    """Make a key of a storage account anew."""
    account = common.existing(request, KIND)
    name = str(request.json().get("keyName", ""))
    if name not in {"key1", "key2"}:
        raise AzureError(
            400, "InvalidValuesForRequestParameters", "Values for request parameters are invalid: keyName."
        )
    azure = request.azure
    keys = _keys(request, account)["keys"]
    values = [_new_key() if row["keyName"] == name else row["value"] for row in keys]
    azure.store.set_fact(account.id, KEYS_FACT, values)
    _publish(azure)
    times = account.body["properties"]["keyCreationTime"] | {name: arm_time(azure.clock.now())}
    body = account.body | {"properties": account.body["properties"] | {"keyCreationTime": times}}
    changed = azure.store.put(
        account.id, KIND.type, body, parent=account.id.partition("/providers/")[0], now=azure.clock.now()
    )
    return Answer(200, _keys(request, changed))


# Containers


def _containers(azure: LocalAzure) -> Containers:
    assert isinstance(azure.blobs, Containers)
    return azure.blobs


async def _put_container(request: Request) -> Answer:
    """Create or update a container."""
    account = _ready_account(request)
    name = request.params["container"]
    if refusal := _CONTAINER_NAME.refusal(name):
        raise AzureError(400, _CONTAINER_NAME.code, refusal)
    body = common.checked_body(request, "container")
    properties = body.get("properties") or {}
    _refuse_public(account, properties)
    containers = _containers(request.azure)

    def put() -> tuple[bool, Container]:
        new = containers.container(account.name, name) is None
        if new:
            containers.create_container(account.name, name)
        return new, _change(containers, account.name, name, properties)

    new, made = await asyncio.to_thread(put)
    return Answer(201 if new else 200, _shown_container(account, made))


async def _patch_container(request: Request) -> Answer:
    """Change a container."""
    account, current = await _existing_container(request)
    properties = common.checked_body(request, "container").get("properties") or {}
    _refuse_public(account, properties)
    changed = await asyncio.to_thread(_change, _containers(request.azure), account.name, current.name, properties)
    return Answer(200, _shown_container(account, changed))


def _change(containers: Containers, account: str, name: str, properties: dict[str, Any]) -> Container:
    containers.set_container(
        account, name, public_access=properties.get("publicAccess"), metadata=properties.get("metadata")
    )
    changed = containers.container(account, name)
    assert changed is not None
    return changed


def _refuse_public(account: Resource, properties: dict[str, Any]) -> None:
    public = properties.get("publicAccess") not in {None, "None"}
    if public and not account.body["properties"]["allowBlobPublicAccess"]:
        raise AzureError(409, "PublicAccessNotPermitted", "Public access is not permitted on this storage account.")


async def _get_container(request: Request) -> Answer:
    """Get a container."""
    account, container = await _existing_container(request)
    return Answer(200, _shown_container(account, container))


async def _existing_container(request: Request) -> tuple[Resource, Container]:
    account = _ready_account(request)
    name = request.params["container"]
    found = await asyncio.to_thread(_containers(request.azure).container, account.name, name)
    if found is None:
        raise AzureError(404, "ContainerNotFound", "The specified container does not exist.")
    return account, found


def _ready_account(request: Request) -> Resource:
    account = common.existing(request, KIND)
    _keys(request, account)
    return account


async def _list_containers(request: Request) -> Answer:
    """List the containers of an account, those made through the blob service included."""
    account = _ready_account(request)
    found = await asyncio.to_thread(_containers(request.azure).containers, account.name)
    return Answer(200, {"value": [_shown_container(account, container) for container in found]})


async def _delete_container(request: Request) -> Answer:
    """Delete a container with its blobs."""
    account = _ready_account(request)
    name = request.params["container"]
    there = await asyncio.to_thread(_containers(request.azure).delete_container, account.name, name)
    request.azure.store.delete(f"{account.id}/blobServices/default/containers/{name}")  # roles that were held on it
    return Answer(200 if there else 204)


def _shown_container(account: Resource, container: Container) -> dict[str, Any]:
    return {
        "id": f"{account.id}/blobServices/default/containers/{container.name}",
        "name": container.name,
        "type": CONTAINER_TYPE,
        "etag": container.etag,
        "properties": {
            "deleted": False,
            "remainingRetentionDays": 0,
            "defaultEncryptionScope": "$account-encryption-key",
            "denyEncryptionScopeOverride": False,
            "publicAccess": container.public_access,
            "leaseStatus": "Unlocked",
            "leaseState": "Available",
            "lastModifiedTime": arm_time(container.modified),
            "hasImmutabilityPolicy": False,
            "hasLegalHold": False,
            **({"metadata": dict(container.metadata)} if container.metadata else {}),
        },
    }
