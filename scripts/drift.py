"""Show what changed in Azure behind Pulumi's back."""

from __future__ import annotations

import os
from pathlib import Path

import click

from windlass.cli import options
from windlass.cli.run import run

ROOT = Path(__file__).resolve().parent.parent


@click.command()
@options.stack
@options.report_output
@click.option(
    "--save",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Keep what was found in DIR/STACK, for scripts/report.py; only report.json of it may be shared.",
)
@click.option("--commit", metavar="SHA", help="The commit of the files, to be named in the report.")
@options.verbose
def drift(
    *,
    stack: str,
    output: str,
    save: Path | None,
    commit: str | None,
    verbose: bool,  # noqa: ARG001 - read by cli.run
) -> None:
    """Compare Azure with what Pulumi holds of a stack. Nothing is changed, and no other run is kept out.

    Exit code 0 when nothing differs, 5 when something does, 6 when the engine cannot look. What releases change at
    endpoints is no drift, and fields that move by themselves are named apart. A difference reads from what Pulumi holds
    to what Azure has.
    """
    from windlass.cli.reports import show
    from windlass.errors.drift import DriftFoundError, DriftUnknownError
    from windlass.factory import drift as drifts
    from windlass.factory import previews

    click.echo(f"comparing stack {stack} with Azure ...", err=True)
    found = drifts.look(ROOT, stack, os.environ, commit=commit or "")
    if save:
        previews.save(save, found.looked, found.report)
        click.echo(f"saved in {save / stack}", err=True)
    show(found.report, output)
    if found.report.errors:
        raise DriftUnknownError(stack, found.report.errors)
    if found.drift.is_there:
        raise DriftFoundError(stack, found.drift.changed, found.drift.gone)


if __name__ == "__main__":
    run(drift)
