"""A throw-away Pulumi project on the real engine with the provider stand-in, for tests."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from windlass_provider.install import install

from support.checkout import Ran


def engine() -> Path:
    """The engine's command: WINDLASS_ENGINE (a file or its folder), else `pulumi` on PATH.

    Without one the test fails: a run that skips its most telling tests would look like one that passed them.
    """
    named = os.environ.get("WINDLASS_ENGINE")
    if named:
        path = Path(named)
        found = path / "pulumi" if path.is_dir() else path
        if found.is_file():
            return found.absolute()
        pytest.fail(f"WINDLASS_ENGINE names {named}, where there is no pulumi.", pytrace=False)
    on_path = shutil.which("pulumi")
    if on_path is None:
        pytest.fail("No pulumi on PATH and WINDLASS_ENGINE is not set: run `make setup` first.", pytrace=False)
    return Path(on_path).absolute()


def said(ran: Ran) -> str:
    """Everything that a command printed."""
    return ran.out + ran.err


class Stack:
    """One stack of one program; commands see the given environment and nothing of the developer's Azure."""

    def __init__(self, folder: Path, program: str, azure: Mapping[str, str]) -> None:
        self.project = folder / "program"
        self.home = folder / "home"
        state = folder / "state"
        for made in (self.project, state):
            made.mkdir(parents=True)
        install(self.home)
        self._engine = engine()
        options = f"{{toolchain: pip, virtualenv: {json.dumps(sys.prefix)}}}"
        (self.project / "Pulumi.yaml").write_text(f"name: demo\nruntime: {{name: python, options: {options}}}\n")
        self.write(program)
        self._environment = {
            "PATH": os.pathsep.join([str(self._engine.parent), str(Path(sys.executable).parent), os.defpath]),
            "HOME": str(folder),
            "PULUMI_HOME": str(self.home),
            "PULUMI_BACKEND_URL": state.as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_DISABLE_REGISTRY_RESOLVE": "true",
            **azure,
        }
        self.run("stack", "init", "local").ok()
        self.configure("azure-native:location", "westeurope")

    def write(self, program: str) -> None:
        """Replaces the program."""
        (self.project / "__main__.py").write_text(program)

    def configure(self, key: str, value: str) -> None:
        """Sets a value of the stack's configuration."""
        self.run("config", "set", key, value).ok()

    def run(self, *arguments: str, environment: Mapping[str, str] | None = None) -> Ran:
        """Runs one pulumi command to its end."""
        done = subprocess.run(
            [str(self._engine), *arguments, "--non-interactive", "--color", "never", "-C", str(self.project)],
            env={**self._environment, **(environment or {})},
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Starts one pulumi command; whoever starts it ends it."""
        return subprocess.Popen(
            [str(self._engine), *arguments, "--non-interactive", "-C", str(self.project)],
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def up(self, *arguments: str) -> Ran:
        """`pulumi up` without a preview before it."""
        return self.run("up", "--yes", "--skip-preview", *arguments)

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs."""
        return dict(self.run("stack", "output", "--json").ok().json())

    def resources(self) -> dict[str, dict[str, Any]]:
        """The resources in the state, by logical name."""
        state = self.run("stack", "export").ok().json()
        return {row["urn"].rpartition("::")[2]: row for row in state["deployment"].get("resources", [])}
