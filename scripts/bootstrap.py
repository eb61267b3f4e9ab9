"""Set up what workflows need in Azure and on GitHub, once: tell it, print it as commands, or do it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from windlass.cli import options
from windlass.cli.run import run

if TYPE_CHECKING:
    from windlass.bootstrap.models import Bootstrap, Part
    from windlass.bootstrap.perform import Outcome
    from windlass.factory.bootstrap import SetUp

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
@click.option("--apply", "apply", is_flag=True, help="Do it: look first, then make what is not there or not so.")
@click.option("--dry-run", is_flag=True, help="Look, say what --apply would do, and change nothing.")
@click.option("--without-roles", is_flag=True, help="Leave out the role assignments, which somebody else makes.")
@click.option(
    "--only",
    type=click.Choice(["azure", "roles", "github"]),
    help="One team's part alone: resources in Azure, role assignments, the repository on GitHub.",
)
@options.verbose
def bootstrap(
    *,
    output: str,
    apply: bool,
    dry_run: bool,
    without_roles: bool,
    only: Part | None,
    verbose: bool,  # noqa: ARG001 - read by cli.run
) -> None:
    """Tell what workflows need in Azure and on GitHub, once, and why; or set it up.

    Everything follows from bootstrap.yml, Pulumi.<stack>.yaml of the stacks that it lists, and the folders under
    endpoints/. Without --apply or --dry-run neither Azure nor GitHub is asked: hand on what `--output commands` prints
    to whoever may do it. With them you are signed in with `az login`, and GITHUB_TOKEN (or GH_TOKEN) is a token that
    may administer the repository. It can be run again at any time.
    """
    if without_roles and only:
        raise click.UsageError("--without-roles and --only exclude each other")
    if (apply or dry_run) and output == "commands":
        raise click.UsageError("--output commands prints what to do, and --apply and --dry-run do it: take one")
    from windlass.bootstrap.models import PARTS
    from windlass.factory.bootstrap import plan_set_up, set_up

    parts = (only,) if only else tuple(part for part in PARTS if part != "roles" or not without_roles)
    if apply or dry_run:
        done = set_up(ROOT, os.environ, _tell, parts=parts, dry_run=dry_run)
        _show_set_up(done, output, theirs=without_roles)
    else:
        _show_plan(plan_set_up(ROOT).only(*parts), output, with_left=only is None)


def _show_plan(plan: Bootstrap, output: str, *, with_left: bool) -> None:
    from windlass.bootstrap import commands, report
    from windlass.cli import render

    if output == "json":
        render.show_json(report.bootstrap_as_json(plan))
        return
    if output == "commands":
        click.echo(commands.script_of(plan, with_left=with_left), nl=False)
    else:
        render.show_table(report.COLUMNS, report.step_rows(plan))
        _show_left(plan if with_left else None)
    _show_doubts(plan)


def _tell(outcome: Outcome) -> None:
    from windlass.bootstrap.report import describe_outcome

    click.echo(describe_outcome(outcome), err=True)


def _show_set_up(done: SetUp, output: str, *, theirs: bool) -> None:
    from windlass.bootstrap import commands, report
    from windlass.cli import render

    roles = done.plan.only("roles")
    if output == "json":
        told = report.outcomes_as_json(done.plan, done.outcomes, roles if theirs else None)
        render.show_json({**told, "identities": report.identities_as_json(done.identities)})
        return
    click.echo(report.describe_outcomes(done.outcomes))
    if done.identities:
        render.show_table(report.IDENTITY_COLUMNS, report.identity_rows(done.identities))
    if theirs:
        click.echo("Roles for somebody who may give them:\n")
        click.echo(commands.script_of(roles, with_left=False))
    _show_left(done.plan)
    _show_doubts(done.plan)


def _show_left(plan: Bootstrap | None) -> None:
    from windlass.bootstrap.commands import describe_left

    for line in describe_left(plan.left if plan else ()):
        click.echo(line)


def _show_doubts(plan: Bootstrap) -> None:
    for doubt in plan.doubts:
        click.echo(f"Note: {doubt}.", err=True)


if __name__ == "__main__":
    run(bootstrap)
