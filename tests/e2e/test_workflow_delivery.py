"""The jobs that change stacks, line by line over two stacks on the local Azure; also cancelled, late and at once."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.checkout import Ran
from support.github_project import Project, project
from support.killed_engine import azure_log
from support.processes import family
from support.workflow import Event, Run

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
STACKS = ("dev", "staging")
REFUSED = 5
MODEL = ".windlass/models/churn"
APPLY = "Apply the plan"
End = Callable[[subprocess.Popen[bytes]], None]
# Somebody gives the storage account of a stack another tag, past Pulumi.
RETAG = """
import os
from azure.identity import DefaultAzureCredential
from azure.mgmt.storage import StorageManagementClient
client = StorageManagementClient(DefaultAzureCredential(), os.environ["AZURE_SUBSCRIPTION_ID"])
account = next(each for each in client.storage_accounts.list() if "/rg-shop-{stack}-" in each.id.lower())
tags = {{**(account.tags or {{}}), **{tags}}}
tags = {{name: value for name, value in tags.items() if value}}
client.storage_accounts.update(account.id.split("/")[4], account.name, {{"tags": tags}})
print("null")
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project with two stacks, neither of them applied yet, and two trained models."""
    with project(tmp_path_factory.mktemp("delivery"), STACKS) as made:
        overlays = made.root / "endpoints" / "churn" / "online" / "stacks"
        for stack in STACKS:
            shutil.copyfile(overlays / "local.yml", overlays / f"{stack}.yml")
            made.edit(f"endpoints/churn/online/stacks/{stack}.yml", "wait_seconds: 3", "wait_seconds: 0")
        made.commit("Have stacks that are quick")
        for stack in STACKS:
            made.make_stack(stack, {})
        for version in ("1", "2"):
            train = f"endpoints/churn/model/train.py --version {version} --output {MODEL}/{version}"
            made.checkout.run(f".venv/bin/python {train}").ok()
        yield made


@pytest.fixture(autouse=True)
def _no_hooks(shop: Project) -> Iterator[None]:
    yield
    shop.runner.before = lambda _job, _step: None
    shop.runner.during = lambda _job, _step, _process: None


def change(shop: Project, message: str, *edits: tuple[str, str, str]) -> tuple[str, str]:
    """Something comes to main; returns the commit before it and its own."""
    shop.git("checkout", "--quiet", "--force", "main")
    before = shop.git("rev-parse", "HEAD")
    for edit in edits:
        shop.edit(*edit)
    return before, (shop.commit(message) if edits else before)


def deploy(shop: Project, message: str = "", *edits: tuple[str, str, str]) -> Run:
    return shop.run("deploy", shop.merged(*change(shop, message, *edits)))


def desk(shop: Project, words: str) -> Ran:
    """Somebody runs a command at a desk, in the checkout as the job that runs has it."""
    return shop.checkout.run(words, timeout=600)


def nodes(stack: str, old: int, new: int) -> tuple[str, str, str]:
    return f"Pulumi.{stack}.yaml", f"max_nodes: {old}", f"max_nodes: {new}"


def test_what_is_on_main_is_planned_and_applied_stack_by_stack(shop: Project) -> None:
    first = deploy(shop).ok()
    again = deploy(shop).ok()

    assert first.results() == {
        "stacks": "success",
        "dev / plan": "success",
        "dev / apply": "success",
        "release": "skipped",
        "staging / plan": "success",
        "staging / apply": "success",
        "prod": "skipped",
    }
    assert first.jobs["dev / apply"].group == "stack-dev"
    assert first.jobs["staging / apply"].group == "stack-staging"
    # Nobody is asked to approve what changes nothing.
    assert again.results()["dev / apply"] == again.results()["staging / apply"] == "skipped"


def test_drift_has_one_issue_that_is_closed_when_it_is_gone(shop: Project) -> None:
    _, main = change(shop, "")
    event = shop.by_hand(main)

    shop.checkout.python(RETAG.format(stack="dev", tags={"touched": "by hand"}))
    shop.run("drift", event).ok()
    shop.run("drift", event).ok()
    issues = [(each["title"], each["state"]) for each in shop.github.issues()]
    body = shop.github.issues()[0]["body"]
    shop.checkout.python(RETAG.format(stack="dev", tags={"touched": ""}))
    shop.run("drift", event).ok()

    assert issues == [("Drift in stack dev", "open")], shop.github.issues()
    assert "touched" in body
    assert [each["state"] for each in shop.github.issues()] == ["closed"]


def test_a_plan_that_no_longer_fits_is_refused_and_nothing_is_changed(shop: Project) -> None:
    def moves(job: str, step: str) -> None:
        if (job, step) == ("dev / apply", APPLY):
            desk(shop, "pulumi up -s dev --yes --skip-preview --non-interactive").ok()

    shop.runner.before = moves
    # What somebody else applied between plan and approval is the very change, so the state is another one.
    late = deploy(shop, "Have a node more in dev", nodes("dev", 2, 3))

    apply = late.jobs["dev / apply"].step(APPLY).ran
    assert apply is not None
    assert apply.code == REFUSED, apply.said
    assert late.results()["staging"] == "skipped"


def cut_off(shop: Project, message: str, edit: tuple[str, str, str], *, by: End) -> Event:
    """A deployment to dev that is ended once it has begun to change something."""
    begin = azure_log(shop.checkout).stat().st_size

    def kills(job: str, step: str, process: subprocess.Popen[bytes]) -> None:
        if (job, step) == ("dev / apply", APPLY):
            wait_for_change(shop, begin, process)
            by(process)

    event = shop.merged(*change(shop, message, edit))
    shop.runner.during = kills
    cancelled = shop.run("deploy", event)
    shop.runner.during = lambda _job, _step, _process: None
    assert cancelled.results()["dev / apply"] == "failure"
    assert cancelled.results()["staging"] == "skipped"
    return event


def cancel(process: subprocess.Popen[bytes]) -> None:
    """What a runner does first when somebody cancels the run: SIGINT to the process of the step, and to no other."""
    process.send_signal(signal.SIGINT)


def cut_power(process: subprocess.Popen[bytes]) -> None:
    """End all processes of a step at once, as with the machine."""
    for pid in family(process.pid):
        os.kill(pid, signal.SIGKILL)


def locks(shop: Project) -> list[Path]:
    return list((shop.root / ".windlass" / "state" / ".pulumi" / "locks").rglob("*.json"))


def test_a_deploy_that_was_cancelled_frees_the_stack_and_is_resumed(shop: Project) -> None:
    event = cut_off(shop, "Have two nodes more in dev", nodes("dev", 3, 5), by=cancel)
    left = locks(shop)

    resumed = shop.run("deploy", event).ok()

    assert left == []
    assert resumed.results()["dev / plan"] == "success"
    assert deploy(shop).ok().results()["dev / apply"] == "skipped"


def test_a_stack_whose_runner_is_gone_is_recovered_by_hand(shop: Project) -> None:
    cut_off(shop, "Have a node less in dev", nodes("dev", 5, 4), by=cut_power)
    for lock in locks(shop):
        lock.write_text(json.dumps({**json.loads(lock.read_text()), "hostname": "fv-az-gone"}))

    event = shop.merged(*change(shop, "Have another node less in dev", nodes("dev", 4, 3)))
    refused = shop.run("deploy", event)
    shop.run("recover", shop.by_hand(event.sha, stack="dev", host="fv-az-gone")).ok()
    shop.run("deploy", event).ok()

    assert refused.results()["dev / apply"] == "failure", refused.said
    assert "--gone-host fv-az-gone" in refused.jobs["dev / apply"].said
    assert locks(shop) == []


def wait_for_change(shop: Project, begin: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until Azure has been asked to change something."""
    while True:
        assert process.poll() is None, "it had ended before it changed anything"
        with azure_log(shop.checkout).open("rb") as log:
            log.seek(begin)
            if b"_emulator.app: PUT " in log.read():
                return
        time.sleep(0.01)


