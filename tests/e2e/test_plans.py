"""A plan that was shown is what is carried out: with the real engine, cancelled, killed, overlapped and refused."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support.checkout import Checkout, Ran
from support.killed_engine import Point, Watch, answered, azure_log, begun, locked, nothing_runs, recorded
from support.processes import eventually

WORKSPACE = "/workspaces/mlw-[^/]+$"
SETTINGS = "Pulumi.local.yaml"
OWNER, OTHER = "owner: data-science", "owner: somebody-else"


@dataclass
class Stack:
    """One stack whose plans are saved and carried out.

    Attributes:
        idle: What runs of the checkout when nothing is done.
    """

    checkout: Checkout
    idle: dict[int, str]

    def preview(self, name: str, *, code: int = 0) -> Path:
        """Save a preview, and tell where."""
        folder = self.checkout.root / ".windlass" / "previews" / name
        ran = self.checkout.script("preview", "-s", "local", "--save", str(folder), "-o", "json")
        assert ran.code == code, ran.said
        return folder

    def apply(self, plan: Path) -> Ran:
        """Carry out a plan."""
        return self.checkout.script(*self.applying(plan), "-o", "json")

    def applying(self, plan: Path) -> tuple[str, ...]:
        """The command that carries out a plan."""
        return ("apply", "-s", "local", "--plan", str(plan))

    def interrupt(self, plan: Path, point: Point, number: signal.Signals) -> int:
        """Carry out a plan until a point, send its command a signal there, and tell its exit code."""
        begin = azure_log(self.checkout).stat().st_size
        with self.checkout.running_script(*self.applying(plan)) as command:
            self.reach(command, point, begin)
            command.send_signal(number)
            return command.wait(timeout=120)

    def reach(self, command: subprocess.Popen[bytes], point: Point, log_begin: int) -> Watch:
        """Wait until the engine of a running command has reached a point."""
        while True:
            assert command.poll() is None, "the command had ended before the point was reached"
            watch = Watch(self.checkout, self.engine(), log_begin)
            if watch.engine and point(watch):
                return watch
            time.sleep(0.001)

    def engine(self) -> int:
        """The engine's process, as it stands beside the state; 0 where none runs."""
        return max((each["engine_pid"] for each in self.records() if each["outcome"] == "begun"), default=0)

    def records(self) -> list[dict[str, Any]]:
        """What stands beside the state about plans, the latest last."""
        folder = self.checkout.root / ".windlass" / "state" / "windlass" / "windlass" / "local" / "applies"
        read = [json.loads(file.read_text()) for file in folder.glob("[0-9a-f]*.json")]
        return sorted(read, key=lambda each: str(each["begun_at"]))

    def locks(self) -> list[Path]:
        """The engine's locks on the stack."""
        return list((self.checkout.root / ".windlass/state/.pulumi/locks").rglob("*.json"))

    def make_empty(self) -> None:
        """Take it down, whatever there is of it."""
        self.checkout.script("recover", "-s", "local")
        self.checkout.script("teardown", "-s", "local", "--yes").ok()

    def make_whole(self) -> None:
        """Bring it up, whatever there is of it."""
        self.checkout.up().ok()


@pytest.fixture(scope="module")
def stack(bare: Checkout) -> Stack:
    """A stack that is not up, in a checkout that is a repository."""
    bare.run("git init -q && git add -A && git -c user.name=a -c user.email=a@example.com commit -q -m base").ok()
    bare.run("pulumi stack select --create --non-interactive local").ok()
    return Stack(bare, bare.processes())


@pytest.fixture(autouse=True)
def _unlocked(stack: Stack) -> Iterator[None]:
    """Keep a test that failed from failing those after it."""
    yield
    for lock in stack.locks():
        lock.unlink()


