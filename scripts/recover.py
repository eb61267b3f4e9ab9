"""Make a stack ready for `pulumi up` again after its engine was killed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from windlass.cli import options
from windlass.cli.run import run

if TYPE_CHECKING:
    from windlass.recovery.models import Recovery, Step

ROOT = Path(__file__).resolve().parent.parent


@click.command()
@options.common
@options.dry_run
@click.option(
    "--gone-host",
    multiple=True,
    metavar="HOST",
    help="A machine that is gone for good, such as a finished CI runner: its locks are dead.",
)
def recover(
    *,
    stack: str,
    output: str,
    verbose: bool,  # noqa: ARG001 - read by cli.run
    dry_run: bool,
    gone_host: tuple[str, ...],
) -> None:
    """Settle what a killed engine left: its processes, its lock, and what it was doing in Azure.

    A lock whose holder lives is never touched. What was being created and exists comes into the state, what does not
    is forgotten; what was being changed or deleted is read again. Exit code 5 when something is left to a person, and
    `pulumi up` should not run yet.
    """
    from windlass.errors.recovery import RecoveryUnfinishedError
    from windlass.factory import recovery

    recoveries = recovery(ROOT, stack, os.environ, gone_hosts=frozenset(gone_host))
    if dry_run:
        found = recoveries.plan()
        _show(found, output, "Plan, nothing was changed")
    else:
        found = recoveries.recover(_tell)
        _show(found, output, f"Stack {stack} is recovered")
    if not found.up_may_run:
        raise RecoveryUnfinishedError(stack, len(found.left))


def _tell(step: Step) -> None:
    from windlass.recovery.report import describe_step

    click.echo(describe_step(step), err=True)


def _show(recovery: Recovery, output: str, title: str) -> None:
    from windlass.cli import render
    from windlass.recovery.report import describe_left, describe_step, recovery_as_json

    if output == "json":
        render.show_json(recovery_as_json(recovery))
        return
    if recovery.steps:
        click.echo(f"{title}:")
    else:
        click.echo(f"Nothing of a killed engine is left of stack {recovery.stack}.")
    for number, step in enumerate(recovery.steps, start=1):
        click.echo(f"  {number}. {describe_step(step)}")
    for left in recovery.left:
        click.echo(f"Left to do: {describe_left(left, recovery.stack)}.")
    if recovery.up_may_run:
        click.echo(f"Then `pulumi up -s {recovery.stack}` may run." if recovery.steps else "`pulumi up` may run.")


if __name__ == "__main__":
    run(recover)
