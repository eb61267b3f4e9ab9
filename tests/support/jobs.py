"""Jobs on GitHub, as Azure meets them: tokens of an issuer that a local Azure is told to trust."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from support.local_azure import RunningAzure

ISSUER = "https://token.actions.githubusercontent.com"
AUDIENCE = "api://AzureADTokenExchange"
_KEY_ID = "a key of the tests"


@dataclass
class Jobs:
    """Whoever signs the tokens of jobs.

    Attributes:
        repository: How the repository begins its subjects.
    """

    repository: str
    _key: rsa.RSAPrivateKey = field(
        default_factory=lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048)
    )

    def introduce(self, azure: RunningAzure, issuer: str = ISSUER) -> None:
        """Have a local Azure know the key that tokens are signed with."""
        shown = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self._key.public_key()))
        azure.admin("PUT", "/issuers", {"issuer": issuer, "keys": [{**shown, "kid": _KEY_ID, "use": "sig"}]})

    def token(self, environment: str, **claims: Any) -> str:
        """The token of a job in an environment, valid for five minutes."""
        now = int(time.time())
        told = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": f"{self.repository}:environment:{environment}",
            "nbf": now - 60,
            "iat": now,
            "exp": now + 300,
            **claims,
        }
        return jwt.encode(told, self._key, algorithm="RS256", headers={"kid": _KEY_ID})
