from __future__ import annotations

import stat
from pathlib import Path

import pytest

from windlass.engine.backend import find_backend, folder_of
from windlass.errors.engine import EngineFailedError, EngineMissingError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for stack, cloud in (("local", "local"), ("dev", "azure")):
        (tmp_path / f"Pulumi.{stack}.yaml").write_text(f"config:\n  windlass:settings:\n    cloud: {cloud}\n")
    return tmp_path


def saying(folder: Path, script: str) -> dict[str, str]:
    program = folder / "pulumi"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return {"PATH": f"{folder}:/usr/bin:/bin"}


def test_the_state_of_the_local_stack_lies_in_the_checkout_whatever_the_shell_says(root: Path) -> None:
    assert find_backend(root, "local", {"PULUMI_BACKEND_URL": "azblob://x"}) == (root / ".windlass/state").as_uri()


def test_the_shell_names_the_state_of_any_other(root: Path) -> None:
    assert find_backend(root, "dev", {"PULUMI_BACKEND_URL": "azblob://state"}) == "azblob://state"


def test_else_the_engine_tells_where_it_is_logged_in(root: Path) -> None:
    environment = saying(root, """echo '{"user": "ana", "url": "azblob://state?storage_account=acme"}'""")

    assert find_backend(root, "dev", environment) == "azblob://state?storage_account=acme"


def test_an_engine_that_is_logged_in_nowhere_is_quoted(root: Path) -> None:
    with pytest.raises(EngineFailedError, match="not logged in"):
        find_backend(root, "dev", saying(root, "echo 'error: not logged in' >&2; exit 1"))


def test_without_an_engine_the_message_says_how_to_get_one(root: Path) -> None:
    with pytest.raises(EngineMissingError):
        find_backend(root, "dev", {"PATH": str(root)})


@pytest.mark.parametrize(
    ("backend", "folder"),
    [("file:///a%20b/state", Path("/a b/state")), ("file://~", Path.home()), ("azblob://state", None)],
)
def test_only_a_backend_on_this_machine_has_a_folder(backend: str, folder: Path | None) -> None:
    assert folder_of(backend) == folder
