"""The way of a request: sign-in, refusals, headers."""

from __future__ import annotations

import re
import socket
import ssl

import httpx
import jwt
import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import ClientSecretCredential
from support.arm_clients import MANAGEMENT, ArmClients, fresh
from support.local_azure import RunningAzure

GROUPS = "{sub}/resourcegroups"


def _credential(azure: RunningAzure, **change: str) -> ClientSecretCredential:
    told = {
        "tenant_id": azure.environment["AZURE_TENANT_ID"],
        "client_id": azure.environment["AZURE_CLIENT_ID"],
        "client_secret": azure.environment["AZURE_CLIENT_SECRET"],
    }
    return ClientSecretCredential(**{**told, **change}, **azure.client_options())


@pytest.mark.specified
def test_a_token_carries_the_claims_of_the_service_principal(azure: RunningAzure) -> None:
    token = azure.credential().get_token("https://management.azure.com/.default")

    claims = jwt.decode(token.token, options={"verify_signature": False})
    assert jwt.get_unverified_header(token.token)["alg"] == "RS256"
    assert claims["aud"] == "https://management.azure.com"
    assert claims["appid"] == azure.environment["AZURE_CLIENT_ID"]
    assert claims["tid"] == azure.environment["AZURE_TENANT_ID"]
    assert claims["exp"] - claims["iat"] == 3599


@pytest.mark.specified
@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"client_secret": "wrong"}, "AADSTS7000215"),
        ({"client_id": "00000000-0000-4000-8000-000000000009"}, "AADSTS700016"),
    ],
)
def test_sign_in_is_refused_as_entra_does(azure: RunningAzure, change: dict[str, str], says: str) -> None:
    with pytest.raises(ClientAuthenticationError, match=says):
        _credential(azure, **change).get_token("https://management.azure.com/.default")


@pytest.mark.specified
def test_a_token_for_an_unknown_service_is_refused(azure: RunningAzure) -> None:
    with pytest.raises(ClientAuthenticationError, match="AADSTS500011"):
        azure.credential().get_token("https://nobody.example/.default")


@pytest.mark.specified
@pytest.mark.parametrize("authorization", ["", "Bearer nonsense", "Basic abc"])
def test_a_request_without_a_good_token_is_a_401(arm: ArmClients, authorization: str) -> None:
    refused = arm.call("GET", GROUPS, headers={"Authorization": authorization})

    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"].startswith("Bearer ")


@pytest.mark.specified
def test_a_token_of_another_service_is_refused(arm: ArmClients, azure: RunningAzure) -> None:
    token = azure.credential().get_token("https://storage.azure.com/.default").token

    refused = arm.call("GET", GROUPS, headers={"Authorization": f"Bearer {token}"})

    assert refused.status_code == 401
    assert refused.json()["error"]["code"] == "InvalidAuthenticationTokenAudience"


@pytest.mark.specified
@pytest.mark.parametrize(
    ("version", "code"), [(None, "MissingApiVersionParameter"), ("latest", "InvalidApiVersionParameter")]
)
def test_every_request_names_its_api_version(arm: ArmClients, version: str | None, code: str) -> None:
    refused = arm.call("GET", GROUPS, api_version=version)

    assert refused.status_code == 400
    assert refused.json()["error"]["code"] == code


@pytest.mark.inferred
@pytest.mark.parametrize(
    ("method", "path", "says"),
    [
        ("PUT", "providers/Microsoft.Sql/servers/a/databases/b", "Microsoft.Sql/servers/databases"),
        ("GET", "providers/Microsoft.Storage/storageAccounts/a/queueServices", "storageAccounts/queueServices"),
        ("POST", "providers/Microsoft.Storage/storageAccounts/a/failover", "'failover' of Microsoft.Storage"),
    ],
)
def test_what_is_not_emulated_is_refused_by_name(arm: ArmClients, method: str, path: str, says: str) -> None:
    refused = arm.call(method, f"{{sub}}/resourceGroups/rg/{path}", {} if method != "GET" else None)

    assert refused.status_code == 501
    assert says in refused.json()["error"]["message"]


@pytest.mark.specified
def test_a_body_that_is_not_json_is_refused(arm: ArmClients) -> None:
    refused = arm.call("PUT", f"{{sub}}/resourcegroups/{fresh('rg-')}", content=b"{")

    assert refused.status_code == 400
    assert refused.json()["error"]["code"] == "InvalidRequestContent"


@pytest.mark.specified
def test_a_known_path_with_another_method_is_a_405(arm: ArmClients) -> None:
    assert arm.call("POST", f"{{sub}}/resourcegroups/{fresh('rg-')}", {}).status_code == 405


