from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from windlass.delivery.classify import classify, make_report
from windlass.delivery.differences import find_leaves
from windlass.delivery.digest import UNKNOWN, PreviewDigest, PreviewStep, parse_digest
from windlass.delivery.models import Change, Difference, Report, ResourceChange, Risk
from windlass.delivery.rules import OPERATIONS
from windlass.errors.delivery import PreviewOfOtherStackError

SAMPLES = Path(__file__).resolve().parents[2] / "data" / "preview"
LOGICAL = sorted(set(OPERATIONS) - {op for op, change in OPERATIONS.items() if change in {Change.PART, Change.READ}})


def sample(name: str) -> Report:
    return make_report(parse_digest((SAMPLES / f"{name}.json").read_bytes(), name), "local")


def find(report: Report, name: str) -> ResourceChange:
    return next(each for each in report.changes if each.name == name)


def urn(name: str, type_: str = "azure-native:storage:StorageAccount", stack: str = "local") -> str:
    return f"urn:pulumi:{stack}::shop::{type_}::{name}"


def step(op: str, name: str = "it", **facts: Any) -> PreviewStep:
    return PreviewStep.model_validate({"op": op, "urn": urn(name), **facts})


def find_differences(each: PreviewStep) -> tuple[Difference, ...]:
    return tuple(leaf.shown() for leaf in find_leaves(each))


def test_what_is_made_for_the_first_time_is_created_without_risk() -> None:
    report = sample("created")

    assert report.count(Change.CREATED) == 7
    assert {each.change for each in report.changes} == {Change.CREATED}
    assert report.risk is Risk.NONE


def test_where_nothing_changes_all_is_counted_and_nothing_listed() -> None:
    report = sample("unchanged")

    assert report.count(Change.UNCHANGED) == 41
    assert report.changes == ()


def test_a_bigger_machine_replaces_the_cluster_because_of_its_size() -> None:
    cluster = find(sample("mixed"), "cpu-compute")

    assert (cluster.change, cluster.risk, cluster.is_certain) == (Change.REPLACED, Risk.INTERRUPTS_SERVICE, True)
    assert cluster.differences[0] == Difference(
        path="properties.properties.vmSize", before="Standard_DS3_v2", after="Standard_DS4_v2", replaces=True
    )
    assert cluster.differences[1].replaces is False


def test_a_deleted_endpoint_interrupts_service() -> None:
    endpoint = find(sample("mixed"), "churn-batch-endpoint")

    assert (endpoint.change, endpoint.risk) == (Change.DELETED, Risk.INTERRUPTS_SERVICE)


def test_what_is_replaced_only_for_a_value_that_nobody_knows_yet_is_not_certain() -> None:
    role = find(sample("mixed"), "cluster-acr-pull-registry")

    assert (role.change, role.is_certain) == (Change.REPLACED, False)
    assert role.differences[0].after == "(known after apply)"


def test_another_region_loses_data_and_says_what_follows_from_what() -> None:
    report = sample("moved")

    assert report.risk is Risk.LOSES_DATA
    assert find(report, "group-resources").differences[0].path == "location"
    assert find(report, "storage-account").follows == ("group-resources",)
    assert find(report, "churn-online-endpoint").follows == ("group-resources", "workspace-workspace")
    assert all(each.is_certain for each in report.changes)


def test_what_follows_from_an_uncertain_replacement_is_uncertain() -> None:
    maybe = step(
        "replace",
        "a",
        newState={"inputs": {"scope": UNKNOWN}},
        detailedDiff={"scope": {"kind": "update-replace"}},
    )
    after = step("replace", "b", oldState={"dependencies": [urn("a")]})

    report = make_report(PreviewDigest(steps=(maybe, after)), "local")

    assert [each.is_certain for each in report.changes] == [False, False]
    assert find(report, "b").follows == ("a",)


def test_protection_that_is_taken_off_is_told_though_nothing_changes_in_azure() -> None:
    report = sample("unprotected")

    assert report.risk is Risk.UNPROTECTS
    assert {(each.name, each.change) for each in report.changes} == {
        ("churn-batch-endpoint", Change.UNCHANGED),
        ("churn-online-endpoint", Change.UNCHANGED),
    }


def test_a_refusal_of_the_engine_is_the_error() -> None:
    (error,) = sample("protected").errors

    assert error.startswith('Preview failed: resource "urn:pulumi:local')
    assert "because it is protected" in error


def test_a_refusal_for_protection_says_how_to_acknowledge() -> None:
    said = 'unable to replace resource "it" as it is currently marked for protection. To unprotect the resource, ...'
    digest = PreviewDigest.model_validate({"diagnostics": [{"severity": "error", "message": said}]})

    (error,) = make_report(digest, "local").errors

    assert "protection.may_replace" in error


def broken(rule: str, level: str) -> dict[str, str]:
    message = "What has to hold.\nWhat is wrong.\nWhy: a reason.\nDo: a remedy.\n"
    return {"policyName": rule, "enforcementLevel": level, "resourceUrn": urn("account"), "message": message}


