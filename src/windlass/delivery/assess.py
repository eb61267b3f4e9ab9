"""Makes the report of a saved preview. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from windlass.delivery.classify import make_report, makes_everything
from windlass.delivery.cost import CostComparison
from windlass.delivery.judge import Circumstances
from windlass.delivery.models import Report
from windlass.delivery.saved import DeployedResource, SavedPreview
from windlass.project.settings import StackSettings

_PROVIDERS: Final = "pulumi:providers:"


def assess(saved: SavedPreview, *, settings: StackSettings | None, cost: CostComparison | None = None) -> Report:
    """Judge a saved preview.

    Args:
        saved: The preview.
        settings: What the stack's file says; None when it cannot be read, which is why the preview failed then.
        cost: What the stack will cost, and what that changes; None when nobody estimated it.

    Raises:
        PreviewOfOtherStackError: It is of another stack.
        UnknownOperationError: The engine plans what this version does not know.
    """
    around = Circumstances(
        # Who read the preview from a file does not know what is deployed; the preview has to say the same.
        is_new=makes_everything(saved.digest) and not any(map(_is_in_azure, saved.deployed)),
        is_public=settings is not None and settings.windlass.network.mode == "public",
    )
    report = make_report(saved.judged, saved.stack, around=around)
    warnings = (*saved.notes, *report.warnings)
    return replace(report, is_drift=saved.kind == "drift", commit=saved.commit, cost=cost, warnings=warnings)


def _is_in_azure(each: DeployedResource) -> bool:
    return each.custom and not each.type.startswith(_PROVIDERS)
