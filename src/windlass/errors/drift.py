"""What a look for drift can end with."""

from __future__ import annotations

from collections.abc import Sequence

from windlass.errors import AzureFailedError, RefusedError


class DriftFoundError(RefusedError):
    """Azure is otherwise than Pulumi holds."""

    def __init__(self, stack: str, changed: Sequence[str], gone: Sequence[str]) -> None:
        told = [f"{what}: {', '.join(names)}" for what, names in (("changed", changed), ("gone", gone)) if names]
        super().__init__(
            f"Azure is otherwise than Pulumi holds stack {stack} ({'; '.join(told)}). Nothing was changed now. Take it "
            f"into the state with `pulumi refresh --stack {stack}`: the next preview then shows what puts it back. Or "
            "bring the change into the settings, so that it stays"
        )


class DriftUnknownError(AzureFailedError):
    """The engine could not look at everything."""

    def __init__(self, stack: str, errors: Sequence[str]) -> None:
        listed = "\n".join(f"  {line}" for error in errors for line in error.splitlines() if line.strip())
        super().__init__(f"the drift of stack {stack} could not be told; nothing was changed:\n{listed}")
