"""Set up what workflows need in Azure and on GitHub, once: or print it as commands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from windlass.cli import options
from windlass.cli.run import run

if TYPE_CHECKING:
    from windlass.bootstrap.models import Bootstrap

ROOT = Path(__file__).resolve().parent.parent


@click.command()
@click.option(
    "--output",
    "-o",
    type=click.Choice(["table", "json", "commands"]),
    default="table",
    show_default=True,
    help="For people, JSON for programs, or a shell script of az and gh commands.",
)
@click.option("--without-roles", is_flag=True, help="Leave out the role assignments, which somebody else makes.")
@click.option("--only-roles", is_flag=True, help="Only those, for that somebody.")
@options.verbose
def bootstrap(
    *,
    output: str,
    without_roles: bool,
    only_roles: bool,
    verbose: bool,  # noqa: ARG001 - read by cli.run
) -> None:
    """Tell what workflows need in Azure and on GitHub, once, and why.

    Everything follows from bootstrap.yml, Pulumi.<stack>.yaml of the stacks that it lists, and the folders under
    endpoints/; neither Azure nor GitHub is asked. Hand on what `--output commands` prints to whoever may do it.
    """
    from windlass.bootstrap.file import load_bootstrap, load_stacks
    from windlass.bootstrap.models import Subject
    from windlass.bootstrap.plan import plan_bootstrap

    if without_roles and only_roles:
        raise click.UsageError("--without-roles and --only-roles exclude each other")
    wanted = load_bootstrap(ROOT)
    subject = Subject(
        repository=wanted.repository,
        form=wanted.subject,
        owner_id=wanted.owner_id,
        repository_id=wanted.repository_id,
    )
    plan = plan_bootstrap(wanted, load_stacks(ROOT, wanted), subject)
    _show(plan.without_roles() if without_roles else plan.only_roles() if only_roles else plan, output)


def _show(plan: Bootstrap, output: str) -> None:
    from windlass.bootstrap import commands, report
    from windlass.cli import render

    if output == "json":
        render.show_json(report.bootstrap_as_json(plan))
    elif output == "commands":
        click.echo(commands.script_of(plan), nl=False)
    else:
        render.show_table(report.COLUMNS, report.step_rows(plan))
    if output != "json":
        for doubt in plan.doubts:
            click.echo(f"Note: {doubt}.", err=True)
    if output == "table":
        for left in plan.left:
            click.echo(f"Left to do: {left}.")


if __name__ == "__main__":
    run(bootstrap)