def test_broken_rules_are_reported_those_first_that_stop_a_run() -> None:
    failed = {"severity": "error", "message": "error: preview failed"}
    events = [broken("a", "advisory"), broken("b", "mandatory")]

    report = make_report(PreviewDigest.model_validate({"diagnostics": [failed], "policies": events}), "local")

    assert [(each.rule, each.name, each.stops) for each in report.violations] == [
        ("b", "account", True),
        ("a", "account", False),
    ]
    assert report.stopped_by == report.violations[:1]
    assert report.violations[0].lines[1:] == ("What is wrong.", "Why: a reason.", "Do: a remedy.")
    assert report.errors == ()


def test_what_failed_beside_a_broken_rule_is_still_an_error() -> None:
    events, failed = [broken("b", "mandatory")], [{"severity": "error", "message": "no such size"}]

    report = make_report(PreviewDigest.model_validate({"diagnostics": failed, "policies": events}), "local")

    assert report.errors == ("no such size",)


def test_of_a_failed_program_its_own_sentence_is_kept_alone() -> None:
    (error,) = sample("failed").errors

    assert error.startswith("Pulumi.local.yaml cannot be used.")


def test_the_worst_and_the_certain_come_first() -> None:
    keys = [(list(Risk).index(each.risk), not each.is_certain) for each in sample("mixed").changes]

    assert keys == sorted(keys)
    assert len(set(keys)) > 2


def test_a_preview_of_another_stack_is_refused() -> None:
    other = PreviewStep(op="create", urn=urn("it", stack="prod"))

    with pytest.raises(PreviewOfOtherStackError, match="stack prod, not of local"):
        make_report(PreviewDigest(steps=(other,)), "local")


def test_where_the_engine_counts_more_than_it_lists_a_warning_says_so() -> None:
    report = make_report(PreviewDigest(steps=(step("create"),), change_summary={"create": 1, "delete": 2}), "local")

    (warning,) = report.warnings
    assert warning.startswith("the engine counts delete 2 times and lists it 0 times")


def test_a_warning_of_the_program_is_kept_and_its_chatter_is_not() -> None:
    said = [{"message": "deprecated\n", "severity": "warning"}, {"message": "hello", "severity": "info"}]

    report = make_report(PreviewDigest.model_validate({"diagnostics": said}), "local")

    assert (report.warnings, report.output) == (("deprecated",), ())


def test_a_provider_that_tells_no_paths_is_taken_by_its_keys() -> None:
    each = step(
        "replace",
        replaceReasons=["location"],
        diffReasons=["location", "tags"],
        oldState={"inputs": {"location": "westeurope"}},
        newState={"inputs": {"location": "northeurope"}},
    )

    assert find_differences(each) == (
        Difference(path="location", before="westeurope", after="northeurope", replaces=True),
        Difference(path="tags"),
    )


def test_a_key_whose_paths_are_told_is_not_told_again() -> None:
    each = step(
        "replace",
        replaceReasons=["sku"],
        diffReasons=["sku"],
        detailedDiff={"sku.name": {"kind": "update"}, "tags.a": {"kind": "add"}},
    )

    assert [(difference.path, difference.replaces) for difference in find_differences(each)] == [
        ("sku.name", True),
        ("tags.a", False),
    ]


def test_what_drifted_is_compared_with_what_azure_has() -> None:
    each = step(
        "update",
        oldState={"inputs": {"size": 1}, "outputs": {"size": 3}},
        newState={"inputs": {"size": 1}},
        detailedDiff={"size": {"kind": "update", "inputDiff": False}},
    )

    assert (find_differences(each)[0].before, find_differences(each)[0].after) == ("3", "1")


@given(st.lists(st.tuples(st.sampled_from(sorted(OPERATIONS)), st.integers(0, 5)), max_size=30))
def test_every_step_is_in_exactly_one_class(pairs: list[tuple[str, int]]) -> None:
    steps = tuple(step(op, f"r{number}") for op, number in pairs)

    classes = classify(steps)

    assert tuple(each for each, _ in classes) == steps
    assert all(change in set(Change) for _, change in classes)


@given(st.lists(st.sampled_from(LOGICAL), max_size=30), st.integers(0, 50))
def test_the_totals_add_up_to_the_engines_own_count(operations: list[str], unlisted: int) -> None:
    steps = tuple(step(op, f"r{number}") for number, op in enumerate(operations))
    summary = Counter(operations)
    summary["same"] += unlisted

    report = make_report(PreviewDigest(steps=steps, change_summary=dict(summary)), "local")

    assert report.warnings == ()
    for change, count in report.totals:
        assert count == sum(summary[op] for op, each in OPERATIONS.items() if each is change)
    assert sum(count for _, count in report.totals) == sum(summary.values())


@given(st.lists(st.sampled_from(sorted(OPERATIONS)), max_size=30))
def test_what_is_deleted_replaced_updated_or_created_is_always_listed(operations: list[str]) -> None:
    steps = tuple(step(op, f"r{number}") for number, op in enumerate(operations))

    report = make_report(PreviewDigest(steps=steps), "local")

    for change in (Change.DELETED, Change.REPLACED, Change.UPDATED, Change.CREATED):
        assert sum(each.change is change for each in report.changes) == report.count(change)
