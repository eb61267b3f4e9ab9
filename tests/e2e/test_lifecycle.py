"""The life of a stack on the local Azure, with the real engine: from nothing to nothing, and again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest
from support.checkout import Checkout, Ran
from support.processes import eventually

EVERYTHING = """
import json, os
from azure.identity import DefaultAzureCredential
from azure.mgmt.keyvault import KeyVaultManagementClient
from azure.mgmt.resource import ResourceManagementClient
about = DefaultAzureCredential(), os.environ["AZURE_SUBSCRIPTION_ID"]
resources = ResourceManagementClient(*about)
print(json.dumps({
    "groups": [each.name for each in resources.resource_groups.list()],
    "resources": [each.id for each in resources.resources.list()],
    "deleted vaults": [each.name for each in KeyVaultManagementClient(*about).vaults.list_deleted()],
}))
"""

_CLIENTS = """
import json, os
from azure.identity import DefaultAzureCredential
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.keyvault import KeyVaultManagementClient
from azure.mgmt.monitor import MonitorManagementClient
from azure.mgmt.msi import ManagedServiceIdentityClient
from azure.mgmt.resource.locks import ManagementLockClient
about = DefaultAzureCredential(), os.environ["AZURE_SUBSCRIPTION_ID"]
(vault,) = KeyVaultManagementClient(*about).vaults.list_by_subscription()
locks = ManagementLockClient(*about).management_locks
"""
LEFT_BY_OTHERS = f"""{_CLIENTS}
group = vault.id.split("/")[4]
within, logs = vault.id.partition("/providers/")[0], vault.name.replace("kv-", "log-")
logs = within + "/providers/Microsoft.OperationalInsights/workspaces/" + logs
identity = ManagedServiceIdentityClient(*about).user_assigned_identities.create_or_update(
    group, "theirs", {{"location": vault.location}})
AuthorizationManagementClient(*about).role_assignments.create(
    "/subscriptions/" + about[1], "8f0c4d1e-0000-4000-8000-000000000001", {{
        "role_definition_id": "/subscriptions/" + about[1]
        + "/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7",
        "principal_id": identity.principal_id, "principal_type": "ServicePrincipal"}})
MonitorManagementClient(*about).diagnostic_settings.create_or_update(
    vault.id, "theirs", {{
        "workspace_id": logs, "logs": [{{"category": "AzurePolicyEvaluationDetails", "enabled": True}}]}})
