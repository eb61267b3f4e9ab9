"""Has the Pulumi engine import resources into the state of a stack."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from windlass.engine.environment import engine_environment
from windlass.errors.engine import EngineFailedError, EngineMissingError


def import_resources(root: Path, stack: str, environ: Mapping[str, str], file: Mapping[str, Any]) -> None:
    """Read resources into the state. They come without protection: the program gives them theirs.

    Args:
        root: The folder of the project.
        stack: The stack's name.
        environ: The environment that the engine runs in.
        file: The content of an import file.

    Raises:
        EngineMissingError: There is no engine.
        EngineFailedError: One of them could not be imported.
    """
    with TemporaryDirectory(prefix="windlass-import-") as folder:
        path = Path(folder, "import.json")
        path.write_text(json.dumps(file), encoding="utf-8")
        command = ["pulumi", "import", "--file", str(path), "--stack", stack, "--yes", "--skip-preview"]
        command += ["--protect=false", "--generate-code=false", "--non-interactive", "--color", "never"]
        try:
            done = subprocess.run(
                command, cwd=root, env=engine_environment(root, environ), capture_output=True, text=True, check=False
            )
        except FileNotFoundError as error:
            raise EngineMissingError from error
    if done.returncode:
        raise EngineFailedError("pulumi import", done.stdout + done.stderr)
