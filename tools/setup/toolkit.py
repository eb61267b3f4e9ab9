"""The toolkit's virtual environment: everything in requirements.lock, by hash, and our own four packages."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

from layout import Layout
from steps_run import SetupError, Step, environment, key_of, run

OURS = (".", "packages/emulator", "packages/provider", "packages/runtime")
_INSTALLING = "Installing Python packages"
_IMPORTS = re.compile(r"^from pulumi_azure_native import (?:\(([^)]*)\)|([^(\n]+))", re.MULTILINE)


def is_ready(layout: Layout) -> bool:
    """Tell whether `.venv` is as the lock and our packages say."""
    return _locked(layout).exists() and _installed(layout).exists()


def prepare(layout: Layout) -> bool:
    """Make `.venv` as the lock and our packages say; returns whether anything had to be done."""
    if is_ready(layout) and _sdk_compiled(layout).exists():
        return False
    if layout.venv.is_symlink():
        # What is installed there leads to that checkout's own code.
        raise SetupError("The .venv here is that of another checkout, where it is out of date: run make setup there.")
    step = Step("Python packages (.venv)")
    log = layout.local / "log" / "setup-python.log"
    if not _locked(layout).exists():
        _install_locked(layout, log)
    if not _installed(layout).exists():
        _install_ours(layout, log)
    _compile_sdk(layout, log)
    step.done()
    return True


def sdk_modules(root: Path) -> tuple[str, ...]:
    """Name the modules of azure-native that the program imports."""
    sources = "\n".join(path.read_text(encoding="utf-8") for path in sorted((root / "src/windlass/infra").glob("*.py")))
    lists = [one or many for many, one in _IMPORTS.findall(sources)]
    return tuple(sorted({name.split()[0] for names in lists for name in names.split(",") if name.strip()}))


def _install_locked(layout: Layout, log: Path) -> None:
    """Make `.venv` anew, so that nothing is in it that the lock does not name."""
    env = environment(layout)
    # In a shell that has loaded .windlass/env this very program runs in the .venv that goes now.
    python = Path(sys.executable).resolve()
    shutil.rmtree(layout.venv, ignore_errors=True)
    run([python, "-m", "venv", layout.venv], what="Making .venv", log=log, env=env)
    _install_uv(layout, log)
    lock = layout.root / "requirements.lock"
    run([*_install(layout), "--require-hashes", "-r", lock], what=_INSTALLING, log=log, env=env)
    _compile(layout, log)
    _locked(layout).touch()


def _install_ours(layout: Layout, log: Path) -> None:
    ours = [word for path in OURS for word in ("-e", str(layout.root / path))]
    install = [*_install(layout), "--no-deps", "--no-build-isolation", *ours]
    run(install, what=_INSTALLING, log=log, env=environment(layout), cwd=layout.root)
    _installed(layout).touch()


def _install(layout: Layout) -> list[object]:
    return [layout.venv / "bin" / "uv", "pip", "install", "--python", layout.python]


def _locked(layout: Layout) -> Path:
    return layout.venv / f"locked-{key_of(layout.root / 'requirements.lock', sys.version)}"


def _installed(layout: Layout) -> Path:
    projects = [layout.root / path / "pyproject.toml" for path in OURS]
    return layout.venv / f"installed-{key_of(*projects, sys.version)}"


def _install_uv(layout: Layout, log: Path) -> None:
    """Install uv, and only it, from the lock: it is many times quicker than pip for the rest."""
    text = (layout.root / "requirements.lock").read_text()
    start = text.index("\nuv==") + 1
    end = text.find("\n", text.rindex("--hash", start, text.index("    # via", start)))
    only = layout.local / "uv.lock"
    only.write_text(text[start:end].rstrip().rstrip("\\") + "\n")
    pip: list[object] = [layout.python, "-m", "pip", "install", "--require-hashes", "--no-deps", "-r", only]
    run(pip, what="Installing uv", log=log, env=environment(layout))


def _sdk_compiled(layout: Layout) -> Path:
    modules = ",".join(sdk_modules(layout.root))
    return layout.venv / f"compiled-{key_of(layout.root / 'requirements.lock', modules, sys.version)}"


def _compile_sdk(layout: Layout, log: Path) -> None:
    """Write bytecode of what the program uses of azure-native; all of it would take minutes.

    Where Python may not write it at run time (PYTHONDONTWRITEBYTECODE, a read-only image), every run of the engine
    would compile it again, which takes longer than the rest of the program.
    """
    sdk = next(layout.venv.glob("lib/python3*/site-packages")) / "pulumi_azure_native"
    folders = [sdk / name for name in sdk_modules(layout.root)]
    compiling: list[object] = [layout.python, "-m", "compileall", "-q", "-l", "-j", "0", sdk, *folders]
    run(compiling, what="Compiling Python packages", log=log, env=environment(layout))
    _sdk_compiled(layout).touch()


def _compile(layout: Layout, log: Path) -> None:
    """Write bytecode now: azure-ai-ml takes three seconds longer to import without it."""
    packages = next(layout.venv.glob("lib/python3*/site-packages"))
    argv: list[object] = [
        layout.python,
        "-m",
        "compileall",
        "-q",
        "-j",
        "0",
        "-x",
        "pulumi_azure_native|/tests?/",
        packages,
    ]
    run(argv, what="Compiling Python packages", log=log, env=environment(layout))
