"""Makes the report of a saved preview. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from windlass.delivery.classify import make_report, makes_everything
from windlass.delivery.cost import CostComparison
from windlass.delivery.judge import Circumstances
from windlass.delivery.meanings import Meaning
from windlass.delivery.models import Report, ResourceChange
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
    is_public = settings is not None and settings.windlass.network.mode == "public"
    return judge_saved(saved, is_public=is_public, cost=cost)


def judge_saved(saved: SavedPreview, *, is_public: bool, cost: CostComparison | None = None) -> Report:
    """Judge a saved preview, with what is needed of the settings.

    Args:
        saved: The preview.
        is_public: Whether the stack's resources answer on public addresses, so that one more is no opening.
        cost: What the stack will cost.
    """
    around = Circumstances(
        # Who read the preview from a file does not know what is deployed; the preview has to say the same.
        is_new=makes_everything(saved.digest) and not any(map(_is_in_azure, saved.deployed)),
        is_public=is_public,
    )
    report = make_report(saved.judged, saved.stack, around=around)
    changes = tuple(map(_without_a_price, report.changes)) if _is_as_dear(cost) else report.changes
    warnings = (*saved.notes, *report.warnings)
    is_drift = saved.kind == "drift"
    return replace(report, changes=changes, is_drift=is_drift, commit=saved.commit, cost=cost, warnings=warnings)


def _is_as_dear(cost: CostComparison | None) -> bool:
    return cost is not None and cost.before is not None and not cost.changes


def _without_a_price(change: ResourceChange) -> ResourceChange:
    """Promise no change of cost that the estimate does not have: more machines are paid for only while they run."""
    findings = (
        replace(finding, is_certain=False) if finding.meaning is Meaning.CHANGES_COST else finding
        for finding in change.findings
    )
    return replace(change, findings=tuple(findings))


def _is_in_azure(each: DeployedResource) -> bool:
    return each.custom and not each.type.startswith(_PROVIDERS)
