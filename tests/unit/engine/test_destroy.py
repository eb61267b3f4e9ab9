from __future__ import annotations

import io
import stat
from pathlib import Path

import pytest

from windlass.engine.destroy import PulumiEngine
from windlass.errors.engine import EngineFailedError, EngineMissingError


def fake_pulumi(folder: Path, script: str) -> dict[str, str]:
    program = folder / "pulumi"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return {"PATH": f"{folder}:/usr/bin:/bin"}


def test_the_engine_is_asked_to_spare_types_and_heard_on_stderr(tmp_path: Path) -> None:
    said = io.StringIO()
    engine = PulumiEngine(tmp_path, fake_pulumi(tmp_path, 'for word in "$@"; do echo "$word"; done'), said)

    engine.destroy("local", spare=("a:b:C",))

    words = said.getvalue().split()
    assert words[:3] == ["destroy", "--stack", "local"]
    assert words[words.index("--exclude") + 1] == "urn:pulumi:local::**a:b:C::**"
    assert "--target" not in words


def test_the_engine_is_asked_for_some_types_alone(tmp_path: Path) -> None:
    said = io.StringIO()
    engine = PulumiEngine(tmp_path, fake_pulumi(tmp_path, 'for word in "$@"; do echo "$word"; done'), said)

    engine.destroy("local", only=("a:b:C",))

    words = said.getvalue().split()
    assert words[words.index("--target") + 1] == "urn:pulumi:local::**a:b:C::**"


def test_an_engine_that_fails_is_quoted(tmp_path: Path) -> None:
    environment = fake_pulumi(tmp_path, "echo 'error: it is protected'; exit 255")
    engine = PulumiEngine(tmp_path, environment, io.StringIO())

    with pytest.raises(EngineFailedError, match="it is protected"):
        engine.destroy("local")


def test_a_stack_that_the_backend_does_not_know_has_nothing_to_destroy(tmp_path: Path) -> None:
    environment = fake_pulumi(tmp_path, "echo \"error: no stack named 'local' found\"; exit 255")
    said = io.StringIO()

    PulumiEngine(tmp_path, environment, said).destroy("local")

    assert "no stack named" in said.getvalue()


def test_without_an_engine_the_message_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(EngineMissingError):
        PulumiEngine(tmp_path, {"PATH": str(tmp_path)}, io.StringIO()).destroy("local")
