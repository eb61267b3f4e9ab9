"""GitHub as the rest of the toolkit sees it: one repository, one token, verbs."""

from __future__ import annotations

from functools import cached_property

from windlass.github import comments, deployments, environments, identity, issues, pulls, repositories
from windlass.github.client import Client
from windlass.github.comments import Written
from windlass.github.models import (
    Deployment,
    DeploymentState,
    Environment,
    PullRequest,
    Repository,
    Reviewer,
    SubjectForm,
)
from windlass.github.protection import EnvironmentStep


class GitHub:
    """One repository on GitHub.

    Args:
        client: Speaks with it.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    @cached_property
    def login(self) -> str:
        """The login that we write under."""
        return identity.login(self._client)

    def sticky_comment(self, pull: int, key: str, body: str) -> Written:
        """Make the one comment of a key on a pull request say a text.

        Raises:
            CommentTooLongError: Nothing was sent.
            GitHubDeniedError: The job lacks `pull-requests: write`.
        """
        return comments.put_comment(self._client, pull, key, body, me=self.login)

    def remove_comment(self, pull: int, key: str) -> int:
        """Remove the comment of a key, if there is one; returns how many were removed."""
        return comments.remove_comment(self._client, pull, key, me=self.login)

    def pull(self, number: int) -> PullRequest:
        """Read one pull request."""
        return pulls.find_pull(self._client, number)

    def labels(self, pull: int) -> tuple[str, ...]:
        """Read the labels of a pull request as they are now."""
        return pulls.labels_of(self._client, pull)

    def pulls_of(self, commit: str) -> tuple[PullRequest, ...]:
        """Read the pull requests that a commit belongs to, merged or not."""
        return tuple(pulls.pulls_of(self._client, commit))

    def merged_labels(self, commit: str, into: str = "") -> tuple[str, ...]:
        """Read the labels, as they are now, of the pull requests that brought a commit into a branch.

        Args:
            commit: Its SHA.
            into: The branch; the default one of the repository when none is named.
        """
        return pulls.merged_labels(self.pulls_of(commit), into)

    def issue(self, key: str, title: str, body: str) -> Written:
        """Make the one issue of a key say a text; it is opened, or opened again, when it is not.

        Raises:
            CommentTooLongError: Nothing was sent.
            GitHubDeniedError: The job lacks `issues: write`.
        """
        return issues.put_issue(self._client, key, title, body, me=self.login)

    def close_issue(self, key: str) -> tuple[Written, ...]:
        """Close what is open of a key; that nothing is, is no error."""
        return issues.close_issue(self._client, key, me=self.login)

    def deployment(
        self,
        environment: str,
        state: DeploymentState,
        commit: str,
        *,
        description: str = "",
        url: str = "",
        log: str = "",
    ) -> Deployment:
        """Say how the deployment of a commit to an environment stands.

        It is put on the deployment that GitHub made for the job, or on one of our own when there is none.

        Args:
            environment: The environment's name.
            state: Where the deployment is now.
            commit: What is deployed.
            description: A sentence, cut to 140 characters.
            url: Where what was deployed is reached.
            log: Where the run is read.
        """
        found = deployments.find_deployment(self._client, environment, commit)
        deployment = found or deployments.make_deployment(self._client, environment, commit, description)
        deployments.put_status(self._client, deployment, state, description=description, url=url, log=log)
        return deployment

    def environment(self, name: str) -> Environment | None:
        """Read an environment and its protection."""
        return environments.find_environment(self._client, name)

    def ensure_environment(self, wanted: Environment) -> tuple[EnvironmentStep, ...]:
        """Make an environment what it shall be; returns what was done, nothing when it was so already."""
        return environments.ensure_environment(self._client, wanted)

    def variables(self, environment: str) -> dict[str, str]:
        """Read the variables of an environment."""
        return environments.variables(self._client, environment)

    def set_variable(self, environment: str, name: str, value: str) -> bool:
        """Give a variable of an environment a value; returns whether it had another one."""
        return environments.set_variable(self._client, environment, name, value)

    def repository(self) -> Repository:
        """Read the repository."""
        return repositories.find_repository(self._client)

    def user(self, login: str) -> Reviewer:
        """Look up a user as a reviewer."""
        return repositories.find_user(self._client, login)

    def team(self, organisation: str, slug: str) -> Reviewer:
        """Look up a team as a reviewer."""
        return repositories.find_team(self._client, organisation, slug)

    def subject_form(self) -> SubjectForm:
        """Read how GitHub writes the subject of a job's token for OpenID Connect."""
        return repositories.find_subject_form(self._client)
