"""Storage accounts and containers: one store behind Azure Resource Manager and the blob service."""

from __future__ import annotations

import pytest
from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
)
from azure.storage.blob import BlobServiceClient
from support.arm_clients import ArmClients, fresh
from support.local_azure import RunningAzure
from support.processes import eventually

BODY = {"location": "westeurope", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}}


def _path(group: str, account: str) -> str:
    return f"{{sub}}/resourceGroups/{group}/providers/Microsoft.Storage/storageAccounts/{account}"


@pytest.mark.specified
def test_an_account_is_created_with_202_and_updated_with_200(arm: ArmClients) -> None:
    group, name = arm.group(), fresh("acct")

    accepted = arm.call("PUT", _path(group, name), BODY)
    eventually(lambda: arm.http.get(accepted.headers["Location"]).status_code == 200)
    updated = arm.call("PUT", _path(group, name), {**BODY, "tags": {"a": "1"}})

    assert accepted.status_code == 202
    assert not accepted.content
    assert "/asyncoperations/" in accepted.headers["Location"]
    assert updated.status_code == 200
    assert updated.json()["tags"] == {"a": "1"}


@pytest.mark.recorded
def test_an_account_shows_what_azure_adds(arm: ArmClients) -> None:
    group = arm.group()
    name = arm.account(group)

    shown = arm.call("GET", _path(group, name)).json()

    properties = shown["properties"]
    assert shown["sku"] == {"name": "Standard_LRS", "tier": "Standard"}
    assert shown["tags"] == {}
    assert properties["accessTier"] == "Hot"
    assert properties["minimumTlsVersion"] == "TLS1_0"
    assert properties["networkAcls"]["defaultAction"] == "Allow"
    assert properties["supportsHttpsTrafficOnly"] is True
    assert set(properties["keyCreationTime"]) == {"key1", "key2"}
    assert properties["encryption"]["keySource"] == "Microsoft.Storage"
    assert properties["primaryEndpoints"]["blob"] == f"https://{name}.blob.core.windows.net/"
    assert properties["provisioningState"] == "Succeeded"
    assert properties["privateEndpointConnections"] == []


@pytest.mark.specified
def test_an_update_keeps_what_it_does_not_mention(arm: ArmClients) -> None:
    group, name = arm.group(), fresh("acct")
    body = {**BODY, "properties": {"minimumTlsVersion": "TLS1_2"}}
    arm.storage.storage_accounts.begin_create(group, name, BODY).result()
    arm.call("PUT", _path(group, name), body)

    updated = arm.call("PUT", _path(group, name), BODY).json()

    assert updated["properties"]["minimumTlsVersion"] == "TLS1_2"


@pytest.mark.specified
def test_a_name_is_taken_for_everybody(arm: ArmClients) -> None:
    name = arm.account(arm.group())

    with pytest.raises(ResourceExistsError) as refused:
        arm.storage.storage_accounts.begin_create(arm.group(), name, BODY)

    assert refused.value.error.code == "StorageAccountAlreadyTaken"
    assert refused.value.error.message == f"The storage account named {name} is already taken."


@pytest.mark.specified
@pytest.mark.parametrize("name", ["ab", "UPPER", "with-hyphen", "x" * 25])
def test_names_beyond_the_rule_are_refused(arm: ArmClients, name: str) -> None:
    refused = arm.call("PUT", _path(arm.group(), name), BODY)

    assert refused.status_code == 400
    assert refused.json()["error"]["code"] == "AccountNameInvalid"


@pytest.mark.specified
@pytest.mark.parametrize(
    ("name", "reason"), [("free", None), ("Not Valid", "AccountNameInvalid"), ("taken", "AlreadyExists")]
)
def test_names_can_be_asked_for(arm: ArmClients, name: str, reason: str | None) -> None:
    asked = {"free": fresh("free"), "taken": arm.account(arm.group())}.get(name, name)

    told = arm.storage.storage_accounts.check_name_availability(
        {"name": asked, "type": "Microsoft.Storage/storageAccounts"}
    )

    assert (told.name_available, told.reason) == (reason is None, reason)


