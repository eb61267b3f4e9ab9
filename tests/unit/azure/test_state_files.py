from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from windlass.azure.state_files import BlobStateFiles
from windlass.engine.state_files import FolderStateFiles
from windlass.errors.recovery import BackendWithoutAccountError
from windlass.errors.state import StateElsewhereError
from windlass.factory.state import state_files
from windlass.release.ports import StateFiles

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("Pulumi.yaml", "Pulumi.dev.yaml", "Pulumi.local.yaml"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def nobody() -> None:
    pytest.fail("files on this machine need no identity")


def chosen(root: Path, backend: str, stack: str = "dev") -> StateFiles:
    return state_files(root, stack, {"PULUMI_BACKEND_URL": backend}, lambda: None)


def test_files_are_kept_where_the_state_lies(root: Path) -> None:
    assert isinstance(chosen(root, root.as_uri()), FolderStateFiles)
    assert isinstance(chosen(root, "azblob://state?storage_account=acme"), BlobStateFiles)


def test_a_local_stack_keeps_its_files_in_the_checkout_and_asks_nobody_who_it_is(root: Path) -> None:
    state_files(root, "local", {"PULUMI_BACKEND_URL": "azblob://elsewhere"}, nobody).write("windlass/a.json", b"1")

    assert (root / ".windlass/state/windlass/a.json").read_bytes() == b"1"


def test_a_folder_in_the_container_comes_first() -> None:
    from windlass.azure.state_container import open_container

    _, folder = open_container("azblob://state/team/one?storage_account=a", "dev", None, {})

    assert folder == "team/one/"


def test_an_address_of_their_own_comes_before_that_of_the_state(root: Path) -> None:
    environ = {"PULUMI_BACKEND_URL": "https://api.pulumi.com", "WINDLASS_RECORDS_URL": (root / "records").as_uri()}

    for stack in ("dev", "local"):
        state_files(root, stack, environ, nobody).write("windlass/a.json", stack.encode())

    assert (root / "records/windlass/a.json").read_bytes() == b"dev"
    assert (root / ".windlass/state/windlass/a.json").read_bytes() == b"local"


def test_where_no_files_can_be_kept_is_said_by_name(root: Path) -> None:
    with pytest.raises(StateElsewhereError, match=r"s3://state.*WINDLASS_RECORDS_URL"):
        chosen(root, "s3://state")
    with pytest.raises(BackendWithoutAccountError):
        chosen(root, "azblob://state")
