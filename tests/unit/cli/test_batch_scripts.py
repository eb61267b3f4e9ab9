"""The commands as a shell calls them, as far as they come without a stack."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


def script(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a script without anything of Azure or Pulumi in its environment."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("AZURE_", "PULUMI_", "HTTPS_"))}
    return subprocess.run(
        [sys.executable, str(ROOT / "scripts" / f"{name}.py"), *arguments],
        env={**kept, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((), "give --input, or --resume or --cancel with a job"),
        (("--cancel", "job-1", "--input", "c.csv"), "--cancel goes with no other flag"),
        (("--resume", "job-1", "--dry-run"), "there is nothing to plan"),
        (("--input", "c.csv", "--nodes", "0"), "0 is not in the range"),
    ],
)
def test_flags_that_do_not_go_together_are_refused(arguments: tuple[str, ...], complaint: str) -> None:
    done = script("run_batch", "churn", "-s", "local", *arguments)

    assert done.returncode == 2
    assert complaint in done.stderr


def test_a_stack_without_settings_is_named() -> None:
    done = script("run_batch", "churn", "-s", "nowhere", "--input", "c.csv")

    assert done.returncode != 0
    assert "nowhere" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_teardown_that_nobody_confirms_does_nothing() -> None:
    done = script("teardown", "-s", "local")

    assert done.returncode == 5
    assert "stack local was left as it is" in done.stderr


@pytest.mark.parametrize("flag", ["--yes", "--dry-run"])
def test_a_teardown_of_the_local_stack_needs_its_shell(flag: str) -> None:
    done = script("teardown", "-s", "local", flag)

    assert done.returncode == 2
    assert ". .windlass/env" in done.stderr


def test_what_the_local_azure_can_be_told_is_listed() -> None:
    done = script("local", "dance")

    assert done.returncode == 2
    assert "'start', 'stop', 'status', 'logs', 'reset'" in done.stderr


def test_the_exit_code_of_the_local_azure_is_passed_on() -> None:
    done = script("local", "status", "--output", "xml")

    assert done.returncode == 2
    assert "xml" in done.stderr


@pytest.mark.parametrize("name", ["run_batch", "teardown", "local"])
def test_help_needs_neither_azure_nor_the_sdk(name: str) -> None:
    done = script(name, "--help")

    assert done.returncode == 0
    assert done.stdout.startswith(f"Usage: {name}.py")
