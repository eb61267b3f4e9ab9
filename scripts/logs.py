"""Show the end of a deployment's log."""

from __future__ import annotations

from pathlib import Path

import click

from windlass.cli import options
from windlass.cli.run import run

ROOT = Path(__file__).resolve().parent.parent


@click.command()
@click.argument("name")
@options.common
@click.option("--deployment", metavar="NAME", default="", help="Default: the one with most of the traffic.")
@click.option("--lines", type=click.IntRange(1), default=100, show_default=True, help="How many lines at most.")
@click.option(
    "--container",
    type=click.Choice(["inference", "storage"]),
    default="inference",
    show_default=True,
    help="The server with your code, or what fetches model and code before it starts.",
)
def logs(
    *,
    name: str,
    stack: str,
    output: str,
    verbose: bool,  # noqa: ARG001 - read by cli.run
    deployment: str,
    lines: int,
    container: str,
) -> None:
    """Show the end of the log of a deployment behind the online endpoint of endpoints/NAME."""
    from windlass.cli import render
    from windlass.factory import Toolkit

    text = Toolkit(ROOT, stack).logs(name, deployment=deployment, lines=lines, container=container)
    if output == "json":
        render.show_json({"lines": text.splitlines()})
    else:
        click.echo(text)


if __name__ == "__main__":
    run(logs)
