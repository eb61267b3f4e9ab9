from __future__ import annotations

from datetime import date, timedelta

import pytest
from support.teardown import (
    DECLARED,
    ENDPOINT,
    EXISTING,
    GROUP,
    OUTPUTS,
    TODAY,
    VAULT,
    WORKSPACE,
    attached,
    declared,
    existing,
    plan,
    settings,
)

from windlass.teardown.models import (
    Attached,
    DeleteAutoscale,
    DeleteContainerGroup,
    DeleteDiagnostics,
    DeletedVault,
    DeletePublicName,
    DeleteRole,
    DestroyOnWorkspace,
    DestroyRest,
    GoesWith,
    KeepVault,
    LockedByHand,
    ProtectedBySettings,
    ProtectedInState,
    PurgeVault,
    PurgeWorkspace,
    RemoveLocks,
    UnknownResource,
)
from windlass.teardown.plan import declared_resources

LOCKS, ROLES = "Microsoft.Authorization/locks", "Microsoft.Authorization/roleAssignments"
DIAGNOSTICS = "Microsoft.Insights/diagnosticSettings"
AUTOSCALE = f"{GROUP}/providers/Microsoft.Insights/autoscalesettings/shop-1"
CONTAINERS = f"{GROUP}/providers/Microsoft.ContainerInstance/containerGroups/shop-1"
ELSEWHERE = "/subscriptions/s/resourceGroups/shared/providers/Microsoft.ContainerRegistry/registries/cr"
LOCK = declared("vault-lock", "authorization:ManagementLockByScope", f"{VAULT}/providers/{LOCKS}/holds-data")
DESTROY = (
    DestroyOnWorkspace(stack="local"),
    PurgeWorkspace(name=OUTPUTS.workspace),
    DestroyRest(stack="local"),
)
PURGE = PurgeVault(name=OUTPUTS.key_vault)


def test_the_workspace_is_purged_while_it_is_there_and_the_vault_when_it_is_gone() -> None:
    assert plan().steps == (*DESTROY, PURGE)
    assert plan().blockers == ()


def test_a_stack_of_which_nothing_stands_has_the_same_plan() -> None:
    assert plan(declared=(), existing=()).steps == (*DESTROY, PURGE)


def test_what_scripts_made_goes_first_then_locks_then_what_would_outlive_the_rest() -> None:
    group = existing(CONTAINERS, principals=("p",), endpoint="shop")
    diagnostics = attached(VAULT, DIAGNOSTICS, "by-hand")
    role = attached(ELSEWHERE, ROLES, "1", principal="p")
    name = Attached(id="/zone/CNAME/shop", name="shop.example.com", scope="/zone")

    steps = plan(
        declared=(*DECLARED, LOCK),
        existing=(*EXISTING, existing(AUTOSCALE), group),
        locks=(attached(VAULT, LOCKS, "holds-data"),),
        public_names=(name,),
        diagnostics=(diagnostics,),
        roles=(role,),
    ).steps

    assert steps == (
        DeleteAutoscale(name="shop-1", id=AUTOSCALE),
        DeletePublicName(name="shop.example.com", id=name.id),
        DeleteContainerGroup(name="shop-1", id=CONTAINERS, endpoint="shop"),
        RemoveLocks(stack="local", names=("vault-lock",)),
        DeleteDiagnostics(name="by-hand", id=diagnostics.id),
        DeleteRole(id=role.id, scope=ELSEWHERE),
        *DESTROY,
        PURGE,
    )


