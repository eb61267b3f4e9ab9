"""Check: names, locations and versions are filled in; what the type does not have is refused by its path."""

from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2
from support.arm import FakeArm
from support.engine_side import UNKNOWN, EngineSide, ProviderCallError, Slept, provider_over

GROUP = "/subscriptions/10ca1000-0000-4000-8000-000000000002/resourceGroups/rg"
STORAGE = "azure-native:storage:StorageAccount"
COMPUTE = "azure-native:machinelearningservices:Compute"
REQUIRED: dict[str, Any] = {"resourceGroupName": "rg", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}}
AUTONAMING = provider_pb2.CheckRequest.AutonamingOptions


@pytest.mark.recorded
async def test_a_top_level_resource_gets_a_random_name_and_may_live_beside_its_successor(engine: EngineSide) -> None:
    inputs, failures = await engine.check(STORAGE, REQUIRED, name="store")

    assert not failures
    assert inputs["accountName"].startswith("store")
    assert len(inputs["accountName"]) == len("store") + 8
    assert int(inputs["accountName"].removeprefix("store"), 16) >= 0
    assert inputs["__createBeforeDelete"] is True


@pytest.mark.recorded
async def test_a_child_resource_gets_its_logical_name(engine: EngineSide) -> None:
    inputs, _ = await engine.check(
        "azure-native:storage:BlobContainer", {"resourceGroupName": "rg", "accountName": "stchurn"}, name="data"
    )

    assert inputs["containerName"] == "data"
    assert "__createBeforeDelete" not in inputs


@pytest.mark.specified
async def test_a_role_assignment_gets_a_uuid(engine: EngineSide) -> None:
    inputs, _ = await engine.check(
        "azure-native:authorization:RoleAssignment",
        {"scope": GROUP, "principalId": "p", "roleDefinitionId": "r", "principalType": "User"},
    )

    assert [len(part) for part in inputs["roleAssignmentName"].split("-")] == [8, 4, 4, 4, 12]


@pytest.mark.recorded
async def test_a_given_name_is_left_alone(engine: EngineSide) -> None:
    inputs, _ = await engine.check(STORAGE, {**REQUIRED, "accountName": "mine"})

    assert inputs["accountName"] == "mine"
    assert "__createBeforeDelete" not in inputs


@pytest.mark.specified
async def test_a_made_up_name_stays_for_the_life_of_the_resource(engine: EngineSide) -> None:
    olds, _ = await engine.check(STORAGE, REQUIRED)

    again, _ = await engine.check(STORAGE, {**REQUIRED, "tags": {"a": "b"}}, olds)

    assert again["accountName"] == olds["accountName"]
    assert again["__createBeforeDelete"] is True


@pytest.mark.specified
async def test_the_engines_naming_rule_is_followed(engine: EngineSide) -> None:
    proposed = AUTONAMING(proposed_name="proposed", mode=AUTONAMING.PROPOSE)

    inputs, _ = await engine.check(STORAGE, REQUIRED, autonaming=proposed)

    assert inputs["accountName"] == "proposed"


@pytest.mark.specified
async def test_with_names_switched_off_a_missing_one_is_asked_for(engine: EngineSide) -> None:
    _, failures = await engine.check(STORAGE, REQUIRED, autonaming=AUTONAMING(mode=AUTONAMING.DISABLE))

    assert failures["accountName"] == "missing required property 'accountName'"


@pytest.mark.specified
async def test_inputs_carry_the_api_version(engine: EngineSide) -> None:
    inputs, _ = await engine.check(STORAGE, REQUIRED)

    assert inputs["azureApiVersion"] == "2024-01-01"


@pytest.mark.recorded
async def test_the_location_comes_from_the_configuration(engine: EngineSide) -> None:
    inputs, _ = await engine.check(STORAGE, REQUIRED)

    assert inputs["location"] == "northeurope"


@pytest.mark.specified
async def test_the_old_location_wins_over_the_configured_one(engine: EngineSide) -> None:
    inputs, _ = await engine.check(STORAGE, REQUIRED, {"location": "westus", "accountName": "a1b"})

    assert inputs["location"] == "westus"


@pytest.mark.specified
async def test_without_a_configured_location_it_is_that_of_the_group_and_asked_for_once(
    arm: FakeArm, slept: Slept
) -> None:
    async with provider_over(arm, slept) as engine:
        first, _ = await engine.check(STORAGE, REQUIRED)
        second, _ = await engine.check(STORAGE, REQUIRED)

    assert (first["location"], second["location"]) == ("westeurope", "westeurope")
    assert len(arm.requests("GET", "resourceGroups/rg")) == 1


@pytest.mark.specified
async def test_the_location_of_a_group_that_is_not_made_yet_is_unknown(arm: FakeArm, slept: Slept) -> None:
    async with provider_over(arm, slept) as engine:
        inputs, failures = await engine.check(STORAGE, {**REQUIRED, "resourceGroupName": UNKNOWN})

    assert inputs["location"] == UNKNOWN
    assert not failures