@pytest.mark.specified
@pytest.mark.parametrize(
    ("change", "status", "code", "says"),
    [
        ({"sku": None}, 400, "MissingRequiredProperty", "sku.name"),
        ({"location": None}, 400, "LocationRequired", "location"),
        ({"location": "atlantis"}, 400, "LocationNotAvailableForResourceType", "atlantis"),
        ({"properties": {"accesTier": "Hot"}}, 400, "InvalidRequestContent", "properties.accesTier"),
        ({"colour": "red"}, 400, "InvalidRequestContent", "colour"),
    ],
)
def test_bodies_that_azure_does_not_take_are_refused_by_name(
    arm: ArmClients, change: dict[str, object], status: int, code: str, says: str
) -> None:
    refused = arm.call("PUT", _path(arm.group(), fresh("acct")), {**BODY, **change})

    assert refused.status_code == status
    assert refused.json()["error"]["code"] == code
    assert says in refused.json()["error"]["message"]


@pytest.mark.specified
def test_hierarchical_namespaces_cannot_be_switched_on_later(arm: ArmClients) -> None:
    group, name = arm.group(), fresh("acct")
    flat = {**BODY, "properties": {"isHnsEnabled": False}}
    arm.storage.storage_accounts.begin_create(group, name, BODY).result()
    arm.call("PUT", _path(group, name), flat)

    refused = arm.call("PUT", _path(group, name), {**BODY, "properties": {"isHnsEnabled": True}})

    assert refused.status_code == 409
    assert refused.json()["error"] == {
        "code": "PropertyChangeNotAllowed",
        "message": "Changing property 'properties.isHnsEnabled' is not allowed.",
        "target": "properties.isHnsEnabled",
    }


@pytest.mark.specified
def test_an_account_does_not_move(arm: ArmClients) -> None:
    group = arm.group()
    name = arm.account(group)

    refused = arm.call("PUT", _path(group, name), {**BODY, "location": "eastus"})

    assert refused.status_code == 409
    assert refused.json()["error"]["code"] == "InvalidResourceLocation"


@pytest.mark.specified
def test_a_patch_merges_properties_and_replaces_tags(arm: ArmClients) -> None:
    group = arm.group()
    name = arm.account(group)
    arm.call("PATCH", _path(group, name), {"tags": {"old": "1"}, "properties": {"minimumTlsVersion": "TLS1_2"}})

    changed = arm.call("PATCH", _path(group, name), {"tags": {"new": "2"}}).json()

    assert changed["tags"] == {"new": "2"}
    assert changed["properties"]["minimumTlsVersion"] == "TLS1_2"


@pytest.mark.specified
def test_a_blob_written_with_the_account_key_is_read_with_a_token(arm: ArmClients, azure: RunningAzure) -> None:
    group = arm.group()
    account = arm.account(group)
    with_key = arm.blobs(group, account)
    with_key.create_container("data")

    with_key.get_blob_client("data", "a/b.txt").upload_blob(b"hello")

    options = azure.client_options()
    address = f"https://{account}.blob.core.windows.net"
    with BlobServiceClient(address, credential=azure.credential(), **options) as with_token:
        assert with_token.get_blob_client("data", "a/b.txt").download_blob().readall() == b"hello"


@pytest.mark.specified
def test_another_key_opens_nothing(arm: ArmClients, azure: RunningAzure) -> None:
    account = arm.account(arm.group())
    wrong = "A" * 86 + "=="
    address = f"https://{account}.blob.core.windows.net"

    with (
        BlobServiceClient(address, credential=wrong, **azure.client_options()) as client,
        pytest.raises(ClientAuthenticationError),
    ):
        client.create_container("data")


@pytest.mark.specified
def test_a_regenerated_key_opens_nothing_any_more(arm: ArmClients) -> None:
    group = arm.group()
    account = arm.account(group)
    old = arm.blobs(group, account)
    old.create_container("before")

    arm.storage.storage_accounts.regenerate_key(group, account, {"key_name": "key1"})

    with pytest.raises(HttpResponseError):
        old.create_container("after")
    arm.blobs(group, account).create_container("after")


