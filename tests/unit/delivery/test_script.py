from __future__ import annotations

import io
import json
import runpy
from pathlib import Path
from typing import Any

import pytest

from windlass.cli.run import call

ROOT = Path(__file__).resolve().parents[3]
SAMPLES = ROOT / "tests" / "data" / "preview"
PREVIEW = runpy.run_path(str(ROOT / "scripts" / "preview.py"))["preview"]


def preview(*arguments: str) -> tuple[int, str]:
    """Run the script; returns its exit code and what it said on stderr."""
    stderr = io.StringIO()
    code = call(PREVIEW, ["--stack", "local", *arguments], stderr=stderr)
    return code, stderr.getvalue()


def saved(name: str) -> tuple[str, str]:
    return "--file", str(SAMPLES / f"{name}.json")


def test_a_table_is_shown_with_the_sum_below(capsys: pytest.CaptureFixture[str]) -> None:
    code, _ = preview(*saved("mixed"))

    out = capsys.readouterr().out
    assert code == 0
    assert "churn-batch-endpoint" in out
    assert out.startswith("\nlocal interrupts service, may widen a permission, needs quota, changes the cost\n")
    assert out.endswith("\n2 deleted, 3 replaced, 3 updated, 0 created, 16 unchanged.\n")


def test_what_looks_like_a_colour_is_shown_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document: dict[str, Any] = json.loads((SAMPLES / "mixed.json").read_text())
    document["steps"][-1]["urn"] = "urn:pulumi:local::windlass::azure-native:keyvault:Vault::[red]vault[/red]"
    file = tmp_path / "coloured.json"
    file.write_text(json.dumps(document).replace('"custom": false', '"custom": true'))

    preview("--file", str(file))

    assert "[red]vault[/red]" in capsys.readouterr().out


def test_json_is_all_of_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    code, _ = preview(*saved("moved"), "--output", "json")

    assert code == 0
    assert json.loads(capsys.readouterr().out)["risk"] == "loses_data"


def test_markdown_is_all_of_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    code, _ = preview(*saved("created"), "--output", "markdown")

    assert code == 0
    assert capsys.readouterr().out.startswith("<!-- windlass-report -->\n## ")


def test_a_failed_preview_ends_with_six_and_the_engines_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    code, said = preview(*saved("failed"))

    assert code == 6
    assert "the preview of stack local failed; nothing was changed" in said
    assert "Input should be a valid integer" in said
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("output", ["json", "markdown"])
def test_a_failed_preview_is_written_for_whoever_shows_it(output: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, _ = preview(*saved("failed"), "--output", output)

    assert code == 6
    assert "Input should be a valid integer" in capsys.readouterr().out


@pytest.mark.parametrize("output", ["table", "json", "markdown"])
def test_a_broken_rule_ends_with_five_and_says_what_to_do(
    output: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = "A headline.\nIt is wrong.\nWhy: a reason.\nDo: a remedy.\n"
    event = {"policyName": "tls-1-2", "enforcementLevel": "mandatory", "message": lines, "resourceUrn": "urn::account"}
    (tmp_path / "event").write_text(json.dumps({"policyEvent": event}))
    engine = tmp_path / "pulumi"
    digest = '{"diagnostics": [{"severity": "error", "message": "error: preview failed"}]}'
    engine.write_text(f"#!/bin/sh\nfor last; do :; done\ncp {tmp_path}/event $last\necho '{digest}'\nexit 1\n")
    engine.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    stderr = io.StringIO()

    code = call(PREVIEW, ["--stack", "dev", "--output", output], stderr=stderr)

    told = capsys.readouterr()
    assert code == 5
    assert "is refused by tls-1-2" in stderr.getvalue()
    assert "Do: a remedy." in (told.err if output == "table" else told.out)


def test_a_file_of_another_stack_is_a_usage_error() -> None:
    stderr = io.StringIO()

    code = call(PREVIEW, ["--stack", "prod", *saved("mixed")], stderr=stderr)

    assert code == 2
    assert "preview of stack local, not of prod" in stderr.getvalue()


@pytest.mark.parametrize(
    "words", [("--base", "HEAD"), ("--base-files", "."), ("--base", "HEAD", "--base-files", ".", "--save", "x")]
)
def test_what_is_deployed_is_compared_only_where_it_is_read_and_once(words: tuple[str, ...]) -> None:
    code, said = preview(*words)

    assert code == 2
    assert "--base and --base-files" in said
