"""Whose turn it is."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from windlass_emulator.online.balance import Share, Turns

WEIGHTS = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 100), max_size=6)


@pytest.mark.inferred
@given(WEIGHTS, st.integers(0, 3))
def test_each_is_chosen_exactly_as_often_as_its_weight(weights: dict[str, int], rounds: int) -> None:
    turns = Turns(weights)

    chosen = Counter(turns.choose() for _ in range(rounds * sum(weights.values())))

    assert chosen == Counter({name: rounds * weight for name, weight in weights.items()}) + Counter()


@pytest.mark.inferred
@given(st.integers(1, 99))
def test_turns_are_spread_evenly(weight: int) -> None:
    turns = Turns({"old": 100 - weight, "new": weight})

    chosen = [turns.choose() for _ in range(100)]

    for start in range(100):
        share = chosen[start:].count("new")
        assert abs(share - (100 - start) * weight / 100) <= 1


@pytest.mark.specified
def test_nobody_is_chosen_without_weights() -> None:
    assert Turns({"a": 0}).choose() is None


@pytest.mark.inferred
@given(st.integers(0, 100))
def test_a_share_is_met_exactly_over_a_hundred_events(percent: int) -> None:
    share = Share(percent)

    assert sum(share.next() for _ in range(100)) == percent
