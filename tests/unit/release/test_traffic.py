from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from windlass.release.traffic import ALL, Traffic, apportion, restrict, shift

names = st.sampled_from([f"churn-{number}" for number in range(6)])


@st.composite
def traffics(draw: st.DrawFn) -> Traffic:
    chosen = draw(st.lists(names, min_size=1, max_size=6, unique=True))
    weights = {name: draw(st.integers(1, 50)) for name in chosen}
    return Traffic.of(apportion(weights, ALL))


def test_traffic_that_does_not_sum_to_100_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="sums to 99"):
        Traffic.of({"a": 90, "b": 9})


def test_a_negative_share_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="positive"):
        Traffic.of({"a": 110, "b": -10})


def test_zeros_say_nothing() -> None:
    traffic = Traffic.of({"a": 100, "b": 0})

    assert traffic.as_dict() == {"a": 100}


def test_no_traffic_is_a_traffic() -> None:
    assert not Traffic.of({})


@given(traffics())
def test_what_is_written_into_a_tag_is_read_back(traffic: Traffic) -> None:
    assert Traffic.parse(str(traffic)) == traffic


@given(traffics(), names, st.integers(1, 100))
def test_a_shift_always_sums_to_100_and_gives_the_target_its_share(base: Traffic, target: str, share: int) -> None:
    shifted = shift(base, target, share)

    assert sum(shifted.as_dict().values()) == ALL
    assert shifted.share_of(target) == (share if base.names - {target} else ALL)
    assert shifted.names <= base.names | {target}


@given(traffics(), st.sets(names))
def test_restricted_traffic_names_the_living_alone(base: Traffic, alive: set[str]) -> None:
    left = restrict(base, alive)

    assert left.names <= alive
    assert bool(left) == bool(base.names & alive)


@given(traffics())
def test_traffic_on_living_deployments_stays_exactly_as_it_is(base: Traffic) -> None:
    assert restrict(base, base.names) == base


def test_the_others_keep_their_proportion() -> None:
    shifted = shift(Traffic.of({"a": 80, "b": 20}), "c", 50)

    assert shifted.as_dict() == {"a": 40, "b": 10, "c": 50}
