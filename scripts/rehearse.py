"""Try a stack on the local Azure before it is applied to Azure."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from windlass.cli import options
from windlass.cli.run import run

if TYPE_CHECKING:
    from windlass.rehearsal import Done

ROOT = Path(__file__).resolve().parent.parent


@click.command()
@options.common
@click.option("--life", is_flag=True, help="Not the preview alone: up, up, refresh, destroy, up on the same names.")
def rehearse(
    *,
    stack: str,
    output: str,
    verbose: bool,  # noqa: ARG001 - read by cli.run
    life: bool,
) -> None:
    """Try a stack on a local Azure of its own, with the real engine: what would be made, and whether it works.

    The stack's settings are taken as they are, but for the cloud, subscription and tenant, and that its vault can be
    purged. It happens in a copy of the project in .windlass/rehearsal/STACK, which stays to be looked at.
    """
    from windlass import rehearsal
    from windlass.cli import render
    from windlass.engine.rehearsal import Rehearsal

    steps = rehearsal.LIFE if life else rehearsal.LOOK
    click.echo(f"preparing a copy of the project for stack {stack} ...", err=True)
    with Rehearsal(ROOT, stack, os.environ) as stage:
        results = rehearsal.rehearse(stack, steps, stage, _tell)
    if output == "json":
        render.show_json({"stack": stack, "folder": stage.folder, "steps": [_as_json(done) for done in results]})
        return
    rows = [(done.step.value, f"{done.seconds:.1f} s", str(done.resources)) for done in results]
    render.show_table(("step", "took", "resources"), rows)


def _tell(done: Done) -> None:
    click.echo(f"{done.step.value}: {'done' if done.ok else 'FAILED'} after {done.seconds:.1f} s", err=True)


def _as_json(done: Done) -> dict[str, object]:
    return {"step": done.step.name.lower(), "seconds": round(done.seconds, 2), "resources": done.resources}


if __name__ == "__main__":
    run(rehearse)
