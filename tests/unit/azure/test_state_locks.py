from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.storage.blob import ContainerClient

from windlass.azure.state_locks import BlobLocks, connect
from windlass.errors.azure import AzureRequestError
from windlass.errors.recovery import BackendWithoutAccountError
from windlass.recovery.models import Holder

WRITTEN = json.dumps({"pid": 7, "username": "ana", "hostname": "runner", "timestamp": "2026-11-29T14:28:11.3Z"})
PREFIX = ".pulumi/locks/organization/shop/dev/"


@dataclass
class Blob:
    """The content of one blob."""

    content: bytes

    def readall(self) -> bytes:
        """All of it."""
        return self.content


@dataclass
class Container:
    """A container of blobs, as far as locks need one."""

    blobs: dict[str, bytes] = field(default_factory=dict)
    listed_only: tuple[str, ...] = ()
    refuses: bool = False

    def list_blob_names(self, *, name_starts_with: str) -> list[str]:
        """Names in no order that is promised."""
        if self.refuses:
            raise HttpResponseError(message="no")
        return [each for each in (*self.listed_only, *self.blobs) if each.startswith(name_starts_with)]

    def download_blob(self, name: str) -> Blob:
        """One blob."""
        if name not in self.blobs:
            raise ResourceNotFoundError(message=name)
        return Blob(self.blobs[name])

    def delete_blob(self, name: str) -> None:
        """Remove one blob."""
        if self.blobs.pop(name, None) is None:
            raise ResourceNotFoundError(message=name)


def locks(container: Container) -> BlobLocks:
    return BlobLocks(cast("ContainerClient", container), PREFIX, lambda _: Holder.ELSEWHERE)


def test_the_locks_of_the_stack_are_read_and_no_others() -> None:
    others = {".pulumi/locks/organization/shop/prod/b.json": b"", ".pulumi/stacks/shop/dev.json": b""}
    container = Container({f"{PREFIX}a.json": WRITTEN.encode(), **others})

    (lock,) = locks(container).find()

    assert (lock.name, lock.pid, lock.host, lock.holder) == ("a.json", 7, "runner", Holder.ELSEWHERE)


def test_a_lock_that_goes_while_it_is_read_is_none() -> None:
    assert locks(Container(listed_only=(f"{PREFIX}a.json",))).find() == ()


def test_one_lock_is_removed_and_twice_is_fine() -> None:
    container = Container({f"{PREFIX}a.json": b"", f"{PREFIX}b.json": b""})

    locks(container).remove("a.json")
    locks(container).remove("a.json")

    assert list(container.blobs) == [f"{PREFIX}b.json"]


def test_what_azure_refuses_is_translated() -> None:
    with pytest.raises(AzureRequestError, match="list the locks"):
        locks(Container(refuses=True)).find()


@pytest.mark.parametrize(
    ("backend", "environ", "url"),
    [
        ("azblob://state?storage_account=acme", {}, "https://acme.blob.core.windows.net/state"),
        ("azblob://state", {"AZURE_STORAGE_ACCOUNT": "acme"}, "https://acme.blob.core.windows.net/state"),
        ("azblob://state?storage_account=a&domain=blob.core.example", {}, "https://a.blob.core.example/state"),
    ],
)
def test_the_address_names_the_container(backend: str, environ: dict[str, str], url: str) -> None:
    found: Any = connect(backend, "shop", "dev", lambda _: Holder.DEAD, None, environ)

    assert found._container.url == url
    assert found._prefix == PREFIX


def test_a_folder_in_the_container_comes_before_the_locks() -> None:
    found: Any = connect("azblob://state/team?storage_account=a", "shop", "dev", lambda _: Holder.DEAD, None, {})

    assert found._prefix == f"team/{PREFIX}"


def test_an_address_without_an_account_says_how_to_name_one() -> None:
    with pytest.raises(BackendWithoutAccountError, match="AZURE_STORAGE_ACCOUNT"):
        connect("azblob://state", "shop", "dev", lambda _: Holder.DEAD, None, {})
