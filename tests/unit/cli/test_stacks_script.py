from __future__ import annotations

import io
import json
import runpy
import shutil
from pathlib import Path

import pytest

from windlass.cli.run import call

ROOT = Path(__file__).resolve().parents[3]
STACKS = runpy.run_path(str(ROOT / "scripts" / "stacks.py"))["stacks"]


def stacks(*arguments: str) -> int:
    return call(STACKS, list(arguments), stderr=io.StringIO())


def test_json_is_one_line_that_a_matrix_takes(capsys: pytest.CaptureFixture[str]) -> None:
    assert stacks("-o", "json") == 0

    out = capsys.readouterr().out
    assert json.loads(out) == ["local", "dev", "staging", "prod"]
    assert out.count("\n") == 1


def test_names_stand_one_a_line_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert stacks() == 0

    assert capsys.readouterr().out == "local\ndev\nstaging\nprod\n"


def test_a_template_that_nobody_has_filled_in_has_no_stack_on_azure(capsys: pytest.CaptureFixture[str]) -> None:
    assert stacks("--on", "azure", "-o", "json") == 0

    assert capsys.readouterr().out == "[]\n"


def test_all_stacks_of_the_template_can_be_rehearsed(capsys: pytest.CaptureFixture[str]) -> None:
    assert stacks("--on", "local", "-o", "json") == 0

    assert json.loads(capsys.readouterr().out) == ["local", "dev", "staging", "prod"]


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ("    bring: {key_vault: /subscriptions/s/resourceGroups/g}\n", "bring names resources (key_vault)"),
        ("  other:token: {secure: v1:abc}\n", "other:token in Pulumi.dev.yaml is encrypted"),
    ],
)
def test_a_stack_that_cannot_be_rehearsed_is_left_out_with_the_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], more: str, why: str
) -> None:
    for stack, text in (("local", ""), ("dev", more)):
        settings = f"config:\n  windlass:settings:\n    cloud: azure\n{text}"
        (tmp_path / f"Pulumi.{stack}.yaml").write_text(settings, encoding="utf-8")
    in_copy = runpy.run_path(str(copied(tmp_path)))["stacks"]

    assert call(in_copy, ["--on", "local", "-o", "json"], stderr=io.StringIO()) == 0

    told = capsys.readouterr()
    assert json.loads(told.out) == ["local"]
    assert why in told.err


def copied(project: Path) -> Path:
    """Copy the script: the project that it works on is the one that it lies in."""
    script = project / "scripts" / "stacks.py"
    script.parent.mkdir()
    return Path(shutil.copy(ROOT / "scripts" / "stacks.py", script))


def test_github_gets_stacks_endpoints_and_what_a_report_expects(capsys: pytest.CaptureFixture[str]) -> None:
    assert stacks("-o", "github") == 0

    told = dict(line.split("=", 1) for line in capsys.readouterr().out.splitlines())
    assert json.loads(told["stacks"]) == ["local", "dev", "staging", "prod"]
    assert told["expect"] == "local,dev,staging,prod"
    assert "churn" in json.loads(told["endpoints"])


def test_a_reference_that_does_not_exist_ends_with_four() -> None:
    assert stacks("--changed-since", "no-such-branch") == 4
