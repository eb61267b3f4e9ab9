"""What can keep a stack from being tried on the local Azure."""

from __future__ import annotations

from collections.abc import Sequence

from windlass.errors import RefusedError, UsageError


class EncryptedSettingsError(UsageError):
    """The settings hold values that a rehearsal cannot read."""

    def __init__(self, stack: str, keys: Sequence[str]) -> None:
        super().__init__(
            f"stack {stack} cannot be rehearsed: {', '.join(keys)} in Pulumi.{stack}.yaml is encrypted for its own "
            "backend. Keep secrets in a key vault, or rehearse a copy of the stack without them."
        )


class BroughtResourcesError(UsageError):
    """The settings name resources that exist on Azure alone."""

    def __init__(self, stack: str, keys: Sequence[str]) -> None:
        super().__init__(
            f"stack {stack} cannot be rehearsed: windlass:settings.bring names resources ({', '.join(keys)}) that the "
            "local Azure does not have. Rehearse a copy of the stack without bring."
        )


class RehearsalFailedError(RefusedError):
    """A step of a rehearsal did not go as it has to."""

    def __init__(self, stack: str, step: str, folder: str, said: str) -> None:
        lines = tuple(said.strip().splitlines())
        super().__init__(
            f"the rehearsal of stack {stack} failed at `{step}`. It stands in {folder}: correct the stack, "
            "then run the same command again",
            details=lines,
        )


class ComparisonFailedError(RefusedError):
    """The change could not be previewed on the local Azure."""

    def __init__(self, stack: str, folder: str, said: str) -> None:
        lines = tuple(said.strip().splitlines())
        last = f": {lines[-1]}" if lines else ""
        super().__init__(
            f"the change of stack {stack} could not be previewed in {folder}{last}. Correct the cause, then run the "
            "same command again",
            details=lines,
        )
