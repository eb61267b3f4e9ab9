"""The commands that a platform team is handed: a shell runs them to their end, and they say what the plan says."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from support.bootstrap import planned

from windlass.bootstrap.commands import script_of
from windlass.bootstrap.models import Bootstrap, GiveRole
from windlass.bootstrap.report import bootstrap_as_json, step_rows

ROOT = Path(__file__).resolve().parents[3]
CLI = """#!/bin/sh
printf '%s' "$(basename "$0")" >> "$LOG"
for word in "$@"; do printf '\\t%s' "$word" >> "$LOG"; done
echo >> "$LOG"
case "$*" in
  *"identity show"*principalId*) echo principal ;;
  *"identity show"*clientId*) echo client ;;
  *customization/sub*) echo repo:acme@1/shop@2 ;;
  *"api repos/acme/shop --jq"*) echo repo:acme@1/shop@2 ;;
  *users/ana*) echo 7 ;;
  *teams/ml-team*) echo 8 ;;
  *"resource show"*) exit 1 ;;
  *"keyvault show"*) exit 1 ;;
esac
"""


def run(plan: Bootstrap, folder: Path) -> tuple[int, list[list[str]], str]:
    """Run the script with az and gh that write down what they are told; give code, calls and what was said."""
    for name in ("az", "gh"):
        (folder / name).write_text(CLI)
        (folder / name).chmod(0o755)
    environ = {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "LOG": str(folder / "log")}
    done = subprocess.run(
        ["sh"], input=script_of(plan), env=environ, capture_output=True, text=True, check=False, timeout=60
    )
    lines = (folder / "log").read_text().splitlines()
    return done.returncode, [line.split("\t") for line in lines], done.stderr


def option(call: list[str], name: str) -> str:
    return call[call.index(name) + 1]


def test_a_shell_runs_the_script_to_its_end(tmp_path: Path) -> None:
    code, calls, said = run(planned(subject="ask"), tmp_path)
    trusted = [option(call, "--subject") for call in calls if "federated-credential" in call]
    variables = {(option(call, "--env"), call[3]): option(call, "--body") for call in calls if "variable" in call}

    assert code == 0
    assert trusted[:2] == ["repo:acme@1/shop@2:environment:dev", "repo:acme@1/shop@2:environment:dev-preview"]
    assert variables["prod", "AZURE_CLIENT_ID"] == "client"
    assert "Not yet: stack dev has not been applied" in said


@pytest.mark.parametrize("form", ["ask", "ids", "names"])
def test_the_script_is_clean_shell(form: str, tmp_path: Path) -> None:
    file = tmp_path / "bootstrap.sh"
    file.write_text(script_of(planned(subject=form)))

    checked = subprocess.run(
        [Path(sys.prefix) / "bin" / "shellcheck", file], capture_output=True, text=True, check=False, timeout=60
    )

    assert checked.stdout == ""
    assert checked.returncode == 0


def test_reviewers_are_named_by_the_ids_that_github_tells(tmp_path: Path) -> None:
    _, calls, _ = run(planned(), tmp_path)

    (put,) = (call for call in calls if "PUT" in call and call[-2:] and "repos/acme/shop/environments/staging" in call)
    assert [word for word in put if word.startswith("reviewers")] == [
        "reviewers[][type]=User",
        "reviewers[][id]=7",
        "reviewers[][type]=Team",
        "reviewers[][id]=8",
    ]


def test_a_condition_reaches_azure_whole(tmp_path: Path) -> None:
    plan = planned()
    _, calls, _ = run(plan, tmp_path)
    wanted = [step.condition for step in plan.roles if step.condition]

    assert [option(call, "--condition") for call in calls if "--condition" in call] == wanted


def test_roles_can_be_left_to_somebody_else(tmp_path: Path) -> None:
    plan = planned()
    _, calls, _ = run(plan.only("azure", "github"), tmp_path)
    (tmp_path / "log").unlink()
    _, theirs, _ = run(plan.only("roles"), tmp_path)

    assert not [call for call in calls if call[1:3] == ["role", "assignment"]]
    given = {option(call, "--name") for call in theirs if call[1:3] == ["role", "assignment"]}
    assert given == {step.assignment for step in plan.roles if not step.applied}
    assert {call[1] for call in theirs} == {"identity", "role", "resource"}


def test_every_role_says_what_it_is_for() -> None:
    plan = planned()
    rows = step_rows(plan)

    assert all(because for (_, _, because), step in zip(rows, plan.steps, strict=True) if isinstance(step, GiveRole))
    assert len({what for _, what, _ in rows}) == len(rows)


def test_programs_get_every_step_with_its_commands() -> None:
    told = bootstrap_as_json(planned())

    assert len(told["steps"]) == len(planned().steps)
    assert all(step["commands"] for step in told["steps"])
    assert told["left"]


def test_no_command_holds_a_secret() -> None:
    words = {word.lower() for line in script_of(planned()).splitlines() for word in shlex.split(line, comments=True)}

    assert not {word for word in words if "password" in word or "secret" in word or "account-key" in word}
