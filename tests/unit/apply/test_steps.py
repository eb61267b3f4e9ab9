from __future__ import annotations

import json
from typing import Any

import pytest
from support.apply import plan, row, unseen, urn

from windlass.apply import steps

REPLACED = ["delete-replaced", "replace", "create-replacement"]
TAGS = (
    "resource urn:pulumi:dev::shop::t::one violates plan: properties changed: "
    "~~tags[{map[owner:{ana}]}!={map[owner:{bob}]}], +=sku[{L}], ==a.b[{x}\n]"
)


def test_operations_that_were_not_needed_are_told_from_failures() -> None:
    errors = (*unseen("two", "one"), "quota exceeded")

    assert steps.unseen(errors) == (urn("one"), urn("two"))
    assert steps.others(errors) == ("quota exceeded",)


def test_what_exceeds_a_plan_is_said_without_the_values() -> None:
    refused = "update is not allowed by the plan: this resource is constrained to same"

    assert steps.exceeds([TAGS, refused, "quota exceeded"]) == (
        "resource urn:pulumi:dev::shop::t::one violates plan: properties changed: a.b, sku, tags",
        refused,
    )


def test_values_are_taken_out_once_and_for_all() -> None:
    once = steps.without_values(TAGS)

    assert steps.without_values(once) == once
    assert steps.without_values("quota [1] exceeded") == "quota [1] exceeded"


def test_an_operation_is_missed_where_the_state_is_not_as_it_should_be() -> None:
    foreseen = plan(made=["create"], kept=REPLACED, gone=["delete"], stays=["delete"], lost=["create"])
    state = {"resources": [row("made"), row("kept"), row("stays"), row("lost", delete=True)]}
    every = [urn(name) for name in ("made", "kept", "gone", "stays", "lost")]

    assert steps.missing(foreseen, every, state) == (urn("lost"), urn("stays"))
    assert steps.missing(foreseen, every[:3], state) == ()


def test_what_a_plan_makes_is_named() -> None:
    assert steps.creations(plan(one=["create"], two=["update"], three=[])) == {urn("one")}


def left(foreseen: list[str], *rows: dict[str, Any]) -> list[str]:
    document = json.loads(steps.going_on(plan(one=foreseen), {"resources": list(rows)}))
    found: list[str] = document["resourcePlans"][urn("one")]["steps"]
    return found


@pytest.mark.parametrize(
    ("foreseen", "rows", "expected"),
    [
        (["create"], [], ["create"]),
        (["create"], [row("one")], ["update"]),
        (["update"], [row("one")], ["update"]),
        (["same"], [row("one")], ["same"]),
        ([], [row("one")], []),
        (["delete"], [row("one")], ["delete"]),
        (REPLACED, [row("one")], REPLACED),
        (REPLACED, [row("one", pendingReplacement=True)], ["replace", "create-replacement"]),
        (REPLACED[::-1], [row("one"), row("one", delete=True)], ["update", "delete-replaced"]),
    ],
)
def test_a_plan_is_fitted_to_what_is_done_of_it(
    foreseen: list[str], rows: list[dict[str, Any]], expected: list[str]
) -> None:
    assert left(foreseen, *rows) == expected


def test_all_else_of_a_plan_stays_as_it_was() -> None:
    whole = json.dumps({"manifest": {"v": 1}, "resourcePlans": {urn("one"): {"steps": ["create"], "goal": {"a": 1}}}})

    fitted = json.loads(steps.going_on(whole.encode(), {"resources": [row("one")]}))

    assert fitted["manifest"] == {"v": 1}
    assert fitted["resourcePlans"][urn("one")] == {"steps": ["update"], "goal": {"a": 1}}