def test_roles_in_the_group_and_roles_of_others_are_left_to_their_resources_and_owners() -> None:
    identity = existing(f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id", principals=("p",))
    inside, others = attached(VAULT, ROLES, "1", principal="p"), attached(ELSEWHERE, ROLES, "2", principal="q")

    teardown = plan(existing=(*EXISTING, identity), roles=(inside, others), with_unknown=True)

    assert teardown.steps == (*DESTROY, PURGE)


def test_a_role_of_the_whole_subscription_goes_with_the_identity_that_holds_it() -> None:
    identity = existing(f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id", principals=("p",))
    role = attached("/subscriptions/s", ROLES, "1", principal="p")

    teardown = plan(existing=(*EXISTING, identity), roles=(role,), with_unknown=True)

    assert teardown.steps[0] == DeleteRole(id=role.id, scope="/subscriptions/s")


def test_what_the_state_knows_is_left_to_the_engine() -> None:
    own = attached(VAULT, DIAGNOSTICS, "own")
    known = (
        declared("diagnostics", "monitor:DiagnosticSetting", own.id.upper()),
        declared("autoscale", "monitor:AutoscaleSetting", AUTOSCALE),
    )

    teardown = plan(declared=(*DECLARED, *known), existing=(*EXISTING, existing(AUTOSCALE)), diagnostics=(own,))

    assert teardown.steps == (*DESTROY, PURGE)


def test_deployments_go_with_their_endpoint_and_say_so() -> None:
    deployment = f"{ENDPOINT}/deployments/churn-1"

    teardown = plan(existing=(*EXISTING, existing(deployment)))

    assert teardown.goes_with == (
        GoesWith(
            id=deployment,
            name="churn-1",
            type="microsoft.machinelearningservices/workspaces/onlineendpoints/deployments",
            parent="shop",
        ),
    )
    assert teardown.blockers == ()


def test_what_nobody_knows_in_the_group_forbids_it_until_a_person_says_otherwise() -> None:
    stranger = existing(f"{GROUP}/providers/Microsoft.Sql/servers/theirs")

    refused, allowed = (plan(existing=(*EXISTING, stranger), with_unknown=each) for each in (False, True))

    assert refused.blockers == (UnknownResource(id=stranger.id, type="microsoft.sql/servers"),)
    assert allowed.blockers == ()


def test_a_container_group_that_serves_no_endpoint_of_ours_is_somebodys() -> None:
    assert plan(existing=(*EXISTING, existing(CONTAINERS))).blockers == (
        UnknownResource(id=CONTAINERS, type="microsoft.containerinstance/containergroups"),
    )


@pytest.mark.parametrize(
    "made",
    [
        existing(f"{GROUP}/providers/Microsoft.Insights/actiongroups/Application Insights Smart Detection"),
        existing(f"{GROUP}/providers/microsoft.alertsmanagement/smartDetectorAlertRules/Failure Anomalies - appi"),
        existing(f"{GROUP}/providers/Microsoft.Network/networkInterfaces/pe-vault.nic.0d5f"),
        existing(f"{GROUP}/providers/Microsoft.Compute/disks/osdisk", managed_by=WORKSPACE),
    ],
    ids=["action group", "smart detector", "network interface", "managed by another"],
)
def test_what_azure_makes_by_itself_is_nobodys(made: object) -> None:
    assert plan(existing=(*EXISTING, made)).blockers == ()


def test_where_the_group_is_not_the_stacks_nothing_in_it_is_its_business() -> None:
    stranger = existing(f"{GROUP}/providers/Microsoft.Sql/servers/theirs")

    assert plan(declared=DECLARED[1:], existing=(*EXISTING, stranger)).blockers == ()


@pytest.mark.parametrize("key", ["data", "endpoints", "locks"])
def test_a_stack_that_protects_itself_says_by_which_setting(key: str) -> None:
    protection = settings().windlass.protection.model_copy(update={key: True})

    assert plan(change={"protection": protection}).blockers == (ProtectedBySettings(key=f"protection.{key}"),)


def test_protection_that_was_given_up_and_not_applied_is_met_before_the_engine_meets_it() -> None:
    kept = declared("storage", "storage:StorageAccount", f"{GROUP}/providers/x/y", protect=True)

    assert plan(declared=(*DECLARED, kept)).blockers == (ProtectedInState(urn=kept.urn),)


def test_a_lock_that_somebody_set_forbids_it() -> None:
    lock = attached(GROUP, LOCKS, "by-hand")

    assert plan(locks=(lock,)).blockers == (LockedByHand(id=lock.id, scope=GROUP),)


def kept(until: date) -> KeepVault:
    return KeepVault(name=OUTPUTS.key_vault, until=until)


def test_a_vault_that_was_made_with_purge_protection_is_kept_for_its_days_whatever_the_settings_say() -> None:
    vault = declared("vault", "keyvault:Vault", VAULT, purge_protection=True, retention_days=30)

    assert plan(declared=(*DECLARED[:3], vault)).steps[-1] == kept(TODAY + timedelta(days=30))


def test_a_vault_that_is_deleted_already_is_free_on_the_day_that_azure_says() -> None:
    gone = DeletedVault(until=date(2026, 12, 3), purge_protection=True)

    assert plan(declared=(), deleted_vault=gone).steps[-1] == kept(date(2026, 12, 3))
    assert plan(deleted_vault=DeletedVault(until=date(2026, 12, 3), purge_protection=False)).steps[-1] == PURGE


def test_of_a_vault_that_is_nowhere_the_settings_tell() -> None:
    vault = settings().windlass.vault.model_copy(update={"purge_protection": True, "retention_days": 90})

    assert plan(change={"vault": vault}, declared=()).steps[-1] == kept(TODAY + timedelta(days=90))


def test_what_was_brought_is_neither_purged_nor_named() -> None:
    bring = settings().windlass.bring

    vault = plan(change={"bring": bring.model_copy(update={"key_vault": VAULT})})
    workspace = plan(change={"bring": bring.model_copy(update={"workspace": WORKSPACE})})

    assert vault.steps == DESTROY
    assert workspace.steps == (DestroyRest(stack="local"),)
    assert "key vault" not in {name.kind for name in vault.names}
    assert {name.kind for name in workspace.names} == {"resource group", "online endpoint"}


def test_a_state_is_read_for_what_a_teardown_needs() -> None:
    vault: dict[str, object] = {
        "urn": "a",
        "type": "azure-native:keyvault:Vault",
        "id": VAULT,
        "protect": True,
        "outputs": {"properties": {"enablePurgeProtection": True, "softDeleteRetentionInDays": 90.0}},
    }
    rows: list[dict[str, object]] = [
        vault,
        {**vault, "delete": True},
        {"urn": "p", "type": "pulumi:providers:azure-native", "id": "x"},
    ]

    found, provider = declared_resources(rows)

    assert (found.protect, found.purge_protection, found.retention_days) == (True, True, 90)
    assert provider.id == ""
