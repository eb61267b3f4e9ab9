"""`scripts/report.py`: one report over what previews left, and an exit code that a workflow can stand on."""

from __future__ import annotations

import io
import json
import runpy
from pathlib import Path

import pytest
from support.reports import deleted, report_of, updated

from windlass.cli.run import call
from windlass.delivery.gate import check_gate
from windlass.delivery.models import Report, Violation
from windlass.delivery.report import report_as_json

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = runpy.run_path(str(ROOT / "scripts" / "report.py"))["report"]

CALM = report_of(updated("storage:StorageAccount", {"tags": {"a": "1"}}, {"tags": {"a": "2"}}))
LOSS = report_of(deleted("keyvault:Vault"))
(NEEDED,) = check_gate([LOSS], []).needed
RULE = Violation(rule="tls-1-2", name="account", lines=("Head.", "Do: a remedy."), stops=True)


def save(folder: Path, report: Report, stack: str = "dev") -> Path:
    """Leave a report as `preview.py --save` does."""
    file = folder / stack / "report.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({**report_as_json(report), "stack": stack}), encoding="utf-8")
    return folder


def run(*arguments: object) -> tuple[int, str]:
    """Run the script; its exit code, and what it said on stderr."""
    stderr = io.StringIO()
    return call(SCRIPT, [str(each) for each in arguments], stderr=stderr), stderr.getvalue()


def test_what_costs_nobody_anything_ends_with_nought(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _ = run(save(tmp_path, CALM), "--expect", "dev")

    assert code == 0
    assert "dev has cosmetic changes only\n" in capsys.readouterr().out


def test_what_nobody_said_yes_to_ends_with_five_and_the_label(tmp_path: Path) -> None:
    code, said = run(save(tmp_path, LOSS))

    assert code == 5
    assert f"  {NEEDED.label}" in said


@pytest.mark.parametrize("flag", ["--allow", "--allow-from"])
def test_what_somebody_said_yes_to_passes(flag: str, tmp_path: Path) -> None:
    labels = tmp_path / "labels"
    labels.write_text(f"bug\n{NEEDED.label}\n", encoding="utf-8")

    code, _ = run(save(tmp_path, LOSS), flag, labels if flag == "--allow-from" else NEEDED.label)

    assert code == 0


def test_advice_shows_what_is_missing_and_passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _ = run(save(tmp_path, LOSS), "--advise")

    assert code == 0
    assert NEEDED.label in capsys.readouterr().out


def test_a_broken_rule_ends_with_five_whatever_is_acknowledged(tmp_path: Path) -> None:
    refused = Report(stack="dev", changes=LOSS.changes, totals=LOSS.totals, violations=(RULE,))

    code, said = run(save(tmp_path, refused), "--allow", NEEDED.label, "--advise")

    assert code == 5
    assert "stack dev is refused by rules of infra/policy" in said


def test_a_failed_preview_ends_with_six(tmp_path: Path) -> None:
    failed = Report(stack="dev", changes=(), totals=(), errors=("no such size",))

    code, said = run(save(tmp_path, failed), "--advise")

    assert code == 6
    assert "the preview of dev failed" in said


@pytest.mark.parametrize("expected", ["dev,prod", "prod"])
def test_an_expected_report_that_is_not_there_ends_with_six(expected: str, tmp_path: Path) -> None:
    code, said = run(save(tmp_path, CALM), "--expect", expected)

    assert code == 6
    assert "no report came of prod" in said


def test_a_folder_that_is_not_there_is_no_stack_at_all(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _ = run(tmp_path / "nothing", "--expect", "")

    assert code == 0
    assert capsys.readouterr().out == "No stack is touched.\n"


def test_the_folder_of_a_stack_will_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _ = run(save(tmp_path, CALM) / "dev")

    assert code == 0
    assert "dev has cosmetic changes only" in capsys.readouterr().out


def test_two_reports_of_a_stack_are_refused(tmp_path: Path) -> None:
    code, said = run(save(tmp_path / "a", CALM), save(tmp_path / "b", LOSS))

    assert code == 2
    assert "are both of stack dev" in said


def test_another_file_is_refused_by_name(tmp_path: Path) -> None:
    (save(tmp_path, CALM) / "dev" / "report.json").write_text("{}", encoding="utf-8")

    code, said = run(tmp_path)

    assert code == 2
    assert "report.json cannot be read as a report" in said


def test_all_files_are_written_before_it_fails(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("comment.md", "report.json", "full.md", "outputs")]
    files[3].write_text("before=1\n", encoding="utf-8")
    flags = ["--write-markdown", files[0], "--write-json", files[1], "--write-full", files[2]]

    code, _ = run(save(tmp_path, LOSS), *flags, "--write-outputs", files[3])

    assert code == 5
    assert files[0].read_text(encoding="utf-8").startswith("<!-- windlass-report -->\n## 🔴 `dev` loses data\n")
    assert json.loads(files[1].read_text(encoding="utf-8"))["acknowledgements"][0]["label"] == NEEDED.label
    assert files[2].read_text(encoding="utf-8") == files[0].read_text(encoding="utf-8")
    assert files[3].read_text(encoding="utf-8") == "before=1\nchanged=true\n"


def test_nothing_to_apply_is_told_to_the_workflow(tmp_path: Path) -> None:
    nothing = Report(stack="dev", changes=(), totals=())

    run(save(tmp_path, nothing), "--write-outputs", tmp_path / "outputs")

    assert (tmp_path / "outputs").read_text(encoding="utf-8") == "changed=false\n"


def test_json_is_all_of_stdout(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save(tmp_path, CALM, "prod")

    run(save(tmp_path, LOSS), "--output", "json", "--allow", "allow:loses-data@dev:000000")

    document = json.loads(capsys.readouterr().out)
    assert [each["stack"] for each in document["stacks"]] == ["dev", "prod"]
    assert document["strays"] == [
        {"label": "allow:loses-data@dev:000000", "why": "it was for other findings: they have changed since"}
    ]
    assert document["acknowledgements"][0]["given"] is False


def test_a_comment_says_in_which_run_the_full_report_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in (("SERVER_URL", "https://git.example"), ("REPOSITORY", "team/shop"), ("RUN_ID", "7")):
        monkeypatch.setenv(f"GITHUB_{name}", value)
    many = report_of(*(deleted("keyvault:Vault", f"vault-{'x' * 150}-{number}") for number in range(500)))

    run(save(tmp_path, many), "--output", "markdown", "--write-full", tmp_path / "full.md")

    assert (
        "The full report: `full.md` among the artifacts of [this run](https://git.example/team/shop/actions/runs/7)."
    ) in capsys.readouterr().out
