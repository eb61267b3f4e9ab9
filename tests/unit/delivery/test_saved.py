"""A preview is saved with all that a report is made of, and the report is read again from what it was written to."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from windlass.delivery.assess import assess
from windlass.delivery.classify import make_report
from windlass.delivery.digest import PolicyEvent, PreviewDigest, parse_digest
from windlass.delivery.parse import parse_report
from windlass.delivery.report import report_as_json
from windlass.delivery.saved import SavedPreview, parse_saved
from windlass.errors.delivery import ReportUnreadableError, SavedPreviewUnreadableError

SAMPLES = Path(__file__).resolve().parents[2] / "data" / "preview"
RULE = PolicyEvent(policy_name="tls-1-2", resource_urn="a::b", message="Head.\nLine.", enforcement_level="mandatory")
ACCOUNT = {"urn": "urn:a", "type": "azure-native:storage:StorageAccount", "custom": True, "inputs": {"a": 1}}


def digest(name: str) -> PreviewDigest:
    return parse_digest((SAMPLES / f"{name}.json").read_bytes(), name)


def saved(name: str) -> SavedPreview:
    broken = digest(name).model_copy(update={"policies": (RULE,)})
    state = {"resources": [{**ACCOUNT, "outputs": {"key": "x"}}]}
    return SavedPreview.of(broken, stack="local", commit="c0ffee", state=state, notes=["a name is held"])


@pytest.mark.parametrize("name", ["mixed", "moved", "failed", "unchanged", "unprotected", "protected", "created"])
def test_what_is_saved_is_read_again(name: str) -> None:
    written = saved(name).as_text()

    assert parse_saved(written, "a file") == saved(name)
    assert json.loads(written)["deployed"] == [ACCOUNT]
    assert [each["policyName"] for each in json.loads(written)["policies"]] == ["tls-1-2"]


def test_nothing_deployed_is_saved_as_nothing() -> None:
    assert SavedPreview.of(digest("created"), stack="local").deployed == ()


@pytest.mark.parametrize("name", ["mixed", "moved", "failed", "unchanged", "unprotected", "protected", "created"])
def test_a_report_is_read_again_from_its_json(name: str) -> None:
    report = assess(saved(name), settings=None)

    read = parse_report(json.dumps(report_as_json(report)), "a file")

    assert read == replace(report, output=())


def test_a_saved_preview_is_judged_with_its_rules_and_notes() -> None:
    report = assess(saved("mixed"), settings=None)

    assert [each.rule for each in report.violations] == ["tls-1-2"]
    assert report.warnings[0] == "a name is held"
    assert report.commit == "c0ffee"
    assert report.changes == make_report(digest("mixed"), "local").changes


def test_what_a_terminal_would_obey_is_left_out_of_what_is_read() -> None:
    document = {**report_as_json(assess(saved("mixed"), settings=None)), "warnings": ["a\x1b[31mb\nc\u202e"]}

    assert parse_report(json.dumps(document), "a file").warnings == ("a[31mb\nc",)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "Expecting value"),
        ("[]", "list indices"),
        ('{"version": 2}', "the version 2 and this windlass reads 1"),
        ('{"version": 1}', "it has no stack"),
        ('{"version": 1, "stack": 3}', "'3' is no str"),
        ('{"version": 1, "stack": "dev", "commit": null, "changes": {}}', "is no list"),
    ],
)
def test_another_text_is_no_report(text: str, why: str) -> None:
    with pytest.raises(ReportUnreadableError, match=r"--save DIR") as refused:
        parse_report(text, "report.json")

    assert why in str(refused.value)


@pytest.mark.parametrize("text", ["", "{}", '{"version": 2, "stack": "dev", "digest": {}}'])
def test_another_text_is_no_saved_preview(text: str) -> None:
    with pytest.raises(SavedPreviewUnreadableError, match=r"preview\.json cannot be read as a saved preview"):
        parse_saved(text, "preview.json")
