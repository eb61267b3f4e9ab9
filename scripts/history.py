"""Show what was released to a stack: who, when, which content, on what evidence, and how it ended."""

from __future__ import annotations

import os
from pathlib import Path

import click

from windlass.cli import options
from windlass.cli.run import run

ROOT = Path(__file__).resolve().parent.parent


@click.command()
@click.argument("name", required=False, default="")
@options.common
@click.option("--record", default="", metavar="ID", help="Show this one in full; enough of its beginning will do.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(min=1), help="How many, the newest first.")
def history(
    *,
    name: str,
    stack: str,
    output: str,
    verbose: bool,  # noqa: ARG001 - read by cli.run
    record: str,
    limit: int,
) -> None:
    """Show the records of the releases to the folder endpoints/NAME, or to all, the newest first.

    Records lie beside the state of the stack. Nothing of its Azure is asked, so that this works while it is down.
    """
    from windlass.cli import records
    from windlass.factory.records import past_records

    kept = past_records(ROOT, stack, os.environ)
    if record:
        records.show_record(kept.get(record, name), output)
    else:
        records.show_history(kept, name, stack, limit, output)


if __name__ == "__main__":
    run(history)
