"""The way of a request through the local Azure, in one file and in order.

Host name to site, injected faults, route, api-version, token, subscription, rights, locks, handler, headers, log.

An `AzureError` raised anywhere on the way becomes an answer in the envelope of its service; anything else is a bug
of ours and is answered 500 with its name, while the log keeps the trace.
"""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import formatdate
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from starlette.types import Receive, Scope, Send

from windlass_emulator import coverage, hosts, login
from windlass_emulator.access import gate
from windlass_emulator.arm import locks, subscriptions
from windlass_emulator.arm.kubernetes.front_ends import front_ends
from windlass_emulator.azure import LocalAzure
from windlass_emulator.clock import azure_time
from windlass_emulator.errors import AzureError, MlError, NotEmulatedError
from windlass_emulator.faults import InjectedError
from windlass_emulator.http import Answer, Principal, Request, Route, Router, Site
from windlass_emulator.settings import TENANT_ID
from windlass_emulator.tokens import TokenRefusedError

_log = logging.getLogger(__name__)

_API_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(-[a-z.]+)*\Z", re.IGNORECASE)
_ML_NAMESPACE = "/providers/microsoft.machinelearningservices/"
_DEFAULT_REGION = "westeurope"


class App:
    """The local Azure as an ASGI application."""

    def __init__(self, azure: LocalAzure, router: Router) -> None:
        self._azure = azure
        self._router = router

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        began = time.perf_counter()
        try:
            content = await _read(receive)
        except _ClientGoneError:
            return  # half a request is none
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        request = Request(
            azure=self._azure,
            method=scope["method"],
            host=headers.get("host", "").rpartition(":")[0].lower() or headers.get("host", "").lower(),
            path=re.sub("^//+", "/", scope["path"]),
            query=dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)),
            headers=headers,
            content=content,
            params={},
        )
        site = self._site(request, secure=scope["scheme"] == "https")
        answer = await self._answer(request, site)
        taken = time.perf_counter() - began
        await _send(send, request, answer, {**_headers(request, site, answer, taken), **answer.headers})
        if site not in {
            "inference",
            "cluster",
        }:  # scoring has hundreds a second, and its instances write logs of their own
            _log.info("%s %s%s %s %.0f ms", request.method, request.host, request.path, answer.status, taken * 1000)

    def _site(self, request: Request, *, secure: bool) -> Site | None:
        if (front_end := front_ends(self._azure).get(request.host)) is not None:
            return "cluster" if front_end.secure == secure else None
        # The admin API stands on a plain listener of its own; Azure's names never lead to it, nor it to them.
        site = hosts.site_of(request.host)
        return site if (site == "admin") != secure else None

    async def _answer(self, request: Request, site: Site | None) -> Answer:
        try:
            return await self._handle(request, site)
        except AzureError as error:
            return _refusal(request, error)
        except Exception as error:  # noqa: BLE001 - the outermost edge; a bug must not pass as a dropped connection
            _log.exception("%s %s%s", request.method, request.host, request.path)
            return _refusal(request, AzureError(500, "InternalServerError", f"{type(error).__name__}: {error}"))

    async def _handle(self, request: Request, site: Site | None) -> Answer:
        if site is None:
            raise NotEmulatedError(f"the host '{request.host}'")
        if site != "admin":
            self._azure.faults.check_request(request.method, request.host, request.path)
        route, params = self._find(request, site)
        if route.needs_api_version:
            _check_api_version(request)
        principal = _check_token(request, site) if route.needs_token else None
        _check_subscription(request, params)
        if principal is not None:
            gate.authorize(request, route, params, principal)
        if site == "management":
            subscriptions.require_registered(request)
            locks.require_unlocked(request)
        answer = await route.handler(replace(request, params=params, principal=principal))
        return answer if principal is None else gate.visible(request, route, principal, answer)

    def _find(self, request: Request, site: Site) -> tuple[Route, dict[str, str]]:
        if found := self._router.find(site, request.method, request.path):
            return found
        raise NotEmulatedError(coverage.what_is_asked(request.method, request.host, request.path))


class _ClientGoneError(Exception):
    """The client closed the connection before its request was whole."""


