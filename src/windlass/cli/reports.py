"""Reads the reports of stacks from folders, shows them on a terminal, and writes them to files."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO

from windlass.cli import render
from windlass.delivery.parse import parse_report
from windlass.delivery.report import COLUMNS, describe_report, describe_totals, report_rows
from windlass.delivery.summary import Level, level_of
from windlass.delivery.text import code
from windlass.errors.delivery import ReportUnreadableError, TwoReportsError

if TYPE_CHECKING:
    from windlass.delivery.models import Report, Violation
    from windlass.delivery.summary import Summary

FILE: Final = "report.json"
"""The report of one stack, in the folder of the stack."""

_TONES: Final = {Level.STOP: "bold red", Level.LOOK: "yellow", Level.FINE: "green"}
_RUN: Final = ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")


def show(report: Report, output: str) -> None:
    """Show the report of one stack on stdout as `table`, `json` or `markdown`; a failed one is no table."""
    from windlass.delivery.markdown import report_as_markdown
    from windlass.delivery.report import report_as_json

    if output == "json":
        render.show_json(report_as_json(report))
    elif output == "markdown":
        sys.stdout.write(report_as_markdown(report))
    elif not report.errors:
        show_report(report)


def read_reports(folders: Iterable[Path]) -> tuple[Report, ...]:
    """Read all reports in some folders, and in the folders in these; a folder that is not there holds none.

    Raises:
        ReportUnreadableError: A file is no report.
        TwoReportsError: Two are of the same stack.
    """
    found: dict[str, tuple[Report, Path]] = {}
    for file in _files(folders):
        report = parse_report(_read(file), str(file))
        if report.stack in found:
            raise TwoReportsError(report.stack, str(found[report.stack][1]), str(file))
        found[report.stack] = (report, file)
    return tuple(report for report, _ in found.values())


def read_labels(files: Iterable[Path]) -> tuple[str, ...]:
    """Read labels, one a line."""
    return tuple(line for file in files for line in file.read_text(encoding="utf-8").splitlines())


def where_is(full: Path | None, environ: Mapping[str, str] = os.environ) -> str:
    """Say in Markdown where the full report is: in a run of GitHub Actions, among what the run keeps."""
    if full is None:
        return ""
    server, repository, run = (environ.get(name, "") for name in _RUN)
    if not (server and repository and run):
        return code(str(full))
    return f"{code(full.name)} among the artifacts of [this run]({server}/{repository}/actions/runs/{run})"


def show_summary(summary: Summary, *, stdout: TextIO | None = None, stderr: TextIO | None = None) -> None:
    """Show reports to people: what matters of each stack, the worst first, then what has to be acknowledged."""
    out, err = stdout or sys.stdout, stderr or sys.stderr
    for stack in summary.missing:
        render.show_line(f"{stack} has no report, and one is expected", _TONES[Level.STOP], stdout=out)
    for report in summary.reports:
        show_report(report, stdout=out, stderr=err)
    if summary.gate.needed:
        out.write("\n")
        rows = [(each.label, "given" if each.is_given else "missing") for each in summary.gate.needed]
        render.show_table(("acknowledgement", "is"), rows, stdout=out)
    for stray in summary.gate.strays:
        err.write(f"{stray.label} does not count: {stray.why}\n")
    if not summary.reports and not summary.missing:
        out.write("No stack is touched.\n")


def show_report(report: Report, *, stdout: TextIO | None = None, stderr: TextIO | None = None) -> None:
    """Show one report to people."""
    out, err = stdout or sys.stdout, stderr or sys.stderr
    out.write("\n")
    render.show_line(f"{report.stack} {describe_report(report)}", _TONES[level_of(report)], stdout=out)
    if rows := report_rows(report):
        out.write("\n")
        render.show_table(COLUMNS, rows, lines=True, stdout=out)
    if not report.errors:
        out.write(f"\n{describe_totals(report)}.\n")
    if report.cost is not None:
        out.write(f"{_plain_cost(report)}\n")
    for violation in report.violations:
        _show_violation(violation, err)
    err.writelines(f"warning: {warning}\n" for warning in report.warnings)
    err.writelines(f"  {line}\n" for error in report.errors for line in error.splitlines())


def write_files(files: Sequence[tuple[Path | None, str]]) -> None:
    """Write texts to files; those without a path are left."""
    for path, text in files:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")


def _files(folders: Iterable[Path]) -> Iterator[Path]:
    for folder in folders:
        if (folder / FILE).is_file():
            yield folder / FILE
        yield from sorted(folder.glob(f"*/{FILE}"))


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ReportUnreadableError(str(file), error.strerror or "it cannot be opened") from error


def _plain_cost(report: Report) -> str:
    from windlass.delivery.cost.lines import describe_cost

    assert report.cost is not None
    return f"Cost: {describe_cost(report.cost).replace('**', '')}"


def _show_violation(each: Violation, stderr: TextIO) -> None:
    headline, *lines = each.lines or ("",)
    stderr.write(f"\n{'refused' if each.stops else 'advice'} by {each.rule}: {each.name}: {headline}\n")
    stderr.writelines(f"  {line}\n" for line in lines)
