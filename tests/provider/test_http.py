"""The way to Azure: through the proxy of azure.env, with its certificate, and with clear words when it is not there."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.azure_host import azure_host
from support.engine_side import ENVIRONMENT, FixedTokens, Slept
from windlass_provider.arm.answers import Answer
from windlass_provider.arm.client import ArmClient, Http, HttpxClient, TransportError
from windlass_provider.arm.pace import Stop
from windlass_provider.errors import (
    ConnectionLostError,
    UnexpectedAnswerError,
    UnreachableError,
    UnreadableCertificatesError,
)
from windlass_provider.server import http_client
from windlass_provider.settings import Settings, settings_of

pytestmark = pytest.mark.specified

GROUP = "/subscriptions/s/resourceGroups/rg"


class Broken:
    """A connection that breaks a number of times before it answers."""

    def __init__(self, breaks: int, answer: Answer | None = None) -> None:
        self.breaks = breaks
        self.answer = answer or Answer(status=200, text='{"id": "x"}')

    async def exchange(self, method: str, url: str, headers: Mapping[str, str], body: Any) -> Answer:
        """Breaks or answers."""
        assert (method, body) == ("GET", None), url
        assert headers["Authorization"].startswith("Bearer ")
        self.breaks -= 1
        if self.breaks >= 0:
            raise TransportError("reset by peer")
        return self.answer


def client(http: Http, slept: Slept | None = None) -> ArmClient:
    return ArmClient(http, FixedTokens(), stop=Stop(), sleep=slept or Slept())


def settings(**changed: Any) -> Settings:
    return dataclasses.replace(settings_of({}, ENVIRONMENT), **changed)


async def test_requests_pass_the_proxy_and_trust_its_certificate(tmp_path: Path) -> None:
    with azure_host(tmp_path) as host:
        host.arm.put(GROUP, location="westeurope")
        reached = settings_of({}, host.environment)
        http = HttpxClient(lambda: http_client(reached), reached.proxy)

        found = await client(http).get(GROUP, "2024-03-01")
        await http.close()

    assert found["location"] == "westeurope"


async def test_a_proxy_that_does_not_run_is_named_at_once() -> None:
    http = HttpxClient(lambda: http_client(settings()), "http://127.0.0.1:1")
    slept = Slept()

    with pytest.raises(UnreachableError, match=r"management\.azure\.com .* http://127\.0\.0\.1:1.*make local-up"):
        await client(http, slept).get(GROUP, "2024-03-01")

    assert slept.waits == []
    await http.close()


async def test_a_connection_that_breaks_is_tried_again() -> None:
    slept = Slept()

    found = await client(Broken(2), slept).get(GROUP, "1")

    assert found == {"id": "x"}
    assert slept.waits == [2.0, 6.0]


async def test_a_connection_that_keeps_breaking_is_an_error_that_says_where() -> None:
    with pytest.raises(ConnectionLostError, match=r"broke during GET https://management\.azure\.com/.*reset by peer"):
        await client(Broken(9)).get(GROUP, "1")


async def test_an_answer_that_is_no_json_is_shown() -> None:
    with pytest.raises(UnexpectedAnswerError, match="unexpected response from Azure: '<html>', HTTP status: 200"):
        await client(Broken(0, Answer(status=200, text="<html>"))).get(GROUP, "1")


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_certificates_that_cannot_be_read_are_named(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)

    with pytest.raises(UnreadableCertificatesError, match=r"ca\.pem.*load the azure\.env"):
        http_client(settings(certificates=str(path)))


async def test_a_timeout_on_the_way_is_a_broken_connection() -> None:
    def slow(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("too slow", request=request)

    http = HttpxClient(lambda: httpx.AsyncClient(transport=httpx.MockTransport(slow)), "the proxy")

    with pytest.raises(TransportError, match="too slow"):
        await http.exchange("GET", "https://management.azure.com/", {}, None)
    await http.close()
