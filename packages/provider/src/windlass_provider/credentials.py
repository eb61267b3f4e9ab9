"""Tokens from azure-identity, kept until shortly before they expire, and what their claims say."""

import asyncio
import base64
import binascii
import json
import time
from collections.abc import Callable
from typing import Any, Final, Protocol

from windlass_provider.errors import SignInError, TokenClaimsError
from windlass_provider.settings import Settings

_MARGIN: Final = 300.0
"""Seconds before its end in which a token is renewed, as azcore does."""
_RETRIES: Final = 1
"""The local Azure answers at once or does not run; the default of ten tries would say so after half a minute."""


class Issued(Protocol):
    """A token of azure-identity."""

    token: str
    expires_on: int


class Credential(Protocol):
    """A synchronous credential of azure-identity."""

    def get_token(self, *scopes: str) -> Issued:
        """A fresh token."""


def credential_for(settings: Settings) -> Credential:
    """The credential that the settings call for: a service principal, or azure-identity's own search."""
    # azure-identity takes half a second to import; only a provider that signs in pays for it.
    from azure.identity import ClientSecretCredential, DefaultAzureCredential

    complete = settings.tenant and settings.client and settings.secret
    credential: Credential
    if settings.use_default_credential or not complete:
        credential = DefaultAzureCredential(retry_total=_RETRIES)
    else:
        credential = ClientSecretCredential(
            settings.tenant,
            settings.client,
            settings.secret,
            disable_instance_discovery=settings.disable_instance_discovery,
            retry_total=_RETRIES,
        )
    return credential


class IdentityTokens:
    """`Tokens` of one credential: one sign-in for all requests that wait for it."""

    def __init__(self, make: Callable[[], Credential], clock: Callable[[], float] = time.time) -> None:
        self._make = make
        self._clock = clock
        self._credential: Credential | None = None
        self._issued: dict[str, Issued] = {}
        self._signing_in: dict[str, asyncio.Task[Issued]] = {}

    async def token(self, scope: str) -> str:
        """A token that is valid now.

        Raises:
            SignInError: azure-identity found no way in.
        """
        issued = self._issued.get(scope)
        if issued is None or issued.expires_on - self._clock() < _MARGIN:
            issued = self._issued[scope] = await self._fresh(scope)
        return issued.token

    async def _fresh(self, scope: str) -> Issued:
        """One attempt for all who wait, so that they also share its failure; none of them can cancel it."""
        attempt = self._signing_in.get(scope)
        if attempt is None or attempt.done():
            attempt = asyncio.ensure_future(asyncio.to_thread(self._sign_in, scope))
            self._signing_in[scope] = attempt
        return await asyncio.shield(attempt)

    def _sign_in(self, scope: str) -> Issued:
        from azure.core.exceptions import AzureError

        try:
            if self._credential is None:
                self._credential = self._make()
            return self._credential.get_token(scope)
        except (AzureError, ValueError) as error:
            raise SignInError(str(error)) from error


def claims_of(token: str) -> dict[str, Any]:
    """The claims of a JSON web token, unverified: it was had from the issuer a moment ago.

    Raises:
        TokenClaimsError: The token is not of that form.
    """
    parts = token.split(".")
    if len(parts) != 3:  # noqa: PLR2004 - header, claims, signature
        raise TokenClaimsError("oid")
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError) as error:
        raise TokenClaimsError("oid") from error
    return dict(claims) if isinstance(claims, dict) else {}
