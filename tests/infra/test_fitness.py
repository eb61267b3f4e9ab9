"""What exists already is used as it is, or refused with what is wrong and what its owner has to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from windlass.infra import fitness
from windlass.infra.fitness import Needs, Rule, rule_of
from windlass.project.settings import BringSettings, NetworkMode, brought_things

TENANT = "11111111-2222-4333-8444-555555555555"
ZONE = "privatelink.blob.core.windows.net"

ACCOUNT = {
    "location": "westeurope",
    "kind": "StorageV2",
    "sku": {"name": "Standard_LRS"},
    "allowBlobPublicAccess": False,
    "minimumTlsVersion": "TLS1_2",
    "enableHttpsTrafficOnly": True,
    "publicNetworkAccess": "Enabled",
    "networkRuleSet": {"defaultAction": "Allow"},
}
VAULT = {
    "location": "westeurope",
    "properties": {"tenantId": TENANT, "enableRbacAuthorization": True, "publicNetworkAccess": "Enabled"},
}
REGISTRY = {"location": "northeurope", "sku": {"name": "Basic"}, "adminUserEnabled": False}
LOGS = {"location": "westeurope", "provisioningState": "Succeeded"}
IDENTITY = {"location": "westeurope", "tenantId": TENANT}
WORKSPACE = {
    "location": "westeurope",
    "kind": "Default",
    "provisioningState": "Succeeded",
    "storageAccount": "/id",
    "keyVault": "/id",
    "containerRegistry": "/id",
    "applicationInsights": "/id",
    "publicNetworkAccess": "Enabled",
    "managedNetwork": {"isolationMode": "Disabled"},
}
NETWORK = {"location": "westeurope", "provisioningState": "Succeeded"}
SUBNET = {"addressPrefix": "10.0.1.0/26", "delegations": []}
DNS_ZONE = {"name": ZONE, "numberOfVirtualNetworkLinks": 1}


def needs(mode: NetworkMode = "public") -> Needs:
    return Needs(
        location="westeurope",
        tenant_id=TENANT,
        mode=mode,
        addresses={"endpoints": 24, "clusters": 20, "kubernetes": 30},
    )


def judged(rule: Rule, facts: Mapping[str, Any], mode: NetworkMode = "public") -> list[str]:
    return list(rule(needs(mode), facts))


def vault(**properties: Any) -> dict[str, Any]:
    return {**VAULT, "properties": {**VAULT["properties"], **properties}}  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("rule", "facts", "says"),
    [
        (
            fitness.storage_account,
            {**ACCOUNT, "location": "North Europe"},
            "is in northeurope, but the stack is in westeurope; bring one of the same region",
        ),
        (
            fitness.storage_account,
            {**ACCOUNT, "kind": "BlobStorage"},
            "is BlobStorage of Standard_LRS, but a workspace takes StorageV2 of a Standard_ tier; bring such a one",
        ),
        (
            fitness.storage_account,
            {**ACCOUNT, "sku": {"name": "Premium_LRS"}},
            "is StorageV2 of Premium_LRS, but a workspace takes StorageV2 of a Standard_ tier; bring such a one",
        ),
        (
            fitness.storage_account,
            {**ACCOUNT, "isHnsEnabled": True},
            "has a hierarchical namespace, which the storage of a workspace cannot have; bring one without",
        ),
        (
            fitness.storage_account,
            {**ACCOUNT, "allowBlobPublicAccess": True},
            "lets containers be public; set allowBlobPublicAccess to false",
        ),
        (
            fitness.storage_account,
            {**ACCOUNT, "minimumTlsVersion": "TLS1_0"},
            "takes TLS1_0; set minimumTlsVersion to TLS1_2",
        ),
        (
            fitness.storage_account,
            {**ACCOUNT, "enableHttpsTrafficOnly": False},
            "takes plain HTTP; set supportsHttpsTrafficOnly to true",
        ),
        (
            fitness.storage_account,
            {**ACCOUNT, "networkRuleSet": {"defaultAction": "Deny"}},
            "does not answer public addresses, but network mode is public; enable it, or choose mode private",
        ),
        (
            fitness.key_vault,
            {**VAULT, "location": "northeurope"},
            "is in northeurope, but the stack is in westeurope; bring one of the same region",
        ),
        (
            fitness.key_vault,
            vault(tenantId="other"),
            f"belongs to tenant other, but the stack is in {TENANT}; bring one of the same tenant",
        ),
        (
            fitness.key_vault,
            vault(enableRbacAuthorization=False),
            "is opened by access policies; turn on Azure role-based access (enableRbacAuthorization)",
        ),
        (
            fitness.key_vault,
            vault(enableSoftDelete=False),
            "does not survive its deletion; turn on soft delete",
        ),
        (
            fitness.key_vault,
            vault(publicNetworkAccess="disabled"),
            "does not answer public addresses, but network mode is public; enable it, or choose mode private",
        ),
        (
            fitness.container_registry,
            {**REGISTRY, "adminUserEnabled": True},
            "has an admin user, whose password opens all of it; turn it off (adminUserEnabled)",
        ),
        (
            fitness.container_registry,
            {**REGISTRY, "anonymousPullEnabled": True},
            "gives images to anybody; turn off anonymous pull (anonymousPullEnabled)",
        ),
        (
            fitness.log_workspace,
            {**LOGS, "provisioningState": "Deleting"},
            "is in state Deleting; wait until it is Succeeded, or repair it",
        ),
        (
            fitness.log_workspace,
            {**LOGS, "publicNetworkAccessForIngestion": "Disabled"},
            "takes no logs in from public addresses (network.mode is public); allow it, or bring another",
        ),
        (
            fitness.identity,
            {**IDENTITY, "tenantId": "other"},
            f"belongs to tenant other, but the stack is in {TENANT}; bring one of the same tenant",
        ),
        (
            fitness.workspace,
            {**WORKSPACE, "location": "northeurope"},
            "is in northeurope, but the stack is in westeurope; bring one of the same region",
        ),
        (
            fitness.workspace,
            {**WORKSPACE, "provisioningState": "Failed"},
            "is in state Failed; wait until it is Succeeded, or repair it",
        ),
        (
            fitness.workspace,
            {**WORKSPACE, "kind": "Hub"},
            "is a workspace of kind Hub, which serves no models by itself; bring one of kind Default",
        ),
        (
            fitness.workspace,
            {**WORKSPACE, "containerRegistry": None},
            "has no container registry, which deployments need; link one to it (containerRegistry)",
        ),
        (
            fitness.workspace,
            {**WORKSPACE, "publicNetworkAccess": "Disabled"},
            "has a network of its own; bring one that answers public addresses and has no managed network",
        ),
        (
            fitness.workspace,
            {**WORKSPACE, "managedNetwork": {"isolationMode": "AllowInternetOutbound"}},
            "has a network of its own; bring one that answers public addresses and has no managed network",
        ),
        (
            fitness.virtual_network,
            {**NETWORK, "location": "northeurope"},
            "is in northeurope, but the stack is in westeurope; bring one of the same region",
        ),
        (
            fitness.subnet("clusters"),
            {**SUBNET, "addressPrefix": "10.0.1.0/28"},
            "has room for 11 addresses, but the stack takes up to 20 of them; bring a wider one",
        ),
        (
            fitness.subnet("endpoints"),
            {"addressPrefixes": ["10.0.1.0/28", "10.0.2.0/29"], "delegations": []},
            "has room for 14 addresses, but the stack takes up to 24 of them; bring a wider one",
        ),
        (
            fitness.subnet("endpoints"),
            {**SUBNET, "delegations": [{"serviceName": "Microsoft.Sql/servers"}]},
            "is delegated to Microsoft.Sql/servers, so nothing else may use it; bring one that is not delegated",
        ),
        (
            fitness.private_dns_zone(ZONE),
            {**DNS_ZONE, "name": "privatelink.azurecr.io"},
            f"is zone privatelink.azurecr.io; bring {ZONE}",
        ),
        (
            fitness.private_dns_zone(ZONE),
            {**DNS_ZONE, "numberOfVirtualNetworkLinks": 0},
            "is linked to no virtual network, so nobody would ask it; link it to the network of the stack",
        ),
    ],
)
def test_what_cannot_be_used_as_it_is_is_told(rule: Rule, facts: dict[str, Any], says: str) -> None:
    assert judged(rule, facts) == [says]


@pytest.mark.parametrize(
    ("rule", "facts"),
    [
        (fitness.storage_account, {**ACCOUNT, "publicNetworkAccess": "Enabled"}),
        (fitness.key_vault, VAULT),
        (fitness.container_registry, {**REGISTRY, "sku": {"name": "Premium"}}),
    ],
)
def test_in_a_private_network_nothing_answers_public_addresses(rule: Rule, facts: dict[str, Any]) -> None:
    assert judged(rule, facts, "private") == [
        "answers public addresses, but network mode is private; disable its public network access"
    ]


def test_only_a_premium_registry_has_private_endpoints() -> None:
    closed = {**REGISTRY, "publicNetworkAccess": "Disabled"}

    assert judged(fitness.container_registry, closed, "private") == [
        "is of tier Basic, but only Premium has private endpoints (network.mode); bring or make it Premium"
    ]


@pytest.mark.parametrize(
    ("rule", "facts"),
    [
        (fitness.storage_account, ACCOUNT),
        (fitness.key_vault, VAULT),
        (fitness.container_registry, REGISTRY),
        (fitness.log_workspace, LOGS),
        (fitness.identity, IDENTITY),
        (fitness.workspace, WORKSPACE),
        (fitness.virtual_network, NETWORK),
        (fitness.subnet("endpoints"), SUBNET),
        (fitness.subnet("clusters"), SUBNET),
        (fitness.private_dns_zone(ZONE), DNS_ZONE),
    ],
)
def test_what_can_be_used_is_not_refused(rule: Rule, facts: dict[str, Any]) -> None:
    assert judged(rule, facts) == []


def test_everything_that_can_be_brought_has_a_rule() -> None:
    arm_id = "/subscriptions/10ca1000-0000-4000-8000-000000000002/resourceGroups/g/providers/Any.Thing/kind/name"
    bring = BringSettings.model_validate(
        {
            "subnets": dict.fromkeys(("endpoints", "clusters", "kubernetes"), arm_id),
            "private_dns_zones": {ZONE: arm_id},
            "identities": {"serving": arm_id},
            **dict.fromkeys(set(BringSettings.model_fields) - {"subnets", "private_dns_zones", "identities"}, arm_id),
        }
    )

    rules: list[Callable[..., Any]] = [rule_of(thing) for thing in brought_things(bring)]

    assert len(rules) == len(list(brought_things(bring))) == len(BringSettings.model_fields) + 2
