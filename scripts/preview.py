"""Show what `pulumi up` would change in a stack, and what that costs."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from windlass.cli import options
from windlass.cli.run import run

if TYPE_CHECKING:
    from windlass.delivery.digest import PreviewDigest
    from windlass.delivery.models import Report

ROOT = Path(__file__).resolve().parent.parent


@click.command()
@options.stack
@click.option(
    "--output",
    "-o",
    type=click.Choice(["table", "json", "markdown"]),
    default="table",
    show_default=True,
    help="For people, JSON for programs, or Markdown for a comment on a pull request.",
)
@click.option(
    "--file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="PREVIEW.json",
    help="Read what `pulumi preview --json` wrote, and do not ask the engine.",
)
@options.verbose
def preview(
    *,
    stack: str,
    output: str,
    file: Path | None,
    verbose: bool,  # noqa: ARG001 - read by cli.run
) -> None:
    """Show what `pulumi up` would change in a stack, what loses data or interrupts service first.

    Nothing is changed. Exit code 5 when a rule of infra/policy is broken, so that `up` would be refused; 6 when the
    engine cannot preview the stack. Markdown and JSON are written then too.
    """
    from windlass.delivery.classify import make_report
    from windlass.errors.delivery import PreviewFailedError
    from windlass.errors.policy import PolicyViolationError

    digest = _digest(stack, file)
    held = () if file else _held_names(stack, digest)
    judged = make_report(digest, stack)
    report = replace(judged, warnings=(*held, *judged.warnings))
    _show(report, output)
    if report.errors:
        raise PreviewFailedError(stack, report.errors, report.output)
    if report.stopped_by:
        raise PolicyViolationError(stack, [each.rule for each in report.stopped_by])


def _digest(stack: str, file: Path | None) -> PreviewDigest:
    from windlass.engine.preview import read_preview, run_preview

    if file is not None:
        return read_preview(file)
    click.echo(f"previewing stack {stack} ...", err=True)
    return run_preview(ROOT, stack, os.environ)


def _held_names(stack: str, digest: PreviewDigest) -> tuple[str, ...]:
    """Say which names Azure still holds for what was deleted, so that `up` cannot make what the preview shows."""
    from windlass.delivery.held_names import makes_vault
    from windlass.factory import held_names
    from windlass.recovery.report import describe_left

    if not makes_vault(digest):
        return ()
    return tuple(describe_left(each, stack) for each in held_names(ROOT, stack, os.environ))


def _show(report: Report, output: str) -> None:
    from windlass.cli import render
    from windlass.cli.reports import show_report
    from windlass.delivery.markdown import report_as_markdown
    from windlass.delivery.report import report_as_json

    if output == "json":
        render.show_json(report_as_json(report))
    elif output == "markdown":
        sys.stdout.write(report_as_markdown(report))
    elif not report.errors:
        show_report(report)


if __name__ == "__main__":
    run(preview)
