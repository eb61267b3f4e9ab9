"""The decisions of a batch job as pure functions.

What a mini-batch is, who gets it, when it has failed, when the job has, and how many nodes a cluster should have.

Sources: "Failed = Total - Succeeded", with one returned row per input that went well (Azure's performance guide of
the parallel run step); `error_threshold` counts inputs, not mini-batches, and -1 ignores all failures (reference of
ParallelRunConfig); a retry follows an exception or a time-out, never a short answer (the same).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

IGNORE_FAILURES = -1


@dataclass(frozen=True, slots=True)
class MiniBatch:
    """One call of `run`, with what has become of it.

    Attributes:
        files: Paths relative to the input.
        failures: How many attempts ended in an exception or a time-out.
        outcome: None while it is still to be scored.
        rows: What `run` returned.
        position: In which order it was finished, for the output.
        error: What the last failed attempt said.
    """

    index: int
    files: tuple[str, ...]
    failures: int = 0
    outcome: Literal["done", "failed"] | None = None
    rows: int = 0
    position: int = -1
    error: str = ""

    @property
    def attempt(self) -> int:
        """The number of the attempt that is under way or comes next, from 1."""
        return self.failures + 1

    @property
    def failed_inputs(self) -> int:
        """How many inputs count towards the error threshold."""
        if self.outcome is None:
            return 0
        return len(self.files) if self.outcome == "failed" else failed_inputs(len(self.files), self.rows)


def split(files: Sequence[str], size: int) -> tuple[MiniBatch, ...]:
    """Cut the input into mini-batches of `size` files, in the order of their names."""
    ordered = sorted(files)
    return tuple(
        MiniBatch(number, tuple(ordered[start : start + size]))
        for number, start in enumerate(range(0, len(ordered), size))
    )


def failed_inputs(inputs: int, rows: int) -> int:
    """Return how many inputs of a mini-batch failed, given how many rows came back; more rows than inputs are fine."""
    return max(0, inputs - rows)


def done(batch: MiniBatch, *, rows: int, position: int) -> MiniBatch:
    """Return a mini-batch after `run` returned."""
    return replace(batch, outcome="done", rows=rows, position=position, error="")


def failed(batch: MiniBatch, error: str, *, max_retries: int) -> MiniBatch:
    """Return a mini-batch after an exception or a time-out: to be tried again, or failed for good."""
    failures = batch.failures + 1
    return replace(batch, failures=failures, error=error, outcome="failed" if failures > max_retries else None)


def next_batch(batches: Iterable[MiniBatch], under_way: Collection[int]) -> MiniBatch | None:
    """Return what to score next: first what has not been tried, so that one bad file does not hold up the rest."""
    waiting = (batch for batch in batches if batch.outcome is None and batch.index not in under_way)
    return min(waiting, key=lambda batch: (batch.failures, batch.index), default=None)


def over_threshold(batches: Iterable[MiniBatch], threshold: int) -> bool:
    """Return whether more inputs have failed than the deployment allows."""
    return threshold != IGNORE_FAILURES and sum(batch.failed_inputs for batch in batches) > threshold


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a job ends.

    Attributes:
        cause: Why it failed; empty when it did not.
        code: Azure's word for the cause.
    """

    status: Literal["Completed", "Failed"]
    code: str = ""
    cause: str = ""


SlotState = Literal["starting", "ready", "busy", "failed"]


def verdict(
    batches: Sequence[MiniBatch], threshold: int, slots: Sequence[SlotState], *, nodes_to_come: int, init_error: str
) -> Verdict | None:
    """Return how the job ends, or None while it goes on.

    Args:
        batches: All mini-batches.
        threshold: The deployment's error threshold.
        slots: The workers of all nodes that the job has.
        nodes_to_come: Nodes that are being started for it.
        init_error: What the last failed `init` said.
    """
    if over_threshold(batches, threshold):
        bad = sum(batch.failed_inputs for batch in batches)
        last = next((batch.error for batch in reversed(batches) if batch.error), "")
        short = "" if last else " A mini-batch that returns fewer rows than it had files counts as failed by the rest."
        return Verdict(
            "Failed",
            "ErrorThresholdExceeded",
            f"{bad} of {sum(len(batch.files) for batch in batches)} inputs failed; the error threshold of the "
            f"deployment is {threshold}.{short}" + (f" Last error: {last}" if last else ""),
        )
    if all(batch.outcome for batch in batches):
        return Verdict("Completed")
    if slots and not nodes_to_come and all(slot == "failed" for slot in slots):
        return Verdict("Failed", "InitFailed", f"init() failed in every worker. Last error: {init_error}")
    return None


def nodes_for(instance_count: int, maximum: int, batches_left: int, concurrency: int) -> int:
    """Return how many nodes a job asks for: never more than it has work for."""
    return min(instance_count, maximum, -(-batches_left // concurrency))


@dataclass(frozen=True, slots=True)
class Demand:
    """What one job wants of a cluster.

    Attributes:
        wants: Nodes in all.
        has: Nodes that it holds.
    """

    job: str
    wants: int
    has: int


def target_nodes(demands: Iterable[Demand], minimum: int, maximum: int) -> int:
    """Return how many nodes a cluster should have."""
    wanted = sum(max(demand.wants, demand.has) for demand in demands)
    return max(minimum, min(wanted, maximum))


def assign(idle: Sequence[str], demands: Iterable[Demand]) -> Mapping[str, str]:
    """Give idle nodes to jobs, first come first served; returns node -> job."""
    free = iter(idle)
    wishes = (demand.job for demand in demands for _ in range(demand.wants - demand.has))
    return dict(zip(free, wishes, strict=False))
