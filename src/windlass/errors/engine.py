"""What can go wrong when the outputs of a Pulumi stack are read."""

from __future__ import annotations

from windlass.errors import AzureFailedError, NotFoundError, UsageError


class StackNotFoundError(NotFoundError):
    """The backend knows no stack of that name."""

    def __init__(self, stack: str, backend: str, *, details: tuple[str, ...] = ()) -> None:
        super().__init__(
            f"there is no stack {stack} in {backend}. Create it with: make up STACK={stack}", details=details
        )


class StackWithoutOutputsError(NotFoundError):
    """The stack exists, but no `pulumi up` has finished on it."""

    def __init__(self, stack: str) -> None:
        super().__init__(
            f"stack {stack} has no output windlass: its infrastructure is not up. Run: make up STACK={stack}"
        )


class StackOutputsVersionError(UsageError):
    """The stack was applied by another version of windlass, whose outputs this one cannot read."""

    def __init__(self, stack: str, found: object) -> None:
        super().__init__(
            f"the outputs of stack {stack} have version {found}, this windlass reads version 1. "
            f"Apply the stack with the windlass in use here: make up STACK={stack}"
        )


class StackOutputsUnreadableError(UsageError):
    """The output `windlass` is not what `infra/__main__.py` exports."""

    def __init__(self, stack: str, what: str) -> None:
        super().__init__(
            f"the output windlass of stack {stack} cannot be read ({what}). Apply the stack again: "
            f"make up STACK={stack}"
        )


class EngineMissingError(UsageError):
    """There is no `pulumi` to ask."""

    def __init__(self) -> None:
        super().__init__("there is no pulumi on PATH. Run: make setup, then: source .windlass/env")


class EngineFailedError(AzureFailedError):
    """`pulumi` ran and failed."""

    def __init__(self, command: str, said: str) -> None:
        last = said.strip().splitlines()[-1] if said.strip() else "nothing on stderr"
        super().__init__(f"`{command}` failed: {last}", details=tuple(said.strip().splitlines()))
