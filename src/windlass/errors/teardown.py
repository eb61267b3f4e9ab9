"""What can stop a teardown."""

from __future__ import annotations

from collections.abc import Sequence

from windlass.errors import RefusedError, UsageError


class ProtectedStackError(RefusedError):
    """The settings of the stack protect what a teardown would delete."""

    def __init__(self, stack: str, kinds: Sequence[str]) -> None:
        keys = " and ".join(f"protection.{kind}" for kind in kinds)
        super().__init__(
            f"stack {stack} protects itself: {keys} is on, and nothing was deleted. To take it down, set it to false "
            f"in Pulumi.{stack}.yaml, apply that (make up STACK={stack}), and run this again"
        )


class NotConfirmedError(RefusedError):
    """Nobody said that the stack shall go."""

    def __init__(self, stack: str) -> None:
        super().__init__(f"stack {stack} was left as it is: type its name when asked, or give --yes")


class ShellNotReadyError(UsageError):
    """The engine would look for the state of the local stack elsewhere."""

    def __init__(self, stack: str) -> None:
        super().__init__(f"this shell does not know the state of stack {stack}. Run: . .windlass/env")
