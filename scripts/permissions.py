"""Tell who needs which role of a stack, where and why, and the commands that give it."""

from __future__ import annotations

from pathlib import Path

import click

from windlass.cli import options
from windlass.cli.run import run

ROOT = Path(__file__).resolve().parent.parent
COLUMNS = ("who", "as", "role", "on", "needs it to")


@click.command()
@options.common
@click.option("--commands", is_flag=True, help="Print commands of the Azure CLI for whoever may assign roles.")
def permissions(*, stack: str, output: str, verbose: bool, commands: bool) -> None:  # noqa: ARG001 - read by cli.run
    """Tell who needs which role of a stack, where and why.

    Everything follows from the settings and the folders under endpoints/; Azure is not asked. `pulumi up` makes these
    role assignments. Where a platform team makes them (role_assignments: given), hand on what --commands prints: each
    command makes the assignment under the name that `pulumi up` would give it.
    """
    from windlass.cli import render
    from windlass.project.endpoints import find_endpoints
    from windlass.project.permissions import list_permissions
    from windlass.project.stack_file import load_settings

    found = list_permissions(load_settings(ROOT, stack), find_endpoints(ROOT, stack))
    if output == "json":
        render.show_json([each.as_json() for each in found])
    elif commands:
        click.echo("\n".join(each.command for each in found))
    else:
        rows = [
            (each.grant.principal, each.holder.name, each.grant.role.title, each.grant.target, each.grant.reason)
            for each in found
        ]
        render.show_table(COLUMNS, rows)


if __name__ == "__main__":
    run(permissions)
