from __future__ import annotations

import io
import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from windlass.engine.apply import PulumiUp, read_run
from windlass.errors.engine import EngineMissingError, StackNotFoundError

PLAN = b'{"resourcePlans": {}}'
ARGUMENTS = """
for each; do
  case "$before" in --plan) plan="$each";; --event-log) log="$each";; esac
  before="$each"
done
"""


class Project:
    """A project whose engine does what a shell script says."""

    def __init__(self, root: Path, script: str) -> None:
        self.root = root
        self.stderr = io.StringIO()
        program = root / "bin" / "pulumi"
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\necho "$@" > {root}/arguments\n{ARGUMENTS}\n{script}\n')
        program.chmod(0o755)
        self.environ = {"PATH": f"{program.parent}{os.pathsep}/usr/bin{os.pathsep}/bin"}

    def up(self, started: Any = lambda _: None, *, at_once: bool = False) -> Any:
        return PulumiUp(self.root, self.environ, self.stderr).up("dev", PLAN, started, at_once=at_once)


@pytest.fixture(autouse=True)
def _heeds_signals() -> Iterator[None]:
    """Heed what ends a process, also where the tests run in the background: a shell cannot trap what was ignored."""
    before = [(each, signal.getsignal(each)) for each in (signal.SIGINT, signal.SIGHUP)]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    for number, handler in before:
        signal.signal(number, handler)


def event(**about: Any) -> str:
    return json.dumps(about, separators=(",", ":"))


def error(message: str, urn: str = "") -> str:
    return event(diagnosticEvent={"severity": "error", "prefix": "error: ", "message": message, "urn": urn})


def test_the_engine_gets_the_plan_the_rules_and_no_question(tmp_path: Path) -> None:
    (tmp_path / "infra" / "policy").mkdir(parents=True)
    (tmp_path / "infra" / "policy" / "PulumiPolicy.yaml").touch()
    project = Project(tmp_path, f'cp "$plan" {tmp_path}/plan; stat -c %a "$(dirname "$plan")" > {tmp_path}/mode')
    pids: list[int] = []

    run = project.up(pids.append)

    said = (tmp_path / "arguments").read_text()
    assert run.code == 0
    assert said.startswith("up --yes --plan ")
    assert "--stack dev --non-interactive" in said
    assert "--policy-pack infra/policy" in said
    assert "--skip-preview" not in said
    assert (tmp_path / "plan").read_bytes() == PLAN
    assert (tmp_path / "mode").read_text().strip() == "700"
    assert len(pids) == 1


def test_its_own_preview_is_left_out_when_asked(tmp_path: Path) -> None:
    project = Project(tmp_path, "true")

    project.up(at_once=True)

    assert "--skip-preview" in (tmp_path / "arguments").read_text()


def test_what_it_says_is_shown_as_it_comes_without_secrets_and_values(tmp_path: Path) -> None:
    script = 'echo "a key: AccountKey=abc;"; echo "x violates plan: properties changed: ~~tags[{old}!={new}]"'
    project = Project(tmp_path, script)

    project.up()

    assert project.stderr.getvalue() == "a key: AccountKey=(secret);\nx violates plan: properties changed: tags\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_is_passed_on_and_the_engine_is_waited_for(number: signal.Signals, tmp_path: Path) -> None:
    ends = "trap 'sleep 0.3; echo freed its lock; exit 1' INT TERM"
    project = Project(tmp_path, f"{ends}; touch {tmp_path}/ready; while :; do sleep 0.02; done")

    def interrupt(_: int) -> None:
        while not (tmp_path / "ready").exists():
            time.sleep(0.01)
        os.kill(os.getpid(), number)

    before = signal.getsignal(number)
    run = project.up(interrupt)

    assert (run.code, run.signal) == (1, number.name)
    assert "freed its lock" in project.stderr.getvalue()
    assert signal.getsignal(number) is before


def test_a_hung_up_terminal_that_is_ignored_stays_so(tmp_path: Path) -> None:
    project = Project(tmp_path, "true")
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        run = project.up(lambda _: os.kill(os.getpid(), signal.SIGHUP))
    finally:
        signal.signal(signal.SIGHUP, before)

    assert (run.code, run.signal) == (0, "")


def test_an_engine_that_nobody_can_write_down_is_ended(tmp_path: Path) -> None:
    project = Project(tmp_path, f"trap 'touch {tmp_path}/ended; exit 1' TERM; touch {tmp_path}/ready; sleep 5 & wait")

    def refused(_: int) -> None:
        while not (tmp_path / "ready").exists():
            time.sleep(0.01)
        raise OSError("denied")

    with pytest.raises(OSError, match="denied"):
        project.up(refused)

    assert (tmp_path / "ended").exists()


def test_a_stack_that_nobody_knows_and_an_engine_that_is_not_there_have_their_own_errors(tmp_path: Path) -> None:
    project = Project(tmp_path, "echo \"error: no stack named 'dev' found\"; exit 255")

    with pytest.raises(StackNotFoundError):
        project.up()
    with pytest.raises(EngineMissingError):
        PulumiUp(tmp_path, {"PATH": str(tmp_path)}, io.StringIO()).up("dev", PLAN, lambda _: None, at_once=False)


def test_errors_and_broken_rules_come_from_the_events() -> None:
    events = "\n".join(
        [
            error("quota exceeded", "urn:pulumi:dev::shop::t::one"),
            error("quota exceeded", "urn:pulumi:dev::shop::t::one"),
            event(diagnosticEvent={"severity": "info", "message": "hello"}),
            event(policyEvent={"policyName": "tls-1-2", "enforcementLevel": "mandatory"}),
            event(policyEvent={"policyName": "advice", "enforcementLevel": "advisory"}),
            event(summaryEvent={"isPreview": False}),
        ]
    )

    run = read_run(1, "said", events)

    assert run.errors == ("one: quota exceeded",)
    assert run.broken == ("tls-1-2",)
    assert not run.changed_nothing


@pytest.mark.parametrize(
    ("said", "events", "locked", "nothing"),
    [
        ("error: the stack is currently locked by 1 lock(s).", "", True, True),
        ("", event(summaryEvent={"isPreview": True}), False, True),
        ("", event(summaryEvent={"isPreview": False}), False, False),
        ("", error("killed before its summary"), False, False),
    ],
)
def test_whether_anything_was_changed_is_told_by_the_last_phase(
    said: str, events: str, *, locked: bool, nothing: bool
) -> None:
    run = read_run(1, said, events)

    assert (run.locked, run.changed_nothing) == (locked, nothing)
