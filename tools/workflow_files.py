"""The files of .github as data, for the page about them and the tests that hold them to our rules."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

ROOT = Path(__file__).resolve().parents[1]
FOLDER = Path(".github", "workflows")
ACTION = Path(".github", "actions", "setup", "action.yml")


@dataclass(frozen=True)
class Step:
    """One step of a job or of a composite action.

    Attributes:
        raw: As it is written.
    """

    raw: Mapping[str, Any]

    @property
    def name(self) -> str:
        """What people see of it."""
        return str(self.raw.get("name", ""))

    @property
    def run(self) -> str | None:
        """The command that it runs."""
        found: str | None = self.raw.get("run")
        return found

    @property
    def uses(self) -> str | None:
        """The action that it calls."""
        found: str | None = self.raw.get("uses")
        return found


@dataclass(frozen=True)
class Job:
    """One job.

    Attributes:
        id: Its key.
        raw: As it is written.
    """

    id: str
    raw: CommentedMap

    @property
    def steps(self) -> tuple[Step, ...]:
        """Its steps; none when it calls another workflow."""
        return tuple(Step(each) for each in self.raw.get("steps", ()))

    @property
    def needs(self) -> tuple[str, ...]:
        """The jobs that it waits for."""
        named = self.raw.get("needs", ())
        return (named,) if isinstance(named, str) else tuple(named)

    @property
    def permissions(self) -> Mapping[str, str]:
        """What its token may do, by scope."""
        return dict(self.raw.get("permissions", {}))

    @property
    def environment(self) -> str | None:
        """The GitHub environment whose variables and identity it has."""
        named = self.raw.get("environment")
        found: str | None = named["name"] if isinstance(named, Mapping) else named
        return found

    def reason(self, scope: str) -> str:
        """Return why it has a permission: the comment behind it."""
        return _comment(self.raw["permissions"], scope)


@dataclass(frozen=True)
class Workflow:
    """One workflow file.

    Attributes:
        path: Where it is, from the root of the repository.
        text: Its text.
        raw: As it is written.
    """

    path: Path
    text: str
    raw: CommentedMap

    @property
    def id(self) -> str:
        """Its name without a suffix."""
        return self.path.stem

    @property
    def jobs(self) -> tuple[Job, ...]:
        """Its jobs, in their order."""
        return tuple(Job(key, value) for key, value in self.raw["jobs"].items())

    @property
    def purpose(self) -> str:
        """What the comment below its name says."""
        found = re.search(r"^name:.*\n\n((?:#.*\n)+)", self.text, re.MULTILINE)
        return " ".join(line.removeprefix("#").strip() for line in found[1].splitlines()) if found else ""

    @property
    def triggers(self) -> Mapping[str, Any]:
        """What starts it."""
        on = self.raw["on"]
        return {on: None} if isinstance(on, str) else dict(on)


def workflows(root: Path = ROOT) -> tuple[Workflow, ...]:
    """Read every workflow, by name."""
    return tuple(read(root, path.relative_to(root)) for path in _paths(root))


def _paths(root: Path) -> list[Path]:
    return sorted((root / FOLDER).glob("*.yml"), key=lambda path: path.stem)


def read(root: Path, path: Path) -> Workflow:
    """Read one workflow."""
    text = (root / path).read_text(encoding="utf-8")
    return Workflow(path, text, YAML().load(text))


def setup_steps(root: Path = ROOT) -> tuple[Step, ...]:
    """Read the steps of the action that makes a job's checkout ready."""
    raw = YAML().load((root / ACTION).read_text(encoding="utf-8"))
    return tuple(Step(each) for each in raw["runs"]["steps"])


def steps(found: Sequence[Workflow]) -> Iterator[tuple[str, Step]]:
    """Walk over all steps, each with the place that it stands in."""
    for workflow in found:
        for job in workflow.jobs:
            yield from ((f"{workflow.id}/{job.id}/{step.name}", step) for step in job.steps)


def _comment(mapping: CommentedMap, key: str) -> str:
    tokens = mapping.ca.items.get(key)
    return str(tokens[2].value).partition("\n")[0].lstrip("# ").strip() if tokens and tokens[2] else ""
