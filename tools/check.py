"""Runs every static check, says which failed, and shows only what a failed one printed."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent

CHECKS = (
    ("format", (str(BIN / "ruff"), "format", "--check", "--quiet", ".")),
    ("lint", (str(BIN / "ruff"), "check", "--quiet", ".")),
    ("types", (str(BIN / "mypy"), "--no-error-summary")),
    ("layers", (str(BIN / "lint-imports"), "--no-cache")),
    ("reference pages", (sys.executable, "tools/reference_pages.py", "--check")),
    ("schemas", (sys.executable, "tools/schemas.py", "--check")),
    ("coverage page", (sys.executable, "tools/coverage_page.py", "--check")),
    ("golden reports", (sys.executable, "tools/golden_previews.py", "--check")),
    ("pages of resources", (sys.executable, "tools/resources_pages.py", "--check")),
    (
        "workflows: actionlint",
        (".windlass/checkers/actionlint", "-shellcheck", str(BIN / "shellcheck"), "-pyflakes", ""),
    ),
    (
        "workflows: zizmor",
        (
            str(BIN / "zizmor"),
            "--offline",
            "--persona",
            "auditor",
            "--strict-collection",
            "--quiet",
            "--no-progress",
            ".",
        ),
    ),
    ("rules of the repository", (sys.executable, "-m", "pytest", "-q", "tests/repo")),
)


def main() -> int:
    """Run the checks one after the other; returns 1 when one failed."""
    failed = [name for name, command in CHECKS if not _passes(name, command)]
    if failed:
        print(f"Failed: {', '.join(failed)}", file=sys.stderr)
    return bool(failed)


def _passes(name: str, command: tuple[str, ...]) -> bool:
    start = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    ok = done.returncode == 0
    print(f"  {name:<28} {time.monotonic() - start:6.1f} s  {'ok' if ok else 'FAILED'}", flush=True)
    if not ok:
        print(done.stdout + done.stderr)
    return ok


if __name__ == "__main__":
    sys.exit(main())
