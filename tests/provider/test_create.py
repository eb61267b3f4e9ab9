"""Create: what is sent to Azure, what the engine gets to see, and what happens when Azure refuses."""

import asyncio

import pytest
from google.protobuf.empty_pb2 import Empty
from support.arm import FakeArm, Reply, failure
from support.engine_side import SECRET, UNKNOWN, EngineSide, ProviderCallError, Slept

SUB = "/subscriptions/10ca1000-0000-4000-8000-000000000002"
GROUP = f"{SUB}/resourceGroups/rg"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/stchurn"
WORKSPACE = f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/ws"
STORAGE = "azure-native:storage:StorageAccount"
ENDPOINT = "azure-native:machinelearningservices:OnlineEndpoint"
ACCOUNT_INPUTS = {
    "accountName": "stchurn",
    "resourceGroupName": "rg",
    "location": "westeurope",
    "kind": "StorageV2",
    "sku": {"name": "Standard_LRS"},
}


@pytest.mark.specified
async def test_flat_inputs_go_under_properties_and_envelope_keys_stay_on_top(engine: EngineSide, arm: FakeArm) -> None:
    await engine.create(STORAGE, {**ACCOUNT_INPUTS, "accessTier": "Hot", "tags": {"a": "b"}})

    sent = arm.requests("PUT", "stchurn")[0]
    assert sent.query == {"api-version": "2024-01-01"}
    assert sent.body == {
        "kind": "StorageV2",
        "sku": {"name": "Standard_LRS"},
        "location": "westeurope",
        "tags": {"a": "b"},
        "properties": {"accessTier": "Hot"},
    }


@pytest.mark.specified
async def test_renamed_properties_reach_azure_under_its_names_and_come_back_under_ours(
    engine: EngineSide, arm: FakeArm
) -> None:
    rules = {"defaultAction": "Deny", "ipRules": [{"iPAddressOrRange": "10.0.0.1", "action": "Allow"}]}

    _, outputs = await engine.create(
        STORAGE, {**ACCOUNT_INPUTS, "enableHttpsTrafficOnly": True, "networkRuleSet": rules}
    )

    properties = arm.requests("PUT", "stchurn")[0].body["properties"]
    assert properties["supportsHttpsTrafficOnly"] is True
    assert properties["networkAcls"]["ipRules"] == [{"value": "10.0.0.1", "action": "Allow"}]
    assert outputs["enableHttpsTrafficOnly"] is True
    assert outputs["networkRuleSet"] == rules


@pytest.mark.recorded
async def test_outputs_are_flat_and_carry_the_api_version(engine: EngineSide) -> None:
    identifier, outputs = await engine.create(STORAGE, ACCOUNT_INPUTS)

    assert identifier == ACCOUNT
    assert outputs["minimumTlsVersion"] == "TLS1_0"
    assert outputs["primaryEndpoints"] == {"blob": "https://stchurn.blob.core.windows.net/"}
    assert outputs["azureApiVersion"] == "2024-01-01"
    assert "properties" not in outputs


@pytest.mark.specified
async def test_whole_numbers_are_sent_without_a_fraction(engine: EngineSide, arm: FakeArm) -> None:
    inputs = {"workspaceName": "logs", "resourceGroupName": "rg", "location": "westeurope", "retentionInDays": 30.0}

    await engine.create("azure-native:operationalinsights:Workspace", inputs)

    assert str(arm.requests("PUT", "logs")[0].body["properties"]) == "{'retentionInDays': 30}"


@pytest.mark.specified
async def test_user_assigned_identities_are_a_list_here_and_a_map_in_azure(engine: EngineSide, arm: FakeArm) -> None:
    identity = {"type": "UserAssigned", "userAssignedIdentities": [f"{GROUP}/ids/a"]}

    await engine.create(STORAGE, {**ACCOUNT_INPUTS, "identity": identity})

    sent = arm.requests("PUT", "stchurn")[0].body["identity"]
    assert sent == {"type": "UserAssigned", "userAssignedIdentities": {f"{GROUP}/ids/a": {}}}


@pytest.mark.specified
async def test_application_insights_gets_its_capital_letters(engine: EngineSide, arm: FakeArm) -> None:
    inputs = {
        "resourceName": "appi",
        "resourceGroupName": "rg",
        "kind": "web",
        "location": "westeurope",
        "applicationType": "web",
        "workspaceResourceId": "/logs",
        "publicNetworkAccessForQuery": "Enabled",
    }

    _, outputs = await engine.create("azure-native:applicationinsights:Component", inputs)

    assert arm.requests("PUT", "appi")[0].body["properties"] == {
        "Application_Type": "web",
        "WorkspaceResourceId": "/logs",
        "publicNetworkAccessForQuery": "Enabled",
    }
    assert outputs["applicationType"] == "web"


