"""Shows results: aligned columns for people, JSON for programs. Colour only where a terminal shows it."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from windlass.release.models import Plan, Released

_GAP = 3
"""Between two columns."""


def show_json(document: Any, *, stdout: TextIO | None = None) -> None:
    """Print a document as JSON."""
    (stdout or sys.stdout).write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def show_table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], *, lines: bool = False, stdout: TextIO | None = None
) -> None:
    """Print aligned columns; a column that is empty in every row is left out.

    Args:
        columns: Their titles.
        rows: Their cells.
        lines: Whether cells have several lines: all but the first column are broken to fit a terminal, and rows are
            set apart.
        stdout: Where to.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    used = [index for index in range(len(columns)) if any(row[index] for row in rows)]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold", show_edge=False, leading=int(lines))
    for index in used:
        # What is broken is broken anywhere: a name is found by its end as well as by its beginning.
        table.add_column(
            columns[index], no_wrap=not lines or index == used[0], overflow="fold" if lines else "ellipsis"
        )
    for row in rows:
        table.add_row(*(Text(row[index]) for index in used))  # a name is no markup
    stream = stdout or sys.stdout
    # Nobody cuts a name in a file or a pipe to the width of a terminal that is not there.
    width = None if stream.isatty() else 10_000
    Console(file=stream, highlight=False, width=width).print(table)


def fit_columns(columns: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> int:
    """Tell how many of the first columns fit into so many characters whole; at least one.

    A column that is empty in every row takes none.
    """
    used = 0
    for count, title in enumerate(columns):
        widest = max((len(row[count]) for row in rows), default=0)
        used += max(widest, len(title)) + _GAP if widest else 0
        if used - _GAP > width:
            return max(count, 1)
    return len(columns)


def show_line(text: str, style: str, *, stdout: TextIO | None = None) -> None:
    """Print one line, in colour on a terminal alone."""
    stream = stdout or sys.stdout
    if not stream.isatty():
        stream.write(f"{text}\n")
        return
    from rich.console import Console
    from rich.text import Text

    Console(file=stream, highlight=False).print(Text(text, style=style))


def show_plan(plan: Plan, *, stdout: TextIO | None = None) -> None:
    """Print what would be done."""
    from windlass.release.report import describe_step

    stream = stdout or sys.stdout
    if not plan.steps:
        stream.write(f"Nothing to do: {plan.target} ({plan.model}) serves {plan.endpoint} as wanted.\n")
        stream.writelines(f"  Note: {note}.\n" for note in plan.notes)
        return
    stream.write(f"Plan for {plan.endpoint}, nothing was changed:\n")
    stream.writelines(f"  {number}. {describe_step(step)}\n" for number, step in enumerate(plan.steps, start=1))
    stream.writelines(f"  Note: {note}.\n" for note in plan.notes)


def show_released(released: Released, *, stdout: TextIO | None = None) -> None:
    """Print how a release ended."""
    stream = stdout or sys.stdout
    if not released.plan.steps:
        show_plan(released.plan, stdout=stream)
        return
    from windlass.errors.release import describe_traffic

    traffic = describe_traffic(released.traffic.as_dict())
    record = f" Record: {released.record}." if released.record else ""
    stream.write(f"{released.plan.endpoint}: {traffic}. Took {released.seconds:.1f} s.{record}\n")
