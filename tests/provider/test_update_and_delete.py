"""Update and Delete: a PUT of all inputs, and a DELETE that may find nothing."""

import pytest
from support.arm import FakeArm, failure
from support.engine_side import UNKNOWN, EngineSide, ProviderCallError

GROUP = "/subscriptions/10ca1000-0000-4000-8000-000000000002/resourceGroups/rg"
VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv"
WORKSPACE = f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/ws"
TOKEN = "azure-native:keyvault:Vault"
PROPERTIES = {"tenantId": "t", "sku": {"family": "A", "name": "standard"}}
INPUTS = {"vaultName": "kv", "resourceGroupName": "rg", "location": "westeurope", "properties": PROPERTIES}


@pytest.mark.specified
async def test_an_update_sends_all_inputs(engine: EngineSide, arm: FakeArm) -> None:
    identifier, olds = await engine.create(TOKEN, INPUTS)

    outputs = await engine.update(TOKEN, identifier, {**INPUTS, "tags": {"a": "b"}}, olds)

    sent = arm.requests("PUT", "kv")[-1].body
    assert sent["tags"] == {"a": "b"}
    assert sent["properties"]["tenantId"] == "t"
    assert outputs["tags"] == {"a": "b"}


@pytest.mark.specified
async def test_an_update_keeps_policies_that_somebody_else_owns(engine: EngineSide, arm: FakeArm) -> None:
    identifier, olds = await engine.create(TOKEN, INPUTS)
    policies = [{"objectId": "o", "tenantId": "t", "permissions": {"keys": ["get"]}}]
    arm.at(VAULT)["properties"]["accessPolicies"] = policies

    await engine.update(TOKEN, identifier, {**INPUTS, "tags": {"a": "b"}}, olds)

    assert arm.requests("PUT", "kv")[-1].body["properties"]["accessPolicies"] == policies


@pytest.mark.specified
async def test_a_refused_update_changes_nothing(engine: EngineSide, arm: FakeArm) -> None:
    identifier, olds = await engine.create(TOKEN, INPUTS)
    arm.fail_next("PUT", "kv", failure("Conflict", "No."))

    with pytest.raises(ProviderCallError, match='Code="Conflict"') as caught:
        await engine.update(TOKEN, identifier, INPUTS, olds)

    assert caught.value.partial is None


@pytest.mark.specified
async def test_a_failed_update_is_reported_with_what_azure_has(engine: EngineSide, arm: FakeArm) -> None:
    identifier, olds = await engine.create(TOKEN, INPUTS)
    arm.style, arm.operation_error = "status", {"code": "Broken", "message": "No."}

    with pytest.raises(ProviderCallError, match="Broken") as caught:
        await engine.update(TOKEN, identifier, INPUTS, olds)

    assert caught.value.partial is not None
    assert caught.value.partial["id"] == VAULT


@pytest.mark.specified
async def test_a_preview_of_an_update_knows_what_never_changes(engine: EngineSide, arm: FakeArm) -> None:
    outputs = await engine.update(TOKEN, VAULT, INPUTS, {"name": "kv", "location": "westeurope"}, preview=True)

    assert outputs["name"] == "kv"
    assert outputs["properties"]["vaultUri"] == UNKNOWN
    assert arm.seen == []


@pytest.mark.specified
@pytest.mark.parametrize("style", ["sync", "status", "location"])
async def test_a_delete_is_followed_to_its_end(engine: EngineSide, arm: FakeArm, style: str) -> None:
    arm.put(WORKSPACE)
    arm.style = style  # type: ignore[assignment]

    await engine.delete("azure-native:machinelearningservices:Workspace", WORKSPACE)

    assert WORKSPACE.lower() not in arm.resources
    assert arm.requests("DELETE")[0].query == {"api-version": "2025-12-01"}


@pytest.mark.specified
@pytest.mark.parametrize("status", [204, 404])
async def test_deleting_what_is_gone_is_fine(engine: EngineSide, arm: FakeArm, status: int) -> None:
    arm.fail_next("DELETE", "kv", failure("ResourceNotFound", "Gone.", status))

    await engine.delete(TOKEN, VAULT)

    assert len(arm.requests("DELETE")) == 1


@pytest.mark.specified
async def test_a_refused_delete_says_why(engine: EngineSide, arm: FakeArm) -> None:
    arm.put(VAULT)
    arm.fail_next("DELETE", "kv", failure("ScopeLocked", "The scope is locked."))

    with pytest.raises(ProviderCallError, match=r'Code="ScopeLocked" Message="The scope is locked."'):
        await engine.delete(TOKEN, VAULT)


@pytest.mark.specified
async def test_a_failed_delete_operation_is_an_error(engine: EngineSide, arm: FakeArm) -> None:
    arm.put(WORKSPACE)
    arm.style, arm.operation_error = "status", {"code": "InUse", "message": "Still used."}

    with pytest.raises(ProviderCallError, match="InUse"):
        await engine.delete("azure-native:machinelearningservices:Workspace", WORKSPACE)
