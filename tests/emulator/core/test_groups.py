"""Resource groups, asked through the official client."""

from __future__ import annotations

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from support.arm_clients import ArmClients, fresh

pytestmark = pytest.mark.specified


def test_a_group_is_created_with_201_and_updated_with_200(arm: ArmClients) -> None:
    path = f"{{sub}}/resourcegroups/{fresh('rg-')}"

    created = arm.call("PUT", path, {"location": "West Europe", "tags": {"a": "1"}})
    updated = arm.call("PUT", path, {"location": "westeurope"})

    assert (created.status_code, updated.status_code) == (201, 200)
    assert created.json()["location"] == "westeurope"
    assert created.json()["properties"] == {"provisioningState": "Succeeded"}
    assert "tags" not in updated.json()


def test_paths_are_matched_without_regard_to_case(arm: ArmClients) -> None:
    name = arm.group()

    found = arm.call("GET", f"{{sub}}/RESOURCEGROUPS/{name.upper()}")

    assert found.json()["name"] == name


def test_head_tells_whether_a_group_exists(arm: ArmClients) -> None:
    name = arm.group()

    assert arm.resources.resource_groups.check_existence(name)
    assert not arm.resources.resource_groups.check_existence(fresh("none-"))


def test_groups_are_listed_by_tag(arm: ArmClients) -> None:
    name, value = fresh("rg-"), fresh("value")
    arm.resources.resource_groups.create_or_update(name, {"location": "westeurope", "tags": {"team": value}})
    arm.group()

    found = arm.resources.resource_groups.list(filter=f"tagName eq 'team' and tagValue eq '{value}'")

    assert [group.name for group in found] == [name]


def test_a_group_does_not_move_to_another_region(arm: ArmClients) -> None:
    name = arm.group("westeurope")

    with pytest.raises(HttpResponseError) as refused:
        arm.resources.resource_groups.create_or_update(name, {"location": "eastus"})

    assert refused.value.status_code == 409
    assert refused.value.error.code == "InvalidResourceGroupLocation"


@pytest.mark.parametrize("name", ["ends-with-a-period.", "has a space", "x" * 91])
def test_names_beyond_the_rule_are_refused(arm: ArmClients, name: str) -> None:
    refused = arm.call("PUT", f"{{sub}}/resourcegroups/{name}", {"location": "westeurope"})

    assert refused.status_code == 400
    assert refused.json()["error"]["code"] == "InvalidResourceGroupName"


def test_a_missing_group_is_named_in_the_refusal(arm: ArmClients) -> None:
    name = fresh("none-")

    with pytest.raises(ResourceNotFoundError) as refused:
        arm.resources.resource_groups.get(name)

    assert refused.value.error.code == "ResourceGroupNotFound"
    assert refused.value.error.message == f"Resource group '{name}' could not be found."


def test_deleting_a_group_takes_time_and_refuses_writes_meanwhile(arm: ArmClients) -> None:
    name = arm.group()

    poller = arm.resources.resource_groups.begin_delete(name)
    during = arm.call("PUT", f"{{sub}}/resourceGroups/{name}", {"location": "westeurope"})
    poller.result()

    # At the test's clock rate the deletion may have ended before the second request.
    assert during.status_code in {201, 409}
    if during.status_code == 409:
        assert during.json()["error"]["code"] == "ResourceGroupBeingDeleted"


def test_deleting_a_group_takes_its_resources_along(arm: ArmClients) -> None:
    group = arm.group()
    account = arm.account(group)

    arm.resources.resource_groups.begin_delete(group).result()

    with pytest.raises(ResourceNotFoundError):
        arm.storage.storage_accounts.get_properties(group, account)
    assert arm.storage.storage_accounts.check_name_availability(
        {"name": account, "type": "Microsoft.Storage/storageAccounts"}
    ).name_available


def test_deleting_an_absent_group_is_a_404(arm: ArmClients) -> None:
    answer = arm.call("DELETE", f"{{sub}}/resourcegroups/{fresh('none-')}")

    assert answer.status_code == 404


def test_the_resources_of_a_group_are_listed_without_properties(arm: ArmClients) -> None:
    group = arm.group()
    account = arm.account(group)

    listed = arm.call("GET", f"{{sub}}/resourceGroups/{group}/resources", params={"$expand": "createdTime"}).json()

    (row,) = listed["value"]
    assert (row["name"], row["type"]) == (account, "Microsoft.Storage/storageAccounts")
    assert "properties" not in row
    assert "createdTime" in row


def test_resources_are_filtered_by_type(arm: ArmClients) -> None:
    group = arm.group()
    arm.account(group)

    found = arm.resources.resources.list_by_resource_group(group, filter="resourceType eq 'Microsoft.KeyVault/vaults'")

    assert list(found) == []
