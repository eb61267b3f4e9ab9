"""What can go wrong with GitHub, in words for people. What GitHub said itself stays in the details."""

from __future__ import annotations

from windlass.errors import AzureFailedError, NotFoundError, PermissionDeniedError, RefusedError, UsageError

Details = tuple[str, ...]


class NotSignedInToGitHubError(PermissionDeniedError):
    """There is no token, or GitHub does not know it."""

    def __init__(self, what: str, *, details: Details = ()) -> None:
        super().__init__(
            f"cannot {what}: {'GitHub does not accept the token' if details else 'there is no token for GitHub'}. "
            "Set GITHUB_TOKEN: in a workflow `GITHUB_TOKEN: ${{ github.token }}` under `env:` of the step, "
            "at a desk `export GITHUB_TOKEN=$(gh auth token)`",
            details=details,
        )


class GitHubDeniedError(PermissionDeniedError):
    """Signed in, but the token may not do it.

    Attributes:
        key: The permission, as it is written in a workflow (`pull-requests`).
        access: `read` or `write`.
    """

    def __init__(self, what: str, key: str, access: str, *, job: bool = True, details: Details = ()) -> None:
        remedy = (
            f"Give the job `{key}: {access}` under `permissions:` (a pull request from a fork only ever gets read)"
            if job
            else f"A job's own token cannot have this. Use the token of a person who administers the repository, or a "
            f"fine-grained one with the repository permission {key} ({access})"
        )
        super().__init__(f"GitHub refused to {what}: this token may not. {remedy}", details=details)
        self.key = key
        self.access = access


class GitHubNotFoundError(NotFoundError):
    """GitHub does not know the thing, or does not show it to this token."""

    def __init__(self, what: str, *, details: Details = ()) -> None:
        super().__init__(
            f"GitHub could not {what}: it does not exist, or this token may not see it. "
            "Look at GITHUB_REPOSITORY and at the token's repository",
            details=details,
        )


class GitHubRateLimitedError(AzureFailedError):
    """GitHub takes no more requests of this token for longer than we wait."""

    def __init__(self, what: str, seconds: float, *, details: Details = ()) -> None:
        super().__init__(
            f"GitHub would not {what}: too many requests were made with this token. "
            f"Run the same command again in {max(1, round(seconds / 60))} minutes",
            details=details,
        )


class GitHubUnreachableError(AzureFailedError):
    """No answer came at all."""

    def __init__(self, what: str, host: str, *, details: Details = ()) -> None:
        super().__init__(
            f"no answer from GitHub ({host}) when asked to {what}. Check the network, GITHUB_API_URL and HTTPS_PROXY",
            details=details,
        )


class GitHubFailedError(AzureFailedError):
    """GitHub itself failed, and went on failing."""

    def __init__(self, what: str, status: int, *, details: Details = ()) -> None:
        super().__init__(
            f"GitHub failed to {what} (HTTP {status}). Look at https://www.githubstatus.com, and run the same again",
            details=details,
        )


class GitHubRequestError(AzureFailedError):
    """GitHub understood the request and would not do it."""

    def __init__(self, what: str, message: str, *, details: Details = ()) -> None:
        super().__init__(f"GitHub would not {what}: {message}", details=details)


class GitHubConflictError(GitHubRequestError):
    """The thing is there already, or was changed by somebody else meanwhile (HTTP 409)."""


class CommentTooLongError(RefusedError):
    """A text is longer than GitHub takes; nothing was sent."""

    def __init__(self, what: str, length: int, limit: int) -> None:
        super().__init__(
            f"the text of the {what} has {length:,} characters, and GitHub takes {limit:,}. Nothing was sent. "
            "Shorten it, and put the rest into an artefact"
        )


class CommentUnsettledError(AzureFailedError):
    """Somebody else kept changing the same comment."""

    def __init__(self, pull: int, key: str) -> None:
        super().__init__(
            f"the comment {key} of pull request {pull} was changed or deleted by others each time it was written. "
            "Let one job write a key at a time (`concurrency:`), and run this again"
        )


class IssueUnsettledError(AzureFailedError):
    """An issue that was opened does not show."""

    def __init__(self, key: str) -> None:
        super().__init__(
            f"the issue {key} was closed or changed by others each time it was opened. Let one job write a key at a "
            "time (`concurrency:`), and run this again"
        )


class NoRepositoryError(UsageError):
    """Nothing says which repository is meant."""

    def __init__(self, found: str) -> None:
        said = f"GITHUB_REPOSITORY is {found!r}" if found else "GITHUB_REPOSITORY is not set"
        super().__init__(f"{said}. Set it to OWNER/NAME of the repository on GitHub")


class InsecureGitHubError(UsageError):
    """The token would go over the network in the clear."""

    def __init__(self, name: str, address: str) -> None:
        super().__init__(f"{name} is {address!r}. Give an address that begins with https:// (http:// on this machine)")


class NoPullRequestError(UsageError):
    """The job was not started by a pull request, and none was named."""

    def __init__(self, event: str) -> None:
        super().__init__(f"the event {event or '(none)'} names no pull request. Name one with --pull NUMBER")


class NoCommitError(UsageError):
    """Nothing says which commit is meant."""

    def __init__(self) -> None:
        super().__init__("GITHUB_SHA is not set. Name the commit with --commit SHA")


class PublicRepositoryError(RefusedError):
    """What shall be kept as an artefact may hold values that nobody else should read."""

    def __init__(self, repository: str) -> None:
        super().__init__(
            f"{repository or 'this repository'} is public, and everybody can read the artefacts of its runs. A saved "
            "plan may hold inputs in the clear. Make the repository private, or deploy without a saved plan"
        )


class EventUnreadableError(UsageError):
    """The file of the event is not what GitHub writes."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"GITHUB_EVENT_PATH names {path}, which cannot be read as an event ({why})")


class KeyRefusedError(UsageError):
    """A key would not survive as a hidden line of a comment."""

    def __init__(self, key: str) -> None:
        super().__init__(
            f"{key!r} cannot be the key of a comment or an issue. "
            "Take lower-case letters, digits and single hyphens, 64 at most"
        )


class OutputRefusedError(UsageError):
    """A name cannot be the name of a step's output."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name!r} cannot be the name of an output. Take letters, digits, `_` and `-`")


class VariableRefusedError(UsageError):
    """A name cannot be the name of a variable."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name!r} cannot be the name of a variable on GitHub. Take letters, digits and `_`; it may not begin "
            "with a digit or with GITHUB_"
        )


class SubjectCustomizedError(RefusedError):
    """The repository signs in to Azure by a subject that we cannot foretell."""

    def __init__(self, repository: str, keys: tuple[str, ...]) -> None:
        super().__init__(
            f"{repository} has a subject of its own for OpenID Connect ({', '.join(keys) or 'of its organisation'}), "
            "so that nobody can say beforehand what Azure will be shown. Set `use_default` with: "
            f"gh api -X PUT repos/{repository}/actions/oidc/customization/sub -F use_default=true"
        )


class NoJobTokenError(PermissionDeniedError):
    """GitHub gave a job no token to sign in to Azure with."""

    def __init__(self, *, details: Details = ()) -> None:
        super().__init__(
            "GitHub gave this job no token to sign in to Azure with. Give the job `id-token: write` under "
            "`permissions:`; where it has that, run it again",
            details=details,
        )
