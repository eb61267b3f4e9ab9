"""A checkout of its own for end-to-end tests: the repository's files, set up, with state that is nobody else's."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FOREIGN = ("AZURE_", "ARM_", "PULUMI_", "HTTPS_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")
"""What a developer's shell may hold and a test must not see."""


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """Its stdout as JSON."""
        return json.loads(self.out)

    def ok(self) -> Ran:
        """Itself, or an assertion that shows what was said."""
        assert self.code == 0, f"exit code {self.code}\n{self.out}\n{self.err}"
        return self


@dataclass(frozen=True)
class Checkout:
    """A copy of the repository in a folder of its own, ready to run.

    Attributes:
        root: Where it is.
    """

    root: Path

    @classmethod
    def make(cls, root: Path) -> Checkout:
        """Copy the repository's files to `root` and set it up with the packages and the cache that are there."""
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        for name in listed.stdout.splitlines():
            source = ROOT / name
            if source.is_file():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, root / name)
        (root / ".venv").symlink_to(Path(sys.prefix))
        checkout = cls(root)
        checkout.run("python3 tools/setup").ok()
        return checkout

    def environment(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """The environment of its commands: the caller's, without anything of Azure or Pulumi."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        return kept | dict(extra or {})

    def run(self, command: str, *, env: Mapping[str, str] | None = None, timeout: float = 300) -> Ran:
        """Run a shell command in the checkout, with `.windlass/env` loaded when it is there."""
        done = subprocess.run(
            ["sh", "-c", self._script(command)],
            cwd=self.root,
            env=self.environment(env),
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def start(self, command: str, *, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """Start a command in a process group of its own; end it with `kill`."""
        return subprocess.Popen(
            ["sh", "-c", self._script(f"exec {command}")],
            cwd=self.root,
            env=self.environment(env),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def _script(self, command: str) -> str:
        return f"if [ -f .windlass/env ]; then . .windlass/env; fi; {command}"

    def script(self, name: str, *arguments: str, timeout: float = 300) -> Ran:
        """Run one of the scripts, such as `script("deploy", "churn")`."""
        words = " ".join(shlex.quote(word) for word in arguments)
        return self.run(f".venv/bin/python scripts/{name}.py {words}", timeout=timeout)

    def pulumi(self, words: str, *, timeout: float = 300) -> Ran:
        """Run the engine on the stack local."""
        return self.run(f"pulumi {words} -s local --non-interactive --color never", timeout=timeout)

    def azure_up(self) -> None:
        """Start its local Azure."""
        self.script("local", "start").ok()

    def azure_down(self) -> None:
        """Stop its local Azure."""
        self.script("local", "stop").ok()


def kill(process: subprocess.Popen[str]) -> None:
    """SIGKILL a command and everything in its group."""
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
