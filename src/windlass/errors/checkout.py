"""What can keep git from telling what a command asks about the project's files."""

from __future__ import annotations

from windlass.errors import NotFoundError, UsageError


class NoRepositoryError(UsageError):
    """The project is no git repository, or there is no git."""

    def __init__(self, root: str, *, details: tuple[str, ...] = ()) -> None:
        super().__init__(
            f"git tells no commit of {root}: it is no repository with a commit, or git is missing. "
            "Name the commit with --commit where the command has it, or run it in a clone",
            details=details,
        )


class CommitNotFoundError(NotFoundError):
    """Git does not know what was asked for."""

    def __init__(self, name: str, *, details: tuple[str, ...] = ()) -> None:
        super().__init__(
            f"git knows no commit {name} here. Fetch it first; in GitHub Actions, check out with `fetch-depth: 0`",
            details=details,
        )


class NoCommonCommitError(NotFoundError):
    """Two commits have no common one, or this clone is too shallow to hold it."""

    def __init__(self, name: str, *, details: tuple[str, ...] = ()) -> None:
        super().__init__(
            f"git finds no commit that {name} and the checkout have in common. Fetch more of the history; in GitHub "
            "Actions, check out with `fetch-depth: 0`",
            details=details,
        )