async def _read(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _ClientGoneError
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _check_api_version(request: Request) -> None:
    if not request.api_version:
        raise AzureError(
            400,
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required for all requests.",
        )
    if not _API_VERSION.match(request.api_version):
        raise AzureError(
            400,
            "InvalidApiVersionParameter",
            f"The api-version '{request.api_version}' is invalid. "
            "Azure's versions look like 2025-12-01 or 2025-12-01-preview.",
        )


def _check_token(request: Request, site: Site) -> Principal:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise AzureError(401, "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.")
    audiences = _AUDIENCES.get(site, login.ML_AUDIENCES)
    try:
        return request.azure.tokens.verify(token, audiences)
    except TokenRefusedError as error:
        raise AzureError(401, error.code, error.message) from error


def _check_subscription(request: Request, params: Mapping[str, str]) -> None:
    asked = params.get("subscription")
    if asked is not None and asked.lower() != request.azure.subscription:
        raise AzureError(404, "SubscriptionNotFound", f"The subscription '{asked}' could not be found.")


def _refusal(request: Request, error: AzureError) -> Answer:
    body: dict[str, Any] = {"code": error.code, "message": error.message}
    if isinstance(error, MlError):
        body |= {"details": list(error.details), "additionalInfo": _ml_additional_info(request, error)}
    else:
        body |= {"target": error.target} if error.target else {}
        body |= {"details": list(error.details)} if error.details else {}
    if error.envelope == "bare":
        return Answer(error.status, body)
    headers = dict(error.headers) if isinstance(error, InjectedError) else {}
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = _challenge(request, error)
    return Answer(error.status, {"error": body}, headers)


def _challenge(request: Request, error: AzureError) -> str:
    if hosts.site_of(request.host) == "vault":
        return login.VAULT_CHALLENGE
    return (
        f'Bearer authorization_uri="https://login.microsoftonline.com/{TENANT_ID}", error="invalid_token", '
        f'error_description="{error.message}"'
    )


def _ml_additional_info(request: Request, error: MlError) -> list[dict[str, Any]]:
    region = _region(request)
    correlation = uuid.uuid4().hex
    rows: list[tuple[str, Any]] = [
        ("ComponentName", "managementfrontend"),
        ("Correlation", {"operation": correlation, "request": correlation[:16]}),
        ("Environment", region),
        ("Location", region),
        ("Time", azure_time(request.azure.clock.now())),
    ]
    if error.inner is not None:
        rows.append(("InnerError", error.inner))
    return [{"type": name, "info": {"value": value}} for name, value in rows]


def _region(request: Request) -> str:
    """The region that answers: the workspace's, where a path names one."""
    match = re.match(
        r"(/subscriptions/[^/]+/resourcegroups/[^/]+/providers/[^/]+/workspaces/[^/]+)", request.path, re.IGNORECASE
    )
    workspace = request.azure.store.get(match[1]) if match else None
    return str(workspace.body.get("location", _DEFAULT_REGION)) if workspace else _DEFAULT_REGION


_AUDIENCES: Mapping[Site, frozenset[str]] = {
    "management": login.ARM_AUDIENCES,
    "vault": frozenset({"https://vault.azure.net"}),
}
_ALLOWANCE = {"GET": ("reads", 249, 3749), "HEAD": ("reads", 249, 3749), "DELETE": ("deletes", 199, 2999)}
_WRITES = ("writes", 199, 2999)


def _headers(request: Request, site: Site | None, answer: Answer, taken: float) -> dict[str, str]:
    headers = {"Date": formatdate(request.azure.clock.now(), usegmt=True)}
    if answer.chunks() is None and answer.content() and not isinstance(answer.body, bytes):
        headers["Content-Type"] = "application/json; charset=utf-8"
    if isinstance(answer.body, bytes) and answer.body == b"null":
        headers["Content-Type"] = "application/json; charset=utf-8"
    if site in {"management", "api"}:
        headers |= _control_plane_headers(request, answer, taken)
    return headers


def _control_plane_headers(request: Request, answer: Answer, taken: float) -> dict[str, str]:
    correlation = str(uuid.uuid4())
    region, now = _region(request), datetime.fromtimestamp(request.azure.clock.now(), UTC)
    kind, left, left_globally = _ALLOWANCE.get(request.method, _WRITES)
    headers = {
        "Cache-Control": "no-cache",
        "Pragma": "no-cache",
        "Expires": "-1",
        "x-ms-correlation-request-id": correlation,
        "x-ms-request-id": correlation,
        "x-ms-routing-request-id": f"{region.upper()}:{now:%Y%m%dT%H%M%SZ}:{correlation}",
        "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
        "X-Content-Type-Options": "nosniff",
        f"x-ms-ratelimit-remaining-subscription-{kind}": str(left),
        f"x-ms-ratelimit-remaining-subscription-global-{kind}": str(left_globally),
    }
    if request.headers.get("x-ms-return-client-request-id", "").lower() == "true":
        headers["x-ms-client-request-id"] = request.headers.get("x-ms-client-request-id", "")
    if _ML_NAMESPACE in request.path.lower():
        headers |= {
            "x-ms-response-type": "error" if answer.status >= HTTPStatus.BAD_REQUEST else "standard",
            "x-request-time": f"{taken:.3f}",
            "azureml-served-by-cluster": f"vienna-{region}-01",
            "Request-Context": f"appId=cid-v1:{TENANT_ID}",
        }
    return headers


async def _send(send: Send, request: Request, answer: Answer, headers: Mapping[str, str]) -> None:
    chunks = answer.chunks()
    content = b"" if chunks is not None else answer.content()
    written = [(name.lower().encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers.items()]
    if chunks is None and answer.status != HTTPStatus.NO_CONTENT:
        written.append((b"content-length", str(len(content)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": written})
    if chunks is not None:
        async for chunk in chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b"" if request.method == "HEAD" else content})
