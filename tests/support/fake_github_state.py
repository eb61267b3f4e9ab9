"""What there is in the repository of the fake GitHub, in the form in which GitHub's REST API shows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Json = Any
_OWNER_ID = 123456
_REPOSITORY_ID = 456789
_BOT_TYPES = {True: "Bot", False: "User"}


class State:
    """One repository.

    Attributes:
        issues: Issues and pull requests by number; a pull request has the key `pull_request`, as in REST.
        comments: By id; `issue` is the number that they belong to (not shown to clients).
        commits: By SHA, the numbers of the pull requests that they came by.
        environments: By name, with `branches` and `variables` (not shown in the environment itself).
        plan: What the owner pays for; reviewers on a private repository need "enterprise".
        checks_pending: Whether the checks of every commit are still running, as they are within a job.
    """

    def __init__(self, owner: str, name: str) -> None:
        self.owner = owner
        self.name = name
        self.id = _REPOSITORY_ID
        self.owner_id = _OWNER_ID
        self.private = True
        self.plan = "enterprise"
        self.checks_pending = True
        self.created = "2026-01-05T09:00:00Z"
        self.subject: Json = {"use_default": True, "use_immutable_subject": False}
        self.issues: dict[int, Json] = {}
        self.pulls: dict[int, Json] = {}
        self.comments: dict[int, Json] = {}
        self.commits: dict[str, list[int]] = {}
        self.deployments: dict[int, Json] = {}
        self.environments: dict[str, Json] = {}
        self.users = {"mona": 1, "hubot": 2}
        self.teams = {"platform": 11, "owners-of-models": 12}
        self._ids = iter(range(1001, 10_000_000))

    @property
    def full_name(self) -> str:
        return f"{self.owner}/{self.name}"

    def next_id(self) -> int:
        return next(self._ids)

    def user(self, login: str) -> Json:
        """An account as REST shows the author of a thing."""
        return {
            "login": login,
            "id": self.users.setdefault(login, len(self.users) + 1),
            "type": _BOT_TYPES[login.endswith("[bot]")],
        }

    def add_pull(self, number: int, *, head: str, labels: Sequence[str], merged: bool, fork: bool, base: str) -> None:
        self.add_issue("mona", f"Change {number}", "", labels, number=number)
        self.issues[number]["pull_request"] = {"url": f"/repos/{self.full_name}/pulls/{number}"}
        source = f"stranger/{self.name}" if fork else self.full_name
        self.pulls[number] = {
            "merged_at": "2026-08-01T10:00:00Z" if merged else None,
            "head": {"sha": head, "ref": f"change-{number}", "repo": {"full_name": source, "fork": fork}},
            "base": {"ref": base, "repo": {"full_name": self.full_name, "fork": False, "default_branch": "main"}},
        }

    def pull(self, number: int, *, listed: bool) -> Json:
        """A pull request; in a list it has no `merged`."""
        issue = self.issues[number]
        shown = {key: issue[key] for key in ("number", "title", "body", "state", "labels", "user", "html_url")}
        own = self.pulls[number]
        return {**shown, **own} if listed else {**shown, **own, "merged": bool(own["merged_at"])}

    def add_issue(self, login: str, title: str, body: str, labels: Sequence[str], *, number: int | None = None) -> Json:
        number = number or max(self.issues, default=0) + 1
        self.issues[number] = {
            "id": self.next_id(),
            "number": number,
            "title": title,
            "body": body,
            "state": "open",
            "state_reason": None,
            "user": self.user(login),
            "labels": [{"name": each} for each in labels],
            "html_url": f"https://github.com/{self.full_name}/issues/{number}",
        }
        return self.issues[number]

    def add_comment(self, number: int, login: str, body: str) -> Json:
        made = self.next_id()
        self.comments[made] = {
            "id": made,
            "issue": number,
            "body": body,
            "user": self.user(login),
            "html_url": f"https://github.com/{self.full_name}/pull/{number}#issuecomment-{made}",
            "minimized": None,
        }
        return self.comments[made]

    def add_deployment(self, login: str, ref: str, environment: str, description: str | None = None) -> Json:
        made = self.next_id()
        self.deployments[made] = {
            "id": made,
            "sha": ref,
            "ref": ref,
            "task": "deploy",
            "environment": environment,
            "description": description,
            "creator": self.user(login),
            "statuses": [],
        }
        return self.deployments[made]

    def add_environment(self, name: str) -> Json:
        """The environment of a name, made without protection when there is none."""
        return self.environments.setdefault(
            name,
            {
                "id": self.next_id(),
                "name": name,
                "policy": None,
                "branches": {},
                "reviewers": [],
                "prevent_self_review": False,
                "wait_timer": 0,
                "can_admins_bypass": True,
                "variables": {},
            },
        )
