"""Name the stacks of the project, or those that a change touches."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click

from windlass.cli import options
from windlass.cli.run import run

ROOT = Path(__file__).resolve().parent.parent


@click.command()
@click.option(
    "--changed-since",
    metavar="REF",
    help="Only stacks that the checkout changes from where it left this branch, tag or commit.",
)
@click.option(
    "--on",
    type=click.Choice(["any", "azure", "local"]),
    default="any",
    show_default=True,
    help="azure: only stacks that are applied to Azure and whose subscription is filled in. local: only stacks that "
    "can be rehearsed on the local Azure; why another one cannot is told on stderr.",
)
@click.option(
    "--output",
    "-o",
    type=click.Choice(["table", "json", "github"]),
    default="table",
    show_default=True,
    help="Names one a line, as one JSON list in one line, or lines for $GITHUB_OUTPUT.",
)
@options.verbose
def stacks(
    *,
    changed_since: str | None,
    on: str,
    output: str,
    verbose: bool,  # noqa: ARG001 - read by cli.run
) -> None:
    """Name the stacks of the project in the order in which they are deployed, or those that a change touches.

    The settings of a stack and its overlays touch that stack, pages and tests none, and everything else all of them.
    For GitHub there are three lines: `stacks` and `endpoints` (the folders with a model that the change touches) as
    the matrix of a workflow takes them, and `expect`, the stacks with commas between.
    """
    from windlass.checkout import changed_paths
    from windlass.delivery.touched import gone_stacks, in_order, touched_endpoints, touched_stacks
    from windlass.project.loader import endpoint_folders, stack_names

    known = stack_names(ROOT)
    folders = sorted({*endpoint_folders(ROOT, "online"), *endpoint_folders(ROOT, "batch")})
    named, endpoints = in_order(known), tuple(folders)
    if changed_since is not None:
        paths = changed_paths(ROOT, changed_since)
        named, endpoints = touched_stacks(paths, known), touched_endpoints(paths, folders)
        for gone in gone_stacks(paths, known):
            click.echo(f"Pulumi.{gone}.yaml is gone: what stack {gone} made stays until it is torn down.", err=True)
    _show([each for each in named if _is_on(each, on)], endpoints, output)


def _is_on(stack: str, on: str) -> bool:
    from windlass.errors.rehearsal import BroughtResourcesError, EncryptedSettingsError
    from windlass.project.stack_file import check_rehearsable, is_on_azure

    if on == "azure":
        return is_on_azure(ROOT, stack)
    try:
        if on == "local":
            check_rehearsable(ROOT, stack)
    except (BroughtResourcesError, EncryptedSettingsError) as error:
        click.echo(f"left out: {error}", err=True)
        return False
    return True


def _show(names: list[str], endpoints: Sequence[str], output: str) -> None:
    if output == "github":
        click.echo(f"stacks={json.dumps(names)}\nexpect={','.join(names)}\nendpoints={json.dumps(list(endpoints))}")
    elif output == "json":
        click.echo(json.dumps(names))
    else:
        for name in names:
            click.echo(name)


if __name__ == "__main__":
    run(stacks)
