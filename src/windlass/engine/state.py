"""The state of a stack, read and written through the engine."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from windlass.engine.backend import VARIABLE, folder_of
from windlass.engine.environment import engine_environment
from windlass.errors.engine import EngineFailedError, EngineMissingError, StackNotFoundError

Json = dict[str, Any]

_VERSION: Final = 3
"""Of the state file and of an exported state, as the engine in use writes them."""
_FLAGS: Final = ("--non-interactive", "--color", "never")


class EngineState:
    """Satisfies `recovery.ports.State`."""

    def __init__(self, root: Path, project: str, stack: str, backend: str, environ: Mapping[str, str]) -> None:
        self._root = root
        self._project = project
        self._stack = stack
        self._backend = backend
        self._environ = environ

    def export(self) -> Json:
        """Read the state.

        Raises:
            StackNotFoundError: The backend does not know the stack.
        """
        if self.torn():
            return self._read_directly()
        exported = json.loads(self._run("stack", "export", backend=self._backend))
        deployment: Json = exported["deployment"] or {}
        return deployment

    def torn(self) -> tuple[str, ...]:
        """Name the files of a state on this machine that the engine had begun to write.

        It writes a state beside itself and moves it into place, but not the file of attributes that goes with each
        (gocloud.dev/blob/fileblob): killed in between, it leaves an empty one, and then reads nothing of the state.
        """
        return tuple(file.name for file in self._attributes() if not _is_json(file))

    def mend(self, file: str) -> None:
        """Remove a file of attributes that was not written to its end: a state is whole without one."""
        for each in self._attributes():
            if each.name == file and not _is_json(each):
                each.unlink()

    def _attributes(self) -> tuple[Path, ...]:
        state = self._file()
        sidecars = (Path(f"{state}.attrs"), Path(f"{state}.bak.attrs")) if state else ()
        return tuple(each for each in sidecars if each.is_file())

    def _file(self) -> Path | None:
        folder = folder_of(self._backend)
        return folder / ".pulumi" / "stacks" / self._project / f"{self._stack}.json" if folder else None

    def _read_directly(self) -> Json:
        state = self._file()
        assert state is not None
        latest: Json = json.loads(state.read_bytes())["checkpoint"].get("latest") or {}
        return latest

    def read_resources(self, deployment: Json, urns: tuple[str, ...]) -> Json:
        """Have the provider read some resources of a state that is nobody's, and return that state.

        It is written into a backend that lives for this call, so that nothing half done ever stands in the stack's.
        """
        with tempfile.TemporaryDirectory(prefix="windlass-recover-") as folder:
            file = self._make_backend(Path(folder), deployment)
            targets = [flag for urn in urns for flag in ("--target", urn)]
            self._run("refresh", "--yes", "--skip-preview", *targets, backend=Path(folder).as_uri())
            read: Json = json.loads(file.read_bytes())["checkpoint"]["latest"]
            return read

    def replace(self, deployment: Json) -> None:
        """Write the state."""
        with tempfile.TemporaryDirectory(prefix="windlass-recover-") as folder:
            file = Path(folder, "state.json")
            file.write_text(json.dumps({"version": _VERSION, "deployment": deployment}), encoding="utf-8")
            self._run("stack", "import", "--file", str(file), backend=self._backend)

    def _make_backend(self, folder: Path, deployment: Json) -> Path:
        home = folder / ".pulumi"
        file = home / "stacks" / self._project / f"{self._stack}.json"
        file.parent.mkdir(parents=True)
        (home / "meta.yaml").write_text("version: 1\n", encoding="utf-8")
        checkpoint = {"stack": f"organization/{self._project}/{self._stack}", "latest": deployment}
        file.write_text(json.dumps({"version": _VERSION, "checkpoint": checkpoint}), encoding="utf-8")
        return file

    def _run(self, *words: str, backend: str) -> str:
        command = ["pulumi", *words, "--stack", self._stack, *_FLAGS]
        env = {**engine_environment(self._root, self._environ), VARIABLE: backend}
        try:
            done = subprocess.run(
                command, cwd=self._root, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
            )
        except FileNotFoundError as error:
            raise EngineMissingError from error
        if done.returncode == 0:
            return done.stdout
        if "no stack named" in done.stderr:
            raise StackNotFoundError(self._stack, backend, details=tuple(done.stderr.splitlines()))
        raise EngineFailedError(" ".join(command[:3]), done.stderr or done.stdout)


def _is_json(file: Path) -> bool:
    try:
        json.loads(file.read_bytes())
    except ValueError:
        return False
    return True