@pytest.mark.specified
def test_both_sides_show_the_same_containers(arm: ArmClients) -> None:
    group = arm.group()
    account = arm.account(group)
    arm.storage.blob_containers.create(group, account, "through-arm", {"metadata": {"a": "1"}})
    arm.blobs(group, account).create_container("through-blobs")

    listed = {container.name for container in arm.storage.blob_containers.list(group, account)}
    own = {container.name for container in arm.blobs(group, account).list_containers()}

    assert listed == own == {"through-arm", "through-blobs"}
    shown = arm.storage.blob_containers.get(group, account, "through-arm")
    assert shown.metadata == {"a": "1"}
    assert shown.public_access == "None"
    assert shown.etag


@pytest.mark.specified
def test_a_container_is_created_with_201_updated_with_200_deleted_with_200_and_204(arm: ArmClients) -> None:
    group = arm.group()
    path = f"{_path(group, arm.account(group))}/blobServices/default/containers/data"

    statuses = [arm.call(method, path, {}).status_code for method in ("PUT", "PUT")]
    statuses += [arm.call("DELETE", path).status_code for _ in range(2)]

    assert statuses == [201, 200, 200, 204]


@pytest.mark.specified
@pytest.mark.parametrize("name", ["ab", "Upper", "double--hyphen", "-starts"])
def test_container_names_beyond_the_rule_are_refused(arm: ArmClients, name: str) -> None:
    group = arm.group()

    refused = arm.call("PUT", f"{_path(group, arm.account(group))}/blobServices/default/containers/{name}", {})

    assert refused.status_code == 400


@pytest.mark.inferred
def test_public_access_needs_the_accounts_consent(arm: ArmClients) -> None:
    group = arm.group()
    path = f"{_path(group, arm.account(group))}/blobServices/default/containers/data"

    refused = arm.call("PUT", path, {"properties": {"publicAccess": "Blob"}})

    assert refused.status_code == 409
    assert refused.json()["error"]["code"] == "PublicAccessNotPermitted"


@pytest.mark.specified
def test_the_blob_service_of_an_account_is_shown(arm: ArmClients) -> None:
    group = arm.group()

    service = arm.storage.blob_services.get_service_properties(group, arm.account(group))

    assert service.name == "default"


@pytest.mark.specified
def test_deleting_an_account_deletes_its_blobs(arm: ArmClients) -> None:
    group = arm.group()
    account = arm.account(group)
    arm.blobs(group, account).create_container("data")

    arm.storage.storage_accounts.delete(group, account)
    arm.storage.storage_accounts.begin_create(group, account, BODY).result()

    assert list(arm.blobs(group, account).list_containers()) == []


@pytest.mark.specified
def test_deleting_an_absent_account_is_a_204(arm: ArmClients) -> None:
    answer = arm.call("DELETE", _path(arm.group(), fresh("none")))

    assert answer.status_code == 204


@pytest.mark.specified
def test_a_missing_account_is_named_in_the_refusal(arm: ArmClients) -> None:
    group, name = arm.group(), fresh("none")

    with pytest.raises(ResourceNotFoundError) as refused:
        arm.storage.storage_accounts.get_properties(group, name)

    assert refused.value.error.code == "ResourceNotFound"
    assert refused.value.error.message == (
        f"The Resource 'Microsoft.Storage/storageAccounts/{name}' under resource group '{group}' was not found. "
        "For more details please go to https://aka.ms/ARMResourceNotFoundFix"
    )


@pytest.mark.inferred
def test_an_account_that_is_being_made_refuses_a_change(arm: ArmClients) -> None:
    group, name = arm.group(), fresh("acct")
    arm.call("PUT", _path(group, name), BODY)

    answer = arm.call("PUT", _path(group, name), BODY)

    # At the test's clock rate it may be ready before the second request.
    state = arm.call("GET", _path(group, name)).json()["properties"]["provisioningState"]
    assert answer.status_code == 409 or state == "Succeeded"


@pytest.mark.inferred
def test_large_blobs_pass_the_proxy_whole(arm: ArmClients) -> None:
    group = arm.group()
    blobs = arm.blobs(group, arm.account(group))
    blobs.create_container("data")
    content = bytes(range(256)) * 80_000  # 20 MB

    blobs.get_blob_client("data", "large").upload_blob(content, max_concurrency=4)

    assert blobs.get_blob_client("data", "large").download_blob(max_concurrency=4).readall() == content
