"""The rules by which mini-batches, jobs and clusters go on: rules hold for all inputs, so they are properties."""

from __future__ import annotations

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from windlass_emulator.batch import scheduling
from windlass_emulator.batch.scheduling import Demand, MiniBatch, SlotState, Verdict

FILES = st.lists(st.text("abc/", min_size=1, max_size=5), unique=True, max_size=30)
COUNTS = st.integers(0, 20)

OUTCOMES: list[Literal["done", "failed"] | None] = ["done", "failed", None]

BATCHES = st.lists(
    st.tuples(st.integers(1, 4), st.sampled_from(OUTCOMES), st.integers(0, 6), st.integers(0, 3)),
    min_size=1,
    max_size=12,
).map(
    lambda drawn: [
        MiniBatch(index, tuple(f"f{number}" for number in range(size)), failures, outcome, rows)
        for index, (size, outcome, rows, failures) in enumerate(drawn)
    ]
)

DEMANDS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=5).map(
    lambda drawn: [Demand(f"job{index}", wants, has) for index, (wants, has) in enumerate(drawn)]
)


@pytest.mark.specified
@given(FILES, st.integers(1, 7))
def test_splitting_keeps_every_file_once_in_order(files: list[str], size: int) -> None:
    batches = scheduling.split(files, size)

    assert [file for batch in batches for file in batch.files] == sorted(files)


@pytest.mark.specified
@given(FILES, st.integers(1, 7))
def test_all_mini_batches_but_the_last_are_full(files: list[str], size: int) -> None:
    batches = scheduling.split(files, size)

    assert all(len(batch.files) == size for batch in batches[:-1])
    assert all(1 <= len(batch.files) <= size for batch in batches)


@pytest.mark.specified
@given(st.integers(0, 5))
def test_a_mini_batch_is_given_up_after_one_attempt_more_than_the_retries(max_retries: int) -> None:
    batch = MiniBatch(0, ("a",))
    attempts = 0
    while batch.outcome is None:
        batch = scheduling.failed(batch, "error", max_retries=max_retries)
        attempts += 1

    assert (attempts, batch.outcome) == (max_retries + 1, "failed")


@pytest.mark.specified
@given(BATCHES)
def test_the_threshold_counts_inputs_and_never_those_of_mini_batches_still_to_be_scored(
    batches: list[MiniBatch],
) -> None:
    failed = sum(
        len(batch.files) if batch.outcome == "failed" else max(0, len(batch.files) - batch.rows)
        for batch in batches
        if batch.outcome
    )

    assert not scheduling.over_threshold(batches, failed)
    assert scheduling.over_threshold(batches, failed - 1) == (failed > 0)


@pytest.mark.specified
@given(BATCHES)
def test_a_threshold_of_minus_one_ignores_all_failures(batches: list[MiniBatch]) -> None:
    assert not scheduling.over_threshold(batches, -1)


@pytest.mark.inferred
@given(BATCHES, st.sets(st.integers(0, 12)))
def test_the_next_mini_batch_is_open_and_not_under_way(batches: list[MiniBatch], under_way: set[int]) -> None:
    chosen = scheduling.next_batch(batches, under_way)

    open_ones = [batch for batch in batches if batch.outcome is None and batch.index not in under_way]
    assert (chosen in open_ones) if open_ones else chosen is None


@pytest.mark.inferred
def test_a_mini_batch_that_failed_comes_after_those_not_tried() -> None:
    tried, fresh = MiniBatch(0, ("a",), failures=1), MiniBatch(1, ("b",))

    assert scheduling.next_batch([tried, fresh], set()) == fresh


@pytest.mark.inferred
@given(BATCHES, st.integers(-1, 10), st.lists(st.sampled_from(["starting", "ready", "busy"]), max_size=4))
def test_a_job_within_its_threshold_ends_exactly_when_all_is_settled(
    batches: list[MiniBatch], threshold: int, slots: list[SlotState]
) -> None:
    ending = scheduling.verdict(batches, threshold, slots, nodes_to_come=0, init_error="")

    if scheduling.over_threshold(batches, threshold):
        assert ending is not None
        assert ending.code == "ErrorThresholdExceeded"
    elif all(batch.outcome for batch in batches):
        assert ending == Verdict("Completed")
    else:
        assert ending is None


@pytest.mark.inferred
@pytest.mark.parametrize(
    ("slots", "nodes_to_come", "ends"),
    [
        (["failed", "failed"], 0, True),
        (["failed", "failed"], 1, False),
        (["failed", "starting"], 0, False),
        (["failed", "busy"], 0, False),
        ([], 0, False),
    ],
)
def test_a_job_fails_by_init_only_when_no_worker_is_left_to_hope_for(
    slots: list[SlotState], nodes_to_come: int, *, ends: bool
) -> None:
    open_batch = [MiniBatch(0, ("a",))]

    ending = scheduling.verdict(open_batch, -1, slots, nodes_to_come=nodes_to_come, init_error="no model")

    assert (ending is not None) == ends


@pytest.mark.inferred
@given(st.integers(1, 20), COUNTS, COUNTS, st.integers(1, 4))
def test_a_job_asks_for_no_more_nodes_than_it_may_have_or_has_work_for(
    instances: int, maximum: int, left: int, concurrency: int
) -> None:
    nodes = scheduling.nodes_for(instances, maximum, left, concurrency)

    assert nodes <= min(instances, maximum)
    assert (nodes - 1) * concurrency < max(left, 1)


@pytest.mark.inferred
@given(DEMANDS, st.integers(0, 5), st.integers(5, 12))
def test_a_cluster_stays_between_its_minimum_and_maximum(demands: list[Demand], minimum: int, maximum: int) -> None:
    assert minimum <= scheduling.target_nodes(demands, minimum, maximum) <= maximum


@pytest.mark.inferred
@given(st.integers(0, 8), DEMANDS)
def test_idle_nodes_go_to_jobs_in_order_and_no_job_gets_more_than_it_wants(idle: int, demands: list[Demand]) -> None:
    names = [f"node{number}" for number in range(idle)]

    given_to = list(scheduling.assign(names, demands).values())

    wishes = [demand.job for demand in demands for _ in range(max(0, demand.wants - demand.has))]
    assert given_to == wishes[:idle]
