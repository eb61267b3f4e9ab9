"""What can keep a plan that was shown from being carried out."""

from __future__ import annotations

from windlass.errors import RefusedError, UsageError


class PlanUnreadableError(UsageError):
    """A folder is not what `preview.py --save` writes."""

    def __init__(self, source: str, what: str) -> None:
        super().__init__(
            f"{source} cannot be read as a saved plan ({what}). Make one with: "
            "python scripts/preview.py --stack STACK --save DIR"
        )


class StateMovedWhilePreviewingError(RefusedError):
    """Somebody applied the stack while it was previewed, so that nobody knows which state the plan is for."""

    def __init__(self, stack: str) -> None:
        super().__init__(
            f"the state of stack {stack} changed while it was previewed: another run has begun. Nothing was saved. "
            "Wait until it has ended, then run this again"
        )
