"""The `autoscale` section of rollout.yml."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from windlass.project.autoscale import Autoscale, Hours
from windlass.project.rollout import Rollout

OFFICE = {"name": "office", "starts": "07:00", "ends": "19:00", "minimum": 3}


def test_the_maximum_is_enough() -> None:
    scale = Rollout.model_validate({"autoscale": {"maximum": 5}}).autoscale

    assert scale is not None
    assert (scale.minimum, scale.maximum, scale.cpu_above, scale.cpu_below) == (2, 5, 70, 30)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"minimum": 6}, r"minimum \(6\) must not be more than maximum \(5\)"),
        ({"maximum": 51}, "less than or equal to 50"),
        ({"cpu_below": 40}, r"cpu_below \(40\) must be at most half of cpu_above \(70\)"),
        ({"hours": [{**OFFICE, "ends": "06:00"}]}, r"office: ends \(06:00\) must be after starts \(07:00\)"),
        ({"hours": [{**OFFICE, "minimum": 6}]}, "hours.office: minimum must not be more than maximum"),
        ({"hours": [OFFICE, OFFICE]}, "two of the hours are called office"),
        ({"hours": [OFFICE, {**OFFICE, "name": "noon", "starts": "12:00"}]}, "office and noon overlap"),
        ({"hours": [{**OFFICE, "starts": "7"}]}, "should match pattern"),
    ],
)
def test_what_would_not_scale_is_refused(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Autoscale.model_validate({"maximum": 5, **settings})


def test_the_digest_tells_two_contents_apart() -> None:
    plain, office = Autoscale(maximum=5), Autoscale(maximum=5, hours=(Hours.model_validate(OFFICE),))

    assert plain.digest == Autoscale(minimum=2, maximum=5).digest
    assert plain.digest != office.digest
