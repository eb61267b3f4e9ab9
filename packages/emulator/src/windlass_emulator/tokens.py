"""Access tokens as Microsoft Entra issues them: RS256, with the claims that clients and Azurite look at."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import uuid
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from windlass_emulator.clock import Clock
from windlass_emulator.http import Principal
from windlass_emulator.settings import TENANT_ID

LIFETIME = 3599
"""Seconds; what Entra answers to a client secret."""

_REMEMBERED = 1024
"""Verifying a signature costs more than the rest of a small request, so the last tokens are remembered."""


class TokenRefusedError(Exception):
    """A token that is not valid here; the code is Azure Resource Manager's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Tokens:
    """Issues and verifies access tokens."""

    def __init__(self, key_pem: str, identity_key: str, clock: Clock) -> None:
        key = serialization.load_pem_private_key(key_pem.encode(), password=None)
        assert isinstance(key, rsa.RSAPrivateKey)
        self._private = key
        self._public = key.public_key()
        self._identity_key = identity_key.encode()
        self._clock = clock
        self._known: dict[str, dict[str, Any]] = {}
        self.key_id = hashlib.sha256(key_pem.encode()).hexdigest()[:24]

    def issue(self, audience: str, object_id: str, application: str, *, identity_kind: str = "app") -> str:
        """Return a token for an audience, valid from now for LIFETIME seconds."""
        now = int(self._clock.now())
        claims = {
            "aud": audience,
            "iss": f"https://sts.windows.net/{TENANT_ID}/",
            "iat": now,
            "nbf": now - 5,
            "exp": now + LIFETIME,
            "appid": application,
            "appidacr": "1",
            "idp": f"https://sts.windows.net/{TENANT_ID}/",
            "idtyp": identity_kind,
            "oid": object_id,
            "sub": object_id,
            "tid": TENANT_ID,
            "uti": secrets.token_urlsafe(16),
            "ver": "1.0",
        }
        return jwt.encode(claims, self._private, algorithm="RS256", headers={"kid": self.key_id, "x5t": self.key_id})

    def verify(self, token: str, audiences: frozenset[str]) -> Principal:
        """Return who a token speaks for.

        Raises:
            TokenRefusedError: Not ours, out of time, or meant for another service.
        """
        claims = self._claims(token)
        if self._clock.now() >= claims["exp"]:
            raise TokenRefusedError(
                "ExpiredAuthenticationToken", "The access token expiry UTC time is earlier than current UTC time."
            )
        audience = str(claims["aud"])
        if audience.rstrip("/") not in audiences:
            raise TokenRefusedError(
                "InvalidAuthenticationTokenAudience",
                "The access token has been obtained for wrong audience or resource "
                f"'{audience}'. It should exactly match with one of the allowed audiences "
                f"'{', '.join(sorted(audiences))}'.",
            )
        return Principal(object_id=str(claims["oid"]), audience=audience)

    def _claims(self, token: str) -> dict[str, Any]:
        if token in self._known:
            return self._known[token]
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._public,
                algorithms=["RS256"],
                # The clock of the local Azure decides on expiry, and the service on its audience.
                options={"verify_aud": False, "verify_exp": False, "verify_nbf": False, "verify_iat": False},
            )
        except jwt.InvalidTokenError as error:
            raise TokenRefusedError("InvalidAuthenticationToken", f"The access token is invalid: {error}.") from error
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[token] = claims
        return claims

    def key_set(self) -> dict[str, Any]:
        """Return the public key as `discovery/v2.0/keys` shows it."""
        numbers = self._public.public_numbers()
        return {
            "keys": [
                {
                    "kty": "RSA",
                    "use": "sig",
                    "alg": "RS256",
                    "kid": self.key_id,
                    "x5t": self.key_id,
                    "n": _base64url(numbers.n),
                    "e": _base64url(numbers.e),
                }
            ]
        }

    def identity_header(self, object_id: str, client_id: str) -> str:
        """Return the secret with which a process may ask for tokens of a managed identity."""
        subject = f"{uuid.UUID(object_id)}.{uuid.UUID(client_id)}"
        return f"{subject}.{self._signature(subject)}"

    def identity_of(self, header: str) -> tuple[str, str] | None:
        """Return the object id and client id that a header speaks for, or None when it was not made here."""
        subject, _, signature = header.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(subject).encode()):
            return None
        object_id, _, client_id = subject.partition(".")
        return object_id, client_id

    def _signature(self, subject: str) -> str:
        return hmac.new(self._identity_key, subject.encode(), hashlib.sha256).hexdigest()


def _base64url(number: int) -> str:
    content = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
