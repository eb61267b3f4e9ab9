"""The figures that the demo draws from its live traffic."""

from __future__ import annotations

from demo.traffic import Sent, Share, quantile, shares


def answered(at: float, deployment: str) -> Sent:
    return Sent(at=at, deployment=deployment, status=200, seconds=0.01)


def test_stretches_with_the_same_split_become_one() -> None:
    sent = [answered(t / 10, "v1") for t in range(30)]

    assert shares(sent) == [Share(0.0, 3.0, {"v1": 100})]


def test_a_moved_split_begins_a_new_stretch() -> None:
    sent = [answered(t / 10, "v1") for t in range(20)]
    sent += [answered(2 + t / 10, "v1" if t % 2 else "v2") for t in range(20)]

    assert [s.percent for s in shares(sent)] == [{"v1": 100}, {"v1": 50, "v2": 50}]


def test_the_moment_in_which_the_split_moves_is_no_stretch() -> None:
    sent = [answered(t / 10, "v1" if t < 25 else "v2") for t in range(50)]

    assert shares(sent) == [Share(0.0, 2.0, {"v1": 100}), Share(3.0, 5.0, {"v2": 100})]


def test_requests_without_an_answer_count_as_failed_and_belong_to_nobody() -> None:
    lost = Sent(at=0.5, deployment="", status=0, seconds=5.0, error="ConnectError: refused")

    assert lost.failed
    assert shares([lost]) == []


def test_a_quantile_is_one_of_the_values() -> None:
    assert quantile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert quantile([3.0, 1.0, 2.0], 0.99) == 3.0
    assert quantile([], 0.5) == 0.0
