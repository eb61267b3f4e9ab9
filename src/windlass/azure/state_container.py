"""The container of a storage account that the engine keeps a state in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlsplit

from windlass.errors.recovery import BackendWithoutAccountError

if TYPE_CHECKING:
    from azure.storage.blob import ContainerClient

_ACCOUNT: Final = "AZURE_STORAGE_ACCOUNT"
_DOMAIN: Final = "blob.core.windows.net"


def open_container(
    backend: str, stack: str, credential: Any, environ: Mapping[str, str]
) -> tuple[ContainerClient, str]:
    """Connect to the container of a backend; tells the folder in it as well, which ends in `/` unless it is empty.

    Args:
        backend: Such as `azblob://state?storage_account=acme`, with a folder after the container or none.
        stack: The stack's name.
        credential: Who we are.
        environ: Names the account where the address does not.

    Raises:
        BackendWithoutAccountError: Nothing names the account.
    """
    from azure.storage.blob import ContainerClient

    address = urlsplit(backend)
    query = parse_qs(address.query)
    account = query.get("storage_account", [environ.get(_ACCOUNT, "")])[0]
    if not account:
        raise BackendWithoutAccountError(stack, backend)
    domain = query.get("domain", [_DOMAIN])[0]
    folder = address.path.strip("/")
    client = ContainerClient(f"https://{account}.{domain}", address.netloc, credential=credential)
    return client, folder and f"{folder}/"
