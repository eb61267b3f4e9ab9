"""Azure's host names on this machine for one test: a CONNECT proxy with a certificate of its own before a `FakeArm`.

The provider runs as a process of the engine there, so it must come through HTTPS_PROXY and trust the certificate, as
it does with the local Azure.
"""

import base64
import datetime as dt
import json
import socketserver
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from support.arm import FakeArm, Reply

TENANT = "10ca1000-0000-4000-8000-000000000001"
SUBSCRIPTION = "10ca1000-0000-4000-8000-000000000002"
CLIENT = "10ca1000-0000-4000-8000-000000000003"
OBJECT = "0bdec700-0000-4000-8000-000000000004"
_HOSTS = ("management.azure.com", "login.microsoftonline.com")


@dataclass
class Load:
    """How many requests are answered at this moment, and how many were at the busiest one."""

    now: int = 0
    most_at_once: int = 0


@dataclass(frozen=True)
class AzureHost:
    """A running proxy and the variables with which a process reaches it."""

    arm: FakeArm
    environment: dict[str, str]
    load: Load


def token(object_id: str | None = OBJECT) -> str:
    """An unsigned web token with the claims that the provider reads."""
    claims = {"tid": TENANT, "appid": CLIENT, **({"oid": object_id} if object_id else {})}
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in ({}, claims)]
    return ".".join([*parts, "c2ln"])


def sign_in(path: str) -> Reply:
    """What the login host answers: its discovery document and a token."""
    base = f"https://login.microsoftonline.com/{TENANT}"
    if path.endswith("/token"):
        return Reply(200, {"access_token": token(), "expires_in": 3600, "token_type": "Bearer"})
    return Reply(
        200,
        {
            "issuer": f"{base}/v2.0",
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "tenant_discovery_endpoint": f"{base}/v2.0/.well-known/openid-configuration",
            "metadata": [],
        },
    )


def _certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Azure of one test")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in _HOSTS]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / "azure.pem", folder / "azure.key"
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate_file, key_file


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, arm: FakeArm, tls: ssl.SSLContext, latency: float) -> None:
        super().__init__(("127.0.0.1", 0), _Proxy)
        self.arm = arm
        self.tls = tls
        self.latency = latency
        self.load = Load()
        self.lock = threading.Lock()


class _Proxy(BaseHTTPRequestHandler):
    """CONNECT, then TLS, then plain HTTP on the same connection."""

    protocol_version = "HTTP/1.1"
    server: _Server
    host = ""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Says nothing: the requests are in the fake."""

    def do_CONNECT(self) -> None:
        host = self.path.partition(":")[0]
        if host not in _HOSTS:
            self.send_error(502)
            return
        self.send_response(200, "Connection established")
        self.end_headers()
        self.connection = self.server.tls.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", buffering=0)
        self.host = host
        self.close_connection = False

    def finish(self) -> None:
        """Closes the TLS layer too, which the server does not know of."""
        super().finish()
        self.connection.close()

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
        reply = sign_in(self.path.partition("?")[0]) if self.host == _HOSTS[1] else self._managed(body)
        payload = reply.text.encode()
        self.send_response(reply.status)
        for name, value in {"Content-Type": "application/json", **reply.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def _managed(self, body: str) -> Reply:
        """The answer of the fake, which sees one request at a time however many wait."""
        load = self.server.load
        with self.server.lock:
            load.now += 1
            load.most_at_once = max(load.most_at_once, load.now)
        time.sleep(self.server.latency)
        with self.server.lock:
            load.now -= 1
            return self.server.arm.handle(self.command, f"https://{self.host}{self.path}", body)

    do_GET = do_PUT = do_POST = do_DELETE = do_PATCH = _answer  # noqa: N815 - names of the base class


@contextmanager
def azure_host(folder: Path, *, latency: float = 0.0) -> Iterator[AzureHost]:
    """Runs the hosts until the block ends."""
    certificate, key = _certificate(folder)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    with _Server(FakeArm(), tls, latency) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        environment = {
            "HTTPS_PROXY": f"http://127.0.0.1:{server.server_address[1]}",
            "NO_PROXY": "localhost,127.0.0.1",
            "REQUESTS_CA_BUNDLE": str(certificate),
            "SSL_CERT_FILE": str(certificate),
            "AZURE_TENANT_ID": TENANT,
            "AZURE_CLIENT_ID": CLIENT,
            "AZURE_CLIENT_SECRET": "one-test-only",
            "AZURE_SUBSCRIPTION_ID": SUBSCRIPTION,
        }
        yield AzureHost(server.arm, environment, server.load)
        server.shutdown()
        thread.join()
