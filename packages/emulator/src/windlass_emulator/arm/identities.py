"""Microsoft.ManagedIdentity: user-assigned identities."""

from __future__ import annotations

import uuid

from windlass_emulator.arm import common
from windlass_emulator.arm.common import Draft, Kind, NameRule
from windlass_emulator.feature import Feature
from windlass_emulator.http import Answer, Handler, Request, Route
from windlass_emulator.settings import TENANT_ID

KIND = Kind(
    type="Microsoft.ManagedIdentity/userAssignedIdentities",
    body="identity",
    name=NameRule(
        r"[a-zA-Z0-9][a-zA-Z0-9_-]{2,127}",
        "An identity name has 3 to 128 letters, digits, '-' or '_', and begins with a letter or digit.",
        code="InvalidResourceName",
    ),
    # This service shows its ids so, whatever the request looked like.
    id_of=lambda resource_id: resource_id.replace("/resourceGroups/", "/resourcegroups/", 1),
)


def feature() -> Feature:
    """Return user-assigned identities."""
    return Feature(
        "identities",
        routes=(
            _route("PUT", _put),
            _route("PATCH", _patch),
            *common.usual_routes(KIND, what="user-assigned identity"),
        ),
        renderers=KIND.renderers(),
    )


def _route(method: str, handler: Handler) -> Route:
    return Route(method, KIND.template, handler, provenance="specified")


async def _put(request: Request) -> Answer:
    """Create or update a user-assigned identity."""
    draft = _completed(common.read_put(request, KIND))
    return common.put_answer(request, draft, common.save(request, KIND, draft))


def _completed(draft: Draft) -> Draft:
    before = draft.before
    properties = {
        "tenantId": TENANT_ID,
        "principalId": before.get("principalId") or str(uuid.uuid4()),
        "clientId": before.get("clientId") or str(uuid.uuid4()),
    }
    return Draft(draft.id, draft.name, draft.group, draft.existing, draft.body | {"properties": properties})


async def _patch(request: Request) -> Answer:
    """Change the tags of a user-assigned identity."""
    draft = _completed(common.read_patch(request, KIND))
    return Answer(200, common.shown(request, common.save(request, KIND, draft)))
