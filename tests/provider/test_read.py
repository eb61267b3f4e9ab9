"""Read: refresh carries over what changed in Azure and nothing else; import makes inputs up from the answer."""

import pytest
from support.arm import FakeArm, failure
from support.engine_side import EngineSide, ProviderCallError

GROUP = "/subscriptions/10ca1000-0000-4000-8000-000000000002/resourceGroups/rg"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/stchurn"
ENDPOINT = f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/ws/onlineEndpoints/churn"
STORAGE = "azure-native:storage:StorageAccount"
ONLINE = "azure-native:machinelearningservices:OnlineEndpoint"
INPUTS = {
    "accountName": "stchurn",
    "resourceGroupName": "rg",
    "location": "westeurope",
    "kind": "StorageV2",
    "sku": {"name": "Standard_LRS"},
    "tags": {"a": "b"},
}


@pytest.mark.specified
async def test_refresh_of_what_did_not_change_keeps_the_inputs(engine: EngineSide) -> None:
    identifier, state = await engine.create(STORAGE, INPUTS)

    again, outputs, inputs = await engine.read(STORAGE, identifier, INPUTS, state)

    assert (again, outputs, inputs) == (identifier, state, INPUTS)


@pytest.mark.specified
async def test_defaults_that_azure_fills_in_stay_out_of_the_inputs(engine: EngineSide) -> None:
    identifier, state = await engine.create(STORAGE, INPUTS)

    _, outputs, inputs = await engine.read(STORAGE, identifier, INPUTS, state)

    assert outputs["minimumTlsVersion"] == "TLS1_0"
    assert "minimumTlsVersion" not in inputs


@pytest.mark.specified
async def test_a_change_in_azure_enters_the_inputs(engine: EngineSide, arm: FakeArm) -> None:
    identifier, state = await engine.create(STORAGE, INPUTS)
    arm.at(ACCOUNT)["tags"] = {"a": "c", "new": "one"}
    arm.at(ACCOUNT)["properties"]["minimumTlsVersion"] = "TLS1_2"

    _, _, inputs = await engine.read(STORAGE, identifier, INPUTS, state)

    assert inputs["tags"] == {"a": "c", "new": "one"}
    assert inputs["minimumTlsVersion"] == "TLS1_2"


@pytest.mark.specified
async def test_live_traffic_enters_the_inputs_of_an_endpoint(engine: EngineSide, arm: FakeArm) -> None:
    arm.put(ENDPOINT.partition("/onlineEndpoints")[0])
    given = {"endpointName": "churn", "workspaceName": "ws", "resourceGroupName": "rg"}
    inputs = {**given, "properties": {"authMode": "Key"}}
    identifier, state = await engine.create(ONLINE, inputs)
    arm.at(ENDPOINT)["properties"]["traffic"] = {"v1": 100}

    _, _, refreshed = await engine.read(ONLINE, identifier, inputs, state)

    assert refreshed["properties"] == {"authMode": "Key", "traffic": {"v1": 100}}


@pytest.mark.specified
async def test_policies_of_somebody_else_do_not_enter_a_vaults_inputs(engine: EngineSide, arm: FakeArm) -> None:
    vault = f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv"
    token = "azure-native:keyvault:Vault"
    properties = {"tenantId": "t", "sku": {"family": "A", "name": "standard"}}
    inputs = {"vaultName": "kv", "resourceGroupName": "rg", "location": "westeurope", "properties": properties}
    identifier, state = await engine.create(token, inputs)
    arm.at(vault)["properties"]["accessPolicies"] = [{"objectId": "o", "tenantId": "t", "permissions": {}}]

    _, _, refreshed = await engine.read(token, identifier, inputs, state)

    assert refreshed == inputs


@pytest.mark.specified
async def test_identities_come_back_as_the_list_that_the_program_wrote(engine: EngineSide, arm: FakeArm) -> None:
    identity = {"type": "UserAssigned", "userAssignedIdentities": [f"{GROUP}/ids/a"]}
    identifier, state = await engine.create(STORAGE, {**INPUTS, "identity": identity})
    arm.at(ACCOUNT)["identity"]["userAssignedIdentities"][f"{GROUP}/ids/b"] = {"clientId": "c"}

    _, outputs, refreshed = await engine.read(STORAGE, identifier, {**INPUTS, "identity": identity}, state)

    assert set(outputs["identity"]["userAssignedIdentities"]) == {f"{GROUP}/ids/a", f"{GROUP}/ids/b"}
    assert refreshed["identity"]["userAssignedIdentities"] == [f"{GROUP}/ids/a", f"{GROUP}/ids/b"]


@pytest.mark.specified
async def test_a_resource_that_is_gone_has_no_id(engine: EngineSide) -> None:
    identifier, _, _ = await engine.read(STORAGE, ACCOUNT, INPUTS, {"name": "stchurn"})

    assert identifier == ""


@pytest.mark.specified
async def test_a_refused_read_is_an_error_and_no_disappearance(engine: EngineSide, arm: FakeArm) -> None:
    arm.fail_next("GET", "stchurn", failure("AuthorizationFailed", "No access.", 403))

    with pytest.raises(ProviderCallError, match='Status=403 Code="AuthorizationFailed"'):
        await engine.read(STORAGE, ACCOUNT, INPUTS, {})


@pytest.mark.specified
async def test_import_takes_parameters_from_the_id_and_the_rest_from_azure(engine: EngineSide, arm: FakeArm) -> None:
    arm.put(
        ACCOUNT,
        location="westeurope",
        kind="StorageV2",
        sku={"name": "Standard_LRS", "tier": "Standard"},
        tags={},
        properties={"supportsHttpsTrafficOnly": True, "networkAcls": {"ipRules": [], "defaultAction": "Allow"}},
    )

    _, outputs, inputs = await engine.read(STORAGE, ACCOUNT)

    assert outputs["sku"] == {"name": "Standard_LRS", "tier": "Standard"}
    assert inputs == {
        "accountName": "stchurn",
        "resourceGroupName": "rg",
        "location": "westeurope",
        "kind": "StorageV2",
        "sku": {"name": "Standard_LRS"},
        "enableHttpsTrafficOnly": True,
        "networkRuleSet": {"defaultAction": "Allow"},
        "minimumTlsVersion": "TLS1_0",
    }


@pytest.mark.specified
async def test_import_reads_an_id_in_any_case(engine: EngineSide, arm: FakeArm) -> None:
    arm.put(ACCOUNT, location="westeurope", kind="StorageV2")

    _, _, inputs = await engine.read(STORAGE, ACCOUNT.replace("resourceGroups", "resourcegroups"))

    assert inputs["resourceGroupName"] == "rg"


@pytest.mark.specified
async def test_import_of_an_id_of_another_type_says_which_form_it_needs(engine: EngineSide, arm: FakeArm) -> None:
    arm.put(ENDPOINT)

    with pytest.raises(ProviderCallError, match=r"is not of the form .*storageAccounts"):
        await engine.read(STORAGE, ENDPOINT)
