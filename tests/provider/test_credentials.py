"""Signing in: one token for many requests, renewed in time, and errors in words."""

import asyncio
from dataclasses import dataclass

import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import ClientSecretCredential, DefaultAzureCredential
from support.azure_host import OBJECT, token
from support.engine_side import ENVIRONMENT
from windlass_provider.credentials import IdentityTokens, Issued, claims_of, credential_for
from windlass_provider.errors import SignInError, TokenClaimsError
from windlass_provider.settings import settings_of


@dataclass
class _Token:
    token: str
    expires_on: int


class _Credential:
    """Issues numbered tokens that live for an hour of the test's clock."""

    def __init__(self, now: list[float]) -> None:
        self.now = now
        self.issued = 0

    def get_token(self, *scopes: str) -> Issued:
        self.issued += 1
        return _Token(f"{scopes[0]}#{self.issued}", int(self.now[0]) + 3600)


class _Locked:
    def get_token(self, *scopes: str) -> Issued:
        raise ClientAuthenticationError(f"invalid secret for {scopes[0]}")


@pytest.mark.specified
async def test_many_requests_at_once_sign_in_once() -> None:
    credential = _Credential([0.0])
    tokens = IdentityTokens(lambda: credential, clock=lambda: credential.now[0])

    had = await asyncio.gather(*(tokens.token("a") for _ in range(16)))

    assert set(had) == {"a#1"}


@pytest.mark.specified
async def test_a_token_is_renewed_shortly_before_its_end() -> None:
    credential = _Credential([0.0])
    tokens = IdentityTokens(lambda: credential, clock=lambda: credential.now[0])
    await tokens.token("a")
    credential.now[0] = 3400.0

    assert await tokens.token("a") == "a#2"


@pytest.mark.specified
async def test_a_refused_sign_in_says_what_to_load() -> None:
    tokens = IdentityTokens(_Locked)

    with pytest.raises(SignInError, match=r"invalid secret for a.*azure\.env"):
        await tokens.token("a")


@pytest.mark.specified
def test_a_complete_service_principal_is_used_as_it_is() -> None:
    assert isinstance(credential_for(settings_of({}, ENVIRONMENT)), ClientSecretCredential)


@pytest.mark.specified
@pytest.mark.parametrize("environment", [{"AZURE_CLIENT_SECRET": ""}, {"ARM_USE_DEFAULT_AZURE_CREDENTIAL": "true"}])
def test_else_azure_identity_searches(environment: dict[str, str]) -> None:
    credential = credential_for(settings_of({}, {**ENVIRONMENT, **environment}))

    assert isinstance(credential, DefaultAzureCredential)


@pytest.mark.specified
def test_claims_are_read_without_a_key() -> None:
    assert claims_of(token())["oid"] == OBJECT


@pytest.mark.inferred
@pytest.mark.parametrize("broken", ["", "a.b", "a.!!!.c", "a.bm8.c"])
def test_a_token_of_another_form_is_an_error(broken: str) -> None:
    with pytest.raises(TokenClaimsError):
        claims_of(broken)
