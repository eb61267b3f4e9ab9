"""What can be wrong with `bootstrap.yml`, and what a bootstrap cannot do."""

from __future__ import annotations

from windlass.errors import NotFoundError, PermissionDeniedError, RefusedError, UsageError

Details = tuple[str, ...]


class InvalidBootstrapFileError(UsageError):
    """The file does not hold together."""

    def __init__(self, file: str, problems: tuple[str, ...]) -> None:
        listed = "\n".join(f"  {problem}" for problem in problems)
        super().__init__(
            f"{file} cannot be used. Correct what is listed here (docs/how-to/github.md describes the file) and run "
            f"the command again:\n{listed}"
        )
        self.problems = problems


class NoBootstrapFileError(UsageError):
    """There is no such file."""

    def __init__(self, file: str) -> None:
        super().__init__(f"there is no {file} in this folder. docs/how-to/github.md shows one to begin with")


class StacksApartError(UsageError):
    """Stacks that cannot be set up together."""

    def __init__(self, what: str, told: tuple[tuple[str, str], ...]) -> None:
        listed = ", ".join(f"{stack} {value}" for stack, value in told)
        super().__init__(
            f"the stacks of one bootstrap share their {what}, and these do not: {listed}. Correct Pulumi.<stack>.yaml, "
            "or list in bootstrap.yml only stacks that belong together"
        )


class UnknownBootstrapStackError(NotFoundError):
    """A stack is asked for that bootstrap.yml does not list."""

    def __init__(self, stack: str, known: tuple[str, ...]) -> None:
        super().__init__(f"bootstrap.yml lists no stack {stack}. It lists: {', '.join(known)}")


class MayNotGiveRolesError(PermissionDeniedError):
    """Whoever runs this may not make role assignments."""

    def __init__(self, what: str, *, details: Details = ()) -> None:
        super().__init__(
            f"Azure refused to {what}: this identity may make no role assignments there. Run the same command with "
            "--without-roles: it does the rest, and prints the roles as commands for somebody who may",
            details=details,
        )


class MayNotSetUpError(PermissionDeniedError):
    """Whoever runs this may not make or see something in Azure."""

    def __init__(self, what: str, *, details: Details = ()) -> None:
        super().__init__(
            f"Azure refused to {what}: this identity may not. It needs Contributor on the subscriptions of the stacks "
            "and of the state, and Role Based Access Control Administrator unless --without-roles is given",
            details=details,
        )


class IdentityMissingError(NotFoundError):
    """A role or a variable is about an identity that nobody has made."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"there is no managed identity {name} yet. Run the part azure first: bootstrap.py --only azure"
        )


class SubjectNotKnownError(RefusedError):
    """Nobody has told how GitHub names the repository to Azure."""

    def __init__(self, repository: str) -> None:
        super().__init__(
            f"how GitHub names {repository} to Azure is not known. Say subject: names, or subject: ids with owner_id "
            "and repository_id, in bootstrap.yml"
        )


class CannotChangeError(RefusedError):
    """Something exists already and is of another kind than is needed; others may rely on it."""

    def __init__(self, name: str, what: str) -> None:
        super().__init__(
            f"{name} exists already and {what}. That is not changed here, since others may rely on it: give another "
            "name in bootstrap.yml, or change it by hand"
        )
