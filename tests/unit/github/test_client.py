from __future__ import annotations

import logging
import socket
from collections.abc import Callable

import httpx
import pytest
from support.fake_github import FakeGitHub
from support.patience import Patience

from windlass.errors import ExitCode
from windlass.errors.github import (
    GitHubDeniedError,
    GitHubFailedError,
    GitHubNotFoundError,
    GitHubRateLimitedError,
    GitHubRequestError,
    GitHubUnreachableError,
    NotSignedInToGitHubError,
)
from windlass.github.access import Access
from windlass.github.client import API_VERSION, ATTEMPTS, Client, path_of
from windlass.github.models import Call, Need

CALL = Call("read it", Need("issues", "read"))
COMMENTS = "/repos/octo-org/models/issues/7/comments"
PULL = "/repos/octo-org/models/pulls/7"


def scripted(patience: Patience, respond: Callable[[httpx.Request], httpx.Response]) -> Client:
    access = Access("octo-org/models", "ghs_secret", "https://api.github.com", "https://api.github.com/graphql")
    return Client(access, sleep=patience.sleep, clock=patience.clock, transport=httpx.MockTransport(respond))


def test_every_request_says_who_asks_and_which_version_is_spoken(patience: Patience) -> None:
    seen: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={})

    scripted(patience, respond).get("/x", CALL)

    headers = seen[0].headers
    assert headers["authorization"] == "Bearer ghs_secret"
    assert headers["x-github-api-version"] == API_VERSION
    assert headers["accept"] == "application/vnd.github+json"
    assert headers["user-agent"] == "windlass"


