"""Online endpoints as Azure Resource Manager shows them, by api-version and over time."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from support.in_process import InProcess
from support.online_parts import ENDPOINTS, deployment_body, done, endpoint_body, online_parts, shown
from support.workspace import WORKSPACE
from windlass_emulator.errors import AzureError, MlError

CHURN = f"{ENDPOINTS}/churn"
SDK = "api-version=2022-02-01-preview"


@pytest.fixture
async def local(tmp_path: Path) -> AsyncIterator[InProcess]:
    async with online_parts(tmp_path) as made:
        yield made


@pytest.fixture
async def churn(local: InProcess) -> InProcess:
    await done(local, "PUT", CHURN, endpoint_body())
    return local


@pytest.fixture
async def served(churn: InProcess) -> InProcess:
    await done(churn, "PUT", f"{CHURN}/deployments/one", deployment_body())
    await done(churn, "PUT", CHURN, endpoint_body(traffic={"one": 100}))
    return churn


@pytest.mark.recorded
async def test_a_new_endpoint_is_shown_whole_in_its_first_answer(local: InProcess) -> None:
    answer = await local.send("PUT", f"{CHURN}?{SDK}", endpoint_body(description="who leaves"))

    body = answer.body
    assert answer.status == 201
    assert answer.headers["Location"] == f"https://management.azure.com{CHURN}?{SDK}"
    assert answer.headers["x-ms-async-operation-timeout"] == "PT30M"
    assert set(body["systemData"]) == {"createdAt", "createdBy", "lastModifiedAt"}
    assert (body["kind"], body["location"], body["tags"]) == ("Managed", "westeurope", {})
    assert set(body["identity"]) == {"type", "principalId", "tenantId"}
    properties = body["properties"]
    own = properties.pop("properties")
    assert properties == {
        "description": "who leaves",
        "scoringUri": None,
        "swaggerUri": None,
        "authMode": "Key",
        "provisioningState": "Creating",
        "compute": None,
        "traffic": {},
        "mirrorTraffic": {},
        "publicNetworkAccess": "Enabled",
    }
    assert own["azureml.onlineendpointid"].endswith(
        "/resourcegroups/rg/providers/microsoft.machinelearningservices/workspaces/work/onlineendpoints/churn"
    )
    assert "/mfeOperationsStatus/oeidp:" in own["AzureAsyncOperationUri"]
    assert own["AzureAsyncOperationUri"].endswith(f"?{SDK}")


@pytest.mark.recorded
async def test_a_made_endpoint_has_its_addresses(churn: InProcess) -> None:
    properties = (await shown(churn, CHURN))["properties"]

    assert properties["provisioningState"] == "Succeeded"
    assert properties["scoringUri"] == "https://churn.westeurope.inference.ml.azure.com/score"
    assert properties["swaggerUri"] == "https://churn.westeurope.inference.ml.azure.com/swagger.json"


@pytest.mark.recorded
async def test_the_first_stable_version_knows_no_mirror_and_no_network_access(churn: InProcess) -> None:
    properties = (await shown(churn, f"{CHURN}?api-version=2022-05-01"))["properties"]

    assert "mirrorTraffic" not in properties
    assert "publicNetworkAccess" not in properties
    assert properties["properties"]["AzureAsyncOperationUri"].endswith("?api-version=2022-05-01")


@pytest.mark.recorded
async def test_a_changed_endpoint_is_first_answered_with_an_echo(served: InProcess) -> None:
    answer = await served.send("PUT", f"{CHURN}?{SDK}", endpoint_body(traffic={"one": 100}, description="new"))

    properties = answer.body["properties"]
    assert answer.status == 201
    assert properties["provisioningState"] == "Creating"
    assert properties["traffic"] == {"one": 100}
    assert (properties["scoringUri"], properties["swaggerUri"]) == (None, None)
    assert set(properties["properties"]) == {"AzureAsyncOperationUri"}
    assert set(answer.body["systemData"]) == {"lastModifiedAt"}
    assert not {"location", "identity"} & set(answer.body)


@pytest.mark.recorded
async def test_after_a_change_a_get_has_everything_back(served: InProcess) -> None:
    before = await shown(served, CHURN)

    await done(served, "PUT", CHURN, endpoint_body(traffic={"one": 100}, description="new"))

    after = await shown(served, CHURN)
    assert after["identity"] == before["identity"]
    assert after["systemData"]["createdAt"] == before["systemData"]["createdAt"]
    assert after["systemData"]["lastModifiedAt"] > before["systemData"]["lastModifiedAt"]
    assert after["properties"]["description"] == "new"
    assert after["properties"]["scoringUri"]


@pytest.mark.inferred
async def test_a_put_without_traffic_clears_it(served: InProcess) -> None:
    await done(served, "PUT", CHURN, endpoint_body())

    assert (await shown(served, CHURN))["properties"]["traffic"] == {}


@pytest.mark.recorded
async def test_what_clients_send_back_of_the_services_own_properties_does_not_stay(served: InProcess) -> None:
    own = {"createdAt": "2026-01-01", "azureml.onlineendpointid": "x", "AzureAsyncOperationUri": "y"}

    await done(served, "PUT", CHURN, endpoint_body(traffic={"one": 100}, properties=own))

    now = (await shown(served, CHURN))["properties"]["properties"]
    assert set(now) == {"azureml.onlineendpointid", "AzureAsyncOperationUri"}
    assert now["azureml.onlineendpointid"] != "x"


@pytest.mark.specified
@pytest.mark.parametrize("traffic", [{"one": 90}, {"nobody": 100}, {"one": 50, "two": 50}])
async def test_traffic_that_cannot_be_is_refused_and_changes_nothing(
    served: InProcess, traffic: dict[str, int]
) -> None:
    with pytest.raises(MlError) as refused:
        await served.send("PUT", CHURN, endpoint_body(traffic=traffic))

    assert (refused.value.status, refused.value.code) == (400, "BadRequest")
    assert (await shown(served, CHURN))["properties"]["traffic"] == {"one": 100}


@pytest.mark.specified
async def test_a_new_endpoint_takes_no_traffic(local: InProcess) -> None:
    with pytest.raises(MlError, match="invalid"):
        await local.send("PUT", CHURN, endpoint_body(traffic={"one": 100}))


@pytest.mark.inferred
async def test_an_endpoint_is_locked_while_a_deployment_is_in_the_making(churn: InProcess) -> None:
    await churn.send("PUT", f"{CHURN}/deployments/one", deployment_body())

    with pytest.raises(MlError) as put:
        await churn.send("PUT", CHURN, endpoint_body())
    with pytest.raises(MlError) as deleted:
        await churn.send("DELETE", CHURN)

    assert (put.value.status, deleted.value.status) == (409, 409)


@pytest.mark.recorded
async def test_a_name_is_taken_once_in_a_region(churn: InProcess) -> None:
    other = f"{WORKSPACE}2"
    churn.azure.store.put(other, "microsoft.machinelearningservices/workspaces", {"location": "westeurope",
                          "properties": {}}, parent="", now=0.0)  # fmt: skip

    with pytest.raises(MlError) as refused:
        await churn.send("PUT", f"{other}/onlineEndpoints/Churn", endpoint_body())

    assert "Endpoint name needs to be unique within a region" in str(refused.value.details)


@pytest.mark.inferred
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"location": "westeurope", "identity": {"type": "None?"}, "properties": {"authMode": "Key"}}, AzureError),
        (endpoint_body(authMode="Password"), AzureError),
        (endpoint_body(authmode="Key"), AzureError),
        ({"identity": {"type": "SystemAssigned"}, "properties": {"authMode": "Key"}}, AzureError),
        ({**endpoint_body(), "location": "eastus"}, AzureError),
        (endpoint_body(compute="aks"), MlError),
    ],
)
async def test_bodies_that_make_no_endpoint_are_refused(
    local: InProcess, body: dict[str, Any], kind: type[AzureError]
) -> None:
    with pytest.raises(kind):
        await local.send("PUT", CHURN, body)


@pytest.mark.specified
async def test_an_endpoint_that_is_not_there_is_404_and_its_deletion_204(local: InProcess) -> None:
    with pytest.raises(AzureError) as missing:
        await local.send("GET", CHURN)

    assert (missing.value.status, missing.value.code) == (404, "ResourceNotFound")
    assert (await local.send("DELETE", CHURN)).status == 204


@pytest.mark.recorded
async def test_an_endpoint_goes_with_a_deployment_that_has_all_traffic(served: InProcess) -> None:
    answer = await done(served, "DELETE", CHURN)

    assert answer.status == 202
    assert served.azure.status()["instances"] == []
    with pytest.raises(AzureError):
        await served.send("GET", f"{CHURN}/deployments/one")


@pytest.mark.recorded
@pytest.mark.parametrize(("version", "body"), [("2022-02-01-preview", b"null"), ("2024-04-01", None)])
async def test_the_202_of_a_deletion_carries_null_only_in_older_versions(
    churn: InProcess, version: str, body: bytes | None
) -> None:
    answer = await churn.send("DELETE", f"{CHURN}?api-version={version}")

    assert answer.body == body


@pytest.mark.recorded
async def test_a_patch_merges_tags_and_has_a_location_alone(churn: InProcess) -> None:
    await done(churn, "PUT", CHURN, {**endpoint_body(), "tags": {"a": "1", "b": "1"}})

    answer = await done(churn, "PATCH", CHURN, {"tags": {"b": "2"}})

    assert (answer.status, answer.body) == (202, b"null")
    assert "Azure-AsyncOperation" not in answer.headers
    assert "/mfeOperationResults/oeidp:" in answer.headers["Location"]
    assert (await shown(churn, CHURN))["tags"] == {"a": "1", "b": "2"}


@pytest.mark.recorded
async def test_keys_are_listed_and_replaced_one_at_a_time(churn: InProcess) -> None:
    before = (await churn.send("POST", f"{CHURN}/listKeys")).body

    body = {"keyType": "Primary", "keyValue": before["primaryKey"]}
    answer = await done(churn, "POST", f"{CHURN}/regenerateKeys", body)

    after = (await churn.send("POST", f"{CHURN}/listKeys")).body
    assert answer.status == 202
    assert after["primaryKey"] != before["primaryKey"]
    assert after["secondaryKey"] == before["secondaryKey"]


@pytest.mark.recorded
async def test_an_endpoint_for_entra_tokens_has_no_keys(local: InProcess) -> None:
    await done(local, "PUT", CHURN, endpoint_body(authMode="aadtoken"))

    assert (await local.send("POST", f"{CHURN}/listKeys")).body == {"primaryKey": None, "secondaryKey": None}


@pytest.mark.specified
async def test_keys_that_the_creator_chose_are_kept_and_never_shown(local: InProcess) -> None:
    keys = {"primaryKey": "my-primary-key", "secondaryKey": "my-secondary-key"}

    await done(local, "PUT", CHURN, endpoint_body(keys=keys))

    assert (await local.send("POST", f"{CHURN}/listKeys")).body == keys
    assert "keys" not in (await shown(local, CHURN))["properties"]


@pytest.mark.recorded
async def test_a_token_is_two_times_in_whole_seconds(local: InProcess) -> None:
    await done(local, "PUT", CHURN, endpoint_body(authMode="AMLToken"))

    token = (await local.send("POST", f"{CHURN}/token")).body

    assert set(token) == {"accessToken", "tokenType", "expiryTimeUtc", "refreshAfterTimeUtc"}
    assert isinstance(token["expiryTimeUtc"], int)


@pytest.mark.specified
async def test_a_user_assigned_identity_must_be_there(local: InProcess) -> None:
    name = f"{WORKSPACE.rsplit('/', 2)[0]}/userAssignedIdentities/mine"
    body = {**endpoint_body(), "identity": {"type": "UserAssigned", "userAssignedIdentities": {name: {}}}}

    with pytest.raises(AzureError, match="was not found"):
        await local.send("PUT", CHURN, body)

    ids = {"principalId": str(uuid.uuid4()), "clientId": str(uuid.uuid4())}
    local.azure.store.put(name, "microsoft.managedidentity/userassignedidentities", {"properties": ids}, parent="",
                          now=0.0)  # fmt: skip
    await done(local, "PUT", CHURN, body)
    assert (await shown(local, CHURN))["identity"] == {"type": "UserAssigned", "userAssignedIdentities": {name: ids}}


@pytest.mark.recorded
async def test_endpoints_are_listed_on_one_page(churn: InProcess) -> None:
    body = (await churn.send("GET", ENDPOINTS)).body

    assert set(body) == {"value"}
    assert [one["name"] for one in body["value"]] == ["churn"]
