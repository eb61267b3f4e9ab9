"""The evaluator of workflow expressions: what it knows, and that it refuses the rest."""

from __future__ import annotations

from typing import Any

import pytest
from support.workflow_expressions import Status, UnknownExpressionError, evaluate, fill, holds

CONTEXTS: dict[str, Any] = {
    "github": {"sha": "abc", "event": {"pull_request": {"number": 7, "head": {"repo": {"full_name": "o/r"}}}}},
    "needs": {"stacks": {"result": "success", "outputs": {"stacks": '["dev","prod"]'}}},
    "inputs": {"stack": "dev"},
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("github.sha", "abc"),
        ("github.event.pull_request.number || github.sha", 7),
        ("github.event.before || github.sha", "abc"),
        ("github.event.pull_request.head.repo.full_name == 'O/R'", True),
        ("fromJSON(needs.stacks.outputs.stacks)", ["dev", "prod"]),
        ("contains(fromJSON(needs.stacks.outputs.stacks), 'prod')", True),
        ("!contains(fromJSON(needs.stacks.outputs.stacks), 'pro')", True),
        ("startsWith(inputs.stack, 'de') && 'it''s'", "it's"),
        ("needs.stacks.outputs.stacks != '[]'", True),
        ("(false || true) && !cancelled()", True),
        ("null == github.event.before", True),
        ("1 == 1", True),
    ],
)
def test_what_is_known(text: str, value: Any) -> None:
    assert evaluate(text, CONTEXTS) == value


@pytest.mark.parametrize(
    "text",
    [
        "secrets.TOKEN",
        "github.actor",
        "needs.other.result",
        "inputs.stack.length",
        "hashFiles('x')",
        "contains('production', 'prod')",
        "github.sha == 1",
        "github.sha > 'a'",
        "github['sha']",
        "github.*",
        "github.sha github.sha",
        "(github.sha",
        "",
    ],
)
def test_what_is_refused(text: str) -> None:
    with pytest.raises(UnknownExpressionError):
        evaluate(text, CONTEXTS)


@pytest.mark.parametrize(
    ("condition", "status", "runs"),
    [
        (None, Status(), True),
        (None, Status(failed=True), False),
        (None, Status(skipped=True), False),
        ("${{ inputs.stack == 'dev' }}", Status(failed=True), False),
        ("${{ !cancelled() }}", Status(failed=True), True),
        ("${{ !cancelled() }}", Status(cancelled=True), False),
        ("always()", Status(cancelled=True), True),
        ("failure()", Status(), False),
        ("${{ !cancelled() && !failure() }}", Status(skipped=True), True),
    ],
)
def test_a_condition_asks_for_success_unless_it_says_otherwise(
    condition: str | None,
    status: Status,
    runs: bool,  # noqa: FBT001 - a row of the table
) -> None:
    assert holds(condition, CONTEXTS, status) is runs


def test_values_are_put_into_texts_mappings_and_lists() -> None:
    value = {"group": "stack-${{ inputs.stack }}-${{ github.event.none }}", "list": ["${{ inputs.stack }}"], "n": 5}

    assert fill(value, CONTEXTS) == {"group": "stack-dev-", "list": ["dev"], "n": 5}
    assert fill("${{ fromJSON(needs.stacks.outputs.stacks) }}", CONTEXTS) == ["dev", "prod"]
