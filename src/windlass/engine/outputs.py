"""Reads what a stack exports for the scripts.

A state file on this machine is read directly: it is what `pulumi stack output` reads too, and starting the engine
costs every command several hundred milliseconds. Every other backend is asked through the engine.
"""

from __future__ import annotations

import gzip
import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from pydantic import ValidationError

from windlass.engine.environment import engine_environment
from windlass.errors.engine import (
    EngineFailedError,
    EngineMissingError,
    StackNotFoundError,
    StackOutputsUnreadableError,
    StackOutputsVersionError,
    StackWithoutOutputsError,
)
from windlass.project.loader import load_cloud, load_project_name
from windlass.project.outputs import OUTPUT_NAME, StackOutputs

_BACKEND = "PULUMI_BACKEND_URL"
_LOCAL_STATE = Path(".windlass", "state")
_STACKS = ".pulumi/stacks"
_STACK_TYPE = "pulumi:pulumi:Stack"
_VERSION = 1


def read_outputs(root: Path, stack: str, environ: Mapping[str, str]) -> StackOutputs:
    """Read the outputs of a stack.

    Args:
        root: The folder of the project.
        stack: The stack's name.
        environ: The environment; a stack on Azure takes its backend from there, or from `pulumi login`.

    Raises:
        StackNotFoundError: The backend does not know the stack.
        StackWithoutOutputsError: It was never applied to the end.
        StackOutputsVersionError: Another version of windlass applied it.
    """
    if load_cloud(root, stack) == "local":
        return _read_state(root / _LOCAL_STATE, root, stack)
    backend = urlsplit(environ.get(_BACKEND, ""))
    if backend.scheme == "file" and not backend.netloc:
        return _read_state(Path(unquote(backend.path)), root, stack)
    return parse_outputs(_ask_engine(root, stack, environ), stack)


def outputs_of_state(read: Callable[[str], bytes | None], project: str, stack: str) -> StackOutputs:
    """Read the outputs of a stack from its state file in a store, without the engine.

    The engine opens the secrets of a stack before it tells an output of it, for which it asks the key vault. Outputs
    are no secrets: who may read the state but not decrypt it finds them here.

    Args:
        read: Reads a file of the store; None when there is none.
        project: The project's name.
        stack: The stack's name.

    Raises:
        StackNotFoundError: The store has no state of it.
        StackWithoutOutputsError: It was never applied to the end.
        StackOutputsVersionError: Another version of windlass applied it.
    """
    name = f"{_STACKS}/{project}/{stack}.json"
    content = read(name)
    if content is None:
        # PULUMI_DIY_BACKEND_GZIP (Pulumi, "Environment variables").
        packed = read(f"{name}.gz")
        content = None if packed is None else gzip.decompress(packed)
    if content is None:
        raise StackNotFoundError(stack, "the place of its state")
    return parse_outputs(find_outputs(json.loads(content), stack), stack)


def find_outputs(state: Mapping[str, Any], stack: str) -> Any:
    """Find our output in a state file.

    Raises:
        StackWithoutOutputsError: It is not there.
    """
    resources = ((state.get("checkpoint") or {}).get("latest") or {}).get("resources") or ()
    for resource in resources:
        if resource.get("type") == _STACK_TYPE and OUTPUT_NAME in (resource.get("outputs") or {}):
            return resource["outputs"][OUTPUT_NAME]
    raise StackWithoutOutputsError(stack)


def parse_outputs(document: Any, stack: str) -> StackOutputs:
    """Take an output for what it is.

    Raises:
        StackOutputsVersionError: It has another version.
        StackOutputsUnreadableError: It is something else.
    """
    if isinstance(document, dict) and document.get("version", _VERSION) != _VERSION:
        raise StackOutputsVersionError(stack, document["version"])
    try:
        return StackOutputs.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise StackOutputsUnreadableError(stack, f"{where}: {first['msg']}") from error


def _read_state(folder: Path, root: Path, stack: str) -> StackOutputs:
    file = folder / ".pulumi" / "stacks" / load_project_name(root) / f"{stack}.json"
    try:
        state = json.loads(file.read_bytes())
    except FileNotFoundError as error:
        raise StackNotFoundError(stack, "the backend in use") from error
    return parse_outputs(find_outputs(state, stack), stack)


def _ask_engine(root: Path, stack: str, environ: Mapping[str, str]) -> Any:
    command = ["pulumi", "stack", "output", OUTPUT_NAME, "--json", "--stack", stack, "--non-interactive"]
    try:
        done = subprocess.run(
            command, cwd=root, env=engine_environment(root, environ), capture_output=True, text=True, check=False
        )
    except FileNotFoundError as error:
        raise EngineMissingError from error
    if done.returncode == 0:
        return json.loads(done.stdout)
    said = done.stderr
    if "no stack named" in said:
        raise StackNotFoundError(stack, "the Pulumi backend in use", details=tuple(said.splitlines()))
    if "does not have output property" in said:
        raise StackWithoutOutputsError(stack)
    raise EngineFailedError(" ".join(command), said)
