"""What can stop a teardown."""

from __future__ import annotations

from collections.abc import Sequence

from windlass.errors import RefusedError, UsageError


class TeardownBlockedError(RefusedError):
    """Something forbids to take the stack down; all of it is named."""

    def __init__(self, stack: str, reasons: Sequence[str]) -> None:
        named = "".join(f"\n  - {reason}" for reason in reasons)
        super().__init__(f"stack {stack} is not taken down, and nothing was deleted:{named}\nThen run this again")


class NotConfirmedError(RefusedError):
    """Nobody said that the stack shall go."""

    def __init__(self, stack: str) -> None:
        super().__init__(f"stack {stack} was left as it is: type its name when asked, or give --yes")


class OtherNameError(RefusedError):
    """The name that was typed to confirm is not that of the stack."""

    def __init__(self, stack: str, typed: str) -> None:
        super().__init__(f"stack {stack} was left as it is: confirmed was {typed!r}. Type the name of the stack")


class ShellNotReadyError(UsageError):
    """The engine would look for the state of the local stack elsewhere."""

    def __init__(self, stack: str) -> None:
        super().__init__(f"this shell does not know the state of stack {stack}. Run: . .windlass/env")
