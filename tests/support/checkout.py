"""A checkout of its own for end-to-end tests: the repository's files, set up, with state that is nobody else's."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from support.processes import alive

ROOT = Path(__file__).resolve().parents[2]
FOREIGN = ("AZURE", "ARM_", "PULUMI_", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")
"""What a developer's shell may hold and a test must not see."""
IS_READY = """
import sys
sys.path.insert(0, "tools/setup")
from layout import layout
from toolkit import is_ready
sys.exit(not is_ready(layout()))
"""


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """Its stdout as JSON."""
        return json.loads(self.out)

    @property
    def said(self) -> str:
        """Everything it printed."""
        return self.out + self.err

    def ok(self) -> Ran:
        """Itself, or an assertion that shows what was said."""
        assert self.code == 0, f"exit code {self.code}\n{self.said}"
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
        _copy_tracked(root)
        (root / ".venv").symlink_to(Path(sys.prefix))
        checkout = cls(root)
        if checkout.run(f".venv/bin/python -c {shlex.quote(IS_READY)}").code:
            # Setting up the copy would install into the environment that runs this test.
            pytest.fail("The packages are not those of requirements.lock: run `make setup` first.", pytrace=False)
        checkout.run(".venv/bin/python tools/setup").ok()
        return checkout

    def environment(self) -> dict[str, str]:
        """The environment of its commands: the caller's, without anything of Azure or Pulumi."""
        return {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}

    def azure_environment(self) -> dict[str, str]:
        """What its local Azure has written for clients."""
        lines = (self.root / ".windlass" / "azure" / "azure.env").read_text().splitlines()
        return {name: value for name, _, value in (line.partition("=") for line in lines)}

    def run(self, command: str, *, timeout: float = 300) -> Ran:
        """Run a shell command in the checkout, with `.windlass/env` loaded when it is there."""
        done = subprocess.run(
            ["sh", "-c", self._script(command)],
            cwd=self.root,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def converse(self, command: str) -> subprocess.Popen[str]:
        """Start a command that reads from stdin and tells its end on stdout."""
        return subprocess.Popen(
            ["sh", "-c", self._script(f"exec {command}")],
            cwd=self.root,
            env=self.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def python(self, program: str) -> Any:
        """Run a Python program against its local Azure; it prints one JSON document."""
        return self.run(f".venv/bin/python -c {shlex.quote(program)}").ok().json()

    def script(self, name: str, *arguments: str, timeout: float = 300) -> Ran:
        """Run one of the scripts, such as `script("deploy", "churn")`."""
        return self.run(_words(name, arguments), timeout=timeout)

    @contextmanager
    def running(self, command: str) -> Iterator[subprocess.Popen[bytes]]:
        """Run a command beside the block; what of it is left at the block's end gets SIGKILL."""
        process = subprocess.Popen(
            ["sh", "-c", self._script(f"exec {command}")],
            cwd=self.root,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            kill(process)

    def running_script(self, name: str, *arguments: str) -> AbstractContextManager[subprocess.Popen[bytes]]:
        """Run one of the scripts beside the block."""
        return self.running(_words(name, arguments))

    def processes(self) -> dict[int, str]:
        """Command lines that name this checkout, by process: all that runs of it, on whatever behalf."""
        # -ww: whole lines, whatever COLUMNS says.
        listing = ["ps", "-A", "-ww", "-o", "pid=,args="]
        shown = subprocess.run(listing, capture_output=True, text=True, check=True).stdout
        rows = (line.split(maxsplit=1) for line in shown.splitlines())
        named = {int(pid): command for pid, command in rows if str(self.root) in command}
        return {pid: named[pid] for pid in alive(named)}

    def pulumi(self, words: str, *, timeout: float = 300) -> Ran:
        """Run the engine on the stack local."""
        return self.run(f"pulumi {words} -s local --non-interactive --color never", timeout=timeout)

    def up(self, *flags: str) -> Ran:
        """`pulumi up` without a preview before it, held to the policies of the checkout."""
        return self.pulumi(" ".join(("up --yes --skip-preview --policy-pack infra/policy", *flags)))

    @contextmanager
    def edited(self, path: str, old: str, new: str) -> Iterator[None]:
        """Have one place of a file say something else for a while."""
        file = self.root / path
        before = file.read_text(encoding="utf-8")
        assert before.count(old) == 1, f"{path} holds {old!r} {before.count(old)} times"
        file.write_text(before.replace(old, new), encoding="utf-8")
        try:
            yield
        finally:
            file.write_text(before, encoding="utf-8")

    def azure_up(self) -> None:
        """Start its local Azure, with operations and idle timers quicker than by default."""
        self.script("local", "start", "--clock-rate", "10").ok()

    def azure_down(self) -> None:
        """Stop its local Azure."""
        self.script("local", "stop").ok()

    def azure_status(self) -> Any:
        """What runs of its local Azure."""
        return self.script("local", "status", "--output", "json").ok().json()

    def _script(self, command: str) -> str:
        return f"if [ -f .windlass/env ]; then . .windlass/env; fi; {command}"


def kill(process: subprocess.Popen[Any]) -> None:
    """SIGKILL a command and everything in its group, unless it has ended by itself."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _words(name: str, arguments: tuple[str, ...]) -> str:
    return " ".join([f".venv/bin/python scripts/{name}.py", *(shlex.quote(word) for word in arguments)])


def _copy_tracked(root: Path) -> None:
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
