from __future__ import annotations

import io
import stat
from pathlib import Path

import pytest

from windlass.engine.destroy import PulumiEngine
from windlass.errors import ExitCode
from windlass.errors.engine import EngineFailedError, EngineMissingError
from windlass.errors.project import UnknownStackError
from windlass.errors.teardown import ProtectedStackError
from windlass.project.settings import StackSettings
from windlass.project.stack_file import known_outputs, load_settings
from windlass.teardown import (
    WORKSPACE_TYPE,
    Engine,
    Purger,
    Step,
    describe_step,
    plan_teardown,
    step_as_json,
    tear_down,
)

ROOT = Path(__file__).resolve().parents[2]


class Log:
    """An engine and a purger that write down what they are asked."""

    def __init__(self, fails_at: str = "") -> None:
        self.acts: list[str] = []
        self._fails_at = fails_at

    def _act(self, what: str) -> None:
        if what == self._fails_at:
            raise EngineFailedError(what, "no")
        self.acts.append(what)

    def destroy(self, stack: str, *, spare: tuple[str, ...] = ()) -> None:
        self._act(f"destroy {stack} but {','.join(spare)}" if spare else f"destroy {stack}")

    def purge_workspace(self) -> None:
        self._act("purge workspace")

    def purge_vault(self) -> None:
        self._act("purge vault")


def quiet(_step: Step, _done: bool) -> None:  # noqa: FBT001 - told before and after
    """Hear nothing."""


def settings(**changes: object) -> StackSettings:
    base = load_settings(ROOT, "local")
    return base.model_copy(update={"windlass": base.windlass.model_copy(update=changes)})


def plan(**changes: object) -> tuple[Step, ...]:
    chosen = settings(**changes)
    return plan_teardown(chosen, known_outputs(chosen))


def test_the_log_satisfies_the_ports() -> None:
    engine: Engine = Log()
    purger: Purger = Log()

    assert all((engine, purger))


def test_the_workspace_is_purged_while_it_is_there_and_the_vault_when_it_is_gone() -> None:
    log, told = Log(), list[str]()

    tear_down(plan(), log, log, lambda step, done: told.append(f"{type(step).__name__} {done}"))

    assert log.acts == [f"destroy local but {WORKSPACE_TYPE}", "purge workspace", "destroy local", "purge vault"]
    assert told[:2] == ["DestroyOnWorkspace False", "DestroyOnWorkspace True"]


def test_a_failure_stops_the_steps_after_it() -> None:
    log = Log(fails_at="purge workspace")

    with pytest.raises(EngineFailedError):
        tear_down(plan(), log, log, quiet)

    assert log.acts == [f"destroy local but {WORKSPACE_TYPE}"]


def test_a_vault_with_purge_protection_is_left_and_said_so() -> None:
    vault = settings().windlass.vault.model_copy(update={"purge_protection": True, "retention_days": 90})
    log = Log()

    steps = plan(vault=vault)
    tear_down(steps, log, log, quiet)

    assert "purge vault" not in log.acts
    assert describe_step(steps[-1]).endswith("its name is free again after 90 days")


@pytest.mark.parametrize(
    ("protection", "named"),
    [
        ({"data": True, "endpoints": False}, "protection.data is on"),
        ({"data": False, "endpoints": True}, "protection.endpoints is on"),
        ({"data": True, "endpoints": True}, "protection.data and protection.endpoints is on"),
    ],
)
def test_a_stack_that_protects_itself_is_refused(protection: dict[str, bool], named: str) -> None:
    changed = settings().windlass.protection.model_copy(update=protection)

    with pytest.raises(ProtectedStackError, match=named) as caught:
        plan(protection=changed)

    assert caught.value.exit_code is ExitCode.REFUSED


def test_every_step_has_a_line_and_plain_values() -> None:
    steps = plan()

    assert [describe_step(step).split()[0] for step in steps] == ["destroy", "delete", "destroy", "purge"]
    assert step_as_json(steps[0]) == {"step": "DestroyOnWorkspace", "stack": "local"}


def test_a_stack_without_settings_is_named() -> None:
    with pytest.raises(UnknownStackError):
        load_settings(ROOT, "nowhere")


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
