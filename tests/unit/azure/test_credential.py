from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

import pytest

from windlass.azure.credential import KnownCredential, identity_of


def token(**claims: str) -> str:
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"e30.{body}.c2ln"


@dataclass
class Token:
    """An access token as azure-core gives it."""

    token: str


@dataclass
class Credential:
    """One that gives this token, and counts."""

    token: str
    given: int = 0

    def get_token(self, *scopes: str, **more: Any) -> Token:
        assert scopes or more
        self.given += 1
        return Token(self.token)

    get_token_info = get_token


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"upn": "ana@example.org", "appid": "1"}, "ana@example.org"),
        ({"preferred_username": "ben@example.org"}, "ben@example.org"),
        ({"appid": "1", "oid": "2"}, "application 1"),
        ({"azp": "3"}, "application 3"),
        ({"oid": "2"}, "object 2"),
        ({}, ""),
    ],
)
def test_a_token_tells_whom_it_is_for(claims: dict[str, str], name: str) -> None:
    assert identity_of(token(**claims)) == name


@pytest.mark.parametrize("text", ["", "opaque", "a.b.c", "e30.W10.c2ln"])
def test_a_token_that_tells_nothing_is_nobodys(text: str) -> None:
    assert identity_of(text) == ""


def test_a_credential_remembers_whom_its_tokens_are_for_without_getting_one() -> None:
    inner = Credential(token(upn="ana@example.org"))
    known = KnownCredential(inner)
    before = known.identity

    known.get_token_info("https://management.azure.com/.default")

    assert (before, known.identity, inner.given) == ("", "ana@example.org", 1)
