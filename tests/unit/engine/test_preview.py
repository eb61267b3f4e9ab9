from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from windlass.engine.preview import read_preview, run_preview
from windlass.errors.delivery import PreviewUnreadableError
from windlass.errors.engine import EngineFailedError, EngineMissingError, StackNotFoundError
from windlass.errors.project import UnknownStackError
from windlass.errors.teardown import ShellNotReadyError

SAMPLES = Path(__file__).resolve().parents[2] / "data" / "preview"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: windlass\n")
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


def test_the_engine_is_asked_for_the_stack_and_nobody_is_asked_anything(project: Path) -> None:
    environ = engine(project, f'echo "$@" > said; pwd >> said; cat {SAMPLES / "mixed.json"}')

    digest = run_preview(project, "dev", environ)

    arguments, folder = (project / "said").read_text().splitlines()
    assert arguments.startswith("preview --json --stack dev --non-interactive --color never --event-log ")
    assert Path(folder).resolve() == project.resolve()
    assert digest.change_summary["replace"] == 3


def test_rules_that_are_broken_come_from_the_engines_log_of_events(project: Path) -> None:
    (project / "infra" / "policy").mkdir(parents=True)
    (project / "infra" / "policy" / "PulumiPolicy.yaml").touch()
    event = {"policyEvent": {"policyName": "tls-1-2", "enforcementLevel": "mandatory", "message": "a\nb\n"}}
    (project / "event").write_text(json.dumps({"sequence": 1, **event}) + '\n{"cancelEvent":{}}\n')
    write = 'for last; do :; done; cp event "$last"; test "$PULUMI_DEBUG_COMMANDS" = true && echo "$@" > said'
    environ = engine(project, f'{write}; echo "$last" > log; cat {SAMPLES / "failed.json"}; exit 1')

    digest = run_preview(project, "dev", environ)

    assert [(each.policy_name, each.enforcement_level) for each in digest.policies] == [("tls-1-2", "mandatory")]
    assert "--policy-pack infra/policy" in (project / "said").read_text()
    assert not Path((project / "log").read_text().strip()).exists()


def test_the_engine_is_kept_from_streaming_whatever_the_shell_says(project: Path) -> None:
    environ = engine(project, f'test -z "$PULUMI_ENABLE_STREAMING_JSON_PREVIEW" && cat {SAMPLES / "unchanged.json"}')

    digest = run_preview(project, "dev", {**environ, "PULUMI_ENABLE_STREAMING_JSON_PREVIEW": "true"})

    assert digest.change_summary == {"same": 41}


def test_a_preview_that_failed_is_read_with_its_errors(project: Path) -> None:
    environ = engine(project, f"cat {SAMPLES / 'failed.json'}; exit 1")

    assert len(run_preview(project, "dev", environ).said("error")) == 2


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("error: no stack named 'dev' found", StackNotFoundError),
        ("error: failed to decrypt: incorrect passphrase", EngineFailedError),
    ],
)
def test_what_the_engine_says_instead_of_a_preview_becomes_our_error(
    project: Path, said: str, expected: type[Exception]
) -> None:
    environ = engine(project, f'echo "{said}" >&2; exit 255')

    with pytest.raises(expected):
        run_preview(project, "dev", environ)


def test_a_failure_that_the_preview_does_not_tell_is_not_passed_over(project: Path) -> None:
    environ = engine(project, f'cat {SAMPLES / "unchanged.json"}; echo "error: killed" >&2; exit 1')

    with pytest.raises(EngineFailedError, match="error: killed"):
        run_preview(project, "dev", environ)


def test_an_engine_that_says_nothing_made_no_preview(project: Path) -> None:
    with pytest.raises(PreviewUnreadableError, match="what the engine said"):
        run_preview(project, "dev", engine(project, "exit 0"))


def test_without_an_engine_the_way_to_one_is_said(project: Path) -> None:
    with pytest.raises(EngineMissingError, match="make setup"):
        run_preview(project, "dev", {"PATH": str(project)})


def test_the_local_stack_needs_a_shell_that_knows_its_state(project: Path) -> None:
    with pytest.raises(ShellNotReadyError, match=r"\. \.windlass/env"):
        run_preview(project, "local", {"PATH": str(project)})


def test_a_stack_without_settings_is_refused_before_the_engine_starts(project: Path) -> None:
    with pytest.raises(UnknownStackError):
        run_preview(project, "nowhere", {"PATH": str(project)})


def test_a_saved_preview_is_read_from_its_file() -> None:
    assert len(read_preview(SAMPLES / "mixed.json").steps) > 1


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(PreviewUnreadableError, match=r"none\.json cannot be read as a preview \(No such file"):
        read_preview(tmp_path / "none.json")
