"""Sign-in: Microsoft Entra for service principals, managed identity for instances and nodes.

Wordings and codes AADSTS.. are Microsoft's published ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from windlass_emulator.access import federation
from windlass_emulator.access.directory import find_application, is_secret
from windlass_emulator.feature import Feature
from windlass_emulator.http import Answer, Request, Route
from windlass_emulator.settings import CLIENT_ID, PRINCIPAL_OBJECT_ID, TENANT_ID
from windlass_emulator.tokens import LIFETIME

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure

AUDIENCES = frozenset(
    {
        "https://management.azure.com",
        "https://management.core.windows.net",
        "https://ml.azure.com",
        "https://storage.azure.com",
        "https://vault.azure.net",
        "https://api.loganalytics.io",
        "https://monitor.azure.com",
        "https://containerregistry.azure.net",
    }
)
"""The services that the tenant knows; a token for anything else is refused as Entra refuses it."""

ARM_AUDIENCES = frozenset({"https://management.azure.com", "https://management.core.windows.net"})
ML_AUDIENCES = ARM_AUDIENCES | {"https://ml.azure.com"}

_HOST = "https://login.microsoftonline.com"

VAULT_CHALLENGE = f'Bearer authorization="{_HOST}/{TENANT_ID}", resource="https://vault.azure.net"'
"""What clients of a vault read tenant and audience from: they ask once without a token."""

_IDENTITY_PATH = "/identity/oauth2/token"
_TENANTS = frozenset({TENANT_ID, "common", "organizations"})


def feature() -> Feature:
    """Return sign-in."""
    return Feature(
        "login",
        routes=(
            _route("GET", "/{tenant}/v2.0/.well-known/openid-configuration", _openid_configuration),
            _route("GET", "/{tenant}/.well-known/openid-configuration", _openid_configuration),
            _route("GET", "/{tenant}/discovery/instance", _instance_discovery),
            _route("GET", "/{tenant}/discovery/v2.0/keys", _keys),
            _route("POST", "/{tenant}/oauth2/v2.0/token", _token),
            _route("POST", "/{tenant}/oauth2/token", _token),
            Route(
                "GET",
                _IDENTITY_PATH,
                _identity_token,
                site="admin",
                needs_token=False,
                needs_api_version=False,
                provenance="specified",
            ),
        ),
    )


def _route(method: str, template: str, handler: Any) -> Route:
    return Route(
        method, template, handler, site="login", needs_token=False, needs_api_version=False, provenance="specified"
    )


def identity_environment(azure: LocalAzure, object_id: str, client_id: str) -> dict[str, str]:
    """Return the variables with which a child process signs in as a managed identity and reaches the local Azure.

    Args:
        azure: The local Azure.
        object_id: The identity's `principalId`.
        client_id: The identity's `clientId`; for a system-assigned one any stable guid.
    """
    return dict(azure.client_environment) | {
        "IDENTITY_ENDPOINT": f"{azure.admin_address}{_IDENTITY_PATH}",
        "IDENTITY_HEADER": azure.tokens.identity_header(object_id, client_id),
        "AZURE_TENANT_ID": TENANT_ID,
    }


async def _openid_configuration(request: Request) -> Answer:
    """Tell where to sign in."""
    tenant = request.params["tenant"]
    if tenant not in _TENANTS:
        return _refusal(
            400,
            "invalid_tenant",
            90002,
            f"Tenant '{tenant}' not found. Check to make sure you have the "
            "correct tenant ID and are signing into the correct cloud.",
        )
    base = f"{_HOST}/{tenant}"
    return Answer(
        200,
        {
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
            "jwks_uri": f"{base}/discovery/v2.0/keys",
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "issuer": f"{_HOST}/{TENANT_ID}/v2.0",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
            "end_session_endpoint": f"{base}/oauth2/v2.0/logout",
            "tenant_region_scope": "EU",
            "cloud_instance_name": "microsoftonline.com",
            "cloud_graph_host_name": "graph.windows.net",
            "msgraph_host": "graph.microsoft.com",
        },
    )


async def _instance_discovery(request: Request) -> Answer:
    """Name the hosts of the public cloud."""
    del request
    aliases = ["login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"]
    return Answer(
        200,
        {
            "tenant_discovery_endpoint": f"{_HOST}/{TENANT_ID}/v2.0/.well-known/openid-configuration",
            "api-version": "1.1",
            "metadata": [
                {
                    "preferred_network": "login.microsoftonline.com",
                    "preferred_cache": "login.windows.net",
                    "aliases": aliases,
                }
            ],
        },
    )


async def _keys(request: Request) -> Answer:
    """Show the key that signs tokens."""
    return Answer(200, request.azure.tokens.key_set())


async def _token(request: Request) -> Answer:
    """Issue an access token for a client secret, or for a token that an identity trusts."""
    form = dict(parse_qsl(request.content.decode(errors="replace"), keep_blank_values=True))
    if refusal := _why_refused(request, form):
        return refusal
    audience = _audience(form)
    if audience.rstrip("/") not in AUDIENCES:
        return _refusal(
            400,
            "invalid_resource",
            500011,
            f"The resource principal named {audience} was not found in the tenant named {TENANT_ID}. This can happen "
            "if the application has not been installed by the administrator of the tenant or consented to by any user "
            "in the tenant.",
        )
    token = request.azure.tokens.issue(audience, _object_id(request, form["client_id"]), form["client_id"])
    lifetimes: dict[str, Any] = {"expires_in": LIFETIME, "ext_expires_in": LIFETIME}
    if "resource" in form:  # the older form of the address answers in strings
        lifetimes = {name: str(value) for name, value in lifetimes.items()}
        now = int(request.azure.clock.now())
        lifetimes |= {"expires_on": str(now + LIFETIME), "not_before": str(now), "resource": audience}
    return Answer(200, {"token_type": "Bearer", **lifetimes, "access_token": token}, {"Cache-Control": "no-store"})


def _why_refused(request: Request, form: Mapping[str, str]) -> Answer | None:
    if request.params["tenant"] != TENANT_ID:
        return _refusal(
            400,
            "invalid_request",
            90002,
            f"Tenant '{request.params['tenant']}' not found. The local "
            f"Azure has one tenant, {TENANT_ID}; load azure.env again.",
        )
    for name in ("grant_type", "client_id"):
        if name not in form:
            return _refusal(
                400, "invalid_request", 900144, f"The request body must contain the following parameter: '{name}'."
            )
    if form["grant_type"] == "client_credentials" and form.get("client_assertion_type") == federation.ASSERTION_TYPE:
        return _why_not_this_identity(request, form["client_id"], form.get("client_assertion", ""))
    if form["grant_type"] != "client_credentials" or "client_secret" not in form:
        return _refusal(
            400,
            "unsupported_grant_type",
            70003,
            "The local Azure knows the grant 'client_credentials' with a client secret or with a token that a "
            "federated credential trusts, and managed identity for its own processes.",
        )
    return _why_not_this_client(request, form["client_id"], form["client_secret"])


def _why_not_this_identity(request: Request, client: str, assertion: str) -> Answer | None:
    azure = request.azure
    identity = federation.find_identity(azure.store, client)
    if identity is None:
        return _unknown_client(client)
    refused = federation.why_not(azure.store, identity, assertion, azure.clock.now())
    return _refusal(401, "invalid_client", refused.number, refused.sentence) if refused else None


def _unknown_client(client: str) -> Answer:
    return _refusal(
        400,
        "unauthorized_client",
        700016,
        f"Application with identifier '{client}' was not found in the directory 'Windlass'.",
    )


def _why_not_this_client(request: Request, client: str, secret: str) -> Answer | None:
    made = find_application(request.azure.store, client)
    if client != CLIENT_ID and made is None:
        return _unknown_client(client)
    if not (is_secret(secret, made[1]) if made else secret == request.azure.client_secret):
        return _refusal(
            401,
            "invalid_client",
            7000215,
            "Invalid client secret provided. Ensure the secret being sent "
            "in the request is the client secret value, not the client secret ID, for a secret added to "
            f"app '{client}'.",
        )
    return None


def _object_id(request: Request, client: str) -> str:
    if identity := federation.find_identity(request.azure.store, client):
        return str(identity.body["properties"]["principalId"])
    made = find_application(request.azure.store, client)
    return made[0] if made else PRINCIPAL_OBJECT_ID


def _audience(form: Mapping[str, str]) -> str:
    if "resource" in form:
        return form["resource"]
    scope = form.get("scope", "").split(" ")[0]
    return scope.removesuffix("/.default")


def _refusal(status: int, error: str, number: int, message: str) -> Answer:
    return Answer(
        status,
        {
            "error": error,
            "error_description": f"AADSTS{number}: {message}",
            "error_codes": [number],
            "error_uri": f"{_HOST}/error?code={number}",
        },
        {"Cache-Control": "no-store"},
    )


async def _identity_token(request: Request) -> Answer:
    """Issue a token of a managed identity to an instance or node."""
    identity = request.azure.tokens.identity_of(request.headers.get("x-identity-header", ""))
    if identity is None:
        return Answer(401, {"statusCode": 401, "message": "The X-IDENTITY-HEADER is missing or was not made here."})
    audience = request.query.get("resource", "")
    if audience.rstrip("/") not in AUDIENCES:
        return Answer(400, {"statusCode": 400, "message": f"The resource '{audience}' is not known to this tenant."})
    object_id, client_id = identity
    return Answer(
        200,
        {
            "access_token": request.azure.tokens.issue(audience, object_id, client_id),
            "expires_on": str(int(request.azure.clock.now()) + LIFETIME),
            "resource": audience,
            "token_type": "Bearer",
            "client_id": client_id,
        },
    )
