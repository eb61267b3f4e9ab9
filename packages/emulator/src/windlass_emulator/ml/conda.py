"""What the conda file of an Azure ML environment asks for, as requirements that pip understands.

An image is a label on the local Azure: what the conda file names is installed into a virtual environment of the
Python that the local Azure runs on. So it understands the files that data scientists write for serving: `python`
with bounds, `pip` and its list, and conda packages that go by the same name on the Python package index. Everything
else is refused by name, because an environment that silently lacks something fails later and elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NoReturn

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from windlass_emulator.errors import OperationFailedError

BUILD_FAILURE = "ImageBuildFailure"

_KNOWN_KEYS = {"name", "channels", "dependencies"}
_ENTRY = re.compile(r"(?:(?P<channel>[\w./-]+)::)?(?P<name>[A-Za-z0-9_][A-Za-z0-9_.-]*)\s*(?P<bounds>.*)\Z")
_CLAUSE = re.compile(r"(?P<operator>==|>=|<=|!=|~=|>|<|=)?\s*(?P<version>[0-9][0-9A-Za-z.+!_-]*(?:\.\*)?)\Z")

_OTHER_NAMES: Mapping[str, str] = MappingProxyType(
    {"pytorch": "torch", "pytorch-cpu": "torch", "msgpack-python": "msgpack"}
)
"""Conda names that are others on the Python package index."""

_NOT_PYTHON = frozenset(
    {
        "blas", "cmake", "compilers", "cuda", "cudatoolkit", "cudnn", "ffmpeg", "gcc", "git", "gxx", "libgcc",
        "libgcc-ng", "libgomp", "libstdcxx-ng", "make", "mkl", "nodejs", "nomkl", "openblas", "openjdk", "openmpi",
        "pytorch-cuda", "r-base",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CondaContent:
    """What an environment asks for.

    Attributes:
        python: The bounds of `python`, as PEP 440 clauses; empty when any will do.
        python_as_written: The same as in the file.
        requirements: For pip, in the order of the file.
    """

    python: str
    python_as_written: str
    requirements: tuple[str, ...]


def refuse(sentence: str) -> NoReturn:
    """End the making of an environment with a sentence for a person.

    Raises:
        OperationFailedError: Always, as ImageBuildFailure.
    """
    raise OperationFailedError(BUILD_FAILURE, sentence)


def read_conda(text: str) -> CondaContent:
    """Read a conda file, YAML or JSON; an empty one asks for nothing.

    Raises:
        OperationFailedError: ImageBuildFailure naming what is not understood or cannot be had here.
    """
    content = _mapping(text)
    if unknown := sorted(set(content) - _KNOWN_KEYS):
        refuse(f"The conda file has '{unknown[0]}', which the local Azure does not support; use 'dependencies' alone.")
    dependencies = content.get("dependencies") or []
    if not isinstance(dependencies, list):
        refuse("The conda file's 'dependencies' must be a list.")
    python, requirements = "", []
    for entry in dependencies:
        if isinstance(entry, dict):
            requirements += _pip_list(entry)
        elif bounds := _python_bounds(str(entry)):
            python = bounds
        elif requirement := _from_conda(str(entry)):
            requirements.append(requirement)
    return CondaContent(_pep440(python, "python", minor_only=True), python, tuple(requirements))


def _mapping(text: str) -> dict[str, Any]:
    if not text.strip():
        return {}
    try:
        content = YAML(typ="safe").load(text)
    except YAMLError as error:
        refuse(f"The conda file cannot be read as YAML: {error}")
    if not isinstance(content, dict):
        refuse("The conda file must be a mapping with 'dependencies'.")
    return content


def _python_bounds(entry: str) -> str | None:
    match = _ENTRY.match(entry.strip())
    return match["bounds"] or ">=3" if match and match["name"].lower() == "python" else None


def _from_conda(entry: str) -> str | None:
    """Return the requirement of one conda entry; None for pip itself, which every environment can do without."""
    match = _ENTRY.match(entry.strip())
    if match is None:
        refuse(f"The conda file's dependency '{entry}' cannot be read; write it as name=version, or in the pip list.")
    name = match["name"].lower()
    if name == "pip":
        return None
    if name in _NOT_PYTHON or name.startswith("r-"):
        refuse(
            f"The conda file's dependency '{entry}' is no Python package, and the local Azure installs no others. "
            "Take it from the image on Azure, or leave it out."
        )
    return f"{_OTHER_NAMES.get(name, name)}{_pep440(match['bounds'], entry)}"


def _pep440(bounds: str, entry: str, *, minor_only: bool = False) -> str:
    """Write conda's bounds as pip does: `=1.2` is `==1.2.*`.

    Args:
        bounds: Such as `=1.26` or `>=3.11,<3.14`.
        entry: What a refusal names.
        minor_only: Whether an exact version asks for its minor release only, as for Python: another patch release of
            it does the same.
    """
    clauses = [clause.strip() for clause in bounds.split(",") if clause.strip()]
    return ",".join(_clause(clause, entry, minor_only=minor_only) for clause in clauses)


def _clause(clause: str, entry: str, *, minor_only: bool) -> str:
    match = _CLAUSE.match(clause)
    if match is None:
        refuse(
            f"The bounds '{clause}' of the conda file's dependency '{entry}' are not supported (no build strings, no "
            "alternatives); write name=version or name>=version."
        )
    operator, version = match["operator"] or "=", match["version"].removesuffix(".*")
    if minor_only and operator in {"=", "=="}:
        return f"=={'.'.join(version.split('.')[:2])}.*"
    if operator == "=" or match["version"].endswith(".*"):
        return f"{'==' if operator == '=' else operator}{version}.*"
    return f"{operator}{version}"


def _pip_list(entry: Mapping[str, Any]) -> list[str]:
    if set(entry) != {"pip"} or not isinstance(entry["pip"], list):
        refuse(f"The conda file's dependency '{json.dumps(entry)}' is not supported; expected 'pip' with a list.")
    return [_from_pip(str(line).strip()) for line in entry["pip"]]


def _from_pip(line: str) -> str:
    if line.startswith("-"):
        refuse(
            f"The pip option '{line}' in a conda file is not supported; name packages only, and set package indexes in "
            "the environment of the local Azure (PIP_INDEX_URL or UV_DEFAULT_INDEX)."
        )
    if "://" in line:
        return line
    try:
        Requirement(line)
    except InvalidRequirement as error:
        refuse(f"The pip requirement '{line}' of the conda file cannot be read: {str(error).splitlines()[0]}")
    return line


def require_python(content: CondaContent, running: str) -> None:
    """Refuse an environment for another Python than the one that runs here.

    Args:
        content: What is asked for.
        running: The version of the interpreter, such as 3.11.9.

    Raises:
        OperationFailedError: ImageBuildFailure with both versions and what to do.
    """
    try:
        fits = SpecifierSet(content.python).contains(Version(running), prereleases=True)
    except InvalidSpecifier:
        refuse(f"The bounds 'python{content.python_as_written}' of the conda file cannot be read.")
    if not fits:
        refuse(
            f"The environment asks for python{content.python_as_written}, and the local Azure makes environments of "
            f"the Python it runs on, {running}. Widen the bounds in the conda file, or run `make setup` with that one."
        )


def content_key(content: CondaContent, running: str, platform: str) -> str:
    """Return the name under which a made environment is kept: the same for the same requirements and interpreter.

    Args:
        content: What is asked for.
        running: The interpreter's version; patch releases share environments.
        platform: Such as linux-x86_64.
    """
    minor = ".".join(running.split(".")[:2])
    parts = {"python": minor, "platform": platform, "requirements": sorted(set(content.requirements), key=str.lower)}
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:24]
