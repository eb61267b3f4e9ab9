"""The storage service for the local Azure's own use: Azurite, addressed directly and signed with account keys.

What is handed out to others is signed by user delegation, so that it works where an account takes no keys.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from windlass_emulator.blobs import Container
from windlass_emulator.errors import AzureError
from windlass_emulator.store import Store
from windlass_emulator.tokens import LIFETIME, Tokens

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken
    from azure.storage.blob import BlobServiceClient, ContainerClient, ContainerProperties

ACCOUNT_TYPE = "microsoft.storage/storageaccounts"
KEYS_FACT = "keys"
_PUBLIC_WORDS: Mapping[str, str | None] = {"None": None, "Blob": "blob", "Container": "container"}
"""Azure Resource Manager's words for public access, and the blob service's."""
_CLOCK_SKEW = timedelta(minutes=15)
_ML_SERVICE = "0736f41a-0425-4b46-bdb5-1563eff02385"
"""The application of the ML service, which signs what it hands out."""


class AzuriteBlobs:
    """`Blobs` (see blobs.py) on Azurite.

    The SDK costs 0.2 seconds to import, so each method imports what it needs.
    """

    def __init__(self, store: Store, authority: Path, port: Callable[[], int], tokens: Tokens) -> None:
        self._store = store
        self._authority = authority
        self._port = port
        self._tokens = tokens
        self._services: dict[tuple[str, int, str], BlobServiceClient] = {}

    def account_key(self, account: str) -> str:
        """Return the first key of a storage account that exists in the store.

        Raises:
            AzureError: 404 when there is no such account.
        """
        for stored in self._store.of_type(ACCOUNT_TYPE):
            if stored.name == account:
                return str(self._store.fact(stored.id, KEYS_FACT)[0])
        raise AzureError(404, "ResourceNotFound", f"The storage account '{account}' was not found.")

    def account_sas(self, account: str, *, hours: float = 24.0) -> str:
        """Return an account SAS for blobs (service, container, object; read, write, list, create, add, delete)."""
        from azure.storage.blob import AccountSasPermissions, ResourceTypes, generate_account_sas

        return str(
            generate_account_sas(
                account,
                self.account_key(account),
                resource_types=ResourceTypes(service=True, container=True, object=True),
                permission=AccountSasPermissions(read=True, write=True, list=True, create=True, add=True, delete=True),
                **_life(hours),
            )
        )

    def container_sas(self, account: str, container: str, *, permission: str = "rcwl", hours: float = 8.0) -> str:
        """Return a SAS of one container, by user delegation (recorded): it needs no key of the account."""
        from azure.storage.blob import generate_container_sas

        life = _life(hours)
        key = self._delegation_key(account, life)
        return str(
            generate_container_sas(account, container, user_delegation_key=key, permission=permission, **life)
        )  # fmt: skip

    def blob_sas(self, account: str, container: str, blob: str, *, hours: float = 24.0) -> str:
        """Return a read SAS of one blob, by user delegation."""
        from azure.storage.blob import generate_blob_sas

        life = _life(hours)
        key = self._delegation_key(account, life)
        return str(generate_blob_sas(account, container, blob, user_delegation_key=key, permission="r", **life))

    def _delegation_key(self, account: str, life: Mapping[str, datetime]) -> Any:
        from azure.storage.blob import BlobServiceClient

        credential = _ServiceCredential(self._tokens)
        with BlobServiceClient(self._address(account), credential, **self._options()) as service:
            return service.get_user_delegation_key(life["start"], life["expiry"])

    def ensure_container(self, account: str, container: str) -> None:
        """Create a container if it is not there."""
        from azure.core.exceptions import ResourceExistsError

        try:
            self.create_container(account, container)
        except ResourceExistsError:
            return  # which is what was asked for

    def create_container(self, account: str, name: str) -> None:
        """Create a container that is not there."""
        self._container(account, name).create_container()

    def delete_container(self, account: str, name: str) -> bool:
        """Delete a container with its blobs; says whether it was there."""
        from azure.core.exceptions import ResourceNotFoundError

        try:
            self._container(account, name).delete_container()
        except ResourceNotFoundError:
            return False
        return True

    def containers(self, account: str) -> tuple[Container, ...]:
        """Return all containers of an account."""
        found = self._service(account).list_containers(include_metadata=True)
        return tuple(_container_facts(properties) for properties in found)

    def container(self, account: str, name: str) -> Container | None:
        """Return one container, or None."""
        from azure.core.exceptions import ResourceNotFoundError

        try:
            return _container_facts(self._container(account, name).get_container_properties())
        except ResourceNotFoundError:
            return None

    def set_container(
        self, account: str, name: str, *, public_access: str | None, metadata: Mapping[str, str] | None
    ) -> None:
        """Change what is not None."""
        client = self._container(account, name)
        if public_access is not None:
            client.set_container_access_policy({}, public_access=_PUBLIC_WORDS[public_access])
        if metadata is not None:
            client.set_container_metadata(dict(metadata))

    def download(self, account: str, container: str, prefix: str, to: Path) -> list[str]:
        """Write the blob `prefix`, or all blobs below `prefix/`, into a folder; returns the relative paths."""
        prefix = prefix.strip("/")
        client = self._container(account, container)
        names = [name for name, _ in self.list(account, container, prefix)]
        if prefix in names:
            relative = {prefix: PurePosixPath(prefix).name}
        else:
            relative = {
                name: name.removeprefix(prefix).lstrip("/")
                for name in names
                if not prefix or name.startswith(f"{prefix}/")
            }
        for name, path in relative.items():
            target = _inside(to, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as file:
                client.download_blob(name, max_concurrency=4).readinto(file)
        return sorted(relative.values())

    def upload(self, account: str, container: str, blob: str, source: Path | bytes, *, overwrite: bool = True) -> None:
        """Write one blob from a file or bytes."""
        client = self._container(account, container).get_blob_client(blob)
        if isinstance(source, bytes):
            client.upload_blob(source, overwrite=overwrite)
            return
        with source.open("rb") as file:
            client.upload_blob(file, overwrite=overwrite, max_concurrency=4)

    def append(self, account: str, container: str, blob: str, data: bytes) -> None:
        """Append to an append blob, creating it if needed (logs of jobs)."""
        from azure.core.exceptions import ResourceNotFoundError

        client = self._container(account, container).get_blob_client(blob)
        try:
            client.append_block(data)
        except ResourceNotFoundError:
            client.create_append_blob()
            client.append_block(data)

    def list(self, account: str, container: str, prefix: str) -> list[tuple[str, int]]:
        """Return the names and sizes of the blobs whose names start with `prefix`."""
        found = self._container(account, container).list_blobs(name_starts_with=prefix or None)
        return [(str(blob.name), int(blob.size)) for blob in found]

    def close(self) -> None:
        """Close all connections."""
        for service in self._services.values():
            service.close()
        self._services.clear()

    def _container(self, account: str, container: str) -> ContainerClient:
        return self._service(account).get_container_client(container)

    def _service(self, account: str) -> BlobServiceClient:
        # Azurite gets another port when it is started again, and an account made anew gets other keys.
        known = (account, self._port(), self.account_key(account))
        if known not in self._services:
            self._services[known] = self._new_service(*known)
        return self._services[known]

    def _new_service(self, account: str, port: int, key: str) -> BlobServiceClient:
        from azure.storage.blob import BlobServiceClient

        del port  # a part of the key in the cache alone
        credential = {"account_name": account, "account_key": key}
        return BlobServiceClient(self._address(account), credential, **self._options())

    def _address(self, account: str) -> str:
        return f"https://127.0.0.1:{self._port()}/{account}"

    def _options(self) -> dict[str, Any]:
        from azure.storage.blob import LinearRetry

        return {
            "connection_verify": str(self._authority),
            "use_env_settings": False,  # no proxy between us and our child
            "retry_policy": LinearRetry(backoff=1, retry_total=3, random_jitter_range=0),
        }


@dataclass(frozen=True, slots=True)
class _ServiceCredential:
    """The ML service itself, at the storage service."""

    tokens: Tokens

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        """Issue a token."""
        from azure.core.credentials import AccessToken

        del scopes, options
        token = self.tokens.issue("https://storage.azure.com", _ML_SERVICE, _ML_SERVICE)
        return AccessToken(token, int(datetime.now(UTC).timestamp()) + LIFETIME)


def _container_facts(properties: ContainerProperties) -> Container:
    word = next(arm for arm, wire in _PUBLIC_WORDS.items() if wire == (properties.public_access or None))
    return Container(
        name=str(properties.name),
        etag=str(properties.etag),
        public_access=word,
        modified=properties.last_modified.timestamp(),
        metadata=dict(properties.metadata or {}),
    )


def _life(hours: float) -> dict[str, datetime]:
    now = datetime.now(UTC)
    return {"start": now - _CLOCK_SKEW, "expiry": now + timedelta(hours=hours)}


def _inside(folder: Path, relative: str) -> Path:
    """Return the path below a folder; a blob's name may hold `..`, which must not lead out of it."""
    target = (folder / relative).resolve()
    if not target.is_relative_to(folder.resolve()):
        raise AzureError(400, "InvalidBlobName", f"The blob name '{relative}' leads out of its folder.")
    return target