@pytest.mark.recorded
def test_answers_carry_the_headers_of_the_control_plane(arm: ArmClients) -> None:
    headers = arm.call("GET", GROUPS).headers

    assert (headers["Cache-Control"], headers["Pragma"], headers["Expires"]) == ("no-cache", "no-cache", "-1")
    assert headers["Content-Type"] == "application/json; charset=utf-8"
    assert headers["x-ms-request-id"] == headers["x-ms-correlation-request-id"]
    assert re.fullmatch(
        rf"WESTEUROPE:\d{{8}}T\d{{6}}Z:{headers['x-ms-request-id']}", headers["x-ms-routing-request-id"]
    )
    assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["x-ms-ratelimit-remaining-subscription-reads"] == "249"


@pytest.mark.specified
def test_a_client_request_id_is_echoed_when_asked_for(arm: ArmClients) -> None:
    sent = {"x-ms-client-request-id": "mine", "x-ms-return-client-request-id": "true"}

    assert arm.call("GET", GROUPS, headers=sent).headers["x-ms-client-request-id"] == "mine"


@pytest.mark.inferred
@pytest.mark.parametrize(
    "host", ["example.org", "example.com", "nobody.blob.core.windows.net", "queue.queue.core.windows.net"]
)
def test_the_proxy_lets_nothing_through_to_other_hosts(azure: RunningAzure, host: str) -> None:
    with (
        httpx.Client(proxy=azure.proxy, verify=_trusting(azure), trust_env=False) as client,
        pytest.raises(httpx.ProxyError, match="502"),
    ):
        client.get(f"https://{host}/")


@pytest.mark.inferred
def test_the_proxy_passes_nothing_of_azures_on_unencrypted(azure: RunningAzure) -> None:
    with httpx.Client(proxy=azure.proxy, trust_env=False) as client:
        answer = client.get("http://management.azure.com/")

    assert answer.status_code == 502
    assert "management.azure.com" in answer.text


@pytest.mark.inferred
def test_the_admin_api_is_not_reached_under_azures_names(azure: RunningAzure) -> None:
    with httpx.Client(proxy=azure.proxy, verify=_trusting(azure), trust_env=False) as client:
        answer = client.get(f"{MANAGEMENT}/status")

    assert answer.status_code == 501


@pytest.mark.inferred
def test_azures_names_are_not_reached_on_the_admin_listener(azure: RunningAzure) -> None:
    (admin,) = (row["address"] for row in azure.status()["listeners"] if row["name"] == "admin")
    with httpx.Client(trust_env=False) as client:
        answer = client.get(f"{admin}/subscriptions", headers={"Host": "management.azure.com"})

    assert answer.status_code == 501


def _trusting(azure: RunningAzure) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=azure.authority)


@pytest.mark.recorded
def test_the_ml_service_marks_its_errors(arm: ArmClients) -> None:
    group = arm.group()

    refused = arm.call(
        "GET",
        f"{{sub}}/resourceGroups/{group}/providers/Microsoft.MachineLearningServices/workspaces/none/models/m/versions/1",
        api_version="2025-12-01",
    )

    assert refused.status_code == 404
    assert refused.headers["x-ms-response-type"] == "error"
    assert refused.headers["azureml-served-by-cluster"] == "vienna-westeurope-01"
    assert re.fullmatch(r"\d+\.\d{3}", refused.headers["x-request-time"])


@pytest.mark.inferred
def test_a_doubled_slash_at_the_start_is_one(arm: ArmClients) -> None:
    name = arm.group()
    where = f"{MANAGEMENT}//subscriptions/{arm.azure.subscription}/resourceGroups/{name}"

    assert arm.http.get(where, params={"api-version": "2024-03-01"}).json()["name"] == name


@pytest.mark.inferred
def test_half_a_request_does_nothing(arm: ArmClients) -> None:
    name = fresh("rg-")
    token = arm.http.headers["Authorization"]
    head = (
        f"PUT /subscriptions/{arm.azure.subscription}/resourceGroups/{name}?api-version=2024-03-01 HTTP/1.1\r\n"
        f"Host: management.azure.com\r\nAuthorization: {token}\r\nContent-Length: 1000\r\n\r\n"
    )
    (api,) = (row["address"] for row in arm.azure.status()["listeners"] if row["name"] == "api")
    plain = socket.create_connection(("127.0.0.1", int(api.rpartition(":")[2])))

    with _trusting(arm.azure).wrap_socket(plain, server_hostname="management.azure.com") as half:
        half.sendall(head.encode() + b'{"location": "westeurope"}')

    assert arm.call("GET", f"{{sub}}/resourceGroups/{name}").status_code == 404
