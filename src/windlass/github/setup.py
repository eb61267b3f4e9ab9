"""Sets a repository up for deployments: satisfies `bootstrap.ports.GitHub`."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

from windlass.bootstrap.models import MakeEnvironment, Subject
from windlass.bootstrap.ports import Finding, State
from windlass.github.api import GitHub
from windlass.github.models import Environment, Repository, Reviewer
from windlass.github.protection import describe_step, plan_environment
from windlass.github.repositories import subject_of

_ENVIRONMENT = "any"


class GitHubSetUp:
    """The repository, one step of a bootstrap at a time.

    Args:
        github: The repository.
    """

    def __init__(self, github: GitHub) -> None:
        self._github = github
        self._variables: dict[str, dict[str, str]] = {}

    def subject(self, wanted: Subject) -> Subject:
        """Complete how GitHub names the repository to Azure: what was said stands, the rest is asked.

        Raises:
            SubjectCustomizedError: A template of the repository's or its organisation's own decides.
        """
        match wanted.form:
            case "names":
                return wanted
            case "ids":
                owner, repository = wanted.owner_id, wanted.repository_id
                return replace(
                    wanted,
                    owner_id=owner or self._repository.owner_id,
                    repository_id=repository or self._repository.id,
                )
            case "ask":
                whole = subject_of(self._repository, self._github.subject_form(), environment=_ENVIRONMENT)
                return replace(wanted, prefix=whole.removesuffix(f":environment:{_ENVIRONMENT}"))

    def look_environment(self, step: MakeEnvironment) -> Finding:
        """Tell how far an environment is as wanted."""
        found = self._github.environment(step.name)
        steps = plan_environment(self._wanted(step), found)
        if found is None:
            return Finding(state=State.MISSING)
        notes = ", ".join(describe_step(each) for each in steps)
        return Finding(state=State.DIFFERENT, note=notes) if steps else Finding(state=State.THERE)

    def make_environment(self, step: MakeEnvironment) -> None:
        """Make an environment, or its rules what is wanted."""
        self._github.ensure_environment(self._wanted(step))

    def look_variable(self, environment: str, name: str, value: str | None) -> Finding:
        """Tell whether a variable says something; with None, whether it is there."""
        found = self._told(environment).get(name)
        if found is None:
            return Finding(state=State.MISSING)
        if value is None or found != value:
            return Finding(state=State.DIFFERENT, note=f"it says {found}")
        return Finding(state=State.THERE)

    def set_variable(self, environment: str, name: str, value: str) -> None:
        """Make a variable say something."""
        self._github.set_variable(environment, name, value)

    @cached_property
    def _repository(self) -> Repository:
        return self._github.repository()

    def _told(self, environment: str) -> dict[str, str]:
        """Read the variables of an environment once; none when there is no such environment."""
        if environment not in self._variables:
            there = self._github.environment(environment) is not None
            self._variables[environment] = self._github.variables(environment) if there else {}
        return self._variables[environment]

    def _wanted(self, step: MakeEnvironment) -> Environment:
        return Environment(
            name=step.name,
            reviewers=tuple(self._reviewer(each) for each in step.reviewers),
            wait_minutes=step.wait_minutes,
            prevent_self_review=step.prevent_self_review,
            branches=(step.branch,) if step.branch else (),
        )

    def _reviewer(self, named: str) -> Reviewer:
        owner, is_team, team = named.partition("/")
        return self._github.team(owner, team) if is_team else self._github.user(owner)
