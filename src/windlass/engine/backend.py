"""Where a stack's state lies."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from windlass.engine.environment import engine_environment
from windlass.errors.engine import EngineFailedError, EngineMissingError
from windlass.project.loader import load_cloud

VARIABLE: Final = "PULUMI_BACKEND_URL"
_LOCAL_STATE: Final = Path(".windlass", "state")


def find_backend(root: Path, stack: str, environ: Mapping[str, str]) -> str:
    """Tell the address of the backend that a stack's state lies in.

    Raises:
        EngineMissingError: There is no engine to ask.
        EngineFailedError: It is not logged in anywhere.
    """
    if load_cloud(root, stack) == "local":
        return (root.resolve() / _LOCAL_STATE).as_uri()
    if named := environ.get(VARIABLE, ""):
        return named
    command = ["pulumi", "whoami", "--json", "--non-interactive"]
    try:
        done = subprocess.run(
            command, cwd=root, env=engine_environment(root, environ), capture_output=True, text=True, check=False
        )
    except FileNotFoundError as error:
        raise EngineMissingError from error
    if done.returncode:
        raise EngineFailedError(" ".join(command), done.stderr)
    return str(json.loads(done.stdout)["url"])


def folder_of(backend: str) -> Path | None:
    """Tell the folder of a backend on this machine; None for any other."""
    address = urlsplit(backend)
    if address.scheme != "file":
        return None
    return Path(unquote(f"{address.netloc}{address.path}")).expanduser()
