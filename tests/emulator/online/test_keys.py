"""Keys and tokens of endpoints."""

from __future__ import annotations

import json

import jwt
import pytest
from windlass_emulator.http import Principal
from windlass_emulator.online.keys import TokenSigner, changed_keys, first_keys, is_key
from windlass_emulator.store import Resource, Store

NOW = 1_760_000_000.0
ENDPOINT = Resource("/x/onlineEndpoints/churn", "t", {}, 0, 0)
WORKSPACE = Resource("/x/workspaces/work", "t", {"properties": {"workspaceId": "a-guid"}}, 0, 0)
CALLER = Principal("who", "https://management.azure.com")


@pytest.fixture(scope="module")
def signer() -> TokenSigner:
    return TokenSigner.of(Store(":memory:"))


@pytest.mark.recorded
def test_a_token_lasts_a_day_less_a_minute_and_is_refreshed_after_half_of_it(signer: TokenSigner) -> None:
    answer = signer.issue(ENDPOINT, WORKSPACE, CALLER, NOW)

    assert answer["tokenType"] == "Bearer"
    assert answer["expiryTimeUtc"] == NOW + 24 * 3600 - 60
    assert answer["refreshAfterTimeUtc"] == NOW + 12 * 3600 - 30


@pytest.mark.recorded
def test_a_token_has_the_claims_of_azure(signer: TokenSigner) -> None:
    token = signer.issue(ENDPOINT, WORKSPACE, CALLER, NOW)["accessToken"]

    claims = jwt.decode(token, options={"verify_signature": False})

    assert jwt.get_unverified_header(token)["alg"] == "RS256"
    assert set(claims) == {
        "canRefresh", "workspaceId", "tid", "oid", "actions", "endpointName", "serviceId", "exp", "iss", "aud"
    }  # fmt: skip
    assert (claims["iss"], claims["aud"]) == ("azureml", "azureml")
    assert json.loads(claims["actions"]) == [
        "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/score/action"
    ]


@pytest.mark.specified
def test_a_token_opens_its_own_endpoint_until_it_expires(signer: TokenSigner) -> None:
    token = signer.issue(ENDPOINT, WORKSPACE, CALLER, NOW)["accessToken"]

    assert signer.accepts(token, "churn", NOW + 3600)
    assert not signer.accepts(token, "other", NOW)
    assert not signer.accepts(token, "churn", NOW + 24 * 3600)


@pytest.mark.specified
def test_a_token_of_another_signer_opens_nothing(signer: TokenSigner) -> None:
    foreign = TokenSigner.of(Store(":memory:")).issue(ENDPOINT, WORKSPACE, CALLER, NOW)["accessToken"]

    assert not signer.accepts(foreign, "churn", NOW)
    assert not signer.accepts("no token", "churn", NOW)


@pytest.mark.inferred
def test_the_signing_key_stays_with_the_data_folder() -> None:
    store = Store(":memory:")
    token = TokenSigner.of(store).issue(ENDPOINT, WORKSPACE, CALLER, NOW)["accessToken"]

    assert TokenSigner.of(store).accepts(token, "churn", NOW)


@pytest.mark.specified
def test_both_keys_open_and_nothing_else_does() -> None:
    keys = first_keys(None)

    assert is_key(keys, keys["primaryKey"])
    assert is_key(keys, keys["secondaryKey"])
    assert not is_key(keys, "")
    assert not is_key({}, "")


@pytest.mark.inferred
def test_a_key_that_is_sent_along_unchanged_is_replaced_by_a_new_one() -> None:
    keys = {"primaryKey": "one", "secondaryKey": "two"}

    changed = changed_keys(keys, "Primary", "one")

    assert changed["primaryKey"] not in {"one", "two"}
    assert changed["secondaryKey"] == "two"


@pytest.mark.specified
def test_a_key_can_be_chosen() -> None:
    assert changed_keys({"primaryKey": "one", "secondaryKey": "two"}, "secondary", "mine")["secondaryKey"] == "mine"
