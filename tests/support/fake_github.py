"""GitHub's API in small: one repository with state, behind a real HTTP server on this machine.

In a test:

    fake = FakeGitHub()
    fake.add_pull(7, head="c0ffee")
    with serving(fake) as url:
        ...  # GITHUB_API_URL=url, GITHUB_TOKEN=fake.job_token
    assert len(fake.comments_of(7)) == 1

As a process: `PYTHONPATH=tests python -m support.fake_github --pull 7`; it prints the variables to export and runs
until it is ended. It says no to everything that it does not know (404), to tokens without the permission (403) and to
texts that GitHub would refuse (422), and it forgets nothing: what is left in it is what a reader would see.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from support import fake_github_environments, fake_github_routes
from support.fake_github_http import (
    Account,
    Json,
    RefusedError,
    Reply,
    Request,
    bad_credentials,
    not_found,
    primary_limit,
    refusal,
    secondary_limit,
)
from support.fake_github_routing import route
from support.fake_github_state import State

# These two say by themselves which requests they answer.
__all__ = ["FakeGitHub", "fake_github_environments", "fake_github_routes", "serving"]

JOB = "github-actions[bot]"
# What a job is given when its workflow asks for nothing else than what our own jobs ask for.
JOB_PERMISSIONS = {
    "contents": "read",
    "pull_requests": "write",
    "issues": "write",
    "deployments": "write",
    "actions": "read",
}
ADMIN_TOKEN = "ghp_" + "a" * 36
JOB_TOKEN = "ghs_" + "j" * 36
_VERSIONS = ("2022-11-28", "2026-03-10")


@dataclass
class Fault:
    """Goes wrong instead of answering, or after having done it.

    Attributes:
        reply: What the client gets; None breaks the connection off.
        times: How many matching requests it still meets.
        matches: Which requests.
        done: The request is carried out before, and only its answer is lost.
    """

    reply: Reply | None
    times: int = 1
    matches: Callable[[Request], bool] = lambda _: True
    done: bool = False


@dataclass
class FakeGitHub:
    """A repository and those who may reach it.

    Attributes:
        state: What there is: pull requests, comments, issues, environments, ...
        accounts: The tokens that are known.
        requests: What was asked, in order: method and path.
        now: Seconds since 1970, for rate limits.
    """

    owner: str = "octo-org"
    name: str = "models"
    accounts: dict[str, Account] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    now: float = 1_780_000_000.0
    url: str = ""

    def __post_init__(self) -> None:
        self.state = State(self.owner, self.name)
        self.job_token = JOB_TOKEN
        self.admin_token = ADMIN_TOKEN
        self.accounts.setdefault(JOB_TOKEN, Account(JOB, JOB_PERMISSIONS))
        self.accounts.setdefault(ADMIN_TOKEN, Account("mona", {"*": "write"}, "personal access token"))
        self._lock = threading.Lock()
        self._interruptions: list[tuple[Callable[[Request], bool], Callable[[], object]]] = []
        self._meeting: tuple[threading.Barrier, Callable[[Request], bool]] | None = None
        self._met = 0

    # What a test arranges.

    def token(self, login: str = JOB, **permissions: str) -> str:
        """Make a token with these permissions and no others; one with "[bot]" is a job's or an app's."""
        made = f"{'ghs' if login.endswith('[bot]') else 'github_pat'}_{len(self.accounts):036d}"
        kind = "integration" if login.endswith("[bot]") else "personal access token"
        self.accounts[made] = Account(login, permissions, kind)  # type: ignore[arg-type]  # one of two
        return made

    def environ(self, token: str | None = None) -> dict[str, str]:
        """The variables with which a command reaches this repository."""
        return {
            "GITHUB_API_URL": self.url,
            "GITHUB_GRAPHQL_URL": f"{self.url}/graphql",
            "GITHUB_REPOSITORY": f"{self.owner}/{self.name}",
            "GITHUB_TOKEN": token or self.job_token,
        }

    def add_pull(
        self,
        number: int,
        *,
        head: str = "",
        labels: Sequence[str] = (),
        merged: bool = False,
        fork: bool = False,
        base: str = "main",
    ) -> None:
        """Open a pull request, or have it merged."""
        self.state.add_pull(number, head=head, labels=labels, merged=merged, fork=fork, base=base)

    def add_commit(self, sha: str, *pulls: int) -> None:
        """Say which pull requests a commit came by."""
        self.state.commits[sha] = list(pulls)

    def start_job(self, environment: str, commit: str) -> int:
        """Make the deployment that GitHub makes for a job with an environment; returns its id."""
        self.state.add_environment(environment)
        return int(self.state.add_deployment(JOB, commit, environment)["id"])

    def set_labels(self, number: int, *labels: str) -> None:
        """Give a pull request or an issue these labels and no others."""
        self.state.issues[number]["labels"] = [{"name": each} for each in labels]

    def comment(self, number: int, body: str, *, login: str = "mona") -> int:
        """Let somebody comment; returns the comment's id."""
        return int(self.state.add_comment(number, login, body)["id"])

    def hide(self, comment: int) -> None:
        """Let somebody minimise a comment."""
        self.state.comments[comment]["minimized"] = {"reason": "resolved"}

    def before(self, method: str, act: Callable[[], object], *, times: int = 1) -> None:
        """Let something happen just before requests of this method are answered."""
        self._interruptions.extend([(lambda request: request.method == method, act)] * times)

    def meet(self, barrier: threading.Barrier, matches: Callable[[Request], bool]) -> threading.Barrier:
        """Hold the answers of the first matching requests back until as many came as the barrier is for."""
        self._meeting = (barrier, matches)
        return barrier

    def fail(
        self,
        status: int | None = 502,
        *,
        times: int = 1,
        method: str = "",
        path: str = "",
        done: bool = False,
    ) -> None:
        """Let the next matching requests fail; None breaks the connection off."""
        reply = None if status is None else Reply(status, b"<html>Unicorn!</html>", {"Content-Type": "text/html"})
        self._fault(reply, times, method, path, done=done)

    def limit(self, *, seconds: int, times: int = 1, method: str = "", path: str = "") -> None:
        """Say to the next requests that the hour's requests are used up, until some seconds from now."""
        self._fault(primary_limit("installation ID 4711", int(self.now) + seconds), times, method, path)

    def limit_secondary(
        self, *, retry_after: int | None = None, status: int = 403, times: int = 1, method: str = "", path: str = ""
    ) -> None:
        """Say to the next requests that they come too fast."""
        self._fault(secondary_limit(retry_after, status), times, method, path)

    def _fault(self, reply: Reply | None, times: int, method: str, path: str, *, done: bool = False) -> None:
        def matches(request: Request) -> bool:
            return (not method or request.method == method) and path in request.path

        self.faults.append(Fault(reply, times, matches, done))

    # What a test looks at.

    def comments_of(self, number: int) -> list[Json]:
        """All comments of a pull request or an issue, oldest first."""
        return [each for each in self.state.comments.values() if each["issue"] == number]

    def bodies_of(self, number: int, login: str = JOB) -> list[str]:
        """What somebody says in the comments of a pull request."""
        return [each["body"] for each in self.comments_of(number) if each["user"]["login"] == login]

    def issues(self) -> list[Json]:
        """All issues that are no pull requests."""
        return [each for each in self.state.issues.values() if "pull_request" not in each]

    def environment(self, name: str) -> Json:
        """An environment with its protection, branch patterns and variables."""
        return self.state.environments[name]

    def deployments(self) -> list[Json]:
        """All deployments with their statuses, oldest first."""
        return list(self.state.deployments.values())

    # What it answers.

    def answer(self, request: Request) -> Reply | None:
        """Answer a request; None breaks the connection off."""
        reply = self._answer_alone(request)
        if self._meeting is not None and self._meeting[1](request):
            self._wait_for_others(self._meeting[0])
        return reply

    def _wait_for_others(self, barrier: threading.Barrier) -> None:
        with self._lock:
            self._met += 1
            late = self._met > barrier.parties
        if not late:
            barrier.wait(timeout=30)

    def _answer_alone(self, request: Request) -> Reply | None:
        with self._lock:
            self._interrupt(request)
            self.requests.append(f"{request.method} {request.path}")
            fault = self._next_fault(request)
            if fault is not None and not fault.done:
                return fault.reply
            try:
                reply = self._answer(request)
            except RefusedError as refused:
                reply = refused.reply
            return reply if fault is None else fault.reply

    def _interrupt(self, request: Request) -> None:
        for index, (matches, act) in enumerate(self._interruptions):
            if matches(request):
                del self._interruptions[index]
                act()
                return

    def _next_fault(self, request: Request) -> Fault | None:
        for fault in self.faults:
            if fault.times > 0 and fault.matches(request):
                fault.times -= 1
                return fault
        return None

    def _answer(self, request: Request) -> Reply:
        if not request.headers.get("user-agent"):
            return refusal(403, "Request forbidden by administrative rules.")
        version = request.headers.get("x-github-api-version", _VERSIONS[0])
        if version not in _VERSIONS:
            return refusal(400, f"The API version {version} is not supported.")
        account = self.accounts.get(request.token)
        if account is None:
            raise bad_credentials() if request.token else not_found()
        return route(self.state, account, request)


