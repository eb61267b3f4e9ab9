"""Has the Pulumi engine look at what Azure has, and change nothing."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from windlass.delivery.digest import PreviewDigest, parse_digest
from windlass.engine.environment import engine_environment
from windlass.errors.engine import EngineFailedError, EngineMissingError, StackNotFoundError
from windlass.errors.teardown import ShellNotReadyError
from windlass.project.loader import load_cloud

_BACKEND: Final = "PULUMI_BACKEND_URL"


def preview_refresh(root: Path, stack: str, environ: Mapping[str, str]) -> PreviewDigest:
    """Ask the engine what `pulumi refresh` would write into the state. Nothing is changed, and no lock is taken.

    A look that fails is returned as well: its diagnostics have the severity `error`.

    Raises:
        UnknownStackError: The stack has no settings.
        ShellNotReadyError: The stack is local and this shell has not loaded `.windlass/env`.
        EngineMissingError: There is no engine.
        StackNotFoundError: The backend does not know the stack.
        EngineFailedError: The engine ended without an answer.
    """
    if load_cloud(root, stack) == "local" and _BACKEND not in environ:
        raise ShellNotReadyError(stack)
    command = ["pulumi", "refresh", "--preview-only", "--json", "--stack", stack, "--non-interactive", "--color"]
    command += ["never"]
    try:
        done = subprocess.run(
            command,
            cwd=root,
            env=engine_environment(root, environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise EngineMissingError from error
    digest = parse_digest(done.stdout, "what the engine said") if done.stdout.strip() else PreviewDigest()
    if done.returncode and not digest.said("error"):
        if "no stack named" in done.stderr:
            raise StackNotFoundError(stack, "the Pulumi backend in use", details=tuple(done.stderr.splitlines()))
        raise EngineFailedError(" ".join(command), done.stderr)
    return digest
