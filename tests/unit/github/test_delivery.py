"""Deployments, environments, variables and the repository, against the fake."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.fake_github import FakeGitHub

from windlass.errors.github import (
    GitHubDeniedError,
    GitHubNotFoundError,
    GitHubRequestError,
    SubjectCustomizedError,
    VariableRefusedError,
)
from windlass.github.api import GitHub
from windlass.github.client import Client
from windlass.github.deployments import shorten
from windlass.github.models import DeploymentState, Environment, Repository, Reviewer, SubjectForm
from windlass.github.protection import AllowBranch, ForbidBranch, Protect, describe_step, plan_environment
from windlass.github.repositories import find_subject_form, subject_of

MONA = Reviewer("User", 1, "mona")
PLATFORM = Reviewer("Team", 11, "platform")
PROD = Environment("prod", reviewers=(MONA, PLATFORM), prevent_self_review=True, branches=("main",))


@pytest.fixture
def admin(fake: FakeGitHub, connect: Callable[..., GitHub]) -> GitHub:
    return connect(fake.admin_token)


# Deployments


def test_a_status_is_put_on_the_deployment_that_github_made_for_the_job(fake: FakeGitHub, github: GitHub) -> None:
    made = fake.start_job("prod", "c0ffee")

    found = github.deployment(
        "prod", DeploymentState.SUCCESS, "c0ffee", description="4 changes", url="https://x", log="https://log"
    )

    assert found.id == made
    [deployment] = fake.deployments()
    [status] = deployment["statuses"]
    assert (status["state"], status["description"]) == ("success", "4 changes")
    assert (status["environment_url"], status["log_url"]) == ("https://x", "https://log")


def test_without_one_a_deployment_is_made_though_checks_are_running(fake: FakeGitHub, github: GitHub) -> None:
    fake.start_job("staging", "c0ffee")
    fake.start_job("prod", "beef")

    github.deployment("prod", DeploymentState.IN_PROGRESS, "c0ffee")
    github.deployment("prod", DeploymentState.FAILURE, "c0ffee")

    deployment = fake.deployments()[-1]
    assert (deployment["environment"], deployment["sha"]) == ("prod", "c0ffee")
    assert [each["state"] for each in deployment["statuses"]] == ["in_progress", "failure"]
    assert len(fake.deployments()) == 3


@given(st.text(max_size=400))
def test_a_description_is_one_line_that_github_takes(text: str) -> None:
    short = shorten(text)

    assert len(short) <= 140
    assert "\n" not in short
    assert short == " ".join(text.split()) or short.endswith("…")


def test_a_job_that_may_not_deploy_is_told(fake: FakeGitHub, connect: Callable[..., GitHub]) -> None:
    with pytest.raises(GitHubDeniedError, match="`deployments: write`"):
        connect(fake.token(contents="read")).deployment("prod", DeploymentState.SUCCESS, "c0ffee")


# Environments


def test_an_environment_is_made_with_its_protection_and_found_as_it_was_wanted(fake: FakeGitHub, admin: GitHub) -> None:
    steps = admin.ensure_environment(PROD)

    assert steps == (Protect(PROD, None), AllowBranch("prod", "main"))
    assert admin.environment("prod") == PROD
    assert admin.ensure_environment(PROD) == ()
    assert fake.environment("prod")["policy"] == {"protected_branches": False, "custom_branch_policies": True}


def test_branches_that_may_deploy_are_changed_one_by_one(admin: GitHub) -> None:
    admin.ensure_environment(replace(PROD, branches=("main", "old/*")))

    steps = admin.ensure_environment(replace(PROD, branches=("main", "release/*")))

    assert steps == (AllowBranch("prod", "release/*"), ForbidBranch("prod", "old/*"))
    found = admin.environment("prod")
    assert found is not None
    assert found.branches == ("main", "release/*")


environment = st.builds(
    Environment,
    name=st.just("team/prod"),
    reviewers=st.sampled_from([(), (MONA,), (PLATFORM, MONA)]),
    wait_minutes=st.sampled_from([0, 30]),
    prevent_self_review=st.just(False),
    branches=st.sampled_from([(), ("main",), ("main", "release/*")]),
    protected_branches=st.just(False),
    admins_bypass=st.booleans(),
)


def test_any_protection_turns_into_any_other(fake: FakeGitHub, connect_client: Callable[[str], Client]) -> None:
    admin = GitHub(connect_client(fake.admin_token))

    @given(environment)
    def turn(wanted: Environment) -> None:
        admin.ensure_environment(wanted)
        found = admin.environment("team/prod")
        assert found is not None
        assert (set(found.reviewers), found.wait_minutes) == (set(wanted.reviewers), wanted.wait_minutes)
        assert (set(found.branches), found.admins_bypass) == (set(wanted.branches), wanted.admins_bypass)
        assert plan_environment(wanted, found) == ()

    turn()


def test_protected_branches_and_patterns_exclude_each_other_at_github(admin: GitHub) -> None:
    admin.ensure_environment(PROD)
    protected = replace(PROD, branches=(), protected_branches=True)

    admin.ensure_environment(protected)

    assert admin.environment("prod") == protected


def test_an_environment_without_protection_is_made_where_the_plan_has_no_reviewers(
    fake: FakeGitHub, admin: GitHub
) -> None:
    fake.state.plan = "team"

    admin.ensure_environment(Environment("dev", branches=("main",)))

    with pytest.raises(GitHubRequestError, match="billing plan supports the required reviewers"):
        admin.ensure_environment(PROD)
    assert list(fake.state.environments) == ["dev"]


def test_the_token_of_a_job_cannot_make_environments(github: GitHub) -> None:
    with pytest.raises(GitHubDeniedError, match=r"A job's own token cannot have this.*Administration \(write\)"):
        github.ensure_environment(PROD)


def test_an_environment_that_is_not_there_is_none(admin: GitHub) -> None:
    assert admin.environment("prod") is None


def test_a_plan_says_on_a_line_what_it_does() -> None:
    open_to_all = Environment("dev", wait_minutes=5)
    strict = replace(PROD, reviewers=(), branches=(), protected_branches=True, admins_bypass=False)

    assert [describe_step(each) for each in plan_environment(PROD, replace(PROD, branches=("old",)))] == [
        "let branches main deploy to prod",
        "no longer let branches old deploy to prod",
    ]
    assert [describe_step(Protect(each, None)) for each in (PROD, open_to_all, strict)] == [
        "make environment prod: approved by mona, platform, not by oneself",
        "make environment dev: no approval, after 5 minutes, from any branch",
        "make environment prod: no approval, not by oneself, from protected branches, by administrators, too",
    ]


# Variables


def test_a_variable_is_made_changed_and_left_alone(fake: FakeGitHub, admin: GitHub) -> None:
    admin.ensure_environment(PROD)

    changes = [admin.set_variable("prod", "AZURE_CLIENT_ID", value) for value in ("one", "two", "two")]

    assert changes == [True, True, False]
    assert fake.environment("prod")["variables"] == {"AZURE_CLIENT_ID": "two"}


def test_a_variable_that_somebody_makes_meanwhile_is_changed(fake: FakeGitHub, admin: GitHub) -> None:
    admin.ensure_environment(PROD)
    fake.before("POST", lambda: fake.environment("prod")["variables"].update(NAME="theirs"))

    assert admin.set_variable("prod", "NAME", "ours")
    assert fake.environment("prod")["variables"] == {"NAME": "ours"}


def test_all_variables_are_read_though_github_gives_thirty_at_once(fake: FakeGitHub, admin: GitHub) -> None:
    admin.ensure_environment(PROD)
    wanted = {f"NAME_{number:02d}": f"{number}" for number in range(65)}
    fake.environment("prod")["variables"].update(wanted)

    assert admin.variables("prod") == wanted


@pytest.mark.parametrize("name", ["", "1ST", "lower", "A-B", "GITHUB_TOKEN", "A B"])
def test_a_name_that_github_would_refuse_is_refused_before(fake: FakeGitHub, admin: GitHub, name: str) -> None:
    with pytest.raises(VariableRefusedError):
        admin.set_variable("prod", name, "x")

    assert fake.requests == []


def test_a_variable_of_an_environment_that_is_not_there_is_not_found(admin: GitHub) -> None:
    with pytest.raises(GitHubNotFoundError):
        admin.set_variable("prod", "NAME", "x")


# The repository


def test_the_repository_has_the_ids_that_a_subject_is_made_of(github: GitHub) -> None:
    found = github.repository()

    assert (found.owner, found.owner_id, found.name, found.id) == ("octo-org", 123456, "models", 456789)
    assert (found.private, found.default_branch) == (True, "main")


def test_reviewers_are_looked_up_by_name(admin: GitHub) -> None:
    assert admin.user("mona") == MONA
    assert admin.team("octo-org", "platform") == PLATFORM
    with pytest.raises(GitHubNotFoundError, match="find the user nobody"):
        admin.user("nobody")


REPOSITORY = Repository(456789, 123456, "octo-org", "models", True, "main", "2026-01-05T09:00:00Z")
NAMED = "repo:octo-org/models:environment:prod"
NUMBERED = "repo:octo-org@123456/models@456789:environment:prod"


@pytest.mark.parametrize(
    ("form", "created", "subject"),
    [
        (SubjectForm(immutable=False), "2026-09-01T00:00:00Z", NAMED),
        (SubjectForm(immutable=True), "2020-01-01T00:00:00Z", NUMBERED),
        (SubjectForm(), "2026-07-15T23:59:59Z", NAMED),
        (SubjectForm(), "2026-07-16T00:00:00Z", NUMBERED),
        (
            SubjectForm(immutable=False, prefix="repo:new/name"),
            "2026-01-01T00:00:00Z",
            "repo:new/name:environment:prod",
        ),
        (SubjectForm(default=False, immutable=False, keys=("repo", "context")), "2020-01-01T00:00:00Z", NAMED),
    ],
)
def test_the_subject_has_the_form_that_github_writes_for_this_repository(
    form: SubjectForm, created: str, subject: str
) -> None:
    assert subject_of(replace(REPOSITORY, created=created), form, environment="prod") == subject


def test_a_colon_in_a_name_is_no_separator() -> None:
    assert subject_of(REPOSITORY, SubjectForm(), environment="a:b").endswith(":environment:a%3Ab")


@pytest.mark.parametrize("keys", [(), ("repo", "job_workflow_ref")])
def test_a_subject_that_nobody_can_foretell_is_refused(keys: tuple[str, ...]) -> None:
    with pytest.raises(SubjectCustomizedError, match="octo-org/models has a subject of its own"):
        subject_of(REPOSITORY, SubjectForm(default=False, keys=keys), environment="prod")


@pytest.mark.parametrize(("immutable", "subject"), [(False, NAMED), (True, NUMBERED)])
def test_the_form_that_github_names_is_the_one_that_is_taken(
    fake: FakeGitHub, github: GitHub, *, immutable: bool, subject: str
) -> None:
    fake.state.subject["use_immutable_subject"] = immutable

    assert subject_of(github.repository(), github.subject_form(), environment="prod") == subject


def test_a_server_of_ones_own_knows_the_older_form_only(fake: FakeGitHub, client: Client) -> None:
    del fake.state.subject["use_immutable_subject"]

    assert find_subject_form(client).immutable is False