@pytest.mark.inferred
@pytest.mark.parametrize(
    ("inputs", "path"),
    [
        ({"knid": "StorageV2"}, "knid"),
        ({"sku": {"name": "Standard_LRS", "nmae": "x"}}, "sku.nmae"),
        (
            {"networkRuleSet": {"defaultAction": "Deny", "ipRules": [{"value": "1.2.3.4"}]}},
            "networkRuleSet.ipRules[0].value",
        ),
    ],
)
async def test_an_unknown_property_is_refused_by_its_path(
    engine: EngineSide, inputs: dict[str, Any], path: str
) -> None:
    _, failures = await engine.check(STORAGE, {**REQUIRED, **inputs})

    assert f"storage:StorageAccount has no property '{path}'" in failures[path]
    assert "Correct the name or remove it." in failures[path]


@pytest.mark.inferred
async def test_a_misspelt_property_names_the_one_that_was_meant(engine: EngineSide) -> None:
    _, failures = await engine.check(STORAGE, {**REQUIRED, "allowBlobPublicAcces": False})

    assert "Did you mean 'allowBlobPublicAccess'?" in failures["allowBlobPublicAcces"]


@pytest.mark.specified
@pytest.mark.parametrize(
    ("inputs", "path", "reason"),
    [
        ({"kind": 1}, "kind", "'kind' should be of type 'string' but got a number"),
        ({"sku": "x"}, "sku", "'sku' should be of type 'object' but got a string"),
        ({"isHnsEnabled": "yes"}, "isHnsEnabled", "'isHnsEnabled' should be of type 'boolean' but got a string"),
        ({"tags": {"a": 1}}, "tags.a", "'tags.a' should be of type 'string' but got a number"),
        ({"sku": {}}, "sku.name", "missing required property 'sku.name'"),
        ({"accountName": "Not_Lower"}, "accountName", "'accountName' does not match expression '^[a-z0-9]+$'"),
        ({"accountName": "ab"}, "accountName", "'accountName' is too short (2): at least 3 characters required"),
        (
            {"keyPolicy": {"keyExpirationPeriodInDays": 1.5}},
            "keyPolicy.keyExpirationPeriodInDays",
            "'keyPolicy.keyExpirationPeriodInDays' must be an integer but got 1.500000",
        ),
    ],
)
async def test_a_value_of_the_wrong_form_is_refused_in_the_real_providers_words(
    engine: EngineSide, inputs: dict[str, Any], path: str, reason: str
) -> None:
    _, failures = await engine.check(STORAGE, {**REQUIRED, **inputs})

    assert failures == {path: reason}


@pytest.mark.specified
async def test_everything_wrong_is_told_at_once(engine: EngineSide) -> None:
    _, failures = await engine.check(STORAGE, {"resourceGroupName": "rg", "kind": 1, "x": 1})

    assert set(failures) == {"sku", "kind", "x"}


@pytest.mark.specified
async def test_unknown_values_pass(engine: EngineSide) -> None:
    _, failures = await engine.check(
        STORAGE, {"resourceGroupName": UNKNOWN, "kind": UNKNOWN, "sku": UNKNOWN, "tags": {"a": UNKNOWN}}
    )

    assert not failures


@pytest.mark.specified
async def test_a_compute_without_its_type_is_told_which_there_are(engine: EngineSide) -> None:
    _, failures = await engine.check(
        COMPUTE, {"resourceGroupName": "rg", "workspaceName": "ws", "properties": {"properties": {}}}
    )

    assert "must be one of AmlCompute, Kubernetes, but got nothing" in failures["properties.computeType"]


@pytest.mark.inferred
async def test_a_compute_of_a_type_that_is_left_out_is_refused_by_name(engine: EngineSide) -> None:
    _, failures = await engine.check(
        COMPUTE, {"resourceGroupName": "rg", "workspaceName": "ws", "properties": {"computeType": "Databricks"}}
    )

    assert "got 'Databricks'" in failures["properties.computeType"]
    assert "left out of the local Azure" in failures["properties.computeType"]


@pytest.mark.specified
async def test_the_inside_of_a_compute_is_checked_too(engine: EngineSide) -> None:
    properties = {"computeType": "AmlCompute", "properties": {"vmSize": "S", "scaleSettings": {"maxNodes": 1}}}

    _, failures = await engine.check(
        COMPUTE, {"resourceGroupName": "rg", "workspaceName": "ws", "properties": properties}
    )

    assert set(failures) == {
        "properties.properties.scaleSettings.maxNodes",
        "properties.properties.scaleSettings.maxNodeCount",
    }


@pytest.mark.inferred
async def test_an_unknown_type_is_refused_by_name_with_those_that_there_are(engine: EngineSide) -> None:
    with pytest.raises(ProviderCallError) as caught:
        await engine.check("azure-native:network:LoadBalancer", {})

    assert "azure-native:network:LoadBalancer is not supported" in caught.value.message
    assert "azure-native:storage:StorageAccount" in caught.value.message


@pytest.mark.inferred
async def test_a_type_of_one_api_version_is_refused_with_the_token_to_use(engine: EngineSide) -> None:
    with pytest.raises(ProviderCallError, match="Use azure-native:storage:StorageAccount instead"):
        await engine.check("azure-native:storage/v20240101:StorageAccount", {})
