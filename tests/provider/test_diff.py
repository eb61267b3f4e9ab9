"""Diff: what is an update, what is a replacement, and in which order a replacement happens."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi.runtime.proto import provider_pb2
from support.engine_side import UNKNOWN, EngineSide
from windlass_provider.differ import difference
from windlass_provider.schema.load import load_table

STORAGE = "azure-native:storage:StorageAccount"
KINDS = provider_pb2.PropertyDiff
INPUTS: dict[str, Any] = {
    "accountName": "stchurn",
    "resourceGroupName": "rg",
    "location": "westeurope",
    "kind": "StorageV2",
    "sku": {"name": "Standard_LRS"},
    "tags": {"a": "b"},
}


@pytest.mark.specified
async def test_equal_inputs_do_not_differ(engine: EngineSide) -> None:
    found = await engine.diff(STORAGE, INPUTS, INPUTS)

    assert found.changes == provider_pb2.DiffResponse.DIFF_NONE


@pytest.mark.specified
async def test_a_changed_tag_is_an_update_with_its_path(engine: EngineSide) -> None:
    found = await engine.diff(STORAGE, INPUTS, {**INPUTS, "tags": {"a": "c", "new": "one"}})

    assert list(found.diffs) == ["tags"]
    assert list(found.replaces) == []
    assert {path: line.kind for path, line in found.detailedDiff.items()} == {
        "tags.a": KINDS.UPDATE,
        "tags.new": KINDS.ADD,
    }
    assert found.hasDetailedDiff


@pytest.mark.specified
@pytest.mark.parametrize(
    ("token", "change"),
    [
        ("storage:StorageAccount", {"accountName": "other"}),
        ("storage:StorageAccount", {"resourceGroupName": "other"}),
        ("storage:StorageAccount", {"location": "northeurope"}),
        ("storage:StorageAccount", {"isHnsEnabled": True}),
        ("resources:ResourceGroup", {"location": "northeurope"}),
        ("authorization:RoleAssignment", {"principalId": "other"}),
        ("authorization:RoleAssignment", {"scope": "/other"}),
        ("machinelearningservices:OnlineEndpoint", {"endpointName": "other"}),
        ("machinelearningservices:OnlineEndpoint", {"location": "northeurope"}),
        ("containerregistry:Registry", {"location": "northeurope"}),
    ],
)
async def test_what_azure_cannot_change_replaces(engine: EngineSide, token: str, change: dict[str, Any]) -> None:
    olds = dict.fromkeys(change, "old") | {key: False for key, value in change.items() if value is True}

    found = await engine.diff(f"azure-native:{token}", olds, change)

    assert list(found.replaces) == list(change)
    assert found.detailedDiff[next(iter(change))].kind == KINDS.UPDATE_REPLACE


@pytest.mark.specified
@pytest.mark.parametrize(
    ("token", "olds", "news"),
    [
        ("machinelearningservices:Workspace", {"location": "a"}, {"location": "b"}),
        ("machinelearningservices:Compute", {"location": "a"}, {"location": "b"}),
        ("keyvault:Vault", {"location": "a"}, {"location": "b"}),
        ("machinelearningservices:Workspace", {"storageAccount": "a"}, {"storageAccount": "b"}),
        (
            "machinelearningservices:Compute",
            {"properties": {"computeType": "AmlCompute", "properties": {"vmSize": "a"}}},
            {"properties": {"computeType": "AmlCompute", "properties": {"vmSize": "b"}}},
        ),
        ("authorization:RoleAssignment", {"roleDefinitionId": "a"}, {"roleDefinitionId": "b"}),
    ],
)
async def test_what_the_specification_does_not_mark_is_an_update(
    engine: EngineSide, token: str, olds: dict[str, Any], news: dict[str, Any]
) -> None:
    found = await engine.diff(f"azure-native:{token}", olds, news)

    assert list(found.replaces) == []
    assert found.changes == provider_pb2.DiffResponse.DIFF_SOME


@pytest.mark.specified
async def test_regions_and_group_names_are_compared_as_azure_does(engine: EngineSide) -> None:
    found = await engine.diff(STORAGE, INPUTS, {**INPUTS, "location": "West Europe", "resourceGroupName": "RG"})

    assert found.changes == provider_pb2.DiffResponse.DIFF_NONE


@pytest.mark.specified
async def test_a_given_name_means_delete_first(engine: EngineSide) -> None:
    found = await engine.diff(STORAGE, INPUTS, {**INPUTS, "location": "northeurope"})

    assert found.deleteBeforeReplace


@pytest.mark.specified
async def test_a_made_up_name_lets_the_successor_live_beside(engine: EngineSide) -> None:
    olds = {**INPUTS, "__createBeforeDelete": True}

    found = await engine.diff(STORAGE, olds, {**olds, "location": "northeurope"})

    assert not found.deleteBeforeReplace


@pytest.mark.specified
async def test_the_providers_own_keys_are_no_change(engine: EngineSide) -> None:
    found = await engine.diff(STORAGE, INPUTS, {**INPUTS, "__createBeforeDelete": True})

    assert found.changes == provider_pb2.DiffResponse.DIFF_NONE


@pytest.mark.specified
async def test_saying_what_is_the_default_is_no_change(engine: EngineSide) -> None:
    found = await engine.diff(
        "azure-native:containerregistry:Registry",
        {"registryName": "r"},
        {"registryName": "r", "adminUserEnabled": False},
    )

    assert found.changes == provider_pb2.DiffResponse.DIFF_NONE


@pytest.mark.specified
async def test_saying_what_azure_has_is_no_replacement(engine: EngineSide) -> None:
    found = await engine.diff(STORAGE, INPUTS, {**INPUTS, "isHnsEnabled": False}, {"isHnsEnabled": False})

    assert list(found.replaces) == []


@pytest.mark.specified
async def test_inputs_of_before_the_api_version_was_kept_are_compared_with_the_state(engine: EngineSide) -> None:
    found = await engine.diff(
        STORAGE, INPUTS, {**INPUTS, "azureApiVersion": "2024-01-01"}, {"azureApiVersion": "2024-01-01"}
    )

    assert found.changes == provider_pb2.DiffResponse.DIFF_NONE


@pytest.mark.specified
async def test_lists_differ_by_position(engine: EngineSide) -> None:
    rules = [{"iPAddressOrRange": "1.1.1.1"}, {"iPAddressOrRange": "2.2.2.2"}]
    olds = {**INPUTS, "networkRuleSet": {"defaultAction": "Deny", "ipRules": rules}}
    changed = [{"iPAddressOrRange": "9.9.9.9"}]

    found = await engine.diff(
        STORAGE, olds, {**INPUTS, "networkRuleSet": {"defaultAction": "Deny", "ipRules": changed}}
    )

    assert {path: line.kind for path, line in found.detailedDiff.items()} == {
        "networkRuleSet.ipRules[0].iPAddressOrRange": KINDS.UPDATE,
        "networkRuleSet.ipRules[1]": KINDS.DELETE,
    }


@pytest.mark.specified
async def test_a_value_that_is_not_known_yet_may_replace(engine: EngineSide) -> None:
    found = await engine.diff(STORAGE, INPUTS, {**INPUTS, "resourceGroupName": UNKNOWN})

    assert list(found.replaces) == ["resourceGroupName"]


_VALUES = st.recursive(
    st.one_of(st.booleans(), st.integers(), st.text("ab", max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text("xyz", max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.mark.inferred
@given(st.dictionaries(st.sampled_from(["kind", "tags", "sku", "accessTier"]), _VALUES))
def test_nothing_differs_from_itself(inputs: dict[str, Any]) -> None:
    row = load_table().types["storage:StorageAccount"]

    assert difference(row, inputs, inputs, {}).changes == ()
