"""Container groups, called directly: with their key, and the certificate that their public name is for."""

from __future__ import annotations

import ssl
import time
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from windlass.azure.certificates import Certificate, Certificates
from windlass.azure.containers import GroupsOf, ensure_key
from windlass.azure.group_bodies import group_name, host_of
from windlass.azure.scoring import DEPLOYMENT_HEADER, MODEL_STATUS_HEADER
from windlass.azure.vault import VaultSecrets
from windlass.errors.azure import AzureUnreachableError
from windlass.release.models import Answer, Endpoint, Style

if TYPE_CHECKING:
    import httpx

_NO_ANSWER = 408
_READY_SECONDS = 5.0


class GroupScoring:
    """Satisfies `release.ports.Scoring` for one endpoint."""

    def __init__(self, groups: GroupsOf, secrets: VaultSecrets) -> None:
        self._groups = groups
        self._secrets = secrets

    def score(self, endpoint: Endpoint, body: bytes, *, deployment: str = "", timeout_seconds: float = 30) -> Answer:
        """Send one request, to one deployment when it is named, else to the public name.

        Raises:
            AzureUnreachableError: Nobody was there to answer.
        """
        import httpx

        host = self._host_of(endpoint, deployment)
        headers = {"Authorization": f"Bearer {self.secret(endpoint)}", "Content-Type": "application/json"}
        begun = time.perf_counter()
        try:
            answer = self._client.post(
                f"https://{host}/score",
                content=body,
                headers=headers,
                timeout=timeout_seconds,
            )
        except httpx.TimeoutException:
            text = f"no answer within {timeout_seconds:g} s".encode()
            return Answer(status=_NO_ANSWER, body=text, deployment=deployment, seconds=timeout_seconds)
        except httpx.HTTPError as error:
            raise AzureUnreachableError(f"score with {host}", details=(str(error),)) from error
        return Answer(
            status=answer.status_code,
            body=answer.content,
            deployment=answer.headers.get(DEPLOYMENT_HEADER, ""),
            seconds=time.perf_counter() - begun,
            model_status=answer.headers.get(MODEL_STATUS_HEADER, ""),
        )

    def secret(self, endpoint: Endpoint) -> str:
        """Get the key that callers of the endpoint send."""
        del endpoint
        return self._key

    def is_ready(self, host: str) -> bool:
        """Tell whether the group at a host name says that it is ready."""
        import httpx

        try:
            answer = self._client.get(f"https://{host}/ready", timeout=_READY_SECONDS)
        except httpx.HTTPError:
            return False
        return answer.is_success

    def _host_of(self, endpoint: Endpoint, deployment: str) -> str:
        """A named deployment is asked at its own address, whoever the public name leads to."""
        if not deployment or self._groups.style is Style.RECREATE:
            return self._groups.host
        label = group_name(endpoint.name, deployment, self._groups.style)
        return host_of(label, self._groups.outputs.location)

    @cached_property
    def _key(self) -> str:
        return ensure_key(self._secrets, self._groups.endpoint)

    @cached_property
    def _client(self) -> httpx.Client:
        import httpx

        return httpx.Client(verify=self._trust())

    def _trust(self) -> ssl.SSLContext:
        """Trust what this machine trusts, and a certificate that we made ourselves."""
        context = _Named(self._groups.host)
        context.load_default_certs()
        certificate = self._certificate()
        if certificate.self_signed:
            context.load_verify_locations(cadata=certificate.chain)
        return context

    def _certificate(self) -> Certificate:
        groups = self._groups
        return Certificates(self._secrets).ensure(groups.host, groups.endpoint, groups.container.certificate)


class _Named(ssl.SSLContext):
    """Expects the certificate of one name, wherever it connects.

    A group is tested at an address of its own before the public name leads to it, and shows the certificate of the
    public name already. (httpx has `sni_hostname` for this, and does not heed it behind a proxy.)
    """

    _name: str

    def __new__(cls, name: str) -> Self:
        """Make a context of a client, which checks certificates and names."""
        context = super().__new__(cls, ssl.PROTOCOL_TLS_CLIENT)
        context._name = name
        return context

    def wrap_socket(self, *arguments: Any, **named: Any) -> ssl.SSLSocket:
        """Begin TLS on a socket."""
        return super().wrap_socket(*arguments, **{**named, "server_hostname": self._name})

    def wrap_bio(self, *arguments: Any, **named: Any) -> ssl.SSLObject:
        """Begin TLS on buffers."""
        return super().wrap_bio(*arguments, **{**named, "server_hostname": self._name})
