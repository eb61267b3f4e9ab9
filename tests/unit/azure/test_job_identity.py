"""Which identity a command takes, and that a job's proof is new each time."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from azure.identity import ClientAssertionCredential, DefaultAzureCredential

from windlass.azure.credential import sign_in
from windlass.errors.github import NoJobTokenError
from windlass.github.job_token import job_token

IDENTITY = {"AZURE_CLIENT_ID": "client", "AZURE_TENANT_ID": "tenant"}


class Issuer:
    """What GitHub's runner offers a job: a number that goes up with every token."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str | None]] = []
        self.status = 200


@contextmanager
def serving(issuer: Issuer) -> Iterator[dict[str, str]]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.asked.append((self.path, self.headers["Authorization"]))
            self.send_response(issuer.status)
            self.end_headers()
            self.wfile.write(json.dumps({"value": f"proof {len(issuer.asked)}"}).encode())

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield {
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"http://127.0.0.1:{server.server_port}/token?api-version=2.0",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "key",
        }
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_proof_is_asked_for_azure_and_anew_each_time() -> None:
    issuer = Issuer()

    with serving(issuer) as environ:
        proofs = [job_token(environ, "api://AzureADTokenExchange") for _ in range(2)]

    assert proofs == ["proof 1", "proof 2"]
    assert issuer.asked == [("/token?api-version=2.0&audience=api%3A%2F%2FAzureADTokenExchange", "Bearer key")] * 2


def test_a_job_that_gets_no_proof_is_told_what_it_lacks() -> None:
    issuer = Issuer()
    issuer.status = 403

    with serving(issuer) as environ, pytest.raises(NoJobTokenError, match="id-token: write"):
        job_token(environ, "anybody")


@pytest.mark.parametrize(
    ("environ", "kind"),
    [
        ({}, DefaultAzureCredential),
        (IDENTITY, DefaultAzureCredential),
        ({"ACTIONS_ID_TOKEN_REQUEST_URL": "u", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "k"}, DefaultAzureCredential),
        (
            {**IDENTITY, "ACTIONS_ID_TOKEN_REQUEST_URL": "u", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "k"},
            ClientAssertionCredential,
        ),
    ],
)
def test_the_identity_at_hand_is_taken(environ: dict[str, str], kind: type) -> None:
    assert type(sign_in(environ)._credential) is kind
