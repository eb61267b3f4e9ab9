"""actionlint, which `make check` holds the workflows to: the one on PATH, else built from its published Go module.

What PyPI has under that name fetches a program from GitHub while it installs, without a hash that the lock would know.
"""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
from pathlib import Path

import golang
from layout import Layout
from steps_run import Step, key_of, make_whole

VERSION = "1.7.12"
"""As in tools/actionlint/go.mod."""

_FLAGS = ("-trimpath", "-ldflags", f"-s -w -X github.com/rhysd/actionlint.version={VERSION}")


def prepare(layout: Layout) -> bool:
    """Make `.windlass/checkers` hold actionlint; returns whether anything had to be done."""
    modules = layout.root / "tools" / "actionlint"
    stamp = layout.checkers / f"actionlint-{key_of(modules / 'go.mod', modules / 'go.sum', VERSION)}"
    if stamp.exists():
        return False
    step = Step("actionlint (checks the workflows)")
    shutil.rmtree(layout.checkers, ignore_errors=True)
    layout.checkers.mkdir(parents=True)
    if found := _on_path():
        program, note = found, f"the one on PATH: {found}"
    else:
        program, note = _cached(layout, modules)
    (layout.checkers / "actionlint").symlink_to(program)
    stamp.touch()
    step.done(note)
    return True


def _on_path() -> Path | None:
    found = shutil.which("actionlint")
    if not found:
        return None
    said = subprocess.run([found, "-version"], capture_output=True, text=True, check=False).stdout
    return Path(found) if said.partition("\n")[0].strip().removeprefix("v") == VERSION else None


def _cached(layout: Layout, modules: Path) -> tuple[Path, str]:
    key = key_of(modules / "go.mod", modules / "go.sum", *_FLAGS, platform.machine(), sys.platform)
    target = layout.cache / "actionlint" / key
    if target.exists():
        return target / "actionlint", "from the cache"
    make_whole(target, lambda part: _build(layout, modules, part))
    return target / "actionlint", f"built {VERSION} from its Go module"


def _build(layout: Layout, modules: Path, part: Path) -> None:
    package = "github.com/rhysd/actionlint/cmd/actionlint"
    program = golang.Program("Building actionlint", package, modules, _FLAGS, "setup-actionlint.log")
    # Not the engine's: that one is removed when the engine is built, which happens meanwhile.
    scratch = layout.cache / "go-actionlint"
    golang.build(layout, program, part / "actionlint", scratch=scratch)
    shutil.rmtree(scratch, ignore_errors=True)
