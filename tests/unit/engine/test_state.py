from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest

from windlass.engine.state import EngineState
from windlass.errors.engine import EngineFailedError, EngineMissingError, StackNotFoundError

BACKEND = "file:///the/stack"
DEPLOYMENT: dict[str, Any] = {"resources": [{"urn": "a"}]}


def state(folder: Path, script: str) -> EngineState:
    program = folder / "pulumi"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return EngineState(folder, "shop", "dev", BACKEND, {"PATH": f"{folder}:/usr/bin:/bin"})


def test_the_state_is_read_from_where_it_lies(tmp_path: Path) -> None:
    exporting = state(
        tmp_path, f"""[ "$PULUMI_BACKEND_URL" = {BACKEND} ] && echo '{{"deployment": {{"resources": []}}}}'"""
    )

    assert exporting.export() == {"resources": []}


def test_a_stack_that_holds_nothing_has_an_empty_state(tmp_path: Path) -> None:
    assert state(tmp_path, """echo '{"version": 3, "deployment": null}'""").export() == {}


def test_resources_are_read_in_a_backend_of_their_own_that_is_gone_afterwards(tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    script = f"""
    echo "$@" > {asked}; echo "$PULUMI_BACKEND_URL" > {asked}.backend
    file="${{PULUMI_BACKEND_URL#file://}}/.pulumi/stacks/shop/dev.json"
    sed -i 's/"urn": "a"/"urn": "a", "read": true/' "$file"
    """

    read = state(tmp_path, script).read_resources(DEPLOYMENT, ("urn:a", "urn:b"))

    assert read == {"resources": [{"urn": "a", "read": True}]}
    assert "--target urn:a --target urn:b" in asked.read_text()
    used = (tmp_path / "asked.backend").read_text().strip()
    assert used != BACKEND
    assert not Path(used.removeprefix("file://")).exists()


def test_a_state_is_written_by_the_engine(tmp_path: Path) -> None:
    copied = tmp_path / "copied"
    writing = state(tmp_path, f'[ "$1 $2" = "stack import" ] && cp "$4" {copied}')

    writing.replace(DEPLOYMENT)

    assert copied.read_text() == '{"version": 3, "deployment": {"resources": [{"urn": "a"}]}}'


def test_an_engine_that_fails_is_quoted(tmp_path: Path) -> None:
    with pytest.raises(EngineFailedError, match="the stack is currently locked"):
        state(tmp_path, "echo 'error: the stack is currently locked by 1 lock(s)' >&2; exit 255").replace(DEPLOYMENT)


def test_a_stack_that_the_backend_does_not_know_is_named(tmp_path: Path) -> None:
    with pytest.raises(StackNotFoundError):
        state(tmp_path, "echo \"error: no stack named 'dev' found\" >&2; exit 255").export()


def test_without_an_engine_the_message_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(EngineMissingError):
        EngineState(tmp_path, "shop", "dev", BACKEND, {"PATH": str(tmp_path)}).export()


def torn(folder: Path, attributes: str) -> tuple[EngineState, Path]:
    """A state on this machine whose file of attributes the engine was writing."""
    file = folder / "state" / ".pulumi" / "stacks" / "shop" / "dev.json"
    file.parent.mkdir(parents=True)
    file.write_text('{"version": 3, "checkpoint": {"latest": {"resources": [{"urn": "a"}]}}}')
    sidecar = file.with_name("dev.json.attrs")
    sidecar.write_text(attributes)
    backend = (folder / "state").as_uri()
    return EngineState(folder, "shop", "dev", backend, {"PATH": str(folder)}), sidecar


def test_a_state_that_the_engine_cannot_read_is_read_without_it_and_mended(tmp_path: Path) -> None:
    state, sidecar = torn(tmp_path, "")

    assert state.export() == DEPLOYMENT
    assert state.torn() == ("dev.json.attrs",)
    assert sidecar.exists()

    state.mend("dev.json.attrs")
    state.mend("dev.json.attrs")

    assert state.torn() == ()
    assert not sidecar.exists()


def test_a_whole_file_of_attributes_is_left_alone(tmp_path: Path) -> None:
    state, sidecar = torn(tmp_path, '{"user.content_type": "application/json"}')

    state.mend("dev.json.attrs")

    assert state.torn() == ()
    assert sidecar.exists()
