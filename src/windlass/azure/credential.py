"""Who we are to Azure."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from typing import Any, Final

_NAMES: Final = ("upn", "preferred_username", "unique_name", "email")
"""Claims that name a person (Microsoft identity platform, "Access token claims reference")."""

_AUDIENCE: Final = "api://AzureADTokenExchange"
"""What Entra ID asks of a token that is exchanged for one of its own."""


def sign_in(environ: Mapping[str, str] = os.environ) -> Any:
    """Take the identity at hand: that of a job on GitHub, a service principal's variables, `az login`, or another.

    A job that names its managed identity (AZURE_CLIENT_ID, AZURE_TENANT_ID) proves anew who it is whenever a token is
    wanted. What `az login` remembers of a job is worth nothing after some minutes, and a release takes longer.
    """
    return KnownCredential(_at_hand(environ))


def _at_hand(environ: Mapping[str, str]) -> Any:
    from azure.identity import ClientAssertionCredential, DefaultAzureCredential

    from windlass.github.job_token import job_token, may_ask

    client, tenant = environ.get("AZURE_CLIENT_ID"), environ.get("AZURE_TENANT_ID")
    if client and tenant and may_ask(environ):
        return ClientAssertionCredential(tenant, client, lambda: job_token(environ, _AUDIENCE))
    return DefaultAzureCredential()


class KnownCredential:
    """A credential that remembers whom its tokens are for, so that nobody has to get one to find out.

    `az login` takes most of a second for each token.
    """

    def __init__(self, credential: Any) -> None:
        self._credential = credential
        self._token = ""

    @property
    def identity(self) -> str:
        """Whom the latest token is for: a person's name, or an application; empty when there was none yet."""
        return identity_of(self._token)

    def get_token(self, *scopes: str, **more: Any) -> Any:
        """Get a token as azure-core asks for it."""
        token = self._credential.get_token(*scopes, **more)
        self._token = token.token
        return token

    def get_token_info(self, *scopes: str, **more: Any) -> Any:
        """Get a token as newer clients ask for it."""
        token = self._credential.get_token_info(*scopes, **more)
        self._token = token.token
        return token

    def close(self) -> None:
        """Let go of connections."""
        self._credential.close()


def identity_of(token: str) -> str:
    """Read whom an access token is for. It is not verified: that is for who takes it; this is for the record alone."""
    claims = _claims(token)
    person = next((str(claims[name]) for name in _NAMES if claims.get(name)), "")
    application = claims.get("appid") or claims.get("azp")
    if person or not application:
        return person or (f"object {claims['oid']}" if claims.get("oid") else "")
    return f"application {application}"


def _claims(token: str) -> dict[str, Any]:
    parts = token.split(".")
    if len(parts) != 3:  # noqa: PLR2004 - header, claims and signature
        return {}
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except ValueError:
        return {}
    return claims if isinstance(claims, dict) else {}