@pytest.mark.parametrize("count", [0, 1, 100, 101, 250])
def test_a_list_is_read_to_its_last_page(fake: FakeGitHub, client: Client, count: int) -> None:
    for number in range(count):
        fake.comment(7, f"remark {number}")

    bodies = [each["body"] for each in client.pages(COMMENTS, CALL)]

    assert bodies == [f"remark {number}" for number in range(count)]
    assert len(fake.requests) == max(1, -(-count // 100))


def test_a_link_to_another_host_is_not_followed_with_the_token(patience: Patience) -> None:
    seen: list[str] = []

    def respond(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.host)
        return httpx.Response(200, json=[1], headers={"link": '<https://evil.example/2>; rel="next"'})

    with pytest.raises(GitHubRequestError, match=r"another host, evil\.example"):
        list(scripted(patience, respond).pages("/x", CALL))

    assert seen == ["api.github.com"]


def test_a_failure_that_passes_is_waited_out(fake: FakeGitHub, client: Client, patience: Patience) -> None:
    fake.fail(502, times=2)
    fake.fail(None, times=1)

    assert client.get(PULL, CALL)["number"] == 7
    assert patience.slept == [1.0, 2.0, 4.0]


def test_a_failure_that_stays_is_githubs(fake: FakeGitHub, client: Client) -> None:
    fake.fail(503, times=100)

    with pytest.raises(GitHubFailedError, match=r"GitHub failed to read it \(HTTP 503\)") as raised:
        client.get(PULL, CALL)

    assert raised.value.exit_code == ExitCode.AZURE_FAILED
    assert len(fake.requests) == ATTEMPTS


def test_what_makes_something_is_sent_once_when_nobody_knows_whether_it_was_done(
    fake: FakeGitHub, client: Client, patience: Patience
) -> None:
    fake.fail(None, done=True)

    with pytest.raises(GitHubUnreachableError):
        client.post(COMMENTS, {"body": "hello"}, CALL)

    assert [each["body"] for each in fake.comments_of(7)] == ["hello"]
    assert patience.slept == []


def test_what_makes_something_is_sent_again_where_it_cannot_have_arrived(patience: Patience) -> None:
    tries: list[str] = []

    def respond(request: httpx.Request) -> httpx.Response:
        tries.append(request.method)
        if len(tries) < 3:
            raise httpx.ConnectError("refused", request=request)
        return httpx.Response(201, json={"id": 1})

    assert scripted(patience, respond).post("/x", {}, CALL) == {"id": 1}
    assert len(tries) == 3


def test_what_was_refused_for_a_rate_limit_is_sent_again(fake: FakeGitHub, client: Client, patience: Patience) -> None:
    fake.limit_secondary(retry_after=45, method="POST")
    fake.limit(seconds=300, method="POST")

    client.post(COMMENTS, {"body": "hello"}, CALL)

    assert [each["body"] for each in fake.comments_of(7)] == ["hello"]
    assert patience.slept == [45.0, 300 - 45 + 1.0]


def test_a_secondary_limit_without_a_time_is_waited_out_longer_and_longer(
    fake: FakeGitHub, client: Client, patience: Patience
) -> None:
    fake.limit_secondary(times=3)

    client.get(PULL, CALL)

    assert patience.slept == [60.0, 120.0, 240.0]


def test_a_limit_that_lasts_longer_than_we_wait_is_said_with_its_end(
    fake: FakeGitHub, client: Client, patience: Patience
) -> None:
    fake.limit(seconds=3000, times=100)

    with pytest.raises(GitHubRateLimitedError, match="again in 50 minutes") as raised:
        client.get(PULL, CALL)

    assert raised.value.exit_code == ExitCode.AZURE_FAILED
    assert patience.slept == []


def test_a_limit_that_does_not_end_is_given_up(fake: FakeGitHub, client: Client) -> None:
    fake.limit_secondary(times=100, status=429)

    with pytest.raises(GitHubRateLimitedError):
        client.get(PULL, CALL)

    assert len(fake.requests) == ATTEMPTS


def test_a_token_that_github_does_not_know_is_said(connect_client: Callable[[str], Client]) -> None:
    with pytest.raises(NotSignedInToGitHubError, match="GitHub does not accept the token"):
        connect_client("ghs_gone").get(PULL, CALL)


def test_a_token_without_the_permission_is_told_which(
    fake: FakeGitHub, connect_client: Callable[[str], Client]
) -> None:
    client = connect_client(fake.token(contents="read"))

    with pytest.raises(GitHubDeniedError, match="`issues: read`") as raised:
        client.get(PULL, CALL)

    assert "message: Resource not accessible by integration" in raised.value.details
    assert "x-accepted-github-permissions: pull_requests=read" in raised.value.details


def test_what_is_not_there_may_be_asked_for(client: Client) -> None:
    assert client.find("/repos/octo-org/models/pulls/8", CALL) is None
    with pytest.raises(GitHubNotFoundError, match="could not read it"):
        client.get("/repos/octo-org/models/pulls/8", CALL)


def test_to_delete_what_is_gone_is_no_error(client: Client) -> None:
    client.delete("/repos/octo-org/models/issues/comments/1", CALL)


def test_an_answer_that_is_no_json_is_not_githubs(patience: Patience) -> None:
    client = scripted(patience, lambda _: httpx.Response(200, text="<html>sign in to the hotel</html>"))

    with pytest.raises(GitHubRequestError, match="GITHUB_API_URL"):
        client.get("/x", CALL)


def test_a_question_without_an_answer_is_refused(client: Client) -> None:
    with pytest.raises(GitHubRequestError, match="read it"):
        client.ask("query { rateLimit { cost } }", CALL)


def test_nobody_listening_is_unreachable(patience: Patience) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
        client = Client(Access("a/b", "ghs_secret", address), sleep=patience.sleep, clock=patience.clock)

        with pytest.raises(GitHubUnreachableError, match=r"no answer from GitHub \(127\.0\.0\.1:\d+\)"):
            client.get("/x", CALL)

    client.close()
    assert patience.slept == [1.0, 2.0, 4.0, 8.0]


def test_a_slash_in_a_name_separates_nothing() -> None:
    assert path_of("a/b", "environments", "team/prod", "variables") == "/repos/a/b/environments/team%2Fprod/variables"


@pytest.mark.parametrize("status", [401, 403, 404, 422, 502])
def test_the_token_shows_nowhere(patience: Patience, caplog: pytest.LogCaptureFixture, status: int) -> None:
    caplog.set_level(logging.DEBUG)
    client = scripted(patience, lambda _: httpx.Response(status, json={"message": "no"}))

    with pytest.raises(Exception, match="read it") as raised:
        client.get("/x", CALL)

    error = raised.value
    shown = [repr(client), repr(error), str(error), *getattr(error, "details", ()), caplog.text]
    assert "ghs_secret" not in " ".join([*shown, repr(error.__cause__), repr(error.__context__)])
