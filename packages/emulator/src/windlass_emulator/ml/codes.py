"""Code assets: snapshots that clients find by their hash or upload to a container of their own."""

from __future__ import annotations

import asyncio
import base64
import secrets
import uuid
from typing import TYPE_CHECKING, Any

from windlass_emulator.errors import ml_refusal
from windlass_emulator.feature import Feature
from windlass_emulator.http import Answer, Request, Route
from windlass_emulator.ml.assets import AssetKind, Properties, list_versions, renderers, routes, texts
from windlass_emulator.ml.common import WORKSPACE, conflict, listing, require_workspace, type_of
from windlass_emulator.ml.references import BLOB_SUFFIX
from windlass_emulator.ml.shapes import CODE, CONTAINER, PENDING_UPLOAD
from windlass_emulator.shapes import check

if TYPE_CHECKING:
    from windlass_emulator.store import Resource

_UPLOAD_HOURS = 8.0


async def complete(_request: Request, _workspace: Resource, sent: Properties) -> Properties:
    """Return what is stored of code: what was sent and what the service adds (recorded)."""
    if not sent.get("codeUri"):
        raise ml_refusal("The request is missing the property 'properties.codeUri'.")
    return {
        "description": sent.get("description"),
        "tags": texts(sent.get("tags")),
        "properties": texts(sent.get("properties")),
        "isArchived": bool(sent.get("isArchived", False)),
        "isAnonymous": bool(sent.get("isAnonymous", False)),
        "codeUri": sent["codeUri"],
        "provisioningState": "Succeeded",
    }


def refuse_change(_name: str, _version: str, old: Properties, new: Properties) -> None:
    """Refuse another content under the same version."""
    if old["codeUri"].rstrip("/") != new["codeUri"].rstrip("/"):
        raise conflict("Asset paths cannot be updated.")


async def find_by_hash(request: Request) -> Answer:
    """Search all code of the workspace for a hash; without one, list the versions of a name."""
    wanted = request.query.get("hash")
    if wanted is None:
        return await list_versions(request, KIND)
    workspace = require_workspace(request)
    found = [
        code
        for code in request.azure.store.of_type(type_of("codes", "versions"))
        if code.id.lower().startswith(workspace.id.lower() + "/") and _has_hash(code, wanted, request)
    ]
    return Answer(200, listing([request.azure.render(code, request.api_version) for code in found[-1:]]))


def _has_hash(code: Resource, wanted: str, request: Request) -> bool:
    properties: dict[str, Any] = code.body["properties"]["properties"]
    version = request.query.get("hashVersion")
    return properties.get("hash_sha256") == wanted and version in {None, properties.get("hash_version")}


async def start_pending_upload(request: Request) -> Answer:
    """Make a container for one upload and hand out its address with a signature."""
    workspace = require_workspace(request)
    body = request.json()
    check(body, PENDING_UPLOAD)
    storage = str(workspace.body["properties"]["storageAccount"])
    account = storage.rsplit("/", 1)[1]
    container = f"{workspace.body['properties']['workspaceId']}-{_random_name()}"
    blobs = request.azure.blobs
    await asyncio.to_thread(blobs.ensure_container, account, container)
    signature = await asyncio.to_thread(blobs.container_sas, account, container, permission="rcwl", hours=_UPLOAD_HOURS)
    host = f"https://{account}{BLOB_SUFFIX}"
    return Answer(
        200,
        {
            "blobReferenceForConsumption": {
                "blobUri": f"{host}:443/{container}",
                "storageAccountArmId": storage,
                "credential": {"credentialType": "SAS", "sasUri": f"{host}/{container}?{signature}"},
            },
            "pendingUploadId": body.get("pendingUploadId") or str(uuid.uuid4()),
            "pendingUploadType": "None",
        },
    )


def _random_name() -> str:
    """Return 26 lower-case base32 characters, as recorded."""
    return base64.b32encode(secrets.token_bytes(20)).decode().lower()[:26]


KIND = AssetKind("codes", "code", CODE, CONTAINER, complete, refuse_change)


def feature() -> Feature:
    """Code, its search by hash and its upload."""
    versions = WORKSPACE + "/codes/{name}/versions"
    own = (
        Route("GET", versions, find_by_hash, provenance="recorded", summary="Find code by its hash"),
        Route(
            "POST", versions + "/{version}/startPendingUpload", start_pending_upload, provenance="recorded",
            summary="Start the upload of code",
        ),
    )  # fmt: skip
    return Feature("codes", routes=(*own, *routes(KIND)), renderers=renderers(KIND))
