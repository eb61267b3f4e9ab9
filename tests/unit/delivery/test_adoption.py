"""What exists already is found by the id that the stack gives it, and an import leaves no difference that is none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from windlass.delivery.adoption import (
    adopt,
    as_begun,
    as_written,
    find_candidates,
    inputs_of,
    is_ours,
    settle,
    settle_begun,
)
from windlass.delivery.digest import BLINDED, UNKNOWN, PreviewDigest

SUBSCRIPTION = "22222222-2222-2222-2222-222222222222"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/st"
CONTAINER = f"{ACCOUNT}/blobServices/default/containers/scoring"
ROLE = f"{ACCOUNT}/providers/Microsoft.Authorization/roleAssignments/r"
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id"


def urn(type_: str, name: str) -> str:
    return f"urn:pulumi:dev::windlass::{type_}::{name}"


def step(type_: str, name: str, inputs: Mapping[str, Any], *, on: tuple[str, ...] = (), op: str = "create") -> Any:
    state = {"custom": True, "inputs": {"azureApiVersion": "2024-01-01", **inputs}, "dependencies": on}
    return {"op": op, "urn": urn(f"azure-native:{type_}", name), "newState": state}


GROUP_URN = urn("azure-native:resources:ResourceGroup", "group")
ACCOUNT_URN = urn("azure-native:storage:StorageAccount", "account")
IDENTITY_URN = urn("azure-native:managedidentity:UserAssignedIdentity", "identity")
STEPS = (
    {"op": "create", "urn": urn("windlass:infra:Storage", "storage"), "newState": {"custom": False}},
    step("resources:ResourceGroup", "group", {"resourceGroupName": "rg"}),
    step("storage:StorageAccount", "account", {"accountName": "st", "resourceGroupName": UNKNOWN}, on=(GROUP_URN,)),
    step(
        "managedidentity:UserAssignedIdentity",
        "identity",
        {"resourceName": "id", "resourceGroupName": UNKNOWN},
        on=(GROUP_URN,),
    ),
    step(
        "storage:BlobContainer",
        "container",
        {"containerName": "scoring", "accountName": UNKNOWN, "resourceGroupName": UNKNOWN},
        on=(GROUP_URN, ACCOUNT_URN),
    ),
    step(
        "authorization:RoleAssignment",
        "role",
        {"roleAssignmentName": "r", "scope": UNKNOWN, "principalId": UNKNOWN},
        on=(IDENTITY_URN, ACCOUNT_URN),
    ),
    step("keyvault:Vault", "orphan", {"vaultName": "kv", "resourceGroupName": UNKNOWN}, on=(urn("elsewhere", "x"),)),
    step("storage:StorageAccount", "changed", {"accountName": "x", "resourceGroupName": "rg"}, op="update"),
)
ROWS = (
    {"type": "windlass:infra:Storage", "name": "storage", "component": True},
    {"type": "windlass:infra:Vault", "name": "empty", "component": True},
    {
        "type": "azure-native:storage:StorageAccount",
        "name": "accountAccount",
        "logicalName": "account",
        "parent": "storage",
    },
    {"type": "azure-native:storage:BlobContainer", "name": "container", "parent": "storage", "id": "<PLACEHOLDER>"},
)


def digest(*steps: Any) -> PreviewDigest:
    return PreviewDigest.model_validate({"steps": steps})


def test_an_id_follows_from_inputs_and_from_what_a_resource_stands_on() -> None:
    found = find_candidates(digest(*STEPS), SUBSCRIPTION)

    assert {each.name: each.id for each in found} == {
        "group": GROUP.replace("Groups", "groups"),
        "account": ACCOUNT,
        "identity": IDENTITY,
        "container": CONTAINER,
        "role": ROLE,
    }


def test_a_file_holds_what_exists_with_its_id_and_the_components_it_belongs_to() -> None:
    preview = digest(*STEPS)
    candidates = find_candidates(preview, SUBSCRIPTION)

    adoption = adopt(
        preview,
        {"resources": ROWS, "nameTable": {"old": "urn"}},
        candidates,
        {ACCOUNT: ACCOUNT.replace("Storage", "storage")},
    )

    assert adoption.file == {
        "nameTable": {"old": "urn"},
        "resources": [
            {"type": "windlass:infra:Storage", "name": "storage", "component": True},
            {
                "type": "azure-native:storage:StorageAccount",
                "name": "accountAccount",
                "logicalName": "account",
                "parent": "storage",
                "id": ACCOUNT.replace("Storage", "storage"),
            },
        ],
    }
    assert [each.name for each in adoption.found] == ["account"]
    assert adoption.missing == ("group", "identity", "container", "role")
    assert adoption.unknown == ("orphan",)


def test_nothing_to_make_is_nothing_to_import() -> None:
    assert adopt(digest(), {}, (), {}).file == {"resources": []}


def test_an_imported_input_is_written_as_the_program_does_where_it_means_the_same() -> None:
    shown = {"keyVault": "/Microsoft.Keyvault/kv", "sku": {"name": "basic", "tier": "Basic"}, "description": ""}
    wanted = {"keyVault": "/Microsoft.KeyVault/kv", "sku": {"name": "Basic", "tier": "Basic"}, "tags": {"a": "b"}}

    assert as_written(shown, wanted) == {
        "keyVault": "/Microsoft.KeyVault/kv",
        "sku": {"name": "Basic", "tier": "Basic"},
    }


def test_a_real_difference_stays_one() -> None:
    shown = {"tier": "Basic", "ids": ["a"], "name": "n", "secret": "s", "count": 1}
    wanted = {"tier": "Premium", "ids": ["a", "b"], "name": UNKNOWN, "secret": BLINDED, "count": 2}

    assert as_written(shown, wanted) == shown


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=6,
)


@given(shown=json_values, wanted=json_values)
def test_settling_twice_is_settling_once(shown: Any, wanted: Any) -> None:
    once = as_written(shown, wanted)

    assert as_written(once, wanted) == once


def test_only_resources_that_a_preview_would_change_are_settled() -> None:
    account, other = ACCOUNT_URN, urn("azure-native:storage:StorageAccount", "other")
    deployment = {
        "manifest": {},
        "resources": [{"urn": account, "inputs": {"kind": "storagev2", "x": 1}}, {"urn": other, "inputs": {"x": 1}}],
    }

    settled = settle(deployment, digest(step("storage:StorageAccount", "account", {"kind": "StorageV2"}, op="update")))

    assert settled == {
        "manifest": {},
        "resources": [{"urn": account, "inputs": {"kind": "StorageV2"}}, {"urn": other, "inputs": {"x": 1}}],
    }


def test_what_exists_is_ours_when_it_carries_all_tags_that_the_program_gives_it() -> None:
    tagged = {"accountName": "st", "resourceGroupName": "rg", "tags": {"stack": "dev"}}
    account, role = (
        find_candidates(digest(each), SUBSCRIPTION)[0]
        for each in (
            step("storage:StorageAccount", "account", tagged),
            step("authorization:RoleAssignment", "role", {"roleAssignmentName": "r", "scope": ACCOUNT}),
        )
    )

    assert account.urn == ACCOUNT_URN
    assert is_ours(account, {"stack": "dev", "more": "x"})
    assert not is_ours(account, {"stack": "prod"})
    assert is_ours(role, {}), "what gets no tags is ours by its name"


def test_what_azure_failed_to_make_is_sent_again() -> None:
    deployment = {"resources": [{"urn": ACCOUNT_URN, "inputs": {}}, {"urn": GROUP_URN, "inputs": {}}]}

    settled = settle(deployment, digest(), frozenset({ACCOUNT_URN}))

    assert [bool(row.get("initErrors")) for row in settled["resources"]] == [True, False]


def test_what_an_interrupted_run_was_making_gets_the_inputs_of_the_program() -> None:
    program = {"accountName": "st", "resourceGroupName": UNKNOWN, "properties": {"mode": "key"}}
    begun = inputs_of(digest(step("storage:StorageAccount", "account", program)), frozenset({ACCOUNT_URN}))
    imported = {"accountName": "st", "resourceGroupName": "rg", "properties": {"mode": "Key", "traffic": {}}, "sku": {}}
    deployment = {"resources": [{"urn": ACCOUNT_URN, "inputs": imported}, {"urn": GROUP_URN, "inputs": {"a": 1}}]}

    account, group = settle_begun(deployment, begun)["resources"]

    assert account["inputs"] == {
        "azureApiVersion": "2024-01-01",
        "accountName": "st",
        "resourceGroupName": "rg",
        "properties": {"mode": "key"},
    }
    assert group["inputs"] == {"a": 1}


def test_what_a_preview_does_not_tell_stays_as_azure_shows_it() -> None:
    assert as_begun({"a": "x", "b": [1, 2]}, {"a": BLINDED, "b": [UNKNOWN, 3], "c": UNKNOWN}) == {"a": "x", "b": [1, 3]}
    assert as_begun([1], [UNKNOWN, 2]) == [1]
    assert as_begun([1], [2, 3]) == [2, 3]
    assert as_begun({}, {"a": {"b": UNKNOWN}, "c": 1}) == {"c": 1}
