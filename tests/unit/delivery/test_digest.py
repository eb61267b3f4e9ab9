from __future__ import annotations

import json
from pathlib import Path

import pytest

from windlass.delivery.digest import PreviewStep, parse_digest
from windlass.errors.delivery import PreviewUnreadableError

SAMPLES = Path(__file__).resolve().parents[2] / "data" / "preview"
URN = "urn:pulumi:dev::shop::windlass:infra:Storage$azure-native:storage:StorageAccount::files::and more"


@pytest.mark.parametrize("sample", sorted(SAMPLES.glob("*.json")), ids=lambda path: path.stem)
def test_what_the_engine_wrote_is_read(sample: Path) -> None:
    digest = parse_digest(sample.read_bytes(), sample.name)

    assert len(digest.steps) == len(json.loads(sample.read_bytes())["steps"])


def test_a_urn_tells_stack_type_and_name() -> None:
    step = PreviewStep(op="create", urn=URN)

    assert (step.stack, step.type, step.name) == ("dev", "azure-native:storage:StorageAccount", "files::and more")


def test_what_the_engine_leaves_out_or_writes_as_null_is_empty() -> None:
    step = {"op": "same", "urn": URN, "detailedDiff": None, "oldState": {"urn": URN, "inputs": None}}

    digest = parse_digest(json.dumps({"steps": [step], "diagnostics": None}), "a file")

    assert digest.steps[0].detailed_diff == {}
    assert digest.steps[0].old_state is not None
    assert digest.steps[0].old_state.inputs == {}
    assert digest.diagnostics == ()


def test_keys_that_a_newer_engine_adds_are_passed_over() -> None:
    digest = parse_digest('{"steps": [], "weather": "fine"}', "a file")

    assert digest.steps == ()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "Invalid JSON"),
        ("Previewing update (dev):", "Invalid JSON"),
        ("[]", "should be an object"),
        ("{}", "neither steps nor diagnostics"),
        ('{"steps": [{"op": "create"}]}', "steps.0.urn: Field required"),
    ],
)
def test_another_text_is_refused_with_the_reason_and_the_way_to_a_preview(text: str, why: str) -> None:
    with pytest.raises(PreviewUnreadableError, match=r"pulumi preview --json") as refused:
        parse_digest(text, "a.json")

    assert why in str(refused.value)
    assert "a.json" in str(refused.value)
