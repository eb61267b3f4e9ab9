"""Microsoft.ManagedIdentity: federated credentials, by which a user-assigned identity trusts jobs of somebody else.

Rules and wordings are those of Microsoft's "Important considerations and restrictions for federated identity
credentials"; codes that the page does not give are our inference.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from windlass_emulator.arm import common, identities
from windlass_emulator.errors import AzureError, resource_not_found
from windlass_emulator.feature import Feature
from windlass_emulator.http import Answer, Handler, Request, Route

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure
    from windlass_emulator.store import Resource

TYPE = "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials"
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]{2,119}")
_MOST = 20
_LONGEST = 600
_WRITE = "federated_credential.write"
_WRITING = "federated credentials being written"


def feature() -> Feature:
    """Return federated credentials."""
    many = f"{identities.KIND.template}/federatedIdentityCredentials"
    one = f"{many}/{{credential}}"
    return Feature(
        "federated credentials",
        routes=(
            _route("GET", many, _list),
            _route("PUT", one, _put),
            _route("GET", one, _get),
            _route("DELETE", one, _delete),
        ),
        renderers={TYPE.lower(): _render},
    )


def _route(method: str, template: str, handler: Handler) -> Route:
    return Route(method, template, handler, provenance="specified")


def _render(azure: LocalAzure, resource: Resource, api_version: str) -> dict[str, Any]:
    del azure, api_version
    shown_id = identities.KIND.id_of(resource.id)
    return {"id": shown_id, "name": resource.name, "type": TYPE, "properties": resource.body["properties"]}


def _identity(request: Request) -> Resource:
    common.existing_group(request)
    stored = request.azure.store.get(common.resource_id(request, identities.KIND))
    if stored is None:
        raise AzureError(404, "ParentResourceNotFound", "The parent user-assigned identity doesn't exist.")
    return stored


def _id(identity: Resource, name: str) -> str:
    return f"{identity.id}/federatedIdentityCredentials/{name}"


@asynccontextmanager
async def _alone(azure: LocalAzure, identity: Resource) -> AsyncIterator[None]:
    """Keep the credentials of an identity to one write at a time: Azure refuses another one meanwhile.

    Raises:
        AzureError: 409 while another one is being written or deleted.
    """
    writing: set[str] = azure.live.setdefault(_WRITING, set())
    key = identity.id.lower()
    if key in writing:
        raise AzureError(
            409,
            "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity",
            "Too many Federated Identity Credentials are written concurrently for the managed identity "
            f"'{key}'. Concurrent Federated Identity Credentials writes under the same managed identity are not "
            "supported.",
        )
    writing.add(key)
    try:
        await azure.take(_WRITE)
        yield
    finally:
        writing.discard(key)


async def _put(request: Request) -> Answer:
    """Create or update a federated credential."""
    common.writable_group(request)
    identity, name = _identity(request), request.params["credential"]
    if not _NAME.fullmatch(name):
        raise _refusal(f"Federated Identity Credential name '{name}' is invalid.", "InvalidResourceName")
    properties = _checked(common.checked_body(request, "federated credential").get("properties") or {})
    async with _alone(request.azure, identity):
        stored = request.azure.store.get(_id(identity, name))
        _refuse_another(request.azure, identity, stored, properties)
        made = request.azure.store.put(
            stored.id if stored else _id(identity, name),
            TYPE,
            {"properties": properties},
            parent=identity.id,
            now=request.azure.clock.now(),
        )
    return Answer(200 if stored else 201, common.shown(request, made))


def _checked(properties: dict[str, Any]) -> dict[str, Any]:
    issuer, subject, audiences = (properties.get(name) for name in ("issuer", "subject", "audiences"))
    if not issuer or not subject or not audiences:
        raise _refusal("Federated Identity Credential from HTTP body has empty properties")
    if not isinstance(audiences, list) or len(audiences) != 1:
        raise _refusal("Federated identity credentials must have exactly one audience.")
    for name, text in (("issuer", issuer), ("subject", subject), ("audiences", audiences[0])):
        if not isinstance(text, str) or len(text) > _LONGEST:
            raise _refusal(f"The property '{name}' of a federated identity credential has at most {_LONGEST} letters.")
    return {"issuer": issuer, "subject": subject, "audiences": audiences}


def _refuse_another(azure: LocalAzure, identity: Resource, stored: Resource | None, properties: dict[str, Any]) -> None:
    others = [each for each in azure.store.children(identity.id, TYPE) if stored is None or each.id != stored.id]
    wanted = (properties["issuer"], properties["subject"])
    if any((each.body["properties"]["issuer"], each.body["properties"]["subject"]) == wanted for each in others):
        raise _refusal("Issuer and subject combination already exists for this Managed Identity.")
    if stored is None and len(others) >= _MOST:
        raise _refusal(
            f"A maximum of {_MOST} federated identity credentials can be added to a user-assigned managed identity.",
            "FederatedIdentityCredentialsLimitReached",
        )


def _refusal(message: str, code: str = "BadRequest") -> AzureError:
    return AzureError(400, code, message)


def _existing(request: Request) -> Resource:
    identity, name = _identity(request), request.params["credential"]
    stored = request.azure.store.get(_id(identity, name))
    if stored is None:
        parent = f"{request.params['name']}/{name}"
        raise resource_not_found(TYPE, parent, request.params["group"])
    return stored


async def _get(request: Request) -> Answer:
    """Get a federated credential."""
    return Answer(200, common.shown(request, _existing(request)))


async def _list(request: Request) -> Answer:
    """List the federated credentials of an identity."""
    found = request.azure.store.children(_identity(request).id, TYPE)
    return Answer(200, {"value": [common.shown(request, each) for each in found]})


async def _delete(request: Request) -> Answer:
    """Delete a federated credential."""
    identity = _identity(request)
    stored = request.azure.store.get(_id(identity, request.params["credential"]))
    if stored is None:
        return Answer(204)
    async with _alone(request.azure, identity):
        request.azure.store.delete(stored.id)
    return Answer(200)
