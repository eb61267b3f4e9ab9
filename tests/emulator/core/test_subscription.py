"""The subscription, its regions and providers."""

from __future__ import annotations

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
