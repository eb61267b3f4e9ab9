from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from support.fake_github import JOB, FakeGitHub, serving

REPOSITORY = "/repos/octo-org/models"
COMMENTS = f"{REPOSITORY}/issues/7/comments"
TESTS = Path(__file__).resolve().parents[2]


@pytest.fixture
def fake() -> Iterator[FakeGitHub]:
    fake = FakeGitHub()
    fake.add_pull(7, head="c0ffee")
    with serving(fake):
        yield fake


def ask(fake: FakeGitHub, method: str, path: str, *, token: str | None = None, **how: object) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token or fake.job_token}"}
    return httpx.request(method, f"{fake.url}{path}", headers=headers, **how)  # type: ignore[arg-type]  # as httpx has them


def test_a_comment_is_made_read_edited_and_deleted(fake: FakeGitHub) -> None:
    made = ask(fake, "POST", COMMENTS, json={"body": "hello"})
    one = f"{REPOSITORY}/issues/comments/{made.json()['id']}"
    edited = ask(fake, "PATCH", one, json={"body": "hello again"})

    assert (made.status_code, made.json()["user"]["login"]) == (201, JOB)
    assert (edited.status_code, fake.bodies_of(7)) == (200, ["hello again"])
    assert ask(fake, "DELETE", one).status_code == 204
    assert fake.comments_of(7) == []
    assert ask(fake, "PATCH", one, json={"body": "gone"}).status_code == 404


def test_a_list_comes_thirty_at_a_time_with_links_that_name_the_repository_by_its_number(fake: FakeGitHub) -> None:
    for number in range(65):
        fake.comment(7, f"{number}")

    first = ask(fake, "GET", COMMENTS)
    last = httpx.get(first.links["last"]["url"], headers=dict(first.request.headers))

    assert len(first.json()) == 30
    assert first.links["next"]["url"] == f"{fake.url}/repositories/456789/issues/7/comments?page=2"
    assert {"prev", "first"}.isdisjoint(first.links)
    assert [each["body"] for each in last.json()] == ["60", "61", "62", "63", "64"]
    assert {"next", "last"}.isdisjoint(last.links)


def test_no_more_than_a_hundred_come_at_once(fake: FakeGitHub) -> None:
    for number in range(101):
        fake.comment(7, f"{number}")

    assert len(ask(fake, "GET", f"{COMMENTS}?per_page=1000").json()) == 100


def test_a_list_of_one_page_has_no_links(fake: FakeGitHub) -> None:
    assert "link" not in ask(fake, "GET", COMMENTS).headers


def test_a_text_of_more_than_65536_characters_is_refused_in_githubs_words(fake: FakeGitHub) -> None:
    taken = ask(fake, "POST", COMMENTS, json={"body": "x" * 65_536})
    refused = ask(fake, "POST", COMMENTS, json={"body": "x" * 65_537})

    assert taken.status_code == 201
    assert refused.status_code == 422
    assert refused.json()["message"] == "Validation Failed"
    assert refused.json()["errors"] == [
        {
            "resource": "IssueComment",
            "code": "unprocessable",
            "field": "data",
            "message": "Body is too long (maximum is 65536 characters)",
        }
    ]


@pytest.mark.parametrize(
    ("permissions", "status"),
    [
        ({"pull_requests": "write"}, 201),
        ({"issues": "write"}, 201),
        ({"pull_requests": "read", "issues": "read", "contents": "write"}, 403),
        ({}, 403),
    ],
)
def test_either_permission_lets_comment_on_a_pull_request(
    fake: FakeGitHub, permissions: dict[str, str], status: int
) -> None:
    answer = ask(fake, "POST", COMMENTS, json={"body": "hello"}, token=fake.token(**permissions))

    assert answer.status_code == status
    if status == 403:
        assert answer.json()["message"] == "Resource not accessible by integration"
        assert answer.headers["x-accepted-github-permissions"] == "issues=write; pull_requests=write"


