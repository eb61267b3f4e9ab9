"""A copy of the project for a rehearsal, with a local Azure, an engine state and settings of its own."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from windlass.errors.engine import EngineFailedError
from windlass.project.rehearsal import rehearsed, released
from windlass.rehearsal import Done, Step

REHEARSALS: Final = Path(".windlass", "rehearsal")
_FOREIGN: Final = ("AZURE", "ARM_", "PULUMI_", "HTTPS_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")
"""What leads to another Azure or another backend: a rehearsal sees none of it."""
_NOT_COPIED: Final = (".git", ".venv", ".windlass", ".*_cache", "__pycache__", ".hypothesis")
"""What is made in a checkout: the copy has its own, or that of the checkout by a link."""
_QUIET: Final = "--non-interactive --color never --suppress-progress"
_CREATED: Final = re.compile(r"^ \+ +(azure-native:\S+ \S+)", re.MULTILINE)
_UP: Final = f"pulumi up --yes --skip-preview {_QUIET} -s"
_RULES: Final = "--policy-pack infra/policy"
"""What the stack is held to; but not once its protection is off, which rules of production forbid."""


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str
    seconds: float


class Rehearsal:
    """Satisfies `windlass.rehearsal.Stage`.

    The copy lies in `.windlass/rehearsal/<stack>` and is made anew each time; what is left of an earlier one is taken
    away first, its local Azure included.
    """

    def __init__(self, root: Path, stack: str, environ: Mapping[str, str] = os.environ) -> None:
        self._root = root
        self._stack = stack
        self._copy = root / REHEARSALS / stack
        self._environ = {name: value for name, value in environ.items() if not name.startswith(_FOREIGN)}
        self._actions: Mapping[Step, Callable[[], Ran]] = {
            Step.PREVIEW: lambda: self._run(f"pulumi preview {_RULES} --non-interactive --color never -s {stack}"),
            Step.UP: lambda: self._run(f"{_UP} {stack} {_RULES}"),
            Step.UP_AGAIN: lambda: self._run(f"{_UP} {stack} {_RULES} --expect-no-changes"),
            # Azure tells of a resource what another one did to it (an address, which gateway uses it), so a refresh
            # may find something; nothing may follow from it.
            Step.REFRESH: lambda: self._run(
                f"pulumi refresh --yes --skip-preview {_QUIET} -s {stack} && {_UP} {stack} {_RULES} --expect-no-changes"
            ),
            Step.RELEASE: self._release,
            Step.TEAR_DOWN: lambda: self._run(f"python scripts/teardown.py -s {stack} --yes"),
            Step.UP_ON_FREED_NAMES: lambda: self._run(f"{_UP} {stack}"),
        }

    @property
    def folder(self) -> str:
        """Where the copy is, as people write it from the project's folder."""
        return self._copy.relative_to(self._root).as_posix()

    def __enter__(self) -> Self:
        """Make the copy and start its local Azure."""
        # The copy takes the packages of the checkout, so these have to be what its files say.
        self._must(f"{shlex.quote(sys.executable)} tools/setup", folder=self._root)
        self._clear()
        shutil.copytree(self._root, self._copy, ignore=shutil.ignore_patterns(*_NOT_COPIED))
        (self._copy / ".venv").symlink_to(self._root / ".venv")
        self._write(rehearsed(self._stack, self._read()))
        self._must(".venv/bin/python tools/setup")
        self._must("python scripts/local.py start")
        self._must(f"pulumi stack select --create --non-interactive {self._stack}")
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the local Azure; the copy stays to be looked at."""
        self._must("python scripts/local.py stop")

    @property
    def up_command(self) -> str:
        """Has the engine make what the stack's program says."""
        return f"{_UP} {self._stack}"

    def perform(self, step: Step) -> Done:
        """Do one step."""
        ran = self._actions[step]()
        resources = _planned(ran.out) if step is Step.PREVIEW else self._resources()
        return Done(step=step, ok=not ran.code, seconds=ran.seconds, resources=resources, said=ran.out + ran.err)

    def _release(self) -> Ran:
        self._write(released(self._read()))
        return self._run(f"{_UP} {self._stack}")

    def _resources(self) -> int:
        state = self._run(f"pulumi stack export --non-interactive -s {self._stack}").out
        deployment = json.loads(state).get("deployment") or {}
        return sum(_is_azures(each["type"]) for each in deployment.get("resources") or ())

    def _clear(self) -> None:
        if (self._copy / ".windlass" / "env").is_file():
            self._must("python scripts/local.py stop")
        shutil.rmtree(self._copy, ignore_errors=True)

    @property
    def _file(self) -> Path:
        return self._copy / f"Pulumi.{self._stack}.yaml"

    def _read(self, path: Path | None = None) -> Any:
        from ruamel.yaml import YAML

        return YAML(typ="safe").load((path or self._file).read_text(encoding="utf-8"))

    def _write(self, document: Mapping[str, Any], path: Path | None = None) -> None:
        from ruamel.yaml import YAML

        with (path or self._file).open("w", encoding="utf-8") as file:
            YAML(typ="safe").dump(dict(document), file)

    def _must(self, command: str, *, folder: Path | None = None) -> None:
        ran = self._run(command, folder=folder)
        if ran.code:
            raise EngineFailedError(command, ran.err or ran.out)

    def _run(self, command: str, *, folder: Path | None = None) -> Ran:
        shell = ["sh", "-c", f"if [ -f .windlass/env ]; then . .windlass/env; fi; {command}"]
        begun = time.monotonic()
        done = subprocess.run(
            shell,
            cwd=folder or self._copy,
            env=self._environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr, time.monotonic() - begun)


def _planned(preview: str) -> int:
    """Count the resources of Azure that a preview of an empty stack plans; each has several lines."""
    return len(set(_CREATED.findall(preview)))


def _is_azures(type_: str) -> bool:
    return type_.startswith("azure-native:")
