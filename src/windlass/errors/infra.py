"""What can be wrong before anything is provisioned: settings, endpoint folders, the wrong cloud."""

from __future__ import annotations

from windlass.errors import RefusedError, UsageError
from windlass.errors.project import Problem


class InvalidSettingsError(UsageError):
    """The settings of a stack do not hold together."""

    def __init__(self, stack: str, problems: tuple[str, ...]) -> None:
        listed = "\n".join(f"  {problem}" for problem in problems)
        super().__init__(
            f"Pulumi.{stack}.yaml cannot be used. Correct what is listed here (the settings are described in "
            f"docs/reference/settings.md) and run the command again:\n{listed}"
        )
        self.problems = problems


class InvalidEndpointFilesError(UsageError):
    """Files under `endpoints/` do not describe endpoints."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        listed = "\n".join(f"  {problem}" for problem in problems)
        super().__init__(f"The endpoints cannot be created from their files. Correct these:\n{listed}")
        self.problems = problems


class InconsistentProjectError(UsageError):
    """Endpoint folders ask for something that the stack does not have."""

    def __init__(self, stack: str, problems: tuple[Problem, ...]) -> None:
        listed = "\n".join(f"  {problem}" for problem in problems)
        super().__init__(
            f"Stack {stack} does not have what its endpoints ask for. Correct what is listed here and run the command "
            f"again:\n{listed}"
        )
        self.problems = problems


class UnfitResourcesError(RefusedError):
    """What a stack is brought does not exist, or cannot be used as it is."""

    def __init__(self, stack: str, problems: tuple[str, ...]) -> None:
        listed = "\n".join(f"  {problem}" for problem in problems)
        super().__init__(
            f"Pulumi.{stack}.yaml brings what stack {stack} cannot use as it is. The stack changes nothing that it is "
            f"brought, so its owner has to; or bring something else:\n{listed}"
        )
        self.problems = problems


class LocalAzureNotInShellError(RefusedError):
    """A local stack would be applied to whatever this shell is signed in to."""

    def __init__(self, stack: str) -> None:
        super().__init__(
            f"Stack {stack} belongs to the local Azure, but this shell is not connected to it. "
            "Run `make local-up`, then `source .windlass/env`, and try again."
        )


class LocalAzureInShellError(RefusedError):
    """A stack on Azure would be applied through the local Azure's proxy."""

    def __init__(self, stack: str) -> None:
        super().__init__(
            f"Stack {stack} belongs to Azure, but this shell is connected to the local Azure. "
            "Open a new shell without `source .windlass/env`, sign in with `az login`, and try again."
        )
