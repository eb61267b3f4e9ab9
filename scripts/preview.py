"""Show what `pulumi up` would change in a stack, and what that costs."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from windlass.cli import options
from windlass.cli.run import run

if TYPE_CHECKING:
    from windlass.delivery.models import Report

ROOT = Path(__file__).resolve().parent.parent


@click.command()
@options.stack
@options.report_output
@click.option(
    "--file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="PREVIEW.json",
    help="Read what `pulumi preview --json` wrote, and do not ask the engine.",
)
@click.option(
    "--save",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Keep the preview, the engine's plan and the report in DIR/STACK, for scripts/report.py and scripts/apply.py.",
)
@click.option("--commit", metavar="SHA", help="With --save: the commit of the files, where git does not tell it.")
@click.option(
    "--base",
    metavar="REF",
    help="The commit that is deployed: what its endpoints cost is compared with what those of the checkout will cost.",
)
@click.option(
    "--base-files",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="The same by its files, which lie in this folder.",
)
@options.verbose
def preview(
    *,
    stack: str,
    output: str,
    file: Path | None,
    save: Path | None,
    commit: str | None,
    base: str | None,
    base_files: Path | None,
    verbose: bool,  # noqa: ARG001 - read by cli.run
) -> None:
    """Show what `pulumi up` would change in a stack, what loses data or interrupts service first.

    Nothing is changed. Exit code 5 when a rule of infra/policy is broken, so that `up` would be refused; 6 when the
    engine cannot preview the stack. Markdown and JSON are written then too, and so is what --save keeps, but for a
    plan that may not be carried out. What it keeps is as private as a state file; only report.json may be shared.
    """
    from windlass.cli.reports import show
    from windlass.errors.delivery import PreviewFailedError
    from windlass.errors.policy import PolicyViolationError

    if file is not None and save is not None:
        raise click.UsageError("--file has no plan that could be kept: give --save alone")
    if base is not None and base_files is not None:
        raise click.UsageError("--base and --base-files say the same: give one")
    if (base is not None or base_files is not None) and save is None:
        raise click.UsageError("--base and --base-files go with --save, which alone reads what is deployed")
    with _base(base, base_files) as base_root:
        report = _read(stack, file) if file else _look(stack, save, commit, base_root)
    show(report, output)
    if report.errors:
        raise PreviewFailedError(stack, report.errors, report.output)
    if report.stopped_by:
        raise PolicyViolationError(stack, [each.rule for each in report.stopped_by])


def _read(stack: str, file: Path) -> Report:
    from windlass.delivery.saved import SavedPreview
    from windlass.engine.preview import read_preview
    from windlass.factory.previews import judge

    return judge(ROOT, SavedPreview.of(read_preview(file), stack=stack))


def _base(ref: str | None, folder: Path | None) -> AbstractContextManager[Path | None]:
    """Have the files of what is deployed at hand, where somebody says which they are."""
    from windlass.checkout import unpacked

    return nullcontext(folder) if ref is None else unpacked(ROOT, ref)


def _look(stack: str, folder: Path | None, commit: str | None, base_root: Path | None) -> Report:
    from windlass.factory import previews

    named = _commit(commit) if folder else ""
    click.echo(f"previewing stack {stack} ...", err=True)
    if folder is None:
        return previews.judge(ROOT, previews.glance(ROOT, stack, os.environ))
    looked = previews.look(ROOT, stack, os.environ, commit=named)
    report = previews.judge(ROOT, looked.saved, base_root=base_root)
    previews.save(folder, looked, report)
    click.echo(f"saved in {folder / stack}", err=True)
    return report


def _commit(given: str | None) -> str:
    from windlass.checkout import head_commit

    return given or head_commit(ROOT)


if __name__ == "__main__":
    run(preview)
