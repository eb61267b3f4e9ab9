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
@click.option(
    "--against",
    metavar="REF",
    help="Deploy the files of this branch, tag or commit first, then preview the checkout's against them.",
)
@click.option(
    "--save",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="With --against: keep the preview and its report in DIR/STACK, as preview.py does.",
)
def rehearse(
    *,
    stack: str,
    output: str,
    verbose: bool,  # noqa: ARG001 - read by cli.run
    life: bool,
    against: str | None,
    save: Path | None,
) -> int:
    """Try a stack on a local Azure of its own, with the real engine: what would be made, and whether it works.

    The stack's settings are taken as they are, but for the cloud, subscription and tenant, and that its vault can be
    purged. It happens in a copy of the project in .windlass/rehearsal/STACK, which stays to be looked at.

    With --against it shows what a change would do, without any credential: with the exit codes of preview.py, and a
    preview that failed is kept too. 40 zeros are the commit before the first one: nothing is deployed then.
    """
    if (against is None) is not (save is None) or (against is not None and life):
        raise click.UsageError("--against and --save belong together, and go without --life")
    if against is not None and save is not None:
        return _compare(stack, against, save, output)
    _rehearse(stack, output, life=life)
    return 0


def _compare(stack: str, against: str, save: Path, output: str) -> int:
    from windlass.checkout import find_commit, head_commit
    from windlass.cli import render
    from windlass.engine.comparison import NOTHING, Comparison

    commit = head_commit(ROOT)
    if against != NOTHING:
        find_commit(ROOT, against)  # before anything takes long
    click.echo(f"preparing a copy of the project for stack {stack} ...", err=True)
    with Comparison(ROOT, stack, os.environ) as stage:
        compared = stage.compare(against, commit, save.resolve())
    click.echo(compared.said, err=True, nl=False)
    seconds = {name: round(each, 1) for name, each in compared.seconds.items()}
    if output == "json":
        render.show_json({"stack": stack, "folder": stage.folder, "base": compared.base, "seconds": seconds})
    else:
        took = ", ".join(f"{name} {each} s" for name, each in seconds.items())
        click.echo(
            f"Stack {stack}: the change since {compared.base[:12] or 'nothing'} is saved in {save}. Took: {took}."
        )
    return compared.code


def _rehearse(stack: str, output: str, *, life: bool) -> None:
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
