"""What can keep a stack from being recovered."""

from __future__ import annotations

from datetime import datetime

from windlass.errors import AzureFailedError, RefusedError, UsageError


class StackInUseError(RefusedError):
    """An engine is at work on the stack."""

    def __init__(self, stack: str, user: str, pid: int, taken_at: datetime) -> None:
        super().__init__(
            f"stack {stack} is in use: process {pid} of {user} on this machine works on it since {_time(taken_at)}. "
            "Nothing was done. Wait until it has ended, or end it yourself, then run this again"
        )


class LockElsewhereError(RefusedError):
    """A lock was taken on another machine, whose processes cannot be seen from here."""

    def __init__(self, stack: str, user: str, host: str, pid: int, taken_at: datetime) -> None:
        super().__init__(
            f"stack {stack} is locked by process {pid} of {user} on {host} since {_time(taken_at)}, and whether that "
            f"still runs cannot be seen from here. Nothing was done. Run this on {host}; or, when that machine is "
            f"gone for good, as a finished CI runner is, say so: --gone-host {host}"
        )


class BackendNotKnownError(UsageError):
    """The state lies where locks cannot be looked at."""

    def __init__(self, stack: str, backend: str) -> None:
        super().__init__(
            f"the state of stack {stack} lies in {backend}, whose locks this command does not read: it knows file:// "
            "and azblob://. Make sure that no run goes on, then use `pulumi cancel` and `pulumi refresh`"
        )


class BackendWithoutAccountError(UsageError):
    """The address of the state names a container, and nothing names its account."""

    def __init__(self, stack: str, backend: str) -> None:
        super().__init__(
            f"the state of stack {stack} lies in {backend}, and nothing tells the storage account: add "
            "?storage_account=NAME to the address, or set AZURE_STORAGE_ACCOUNT"
        )


class StateChangedError(RefusedError):
    """Somebody wrote the state while it was being settled."""

    def __init__(self, stack: str) -> None:
        super().__init__(
            f"the state of stack {stack} changed while this looked at Azure, and was left as it is: another run has "
            "begun. Wait until it has ended, then run this again"
        )


class StillRunningError(AzureFailedError):
    """Azure did not end an operation in time."""

    def __init__(self, what: str, state: str, minutes: float) -> None:
        super().__init__(
            f"Azure still says {state} of {what} after {minutes:.0f} minutes. The lock stays. Run this again later"
        )


class ProcessNotEndedError(RefusedError):
    """A process outlived SIGKILL."""

    def __init__(self, pid: int) -> None:
        super().__init__(
            f"process {pid} does not end, even by SIGKILL. The lock stays. Look at it, then run this again"
        )


class RecoveryUnfinishedError(RefusedError):
    """Something is left that a person has to settle."""

    def __init__(self, stack: str, count: int) -> None:
        things = "one thing is" if count == 1 else f"{count} things are"
        super().__init__(f"`pulumi up` should not run on stack {stack} yet: {things} left to do by hand")


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
