"""Reports as one comment on a pull request: what matters in sight, the rest folded. Pure.

It is made of parts. Each part is whole in itself; when all of them are too long for a comment, details go first, those
of the least concern before the others, then rows of tables. What is at stake, and what has to be acknowledged, stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from windlass.delivery.gate import Needed
from windlass.delivery.meanings import title_of
from windlass.delivery.models import Change, Report, ResourceChange, Violation
from windlass.delivery.report import (
    describe_change,
    describe_classes,
    describe_counts,
    describe_kind,
    describe_report,
    describe_totals,
)
from windlass.delivery.rows import Row, counted, describe_difference, listed, rows_of
from windlass.delivery.summary import Level, Summary, level_of, sum_up
from windlass.delivery.text import block, cell, code, prose, shortened, size_of

LIMIT: Final = 60_000
"""In bytes. GitHub refuses a comment of more than 65,536 characters; the rest is left to whoever wraps this one."""

MARKER: Final = "<!-- windlass-report -->"
"""The first line, by which a comment is found again."""

_SIGNS: Final = {Level.STOP: "🔴", Level.LOOK: "🟡", Level.FINE: "🟢"}
_ROWS: Final = (20, 10, 5, 2, 1, 0)
"""How many rows of each table are in sight; fewer where they do not fit."""
_NAMES: Final = 3
_LONGEST_CELL: Final = 200
_LONGEST_ERROR: Final = 500
_LINES_OF_ERRORS: Final = 30
_FEW: Final = 3
_LONGEST_NAME: Final = 80
_ALWAYS: Final = 20


def report_as_markdown(report: Report, limit: int = LIMIT) -> str:
    """Write the report of one stack for a pull request."""
    return summary_as_markdown(sum_up([report]), limit)


def summary_as_markdown(summary: Summary, limit: int | None = LIMIT, full: str = "") -> str:
    """Write the reports of all stacks for a pull request.

    Args:
        summary: The reports.
        limit: The most bytes; None for all there is.
        full: Where the full report is, in Markdown that is fit for it; how to make one by default.
    """
    whole = _document(summary, _ROWS[0] if limit else _EVERYTHING, None, "")
    if limit is None or size_of(whole) <= limit:
        return whole
    note = full or f"make it with {code('python scripts/report.py DIR --write-full FILE')}"
    for rows in _ROWS:
        bare = _document(summary, rows, 0, note)
        if (room := limit - size_of(bare)) >= 0:
            return _document(summary, rows, room, note)
    return _cut(_document(summary, 0, 0, note), limit)


_EVERYTHING: Final = 1_000_000


def _document(summary: Summary, rows: int, room: int | None, note: str) -> str:
    """Put it together.

    Args:
        summary: The reports.
        rows: The most rows of each table.
        room: Bytes for all details together; None for all of them.
        note: Where the full report is, when something is left out.
    """
    details = _Details(room, note)
    lines = [MARKER, *_top(summary), *_missing(summary)]
    for report in summary.reports:
        if _has_section(report):
            alone = len(summary.reports) == 1 and not summary.missing
            lines += _section(report, summary.gate.of(report.stack), rows, details, alone=alone)
    lines += [*_strays(summary), *_foot(summary)]
    return "".join(f"{line}\n" for line in _without_gaps(lines))


def _without_gaps(lines: Sequence[str]) -> Iterator[str]:
    """Leave out empty lines after empty lines."""
    for before, line in pairwise(("", *lines)):
        if before or line:
            yield line


def _cut(text: str, limit: int) -> str:
    """The last resort, for hundreds of stacks: whole lines as far as they fit."""
    end = "\n**Cut here: a comment holds no more.**\n"
    kept, size = [], size_of(end)
    for line in text.splitlines(keepends=True):
        size += size_of(line)
        if size > limit:
            break
        kept.append(line)
    return "".join(kept) + end


def _has_section(report: Report) -> bool:
    return bool(listed(report) or report.errors or report.violations or report.warnings or report.cost)


# --- what is seen first


def _top(summary: Summary) -> Iterator[str]:
    if len(summary.reports) == 1 and not summary.missing:
        (report,) = summary.reports
        yield f"## {_headline(report)}"
        return
    yield f"## {_title(summary)}"
    if not summary.reports and not summary.missing:
        return
    yield ""
    yield "| | stack | what it does | resources | a month |"
    yield "|---|---|---|---|---|"
    for stack in summary.missing:
        yield f"| {_SIGNS[Level.STOP]} | {_name(stack)} | **has no report**, and one is expected | | |"
    for report in summary.reports:
        said = prose(describe_report(report))
        strong = f"**{said}**" if level_of(report) is Level.STOP else said
        cells = (_SIGNS[level_of(report)], _name(report.stack), strong, describe_counts(report), _month(report))
        yield f"| {' | '.join(cells)} |"


def _month(report: Report) -> str:
    if report.cost is None:
        return ""
    from windlass.delivery.cost.lines import money, signed

    currency = report.cost.after.currency
    difference = f" ({signed(report.cost.difference, currency)})" if report.cost.changes else ""
    return f"{money(report.cost.after.total.likely, currency)}{difference}"


def _title(summary: Summary) -> str:
    """Say in a few words how it stands."""
    bad = [*summary.missing, *(each.stack for each in summary.reports if level_of(each) is Level.STOP)]
    count = len(summary.reports) + len(summary.missing)
    if not count:
        return "No stack is touched"
    stacks = "1 stack" if count == 1 else f"{count} stacks"
    if bad:
        return f"{_SIGNS[Level.STOP]} {len(bad)} of {stacks} {'needs' if len(bad) == 1 else 'need'} a decision"
    if any(level_of(each) is Level.LOOK for each in summary.reports):
        return f"{_SIGNS[Level.LOOK]} {stacks}: nothing is lost, nothing is opened"
    if any(each.changes for each in summary.reports):
        return f"{_SIGNS[Level.FINE]} {stacks}: nothing to be afraid of"
    return f"{_SIGNS[Level.FINE]} {stacks}: nothing changes"


def _headline(report: Report) -> str:
    return f"{_SIGNS[level_of(report)]} {_name(report.stack)} {prose(describe_report(report))}"


def _name(stack: str) -> str:
    return cell(shortened(stack, _LONGEST_NAME))


def _missing(summary: Summary) -> Iterator[str]:
    if not summary.missing:
        return
    yield ""
    names = ", ".join(map(_name, summary.missing[:_ALWAYS]))
    yield f"No preview came of {names}: what would change there is not known. See the log of its job."


def _gate(needed: Sequence[Needed], rows: int) -> Iterator[str]:
    if not needed:
        return
    yield ""
    if all(each.is_given for each in needed):
        yield "**Acknowledged**, for what is shown here and for nothing else:"
    else:
        yield "**Needs a yes.** Who may decide adds these labels, each for what is shown here and for nothing else:"
    yield ""
    for each in sorted(needed, key=lambda each: each.is_given):
        # No boxes: anybody may tick one, and nothing would come of it.
        yield f"- {'given' if each.is_given else '**missing**'}: {code(each.label)} {_says_yes(each, rows)}"


def _strays(summary: Summary) -> Iterator[str]:
    if not summary.gate.strays:
        return
    yield ""
    yield "**Labels that do not count:**"
    yield ""
    for stray in summary.gate.strays[:_ALWAYS]:
        yield f"- {code(shortened(stray.label, _LONGEST_CELL))}: {prose(stray.why)}"


def _says_yes(each: Needed, rows: int) -> str:
    title = title_of(each.meaning, is_certain=True)
    names = ", ".join(_names(each.changes, _NAMES if rows else 0))
    return f"{title}{names and f': {names}'}"


def _names(names: Sequence[str], shown: int) -> Iterator[str]:
    yield from (cell(shortened(name, _LONGEST_NAME)) for name in names[:shown])
    if len(names) > shown:
        yield f"{len(names) - shown} more" if shown else f"{len(names)} resources"


# --- one stack


def _section(report: Report, needed: Sequence[Needed], rows: int, details: _Details, *, alone: bool) -> Iterator[str]:
    if not alone:
        yield ""
        yield f"### {_headline(report)}"
    yield from _errors(report, _LINES_OF_ERRORS if rows >= _ROWS[1] else _FEW)
    yield from _refusals(report.stopped_by, rows)
    yield from _table(report, rows)
    yield from _gate(needed, rows)
    yield from _advice([each for each in report.violations if not each.stops], rows)
    yield from _warnings(report)
    yield from _cost(report, details)
    yield from details.of(report)
    if report.changes and not report.errors and not report.is_drift:
        yield ""
        yield f"<sub>{describe_totals(report)}, groups of the program included.</sub>"


def _errors(report: Report, most: int) -> Iterator[str]:
    if not report.errors:
        return
    yield ""
    yield "**The preview failed.** Nothing was changed; what is shown of this stack is incomplete. The engine says:"
    yield ""
    lines = [line for error in report.errors for line in block(error, _LONGEST_ERROR)]
    yield from lines[:most]
    if len(lines) > most:
        yield f"    ... {len(lines) - most} more lines"


def _refusals(violations: Sequence[Violation], rows: int) -> Iterator[str]:
    if violations:
        yield ""
        yield "**Rules that refuse it** (`docs/reference/policies.md` has them):"
        yield ""
        yield from _broken(violations, rows)


def _advice(violations: Sequence[Violation], rows: int) -> Iterator[str]:
    if violations:
        yield ""
        yield "**Advice:**"
        yield ""
        yield from _broken(violations, rows)


def _broken(violations: Sequence[Violation], rows: int) -> Iterator[str]:
    """One line for all that break a rule; what is wrong with each alone is told of one alone."""
    groups: dict[tuple[str, tuple[str, ...]], list[Violation]] = {}
    for each in violations:
        groups.setdefault((each.rule, (*each.lines[:1], *each.lines[2:])), []).append(each)
    most = rows or 1
    for (rule, common), broken in list(groups.items())[:most]:
        alike = len({each.lines for each in broken}) == 1
        lines = broken[0].lines if alike else common
        said = " ".join(prose(shortened(line, _LONGEST_ERROR)) for line in lines[:_ALWAYS])
        yield f"- {code(rule)} {', '.join(_names([each.name for each in broken], _NAMES))}: {said}"
    if len(groups) > most:
        yield f"- and {len(groups) - most} more"


def _table(report: Report, most: int) -> Iterator[str]:
    rows = rows_of(report)
    if not rows or not most:
        return
    yield ""
    yield "| class | resource | what | why it matters |"
    yield "|---|---|---|---|"
    for row in rows[:most]:
        yield f"| {_classes(row)} | {_resources(row)} | {_what(row, is_drift=report.is_drift)} | {_why(row)} |"
    if len(rows) > most:
        rest = sum(len(row.names) for row in rows[most:])
        worst = describe_classes(rows[most])[0]
        yield f"| {worst}, or less | {rest} more resources | | |"


def _classes(row: Row) -> str:
    worst, *others = describe_classes(row)
    return ", ".join((f"**{worst}**", *others))


def _resources(row: Row) -> str:
    names = ", ".join(_names(row.names, _NAMES))
    return f"{names}<br>{prose(describe_kind(row))}"


def _what(row: Row, *, is_drift: bool) -> str:
    told = "<br>".join(_told(row.what, cell))
    return f"{describe_change(row, is_drift=is_drift)}{told and f'<br>{told}'}"


def _why(row: Row) -> str:
    return "<br>".join(_told(row.why, prose))


def _told(texts: Sequence[str], write: object) -> Iterator[str]:
    for text in counted(texts):
        shown = shortened(text, _LONGEST_CELL)
        yield prose(shown) if write is prose or text.endswith(" more") else cell(shown)


def _warnings(report: Report) -> Iterator[str]:
    if not report.warnings:
        return
    yield ""
    yield "**To know before it is applied:**"
    yield ""
    for warning in report.warnings[:_ALWAYS]:
        yield from block(shortened(warning, _LONGEST_ERROR), _LONGEST_ERROR)


def _cost(report: Report, details: _Details) -> Iterator[str]:
    if report.cost is None:
        return
    from windlass.delivery.cost import cost_lines

    first, *rest = cost_lines(report.cost)
    fold = next((place for place, line in enumerate(rest) if line.startswith("<details>")), len(rest))
    yield ""
    yield f"**Cost:** {first}"
    yield from rest[:fold]
    yield from details.take(rest[fold:])


# --- details, as far as there is room


@dataclass
class _Details:
    """Hands out the room that is left for what is folded.

    Attributes:
        room: Bytes; None for as many as there are.
        note: Where the full report is.
    """

    room: int | None
    note: str

    def take(self, lines: Sequence[str]) -> Sequence[str]:
        """Give lines that belong together if they fit, or none of them."""
        size = sum(size_of(line) + 1 for line in lines)
        if self.room is None:
            return lines
        if size > self.room:
            return ()
        self.room -= size
        return lines

    def of(self, report: Report) -> Iterator[str]:
        """Write all changes of a stack folded, as many as fit, the worst first."""
        changes = listed(report)
        if not changes:
            return
        title = "Every property of the change" if len(changes) == 1 else f"Every property of all {len(changes)} changes"
        head = ("", "<details>", f"<summary>{title}</summary>", "")
        foot = ("", "</details>")
        if self.room is None:
            yield from (*head, *(line for each in changes for line in _change(each, report)), *foot)
            return
        left_out = (f"**Left out here: {len(changes)} changes in full.** The full report: {self.note}.",)
        self.room -= sum(size_of(line) + 1 for line in ("", *left_out))
        yield from self._some(report, (*head, *foot))

    def _some(self, report: Report, frame: tuple[str, ...]) -> Iterator[str]:
        changes = listed(report)
        kept: list[str] = []
        count = 0
        if self.take(frame):
            for each in changes:
                if not (lines := self.take(tuple(_change(each, report)))):
                    break
                kept += lines
                count += 1
        if count:
            yield from (*frame[:4], *kept, *frame[4:])
        if count < len(changes):
            yield ""
            yield f"**Left out here: {len(changes) - count} changes in full.** The full report: {self.note}."


def _change(each: ResourceChange, report: Report) -> Iterator[str]:
    yield f"- {describe_change(each, is_drift=report.is_drift)} {code(each.type)} {code(each.name)}"
    is_new = each.change is Change.CREATED
    for name in each.follows:
        yield f"  - {code(name)} is replaced, on which it depends"
    for difference in each.differences:
        reason = " (the reason)" if difference.replaces else ""
        said = f"{difference.path}: {difference.after}" if is_new else describe_difference(difference)
        yield f"  - {code(said)}{reason}"


def _foot(summary: Summary) -> Iterator[str]:
    commits = sorted({each.commit for each in summary.reports if each.commit})
    if commits:
        yield ""
        yield f"<sub>Previewed: {', '.join(map(_commit, commits[:_ALWAYS]))}.</sub>"


def _commit(text: str) -> str:
    return text if re.fullmatch(r"[0-9a-f]{40}", text) else code(text)
