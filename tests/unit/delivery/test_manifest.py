from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from windlass.delivery.manifest import Manifest, content_digest, parse_manifest, state_digest
from windlass.errors.plans import PlanUnreadableError

MANIFEST = Manifest(
    stack="dev",
    commit="c" * 40,
    plan_sha256=content_digest(b"plan"),
    state_sha256=state_digest(None),
    failed=False,
    made_at=datetime(2026, 11, 29, 12, 0, tzinfo=UTC),
)


def row(name: str = "one", **changes: Any) -> dict[str, Any]:
    return {"urn": name, "inputs": {"sku": "S"}, "created": "2026-11-29", "modified": "2026-11-29", **changes}


def state(*rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"manifest": {"time": "2026-11-29", "version": "v3"}, "resources": list(rows), **more}


def test_a_manifest_is_read_as_it_was_written() -> None:
    assert parse_manifest(MANIFEST.as_text(), "m") == MANIFEST


@pytest.mark.parametrize(("text", "what"), [("", "JSON"), ("{}", "stack"), ('{"version": 2}', "version")])
def test_something_else_is_refused_by_name(text: str, what: str) -> None:
    with pytest.raises(PlanUnreadableError, match=what) as caught:
        parse_manifest(text, "here/manifest.json")

    assert "here/manifest.json" in str(caught.value)


def test_the_digest_of_a_state_is_the_same_when_nothing_but_time_and_order_differ() -> None:
    one, other = row("one"), row("other")

    again = state(other, row("one", modified="2027-01-01"), manifest={"time": "2027-01-01"})

    assert state_digest(state(one, other)) == state_digest(again)


@pytest.mark.parametrize(
    "moved",
    [
        state(),
        state(row(), row("other")),
        state(row(inputs={"sku": "L"})),
        state(row(outputs={"id": "x"})),
        state(row(protect=True)),
        state(row(), pending_operations=[{"type": "updating", "resource": row()}]),
    ],
)
def test_the_digest_of_a_state_that_moved_is_another(moved: dict[str, Any]) -> None:
    assert state_digest(moved) != state_digest(state(row()))


def test_a_stack_that_was_never_applied_is_an_empty_one() -> None:
    assert state_digest(None) == state_digest({}) == state_digest({"resources": None, "pending_operations": None})
