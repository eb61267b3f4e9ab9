"""Release a model version to its online endpoint, roll one back, or confirm one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from windlass.cli import options
from windlass.cli.run import run

if TYPE_CHECKING:
    from windlass.factory import Toolkit
    from windlass.release.models import Plan, Released
    from windlass.release.ports import Listener

ROOT = Path(__file__).resolve().parent.parent


@click.command()
@click.argument("name")
@options.common
@options.dry_run
@click.option(
    "--model",
    metavar="PATH|azureml:NAME:VERSION|in-service",
    help="A trained model, a registered version, or the version that serves now, for a change around it.",
)
@click.option("--rollback", is_flag=True, help="Give the traffic back to the version before, at once.")
@click.option("--to", default="", metavar="RECORD", help="With --rollback: the record of the version to go back to.")
@click.option("--confirm", is_flag=True, help="Remove the version before, which the release kept.")
@options.without_record
def deploy(  # noqa: PLR0913 - one parameter per flag
    *,
    name: str,
    stack: str,
    output: str,
    verbose: bool,  # noqa: ARG001 - read by cli.run
    dry_run: bool,
    model: str | None,
    rollback: bool,
    to: str,
    confirm: bool,
    without_record: bool,
) -> None:
    """Bring a model version into service at the endpoint of the folder endpoints/NAME.

    The version is registered, started beside the old one and tested with the samples before it gets any traffic.
    Then the traffic moves in the steps of online/rollout.yml. If the version fails, the old traffic is restored and
    the exit code is 7. A run that was killed is gone on with by the same command. Before anything is changed, a record
    of it is written beside the state of the stack; scripts/history.py shows it.
    """
    if [model is not None, rollback, confirm].count(True) != 1:
        raise click.UsageError("give one of --model, --rollback and --confirm")
    if to and not rollback:
        raise click.UsageError("--to goes with --rollback")
    from windlass.cli import render
    from windlass.cli.progress import showing_progress
    from windlass.factory import Toolkit
    from windlass.release.report import plan_as_json, released_as_json

    toolkit = Toolkit(ROOT, stack, recorded=not without_record)
    if dry_run:
        plan = _plan(toolkit, name, model, to, rollback=rollback)
        render.show_json(plan_as_json(plan)) if output == "json" else render.show_plan(plan)
        return
    with showing_progress() as listener:
        released = _act(toolkit, name, model, to, listener, rollback=rollback)
    render.show_json(released_as_json(released)) if output == "json" else render.show_released(released)


def _plan(toolkit: Toolkit, name: str, model: str | None, to: str, *, rollback: bool) -> Plan:
    if model is not None:
        return toolkit.plan(name, model)
    if to:
        return toolkit.plan_roll_back_to(name, to)
    return toolkit.plan_roll_back(name) if rollback else toolkit.plan_confirm(name)


def _act(toolkit: Toolkit, name: str, model: str | None, to: str, listener: Listener, *, rollback: bool) -> Released:
    if model is not None:
        return toolkit.release(name, model, listener)
    if to:
        return toolkit.roll_back_to(name, to, listener)
    return toolkit.roll_back(name, listener) if rollback else toolkit.confirm(name, listener)


if __name__ == "__main__":
    run(deploy)
