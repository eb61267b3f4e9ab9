"""What looks for drift, and saves it as a preview is saved."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from windlass.delivery.drift import Drift
    from windlass.delivery.models import Report
    from windlass.factory.previews import Looked


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a look came to.

    Attributes:
        looked: The steps that differ, as a preview; never with a plan.
    """

    drift: Drift
    looked: Looked
    report: Report


def look(root: Path, stack: str, environ: MutableMapping[str, str], *, commit: str = "") -> Found:
    """Compare Azure with what the state holds. Nothing is changed.

    Raises:
        UnknownStackError: The stack has no settings.
        ShellNotReadyError: The stack is local and this shell has not loaded `.windlass/env`.
        StackNotFoundError: The backend does not know the stack.
        EngineFailedError: The engine ended without an answer.
    """
    from windlass.delivery.drift import find_drift
    from windlass.delivery.saved import SavedPreview
    from windlass.engine.refresh import preview_refresh
    from windlass.factory.previews import Looked, judge, read_state

    drift = find_drift(preview_refresh(root, stack, environ))
    state = read_state(root, stack, environ)
    preview = SavedPreview.of(drift.digest, stack=stack, commit=commit, state=state, notes=drift.noise)
    saved = preview.model_copy(update={"kind": "drift"})
    return Found(drift=drift, looked=Looked(saved=saved, state=state, plan=None), report=judge(root, saved))
