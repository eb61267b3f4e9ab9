"""An acknowledgement says yes to what was shown, and to nothing that comes later."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.reports import created, deleted, report_of, updated

from windlass.delivery.gate import check_gate, label_of
from windlass.delivery.meanings import ACKNOWLEDGED, Meaning
from windlass.delivery.models import Report

ACCOUNT = "storage:StorageAccount"
FOUR = [deleted("keyvault:Vault", name) for name in "abcd"]


def opened(address: str) -> Report:
    def rules(*addresses: str) -> dict[str, Any]:
        return {"networkRuleSet": {"ipRules": [{"iPAddressOrRange": each} for each in addresses]}}

    return report_of(updated(ACCOUNT, rules(), rules(address)))


def test_what_costs_nobody_anything_needs_no_yes() -> None:
    report = report_of(updated(ACCOUNT, {"tags": {"a": "1"}}, {"tags": {"a": "2"}}))

    assert check_gate([report], []).needed == ()


def test_each_class_of_a_stack_needs_one_label() -> None:
    report = report_of(deleted("keyvault:Vault", "a"), deleted("keyvault:Vault", "b"), deleted("network:NatGateway"))

    gate = check_gate([report], [])

    assert [(each.meaning.value, each.changes) for each in gate.needed] == [
        ("loses-data", ("a", "b")),
        ("interrupts-service", ("it",)),
    ]
    assert gate.missing == gate.needed
    assert all(each.label.startswith(f"allow:{each.meaning}@dev:") for each in gate.needed)


@pytest.mark.parametrize("written", ["{}", " {} ", "{bare}"])
def test_a_label_or_a_flag_says_yes(written: str) -> None:
    report = opened("1.2.3.4")
    label = label_of(Meaning.OPENS_NETWORK, report)

    gate = check_gate([report], [written.format(label, bare=label.removeprefix("allow:"))])

    assert (gate.missing, gate.strays) == ((), ())
    assert gate.needed[0].is_given


def test_a_yes_to_one_value_is_none_to_another() -> None:
    label = label_of(Meaning.OPENS_NETWORK, opened("1.2.3.4"))

    gate = check_gate([opened("0.0.0.0/0")], [label])

    assert len(gate.missing) == 1
    assert gate.strays[0].why == "it was for other findings: they have changed since"


def test_a_yes_to_a_loss_is_none_to_the_next_one() -> None:
    first = report_of(deleted("keyvault:Vault", "a"))
    both = report_of(deleted("keyvault:Vault", "a"), deleted("keyvault:Vault", "b"))

    assert label_of(Meaning.LOSES_DATA, first) != label_of(Meaning.LOSES_DATA, both)


def test_a_yes_to_a_role_is_none_to_another_role() -> None:
    inputs = {"principalId": "p", "roleDefinitionId": "/x/reader", "scope": "/subscriptions/s/resourceGroups/g"}
    one = report_of(created("authorization:RoleAssignment", inputs))
    other = report_of(created("authorization:RoleAssignment", {**inputs, "roleDefinitionId": "/x/owner"}))

    assert label_of(Meaning.WIDENS_PERMISSION, one) != label_of(Meaning.WIDENS_PERMISSION, other)


def test_long_values_that_begin_alike_are_told_apart() -> None:
    assert label_of(Meaning.OPENS_NETWORK, opened("a" * 200 + "b")) != label_of(
        Meaning.OPENS_NETWORK, opened("a" * 200 + "c")
    )


@pytest.mark.parametrize(
    ("label", "why"),
    [
        ("allow:loses-data@dev:123456", "nothing needs it any more"),
        ("allow:loses-data@prod:123456", "no report here is of that stack"),
        ("allow:everything", "it is no acknowledgement: those have the form allow:CLASS@STACK:DIGEST"),
        ("allow:everything@dev:123456", "it is no acknowledgement: those have the form allow:CLASS@STACK:DIGEST"),
    ],
)
def test_a_label_that_fits_nothing_says_why(label: str, why: str) -> None:
    gate = check_gate([opened("1.2.3.4")], [label])

    assert [(each.label, each.why) for each in gate.strays] == [(label, why)]


def test_labels_about_something_else_are_passed_over() -> None:
    assert check_gate([], ["bug", "needs review", ""]).strays == ()


@given(st.permutations(range(4)))
def test_the_order_of_findings_does_not_matter(order: list[int]) -> None:
    shuffled = report_of(*(FOUR[place] for place in order))

    assert label_of(Meaning.LOSES_DATA, shuffled) == label_of(Meaning.LOSES_DATA, report_of(*FOUR))


@given(st.sampled_from(sorted(ACKNOWLEDGED)))
def test_a_label_fits_github(meaning: Meaning) -> None:
    assert len(label_of(meaning, report_of(deleted("keyvault:Vault")))) <= 50
