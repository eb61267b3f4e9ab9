"""Measures every figure that the README claims, in one run, in a checkout of its own: `python benchmarks/figures.py`.

Each row is the median of its runs, beside the goal and the ratio of the two (below 1 is within the goal). Absolute
seconds differ between machines; the ratios of one run compare with those of another run on the same machine.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))

from support.checkout import Checkout
from support.golden import report_with

from windlass.delivery.report import report_as_json

RUNS = 3


@dataclass(frozen=True)
class Figure:
    """One measured figure.

    Attributes:
        what: What was measured.
        value: The median.
        goal: What it shall stay below.
        unit: s, ms or MB.
    """

    what: str
    value: float
    goal: float
    unit: str

    def line(self) -> str:
        """One row of the table."""
        measured, goal = f"{self.value:8.1f} {self.unit:<3}", f"{self.goal:8.0f} {self.unit:<3}"
        return f"{self.what:<58} {measured} {goal} {self.value / self.goal:6.2f}"


def main() -> int:
    """Measure and print; returns 1 when a goal was missed."""
    print(f"{'figure':<58} {'measured':>12} {'goal':>12} {'ratio':>6}", flush=True)
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        checkout = Checkout.make(Path(folder) / "checkout")
        try:
            for figure in _figures(checkout):
                print(figure.line(), flush=True)
                missed += figure.value > figure.goal
        finally:
            checkout.azure_down()
    return 1 if missed else 0


def _figures(checkout: Checkout) -> Iterator[Figure]:
    yield _local_azure(checkout)
    yield Figure("local Azure with nothing deployed, all processes", _resident_megabytes(checkout), 400, "MB")
    checkout.pulumi("up --yes --skip-preview").ok()
    yield Figure("pulumi preview, nothing to change", _median(lambda: checkout.pulumi("preview").ok()), 4, "s")
    second = "up --yes --skip-preview --expect-no-changes"
    yield Figure("second pulumi up", _median(lambda: checkout.pulumi(second).ok()), 4, "s")
    yield _preview_of_prod(checkout)
    yield _report(checkout)
    yield from _help(checkout)
    yield from _release(checkout)


def _preview_of_prod(checkout: Checkout) -> Figure:
    def preview() -> tuple[int, float]:
        step = checkout.script("rehearse", "-s", "prod", "--output", "json").ok().json()["steps"][0]
        return step["resources"], step["seconds"]

    runs = [preview() for _ in range(RUNS)]
    what = f"preview of stack prod ({runs[0][0]} resources), policies included"
    return Figure(what, statistics.median(seconds for _, seconds in runs), 6, "s")


def _report(checkout: Checkout) -> Figure:
    """The report of a stack of which all resources change, its costs included."""
    folder = checkout.root / ".windlass" / "previews" / "dev"
    folder.mkdir(parents=True)
    (folder / "report.json").write_text(json.dumps(report_as_json(report_with(60))), encoding="utf-8")
    seconds = _median(lambda: checkout.script("report", str(folder), "--advise", "--output", "markdown").ok())
    return Figure("report of a stack with 60 resources, the whole command", 1000 * seconds, 300, "ms")


def _local_azure(checkout: Checkout) -> Figure:
    def start() -> float:
        checkout.azure_down()
        return _seconds(lambda: checkout.run(".venv/bin/python -m windlass_emulator start --data .windlass/azure").ok())

    return Figure("local Azure ready", statistics.median(start() for _ in range(RUNS)), 4, "s")


def _resident_megabytes(checkout: Checkout) -> float:
    status = checkout.script("local", "status", "--output", "json").ok().json()
    pids = [status["supervisor"]["pid"], *(child["pid"] for child in status["children"])]
    return sum(_resident_kilobytes(pid) for pid in pids) / 1024


def _resident_kilobytes(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


def _help(checkout: Checkout) -> Iterator[Figure]:
    for path in sorted((checkout.root / "scripts").glob("*.py")):
        seconds = _median(lambda: checkout.script(path.stem, "--help").ok())  # noqa: B023 - called at once
        yield Figure(f"scripts/{path.name} --help", 1000 * seconds, 150, "ms")


def _release(checkout: Checkout) -> Iterator[Figure]:
    for version in ("1", "2"):
        train = f"endpoints/churn/model/train.py --version {version} --output .windlass/models/churn/{version}"
        checkout.run(f".venv/bin/python {train}").ok()
    rollout = checkout.root / "endpoints" / "churn" / "online" / "stacks" / "local.yml"
    rollout.write_text(
        "deployment:\n  instance_count: 1\nrollout:\n  wait_seconds: 0\n  probe_seconds: 0.2\n  previous: keep\n"
    )

    def deploy(version: str) -> float:
        model = f".windlass/models/churn/{version}"
        return _seconds(lambda: checkout.script("deploy", "churn", "-s", "local", "--model", model).ok())

    yield Figure("a version deployed: registered, started, tested, at 100 %", deploy("1"), 20, "s")
    yield Figure("a second version beside it", deploy("2"), 20, "s")
    back = _seconds(lambda: checkout.script("deploy", "churn", "-s", "local", "--rollback").ok())
    yield Figure("roll back, the whole command", back, 2, "s")


def _median(act: Callable[[], object]) -> float:
    return statistics.median(_seconds(act) for _ in range(RUNS))


def _seconds(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(main())
