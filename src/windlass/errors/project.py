"""What a person may have written wrong under `endpoints/`, `environments/` and on the command line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from windlass.errors import NotFoundError, UsageError


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong in one file.

    Attributes:
        file: Path of the file, relative to the repository.
        where: Path of the key inside it, such as `smoke_test.samples[0]`; empty for the file as a whole.
        what: What is wrong and what is allowed instead.
    """

    file: str
    where: str
    what: str

    def __str__(self) -> str:
        """Name file, key and what is wrong on one line."""
        place = f"{self.file}: {self.where}" if self.where else self.file
        return f"{place}: {self.what}"


class DefinitionError(UsageError):
    """The files of an endpoint cannot be used as they are; every problem of every file is named."""

    def __init__(self, endpoint: str, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        lines = "\n".join(f"  {problem}" for problem in self.problems)
        noun = "problem" if len(self.problems) == 1 else "problems"
        super().__init__(f"endpoints/{endpoint} has {len(self.problems)} {noun}:\n{lines}")


class UnknownEndpointError(NotFoundError):
    """There is no folder of that name under `endpoints/`."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        names = ", ".join(sorted(known)) or "none yet"
        super().__init__(f"there is no folder endpoints/{name}. Folders there: {names}")


class ModelPathError(UsageError):
    """The path given as the model does not exist or holds nothing."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(
            f"the model {path} {what}. Give --model a file or a folder with files, "
            "or a registered version such as azureml:churn:7"
        )


class ModelReferenceError(UsageError):
    """A reference to a registered model cannot be read."""

    def __init__(self, reference: str) -> None:
        super().__init__(f"cannot read the model reference {reference}: write azureml:<name>:<version number>")


class NoProjectError(UsageError):
    """The folder is not a Windlass project."""

    def __init__(self, root: Path) -> None:
        super().__init__(f"there is no Pulumi.yaml in {root}: run this in the folder of a Windlass project")


class UnknownStackError(NotFoundError):
    """The stack has no settings in this repository."""

    def __init__(self, stack: str, known: Iterable[str]) -> None:
        names = ", ".join(sorted(known)) or "none"
        super().__init__(f"there is no Pulumi.{stack}.yaml. Stacks with settings: {names}")


class CloudNotSaidError(UsageError):
    """The settings of a stack do not say where it is applied."""

    def __init__(self, file: str) -> None:
        super().__init__(f"{file}: windlass:settings.cloud must be azure or local")


class UnreadableFileError(UsageError):
    """A file of the project cannot be read as YAML."""

    def __init__(self, file: Path, what: str) -> None:
        super().__init__(f"{file.name} {what}")
