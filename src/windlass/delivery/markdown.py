"""A report as a comment on a pull request: what is at risk in sight, the rest folded. Pure.

Names, values and messages come from a change that nobody has reviewed yet. Each stands in a code span or an indented
block, where GitHub reads neither HTML nor links nor mentions. The text is made line by line, and every line is whole
in itself, so that it can be cut after any of them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from windlass.delivery.models import Report, ResourceChange, Risk
from windlass.delivery.report import (
    describe_change,
    describe_difference,
    describe_report,
    describe_totals,
    describe_violation,
    describe_why,
    listed,
    title_of,
)

LIMIT: Final = 60_000
"""In characters. GitHub refuses a comment of more than 65,536; the rest is left to whoever wraps this one."""

_IN_SIGHT: Final = 10
_LONGEST_LINE: Final = 2_000
_OPEN: Final = "<details>"
_CLOSE: Final = "</details>"


def report_as_markdown(report: Report, limit: int = LIMIT) -> str:
    """Write a report for a pull request.

    Args:
        report: The report.
        limit: The most characters; what does not fit is cut, and a note says so.
    """
    return fit(tuple(_lines(report)), limit, _note(report.stack))


def code(text: str) -> str:
    """Put a text into a code span that it cannot leave."""
    line = " ".join(text.split())
    if not line:
        return "` `"
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", line)), default=0))
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def fit(lines: Sequence[str], limit: int, note: str) -> str:
    """Keep the first lines that fit; what is open is closed, and a note says that something is missing."""
    whole = "".join(f"{line}\n" for line in lines)
    if len(whole) <= limit:
        return whole
    end = {False: f"\n{note}\n", True: f"\n{_CLOSE}\n\n{note}\n"}
    kept, size, is_open = "", 0, False
    best = end[False]
    for line in lines:
        is_open = (is_open or line == _OPEN) and line != _CLOSE
        kept, size = f"{kept}{line}\n", size + len(line) + 1
        if size + len(end[is_open]) > limit:
            break
        # A fold needs its summary: it is never cut between the two.
        best = best if line == _OPEN else kept + end[is_open]
    return best


def _note(stack: str) -> str:
    command = code(f"python scripts/preview.py --stack {stack}")
    return f"**Cut here: a comment holds no more.** See all of it with {command}."


def _lines(report: Report) -> Iterator[str]:
    # Whoever keeps one comment per stack up to date finds it by this.
    yield f"<!-- windlass-preview {re.sub(r'[^A-Za-z0-9_.]', '-', report.stack)} -->"
    yield f"### Preview of stack {code(report.stack)}: {describe_report(report)}"
    yield ""
    yield f"{describe_totals(report)}."
    yield from _block("Errors", report.errors)
    yield from _block("Rules that are broken", [describe_violation(each) for each in report.violations])
    for risk in Risk:
        if risk is not Risk.NONE:
            yield from _at_risk(risk, report.with_risk(risk))
    yield from _block("Warnings", report.warnings)
    yield from _folded(listed(report))


def _at_risk(risk: Risk, changes: Sequence[ResourceChange]) -> Iterator[str]:
    if not changes:
        return
    title = title_of(risk, is_certain=any(each.is_certain for each in changes))
    yield ""
    yield f"**{title[0].upper()}{title[1:]}**"
    yield ""
    certain = [each for each in changes if each.is_certain]
    for each in certain[:_IN_SIGHT]:
        why = "; ".join(code(reason) for reason in describe_why(each))
        yield f"- {_head(each)}: {each.consequence}.{f' Why: {why}' if why else ''}"
    if len(certain) > _IN_SIGHT:
        yield f"- and {len(certain) - _IN_SIGHT} more, listed below"
    yield from _uncertain([each for each in changes if not each.is_certain])


def _uncertain(changes: Sequence[ResourceChange]) -> Iterator[str]:
    """One line for all of a type: a changed tag can put a dozen in doubt."""
    counts = Counter((describe_change(each), each.type, each.consequence) for each in changes)
    for (change, type_, consequence), count in counts.items():
        yield (
            f"- {change}, {count} of {code(type_)}: {consequence}. Only if a value that is not known before the change "
            "turns out to be another; listed below"
        )


def _folded(changes: Sequence[ResourceChange]) -> Iterator[str]:
    if not changes:
        return
    yield ""
    yield _OPEN
    yield f"<summary>{'The change' if len(changes) == 1 else f'All {len(changes)} changes'}</summary>"
    yield ""
    for each in changes:
        yield f"- {_head(each)}"
        for name in each.follows:
            yield f"  - {code(name)} is replaced, on which it depends"
        for difference in each.differences:
            reason = " (the reason)" if difference.replaces else ""
            yield f"  - {code(describe_difference(difference))}{reason}"
    yield ""
    yield _CLOSE


def _head(each: ResourceChange) -> str:
    return f"{describe_change(each)} {code(each.type)} {code(each.name)}"


def _block(title: str, texts: Sequence[str]) -> Iterator[str]:
    if not texts:
        return
    yield ""
    yield f"**{title}**"
    yield ""
    for text in texts:
        for line in text.splitlines():
            yield f"    {line[:_LONGEST_LINE]}"
