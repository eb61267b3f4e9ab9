"""`batch/results.yml`: what a scoring script returns per row. Ours, for the scripts only.

Azure appends the rows of a batch job to one file without a header, so somebody has to say what stands in it.
"""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from windlass.errors.project import DefinitionError, Problem

RESULTS_FILE = "results.yml"

ColumnName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
RESERVED = frozenset({"job"})
"""Columns that a results table has for itself."""


class ColumnType(StrEnum):
    """What the values of a column are."""

    TEXT = "text"
    """Kept as it is: 007 stays 007."""
    NUMBER = "number"
    """A floating point number."""
    WHOLE = "whole"
    """A whole number."""
    FLAG = "flag"
    """True or False."""


class ResultColumn(BaseModel):
    """One value of a row."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: ColumnName = Field(description="Its name in files and tables: lower-case letters, digits, underscores")
    type: ColumnType = Field(default=ColumnType.TEXT, description="text, number, whole or flag")


class ResultFormat(BaseModel):
    """The rows that a scoring script returns, and what names a row."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    columns: tuple[ResultColumn, ...] = Field(min_length=1, description="In the order in which run() returns them")
    key: tuple[ColumnName, ...] = Field(
        min_length=1, description="Columns that name a row, in the input and in the results alike"
    )

    @model_validator(mode="after")
    def _is_sound(self) -> ResultFormat:
        twice = sorted(name for name, count in Counter(self.names).items() if count > 1)
        if twice:
            raise ValueError(f"column {twice[0]} is there twice")
        taken = sorted(RESERVED.intersection(self.names))
        if taken:
            raise ValueError(f"column {taken[0]} is one that the results table has for itself; rename it")
        absent = [name for name in self.key if name not in self.names]
        if absent:
            raise ValueError(f"key {absent[0]} is not a column; columns: {', '.join(self.names)}")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns, in order."""
        return tuple(column.name for column in self.columns)

    @property
    def key_positions(self) -> tuple[int, ...]:
        """Where the values of the key stand in a row."""
        return tuple(self.names.index(name) for name in self.key)


def load_results(root: Path, name: str) -> ResultFormat:
    """Read `endpoints/<name>/batch/results.yml`.

    Raises:
        DefinitionError: It is missing or wrong; every problem is named.
    """
    file = root / "endpoints" / name / "batch" / RESULTS_FILE
    shown = f"endpoints/{name}/batch/{RESULTS_FILE}"
    if not file.is_file():
        what = "is missing: say which columns the scoring script returns, and which of them name a row"
        raise DefinitionError(name, [Problem(file=shown, where="", what=what)])
    return parse_results(_read(file, name, shown), name=name, shown=shown)


def parse_results(document: Any, *, name: str, shown: str) -> ResultFormat:
    """Make the format out of a parsed document.

    Raises:
        DefinitionError: It is wrong; every problem is named.
    """
    try:
        return ResultFormat.model_validate(document)
    except ValidationError as error:
        problems = [
            Problem(
                file=shown,
                where=".".join(str(part) for part in detail["loc"]),
                what=detail["msg"].removeprefix("Value error, "),
            )
            for detail in error.errors()
        ]
        raise DefinitionError(name, problems) from error


def _read(file: Path, name: str, shown: str) -> Any:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        return YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8"))
    except (YAMLError, UnicodeDecodeError) as error:
        problem = Problem(file=shown, where="", what=f"is not YAML: {' '.join(str(error).split())}")
        raise DefinitionError(name, [problem]) from error
