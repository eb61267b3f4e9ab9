"""Batch scoring on the cluster: each row once, whatever is killed."""

from __future__ import annotations

import csv
import json
import os
import signal
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from pyarrow import parquet
from support.checkout import Checkout
from support.live_stack import LiveStack
from support.processes import alive, eventually

CUSTOMERS = 20_000
SCORE, DEPLOYMENT = "endpoints/churn/src/score_files.py", "endpoints/churn/batch/deployment.yml"
FIRST_LINE = "    parts = [score_table("
AT_THE_GATE = """\
    import time
    gate = Path({gate!r})
    (gate / f"worker-{{os.getpid()}}").touch()
    while not (gate / "open").exists():
        time.sleep(0.01)
"""
"""The scoring script says that it has a mini-batch in hand, and goes on when it may: no test has to guess a moment."""

JOBS = """
import json, os
from azure.ai.ml import MLClient
from azure.identity import DefaultAzureCredential
client = MLClient(DefaultAzureCredential(), os.environ["AZURE_SUBSCRIPTION_ID"], "{group}", "{workspace}")
print(json.dumps([job.name for job in client.batch_endpoints.list_jobs(endpoint_name="{endpoint}")]))
"""


@dataclass(frozen=True)
class Gate:
    """Holds every mini-batch in the hands of its worker until it opens."""

    folder: Path

    def workers(self) -> list[int]:
        """The worker processes that have come to the gate."""
        return [int(path.name.removeprefix("worker-")) for path in self.folder.glob("worker-*")]

    def open(self) -> None:
        """Let all go on."""
        (self.folder / "open").touch()


@dataclass(frozen=True)
class Table:
    """A table of customers, and where its rows shall go."""

    checkout: Checkout
    name: str

    @property
    def command(self) -> tuple[str, ...]:
        """The command that scores it."""
        to = ("--to", f"{self.name}/out", "--sqlite", f"{self.name}/out.sqlite")
        return ("run_batch", "churn", "-s", "local", "--input", f"{self.name}/in.csv", *to, "--output", "json")

    @property
    def keys(self) -> list[str]:
        """Its customers."""
        return self._keys("in.csv")

    def collected(self) -> dict[str, list[str]]:
        """The customers that have a result, sorted, by place."""
        folder = self.checkout.root / self.name
        with closing(sqlite3.connect(folder / "out.sqlite")) as database:
            rows = database.execute("select customer_id from churn_predictions").fetchall()
        table = parquet.read_table(folder / "out" / "predictions.parquet")
        return {
            "csv": sorted(self._keys("out/predictions.csv")),
            "parquet": sorted(table.column("customer_id").to_pylist()),
            "sqlite": sorted(str(row[0]) for row in rows),
        }

    def _keys(self, file: str) -> list[str]:
        with (self.checkout.root / self.name / file).open(encoding="utf-8", newline="") as stream:
            return [row["customer_id"] for row in csv.DictReader(stream)]


@pytest.fixture
def gate(live: LiveStack, tmp_path: Path) -> Iterator[Gate]:
    """The example's scoring script with a gate, and without any retry."""
    stop = AT_THE_GATE.format(gate=str(tmp_path)) + FIRST_LINE
    with (
        live.checkout.edited(SCORE, FIRST_LINE, stop),
        live.checkout.edited(DEPLOYMENT, "max_retries: 3", "max_retries: 0"),
    ):
        yield Gate(tmp_path)


@pytest.fixture
def table(live: LiveStack, request: pytest.FixtureRequest) -> Table:
    """A table of its own for each test."""
    table = Table(live.checkout, f".windlass/{request.node.name}")
    (live.checkout.root / table.name).mkdir()
    seed = zlib.crc32(request.node.name.encode())
    make = f"endpoints/churn/model/customers.py --customers {CUSTOMERS} --seed {seed} --csv {table.name}/in.csv"
    live.checkout.run(f".venv/bin/python {make}").ok()
    return table


def jobs(live: LiveStack) -> set[str]:
    """All jobs of the batch endpoint."""
    outputs = live.outputs
    endpoint = next(each["name"] for each in outputs["endpoints"] if each["kind"] == "batch")
    told = live.checkout.python(
        JOBS.format(group=outputs["resource_group"], workspace=outputs["workspace"], endpoint=endpoint)
    )
    return set(told)


def nodes(live: LiveStack) -> list[dict[str, Any]]:
    """The nodes of the cluster that run."""
    return [node for node in live.checkout.azure_status()["nodes"] if node["pid"]]


