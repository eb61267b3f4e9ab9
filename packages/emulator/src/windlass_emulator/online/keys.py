"""Keys and tokens of online endpoints: made, changed, checked."""

from __future__ import annotations

import hmac
import json
import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from windlass_emulator.settings import TENANT_ID

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure
    from windlass_emulator.http import Principal
    from windlass_emulator.store import Resource, Store

_KEY_LENGTH = 32
_ALPHABET = string.ascii_letters + string.digits
_DAY = 24 * 3600
_EARLIER = 60
"""Seconds that a token's end lies before the round time (recordings from 2024 on); half of it for the refresh."""

_ISSUER = "azureml"
_SCORE = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/score/action"


def new_key() -> str:
    """Return a random key of the length that Azure's had in 2022 to 2025."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_KEY_LENGTH))


def first_keys(sent: Mapping[str, Any] | None) -> dict[str, str]:
    """Return the keys of a new endpoint: those that its creator chose, else random ones."""
    given = sent or {}
    return {name: str(given.get(name) or new_key()) for name in ("primaryKey", "secondaryKey")}


def changed_keys(keys: Mapping[str, str], key_type: str, value: str | None) -> dict[str, str]:
    """Return the keys after `regenerateKeys`.

    Args:
        keys: Those so far.
        key_type: Primary or Secondary, in any case.
        value: What the key shall be; azure-ai-ml sends the old value along and means a new random one.
    """
    name = "primaryKey" if key_type.lower() == "primary" else "secondaryKey"
    return {**keys, name: value if value and value not in keys.values() else new_key()}


def is_key(keys: Mapping[str, str], presented: str) -> bool:
    """Return whether a caller has presented one of the keys, in a time that tells nothing about them."""
    matches = [hmac.compare_digest(key.encode(), presented.encode()) for key in keys.values()]
    return any(matches)


@dataclass(frozen=True, slots=True)
class TokenSigner:
    """Makes and checks the tokens of endpoints with authMode AMLToken.

    Attributes:
        key: The service's signing key, the same for all endpoints of a data folder.
    """

    key: rsa.RSAPrivateKey

    @classmethod
    def of(cls, store: Store) -> TokenSigner:
        """Return the signer of a data folder, making its key at first use."""
        pem = store.fact("online", "token_key")
        if pem is None:
            pem = _new_signing_key()
            store.set_fact("online", "token_key", pem)
        loaded = serialization.load_pem_private_key(pem.encode(), password=None)
        assert isinstance(loaded, rsa.RSAPrivateKey)
        return cls(loaded)

    def issue(self, endpoint: Resource, workspace: Resource, caller: Principal | None, now: float) -> dict[str, Any]:
        """Return the answer of the action `token`: valid for a day, to be refreshed after half of it."""
        expires = int(now) + _DAY - _EARLIER
        claims = {
            "canRefresh": "False",
            "workspaceId": str(workspace.body["properties"].get("workspaceId", "")),
            "tid": TENANT_ID,
            "oid": caller.object_id if caller else "",
            "actions": json.dumps([_SCORE], separators=(",", ":")),
            "endpointName": endpoint.name,
            "serviceId": endpoint.name,
            "exp": expires,
            "iss": _ISSUER,
            "aud": _ISSUER,
        }
        return {
            "accessToken": jwt.encode(claims, self.key, algorithm="RS256"),
            "tokenType": "Bearer",
            "expiryTimeUtc": expires,
            "refreshAfterTimeUtc": int(now) + _DAY // 2 - _EARLIER // 2,
        }

    def accepts(self, token: str, endpoint: str, now: float) -> bool:
        """Return whether a token lets its bearer score this endpoint now."""
        try:
            claims = jwt.decode(
                token,
                self.key.public_key(),
                algorithms=["RS256"],
                audience=_ISSUER,
                issuer=_ISSUER,
                options={"verify_exp": False},
            )
        except jwt.InvalidTokenError:
            return False
        return str(claims["endpointName"]) == endpoint and now < float(claims["exp"])


def _new_signing_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def keys_of(azure: LocalAzure, endpoint: str) -> dict[str, str]:
    """Return the keys of an endpoint, by its id."""
    stored: dict[str, str] = azure.store.fact(endpoint, "keys", {})
    return stored
