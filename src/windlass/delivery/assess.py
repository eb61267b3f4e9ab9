"""Makes the report of a saved preview. Pure."""

from __future__ import annotations

from dataclasses import replace

from windlass.delivery.classify import make_report
from windlass.delivery.models import Report
from windlass.delivery.saved import SavedPreview
from windlass.project.settings import StackSettings


def assess(
    saved: SavedPreview,
    *,
    settings: StackSettings | None,  # noqa: ARG001 - what a change means will depend on them
) -> Report:
    """Judge a saved preview.

    Args:
        saved: The preview.
        settings: What the stack's file says; None when it cannot be read, which is why the preview failed then.

    Raises:
        PreviewOfOtherStackError: It is of another stack.
        UnknownOperationError: The engine plans what this version does not know.
    """
    report = make_report(saved.judged, saved.stack)
    return replace(report, commit=saved.commit, warnings=(*saved.notes, *report.warnings))
