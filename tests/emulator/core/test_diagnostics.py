"""Diagnostic settings: on every type that has categories, with those categories only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from support.arm_clients import ArmClients, fresh

VERSION = "2021-05-01-preview"


@dataclass(frozen=True)
class Watched:
    """A registry, a place for its logs, and the client."""

    arm: ArmClients
    client: Any
    group: str
    logs: str
    name: str

    @property
    def id(self) -> str:
        """The registry."""
        return (
            f"/subscriptions/{self.arm.azure.subscription}/resourceGroups/{self.group}/providers/"
            f"Microsoft.ContainerRegistry/registries/{self.name}"
        )

    def make(self) -> None:
        """Make the registry."""
        body = {"location": "westeurope", "sku": {"name": "Basic"}}
        self.arm.registries.registries.begin_create(self.group, self.name, body).result()

    def send(self, name: str = "all", **properties: Any) -> Any:
        """Write a setting of the registry."""
        usual = {"workspaceId": self.logs, "logs": [{"categoryGroup": "allLogs", "enabled": True}]}
        body = {"properties": {**usual, **properties}}
        return self.client.diagnostic_settings.create_or_update(self.id, name, body)


@pytest.fixture
def watched(arm: ArmClients) -> Watched:
    group = arm.group()
    made = Watched(arm, arm.monitor_of(VERSION), group, arm.log_workspace(group), fresh("reg"))
    made.make()
    return made


@pytest.mark.specified
def test_a_setting_is_created_changed_listed_and_deleted(watched: Watched) -> None:
    made = watched.send(metrics=[{"category": "AllMetrics", "enabled": True}])
    changed = watched.send(logs=[{"category": "ContainerRegistryLoginEvents", "enabled": True}])
    listed = [setting.name for setting in watched.client.diagnostic_settings.list(watched.id)]
    watched.client.diagnostic_settings.delete(watched.id, "all")

    assert made.workspace_id.lower() == watched.logs.lower()
    assert [(log.category_group, log.retention_policy.enabled) for log in made.logs] == [("allLogs", False)]
    assert [log.category for log in changed.logs] == ["ContainerRegistryLoginEvents"]
    assert changed.metrics == []
    assert listed == ["all"]
    assert list(watched.client.diagnostic_settings.list(watched.id)) == []


@pytest.mark.specified
def test_a_resource_says_what_it_can_send(watched: Watched) -> None:
    rows = list(watched.client.diagnostic_settings_category.list(watched.id))

    assert {row.name: row.category_type for row in rows} == {
        "AllMetrics": "Metrics",
        "ContainerRegistryRepositoryEvents": "Logs",
        "ContainerRegistryLoginEvents": "Logs",
    }


@pytest.mark.specified
@pytest.mark.parametrize(
    ("properties", "says"),
    [
        ({"logs": [{"category": "AuditEvent", "enabled": True}]}, "Category 'AuditEvent' is not supported."),
        (
            {"logs": [{"categoryGroup": "all", "enabled": True}]},
            "CategoryGroup: 'all' is not supported, supported ones are: 'allLogs,audit'",
        ),
        (
            {"metrics": [{"category": "Transaction", "enabled": True}]},
            "Metric category 'Transaction' is not supported, supported categories are: 'AllMetrics'",
        ),
    ],
)
def test_a_category_that_the_type_does_not_have_is_refused(
    watched: Watched, properties: dict[str, Any], says: str
) -> None:
    with pytest.raises(HttpResponseError) as refused:
        watched.send(**properties)

    assert (refused.value.status_code, refused.value.error.code) == (400, "BadRequest")
    assert refused.value.error.message == says


@pytest.mark.specified
def test_a_type_without_categories_has_no_settings(arm: ArmClients, watched: Watched) -> None:
    identity = arm.identities.user_assigned_identities.create_or_update(
        watched.group, fresh("who"), {"location": "westeurope"}
    )

    with pytest.raises(HttpResponseError) as refused:
        watched.client.diagnostic_settings.create_or_update(identity.id, "all", {"workspace_id": watched.logs})

    assert refused.value.error.code == "ResourceTypeNotSupported"


@pytest.mark.specified
def test_two_settings_do_not_send_one_category_to_one_place(watched: Watched) -> None:
    watched.send("first")

    with pytest.raises(HttpResponseError) as refused:
        watched.send("second", logs=[{"category": "ContainerRegistryLoginEvents", "enabled": True}])

    assert (refused.value.status_code, refused.value.error.code) == (409, "Conflict")
    assert refused.value.error.message == (
        f"Data sink '{watched.logs}' is already used in diagnostic setting 'first' for category "
        "'ContainerRegistryLoginEvents'. Data sinks can't be reused in different settings on the same category for the "
        "same resource."
    )


@pytest.mark.inferred
def test_a_setting_outlives_its_target_and_meets_the_next_of_that_name(watched: Watched) -> None:
    watched.send()

    watched.arm.registries.registries.begin_delete(watched.group, watched.name).result()
    with pytest.raises(HttpResponseError) as gone:
        watched.client.diagnostic_settings.get(watched.id, "all")
    watched.make()

    assert gone.value.status_code == 404
    assert watched.client.diagnostic_settings.get(watched.id, "all").name == "all"


@pytest.mark.specified
def test_the_services_of_an_account_send_logs_and_it_does_not(arm: ArmClients, watched: Watched) -> None:
    account = watched.id.replace(
        f"Microsoft.ContainerRegistry/registries/{watched.name}",
        f"Microsoft.Storage/storageAccounts/{arm.account(watched.group)}",
    )
    body = {"workspace_id": watched.logs, "logs": [{"category": "StorageRead", "enabled": True}]}

    made = watched.client.diagnostic_settings.create_or_update(f"{account}/blobServices/default", "all", body)
    with pytest.raises(HttpResponseError) as refused:
        watched.client.diagnostic_settings.create_or_update(account, "all", body)

    assert made.logs[0].enabled
    assert refused.value.error.message == "Category 'StorageRead' is not supported."
