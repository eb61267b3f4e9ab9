"""`make demo`: a churn model into service on the local Azure, from nothing to a scored table.

Everything is done with the commands that a person would type, on the real Pulumi engine; the demo only sends the live
traffic and adds up what happened.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from demo.stage import CommandFailedError, Stages
from demo.summary import Story, show
from demo.traffic import SteadyLoad
from windlass.factory import Toolkit

ROOT = Path(__file__).resolve().parents[2]
STACK = "local"
CUSTOMERS = 100_000
ALONE_SECONDS = 3
"""How long each version has the live traffic to itself, so that a late failure would show."""

SHRINK_SECONDS = 60
WIDTH = 120
"""Of the output in a file or a pipe."""

_COUNTED = re.compile(r"\d+ (created|unchanged)")
WORK = Path(".windlass", "demo")


def main() -> int:
    """Run the demo; returns the exit code."""
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    console.print(
        "[bold]Windlass[/bold]: who of a web shop's customers buys again, on the local Azure", highlight=False
    )
    stages = Stages(ROOT, os.environ, console)
    start = time.monotonic()
    try:
        story = _tell(stages)
    except CommandFailedError as error:
        console.print(f"\nThe demo stopped: {error}. What it made is still there; run `make demo` again to go on.")
        return 1
    story.seconds = time.monotonic() - start
    show(story, console)
    return 1 if any(sent.failed for sent in story.sent) else 0


def _tell(stages: Stages) -> Story:
    story = Story()
    with stages.stage("Start the local Azure and provision the stack"):
        said = stages.run("make", "up", quiet=True)
        stages.say(next((line.strip() for line in reversed(said.splitlines()) if _COUNTED.search(line)), ""))
    with stages.stage("Train two versions of the model"):
        story.metrics = [_train(stages, version) for version in (1, 2)]
    toolkit = Toolkit(ROOT, STACK)
    with stages.stage("Put version 1 into service"):
        _deploy(stages, 1)
        if len(toolkit.observe("churn").deployments) > 1:  # of an earlier demo
            _confirm(stages)
    with stages.stage("Bring version 2 in beside it and take version 1 away, under live traffic"):
        _roll_over(stages, toolkit, story)
    with stages.stage("Score one customer, and a table of customers"):
        story.one = stages.run_json("python", "scripts/invoke.py", "churn", "-s", STACK, "--sample", "loyal")
        table = "endpoints/churn/samples/customers.csv"
        story.table = stages.run_json("python", "scripts/invoke.py", "churn", "-s", STACK, "--file", table)
    with stages.stage(f"Score {CUSTOMERS:,} customers in batch"):
        _batch(stages, toolkit, story)
    return story


def _train(stages: Stages, version: int) -> dict[str, Any]:
    output = f".windlass/models/churn/{version}"
    stages.run("python", "endpoints/churn/model/train.py", "--version", str(version), "--output", output, quiet=True)
    metrics: dict[str, Any] = json.loads((ROOT / output / "metrics.json").read_text())
    stages.say(f"version {version}: {metrics['algorithm']}, AUC {metrics['auc']:.3f} on unseen customers")
    return metrics


def _deploy(stages: Stages, version: int) -> Any:
    model = f".windlass/models/churn/{version}"
    return stages.run_json("python", "scripts/deploy.py", "churn", "-s", STACK, "--model", model)


def _confirm(stages: Stages) -> None:
    stages.run("python", "scripts/deploy.py", "churn", "-s", STACK, "--confirm", quiet=True)


def _roll_over(stages: Stages, toolkit: Toolkit, story: Story) -> None:
    story.scoring_uri, key = toolkit.scoring_access("churn")
    load = SteadyLoad(uri=story.scoring_uri, key=key, bodies=_bodies())
    stages.say(f"{load.rate:g} requests a second begin")
    load.start()
    try:
        time.sleep(ALONE_SECONDS)
        story.release = _deploy(stages, 2)
        _confirm(stages)
        time.sleep(ALONE_SECONDS)
    finally:
        story.sent = load.stop()
    failed = sum(sent.failed for sent in story.sent)
    stages.say(f"{len(story.sent):,} requests sent, {failed} failed")


def _bodies() -> Sequence[bytes]:
    samples = ROOT / "endpoints" / "churn" / "samples"
    return [path.read_bytes() for path in sorted(samples.glob("*.json")) if not path.name.endswith(".expected.json")]


def _batch(stages: Stages, toolkit: Toolkit, story: Story) -> None:
    customers = str(WORK / f"customers-{CUSTOMERS}.csv")
    (ROOT / WORK).mkdir(parents=True, exist_ok=True)
    make = ("endpoints/churn/model/customers.py", "--customers", str(CUSTOMERS), "--csv", customers)
    stages.run("python", *make, quiet=True)
    model = ".windlass/models/churn/2"
    results = ("--to", str(WORK / "results"), "--sqlite", str(WORK / "results.sqlite"))
    run = ("scripts/run_batch.py", "churn", "-s", STACK, "--input", customers, "--model", model, *results)
    story.batch = stages.run_json("python", *run)
    stages.say("the rows are there; the nodes go when they have been idle for a while")
    story.nodes = _nodes_over_time(toolkit, story.batch["job"])


def _nodes_over_time(toolkit: Toolkit, job: str) -> list[int]:
    """Wait until the cluster has no nodes any more, and return how many it had over time."""
    deadline = time.monotonic() + SHRINK_SECONDS
    while True:
        with toolkit.workspace.sdk("the job") as client:
            history = json.loads(client.jobs.get(job).properties["windlass.nodesOverTime"])
        nodes = [count for _, count in history]
        if nodes[-1] == 0 or time.monotonic() > deadline:
            return nodes
        time.sleep(0.5)


if __name__ == "__main__":
    sys.exit(main())
