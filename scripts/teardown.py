"""Take a stack down and give back the names that Azure would keep."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from windlass.cli import options
from windlass.cli.run import run

if TYPE_CHECKING:
    from windlass.teardown import Step

ROOT = Path(__file__).resolve().parent.parent


@click.command()
@options.common
@options.dry_run
@click.option("--yes", is_flag=True, help="Do not ask.")
def teardown(
    *,
    stack: str,
    output: str,
    verbose: bool,  # noqa: ARG001 - read by cli.run
    dry_run: bool,
    yes: bool,
) -> None:
    """Destroy everything of a stack, then purge its workspace and key vault, so that their names can be used again.

    Models, results and everything else in the stack's storage go with it. A stack whose settings protect it is
    refused. Where the vault has purge protection its name stays taken, and this says for how long.
    """
    from windlass.factory import Takedown

    takedown = Takedown(ROOT, stack, os.environ, sys.stderr)
    steps = takedown.plan()
    if dry_run:
        _show(steps, output, "Plan, nothing was changed")
        return
    if not yes:
        _confirm(stack)
    takedown.perform(steps, _tell)
    _show(steps, output, f"Stack {stack} is down")


def _confirm(stack: str) -> None:
    from windlass.errors.teardown import NotConfirmedError

    if not sys.stdin.isatty():
        raise NotConfirmedError(stack)
    typed = click.prompt(f"Everything in stack {stack} will be deleted for good. Type its name to go on", err=True)
    if typed.strip() != stack:
        raise NotConfirmedError(stack)


def _tell(step: Step, done: bool) -> None:  # noqa: FBT001 - told before and after
    from windlass.teardown import describe_step

    click.echo(f"{describe_step(step)}{': done' if done else ' ...'}", err=True)


def _show(steps: tuple[Step, ...], output: str, title: str) -> None:
    from windlass.cli import render
    from windlass.teardown import describe_step, step_as_json

    if output == "json":
        render.show_json({"steps": [step_as_json(step) for step in steps]})
        return
    click.echo(f"{title}:")
    for number, step in enumerate(steps, start=1):
        click.echo(f"  {number}. {describe_step(step)}")


if __name__ == "__main__":
    run(teardown)
