from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest

from windlass.engine.outputs import find_outputs, outputs_of_state, parse_outputs, read_outputs
from windlass.errors.engine import (
    EngineFailedError,
    EngineMissingError,
    StackNotFoundError,
    StackOutputsUnreadableError,
    StackOutputsVersionError,
    StackWithoutOutputsError,
)

OUTPUTS: dict[str, Any] = {
    "version": 1,
    "project": "shop",
    "stack": "local",
    "cloud": "local",
    "tenant_id": "t",
    "subscription_id": "s",
    "location": "westeurope",
    "resource_group": "rg",
    "workspace": "ws",
    "storage_account": "st",
    "key_vault": "kv",
    "container_registry": "cr",
    "endpoints": [{"model": "churn", "kind": "online", "name": "shop-churn"}],
    "clusters": [],
}


def state(outputs: dict[str, Any]) -> dict[str, Any]:
    resources = [
        {"type": "azure-native:resources:ResourceGroup", "outputs": {"windlass": "not this"}},
        {"type": "pulumi:pulumi:Stack", "outputs": outputs},
    ]
    return {"version": 3, "checkpoint": {"latest": {"resources": resources}}}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: windlass\n")
    for stack, cloud in (("local", "local"), ("dev", "azure")):
        (tmp_path / f"Pulumi.{stack}.yaml").write_text(f"config:\n  windlass:settings: {{cloud: {cloud}}}\n")
    return tmp_path


def write_state(folder: Path, stack: str, document: dict[str, Any]) -> None:
    file = folder / ".pulumi" / "stacks" / "windlass" / f"{stack}.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(document))


def write_engine(folder: Path, script: str) -> dict[str, str]:
    engine = folder / "bin" / "pulumi"
    engine.parent.mkdir()
    engine.write_text(f"#!/bin/sh\n{script}\n")
    engine.chmod(0o755)
    return {"PATH": f"{engine.parent}{os.pathsep}/usr/bin{os.pathsep}/bin"}


def test_the_local_stack_is_read_from_its_state_file_whatever_the_shell_says(project: Path) -> None:
    write_state(project / ".windlass" / "state", "local", state({"windlass": OUTPUTS}))

    outputs = read_outputs(project, "local", {"PULUMI_BACKEND_URL": "azblob://elsewhere"})

    assert (outputs.workspace, outputs.endpoints[0].name) == ("ws", "shop-churn")


def test_a_file_backend_of_another_stack_is_read_directly_too(project: Path, tmp_path: Path) -> None:
    folder = tmp_path / "my state"
    write_state(folder, "dev", state({"windlass": OUTPUTS}))

    outputs = read_outputs(project, "dev", {"PULUMI_BACKEND_URL": f"file://{str(folder).replace(' ', '%20')}"})

    assert outputs.workspace == "ws"


def test_any_other_backend_is_asked_through_the_engine(project: Path) -> None:
    environ = write_engine(project, f"echo '{json.dumps(OUTPUTS)}'")

    assert read_outputs(project, "dev", environ).workspace == "ws"


def test_without_an_engine_the_way_to_one_is_said(project: Path) -> None:
    with pytest.raises(EngineMissingError, match="make setup"):
        read_outputs(project, "dev", {"PATH": str(project)})


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("error: no stack named 'dev' found", StackNotFoundError),
        ("error: current stack does not have output property 'windlass'", StackWithoutOutputsError),
        ("error: failed to decrypt: incorrect passphrase", EngineFailedError),
    ],
)
def test_what_the_engine_says_becomes_our_error(project: Path, said: str, expected: type[Exception]) -> None:
    environ = write_engine(project, f'echo "{said}" >&2; exit 255')

    with pytest.raises(expected):
        read_outputs(project, "dev", environ)


def test_a_stack_that_was_never_made_is_not_found(project: Path) -> None:
    with pytest.raises(StackNotFoundError, match="make up STACK=local"):
        read_outputs(project, "local", {})


@pytest.mark.parametrize("document", [{}, state({}), {"checkpoint": {"latest": None}}])
def test_a_stack_that_was_never_up_has_no_outputs(document: dict[str, Any]) -> None:
    with pytest.raises(StackWithoutOutputsError, match="make up STACK=local"):
        find_outputs(document, "local")


def test_outputs_of_another_version_are_refused_by_number() -> None:
    with pytest.raises(StackOutputsVersionError, match="have version 2"):
        parse_outputs({**OUTPUTS, "version": 2}, "local")


def test_outputs_that_lack_something_are_refused_by_its_name() -> None:
    with pytest.raises(StackOutputsUnreadableError, match="workspace: Field required"):
        parse_outputs({key: value for key, value in OUTPUTS.items() if key != "workspace"}, "local")


def test_outputs_are_read_from_a_state_in_a_store_without_the_engine() -> None:
    content = json.dumps(state({"windlass": OUTPUTS})).encode()
    name = ".pulumi/stacks/shop/dev.json"

    for files in ({name: content}, {f"{name}.gz": gzip.compress(content)}):
        assert outputs_of_state(files.get, "shop", "dev").workspace == "ws"


def test_a_stack_without_a_state_in_the_store_is_named() -> None:
    with pytest.raises(StackNotFoundError, match="no stack dev"):
        outputs_of_state(dict[str, bytes]().get, "shop", "dev")
