"""Show every endpoint of a stack: deployments, model versions, traffic."""

from __future__ import annotations

from pathlib import Path

import click

from windlass.cli import options
from windlass.cli.run import run

ROOT = Path(__file__).resolve().parent.parent
COLUMNS = ("folder", "kind", "endpoint", "deployment", "model", "traffic", "state", "instances")


@click.command()
@options.common
def status(*, stack: str, output: str, verbose: bool) -> None:  # noqa: ARG001 - read by cli.run
    """Show every endpoint of a stack: deployments, model versions, traffic."""
    from windlass.cli import render
    from windlass.factory import Toolkit
    from windlass.release.status import status_as_json, status_rows

    found = Toolkit(ROOT, stack).status()
    if output == "json":
        render.show_json(status_as_json(found))
        return
    rows = [
        (row.folder, row.kind, row.endpoint, row.deployment, row.model, row.share, row.state, row.instances)
        for row in status_rows(found)
    ]
    render.show_table(COLUMNS, rows)


if __name__ == "__main__":
    run(status)
