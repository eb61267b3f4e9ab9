"""Virtual environments for Azure ML environments: one per content, made once, kept in the cache folder.

An environment is made beside its place and renamed into it when it is complete, so a half-made one never counts; a
lock file keeps two processes from making the same one. uv makes and fills it when it is at hand, else venv and pip do.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import platform
import re
import shutil
import sys
import sysconfig
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from windlass_emulator.feature import Feature
from windlass_emulator.ml.conda import CondaContent, content_key, read_conda, refuse, require_python
from windlass_emulator.ml.installers import find_uv, installer_environment, pip_settings
from windlass_emulator.processes import Processes

_LAST_LINES = 12
_LOCK_POLL = 0.2


@dataclass(slots=True)
class VirtualEnvironments:
    """The port `Environments` on this machine.

    Attributes:
        cache: The one cache folder; environments are in `environments/` below it.
        processes: Starts the installers, so that they end with the supervisor.
        environ: The caller's environment; its settings of package indexes reach the installers.
        python: The interpreter from which environments are made.
    """

    cache: Path
    processes: Processes
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    python: Path = field(default_factory=lambda: Path(sys.executable))

    async def ensure(self, conda_file: str) -> Path:
        """Return the interpreter of the environment with this conda content, made now if it was not yet.

        Raises:
            OperationFailedError: ImageBuildFailure, naming what cannot be had or could not be installed.
        """
        content = read_conda(conda_file)
        running = platform.python_version()
        require_python(content, running)
        place = self.cache / "environments" / content_key(content, running, sysconfig.get_platform())
        interpreter = place / "bin" / "python"
        if not interpreter.exists():
            async with _lock(place.with_suffix(".lock")):
                if not interpreter.exists():
                    await self._make(content, place)
        return interpreter

    async def _make(self, content: CondaContent, place: Path) -> None:
        """Make the environment beside its place and move it there."""
        for left_over in place.parent.glob(f".{place.name}.*"):
            await asyncio.to_thread(shutil.rmtree, left_over)
        # One whose interpreter is gone (the Python it was made from was removed) is no environment any more.
        await asyncio.to_thread(shutil.rmtree, place, ignore_errors=True)
        half = Path(tempfile.mkdtemp(dir=place.parent, prefix=f".{place.name}."))
        try:
            await self._fill(content, half / "venv", place.with_suffix(".log"))
            await asyncio.to_thread(_settle, half / "venv", place)
        finally:
            await asyncio.to_thread(shutil.rmtree, half, ignore_errors=True)

    async def _fill(self, content: CondaContent, folder: Path, log: Path) -> None:
        uv = find_uv(self.python, self.environ)
        environment = installer_environment(self.environ, await pip_settings(self.python, self.environ) if uv else {})
        target = str(folder / "bin" / "python")
        requirements = _begin(folder.parent, content, log)
        if uv:
            create = [str(uv), "venv", "--no-project", "--python", str(self.python), str(folder)]
            install = [str(uv), "pip", "install", "--compile-bytecode", "--python", target, "-r", str(requirements)]
        else:
            create = [str(self.python), "-m", "venv", str(folder)]
            install = [target, "-m", "pip", "install", "--no-input", "-r", str(requirements)]
        await self._run(create, environment, log, content)
        if content.requirements:
            await self._run(install, environment, log, content)

    async def _run(self, argv: Sequence[str], environment: Mapping[str, str], log: Path, content: CondaContent) -> None:
        child = await self.processes.spawn("environment", argv, env=environment, cwd=log.parent, log=log)
        try:
            code = await child.wait()
        finally:
            if child.returncode is None:
                await child.stop()
        if code:
            refuse(failure(content.requirements, log))


def _begin(folder: Path, content: CondaContent, log: Path) -> Path:
    """Write what to install, and forget what an earlier attempt said."""
    log.unlink(missing_ok=True)
    requirements = folder / "requirements.txt"
    requirements.write_text("".join(f"{line}\n" for line in content.requirements), encoding="utf-8")
    return requirements


def failure(requirements: Sequence[str], log: Path) -> str:
    """Return the sentence for an installation that failed: which requirement, and the installer's last lines."""
    output = log.read_text(encoding="utf-8", errors="replace")
    lines = [line.rstrip() for line in output.splitlines() if line.strip()]
    last = "\n".join(lines[-_LAST_LINES:])
    named = [requirement for requirement in requirements if _mentions(last, requirement)]
    what = ", ".join(named or requirements) or "a virtual environment"
    return f"The environment could not be made; it failed at: {what}. The last lines of {log.name}:\n{last}"


def _mentions(output: str, requirement: str) -> bool:
    name = re.split(r"[^A-Za-z0-9_.-]", requirement, maxsplit=1)[0]
    pattern = re.sub(r"[-_.]+", "[-_.]", re.escape(name).replace(r"\-", "-"))
    return re.search(rf"(?<![\w-]){pattern}(?![\w-])", output, re.IGNORECASE) is not None


def _settle(made: Path, place: Path) -> None:
    """Write the final address into the scripts, which name their interpreter in full, and move the environment."""
    old, new = os.fsencode(made), os.fsencode(place)
    for script in (made / "bin").iterdir():
        if script.is_symlink() or not script.is_file():
            continue
        content = script.read_bytes()
        if old in content:
            script.write_bytes(content.replace(old, new))
    made.rename(place)


@asynccontextmanager
async def _lock(path: Path) -> AsyncIterator[None]:
    """Hold a lock file. Asking again and again, instead of waiting in the kernel, keeps the wait cancellable."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        while True:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            await asyncio.sleep(_LOCK_POLL)
        yield


def feature() -> Feature:
    """The maker of virtual environments."""
    return Feature("venvs", environments=lambda settings, processes: VirtualEnvironments(settings.cache, processes))
