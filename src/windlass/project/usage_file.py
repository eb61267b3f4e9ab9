"""Reads `endpoints/<name>/usage.yml`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from windlass.errors.project import DefinitionError, Problem
from windlass.project.loader import ENDPOINTS
from windlass.project.usage import BOUNDS, NUMBER, EndpointUsage, UsageFile

USAGE: Final = "usage.yml"


def load_usage(root: Path, name: str, stack: str) -> EndpointUsage:
    """Read how much an endpoint is used on a stack; the defaults where nobody said.

    Raises:
        DefinitionError: The file is wrong; all that is wrong in it is named.
    """
    file = root / ENDPOINTS / name / USAGE
    if not file.is_file():
        return EndpointUsage()
    where = f"{ENDPOINTS}/{name}/{USAGE}"
    try:
        return UsageFile.model_validate(_read(file)).on(stack)
    except ValidationError as error:
        raise DefinitionError(name, [_problem(where, each) for each in error.errors()]) from error
    except ValueError as error:
        raise DefinitionError(name, [Problem(file=where, where="", what=str(error))]) from error


def _read(file: Path) -> Any:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        return YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8")) or {}
    except (YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"is not YAML: {' '.join(str(error).split())}") from error


def _problem(file: str, detail: Any) -> Problem:
    # Which of its two forms a figure has is no key of the file.
    path = [str(step) for step in detail["loc"] if step not in {NUMBER, BOUNDS}]
    what = "unknown key" if detail["type"] == "extra_forbidden" else detail["msg"].removeprefix("Value error, ")
    return Problem(file=file, where=".".join(path), what=what)