def test_two_deploys_of_a_stack_cannot_overlap(shop: Project) -> None:
    second: list[Ran] = []

    def comes_too(job: str, step: str, process: subprocess.Popen[bytes]) -> None:
        if (job, step) == ("dev / apply", APPLY):
            wait_for_lock(shop, process)
            second.append(desk(shop, ".venv/bin/python scripts/apply.py --stack dev --plan plan"))

    shop.runner.during = comes_too
    first = deploy(shop, "Have a node less in dev", nodes("dev", 3, 2)).ok()

    assert first.results()["dev / apply"] == "success"
    assert [each.code for each in second] == [REFUSED], second[0].said


def wait_for_lock(shop: Project, process: subprocess.Popen[bytes]) -> None:
    while not locks(shop):
        assert process.poll() is None, "it had ended before it held the stack"
        time.sleep(0.01)


def test_a_release_is_made_repeated_rolled_back_and_promoted(shop: Project) -> None:
    _, main = change(shop, "")

    def release(stack: str, **inputs: str) -> Run:
        given = {"action": "release", "endpoint": "churn", "stack": stack, "model": "in-service", "record": ""}
        return shop.run("release", shop.by_hand(main, **(given | inputs))).ok()

    release("dev", model=f"{MODEL}/1")
    release("dev", model=f"{MODEL}/2")
    serving = shop.checkout.script("status", "-s", "dev", "--output", "json")
    promoted = shop.run(
        "promote", shop.by_hand(main, endpoint="churn", **{"from": "dev", "to": "staging"}, record="")
    ).ok()
    back = release("dev", action="rollback")
    wrong = shop.run(
        "release", shop.by_hand(main, action="release", endpoint="churn", stack="dev", model="", record="")
    )

    assert promoted.jobs["promote"].group == "stack-staging"
    assert back.jobs["release"].group == "stack-dev"
    assert serving.code == 0
    assert wrong.results() == {"release": "failure"}


def test_what_changed_under_endpoints_is_released_to_dev(shop: Project) -> None:
    score = ("endpoints/churn/src/score.py", '"""', '"""Changed. ')
    shop.git("checkout", "--quiet", "--force", "main")
    before = shop.git("rev-parse", "HEAD")
    file = shop.root / score[0]
    file.write_text(file.read_text() + "\n# Changed.\n")
    run = shop.run("deploy", shop.merged(before, shop.commit("Score otherwise"))).ok()

    released = [name for name in run.jobs if name.startswith("release (churn)")]
    assert released == ["release (churn) / release"]
    assert "staging / plan" in run.jobs


def test_a_teardown_asks_for_the_name_and_leaves_nothing(shop: Project) -> None:
    _, main = change(shop, "")

    typo = shop.run("teardown", shop.by_hand(main, stack="staging", confirm="dev"))
    gone = shop.run("teardown", shop.by_hand(main, stack="staging", confirm="staging")).ok()

    assert typo.results() == {"plan": "failure", "teardown": "skipped"}
    assert gone.jobs["teardown"].group == "stack-staging"
    state = shop.checkout.run("pulumi stack export -s staging --non-interactive").ok().json()
    assert not state["deployment"].get("resources")
