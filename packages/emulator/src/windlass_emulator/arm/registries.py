"""Microsoft.ContainerRegistry: registries as resources. No image is ever pushed here: `image` is a label."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from windlass_emulator import lro
from windlass_emulator.arm import common
from windlass_emulator.arm.common import SUBSCRIPTION, SUCCEEDED, Draft, Kind, NameRule, with_defaults
from windlass_emulator.clock import arm_time
from windlass_emulator.errors import AzureError
from windlass_emulator.feature import Feature
from windlass_emulator.http import Answer, Handler, Request, Route
from windlass_emulator.operations import Operation

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure

KIND = Kind(
    type="Microsoft.ContainerRegistry/registries",
    body="registry",
    name=NameRule(
        r"[a-zA-Z0-9]{5,50}",
        "A registry name has 5 to 50 letters and digits.",
        code="InvalidName",
    ),
    required=("sku.name",),
)
_CREATE, _DELETE = "container_registry.create", "container_registry.delete"
_SKUS = {"basic": "Basic", "standard": "Standard", "premium": "Premium"}
_PASSWORDS_FACT = "passwords"
_DISABLED = {"status": "disabled"}


def feature() -> Feature:
    """Return container registries."""
    one = KIND.template
    return Feature(
        "container registries",
        routes=(
            _route("PUT", one, _put),
            _route("PATCH", one, _patch),
            _route("DELETE", one, _delete),
            *common.usual_routes(KIND, what="container registry", deletes=False),
            _route("POST", f"{one}/listCredentials", _list_credentials),
            _route("POST", f"{one}/regenerateCredential", _regenerate_credential),
            _route("GET", f"{one}/listUsages", _list_usages),
            _route("POST", f"{SUBSCRIPTION}/providers/Microsoft.ContainerRegistry/checkNameAvailability", _CHECK_NAME),
        ),
        actions={_CREATE: _create, _DELETE: _carry_out_delete},
        renderers=KIND.renderers(),
    )


def _route(method: str, template: str, handler: Handler) -> Route:
    return Route(method, template, handler, provenance="specified")


_CHECK_NAME = common.name_checker(KIND, invalid_reason="Invalid")


async def _put(request: Request) -> Answer:
    """Create or update a container registry."""
    draft = common.read_put(request, KIND)
    if draft.existing is None and common.taken(request.azure, KIND, draft.name):
        raise AzureError(
            409,
            "AlreadyInUse",
            f"The registry DNS name {draft.name.lower()}.azurecr.io is already in use. You can check if the name is "
            "already claimed using following API: "
            "https://docs.microsoft.com/en-us/rest/api/containerregistry/registries/checknameavailability",
        )
    completed = _completed(draft, request.azure)
    if draft.existing is not None:
        return Answer(200, common.shown(request, common.save(request, KIND, completed)))
    completed.properties["provisioningState"] = "Creating"
    stored = common.save(request, KIND, completed)
    operation = lro.new_operation(request, "container_registry", draft.id, _CREATE, region=draft.location)
    request.azure.operations.start(operation)
    return lro.accepted_put(request, operation, common.shown(request, stored))


def _completed(draft: Draft, azure: LocalAzure) -> Draft:
    sku = _SKUS.get(str(draft.body["sku"]["name"]).lower())
    if sku is None:
        raise AzureError(
            400,
            "InvalidSku",
            f"The SKU '{draft.body['sku']['name']}' is invalid; known: {', '.join(_SKUS.values())}.",
            target="sku.name",
        )
    _refuse_for_tier(sku, draft.properties)
    defaults = _defaults(sku)
    properties = with_defaults(draft.properties, defaults)
    properties["policies"] = with_defaults(draft.properties.get("policies") or {}, defaults["policies"])
    properties |= {
        "loginServer": f"{draft.name.lower()}.azurecr.io",
        "creationDate": draft.before.get("creationDate") or arm_time(azure.clock.now()),
        "provisioningState": SUCCEEDED,
        "dataEndpointHostNames": [],
        "privateEndpointConnections": [],
    }
    body = draft.body | {"sku": {"name": sku, "tier": sku}, "properties": properties}
    if shown := common.identity(draft, azure):
        body["identity"] = shown
    return Draft(draft.id, draft.name, draft.group, draft.existing, body)


def _refuse_for_tier(sku: str, properties: dict[str, Any]) -> None:
    """Refuse what only Premium has: a registry without public access, and one over zones."""
    if sku == "Premium":
        return
    if properties.get("publicNetworkAccess") == "Disabled":
        raise AzureError(
            400,
            "DisablingPublicNetworkAccessNotSupported",
            f"Disabling public network access is not supported for the SKU {sku}. For more information, please visit "
            "https://aka.ms/acr/private-link.",
        )
    if properties.get("zoneRedundancy") == "Enabled":
        raise AzureError(
            400,
            "ZoneRedundancyNotSupported",
            f"Zone redundancy is not supported for the SKU {sku}. For more information, please visit "
            "https://aka.ms/acr/az.",
        )


def _defaults(sku: str) -> dict[str, Any]:
    defaults: dict[str, Any] = {
        "adminUserEnabled": False,
        "anonymousPullEnabled": False,
        "dataEndpointEnabled": False,
        "encryption": _DISABLED,
        "networkRuleBypassOptions": "AzureServices",
        "publicNetworkAccess": "Enabled",
        "zoneRedundancy": "Disabled",
        "policies": {
            "quarantinePolicy": _DISABLED,
            "trustPolicy": {"type": "Notary", "status": "disabled"},
            "retentionPolicy": {"days": 7, "status": "disabled"},
            "exportPolicy": {"status": "enabled"},
        },
    }
    if sku == "Premium":
        defaults["networkRuleSet"] = {"defaultAction": "Allow", "ipRules": []}
    return defaults


async def _create(azure: LocalAzure, operation: Operation) -> None:
    await azure.take(_CREATE)
    stored = azure.store.get(operation.resource)
    if stored is None:
        return  # its group has been deleted meanwhile
    azure.store.set_fact(stored.id, _PASSWORDS_FACT, [_password(), _password()])
    body = stored.body | {"properties": stored.body["properties"] | {"provisioningState": SUCCEEDED}}
    azure.store.put(stored.id, KIND.type, body, parent=stored.id.partition("/providers/")[0], now=azure.clock.now())


def _password() -> str:
    return secrets.token_urlsafe(39)


async def _patch(request: Request) -> Answer:
    """Change a container registry."""
    completed = _completed(common.read_patch(request, KIND), request.azure)
    return Answer(200, common.shown(request, common.save(request, KIND, completed)))


async def _delete(request: Request) -> Answer:
    """Delete a container registry."""
    common.writable_group(request)
    stored = request.azure.store.get(common.resource_id(request, KIND))
    if stored is None:
        return Answer(204)
    operation = lro.new_operation(request, "container_registry", stored.id, _DELETE, region=stored.body["location"])
    return lro.accepted(request, request.azure.operations.start(operation))


async def _carry_out_delete(azure: LocalAzure, operation: Operation) -> None:
    await azure.take(_DELETE)
    await azure.remove(operation.resource)


def _credentials(request: Request) -> tuple[str, list[str]]:
    stored = common.existing(request, KIND)
    if not stored.body["properties"]["adminUserEnabled"]:
        raise AzureError(
            400,
            "UnAuthorizedForCredentialOperations",
            f"Cannot perform credential operations for {stored.id} as admin user is disabled. Kindly enable admin "
            "user as per docs: https://docs.microsoft.com/en-us/azure/container-registry/"
            "container-registry-authentication#admin-account",
        )
    return stored.id, list(request.azure.store.fact(stored.id, _PASSWORDS_FACT))


async def _list_credentials(request: Request) -> Answer:
    """List the credentials of the admin user."""
    _, passwords = _credentials(request)
    return _credentials_answer(request, passwords)


def _credentials_answer(request: Request, passwords: list[str]) -> Answer:
    rows = [{"name": name, "value": value} for name, value in zip(("password", "password2"), passwords, strict=True)]
    return Answer(200, {"username": request.params["name"], "passwords": rows})


async def _regenerate_credential(request: Request) -> Answer:
    """Make a password of the admin user anew."""
    resource_id, passwords = _credentials(request)
    name = str(request.json().get("name", ""))
    if name not in {"password", "password2"}:
        raise AzureError(400, "InvalidRequest", "The name must be 'password' or 'password2'.", target="name")
    passwords[0 if name == "password" else 1] = _password()
    request.azure.store.set_fact(resource_id, _PASSWORDS_FACT, passwords)
    return _credentials_answer(request, passwords)


_SIZES = {"Basic": (10_737_418_240, 2), "Standard": (107_374_182_400, 10), "Premium": (536_870_912_000, 500)}


async def _list_usages(request: Request) -> Answer:
    """List the quotas of a container registry."""
    size, webhooks = _SIZES[common.existing(request, KIND).body["sku"]["name"]]
    return Answer(
        200,
        {
            "value": [
                {"name": "Size", "limit": size, "currentValue": 0, "unit": "Bytes"},
                {"name": "Webhooks", "limit": webhooks, "currentValue": 0, "unit": "Count"},
            ]
        },
    )