@pytest.mark.specified
async def test_a_vault_is_created_with_an_empty_list_of_policies(engine: EngineSide, arm: FakeArm) -> None:
    properties = {"tenantId": "t", "sku": {"family": "A", "name": "standard"}}

    await engine.create(
        "azure-native:keyvault:Vault",
        {"vaultName": "kv", "resourceGroupName": "rg", "location": "westeurope", "properties": properties},
    )

    assert arm.requests("PUT", "kv")[0].body["properties"] == {**properties, "accessPolicies": []}


@pytest.mark.specified
async def test_a_scope_is_a_path_and_not_a_segment(engine: EngineSide, arm: FakeArm) -> None:
    inputs = {"scope": ACCOUNT, "roleAssignmentName": "n", "principalId": "p", "roleDefinitionId": "r"}

    await engine.create("azure-native:authorization:RoleAssignment", inputs)

    sent = arm.requests("PUT", "roleAssignments")[0]
    assert sent.path == f"{ACCOUNT}/providers/Microsoft.Authorization/roleAssignments/n"
    assert sent.body == {"properties": {"principalId": "p", "roleDefinitionId": "r"}}


@pytest.mark.recorded
async def test_secret_inputs_are_sent_in_clear(engine: EngineSide, arm: FakeArm) -> None:
    await engine.create(STORAGE, {**ACCOUNT_INPUTS, "kind": {**SECRET, "value": "StorageV2"}})

    assert arm.requests("PUT", "stchurn")[0].body["kind"] == "StorageV2"


@pytest.mark.recorded
async def test_the_mark_of_a_made_up_name_is_kept_to_the_engine(engine: EngineSide, arm: FakeArm) -> None:
    await engine.create(STORAGE, {**ACCOUNT_INPUTS, "__createBeforeDelete": True, "azureApiVersion": "2024-01-01"})

    assert set(arm.requests("PUT", "stchurn")[0].body) == {"kind", "sku", "location"}


@pytest.mark.specified
async def test_a_resource_that_exists_is_not_taken_over(engine: EngineSide, arm: FakeArm) -> None:
    arm.put(ACCOUNT, location="westeurope")

    with pytest.raises(ProviderCallError, match="cannot create already existing resource") as caught:
        await engine.create(STORAGE, ACCOUNT_INPUTS)

    assert caught.value.partial is None
    assert arm.requests("PUT", "stchurn") == []


@pytest.mark.specified
@pytest.mark.parametrize("reply", [Reply(200), Reply(204), Reply(200, {})])
async def test_an_empty_answer_to_the_look_first_means_that_nothing_is_there(
    engine: EngineSide, arm: FakeArm, reply: Reply
) -> None:
    arm.fail_next("GET", "stchurn", reply)

    identifier, _ = await engine.create(STORAGE, ACCOUNT_INPUTS)

    assert identifier == ACCOUNT


@pytest.mark.specified
async def test_an_unclear_answer_to_the_look_first_stops_the_create(engine: EngineSide, arm: FakeArm) -> None:
    arm.fail_next("GET", "stchurn", failure("AuthorizationFailed", "No access.", 403))

    with pytest.raises(ProviderCallError, match=r"cannot check existence of resource .* status code 403"):
        await engine.create(STORAGE, ACCOUNT_INPUTS)


@pytest.mark.specified
async def test_a_refusal_is_worded_as_the_real_provider_words_it(engine: EngineSide, arm: FakeArm) -> None:
    arm.fail_next("PUT", "stchurn", failure("StorageAccountAlreadyTaken", "The name stchurn is already taken."))

    with pytest.raises(ProviderCallError) as caught:
        await engine.create(STORAGE, ACCOUNT_INPUTS)

    assert caught.value.message == (
        'Status=409 Code="StorageAccountAlreadyTaken" Message="The name stchurn is already taken."'
    )
    assert caught.value.partial is None


@pytest.mark.specified
@pytest.mark.parametrize("style", ["status", "location", "body"])
async def test_long_running_operations_are_followed_to_their_end(engine: EngineSide, arm: FakeArm, style: str) -> None:
    arm.put(WORKSPACE)
    arm.style = style  # type: ignore[assignment]

    _, outputs = await engine.create(
        ENDPOINT,
        {"endpointName": "e", "workspaceName": "ws", "resourceGroupName": "rg", "properties": {"authMode": "Key"}},
    )

    assert outputs["properties"]["provisioningState"] == "Succeeded"
    assert outputs["properties"]["scoringUri"].endswith("/score")


