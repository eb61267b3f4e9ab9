"""The page that says what the local Azure answers."""

from __future__ import annotations

import coverage_page
import pytest
from windlass_emulator.coverage import what_is_asked
from windlass_emulator.features import features

pytestmark = pytest.mark.inferred


def test_the_page_is_fresh() -> None:
    written = (coverage_page.ROOT / coverage_page.PAGE).read_text(encoding="utf-8")

    assert written == coverage_page.render(features()), "run python tools/coverage_page.py"


def test_every_operation_has_a_summary() -> None:
    unnamed = [
        route.template
        for feature in features()
        for route in feature.routes
        if not route.summary and not route.handler.__doc__
    ]

    assert unnamed == []


@pytest.mark.parametrize(
    ("method", "path", "named"),
    [
        ("PUT", "/subscriptions/s/resourceGroups/g/providers/Microsoft.A/bs/b/cs/c", "PUT of Microsoft.A/bs/cs"),
        ("GET", "/subscriptions/s/providers/Microsoft.A/bs", "GET of Microsoft.A/bs"),
        ("POST", "/subscriptions/s/providers/Microsoft.A/bs/b/stop", "the action 'stop' of Microsoft.A/bs"),
        ("POST", "/subscriptions/s/providers/Microsoft.A/checkName", "the action 'checkName' of Microsoft.A"),
        ("GET", "/what/is/this", "GET /what/is/this on host"),
    ],
)
def test_what_is_missing_is_named(method: str, path: str, named: str) -> None:
    assert what_is_asked(method, "host", path) == named
