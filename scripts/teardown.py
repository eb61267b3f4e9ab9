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
    from windlass.teardown.models import Step, Teardown

ROOT = Path(__file__).resolve().parent.parent


@click.command()
@options.common
@options.dry_run
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--confirm", metavar="STACK", help="Do not ask: the stack's name once more, typed by whoever wants this.")
@click.option(
    "--with-unknown",
    is_flag=True,
    help="Delete with the resource group what is in it and not in the state.",
)
def teardown(
    *,
    stack: str,
    output: str,
    verbose: bool,  # noqa: ARG001 - read by cli.run
    dry_run: bool,
    yes: bool,
    confirm: str | None,
    with_unknown: bool,
) -> None:
    """Destroy everything of a stack, then purge its workspace and key vault, so that their names can be used again.

    Models, results and everything else in the stack's storage go with it. What forbids it is named before anything is
    done: protection, locks that somebody set, resources in the group that the stack does not know. The plan tells of
    each name when it can be used again, and until when what had it can be had back.
    """
    from windlass.factory import Takedown
    from windlass.teardown.perform import refuse_blocked

    sure = _is_sure(stack, confirm) or yes
    _refuse_silent(stack, sure=dry_run or sure)
    takedown = Takedown(ROOT, stack, os.environ, sys.stderr)
    plan = takedown.plan(with_unknown=with_unknown)
    if dry_run or plan.blockers:
        _show(plan, output, "Plan, nothing was changed")
        refuse_blocked(plan)
        return
    if not sure:
        _confirm(plan)
    takedown.perform(plan, _tell)
    _show(plan, output, f"Stack {stack} is down")


def _is_sure(stack: str, confirm: str | None) -> bool:
    """Tell whether the right name was typed beforehand; a wrong one ends the command, whatever else was given."""
    from windlass.errors.teardown import OtherNameError

    if confirm is None:
        return False
    if confirm.strip() != stack:
        raise OtherNameError(stack, confirm)
    return True


def _refuse_silent(stack: str, *, sure: bool) -> None:
    """Stop at once where nobody can be asked."""
    from windlass.errors.teardown import NotConfirmedError

    if not sure and not sys.stdin.isatty():
        raise NotConfirmedError(stack)


def _confirm(plan: Teardown) -> None:
    from windlass.errors.teardown import NotConfirmedError

    _show(plan, "table", "Plan")
    typed = click.prompt(f"Everything in stack {plan.stack} will be deleted for good. Type its name to go on", err=True)
    if typed.strip() != plan.stack:
        raise NotConfirmedError(plan.stack)


def _tell(step: Step, done: bool) -> None:  # noqa: FBT001 - told before and after
    from windlass.teardown.report import describe_step

    click.echo(f"{describe_step(step)}{': done' if done else ' ...'}", err=True)


def _show(plan: Teardown, output: str, title: str) -> None:
    from windlass.cli import render
    from windlass.teardown.report import COLUMNS, describe_going, describe_step, name_row, teardown_as_json

    if output == "json":
        render.show_json(teardown_as_json(plan))
        return
    click.echo(f"{title}:")
    for number, step in enumerate(plan.steps, start=1):
        click.echo(f"  {number}. {describe_step(step)}")
    for going in plan.goes_with:
        click.echo(f"     {describe_going(going)}")
    for unseen in plan.unseen:
        click.echo(f"Not looked at: {unseen}.")
    click.echo()
    render.show_table(COLUMNS, [name_row(name) for name in plan.names])


if __name__ == "__main__":
    run(teardown)
