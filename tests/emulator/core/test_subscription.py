"""The subscription, its regions and providers."""

from __future__ import annotations

import time

import pytest
from support.arm_clients import ArmClients

pytestmark = pytest.mark.specified


def test_there_is_one_subscription(arm: ArmClients) -> None:
    (subscription,) = arm.subscriptions.subscriptions.list()

    assert subscription.subscription_id == arm.azure.subscription
    assert subscription.state == "Enabled"


def test_another_subscription_is_not_found(arm: ArmClients) -> None:
    other = "00000000-0000-4000-8000-000000000009"

    refused = arm.call("GET", f"/subscriptions/{other}/resourcegroups")

    assert refused.status_code == 404
    assert refused.json()["error"]["code"] == "SubscriptionNotFound"


def test_regions_are_listed(arm: ArmClients) -> None:
    regions = {region.name: region for region in arm.subscriptions.subscriptions.list_locations(arm.azure.subscription)}

    assert regions["westeurope"].display_name == "West Europe"
    assert regions["westeurope"].metadata.paired_region[0].name == "northeurope"


def test_a_provider_lists_the_types_that_are_emulated(arm: ArmClients) -> None:
    provider = arm.resources.providers.get("microsoft.storage")

    assert provider.registration_state == "Registered"
    assert {"storageAccounts", "storageAccounts/blobServices/containers"} <= {
        row.resource_type for row in provider.resource_types
    }


def test_registering_a_provider_answers_the_provider(arm: ArmClients) -> None:
    assert arm.resources.providers.register("Microsoft.KeyVault").registration_state == "Registered"


def test_an_unknown_provider_is_refused(arm: ArmClients) -> None:
    refused = arm.call("GET", "{sub}/providers/Microsoft.Nothing")

    assert refused.status_code == 404
    assert refused.json()["error"]["code"] == "InvalidResourceNamespace"


def test_a_provider_that_is_not_registered_makes_nothing_until_it_is(arm: ArmClients) -> None:
    providers, group = arm.resources.providers, arm.group()
    path = f"{{sub}}/resourceGroups/{group}/providers/Microsoft.ContainerInstance/containerGroups/one"

    gone = providers.unregister("Microsoft.ContainerInstance")
    refused = arm.call("PUT", path, {"location": "westeurope"}, api_version="2023-05-01")
    providers.register("Microsoft.ContainerInstance")
    deadline = time.monotonic() + 20
    while providers.get("Microsoft.ContainerInstance").registration_state != "Registered":
        assert time.monotonic() < deadline
        time.sleep(0.02)
    again = arm.call("PUT", path, {"location": "westeurope"}, api_version="2023-05-01")

    assert gone.registration_state == "NotRegistered"
    assert refused.status_code == 409
    assert refused.json()["error"]["code"] == "MissingSubscriptionRegistration"
    assert again.json()["error"]["code"] != "MissingSubscriptionRegistration"
