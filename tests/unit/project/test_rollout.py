from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from windlass.project.rollout import Previous, Rollout


def test_a_rollout_that_says_nothing_goes_in_steps_and_keeps_the_way_back() -> None:
    rollout = Rollout()

    assert (rollout.shares, rollout.previous) == ((10, 50, 100), Previous.KEEP)


def test_a_direct_rollout_has_one_step() -> None:
    assert Rollout.model_validate({"strategy": "direct"}).shares == (100,)


@pytest.mark.parametrize(
    "document",
    [
        {"steps": []},
        {"steps": [10, 50]},
        {"steps": [50, 10, 100]},
        {"steps": [10, 10, 100]},
        {"steps": [0, 100]},
        {"steps": [100, 101]},
        {"wait_seconds": -1},
        {"probe_seconds": 0},
        {"smoke_test": {"absolute_tolerance": -1}},
        {"strategy": "direct", "steps": [10, 100]},
        {"strategy": "hope"},
        {"previous": "sell"},
        {"unknown": 1},
    ],
)
def test_what_cannot_be_meant_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Rollout.model_validate(document)


def test_every_field_is_described() -> None:
    assert all(field.description for field in Rollout.model_fields.values())
