"""What can keep a plan that was shown from being carried out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from windlass.errors import AzureFailedError, RefusedError, UsageError


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


class ApplyRecordUnreadableError(UsageError):
    """What stands beside the state about a plan is not what this windlass writes."""

    def __init__(self, name: str, what: str) -> None:
        super().__init__(
            f"{name}, beside the state of the stack, cannot be read ({what}): another windlass wrote it. "
            "Take a newer one, or make a new preview"
        )


class PlanOfOtherStackError(RefusedError):
    """The plan is not of the stack that was named."""

    def __init__(self, stack: str, found: str) -> None:
        super().__init__(f"this is a plan of stack {found}, not of {stack}. Nothing was changed. Give --stack {found}")


class PlanOfOtherCommitError(RefusedError):
    """The files of the checkout are not those that were previewed."""

    def __init__(self, stack: str, planned: str, found: str) -> None:
        super().__init__(
            f"the plan of stack {stack} was made of commit {planned[:12]}, and this checkout is at {found[:12]}. "
            f"Nothing was changed. Check out {planned[:12]}, or make a new preview; --any-commit applies it anyway"
        )


class PlanAlteredError(RefusedError):
    """The plan is not the one that its manifest was written for."""

    def __init__(self, stack: str, file: str) -> None:
        super().__init__(
            f"{file} is not the plan that was saved for stack {stack}: its digest is another than the manifest's. "
            "Nothing was changed. Fetch it again, or make a new preview"
        )


class PlanFailedError(RefusedError):
    """The preview failed or a policy forbids it, so that there is no plan."""

    def __init__(self, stack: str) -> None:
        super().__init__(
            f"the preview of stack {stack} failed, or a rule of infra/policy forbids what it shows: there is no plan "
            "to carry out, and nothing was changed. Read its report.json, correct the stack and make a new preview"
        )


class StateMovedError(RefusedError):
    """The state is not the one that the plan was made for."""

    def __init__(self, stack: str, made_at: datetime, cause: str) -> None:
        super().__init__(
            f"the plan of stack {stack} no longer fits: its state changed since the preview of {_time(made_at)}"
            f"{cause and f' ({cause})'}. Nothing was changed. Make a new preview and have it reviewed"
        )


class PlanAppliedError(RefusedError):
    """The plan was carried out before, and the state has moved on."""

    def __init__(self, stack: str, by: str, ended_at: datetime) -> None:
        super().__init__(
            f"this plan of stack {stack} was carried out by {by} at {_time(ended_at)}, and the state has changed "
            "since. Nothing was changed now. Make a new preview"
        )


class PlanSupersededError(RefusedError):
    """Another plan was begun after this one was interrupted."""

    def __init__(self, stack: str, other: str, by: str, begun_at: datetime) -> None:
        super().__init__(
            f"this plan of stack {stack} was interrupted, and {by} began another one ({other[:12]}) at "
            f"{_time(begun_at)}. Nothing was changed now. Make a new preview, which shows what is left to do"
        )


class StackLockedError(RefusedError):
    """Another run holds the stack."""

    def __init__(self, stack: str, holders: Sequence[str], remedy: str) -> None:
        who = "; ".join(holders) or "another run, which has ended meanwhile"
        super().__init__(f"stack {stack} is locked by {who}. Nothing was changed. {remedy}")


class UnsettledStateError(RefusedError):
    """The state holds operations that another run has begun and not ended."""

    def __init__(self, stack: str) -> None:
        super().__init__(
            f"the state of stack {stack} holds operations of an interrupted run that nobody has settled. Nothing was "
            f"changed. Run `python scripts/recover.py --stack {stack}`, then make a new preview"
        )


class PlanNoLongerFitsError(RefusedError):
    """The engine would have to do what the plan does not hold, and has changed nothing."""

    def __init__(self, stack: str, what: Sequence[str]) -> None:
        super().__init__(
            f"the plan of stack {stack} no longer fits: `up` would do what was not shown. Nothing was changed. "
            f"Make a new preview and have it reviewed:\n{_listed(what)}",
            details=tuple(what),
        )


class PlanExceededError(AzureFailedError):
    """The engine stopped before something that the plan does not hold, after it had changed something."""

    def __init__(self, stack: str, what: Sequence[str]) -> None:
        super().__init__(
            f"applying stack {stack} stopped before what was not shown. What was shown and done before stays. "
            f"Make a new preview, which shows the rest:\n{_listed(what)}",
            details=tuple(what),
        )


class ApplyIncompleteError(AzureFailedError):
    """The engine ended without an operation that the plan foresaw and that was needed."""

    def __init__(self, stack: str, urns: Sequence[str]) -> None:
        super().__init__(
            f"applying stack {stack} ended, but the program did not ask for everything that was shown. Make a "
            f"new preview, which shows the rest:\n{_listed(urns)}"
        )


class ApplyFailedError(AzureFailedError):
    """The engine or Azure failed on the way."""

    def __init__(self, stack: str, errors: Sequence[str], *, changed_nothing: bool, said: str) -> None:
        what = "nothing was changed" if changed_nothing else "what was done before stays"
        listed = f"\n{_listed(errors)}" if errors else ""
        super().__init__(
            f"applying stack {stack} failed; {what}. Correct the cause, then run the same command with the "
            f"same plan to go on; a change of the files needs a new preview{listed}",
            details=tuple(said.strip().splitlines()),
        )


class ApplyCancelledError(AzureFailedError):
    """Somebody ended the run on purpose."""

    def __init__(self, stack: str, signal: str) -> None:
        super().__init__(
            f"applying stack {stack} was cancelled by {signal}. What was done stays. Run the same command "
            "with the same plan to go on"
        )


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def _listed(lines: Sequence[str]) -> str:
    return "\n".join(f"  {line}" for each in lines for line in each.splitlines() if line.strip())
