"""Microsoft.KeyVault: vaults, which a delete leaves in a deleted state that keeps their name taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from windlass_emulator import lro, regions
from windlass_emulator.arm import common
from windlass_emulator.arm.common import SUBSCRIPTION, SUCCEEDED, Draft, Kind, NameRule, with_defaults
from windlass_emulator.clock import arm_time
from windlass_emulator.errors import AzureError
from windlass_emulator.feature import Feature
from windlass_emulator.http import Answer, Handler, Request, Route
from windlass_emulator.operations import Operation
from windlass_emulator.settings import TENANT_ID
from windlass_emulator.store import Resource

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure

KIND = Kind(
    type="Microsoft.KeyVault/vaults",
    body="vault",
    name=NameRule(
        r"(?=.{3,24}\Z)[a-zA-Z][a-zA-Z0-9]*(-[a-zA-Z0-9]+)*",
        "A vault's name must be between 3-24 alphanumeric characters. The name must begin with a letter, end with a "
        "letter or digit, and not contain consecutive hyphens.",
        code="VaultNameNotValid",
    ),
    required=("properties.tenantId", "properties.sku.name", "properties.sku.family"),
)
DELETED_TYPE = "Microsoft.KeyVault/deletedVaults"
_CREATE = "key_vault.create"
_RETENTION_DAYS = 90
_DAY = 86400.0
_DEFAULTS: dict[str, Any] = {
    "accessPolicies": [],
    "enabledForDeployment": False,
    "enableSoftDelete": True,
    "softDeleteRetentionInDays": _RETENTION_DAYS,
    "publicNetworkAccess": "Enabled",
}


def feature() -> Feature:
    """Return key vaults."""
    one, provider = KIND.template, f"{SUBSCRIPTION}/providers/Microsoft.KeyVault"
    deleted = f"{provider}/locations/{{location}}/deletedVaults/{{name}}"
    return Feature(
        "key vaults",
        routes=(
            _route("PUT", one, _put),
            _route("PATCH", one, _patch),
            *common.usual_routes(KIND, what="vault"),
            _route("GET", f"{provider}/deletedVaults", _list_deleted),
            _route("GET", deleted, _get_deleted),
            _route("POST", f"{deleted}/purge", _purge),
            _route("POST", f"{provider}/checkNameAvailability", _check_name),
        ),
        actions={_CREATE: _create},
        renderers=KIND.renderers() | {DELETED_TYPE.lower(): _render_deleted},
        deleted={KIND.type.lower(): _soft_delete},
    )


def _route(method: str, template: str, handler: Handler) -> Route:
    return Route(method, template, handler, provenance="specified")


async def _put(request: Request) -> Answer:
    """Create, update or recover a vault."""
    draft = common.read_put(request, KIND)
    recovering = draft.properties.pop("createMode", "default") == "recover"
    if draft.existing is None:
        draft = _recovered(request, draft) if recovering else draft
        _refuse_taken_name(request, draft, recovering=recovering)
    completed = _completed(draft)
    if draft.existing is not None:
        return Answer(200, common.shown(request, common.save(request, KIND, completed)))
    completed.properties["provisioningState"] = "RegisteringDns"
    stored = common.save(request, KIND, completed)
    operation = lro.new_operation(request, "key_vault", draft.id, _CREATE, region=draft.location)
    request.azure.operations.start(operation)
    return lro.accepted_put(request, operation, common.shown(request, stored))


def _refuse_taken_name(request: Request, draft: Draft, *, recovering: bool) -> None:
    if common.taken(request.azure, KIND, draft.name):
        raise AzureError(
            409,
            "VaultAlreadyExists",
            f"The vault name '{draft.name}' is already in use. Vault names are globaly unique so it is possible that "
            "the name is already taken. If you are sure that the vault name was not taken then it is possible that a "
            "vault with the same name was recently deleted but not purged after being placed in a recoverable state. "
            "If the vault is in a recoverable state then the vault will need to be purged before reusing the name.",
        )
    if not recovering and _deleted(request.azure, draft.name) is not None:
        raise AzureError(
            409,
            "ConflictError",
            "A vault with the same name already exists in deleted state. You need to either recover or purge existing "
            "key vault. Follow this link https://go.microsoft.com/fwlink/?linkid=2149745 for more information on soft "
            "delete.",
        )


def _recovered(request: Request, draft: Draft) -> Draft:
    """Bring back what a deleted vault was; only its tags may be new."""
    deleted = _deleted(request.azure, draft.name)
    if deleted is None or deleted.body["location"] != draft.location:
        raise AzureError(404, "VaultNotFound", f"There is no deleted vault '{draft.name}' in {draft.location}.")
    body = dict(deleted.body["vault"])
    request.azure.store.delete(deleted.id)
    return Draft(draft.id, draft.name, draft.group, None, body | {"tags": draft.body["tags"] or body["tags"]})


def _completed(draft: Draft) -> Draft:
    before = draft.before
    for name, sentence in _ONE_WAY.items():
        if before.get(name) and draft.properties.get(name) is False:
            raise AzureError(400, "BadRequest", sentence)
    if draft.properties.get("tenantId") != TENANT_ID:
        raise AzureError(
            400,
            "BadRequest",
            f"The tenant '{draft.properties.get('tenantId')}' of the vault is not the tenant of the "
            f"subscription, '{TENANT_ID}'.",
        )
    kept = {name: before[name] for name in ("enablePurgeProtection", "softDeleteRetentionInDays") if name in before}
    properties = with_defaults(draft.properties, _DEFAULTS | kept)
    properties |= {"vaultUri": f"https://{draft.name.lower()}.vault.azure.net/", "provisioningState": SUCCEEDED}
    return Draft(draft.id, draft.name, draft.group, draft.existing, draft.body | {"properties": properties})


_ONE_WAY = {
    "enableSoftDelete": 'The property "enableSoftDelete" can be set to false only for creating new vault. Enabling the '
    "'soft delete' functionality is an irreversible action.",
    "enablePurgeProtection": 'The property "enablePurgeProtection" cannot be set to false. Enabling the purge '
    "protection for a vault is an irreversible action.",
}


async def _create(azure: LocalAzure, operation: Operation) -> None:
    await azure.take(_CREATE)
    stored = azure.store.get(operation.resource)
    if stored is None:
        return  # its group has been deleted meanwhile
    body = stored.body | {"properties": stored.body["properties"] | {"provisioningState": SUCCEEDED}}
    azure.store.put(stored.id, KIND.type, body, parent=stored.id.partition("/providers/")[0], now=azure.clock.now())


async def _patch(request: Request) -> Answer:
    """Change a vault."""
    completed = _completed(common.read_patch(request, KIND))
    return Answer(200, common.shown(request, common.save(request, KIND, completed)))


# Deleted vaults


async def _soft_delete(azure: LocalAzure, resource_id: str) -> None:
    """Keep a vault that is going in its deleted state."""
    stored = azure.store.get(resource_id)
    if stored is None:
        return
    now, location = azure.clock.now(), stored.body["location"]
    provider = f"/subscriptions/{azure.subscription}/providers/Microsoft.KeyVault"
    body = {
        "location": location,
        "vault": {name: value for name, value in stored.body.items() if name != "systemData"},
        "vaultId": stored.id,
        "deleted": now,
    }
    azure.store.put(
        f"{provider}/locations/{location}/deletedVaults/{stored.name}", DELETED_TYPE, body, parent=provider, now=now
    )


def _deleted(azure: LocalAzure, name: str) -> Resource | None:
    found = (stored for stored in azure.store.of_type(DELETED_TYPE) if stored.name.lower() == name.lower())
    return next(found, None)


def _render_deleted(azure: LocalAzure, resource: Resource, api_version: str) -> dict[str, Any]:
    del azure, api_version
    vault, deleted = resource.body["vault"], resource.body["deleted"]
    days = vault["properties"]["softDeleteRetentionInDays"]
    properties = {
        "vaultId": resource.body["vaultId"],
        "location": resource.body["location"],
        "tags": vault.get("tags") or {},
        "deletionDate": arm_time(deleted),
        "scheduledPurgeDate": arm_time(deleted + days * _DAY),
    }
    if vault["properties"].get("enablePurgeProtection"):
        properties["purgeProtectionEnabled"] = True
    return {"id": resource.id, "name": resource.name, "type": DELETED_TYPE, "properties": properties}


async def _list_deleted(request: Request) -> Answer:
    """List deleted vaults."""
    found = request.azure.store.of_type(DELETED_TYPE)
    return Answer(200, {"value": [common.shown(request, deleted) for deleted in found]})


def _existing_deleted(request: Request) -> Resource:
    name, location = request.params["name"], request.params["location"]
    deleted = _deleted(request.azure, name)
    if deleted is None or deleted.body["location"] != regions.normal(location):
        raise AzureError(
            404,
            "DeletedVaultNotFound",
            f"The specified deleted vault does not exist: '{name}' in location '{location}'.",
        )
    return deleted


async def _get_deleted(request: Request) -> Answer:
    """Get a deleted vault."""
    return Answer(200, common.shown(request, _existing_deleted(request)))


async def _purge(request: Request) -> Answer:
    """Delete a deleted vault for good."""
    deleted = _existing_deleted(request)
    if deleted.body["vault"]["properties"].get("enablePurgeProtection"):
        raise AzureError(
            403,
            "Forbidden",
            f"Operation is not allowed because purge protection is enabled for this vault: '{deleted.name}'. It can "
            f"only be purged when the 7-90 days retention duration has passed.",
        )
    request.azure.store.delete(deleted.id)
    return Answer(200)


async def _check_name(request: Request) -> Answer:
    """Ask whether a vault name is free."""
    name = str(request.json().get("name", ""))
    if not KIND.name.refusal(name) and _deleted(request.azure, name) is not None:
        message = f"The vault name '{name}' is taken by a deleted vault."
        return Answer(200, {"nameAvailable": False, "reason": "AlreadyExists", "message": message})
    return await _CHECK_NAME(request)


_CHECK_NAME = common.name_checker(KIND)