def test_the_token_of_a_person_is_refused_in_other_words(fake: FakeGitHub) -> None:
    answer = ask(fake, "POST", COMMENTS, json={"body": "hello"}, token=fake.token("hubot"))

    assert answer.json()["message"] == "Resource not accessible by personal access token"


def test_an_unknown_token_is_bad_and_a_missing_one_sees_nothing(fake: FakeGitHub) -> None:
    bad = ask(fake, "GET", COMMENTS, token="ghs_other")

    assert (bad.status_code, bad.json()["message"]) == (401, "Bad credentials")
    assert httpx.get(f"{fake.url}{COMMENTS}").status_code == 404


@pytest.mark.parametrize(
    "path", ["/repos/octo-org/other", f"{REPOSITORY}/issues/8/comments", f"{REPOSITORY}/wiki", f"{REPOSITORY}/"]
)
def test_what_is_not_there_is_not_found(fake: FakeGitHub, path: str) -> None:
    assert ask(fake, "GET", path).json()["message"] == "Not Found"


def test_a_job_cannot_read_its_user_but_ask_for_the_viewer(fake: FakeGitHub) -> None:
    asked = ask(fake, "POST", "/graphql", json={"query": "query { viewer { login } }"})

    assert ask(fake, "GET", "/user").status_code == 403
    assert asked.json() == {"data": {"viewer": {"login": JOB}}}
    assert ask(fake, "GET", "/user", token=fake.admin_token).json()["login"] == "mona"


def test_a_version_that_does_not_exist_is_refused(fake: FakeGitHub) -> None:
    headers = {"Authorization": f"Bearer {fake.job_token}", "X-GitHub-Api-Version": "2019-01-01"}

    assert httpx.get(f"{fake.url}{COMMENTS}", headers=headers).status_code == 400


def test_limits_come_when_they_are_asked_for_and_pass(fake: FakeGitHub) -> None:
    fake.limit(seconds=60)
    fake.limit_secondary(retry_after=5, status=429)

    primary, secondary, after = (ask(fake, "GET", COMMENTS) for _ in range(3))

    assert (primary.status_code, primary.headers["x-ratelimit-remaining"]) == (403, "0")
    assert primary.headers["x-ratelimit-reset"] == str(int(fake.now) + 60)
    assert (secondary.status_code, secondary.headers["retry-after"]) == (429, "5")
    assert "secondary rate limit" in secondary.json()["message"]
    assert after.status_code == 200


def test_a_fault_meets_only_the_requests_that_it_is_for(fake: FakeGitHub) -> None:
    fake.fail(502, method="POST", path="/comments")

    assert ask(fake, "GET", COMMENTS).status_code == 200
    assert ask(fake, "POST", COMMENTS, json={"body": "hello"}).status_code == 502
    assert fake.comments_of(7) == []


def test_an_answer_can_be_lost_after_the_work_was_done(fake: FakeGitHub) -> None:
    fake.fail(None, method="POST", done=True)

    with pytest.raises(httpx.TransportError):
        ask(fake, "POST", COMMENTS, json={"body": "hello"})

    assert [each["body"] for each in fake.comments_of(7)] == ["hello"]


def test_it_runs_as_a_process_that_says_how_to_reach_it() -> None:
    environ = {**os.environ, "PYTHONPATH": str(TESTS)}
    command = [sys.executable, "-m", "support.fake_github", "--pull", "9", "--head", "c0ffee"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(4)]
        said = dict(line.removeprefix("export ").strip().split("=", 1) for line in lines)
        headers = {"Authorization": f"Bearer {said['GITHUB_TOKEN']}"}
        answer = httpx.get(f"{said['GITHUB_API_URL']}/repos/{said['GITHUB_REPOSITORY']}/pulls/9", headers=headers)
        process.terminate()

    assert answer.json()["head"]["sha"] == "c0ffee"