def test_a_cancelled_apply_frees_its_lock_and_is_gone_on_with_by_the_same_plan(stack: Stack) -> None:
    plan = stack.preview("cancelled")
    begin = azure_log(stack.checkout).stat().st_size

    with stack.checkout.running_script(*stack.applying(plan)) as first:
        engine = stack.reach(first, answered("PUT", WORKSPACE), begin).engine
        os.kill(engine, signal.SIGSTOP)  # it shall not come to its end while the second one looks
        second = stack.apply(plan)
        first.send_signal(signal.SIGTERM)
        os.kill(engine, signal.SIGCONT)
        cancelled = first.wait(timeout=120)
    left, locks = stack.records()[-1], stack.locks()
    other = stack.apply(another(plan))
    resumed = stack.apply(plan)

    assert second.code == 5
    assert f"locked by process {engine}" in second.err
    assert cancelled == 6
    assert (left["outcome"], locks) == ("cancelled", [])
    assert other.code == 5
    assert "no longer fits: its state changed" in other.err
    assert resumed.ok().json()["way"] == "go_on"
    assert stack.records()[-1]["outcome"] == "done"
    stack.checkout.up("--expect-no-changes").ok()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_plan_that_no_longer_fits_is_refused_and_changes_nothing(stack: Stack) -> None:
    stack.make_whole()
    with stack.checkout.edited(SETTINGS, OWNER, OTHER):
        plan = stack.preview("tag")
        applied = stack.apply(plan).ok().json()
        again = stack.apply(plan).ok().json()
    moved = stack.apply(plan)

    assert applied["way"] == "begin"
    assert again["way"] == "nothing"
    # Only the settings are others now; the state is that of the plan.
    assert moved.json()["way"] == "nothing"
    back = stack.preview("back")
    with stack.checkout.edited(SETTINGS, OWNER, "owner: nobody-saw-this"):
        refused = stack.apply(back)
    stack.apply(back).ok()
    late = stack.apply(plan)

    assert refused.code == 5
    assert "no longer fits" in refused.err
    assert "nobody-saw-this" not in refused.said
    assert late.code == 5
    assert "the state has changed since" in late.err
    stack.checkout.up("--expect-no-changes").ok()


def test_a_preview_that_fails_is_saved_and_is_no_plan(stack: Stack) -> None:
    with stack.checkout.edited(SETTINGS, "max_nodes: 4", "max_nodes: many"):
        folder = stack.preview("failed", code=6)

    refused = stack.apply(folder)

    report = json.loads((folder / "local" / "report.json").read_text())
    assert report["failed"]
    assert "max_nodes" in json.dumps(report["errors"])
    assert not (folder / "local" / "plan.json").exists()
    assert refused.code == 5


KILLS: dict[str, tuple[Point, str]] = {
    "all at its lock": (locked, "all"),
    "all at the first creation": (begun("creating", "ResourceGroup"), "all"),
    "the command alone while the workspace is made": (answered("PUT", WORKSPACE), "command"),
    "the engine alone while the workspace is made": (answered("PUT", WORKSPACE), "engine"),
    "all when roles were given": (answered("PUT", "/roleAssignments/", 3), "all"),
    "all at the outputs": (recorded("OnlineEndpoint", "BatchEndpoint", "Compute"), "all"),
}


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("point", "whom"), KILLS.values(), ids=KILLS.keys())
def test_a_killed_apply_is_gone_on_with_by_the_same_plan(stack: Stack, point: Point, whom: str) -> None:
    stack.make_empty()
    plan = stack.preview("killed")
    begin = azure_log(stack.checkout).stat().st_size
    with stack.checkout.running_script(*stack.applying(plan)) as command:
        watch = stack.reach(command, point, begin)
        doomed = watch.family() if whom == "all" else {watch.engine: ""} if whom == "engine" else {}
        if whom != "engine":
            command.kill()
        for pid in doomed:
            _kill(pid)
        command.wait(timeout=120)

    if whom == "command":
        assert eventually(lambda: not stack.locks(), 60), "the engine goes on to its end by itself"
    resumed = stack.apply(plan)

    assert resumed.ok().json()["attempts"] == 2
    assert stack.records()[-1]["outcome"] == "done"
    assert nothing_runs(stack.checkout, stack.idle)
    stack.checkout.up("--expect-no-changes").ok()


CANCELS: dict[str, Point] = {
    "while storage is made": answered("PUT", "/storageAccounts/[^/]+$"),
    "when roles were given": answered("PUT", "/roleAssignments/", 3),
    "while an endpoint is made": answered("PUT", "/onlineEndpoints/[^/]+$"),
}


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("point", CANCELS.values(), ids=CANCELS.keys())
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_apply_cancelled_anywhere_is_gone_on_with(stack: Stack, point: Point, number: signal.Signals) -> None:
    stack.make_empty()
    plan = stack.preview("cancelled")

    code = stack.interrupt(plan, point, number)
    resumed = stack.apply(plan)

    assert code == 6
    assert resumed.ok().json()["attempts"] == 2
    assert stack.locks() == []
    stack.checkout.up("--expect-no-changes").ok()


def another(plan: Path) -> Path:
    """A plan of the same state that is not the same: a space more."""
    folder = plan.with_name(f"{plan.name}-another")
    shutil.copytree(plan, folder)
    manifest = json.loads((folder / "local" / "manifest.json").read_text())
    content = (folder / "local" / "plan.json").read_bytes() + b" "
    (folder / "local" / "plan.json").write_bytes(content)
    altered = {**manifest, "plan_sha256": hashlib.sha256(content).hexdigest()}
    (folder / "local" / "manifest.json").write_text(json.dumps(altered))
    return folder


def _kill(pid: int) -> None:
    subprocess.run(["kill", "-KILL", str(pid)], check=False, capture_output=True)
