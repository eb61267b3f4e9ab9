"""What a pull request meets: the very lines of `check` and `preview`, with the real engine on the local Azure."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from support.github_project import Project, project
from support.workflow import Event, Run

PULL = 7
LIMIT = 65_536
"""Characters of a comment on GitHub."""
PLANTED = {"shop:token": "hunter2-of-the-config", "shop:other": "hunter3-of-the-config"}
# An output and a property that are secrets, as the program of a project may have them.
SECRETS = """
from pulumi_azure_native import storage
pulumi.export("planted", pulumi.Output.secret("hunter4-of-an-output"))
storage.BlobContainer(
    "planted",
    account_name=names.storage_account,
    resource_group_name=names.resource_group,
    container_name="planted",
    metadata={"key": pulumi.Output.secret("hunter5-of-a-property")},
)
"""
MANY = """
from pulumi_azure_native import storage
for number in range(300):
    where = {"account_name": names.storage_account, "resource_group_name": names.resource_group}
    storage.BlobContainer(f"container-{number}", container_name=f"container-{number}", **where)
"""
NODES = ("Pulumi.dev.yaml", "max_nodes: 2", "max_nodes: 3")
NO_OWNER = ("Pulumi.dev.yaml", "owner: data-science", "owner: ''")
LABEL = re.compile(r"allow:[\w-]+@dev:[0-9a-f]{6}")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project on GitHub whose stack dev is applied as main has it, with secrets in its configuration and outputs."""
    with project(tmp_path_factory.mktemp("workflows"), ["dev"]) as made:
        made.make_stack("dev", PLANTED)
        made.sign_in()
        made.checkout.run("pulumi up -s dev --yes --skip-preview --non-interactive", timeout=600).ok()
        made.git("checkout", "--quiet", "--force", ".")
        yield made


def push(shop: Project, number: int, *edits: tuple[str, str, str], program: str = "") -> Event:
    """Somebody pushes to a branch that leaves main here; the first push opens the pull request."""
    shop.checked_out("main")
    base = shop.git("rev-parse", "HEAD")
    for edit in edits:
        shop.edit(*edit)
    if program:
        file = shop.root / "infra" / "__main__.py"
        file.write_text(file.read_text(encoding="utf-8") + program, encoding="utf-8")
    head = shop.commit("A change")
    if number not in shop.github.state.issues:
        shop.github.add_pull(number, head=head)
    return shop.push(number, base, head)


def the_comment(shop: Project, number: int) -> tuple[int, str]:
    """The one comment of a pull request."""
    (comment,) = shop.github.comments_of(number)
    assert comment["user"]["login"] == "github-actions[bot]"
    assert len(comment["body"]) <= LIMIT
    return comment["id"], comment["body"]


def assert_nothing_secret(shop: Project, run: Run) -> None:
    assert "hunter" not in shop.everything_public(run)
    # Plans and previews are kept from the public; what is encrypted in the state is in no clear text there either.
    for file in shop.runner.artifacts.files("plan-*"):
        assert "hunter" not in file.read_text(encoding="utf-8"), file


def test_a_pull_request_has_one_comment_that_keeps_up_with_it(shop: Project) -> None:
    first = shop.run("preview", push(shop, PULL, NODES, program=SECRETS)).ok()
    opened, said = the_comment(shop, PULL)
    second = shop.run("preview", push(shop, PULL, NO_OWNER))
    edited, now = the_comment(shop, PULL)

    assert "dev" in said
    assert "maxNodeCount" in said
    assert "planted" in said
    assert edited == opened
    assert second.results() == {"stacks": "success", "preview (dev)": "failure", "report": "failure"}
    assert "windlass:settings.owner" in now
    assert "maxNodeCount" not in now
    assert_nothing_secret(shop, first)
    assert_nothing_secret(shop, second)


def test_a_fork_has_nothing_run_that_signs_in(shop: Project) -> None:
    event = push(shop, 8, NODES)
    event.payload["pull_request"]["head"]["repo"]["full_name"] = "somebody/models"

    run = shop.run("preview", event)

    assert run.results() == {"stacks": "skipped", "preview": "skipped", "report": "skipped"}
    assert shop.github.comments_of(8) == []


@pytest.mark.slow
def test_what_needs_a_yes_fails_until_its_label_is_given(shop: Project) -> None:
    # Azure replaces the cluster, which ends the jobs that run on it.
    event = push(shop, 9, ("Pulumi.dev.yaml", "vm_size: Standard_DS3_v2", "vm_size: Standard_DS2_v2"))

    refused = shop.run("preview", event)
    _, said = the_comment(shop, 9)
    shop.github.set_labels(9, *LABEL.findall(said))
    allowed = shop.run("preview", event).ok()

    assert refused.results()["report"] == "failure"
    assert LABEL.findall(said)
    assert allowed.results()["report"] == "success"
    assert len(shop.github.comments_of(9)) == 1


@pytest.mark.slow
def test_three_hundred_resources_fit_into_a_comment(shop: Project) -> None:
    run = shop.run("preview", push(shop, 10, program=MANY))
    _, said = the_comment(shop, 10)

    assert run.results()["preview (dev)"] == "success"
    assert "300" in said
    (full,) = [file for file in shop.runner.artifacts.files("report") if file.name == "full.md"][-1:]
    assert "container-299" in full.read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_change_is_rehearsed_for_everybody(shop: Project) -> None:
    event = push(shop, 11, NODES)
    event.payload["pull_request"]["head"]["repo"]["full_name"] = "somebody/models"
    shop.runner.skip = {"Test"}

    run = shop.run("check", event).ok()

    shop.runner.skip = set()
    assert run.results()["rehearse (dev)"] == run.results()["rehearse (prod)"] == "success"
    assert "maxNodeCount" in run.jobs["report"].summary
    assert shop.github.comments_of(11) == []