def test_issues_are_listed_with_pull_requests_the_newest_first(fake: FakeGitHub) -> None:
    made = ask(fake, "POST", f"{REPOSITORY}/issues", json={"title": "Drift", "body": "one"})
    one = f"{REPOSITORY}/issues/{made.json()['number']}"
    listed = ask(fake, "GET", f"{REPOSITORY}/issues").json()
    closed = ask(fake, "PATCH", one, json={"state": "closed", "state_reason": "completed"}).json()

    assert made.status_code == 201
    assert [("pull_request" in each, each["number"]) for each in listed] == [(False, 8), (True, 7)]
    assert (closed["state"], closed["state_reason"]) == ("closed", "completed")
    assert [each["number"] for each in ask(fake, "GET", f"{REPOSITORY}/issues?state=closed").json()] == [8]
    assert ask(fake, "PATCH", one, json={"state": "gone"}).status_code == 422
    assert ask(fake, "POST", f"{REPOSITORY}/issues", json={"title": "x", "body": "x" * 65_537}).status_code == 422


def test_a_deployment_waits_for_checks_unless_told_otherwise(fake: FakeGitHub) -> None:
    body = {"ref": "c0ffee", "environment": "prod"}

    refused = ask(fake, "POST", f"{REPOSITORY}/deployments", json=body)
    made = ask(fake, "POST", f"{REPOSITORY}/deployments", json={**body, "required_contexts": []})

    assert (refused.status_code, made.status_code) == (409, 201)
    listed = ask(fake, "GET", f"{REPOSITORY}/deployments?environment=prod&sha=c0ffee").json()
    assert [each["id"] for each in listed] == [made.json()["id"]]
    assert ask(fake, "GET", f"{REPOSITORY}/deployments?environment=dev").json() == []


def test_a_success_puts_the_one_before_out_of_use(fake: FakeGitHub) -> None:
    first, second = fake.start_job("prod", "one"), fake.start_job("prod", "two")
    for each in (first, second):
        ask(fake, "POST", f"{REPOSITORY}/deployments/{each}/statuses", json={"state": "success"})

    states = [
        [status["state"] for status in ask(fake, "GET", f"{REPOSITORY}/deployments/{each}/statuses").json()]
        for each in (first, second)
    ]

    assert states == [["inactive", "success"], ["success"]]


@pytest.mark.parametrize("status", [{"state": "done"}, {"state": "success", "description": "x" * 141}])
def test_a_status_that_github_does_not_know_is_refused(fake: FakeGitHub, status: dict[str, str]) -> None:
    made = fake.start_job("prod", "one")

    answer = ask(fake, "POST", f"{REPOSITORY}/deployments/{made}/statuses", json=status)

    assert answer.status_code == 422
    assert fake.deployments()[0]["statuses"] == []


def test_an_environment_shows_its_protection_as_rules(fake: FakeGitHub) -> None:
    body = {
        "wait_timer": 30,
        "prevent_self_review": True,
        "reviewers": [{"type": "User", "id": 1}, {"type": "Team", "id": 11}],
        "deployment_branch_policy": {"protected_branches": False, "custom_branch_policies": True},
    }

    put = ask(fake, "PUT", f"{REPOSITORY}/environments/prod", token=fake.admin_token, json=body)

    rules = {rule["type"]: rule for rule in put.json()["protection_rules"]}
    assert rules["wait_timer"]["wait_timer"] == 30
    assert rules["required_reviewers"]["prevent_self_review"] is True
    assert rules["required_reviewers"]["reviewers"] == [
        {"type": "User", "reviewer": {"id": 1, "login": "mona"}},
        {"type": "Team", "reviewer": {"id": 11, "slug": "platform"}},
    ]
    assert ask(fake, "GET", f"{REPOSITORY}/environments/prod").json() == put.json()
    assert ask(fake, "GET", f"{REPOSITORY}/environments").json()["total_count"] == 1