@pytest.mark.specified
async def test_a_failed_operation_leaves_the_engine_with_what_azure_has(engine: EngineSide, arm: FakeArm) -> None:
    arm.put(WORKSPACE)
    arm.style, arm.operation_error = "status", {"code": "BadQuota", "message": "Not enough cores."}
    inputs = {"endpointName": "e", "workspaceName": "ws", "resourceGroupName": "rg", "properties": {"authMode": "Key"}}

    with pytest.raises(ProviderCallError) as caught:
        await engine.create(ENDPOINT, inputs)

    assert caught.value.message == 'Status=200 Code="BadQuota" Message="Not enough cores."'
    assert caught.value.partial is not None
    assert caught.value.partial["id"] == f"{WORKSPACE}/onlineEndpoints/e"
    assert caught.value.partial["properties"]["properties"]["provisioningState"] == "Failed"
    assert caught.value.partial["inputs"] == inputs


@pytest.mark.specified
async def test_an_operation_that_outlives_its_timeout_is_half_made(engine: EngineSide, arm: FakeArm) -> None:
    arm.put(WORKSPACE)
    arm.style, arm.polls = "status", 1_000_000
    inputs = {"endpointName": "e", "workspaceName": "ws", "resourceGroupName": "rg", "properties": {"authMode": "Key"}}

    with pytest.raises(ProviderCallError, match=r"did not finish within 0.2 s") as caught:
        await engine.create(ENDPOINT, inputs, timeout=0.2)

    assert caught.value.partial is not None


@pytest.mark.specified
async def test_cancel_ends_what_is_under_way_and_keeps_the_half_made(engine: EngineSide, arm: FakeArm) -> None:
    arm.put(WORKSPACE)
    arm.style, arm.polls = "status", 1_000_000
    inputs = {"endpointName": "e", "workspaceName": "ws", "resourceGroupName": "rg", "properties": {"authMode": "Key"}}
    creating = asyncio.create_task(engine.create(ENDPOINT, inputs))
    await asyncio.sleep(0.2)

    await engine.stub.Cancel(Empty())

    with pytest.raises(ProviderCallError, match="cancelled") as caught:
        await creating
    assert caught.value.partial is not None


@pytest.mark.specified
async def test_server_errors_are_tried_again_a_bounded_number_of_times(
    engine: EngineSide, arm: FakeArm, slept: Slept
) -> None:
    arm.fail_next("PUT", "stchurn", failure("InternalServerError", "Oh.", 500), times=9)

    with pytest.raises(ProviderCallError, match="Status=500"):
        await engine.create(STORAGE, ACCOUNT_INPUTS)

    assert len(arm.requests("PUT", "stchurn")) == 4
    assert slept.waits == [2.0, 6.0, 12.0]


@pytest.mark.specified
async def test_a_retry_waits_as_long_as_the_service_asks(engine: EngineSide, arm: FakeArm, slept: Slept) -> None:
    arm.fail_next("PUT", "stchurn", Reply(429, headers={"retry-after-ms": "1500"}))

    await engine.create(STORAGE, ACCOUNT_INPUTS)

    assert slept.waits == [1.5]


@pytest.mark.specified
async def test_another_operation_in_progress_is_waited_out(engine: EngineSide, arm: FakeArm, slept: Slept) -> None:
    arm.fail_next("PUT", "stchurn", failure("AnotherOperationInProgress", "Busy."))

    identifier, _ = await engine.create(STORAGE, ACCOUNT_INPUTS)

    assert identifier == ACCOUNT
    assert slept.waits == [2.0]


@pytest.mark.specified
async def test_a_preview_knows_inputs_and_marks_the_rest_unknown(engine: EngineSide, arm: FakeArm) -> None:
    identifier, outputs = await engine.create(
        STORAGE, {**ACCOUNT_INPUTS, "identity": {"type": "SystemAssigned"}}, preview=True
    )

    assert identifier == ""
    assert outputs["kind"] == "StorageV2"
    assert outputs["sku"] == {"name": "Standard_LRS", "tier": UNKNOWN}
    assert outputs["primaryEndpoints"] == UNKNOWN
    assert outputs["identity"]["principalId"] == UNKNOWN
    assert arm.seen == []


@pytest.mark.specified
async def test_a_preview_passes_unknown_inputs_on(engine: EngineSide) -> None:
    _, outputs = await engine.create(STORAGE, {**ACCOUNT_INPUTS, "kind": UNKNOWN, "tags": UNKNOWN}, preview=True)

    assert outputs["kind"] == UNKNOWN
    assert outputs["tags"] == UNKNOWN