lock = locks.create_or_update_by_scope(vault.id, "theirs", {{"level": "CanNotDelete"}})
print(json.dumps({{"identity": identity.id, "lock": lock.id}}))
"""
UNLOCKED = f"""{_CLIENTS}
locks.delete_by_scope(vault.id, "theirs")
print("null")
"""
ROLES = """
import json, os
from azure.identity import DefaultAzureCredential
from azure.mgmt.authorization import AuthorizationManagementClient
client = AuthorizationManagementClient(DefaultAzureCredential(), os.environ["AZURE_SUBSCRIPTION_ID"])
print(json.dumps([each.id for each in client.role_assignments.list_for_subscription()]))
"""
REFUSED = 5


@dataclass(frozen=True)
class Life:
    """What happened to one stack, in this order."""

    preview: Ran
    after_preview: Any
    up: Ran
    second_up: Ran
    refresh: Ran
    destroy: Ran
    after_destroy: Any
    preview_on_soft_deleted: Ran
    up_on_soft_deleted: Ran
    teardown: Ran
    after_teardown: Any
    up_by_hand: Ran


@pytest.fixture(scope="module")
def life(bare: Checkout) -> Life:
    """One stack lives once; every test looks at another part of it."""
    return Life(
        preview=bare.pulumi("preview --policy-pack infra/policy"),
        after_preview=bare.python(EVERYTHING),
        up=bare.up(),
        second_up=bare.up("--expect-no-changes"),
        refresh=bare.pulumi("refresh --yes --skip-preview --expect-no-changes"),
        destroy=bare.pulumi("destroy --yes --skip-preview"),
        after_destroy=bare.python(EVERYTHING),
        preview_on_soft_deleted=bare.script("preview", "-s", "local"),
        up_on_soft_deleted=bare.up(),
        teardown=bare.script("teardown", "--stack", "local", "--yes"),
        after_teardown=bare.python(EVERYTHING),
        up_by_hand=bare.run("bash -c 'source .windlass/env && pulumi up -s local --yes --skip-preview'"),
    )


def test_a_preview_plans_the_whole_stack_and_makes_nothing(life: Life) -> None:
    assert life.preview.code == 0, life.preview.said
    assert "OnlineEndpoint" in life.preview.out
    assert life.after_preview == {"groups": [], "resources": [], "deleted vaults": []}


def test_up_makes_the_stack(life: Life) -> None:
    assert life.up.code == 0, life.up.said


def test_a_second_up_has_nothing_to_change(life: Life) -> None:
    assert life.second_up.code == 0, life.second_up.said


def test_a_refresh_finds_everything_as_it_was_made(life: Life) -> None:
    assert life.refresh.code == 0, life.refresh.said


def test_destroy_leaves_nothing_but_soft_deleted_names(life: Life) -> None:
    assert life.destroy.code == 0, life.destroy.said
    assert (life.after_destroy["groups"], life.after_destroy["resources"]) == ([], [])
    assert len(life.after_destroy["deleted vaults"]) == 1


def test_a_preview_on_soft_deleted_names_says_who_holds_them_and_what_to_do(life: Life) -> None:
    assert life.preview_on_soft_deleted.code == 0, life.preview_on_soft_deleted.said
    assert re.search(
        r"key vault kv-\S+ is softly deleted, which holds its name until", life.preview_on_soft_deleted.err
    )
    assert "scripts/teardown.py" in life.preview_on_soft_deleted.err


def test_up_on_soft_deleted_names_fails_with_azures_own_error(life: Life) -> None:
    assert life.up_on_soft_deleted.code != 0
    assert "A vault with the same name already exists in deleted state" in life.up_on_soft_deleted.said


def test_teardown_leaves_nothing_at_all(life: Life) -> None:
    assert life.teardown.code == 0, life.teardown.said
    assert life.after_teardown == {"groups": [], "resources": [], "deleted vaults": []}


def test_after_a_teardown_a_plain_pulumi_up_makes_the_same_names_again(life: Life) -> None:
    assert life.up_by_hand.code == 0, life.up_by_hand.said


def test_nothing_of_a_killed_engine_goes_on(bare: Checkout) -> None:
    before = bare.processes()

    with bare.running("pulumi preview -s local --non-interactive") as engine:
        program = eventually(lambda: any("language-python-exec" in each for each in bare.processes().values()), 30)
        engine.kill()
        gone = eventually(lambda: bare.processes() == before, 5)

    assert program
    assert gone


def test_what_others_left_in_the_group_stops_a_teardown_until_somebody_says_what_to_do(
    life: Life, bare: Checkout
) -> None:
    life.up_by_hand.ok()
    left = bare.python(LEFT_BY_OTHERS)

    refused = bare.script("teardown", "-s", "local", "--yes")
    bare.python(UNLOCKED)
    planned = bare.script("teardown", "-s", "local", "--dry-run", "--with-unknown", "--output", "json").ok().json()

    assert refused.code == REFUSED, refused.said
    assert f"az lock delete --ids {left['lock']}" in refused.err
    assert f"{left['identity']} is not in the state" in refused.err
    assert [each["step"] for each in planned["steps"]][:3] == ["DeleteDiagnostics", "DeleteRole", "DestroyOnWorkspace"]


def test_teardown_of_a_stack_in_full_frees_its_names_and_leaves_nothing_of_others(life: Life, bare: Checkout) -> None:
    life.up_by_hand.ok()

    torn_down = bare.script("teardown", "--stack", "local", "--yes", "--with-unknown")

    assert torn_down.code == 0, torn_down.said
    assert bare.python(EVERYTHING) == {"groups": [], "resources": [], "deleted vaults": []}
    assert bare.python(ROLES) == []
