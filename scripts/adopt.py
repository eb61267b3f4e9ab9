"""Take what exists in Azure already into the state of a stack."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from windlass.cli import options
from windlass.cli.run import run

if TYPE_CHECKING:
    from windlass.delivery.adoption import Adoption

ROOT = Path(__file__).resolve().parent.parent


@click.command()
@options.common
@options.dry_run
@click.option(
    "--file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="IMPORT.json",
    help="Write the file for `pulumi import --file` as well.",
)
def adopt(
    *,
    stack: str,
    output: str,
    verbose: bool,  # noqa: ARG001 - read by cli.run
    dry_run: bool,
    file: Path | None,
) -> None:
    """Import every resource that the stack would make and that exists already, by the id that the stack gives it.

    Nothing is changed in Azure. What Azure adds to a resource, and ids that it writes in other letters, are no
    differences to the program afterwards; real ones show in the next preview.
    """
    from windlass.factory import adopt as take_over
    from windlass.factory import plan_adoption

    click.echo(f"previewing stack {stack} ...", err=True)
    adoption = plan_adoption(ROOT, stack, os.environ)
    if file is not None:
        _write(file, adoption)
    if adoption.found and not dry_run:
        click.echo(f"importing {len(adoption.found)} resources ...", err=True)
        take_over(ROOT, stack, os.environ, adoption)
    _show(adoption, output, did="would be" if dry_run else "are")


def _write(file: Path, adoption: Adoption) -> None:
    import json

    file.write_text(json.dumps(adoption.file, indent=2) + "\n", encoding="utf-8")


def _show(adoption: Adoption, output: str, *, did: str) -> None:
    from windlass.cli import render

    if output == "json":
        render.show_json(
            {
                "found": {each.name: each.id for each in adoption.found},
                "missing": list(adoption.missing),
                "unknown": list(adoption.unknown),
            }
        )
        return
    if adoption.found:
        render.show_table(("exists", "id"), [(each.name, each.id) for each in adoption.found])
        click.echo()
    click.echo(f"{len(adoption.found)} {did} imported; {len(adoption.missing)} do not exist and will be made by `up`.")
    if adoption.unknown:
        click.echo(f"Not known before this import: {', '.join(adoption.unknown)}. Run this once more.")


if __name__ == "__main__":
    run(adopt)
