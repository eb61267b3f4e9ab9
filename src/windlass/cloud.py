"""Azure or the local Azure: the only file that knows two worlds.

Which of them a stack lives in stands in its settings. The two are kept apart both ways: a run on the local Azure has
only its subscription, its credentials and its proxy, and a run on Azure none of them. From here on all code is the
same for both.
"""

from __future__ import annotations

import shlex
import socket
from collections.abc import Callable, Mapping, MutableMapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from windlass.errors.azure import AzureStackOnLocalError, LocalAzureNotRunningError, LocalStackElsewhereError
from windlass.project.outputs import StackOutputs
from windlass.project.settings import LOCAL_SUBSCRIPTION, LOCAL_TENANT

LOCAL_CLIENT: Final = "10ca1000-0000-4000-8000-000000000003"
"""The service principal of the local Azure; it exists nowhere else."""

LOCAL_ENVIRONMENT: Final = Path(".windlass", "azure", "azure.env")

_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_IDENTITY: Final = {
    "AZURE_TENANT_ID": LOCAL_TENANT,
    "AZURE_CLIENT_ID": LOCAL_CLIENT,
    "AZURE_SUBSCRIPTION_ID": LOCAL_SUBSCRIPTION,
}
# Each of these would lead a client past the proxy or to another identity.
_LEADS_ELSEWHERE: Final = (
    "https_proxy",
    "http_proxy",
    "no_proxy",
    "all_proxy",
    "ALL_PROXY",
    "AZURE_AUTHORITY_HOST",
    "AZURE_CLIENT_CERTIFICATE_PATH",
    "AZURE_FEDERATED_TOKEN_FILE",
    "ARM_CLOUD_METADATA_URL",
    "ACTIONS_ID_TOKEN_REQUEST_URL",
)

Connect = Callable[[str, int], bool]


def answers(host: str, port: int) -> bool:
    """Tell whether somebody listens there."""
    try:
        socket.create_connection((host, port), timeout=2).close()
    except OSError:
        return False
    return True


def enter(outputs: StackOutputs, root: Path, environ: MutableMapping[str, str], *, connect: Connect = answers) -> None:
    """Make the environment of this process fit the cloud of a stack, or refuse.

    Args:
        outputs: What the stack exports.
        root: The folder of the project.
        environ: The environment that the Azure clients read.
        connect: Tells whether a port answers.

    Raises:
        LocalAzureNotRunningError: The stack is local and the local Azure does not run.
        LocalStackElsewhereError: The stack is local and something leads elsewhere.
        AzureStackOnLocalError: The stack is on Azure and something leads to the local Azure.
    """
    local = _read_local_environment(root / LOCAL_ENVIRONMENT)
    if outputs.cloud == "local":
        _check_local(outputs, local, connect)
        for name in _LEADS_ELSEWHERE:
            environ.pop(name, None)
        environ.update(local | _other_principal(environ))
    else:
        _check_azure(outputs, local, environ)


def _other_principal(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the credential of a principal that somebody made on the local Azure, to try what it may do.

    It is one of the local tenant, so it means nothing to Azure, and it only ever goes to the local proxy.
    """
    if environ.get("AZURE_TENANT_ID") != LOCAL_TENANT or environ.get("AZURE_CLIENT_ID") in {None, LOCAL_CLIENT}:
        return {}
    return {name: environ[name] for name in ("AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET") if name in environ}


def _check_local(outputs: StackOutputs, local: Mapping[str, str], connect: Connect) -> None:
    if (outputs.subscription_id, outputs.tenant_id) != (LOCAL_SUBSCRIPTION, LOCAL_TENANT):
        raise LocalStackElsewhereError(outputs.stack, f"it was applied to subscription {outputs.subscription_id}")
    if not local:
        raise LocalAzureNotRunningError(outputs.stack)
    for name, value in _IDENTITY.items():
        if local.get(name) != value:
            raise LocalStackElsewhereError(outputs.stack, f"azure.env has another {name}")
    proxy = urlsplit(local.get("HTTPS_PROXY", ""))
    if proxy.hostname not in _LOOPBACK or proxy.port is None:
        raise LocalStackElsewhereError(outputs.stack, "azure.env names no proxy on this machine")
    if not connect(proxy.hostname, proxy.port):
        raise LocalAzureNotRunningError(outputs.stack)


def _check_azure(outputs: StackOutputs, local: Mapping[str, str], environ: Mapping[str, str]) -> None:
    if outputs.subscription_id == LOCAL_SUBSCRIPTION or outputs.tenant_id == LOCAL_TENANT:
        raise AzureStackOnLocalError(outputs.stack, "it was applied to the local Azure's subscription")
    for name, value in _IDENTITY.items():
        if environ.get(name) == value:
            raise AzureStackOnLocalError(outputs.stack, f"{name} is the local Azure's")
    proxies = {environ.get(name) for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")}
    if local.get("HTTPS_PROXY") in proxies - {None}:
        raise AzureStackOnLocalError(outputs.stack, "HTTPS_PROXY is the local Azure's")


def _read_local_environment(file: Path) -> dict[str, str]:
    """Read `NAME=value` lines as a shell does; empty when the local Azure never ran."""
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    pairs = (pair.partition("=") for pair in shlex.split(text, comments=True))
    return {name: value for name, equals, value in pairs if equals}
