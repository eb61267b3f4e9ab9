"""Where the source of a build is uploaded to and its log is read from: blobs of the registry service's own account.

On Azure they are in a storage account that nobody sees but through addresses with a signature. Here they are files,
and the signature is a random word that was handed out with the address.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from email.utils import formatdate
from pathlib import Path
from typing import TYPE_CHECKING

from windlass_emulator.errors import AzureError, NotEmulatedError
from windlass_emulator.http import Answer, Request, Route

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure

HOST = "acrtaskprodlocal001.blob.core.windows.net"
_SCOPE = "registry service blobs"
_TEMPLATE = "/{container}/{path*}"


def routes() -> tuple[Route, ...]:
    """The two operations."""
    return (_route("PUT", _put), _route("GET", _get))


def _route(method: str, handler: object) -> Route:
    return Route(
        method,
        _TEMPLATE,
        handler,  # type: ignore[arg-type]
        site="builds",
        needs_token=False,
        needs_api_version=False,
        provenance="specified",
    )


def address_of(azure: LocalAzure, container: str, path: str, permission: str) -> str:
    """Return an address that permits one thing with one blob."""
    signature = secrets.token_urlsafe(32)
    azure.store.set_fact(_SCOPE, f"{container}/{path}?{permission}", signature)
    return f"https://{HOST}/{container}/{path}?sv=2021-08-06&sr=b&sp={permission}&sig={signature}"


def file_of(azure: LocalAzure, container: str, path: str) -> Path:
    """Return the file behind a blob."""
    return azure.settings.data / "images" / "blobs" / hashlib.sha256(f"{container}/{path}".encode()).hexdigest()[:32]


async def _put(request: Request) -> Answer:
    """Upload the source of a build."""
    file = _permitted(request, "cw")
    if request.headers.get("x-ms-blob-type") != "BlockBlob" or "comp" in request.query:
        raise NotEmulatedError("an upload of a build's source in several parts")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(request.content)
    return Answer(201, None, _headers(request, request.content))


async def _get(request: Request) -> Answer:
    """Read the log of a build."""
    file = _permitted(request, "r")
    content = file.read_bytes() if file.exists() else b""
    return Answer(
        200, content, {**_headers(request, content), "Content-Type": "text/plain", "x-ms-blob-type": "BlockBlob"}
    )


def _permitted(request: Request, permission: str) -> Path:
    container, path = request.params["container"], request.params["path"]
    known = request.azure.store.fact(_SCOPE, f"{container}/{path}?{permission}", "")
    if not known or not hmac.compare_digest(known, request.query.get("sig", "")):
        raise AzureError(403, "AuthenticationFailed", "Server failed to authenticate the request.")
    return file_of(request.azure, container, path)


def _headers(request: Request, content: bytes) -> dict[str, str]:
    digest = hashlib.sha256(content).hexdigest()
    return {
        "ETag": f'"0x{digest[:15].upper()}"',
        "Last-Modified": formatdate(request.azure.clock.now(), usegmt=True),
        "x-ms-request-id": digest[:32],
        "x-ms-version": "2021-08-06",
    }
