"""A project on GitHub in small: a repository with stacks on "Azure", its API, and a runner for its workflows.

The stack files under git are those of stacks on Azure, with a subscription filled in. Where a job signs in, its
working copy gets what these stacks are on the local Azure (as a rehearsal has them), so that everything from there on
is the real thing.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from support.checkout import Checkout
from support.fake_github import FakeGitHub, serving
from support.workflow import Event, Run, Runner
from support.workflow_artifacts import Artifacts
from windlass.project.rehearsal import rehearsed

SUBSCRIPTION, TENANT = "0b1e5500-0000-4000-8000-000000000001", "0b1e5500-0000-4000-8000-000000000002"
VARIABLES = {
    "AZURE_CLIENT_ID": "0b1e5500-0000-4000-8000-000000000003",
    "AZURE_TENANT_ID": TENANT,
    "AZURE_SUBSCRIPTION_ID": SUBSCRIPTION,
    "PULUMI_BACKEND_URL": "azblob://state?storage_account=none",
    "WINDLASS_FROM_BACKEND_URL": "",
}
_WORDS = ("-c", "user.name=Mona", "-c", "user.email=mona@example.com", "-c", "commit.gpgsign=false")
_yaml = YAML()


@dataclass
class Project:
    """The repository, its stacks and its GitHub.

    Attributes:
        checkout: Where its jobs run, beside a local Azure.
        github: Its pull requests, comments, issues.
        runner: Runs its workflows.
        stacks: Those whose subscription is filled in.
        secrets: Encrypted configuration that the stacks have, by stack: what `pulumi config set --secret` wrote.
    """

    checkout: Checkout
    github: FakeGitHub
    runner: Runner
    stacks: Sequence[str]
    secrets: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def root(self) -> Path:
        """The working copy."""
        return self.checkout.root

    def commit(self, message: str, *, parents: Sequence[str] = ()) -> str:
        """Commit all that was changed, on top of the last commit or of those that are named."""
        self.git("add", "--all")
        if not parents:
            self.git("commit", "--quiet", "--message", message)
            return self.git("rev-parse", "HEAD")
        tree = self.git("write-tree")
        named = [word for parent in parents for word in ("-p", parent)]
        return self.git("commit-tree", tree, *named, "-m", message)

    def edit(self, path: str, old: str, new: str) -> None:
        """Change one place of a file."""
        file = self.root / path
        before = file.read_text(encoding="utf-8")
        assert before.count(old) == 1, f"{path} holds {old!r} {before.count(old)} times"
        file.write_text(before.replace(old, new), encoding="utf-8")

    def checked_out(self, commit: str) -> None:
        """Put the working copy back to a commit."""
        self.git("checkout", "--quiet", "--force", "--detach", commit)

    def push(self, number: int, base: str, head: str) -> Event:
        """Somebody pushed to a pull request: what GitHub checks out is the merge of both."""
        self.checked_out(head)
        merge = self.commit("Merge", parents=(base, head))
        repository = {"full_name": f"{self.github.owner}/{self.github.name}"}
        pull = {"number": number, "head": {"sha": head, "repo": repository}, "base": {"sha": base}}
        return Event("pull_request", merge, {"action": "synchronize", "number": number, "pull_request": pull})

    def merged(self, before: str, commit: str, *pulls: int) -> Event:
        """Something came to main, by these pull requests."""
        self.github.add_commit(commit, *pulls)
        return Event("push", commit, {"before": before})

    def by_hand(self, commit: str, **inputs: str) -> Event:
        """Somebody filled in the form of a workflow."""
        return Event("workflow_dispatch", commit, {"inputs": inputs}, inputs)

    def run(self, workflow: str, event: Event) -> Run:
        """Run a workflow."""
        return self.runner.run(workflow, event)

    def everything_public(self, run: Run) -> str:
        """What anybody who may read the repository can read of it: logs, summaries, comments, issues, reports."""
        kept = [file.read_text(encoding="utf-8") for file in self.runner.artifacts.files("re*")]
        comments = [each["body"] for each in self.github.state.comments.values()]
        issues = [str(each.get("body")) for each in self.github.issues()]
        return "\n".join((run.said, *kept, *comments, *issues))

    def sign_in(self) -> None:
        """Give the working copy the stacks as they are on the local Azure."""
        for stack in self.stacks:
            file = self.root / f"Pulumi.{stack}.yaml"
            local = rehearsed(stack, _yaml.load(file.read_text(encoding="utf-8")))
            secrets = self.secrets.get(stack, {})
            local["encryptionsalt"] = secrets.get("encryptionsalt", "")
            local["config"].update(secrets.get("config", {}))
            with file.open("w", encoding="utf-8") as target:
                _yaml.dump(local, target)

    def make_stack(self, stack: str, secrets: Mapping[str, str]) -> None:
        """Make a stack in the state folder of the local Azure, with configuration that is encrypted."""
        self.sign_in()
        self.checkout.run(f"pulumi stack init {stack} --non-interactive").ok()
        for name, value in secrets.items():
            self.checkout.run(f"pulumi config set -s {stack} --secret {name} {value}").ok()
        made = _yaml.load((self.root / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8"))
        config = {name: made["config"][name] for name in secrets}
        self.secrets[stack] = {"encryptionsalt": made["encryptionsalt"], "config": config}
        self.git("checkout", "--quiet", "--force", ".")

    def git(self, *words: str) -> str:
        """Run git in the working copy."""
        done = subprocess.run(["git", *_WORDS, *words], cwd=self.root, check=True, capture_output=True, text=True)
        return done.stdout.strip()


@contextmanager
def project(folder: Path, stacks: Sequence[str], *, private: bool = True) -> Iterator[Project]:
    """A project whose stacks are not applied yet; its local Azure runs until the block ends.

    All its stacks are made as dev is, which is the smallest: what the others have more is for other tests.
    """
    checkout = Checkout.make(folder / "checkout")
    github = FakeGitHub()
    with serving(github):
        made = Project(checkout, github, _runner(checkout, github, folder, private), stacks)
        made.runner.sign_in = made.sign_in
        _fill_in(checkout.root, stacks)
        made.git("init", "--quiet", "--initial-branch", "main")
        made.commit("Start")
        checkout.azure_up()
        try:
            yield made
        finally:
            checkout.azure_down()


def _runner(checkout: Checkout, github: FakeGitHub, folder: Path, private: bool) -> Runner:  # noqa: FBT001
    def token(permissions: Mapping[str, str]) -> str:
        return github.token(**{scope.replace("-", "_"): access for scope, access in permissions.items()})

    return Runner(checkout, Artifacts(folder / "artifacts"), github.environ(), token, _Variables(), private=private)


class _Variables(dict[str, Mapping[str, str]]):
    """Every environment has the variables that bootstrap gives it."""

    def __missing__(self, name: str) -> Mapping[str, str]:
        return VARIABLES


def _fill_in(root: Path, stacks: Sequence[str]) -> None:
    template = (root / "Pulumi.dev.yaml").read_text(encoding="utf-8")
    filled = template.replace("<subscription>", SUBSCRIPTION).replace("<tenant>", TENANT)
    assert len(re.findall(SUBSCRIPTION, filled)) == 1
    # Whether a budget holds is for other tests: here nobody has to say yes to a stack as it is.
    filled = filled.replace("monthly: 100\n", "monthly: 5000\n")
    for stack in stacks:
        (root / f"Pulumi.{stack}.yaml").write_text(filled, encoding="utf-8")
