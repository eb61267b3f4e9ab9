"""Who runs a command, and of what checkout: what GitHub, git and the machine tell. The records of releases say it."""

from __future__ import annotations

import getpass
import socket
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from windlass.release.record import Origin

_ACTORS: Final = ("GITHUB_TRIGGERING_ACTOR", "GITHUB_ACTOR")
"""Who started this attempt comes before who started the first one (GitHub, "Variables reference")."""
_HEAD: Final = "# branch.oid "
_NO_COMMIT: Final = "(initial)"


def read_origin(root: Path, environ: Mapping[str, str], identity: Callable[[], str]) -> Origin:
    """Say who runs this command.

    Args:
        root: The folder of the project.
        environ: The environment.
        identity: Tells who we are to Azure; empty when nobody knows.
    """
    known = identity()
    commit, changed = _read_git(root)
    return Origin(
        by=find_actor(environ, known),
        identity=known,
        commit=commit or environ.get("GITHUB_SHA", ""),
        changed=changed,
        workflow_run=_workflow_run(environ),
    )


def find_actor(environ: Mapping[str, str], known: str = "") -> str:
    """Name who runs this: the person on GitHub, else who is `known` to Azure, else the user of this machine."""
    return next((environ[name] for name in _ACTORS if environ.get(name)), "") or known or _user()


def _workflow_run(environ: Mapping[str, str]) -> str:
    server, repository, run = (environ.get(f"GITHUB_{name}", "") for name in ("SERVER_URL", "REPOSITORY", "RUN_ID"))
    if not (server and repository and run):
        return ""
    attempt = environ.get("GITHUB_RUN_ATTEMPT", "")
    return f"{server}/{repository}/actions/runs/{run}{f'/attempts/{attempt}' if attempt else ''}"


def _read_git(root: Path) -> tuple[str, bool | None]:
    """Read the commit and whether files differ from it, with one call; nothing where git knows nothing."""
    command = ["git", "--no-optional-locks", "status", "--porcelain=v2", "--branch"]
    try:
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return "", None
    if done.returncode:
        return "", None
    lines = done.stdout.splitlines()
    commit = next((line.removeprefix(_HEAD) for line in lines if line.startswith(_HEAD)), "")
    if commit in {"", _NO_COMMIT}:
        return "", None
    return commit, any(not line.startswith("#") for line in lines)


def _user() -> str:
    try:
        return f"{getpass.getuser()}@{socket.gethostname()}"
    except (KeyError, OSError):  # a container whose user has no name
        return socket.gethostname()
