"""A repository is set up for deployments: looked at first, then made what is wanted."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.fake_github import FakeGitHub

from windlass.bootstrap.models import MakeEnvironment, Subject
from windlass.bootstrap.ports import Finding, State
from windlass.errors.github import GitHubDeniedError, GitHubNotFoundError, SubjectCustomizedError
from windlass.github.api import GitHub
from windlass.github.setup import GitHubSetUp

NAME = "octo-org/models"
PROD = MakeEnvironment(
    repository=NAME,
    name="prod",
    reviewers=("mona", "octo-org/platform"),
    prevent_self_review=True,
    wait_minutes=10,
    branch="main",
)
PREVIEW = MakeEnvironment(repository=NAME, name="prod-preview")


@pytest.fixture
def repository(fake: FakeGitHub, connect: Callable[..., GitHub]) -> GitHubSetUp:
    """Set up by somebody who may administer it."""
    return GitHubSetUp(connect(fake.admin_token))


def subject(form: str, **ids: int) -> Subject:
    return Subject(repository=NAME, form=form, **ids)  # type: ignore[arg-type]


@pytest.mark.parametrize("wanted", [PROD, PREVIEW], ids=lambda each: each.name)
def test_an_environment_is_made_once(repository: GitHubSetUp, wanted: MakeEnvironment) -> None:
    before = repository.look_environment(wanted)

    repository.make_environment(wanted)

    assert before == Finding(state=State.MISSING)
    assert repository.look_environment(wanted) == Finding(state=State.THERE)


def test_rules_that_somebody_has_loosened_are_told_and_set_again(fake: FakeGitHub, repository: GitHubSetUp) -> None:
    repository.make_environment(PROD)
    fake.state.environments["prod"]["reviewers"] = []

    found = repository.look_environment(PROD)
    repository.make_environment(PROD)

    assert found.state is State.DIFFERENT
    assert "approved by mona, platform" in found.note
    assert repository.look_environment(PROD).state is State.THERE


def test_a_reviewer_that_nobody_is_is_told(repository: GitHubSetUp) -> None:
    with pytest.raises(GitHubNotFoundError, match="nobody-of-that-name"):
        repository.look_environment(
            MakeEnvironment(repository=NAME, name="x", reviewers=("octo-org/nobody-of-that-name",))
        )


def test_a_variable_is_set_where_it_says_something_else(repository: GitHubSetUp, fake: FakeGitHub) -> None:
    repository.make_environment(PROD)
    before = repository.look_variable("prod", "AZURE_CLIENT_ID", "a")

    repository.set_variable("prod", "AZURE_CLIENT_ID", "a")

    again = GitHubSetUp(repository._github)
    assert before.state is State.MISSING
    assert again.look_variable("prod", "AZURE_CLIENT_ID", "a").state is State.THERE
    assert again.look_variable("prod", "AZURE_CLIENT_ID", "b") == Finding(state=State.DIFFERENT, note="it says a")
    assert again.look_variable("prod", "AZURE_CLIENT_ID", None).state is State.DIFFERENT
    assert fake.state.environments["prod"]["variables"] == {"AZURE_CLIENT_ID": "a"}


def test_the_variables_of_an_environment_that_is_not_there_are_missing(repository: GitHubSetUp) -> None:
    assert repository.look_variable("none", "AZURE_CLIENT_ID", "a").state is State.MISSING


@pytest.mark.parametrize(
    ("immutable", "prefix"), [(False, "repo:octo-org/models"), (True, "repo:octo-org@123456/models@456789")]
)
def test_github_tells_how_it_names_the_repository(
    fake: FakeGitHub, repository: GitHubSetUp, *, immutable: bool, prefix: str
) -> None:
    fake.state.subject["use_immutable_subject"] = immutable

    assert repository.subject(subject("ask")).prefix == prefix


def test_what_was_said_of_the_form_stands(fake: FakeGitHub, repository: GitHubSetUp) -> None:
    fake.state.subject["use_immutable_subject"] = True

    assert repository.subject(subject("names")) == subject("names")
    assert repository.subject(subject("ids", owner_id=1, repository_id=2)) == subject(
        "ids", owner_id=1, repository_id=2
    )
    assert repository.subject(subject("ids")) == subject("ids", owner_id=123456, repository_id=456789)


def test_a_template_of_ones_own_is_refused(fake: FakeGitHub, repository: GitHubSetUp) -> None:
    fake.state.subject = {"use_default": False, "include_claim_keys": ["job_workflow_ref"]}

    with pytest.raises(SubjectCustomizedError):
        repository.subject(subject("ask"))


def test_a_job_may_not_set_the_repository_up(fake: FakeGitHub, connect: Callable[..., GitHub]) -> None:
    with pytest.raises(GitHubDeniedError):
        GitHubSetUp(connect(fake.job_token)).make_environment(PREVIEW)
