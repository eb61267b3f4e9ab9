"""Show what a change does to all stacks, and whether somebody has said yes to what needs it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from windlass.cli import options
from windlass.cli.run import run

if TYPE_CHECKING:
    from windlass.delivery.summary import Summary

FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("folders", nargs=-1, required=True, metavar="DIR...", type=click.Path(path_type=Path))
@click.option(
    "--expect", multiple=True, metavar="STACK", help="Fail unless this stack has a report; or these, by comma."
)
@click.option(
    "--allow",
    multiple=True,
    metavar="CLASS@STACK:DIGEST",
    help="Say yes to findings, as a label does.",
)
@click.option("--allow-from", multiple=True, type=FILE, help="A file with labels, one a line; others are passed over.")
@click.option("--advise", is_flag=True, help="Show what needs somebody's yes, and do not fail for it.")
@click.option(
    "--output",
    "-o",
    type=click.Choice(["table", "json", "markdown"]),
    default="table",
    show_default=True,
    help="For people, JSON for programs, or Markdown for a comment on a pull request.",
)
@click.option("--write-markdown", type=FILE, help="Also write the comment, which never exceeds what GitHub takes.")
@click.option("--write-json", type=FILE, help="Also write the JSON.")
@click.option("--write-full", type=FILE, help="Also write the whole report as Markdown, however long it is.")
@click.option("--write-outputs", type=FILE, help="Append changed=true or false, for $GITHUB_OUTPUT.")
@options.verbose
def report(  # noqa: PLR0913 - one argument per flag
    *,
    folders: tuple[Path, ...],
    expect: tuple[str, ...],
    allow: tuple[str, ...],
    allow_from: tuple[Path, ...],
    advise: bool,
    output: str,
    write_markdown: Path | None,
    write_json: Path | None,
    write_full: Path | None,
    write_outputs: Path | None,
    verbose: bool,  # noqa: ARG001 - read by cli.run
) -> None:
    """Show what a change does to all stacks whose previews `preview.py --save DIR` or `rehearse.py --save DIR` kept.

    Exit code 6 when a preview failed or an expected one is missing; 5 when a rule of infra/policy refuses a stack, or
    something needs a yes that nobody has said. All files are written before.
    """
    from windlass.cli.reports import read_labels, read_reports
    from windlass.delivery.summary import sum_up

    stacks = [stack.strip() for each in expect for stack in each.split(",") if stack.strip()]
    summary = sum_up(read_reports(folders), expected=stacks, given=(*allow, *read_labels(allow_from)))
    _write(summary, write_markdown, write_json, write_full)
    _write_outputs(summary, write_outputs)
    _show(summary, output, write_full)
    _check(summary, advise=advise)


def _show(summary: Summary, output: str, full: Path | None) -> None:
    from windlass.cli import render
    from windlass.cli.reports import show_summary, where_is
    from windlass.delivery.markdown import summary_as_markdown
    from windlass.delivery.report import summary_as_json

    if output == "json":
        render.show_json(summary_as_json(summary))
    elif output == "markdown":
        sys.stdout.write(summary_as_markdown(summary, full=where_is(full)))
    else:
        show_summary(summary)


def _write(summary: Summary, markdown: Path | None, json_: Path | None, full: Path | None) -> None:
    import json

    from windlass.cli.reports import where_is, write_files
    from windlass.delivery.markdown import summary_as_markdown
    from windlass.delivery.report import summary_as_json

    write_files(
        (
            (markdown, summary_as_markdown(summary, full=where_is(full)) if markdown else ""),
            (json_, f"{json.dumps(summary_as_json(summary), indent=2)}\n" if json_ else ""),
            (full, summary_as_markdown(summary, limit=None) if full else ""),
        )
    )


def _write_outputs(summary: Summary, file: Path | None) -> None:
    from windlass.delivery.summary import changes_anything

    if file is not None:
        with file.open("a", encoding="utf-8") as stream:
            stream.write(f"changed={str(changes_anything(summary)).lower()}\n")


def _check(summary: Summary, *, advise: bool) -> None:
    from windlass.errors.delivery import NotAcknowledgedError, ReportsFailedError
    from windlass.errors.policy import StacksRefusedError

    if summary.failed or summary.missing:
        raise ReportsFailedError(summary.failed, summary.missing)
    if summary.refused:
        raise StacksRefusedError(summary.refused)
    if summary.gate.missing and not advise:
        raise NotAcknowledgedError([each.label for each in summary.gate.missing])


if __name__ == "__main__":
    run(report)
