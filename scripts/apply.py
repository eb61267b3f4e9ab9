"""Carry out a plan that was shown."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from windlass.cli import options
from windlass.cli.run import run

if TYPE_CHECKING:
    from windlass.apply.models import Applied

ROOT = Path(__file__).resolve().parent.parent


@click.command()
@options.common
@click.option(
    "--plan",
    "folder",
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Where `preview.py --save DIR` has kept the plan.",
)
@click.option("--any-commit", is_flag=True, help="The checkout may be at another commit than the one previewed.")
def apply(
    *,
    stack: str,
    output: str,
    verbose: bool,  # noqa: ARG001 - read by cli.run
    folder: Path,
    any_commit: bool,
) -> None:
    """Have the engine do what a saved plan shows, and nothing else.

    Exit code 5, and nothing is changed, when the plan is of another stack or commit, was altered, failed, breaks a
    rule, no longer fits because the state moved, or when another run holds the stack. A run that was interrupted is
    gone on with by the same command with the same plan. The first SIGINT or SIGTERM has the engine end and free its
    lock, a second one has it end at once. Nobody is asked anything.
    """
    from windlass.checkout import head_commit
    from windlass.engine.saved_previews import read_plan
    from windlass.factory.applies import applies

    plan = read_plan(folder, stack)
    commit = None if any_commit else head_commit(ROOT)
    applied = applies(ROOT, stack, os.environ, sys.stderr).apply(
        plan.manifest, plan.content, str(plan.file), commit=commit, tell=_tell
    )
    _show(applied, output)


def _tell(text: str) -> None:
    click.echo(text, err=True)


def _show(applied: Applied, output: str) -> None:
    from windlass.apply.report import applied_as_json, describe_applied, describe_unneeded
    from windlass.cli import render

    if output == "json":
        render.show_json(applied_as_json(applied))
        return
    click.echo(describe_applied(applied))
    if unneeded := describe_unneeded(applied):
        click.echo(unneeded)


if __name__ == "__main__":
    run(apply)
