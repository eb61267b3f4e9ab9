from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SCRIPTS = sorted(file.name for file in (ROOT / "scripts").glob("*.py"))
SLOW = ("azure", "httpx", "pandas", "pulumi", "pydantic", "rich", "ruamel", "sqlalchemy")

SHOW_IMPORTS = """
import atexit, runpy, sys
atexit.register(lambda: print(*sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr))
sys.argv = [sys.argv[1], "--help"]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.mark.parametrize("script", SCRIPTS)
def test_help_imports_nothing_that_is_slow(script: str) -> None:
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)}

    done = subprocess.run(
        [sys.executable, "-c", SHOW_IMPORTS, str(ROOT / "scripts" / script)],
        capture_output=True,
        text=True,
        check=True,
        env=environ,
    )

    assert "Usage: " in done.stdout
    assert set(done.stderr.split()).isdisjoint(SLOW)


@pytest.mark.parametrize(
    "argv",
    [
        ["bootstrap.py", "--without-roles", "--only", "roles"],
        ["bootstrap.py", "--only", "everything"],
        ["bootstrap.py", "--dry-run", "--output", "commands"],
        ["deploy.py", "churn", "-s", "local"],
        ["deploy.py", "churn", "-s", "local", "--rollback", "--confirm"],
        ["deploy.py", "churn", "--rollback"],
        ["deploy.py", "churn", "-s", "local", "--model", "m", "--to", "20261129"],
        ["history.py", "-s", "local", "--limit", "0"],
        ["invoke.py", "churn", "-s", "local"],
        ["invoke.py", "churn", "-s", "local", "--sample", "nobody"],
        ["logs.py", "churn", "-s", "local", "--lines", "0"],
        ["promote.py", "churn", "--from", "dev", "--to", "dev"],
        ["promote.py", "churn", "--from", "dev", "--to", "prod", "--accept-other", "model"],
        ["status.py", "-s", "local", "--output", "yaml"],
    ],
)
def test_wrong_usage_ends_with_code_2_and_a_message(argv: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / argv[0]), *argv[1:]],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)},
    )

    assert done.returncode == 2
    assert "Error: " in done.stderr
    assert "Traceback" not in done.stderr
