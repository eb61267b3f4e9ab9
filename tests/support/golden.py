"""Previews that the real engine made (tools/golden_previews.py), and the reports that golden files are of."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from golden.scenarios import COMPOSED, EXPECTED, MANY

from windlass.delivery.assess import judge_saved
from windlass.delivery.cost import parse_comparison
from windlass.delivery.markdown import summary_as_markdown
from windlass.delivery.meanings import RANK
from windlass.delivery.models import Report, ResourceChange
from windlass.delivery.saved import SavedPreview
from windlass.delivery.summary import Summary, sum_up

DATA: Final = Path(__file__).resolve().parents[1] / "data"
PREVIEWS: Final = DATA / "previews"
REPORTS: Final = DATA / "reports"
_ENOUGH: Final = 300


def previews() -> tuple[str, ...]:
    """Names of all that the engine previewed."""
    return tuple(sorted(file.stem for file in PREVIEWS.glob("*.json")))


def golden_names() -> tuple[str, ...]:
    """Names of all golden files."""
    return (*previews(), *COMPOSED, MANY)


def report_of_preview(name: str) -> Report:
    """The report of a preview that was kept."""
    document = json.loads((PREVIEWS / f"{name}.json").read_text(encoding="utf-8"))
    return report_of_document(document)


def report_of_document(document: Any) -> Report:
    """The report of what is kept of a preview."""
    cost = parse_comparison(document["cost"]) if document["cost"] else None
    saved = SavedPreview.model_validate(document["saved"])
    return judge_saved(saved, is_public=document["network"] == "public", cost=cost)


def summary_of(name: str) -> Summary:
    """What a golden file shows."""
    if name == MANY:
        return sum_up([many_resources()])
    names = COMPOSED.get(name, (name,))
    reports = {report.stack: report for report in map(report_of_preview, reversed(names))}
    return sum_up(reports.values(), expected=EXPECTED.get(name, ()))


def golden_text(name: str) -> str:
    """The golden file as it has to be."""
    return summary_as_markdown(summary_of(name), full="`full.md` among the artifacts of this run")


def many_resources() -> Report:
    """A report of over 300 resources: those of a real one, again and again under other names."""
    return replace(report_with(_ENOUGH), cost=None)


def report_with(count: int) -> Report:
    """A report of that many resources or a few more, made of a real one: a stack that is made anew elsewhere."""
    report = report_of_preview("region")
    changes: list[ResourceChange] = []
    number = 0
    while len(changes) < count:
        number += 1
        changes += (_numbered(each, number) for each in report.changes)
    worst_first = sorted(changes, key=lambda each: RANK[each.meaning])
    return replace(report, changes=tuple(worst_first))


def _numbered(each: ResourceChange, number: int) -> ResourceChange:
    return replace(
        each,
        name=f"{each.name}-{number}",
        urn=f"{each.urn}-{number}",
        follows=tuple(f"{name}-{number}" for name in each.follows),
    )
