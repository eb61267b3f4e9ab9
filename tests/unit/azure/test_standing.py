from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from support.scripted_azure import OUTPUTS, Reply, ScriptedAzure

from windlass.azure.purge import AzurePurger
from windlass.azure.standing import AzureStanding
from windlass.errors.azure import AzureRequestError
from windlass.project.serving import PublicName
from windlass.teardown.models import Attached, DeletedVault, Existing, Standing

SUBSCRIPTION = f"/subscriptions/{OUTPUTS.subscription_id}"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg"
VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv"
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id"
DELETED = f"{SUBSCRIPTION}/providers/Microsoft.KeyVault/locations/westeurope/deletedVaults/kv"
ZONE = f"{SUBSCRIPTION}/resourceGroups/dns/providers/Microsoft.Network/dnsZones/example.com"
TODAY = date(2026, 11, 29)


def listed(*rows: dict[str, Any]) -> list[Reply]:
    return [Reply(200, {"value": list(rows)})]


def look(**replies: list[Reply]) -> Standing:
    azure = ScriptedAzure()
    nothing = [Reply(404, {"error": {"code": "ResourceGroupNotFound", "message": "no"}})]
    azure.replies = {
        f"GET {GROUP}/resources": replies.get("resources", nothing),
        f"GET {GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities": replies.get("identities", nothing),
        f"GET {GROUP}/providers/Microsoft.Authorization/locks": replies.get("locks", nothing),
        f"GET {SUBSCRIPTION}/providers/Microsoft.Authorization/roleAssignments": replies.get("roles", nothing),
        f"GET {VAULT}/providers/Microsoft.Insights/diagnosticSettings": replies.get("diagnostics", nothing),
        f"GET {DELETED}": replies.get("deleted", nothing),
    }
    azure.replies[f"GET {ZONE}/CNAME/shop"] = replies.get("record", nothing)
    names = {"shop-online": PublicName(zone=ZONE, record="shop")} if "record" in replies else {}
    return AzureStanding(azure.workspace().arm, OUTPUTS, names, declared=tuple, today=lambda: TODAY)()


def test_of_a_stack_that_is_gone_nothing_stands() -> None:
    assert look() == Standing(today=TODAY)


def test_the_resources_of_the_group_are_read_with_their_principals() -> None:
    group = f"{GROUP}/providers/Microsoft.ContainerInstance/containerGroups/shop-1"
    rows = listed(
        {"id": IDENTITY, "name": "id", "type": "Microsoft.ManagedIdentity/userAssignedIdentities"},
        {
            "id": group,
            "name": "shop-1",
            "type": "Microsoft.ContainerInstance/containerGroups",
            "identity": {"principalId": "p2"},
            "tags": {"windlass.endpoint": "shop"},
        },
    )
    identities = listed({"id": IDENTITY.upper(), "properties": {"principalId": "p1"}})

    found = look(resources=rows, identities=identities)

    assert found.existing == (
        Existing(id=IDENTITY, name="id", type="microsoft.managedidentity/userassignedidentities", principals=("p1",)),
        Existing(
            id=group,
            name="shop-1",
            type="microsoft.containerinstance/containergroups",
            principals=("p2",),
            endpoint="shop",
        ),
    )


def test_what_is_attached_is_read_with_what_it_is_on() -> None:
    lock, diagnostics = f"{GROUP}/providers/Microsoft.Authorization/locks/l", f"{VAULT}/providers/Microsoft.Insights"
    role = f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleAssignments/r"

    found = look(
        resources=listed({"id": VAULT, "name": "kv", "type": "Microsoft.KeyVault/vaults"}),
        locks=listed({"id": lock, "name": "l", "properties": {"level": "CanNotDelete"}}),
        diagnostics=listed({"id": f"{diagnostics}/diagnosticSettings/d", "name": "d", "properties": {}}),
        roles=listed({"id": role, "name": "r", "properties": {"scope": SUBSCRIPTION, "principalId": "p"}}),
    )

    assert found.locks == (Attached(id=lock, name="l", scope=GROUP),)
    assert [each.scope for each in found.diagnostics] == [VAULT]
    assert found.roles == (Attached(id=role, name="r", scope=SUBSCRIPTION, principal="p"),)


def test_a_public_name_is_the_stacks_only_when_its_endpoint_is_noted_on_it() -> None:
    ours, theirs = (
        [Reply(200, {"name": "shop", "properties": {"metadata": {"windlass_endpoint": endpoint}}})]
        for endpoint in ("shop-online", "other")
    )

    assert look(record=ours).public_names == (Attached(id=f"{ZONE}/CNAME/shop", name="shop.example.com", scope=ZONE),)
    assert look(record=theirs).public_names == ()
    assert look(record=[Reply(404, {"error": {"code": "NotFound", "message": "no"}})]).public_names == ()


def test_roles_that_may_not_be_read_are_said_not_to_have_been_looked_at() -> None:
    found = look(roles=[Reply(403, {"error": {"code": "AuthorizationFailed", "message": "no"}})])

    assert found.roles == ()
    assert "may not read" in found.unseen[0]


def test_a_vault_that_is_softly_deleted_is_read_with_its_day() -> None:
    properties = {"scheduledPurgeDate": "2026-12-06T10:00:00Z", "purgeProtectionEnabled": True}

    found = look(deleted=[Reply(200, {"properties": properties})])

    assert found.deleted_vault == DeletedVault(until=date(2026, 12, 6), purge_protection=True)


def test_a_resource_is_deleted_by_its_id() -> None:
    azure = ScriptedAzure()
    lock = f"{GROUP}/providers/Microsoft.Insights/autoscalesettings/a"
    azure.replies = {f"DELETE {lock}": [Reply(204)]}

    AzurePurger(azure.workspace(), OUTPUTS).delete(lock, "delete autoscale setting a")

    assert [each.path for each in azure.sent] == [lock]


def test_a_type_that_is_not_known_is_not_guessed_at() -> None:
    with pytest.raises(AzureRequestError, match="no API version is known"):
        AzurePurger(ScriptedAzure().workspace(), OUTPUTS).delete(f"{GROUP}/providers/A.B/c/d", "delete it")