@contextmanager
def serving(fake: FakeGitHub) -> Iterator[str]:
    """Listen on a free port of this machine for as long as the test goes on; gives the address."""

    class Handler(_Handler):
        answers = fake

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    fake.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield fake.url
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    """Reads a request, asks the fake, writes the reply."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body leave together, else each answer waits 40 ms for an acknowledgement
    disable_nagle_algorithm = True
    answers: FakeGitHub

    def _serve(self) -> None:
        reply = self.answers.answer(self._request())
        if reply is None:
            self.close_connection = True
            return
        content = reply.content
        self.send_response(reply.status)
        headers: Mapping[str, str] = {"Content-Type": "application/json; charset=utf-8", **reply.headers}
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("X-GitHub-Request-Id", f"FAKE:{len(self.answers.requests):04d}")
        if reply.status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if reply.status != 204:
            self.wfile.write(content)

    def _request(self) -> Request:
        parts = urlsplit(self.path)
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        return Request(
            base=self.answers.url,
            method=self.command,
            path=parts.path,
            query=dict(parse_qsl(parts.query)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=json.loads(sent) if sent else None,
        )

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - http.server's names

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        """Say nothing: the fake remembers its requests."""


def main() -> None:
    """Run until ended, with one pull request."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pull", type=int, default=1, help="number of the pull request that is open")
    parser.add_argument("--head", default="0" * 40, help="commit of its branch")
    options = parser.parse_args()
    fake = FakeGitHub()
    fake.add_pull(options.pull, head=options.head)
    with serving(fake):
        for name, value in fake.environ().items():
            sys.stdout.write(f"export {name}={value}\n")
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main()
