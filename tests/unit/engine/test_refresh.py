from __future__ import annotations

import os
from pathlib import Path

import pytest

from windlass.engine.refresh import preview_refresh
from windlass.errors.engine import EngineFailedError, EngineMissingError, StackNotFoundError
from windlass.errors.teardown import ShellNotReadyError


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for stack, cloud in (("local", "local"), ("dev", "azure")):
        (tmp_path / f"Pulumi.{stack}.yaml").write_text(f"config:\n  windlass:settings: {{cloud: {cloud}}}\n")
    return tmp_path


def engine(folder: Path, script: str) -> dict[str, str]:
    """An engine that does what a shell script says; returns the environment in which it is found."""
    program = folder / "bin" / "pulumi"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return {"PATH": f"{program.parent}{os.pathsep}/usr/bin{os.pathsep}/bin"}


def test_the_engine_is_asked_to_look_and_to_write_nothing(project: Path) -> None:
    environ = engine(project, 'echo "$@" > said; echo \'{"steps": [], "changeSummary": {"same": 3}}\'')

    digest = preview_refresh(project, "dev", environ)

    said = (project / "said").read_text()
    assert said.startswith("refresh --preview-only --json --stack dev --non-interactive")
    assert digest.change_summary == {"same": 3}


def test_a_look_that_failed_is_read_with_its_errors(project: Path) -> None:
    failed = '{"diagnostics": [{"severity": "error", "message": "denied"}]}'
    environ = engine(project, f"echo '{failed}'; exit 1")

    assert preview_refresh(project, "dev", environ).said("error") == ("denied",)


@pytest.mark.parametrize(
    ("said", "expected"),
    [("error: no stack named 'dev' found", StackNotFoundError), ("error: passphrase", EngineFailedError)],
)
def test_an_engine_without_an_answer_is_an_error(said: str, expected: type[Exception], project: Path) -> None:
    environ = engine(project, f'echo "{said}" >&2; exit 255')

    with pytest.raises(expected):
        preview_refresh(project, "dev", environ)


def test_without_an_engine_or_its_settings_nothing_is_asked(project: Path) -> None:
    with pytest.raises(EngineMissingError):
        preview_refresh(project, "dev", {"PATH": str(project)})
    with pytest.raises(ShellNotReadyError):
        preview_refresh(project, "local", {"PATH": str(project)})
