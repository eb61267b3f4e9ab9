"""Makes rows that are each there once out of rows that may be there again. Pure.

Azure promises that a mini-batch whose worker or node was lost is tried again; it does not promise that the rows of
the lost attempt are not in the file. So the file is read as a bag of rows and each key is taken once. What comes out
depends on the set of lines alone and not on how often each is there or in which order attempts were appended, as
long as a retry says what the first attempt said; where it does not, the first one counts and `differing` tells.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence

from windlass.batch.models import Key, Merged
from windlass.project.results import ColumnType, ResultFormat

Row = tuple[object, ...]

SEPARATOR = " "
"""Azure writes the values of an append_row file with a blank between them, quoted where they hold one."""

_FLAGS = {"true": True, "1": True, "false": False, "0": False}


def merge_rows(lines: Iterable[str], layout: ResultFormat, expected: Sequence[Key] | None) -> Merged:
    """Merge the lines of a results file.

    Args:
        lines: The lines, each with or without its end.
        layout: What a line holds.
        expected: The keys of the input, each once; None where nobody knows them.
    """
    wanted = None if expected is None else frozenset(expected)
    rows: dict[Key, Row] = {}
    unexpected: dict[Key, None] = {}
    repeated = differing = unreadable = 0
    for line in lines:
        values = split_line(line)
        row = read_row(values, layout)
        if row is None:
            unreadable += bool(values)
            continue
        key = tuple(values[position] for position in layout.key_positions)
        if wanted is not None and key not in wanted:
            unexpected[key] = None
        elif key in rows:
            repeated += 1
            differing += rows[key] != row
        else:
            rows[key] = row
    return Merged(
        rows=tuple(rows.values()),
        repeated=repeated,
        differing=differing,
        unreadable=unreadable,
        missing=tuple(_show(key) for key in expected or () if key not in rows),
        unexpected=tuple(_show(key) for key in unexpected),
    )


def split_line(line: str) -> list[str]:
    """Split one line into its values; an empty list where there are none or the quotes do not close.

    Each line is read by itself, so that a line which a dying node left half written spoils none but itself.
    """
    text = line.rstrip("\r\n")
    if '"' not in text:
        return text.split(SEPARATOR) if text else []
    try:
        return next(csv.reader([text], delimiter=SEPARATOR, strict=True))
    except csv.Error:
        return [text]


def read_row(values: Sequence[str], layout: ResultFormat) -> Row | None:
    """Give values their types; None when they are not a row."""
    if len(values) != len(layout.columns):
        return None
    try:
        return tuple(_read_row(values, layout))
    except (ValueError, KeyError):
        return None


def _read_row(values: Sequence[str], layout: ResultFormat) -> Iterator[object]:
    for value, column in zip(values, layout.columns, strict=True):
        match column.type:
            case ColumnType.TEXT:
                yield value
            case ColumnType.NUMBER:
                yield float(value) if value else None
            case ColumnType.WHOLE:
                yield int(value) if value else None
            case ColumnType.FLAG:
                yield _FLAGS[value.lower()] if value else None


def _show(key: Key) -> str:
    return "/".join(key)
