"""How the demo shows its work: a numbered stage with its time, the commands as typed, their progress beneath."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from rich.console import Console


class CommandFailedError(Exception):
    """A command of the demo did not end well; everything it said has been shown."""

    def __init__(self, command: str, code: int) -> None:
        super().__init__(f"`{command}` ended with exit code {code}")


class Stages:
    """Runs the commands of the demo and shows them.

    Args:
        root: The checkout, in which commands run.
        environ: Their environment.
        console: Where to show them.
    """

    def __init__(self, root: Path, environ: Mapping[str, str], console: Console) -> None:
        self._root = root
        self._environ = dict(environ)
        self._console = console
        self._number = 0

    @contextmanager
    def stage(self, title: str) -> Iterator[None]:
        """Show a numbered stage and how long it took."""
        self._number += 1
        self._console.print(f"\n[bold]{self._number}. {title}[/bold]", highlight=False)
        start = time.monotonic()
        yield
        self._console.print(f"   [dim]{time.monotonic() - start:.1f} s[/dim]", highlight=False)

    def say(self, text: str) -> None:
        """Show a fact of the stage."""
        self._console.print(f"   {text}", highlight=False, soft_wrap=True)

    def run(self, *argv: str, quiet: bool = False) -> str:
        """Run a command, its stderr shown as it comes; returns its stdout.

        Args:
            argv: The command as a person would type it; `python` is the toolkit's own.
            quiet: Do not show stderr unless the command fails.

        Raises:
            CommandFailedError: Its exit code was not 0.
        """
        shown = " ".join(argv)
        self._console.print(f"   [cyan]$ {shown}[/cyan]", highlight=False, soft_wrap=True)
        words = [sys.executable if word == "python" else word for word in argv]
        process = subprocess.Popen(
            words, cwd=self._root, env=self._environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        assert process.stderr is not None
        said: list[str] = []
        reader = threading.Thread(target=self._follow, args=(process.stderr, said, quiet))
        reader.start()
        out = process.stdout.read()
        code = process.wait()
        reader.join()
        if code:
            for line in (*(said if quiet else ()), *out.splitlines()):
                self._console.print(f"     {line}", highlight=False, markup=False, soft_wrap=True)
            raise CommandFailedError(shown, code)
        return out

    def run_json(self, *argv: str) -> Any:
        """Run a command with `--output json` and return what it says."""
        return json.loads(self.run(*argv, "--output", "json"))

    def _follow(self, stream: TextIO, said: list[str], quiet: bool) -> None:  # noqa: FBT001 - one caller
        for line in stream:
            said.append(line.rstrip())
            if not quiet and line.strip():
                self._console.print(f"     {line.rstrip()}", style="dim", highlight=False, markup=False, soft_wrap=True)
