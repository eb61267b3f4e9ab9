"""Invokes: who is signed in, keys, look-ups; what the local Azure lacks is refused by name."""

import pytest
from support.arm import FakeArm
from support.azure_host import CLIENT, OBJECT, SUBSCRIPTION, TENANT, token
from support.engine_side import UNKNOWN, EngineSide, FixedTokens, ProviderCallError, Slept, arm_client
from windlass_provider.arm.pace import Stop
from windlass_provider.errors import TokenClaimsError
from windlass_provider.functions import Functions
from windlass_provider.schema.load import load_table
from windlass_provider.settings import settings_of

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/stchurn"
WORKSPACE = f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/ws"


@pytest.mark.recorded
async def test_the_client_is_read_in_the_token(engine: EngineSide) -> None:
    result = await engine.invoke("azure-native:authorization:getClientConfig", {})

    assert result == {"clientId": CLIENT, "objectId": OBJECT, "subscriptionId": SUBSCRIPTION, "tenantId": TENANT}


@pytest.mark.inferred
async def test_a_token_that_does_not_say_who_it_is_for_is_an_error(arm: FakeArm) -> None:
    environment = {"HTTPS_PROXY": "http://127.0.0.1:1", "AZURE_SUBSCRIPTION_ID": SUBSCRIPTION}
    tokens = FixedTokens(token(object_id=None))
    functions = Functions(load_table(), arm_client(arm, Stop(), Slept()), tokens, settings_of({}, environment))

    with pytest.raises(TokenClaimsError, match="oid"):
        await functions.invoke("azure-native:authorization:getClientConfig", {})


@pytest.mark.specified
async def test_storage_keys_are_listed_by_a_post(engine: EngineSide, arm: FakeArm) -> None:
    arm.put(ACCOUNT)

    result = await engine.invoke(
        "azure-native:storage:listStorageAccountKeys",
        {"accountName": "stchurn", "resourceGroupName": "rg", "expand": "kerb"},
    )

    assert result == {"keys": [{"keyName": "key1", "value": "a2V5", "permissions": "FULL"}]}
    assert arm.requests("POST")[0].query == {"api-version": "2024-01-01", "$expand": "kerb"}


@pytest.mark.specified
@pytest.mark.parametrize(
    ("function", "folder", "action"),
    [
        ("listOnlineEndpointKeys", "onlineEndpoints", "listKeys"),
        ("listBatchEndpointKeys", "batchEndpoints", "listkeys"),
    ],
)
async def test_endpoint_keys_are_listed(
    engine: EngineSide, arm: FakeArm, function: str, folder: str, action: str
) -> None:
    arm.put(f"{WORKSPACE}/{folder}/churn")

    result = await engine.invoke(
        f"azure-native:machinelearningservices:{function}",
        {"endpointName": "churn", "workspaceName": "ws", "resourceGroupName": "rg"},
    )

    assert result == {"primaryKey": "first", "secondaryKey": "second"}
    assert arm.requests("POST")[0].path == f"{WORKSPACE}/{folder}/churn/{action}"


@pytest.mark.specified
async def test_a_look_up_shows_the_outputs_and_the_id(engine: EngineSide, arm: FakeArm) -> None:
    arm.put(ACCOUNT, kind="StorageV2")

    result = await engine.invoke(
        "azure-native:storage:getStorageAccount", {"accountName": "stchurn", "resourceGroupName": "rg"}
    )

    assert (result["id"], result["kind"], result["minimumTlsVersion"]) == (ACCOUNT, "StorageV2", "TLS1_0")


@pytest.mark.specified
async def test_azures_refusal_reaches_the_program(engine: EngineSide) -> None:
    with pytest.raises(ProviderCallError, match='Status=404 Code="ResourceNotFound"'):
        await engine.invoke(
            "azure-native:storage:getStorageAccount", {"accountName": "none", "resourceGroupName": "rg"}
        )


@pytest.mark.specified
async def test_an_incomplete_argument_list_names_what_is_missing(engine: EngineSide) -> None:
    with pytest.raises(ProviderCallError, match="path parameter 'accountName'"):
        await engine.invoke("azure-native:storage:listStorageAccountKeys", {"resourceGroupName": "rg"})


@pytest.mark.specified
async def test_unknown_arguments_have_an_unknown_result(engine: EngineSide, arm: FakeArm) -> None:
    result = await engine.invoke("azure-native:storage:getStorageAccount", {"accountName": UNKNOWN})

    assert result == {}
    assert arm.seen == []


@pytest.mark.inferred
async def test_a_function_that_is_not_there_is_refused_by_name_with_those_that_are(engine: EngineSide) -> None:
    with pytest.raises(ProviderCallError) as caught:
        await engine.invoke("azure-native:network:getLoadBalancer", {})

    assert "azure-native:network:getLoadBalancer is not supported" in caught.value.message
    assert "azure-native:machinelearningservices:listOnlineEndpointKeys" in caught.value.message
