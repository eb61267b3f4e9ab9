"""Access tokens and the secrets of managed identities."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from dataclasses import dataclass

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from support.local_azure import RunningAzure
from windlass_emulator import secret_store
from windlass_emulator.clock import SystemClock
from windlass_emulator.folder import DataFolder
from windlass_emulator.tokens import LIFETIME, TokenRefusedError, Tokens

pytestmark = pytest.mark.specified

ARM = "https://management.azure.com"
PRINCIPAL = "11111111-1111-4111-8111-111111111111"
CLIENT = "22222222-2222-4222-8222-222222222222"


@dataclass
class SetClock:
    """A clock that stands where a test puts it."""

    seconds: float = 1_700_000_000.0

    def now(self) -> float:
        """Return the seconds."""
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        """Pass at once."""
        self.seconds += seconds


def _key() -> str:
    return (
        rsa.generate_private_key(public_exponent=65537, key_size=2048)
        .private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        .decode()
    )


@pytest.fixture(scope="module")
def key() -> str:
    """One signing key for all tests here."""
    return _key()


def test_a_token_tells_who_it_is_for(key: str) -> None:
    tokens = Tokens(key, "identity", SetClock())

    principal = tokens.verify(tokens.issue(f"{ARM}/", PRINCIPAL, CLIENT), frozenset({ARM}))

    assert (principal.object_id, principal.audience) == (PRINCIPAL, f"{ARM}/")


def test_a_token_ends(key: str) -> None:
    clock = SetClock()
    tokens = Tokens(key, "identity", clock)
    token = tokens.issue(ARM, PRINCIPAL, CLIENT)
    tokens.verify(token, frozenset({ARM}))

    clock.seconds += LIFETIME

    with pytest.raises(TokenRefusedError) as refused:
        tokens.verify(token, frozenset({ARM}))
    assert refused.value.code == "ExpiredAuthenticationToken"


def test_the_clock_rate_does_not_shorten_a_token(key: str) -> None:
    tokens = Tokens(key, "identity", SystemClock(rate=1_000_000.0))

    assert tokens.verify(tokens.issue(ARM, PRINCIPAL, CLIENT), frozenset({ARM})).object_id == PRINCIPAL


def test_a_token_of_another_local_azure_is_refused(key: str) -> None:
    other = Tokens(_key(), "identity", SetClock())

    with pytest.raises(TokenRefusedError) as refused:
        Tokens(key, "identity", SetClock()).verify(other.issue(ARM, PRINCIPAL, CLIENT), frozenset({ARM}))

    assert refused.value.code == "InvalidAuthenticationToken"


def test_an_identity_header_speaks_for_one_identity(key: str) -> None:
    tokens = Tokens(key, "identity", SetClock())
    header = tokens.identity_header(PRINCIPAL, CLIENT)

    assert tokens.identity_of(header) == (PRINCIPAL, CLIENT)
    assert tokens.identity_of(header.replace("1", "3", 1)) is None
    assert tokens.identity_of("") is None
    assert Tokens(key, "another", SetClock()).identity_of(header) is None


def test_the_official_managed_identity_credential_gets_a_token_of_its_identity(azure: RunningAzure) -> None:
    secrets = secret_store.ensure(DataFolder(azure.data))
    tokens = Tokens(secrets.token_key, secrets.identity_key, SystemClock())
    (admin,) = (row["address"] for row in azure.status()["listeners"] if row["name"] == "admin")
    program = textwrap.dedent(
        """
        import jwt
        from azure.identity import ManagedIdentityCredential
        token = ManagedIdentityCredential().get_token("https://storage.azure.com/.default").token
        claims = jwt.decode(token, options={"verify_signature": False})
        print(claims["oid"], claims["appid"], claims["aud"])
        """
    )
    environment = {
        "IDENTITY_ENDPOINT": f"{admin}/identity/oauth2/token",
        "IDENTITY_HEADER": tokens.identity_header(PRINCIPAL, CLIENT),
    }

    done = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, **environment}, capture_output=True, text=True, check=True
    )

    assert done.stdout.split() == [PRINCIPAL, CLIENT, "https://storage.azure.com"]
