from __future__ import annotations

import pytest

from windlass.delivery.digest import PreviewStep, ResourceState
from windlass.delivery.losses import LOSSES, short_type
from windlass.delivery.models import Change, Risk
from windlass.delivery.rules import OPERATIONS, change_of, risk_of
from windlass.errors.delivery import UnknownOperationError


def step(op: str, type_: str = "storage:StorageAccount", **old: bool) -> PreviewStep:
    return PreviewStep(
        op=op,
        urn=f"urn:pulumi:dev::shop::azure-native:{type_}::it",
        old_state=ResourceState.model_validate({"custom": True, **old}),
        new_state=ResourceState(custom=True),
    )


@pytest.mark.parametrize(
    ("op", "change"),
    [
        ("create", Change.CREATED),
        ("update", Change.UPDATED),
        ("replace", Change.REPLACED),
        ("delete", Change.DELETED),
        ("import", Change.IMPORTED),
        ("same", Change.UNCHANGED),
        ("read", Change.READ),
        ("create-replacement", Change.PART),
    ],
)
def test_an_operation_has_one_class(op: str, change: Change) -> None:
    assert change_of(step(op), frozenset()) is change


def test_an_operation_that_nobody_judged_is_refused_by_name() -> None:
    with pytest.raises(UnknownOperationError, match=r"teleport on urn:pulumi:dev.*newer windlass"):
        change_of(step("teleport"), frozenset())


def test_the_second_half_of_a_replacement_is_no_deletion_of_its_own() -> None:
    each = step("delete-replaced")

    assert change_of(each, frozenset({each.urn})) is Change.PART


def test_what_an_interrupted_replacement_left_behind_is_deleted() -> None:
    assert change_of(step("delete-replaced"), frozenset()) is Change.DELETED


@pytest.mark.parametrize("change", [Change.DELETED, Change.REPLACED])
@pytest.mark.parametrize(
    ("type_", "risk"),
    [
        ("machinelearningservices:Workspace", Risk.LOSES_DATA),
        ("storage:StorageAccount", Risk.LOSES_DATA),
        ("storage:BlobContainer", Risk.LOSES_DATA),
        ("keyvault:Vault", Risk.LOSES_DATA),
        ("containerregistry:Registry", Risk.LOSES_DATA),
        ("machinelearningservices:OnlineEndpoint", Risk.INTERRUPTS_SERVICE),
        ("machinelearningservices:BatchEndpoint", Risk.INTERRUPTS_SERVICE),
        ("machinelearningservices:Compute", Risk.INTERRUPTS_SERVICE),
        ("insights:ActionGroup", Risk.NONE),
    ],
)
def test_what_goes_costs_what_was_in_it(type_: str, risk: Risk, change: Change) -> None:
    found, consequence = risk_of(step("any", type_), change)

    assert found is risk
    assert bool(consequence) is (risk is not Risk.NONE)


@pytest.mark.parametrize("type_", sorted(LOSSES))
@pytest.mark.parametrize("change", sorted(set(Change) - {Change.DELETED, Change.REPLACED}))
def test_what_stays_costs_nothing(type_: str, change: Change) -> None:
    assert risk_of(step("any", type_), change) == (Risk.NONE, "")


@pytest.mark.parametrize("op", ["same", "update"])
def test_taking_protection_off_is_a_risk_of_its_own(op: str) -> None:
    risk, consequence = risk_of(step(op, protect=True), OPERATIONS[op])

    assert risk is Risk.UNPROTECTS
    assert "no longer refuse" in consequence


def test_what_azure_keeps_is_not_lost() -> None:
    risk, consequence = risk_of(step("delete", retainOnDelete=True), Change.DELETED)

    assert risk is Risk.NONE
    assert "Azure keeps it" in consequence


@pytest.mark.parametrize(
    ("type_", "shown"),
    [
        ("azure-native:storage:StorageAccount", "storage:StorageAccount"),
        ("azure-native:storage/v20240101:StorageAccount", "storage:StorageAccount"),
        ("azure-native:containerregistry/v20230101preview:Registry", "containerregistry:Registry"),
        ("windlass:infra:Endpoint", "windlass:infra:Endpoint"),
        ("random:index/randomId:RandomId", "random:index/randomId:RandomId"),
    ],
)
def test_a_type_is_the_same_in_every_api_version(type_: str, shown: str) -> None:
    assert short_type(type_) == shown
