"""What an operation of the engine does, and what it costs: pure tables.

Every operation of the engine has a line (pulumi's pkg/resource/deploy/step.go lists them); one that has none is
refused rather than passed over.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from windlass.delivery.digest import PreviewStep
from windlass.delivery.losses import LOSSES, short_type
from windlass.delivery.models import Change, Risk
from windlass.errors.delivery import UnknownOperationError

OPERATIONS: Final[Mapping[str, Change]] = {
    "same": Change.UNCHANGED,
    "create": Change.CREATED,
    "update": Change.UPDATED,
    "replace": Change.REPLACED,
    "delete": Change.DELETED,
    "import": Change.IMPORTED,
    "read": Change.READ,
    "refresh": Change.READ,
    "diff": Change.READ,
    "discard": Change.READ,
    "extend-parameterize": Change.READ,
    "create-replacement": Change.PART,
    "delete-replaced": Change.PART,
    "read-replacement": Change.PART,
    "import-replacement": Change.PART,
    "discard-replaced": Change.PART,
    "remove-pending-replace": Change.PART,
}

_GOES: Final = frozenset({Change.DELETED, Change.REPLACED})
_RETAINED: Final = "Pulumi forgets it and Azure keeps it"
_UNPROTECTED: Final = "Pulumi will no longer refuse to delete or replace it"


def change_of(step: PreviewStep, replaced: frozenset[str]) -> Change:
    """Say what a step does.

    Args:
        step: The step.
        replaced: URNs of all resources that the preview replaces.

    Raises:
        UnknownOperationError: The table has no such operation.
    """
    change = OPERATIONS.get(step.op)
    if change is None:
        raise UnknownOperationError(step.op, step.urn)
    if step.op == "delete-replaced" and step.urn not in replaced:
        # What an interrupted update left behind: nothing takes its place any more.
        return Change.DELETED
    return change


def risk_of(step: PreviewStep, change: Change) -> tuple[Risk, str]:
    """Say what a change costs, and what that means; a change without cost may still have something to say."""
    loss = LOSSES.get(short_type(step.type))
    old, new = step.old_state, step.new_state
    if change in _GOES and old is not None and old.retain_on_delete:
        return Risk.NONE, _RETAINED
    if change in _GOES and loss is not None:
        return loss.risk, loss.consequence
    if change not in _GOES and old is not None and new is not None and old.protect and not new.protect:
        return Risk.UNPROTECTS, _UNPROTECTED
    return Risk.NONE, ""
