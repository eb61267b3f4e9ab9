"""The end of the demo: what happened, in one screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table

from demo.traffic import Sent, quantile, shares

NEXT = (
    ("python scripts/status.py -s local", "endpoints, versions, traffic"),
    ("python scripts/invoke.py churn -s local --sample lapsed", "score a customer"),
    ("python scripts/logs.py churn -s local", "what the container says"),
    ("python scripts/deploy.py churn -s local --model .windlass/models/churn/1 --dry-run", "a plan, nothing changed"),
    ("pulumi up -s local", "change Pulumi.local.yaml first"),
)


@dataclass
class Story:
    """What the demo saw, in the words of the commands' JSON."""

    metrics: list[dict[str, Any]] = field(default_factory=list)
    release: dict[str, Any] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)
    scoring_uri: str = ""
    one: dict[str, Any] = field(default_factory=dict)
    table: dict[str, Any] = field(default_factory=dict)
    batch: dict[str, Any] = field(default_factory=dict)
    nodes: list[int] = field(default_factory=list)
    seconds: float = 0.0


def show(story: Story, console: Console) -> None:
    """Print the summary."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in rows(story):
        grid.add_row(name, value)
    console.print("\n[bold]Summary[/bold]")
    console.print(grid)
    console.print("\n[bold]Try next[/bold] (in a shell: . .windlass/env)")
    for command, why in NEXT:
        console.print(f"  {command}  [dim]# {why}[/dim]", highlight=False, soft_wrap=True)
    console.print("\nStop the local Azure with [bold]make local-down[/bold]; its state stays.", highlight=False)


def rows(story: Story) -> list[tuple[str, str]]:
    """Return the lines of the summary."""
    latencies = [1000 * sent.seconds for sent in story.sent if not sent.failed]
    failed = sum(sent.failed for sent in story.sent)
    return [
        ("Real time", story.scoring_uri),
        *[(f"Version {m['version']}", f"{m['algorithm']}, AUC {m['auc']:.3f}") for m in story.metrics],
        ("Traffic", traffic_over_time(story.sent)),
        ("Requests", f"{len(story.sent):,} sent, {failed} failed"),
        ("Latency", f"p50 {quantile(latencies, 0.5):.0f} ms, p99 {quantile(latencies, 0.99):.0f} ms"),
        ("Release", f"{story.release.get('seconds', 0):.1f} s from start to 100 %"),
        *batch_rows(story.batch, story.nodes),
        ("Whole demo", f"{story.seconds:.0f} s"),
    ]


def traffic_over_time(sent: Sequence[Sent]) -> str:
    """Say who answered how much, one stretch after the other."""
    stretches = [
        f"{share.start:.0f} s " + " ".join(f"{name} {percent} %" for name, percent in share.percent.items())
        for share in shares(sent)
    ]
    return " -> ".join(stretches)


def batch_rows(batch: dict[str, Any], nodes: Sequence[int]) -> list[tuple[str, str]]:
    """Return the lines about the batch job."""
    return [
        ("Batch job", f"{batch.get('job')}: {batch.get('rows', 0):,} rows scored"),
        ("Nodes", " -> ".join(map(str, nodes))),
        ("Results", ", ".join(str(batch[name]) for name in ("results", "database") if batch.get(name))),
    ]