@pytest.mark.parametrize(
    "body",
    [
        {"reviewers": [{"type": "User", "id": 404}]},
        {"reviewers": [{"type": "User", "id": 1}] * 7},
        {"deployment_branch_policy": {"protected_branches": True, "custom_branch_policies": True}},
    ],
)
def test_a_protection_that_makes_no_sense_is_refused(fake: FakeGitHub, body: dict[str, object]) -> None:
    answer = ask(fake, "PUT", f"{REPOSITORY}/environments/prod", token=fake.admin_token, json=body)

    assert answer.status_code == 422
    assert fake.state.environments == {}


def test_reviewers_of_a_private_repository_take_the_plan_for_it(fake: FakeGitHub) -> None:
    fake.state.plan = "team"
    reviewed = {"reviewers": None}

    refused = ask(fake, "PUT", f"{REPOSITORY}/environments/prod", token=fake.admin_token, json=reviewed)
    fake.state.private = False
    taken = ask(fake, "PUT", f"{REPOSITORY}/environments/prod", token=fake.admin_token, json=reviewed)

    assert (refused.status_code, taken.status_code) == (422, 200)
    assert "Please ensure the billing plan supports the required reviewers" in refused.json()["message"]


def test_the_token_of_a_job_may_look_at_environments_and_no_more(fake: FakeGitHub) -> None:
    fake.state.add_environment("prod")

    assert ask(fake, "GET", f"{REPOSITORY}/environments/prod").status_code == 200
    assert ask(fake, "PUT", f"{REPOSITORY}/environments/prod", json={}).status_code == 403
    assert ask(fake, "GET", f"{REPOSITORY}/environments/prod/variables").status_code == 403


def test_branch_patterns_need_a_policy_that_takes_them(fake: FakeGitHub) -> None:
    fake.state.add_environment("prod")
    policies = f"{REPOSITORY}/environments/prod/deployment-branch-policies"

    without = ask(fake, "POST", policies, token=fake.admin_token, json={"name": "main"})
    fake.environment("prod")["policy"] = {"protected_branches": False, "custom_branch_policies": True}
    made = ask(fake, "POST", policies, token=fake.admin_token, json={"name": "main"})
    again = ask(fake, "POST", policies, token=fake.admin_token, json={"name": "main"})
    deleted = ask(fake, "DELETE", f"{policies}/{made.json()['id']}", token=fake.admin_token)

    assert [each.status_code for each in (without, made, again, deleted)] == [404, 200, 303, 204]
    assert ask(fake, "DELETE", f"{policies}/{made.json()['id']}", token=fake.admin_token).status_code == 404


def test_variables_have_upper_case_names_and_are_made_once(fake: FakeGitHub) -> None:
    fake.state.add_environment("prod")
    variables = f"{REPOSITORY}/environments/prod/variables"

    made = ask(fake, "POST", variables, token=fake.admin_token, json={"name": "zone", "value": "1"})
    again = ask(fake, "POST", variables, token=fake.admin_token, json={"name": "ZONE", "value": "2"})
    changed = ask(fake, "PATCH", f"{variables}/ZONE", token=fake.admin_token, json={"value": "3"})

    assert [each.status_code for each in (made, again, changed)] == [201, 409, 204]
    assert ask(fake, "GET", f"{variables}/zone", token=fake.admin_token).json() == {"name": "ZONE", "value": "3"}
    assert ask(fake, "GET", f"{variables}/OTHER", token=fake.admin_token).status_code == 404
    assert ask(fake, "PATCH", f"{variables}/OTHER", token=fake.admin_token, json={"value": ""}).status_code == 404


def test_the_form_of_subjects_is_read_with_its_beginning_and_set(fake: FakeGitHub) -> None:
    path = f"{REPOSITORY}/actions/oidc/customization/sub"

    before = ask(fake, "GET", path).json()
    put = ask(fake, "PUT", path, token=fake.admin_token, json={"use_default": True, "use_immutable_subject": True})

    assert before["sub_claim_prefix"] == "repo:octo-org/models"
    assert put.status_code == 201
    assert ask(fake, "GET", path).json()["sub_claim_prefix"] == "repo:octo-org@123456/models@456789"
