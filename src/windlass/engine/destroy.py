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
    """Satisfies `teardown.ports.Engine`. What the engine says while it works goes to `stderr`."""

    def __init__(self, root: Path, environ: Mapping[str, str], stderr: TextIO) -> None:
        self._root = root
        self._environ = environ
        self._stderr = stderr

    def destroy(self, stack: str, *, spare: tuple[str, ...] = (), only: tuple[str, ...] = ()) -> None:
        """Destroy the resources of a stack. A stack that the backend does not know has nothing to destroy.

        Args:
            stack: The stack's name.
            spare: Resources of these types, and what they stand on, stay.
            only: When given, only resources of these types go.
        """
        flags = [
            flag
            for name, types in (("--exclude", spare), ("--target", only))
            for each in types
            for flag in (name, f"urn:pulumi:{stack}::**{each}::**")
        ]
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
