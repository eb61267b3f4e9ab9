"""Promote a model version from one stack to another: exactly the recorded content, with the same gates."""

from __future__ import annotations

from pathlib import Path

import click

from windlass.cli import options
from windlass.cli.run import run

ROOT = Path(__file__).resolve().parent.parent


@click.command()
@click.argument("name")
@click.option("--from", "source", required=True, metavar="STACK", help="The stack that it was tried on.")
@click.option("--to", "target", required=True, metavar="STACK", help="The stack that it goes to.")
@options.output
@options.verbose
@options.dry_run
@click.option("--record", default="", metavar="ID", help="A record of the first stack. [default: the one in service]")
@click.option(
    "--from-backend",
    default="",
    envvar="WINDLASS_FROM_BACKEND_URL",
    metavar="URL",
    help="Where the state of the first stack lies. [default: where that of the second does]",
)
@click.option(
    "--accept-other",
    multiple=True,
    type=click.Choice(["environment", "code"]),
    help="What the checkout may hold otherwise than the record says.",
)
@options.without_record
def promote(  # noqa: PLR0913 - one parameter per flag
    *,
    name: str,
    source: str,
    target: str,
    output: str,
    verbose: bool,  # noqa: ARG001 - read by cli.run
    dry_run: bool,
    record: str,
    from_backend: str,
    accept_other: tuple[str, ...],
    without_record: bool,
) -> None:
    """Bring the version that a record of one stack names into service on another.

    The record has to have succeeded. The files of its model are fetched from the first stack and their SHA-256 is
    compared with the record before anything is loaded or registered; environment and scoring code of the checkout
    have to be what the record says. Then it is a release as any other, with the same tests and the same way back.
    """
    if source == target:
        raise click.UsageError("--from and --to name the same stack")
    from windlass.cli import render
    from windlass.cli.progress import showing_progress
    from windlass.factory.promotion import promotion
    from windlass.release.report import plan_as_json, released_as_json

    wired = promotion(
        ROOT, name, source=source, target=target, source_backend=from_backend, recorded=not without_record
    )
    if dry_run:
        plan = wired.plan(record, accept_other)
        render.show_json(plan_as_json(plan)) if output == "json" else render.show_plan(plan)
        return
    with showing_progress() as listener:
        released = wired.promote(record, accept_other, listener)
    render.show_json(released_as_json(released)) if output == "json" else render.show_released(released)


if __name__ == "__main__":
    run(promote)
