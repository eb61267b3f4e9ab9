"""Keys and tokens of online endpoints, as Azure Resource Manager hands them out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from windlass_emulator import lro
from windlass_emulator.errors import invalid_content
from windlass_emulator.http import Answer, Request, Route
from windlass_emulator.ml.common import require_workspace
from windlass_emulator.online import rules, shapes
from windlass_emulator.online.endpoints import operation_on, require_still, without_status
from windlass_emulator.online.ids import ENDPOINT, require_endpoint
from windlass_emulator.online.keys import changed_keys, keys_of
from windlass_emulator.online.live import open_doorway, signer
from windlass_emulator.shapes import check

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure
    from windlass_emulator.operations import Operation


def routes() -> tuple[Route, ...]:
    """The operations on keys and tokens."""
    return (
        Route("POST", ENDPOINT + "/listKeys", list_keys, provenance="recorded"),
        Route("POST", ENDPOINT + "/regenerateKeys", regenerate_keys, provenance="recorded"),
        Route("POST", ENDPOINT + "/token", get_token, provenance="recorded"),
    )


async def list_keys(request: Request) -> Answer:
    """List the keys of an online endpoint; both are null where it is scored with Entra tokens."""
    endpoint = require_endpoint(request)
    if endpoint.body["properties"]["authMode"] == "AADToken":
        return Answer(200, {"primaryKey": None, "secondaryKey": None})
    return Answer(200, keys_of(request.azure, endpoint.id))


async def regenerate_keys(request: Request) -> Answer:
    """Replace one of the keys of an online endpoint."""
    body = request.json()
    check(body, shapes.REGENERATE_KEYS)
    endpoint = require_endpoint(request)
    kind = str(body.get("keyType", ""))
    if kind.lower() not in {"primary", "secondary"}:
        raise invalid_content(f"'{kind}' is not a value of keyType: Primary, Secondary.", target="keyType")
    keys = changed_keys(keys_of(request.azure, endpoint.id), kind, body.get("keyValue"))
    # The new keys wait in the store and not among the operation's arguments, which are shown in logs.
    request.azure.store.set_fact(endpoint.id, "next_keys", keys)
    operation = request.azure.operations.start(operation_on(request, endpoint, "online_endpoint.regenerate"))
    return without_status(lro.accepted(request, operation))


async def change_keys(azure: LocalAzure, operation: Operation) -> None:
    """Carry out the replacement of a key."""
    await azure.take("online_endpoint.update")
    endpoint = require_still(azure, operation.resource)
    if keys := azure.store.fact(endpoint.id, "next_keys"):
        with azure.store.transaction():
            azure.store.set_fact(endpoint.id, "keys", keys)
            azure.store.delete_fact(endpoint.id, "next_keys")
        open_doorway(azure, endpoint)


async def get_token(request: Request) -> Answer:
    """Issue a token with which an online endpoint in mode AMLToken is scored."""
    endpoint = require_endpoint(request)
    if endpoint.body["properties"]["authMode"] != "AMLToken":
        raise rules.inference_refusal(
            "", f"Endpoint '{endpoint.name}' has authMode {endpoint.body['properties']['authMode']}, not AMLToken."
        )
    now = request.azure.clock.now()
    token = signer(request.azure).issue(endpoint, require_workspace(request), request.principal, now)
    return Answer(200, token)
