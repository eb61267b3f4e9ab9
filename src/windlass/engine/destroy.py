"""Has the Pulumi engine destroy a stack."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

from windlass.engine.environment import engine_environment
from windlass.errors.engine import EngineFailedError, EngineMissingError

_NO_STACK = "no stack named"


class PulumiEngine:
    """Satisfies `teardown.Engine`. What the engine says while it works goes to `stderr`."""

    def __init__(self, root: Path, environ: Mapping[str, str], stderr: TextIO) -> None:
        self._root = root
        self._environ = environ
        self._stderr = stderr

    def destroy(self, stack: str, *, spare: tuple[str, ...] = ()) -> None:
        """Destroy the resources of a stack; those of the types in `spare`, and what they stand on, stay.

        A stack that the backend does not know has nothing to destroy.
        """
        flags = [flag for each in spare for flag in ("--exclude", f"urn:pulumi:{stack}::**{each}::**")]
        command = [
            "pulumi",
            "destroy",
            "--stack",
            stack,
            "--yes",
            "--skip-preview",
            "--non-interactive",
            "--suppress-progress",
            *flags,
        ]
        said = self._run(command)
        if said is not None and _NO_STACK not in said:
            raise EngineFailedError(" ".join(command), said)

    def _run(self, command: list[str]) -> str | None:
        """Run the engine and pass on what it says; returns that when it fails."""
        try:
            process = subprocess.Popen(
                command,
                cwd=self._root,
                env=engine_environment(self._root, self._environ),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        except FileNotFoundError as error:
            raise EngineMissingError from error
        lines = []
        with process:
            for line in process.stdout or ():
                lines.append(line)
                self._stderr.write(line)
        return "".join(lines) if process.returncode else None
