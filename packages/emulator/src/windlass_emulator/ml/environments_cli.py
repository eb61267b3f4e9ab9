"""`python -m windlass_emulator environments prepare PATH...`: make virtual environments ahead of their first use."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import click
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from windlass_emulator.errors import OperationFailedError
from windlass_emulator.ml.venvs import VirtualEnvironments
from windlass_emulator.processes import Processes


class EnvironmentFileError(Exception):
    """A file describes no environment that can be made here; the message says why."""


def conda_text(path: Path) -> str:
    """Return the conda content of an environment's folder, its environment.yml, or a conda file.

    Raises:
        EnvironmentFileError: There is none, or it builds an image from a Dockerfile.
    """
    file = _file(path)
    content = _load(file)
    if "dependencies" in content:
        return file.read_text(encoding="utf-8")
    if "build" in content:
        raise EnvironmentFileError(
            f"{file}: an environment with a Dockerfile ('build') cannot be made here; use 'image' with 'conda_file'."
        )
    conda = content.get("conda_file")
    if isinstance(conda, dict):
        return json.dumps(conda)
    return (file.parent / str(conda)).read_text(encoding="utf-8") if conda else ""


def _file(path: Path) -> Path:
    candidates = [path] if path.is_file() else [path / "environment.yml", path / "conda.yml"]
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    raise EnvironmentFileError(f"{path}: there is no environment.yml and no conda.yml.")


def _load(file: Path) -> dict[str, Any]:
    try:
        content = YAML(typ="safe").load(file.read_text(encoding="utf-8"))
    except YAMLError as error:
        raise EnvironmentFileError(f"{file}: not readable as YAML: {error}") from error
    if not isinstance(content, dict):
        raise EnvironmentFileError(f"{file}: expected a mapping.")
    return content


async def prepare(path: Path, environments: VirtualEnvironments) -> Path:
    """Make the environment that a folder or file describes, and return its interpreter.

    Raises:
        EnvironmentFileError: The file describes none.
        OperationFailedError: ImageBuildFailure, with the installer's last lines.
    """
    return await environments.ensure(conda_text(path))


@click.group()
def environments() -> None:
    """Virtual environments of Azure ML environments."""


@environments.command("prepare")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--cache",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder that keeps what is made.",
)
def prepare_command(paths: tuple[Path, ...], cache: Path) -> None:
    """Make the environments of PATHS (folders with an environment.yml, or such files) and print their interpreters."""
    made = VirtualEnvironments(cache.absolute(), Processes())
    for path in paths:
        try:
            click.echo(asyncio.run(prepare(path, made)))
        except (EnvironmentFileError, OperationFailedError) as error:
            message = error.message if isinstance(error, OperationFailedError) else str(error)
            raise click.ClickException(message) from error
