"""The previews that golden reports are of, made again by the real engine: what it says of each change is still that."""

from __future__ import annotations

import json
from typing import Any

import pytest
from golden.make import make_all
from golden.scenarios import SCENARIOS, STACKS
from support.checkout import Checkout
from support.golden import PREVIEWS, report_of_document

from windlass.delivery.report import report_as_json

pytestmark = pytest.mark.slow


def judged(document: Any) -> Any:
    """What a report says of a preview; what it costs is another matter, and follows the price book."""
    return {**report_as_json(report_of_document({**document, "cost": None})), "totals": None}


@pytest.mark.timeout(1200)  # two dozen previews
@pytest.mark.parametrize("stack", STACKS)
def test_the_engine_still_says_what_the_golden_reports_are_made_of(stack: str, bare: Checkout) -> None:
    differing: dict[str, Any] = {}
    for scenario, document in make_all(bare, tuple(each for each in SCENARIOS if each.stack == stack)):
        kept = json.loads((PREVIEWS / f"{scenario.name}.json").read_text(encoding="utf-8"))
        if judged(document) != judged(kept):
            differing[scenario.name] = (judged(document), judged(kept))

    assert differing == {}
