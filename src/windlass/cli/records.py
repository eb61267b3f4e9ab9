"""Shows records of releases."""

from __future__ import annotations

import sys
from itertools import islice
from shutil import get_terminal_size
from typing import TYPE_CHECKING, TextIO

from windlass.cli import render
from windlass.release.history import COLUMNS, record_as_json, record_lines, record_rows

if TYPE_CHECKING:
    from windlass.release.record import ReleaseRecord
    from windlass.release.recording import Records


def show_history(
    records: Records, name: str, stack: str, limit: int, output: str, *, stdout: TextIO | None = None
) -> None:
    """Print records, the newest first.

    Args:
        records: Those of the stack.
        name: The folder whose records are shown; of all when empty.
        stack: The stack's name.
        limit: How many at most.
        output: `table` or `json`.
        stdout: Where to.
    """
    stream = stdout or sys.stdout
    found = tuple(islice(records.newest_first(name), limit))
    if output == "json":
        render.show_json([record_as_json(each) for each in found], stdout=stream)
    elif found:
        rows = record_rows(found)
        shown = render.fit_columns(COLUMNS, rows, get_terminal_size().columns) if stream.isatty() else len(COLUMNS)
        render.show_table(COLUMNS[:shown], [row[:shown] for row in rows], stdout=stream)
    else:
        stream.write(f"Nothing was released to {name or 'any endpoint'} of stack {stack} yet.\n")
    for each in records.unreadable.values():
        sys.stderr.write(f"left out: {each}\n")


def show_record(record: ReleaseRecord, output: str, *, stdout: TextIO | None = None) -> None:
    """Print one record in full."""
    stream = stdout or sys.stdout
    if output == "json":
        render.show_json(record_as_json(record), stdout=stream)
        return
    stream.writelines(f"{label:<14} {text}\n" for label, text in record_lines(record))