def each_once(table: Table) -> dict[str, list[str]]:
    """What has to be collected."""
    keys = sorted(table.keys)
    return {"csv": keys, "parquet": keys, "sqlite": keys}


@dataclass(frozen=True)
class Records:
    """What run_batch.py has on record of its runs since this was made."""

    folder: Path
    earlier: frozenset[Path]

    @classmethod
    def of(cls, checkout: Checkout) -> Records:
        """The records of a checkout."""
        folder = checkout.root / ".windlass" / "results" / "local" / "churn"
        return cls(folder, frozenset(folder.glob("*")))

    def find(self, pattern: str) -> list[Path]:
        """Files of the new runs."""
        runs = [run for run in self.folder.glob("*") if run not in self.earlier]
        return [path for run in runs for path in run.glob(pattern)]

    def is_in(self, phase: str) -> bool:
        """Whether the new run is so far."""
        return [json.loads(file.read_text())["phase"] for file in self.find("run.json")] == [phase]


def strike(table: Table, moment: Callable[[], bool]) -> None:
    """Run the command and kill it when a moment has come."""
    with table.checkout.running_script(*table.command) as run:
        assert eventually(lambda: moment() or run.poll() is not None, 60)
        assert run.poll() is None


@contextmanager
def unreadable_jobs(checkout: Checkout) -> Iterator[Callable[[], bool]]:
    """Have the local Azure start jobs and then tell nothing of them; what it yields says whether it was asked.

    So the command stands at its most delicate moment: the job is there, and its name is nowhere on record.
    """
    admin = next(each["address"] for each in checkout.azure_status()["listeners"] if each["name"] == "admin")
    fault = {"method": "GET", "path": "/jobs/batchjob-[^/]+$", "status": 503, "times": 1000}
    with httpx.Client(base_url=admin, trust_env=False) as client:
        client.post("/faults", json=fault).raise_for_status()
        try:
            yield lambda: client.get("/faults").json()["value"][0]["times"] < fault["times"]
        finally:
            client.delete("/faults").raise_for_status()


def test_rows_are_collected_once_when_a_node_is_killed_in_the_middle(live: LiveStack, gate: Gate, table: Table) -> None:
    live.serve(live.model("2"))

    with live.checkout.running_script(*table.command) as run:
        assert eventually(lambda: len(gate.workers()) == 2, 60)
        victim = nodes(live)[0]["pid"]
        os.kill(victim, signal.SIGKILL)
        gate.open()
        code = run.wait(120)

    assert code == 0
    assert table.collected() == each_once(table)
    assert eventually(lambda: alive([victim, *gate.workers()]) == [], 10)


@pytest.mark.timeout(600)
def test_rows_are_collected_once_by_one_job_when_the_command_is_killed_again_and_again(
    live: LiveStack, gate: Gate, table: Table
) -> None:
    live.serve(live.model("2"))
    before, records = jobs(live), Records.of(live.checkout)

    strike(table, lambda: bool(records.find("input/*")))
    strike(table, lambda: records.is_in("prepared"))
    strike(table, lambda: records.is_in("starting"))
    with unreadable_jobs(live.checkout) as was_asked:
        strike(table, was_asked)
    named_at_the_worst_moment = records.is_in("started")
    strike(table, lambda: records.is_in("started"))
    strike(table, lambda: len(gate.workers()) == 2)
    gate.open()
    strike(table, lambda: bool(records.find("fetched")))
    collected = table.checkout.script(*table.command).ok().json()

    assert not named_at_the_worst_moment
    assert collected["rows"] == collected["expected"] == CUSTOMERS
    assert table.collected() == each_once(table)
    assert jobs(live) - before == {collected["job"]}


@pytest.mark.timeout(600)
def test_rows_are_collected_once_by_one_job_when_the_local_azure_is_killed_under_it(
    live: LiveStack, gate: Gate, table: Table
) -> None:
    live.serve(live.model("2"))
    before = jobs(live)

    with live.checkout.running_script(*table.command):
        assert eventually(lambda: len(gate.workers()) == 2, 60)
        os.kill(live.checkout.azure_status()["supervisor"]["pid"], signal.SIGKILL)
    live.checkout.azure_up()
    gate.open()
    collected = table.checkout.script(*table.command).ok().json()

    assert collected["rows"] == CUSTOMERS
    assert table.collected() == each_once(table)
    assert jobs(live) - before == {collected["job"]}
