"""A bootstrap on the local Azure: it looks first, makes what is missing, and can be run again at any time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import requests
from support.arm_clients import ArmClients
from support.bootstrap import FakeHub, planned, stack
from support.local_azure import RunningAzure, local_azure

from windlass.azure.arm import Arm
from windlass.azure.bootstrap import AzureBootstrap
from windlass.bootstrap.models import (
    Bootstrap,
    GiveRole,
    KeepVersions,
    MakeAccount,
    MakeIdentity,
    MakeKey,
    MakeVault,
    TrustGitHub,
)
from windlass.bootstrap.perform import Outcome, Result, carry_out
from windlass.errors import ExitCode
from windlass.errors.bootstrap import CannotChangeError, IdentityMissingError, MayNotGiveRolesError, MayNotSetUpError
from windlass.project.settings import LOCAL_SUBSCRIPTION, LOCAL_TENANT

CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"


def local_plan(project: str, **changes: Any) -> Bootstrap:
    """Plan for two stacks of a project on the local Azure."""
    local = {"cloud": "local", "subscription": LOCAL_SUBSCRIPTION, "tenant": LOCAL_TENANT, "project": project}
    return planned(*(stack(name, **local) for name in ("dev", "staging")), **{"subject": "ask", **changes})


class LocalSession(requests.Session):
    """Reaches a local Azure from this process, whose environment is not that of azure.env."""

    def __init__(self, azure: RunningAzure) -> None:
        super().__init__()
        self._azure = azure

    def merge_environment_settings(  # type: ignore[override]
        self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any
    ) -> dict[str, Any]:
        """Take proxy and certificate from the local Azure alone; azure-core says `verify` with each request."""
        del url, proxies, verify
        return {
            "verify": self._azure.authority,
            "proxies": {"https": self._azure.proxy},
            "stream": stream,
            "cert": cert,
        }


@dataclass
class World:
    """A local Azure, a repository, and a project of its own in them."""

    azure: RunningAzure
    arm: ArmClients
    project: str
    hub: FakeHub = field(default_factory=FakeHub)

    @property
    def plan(self) -> Bootstrap:
        """What has to be there, with what GitHub tells."""
        subject = next(step for step in local_plan(self.project).steps if isinstance(step, TrustGitHub)).subject
        told = self.hub.subject(subject)
        steps = local_plan(self.project).steps
        return Bootstrap(
            steps=tuple(replace(step, subject=told) if isinstance(step, TrustGitHub) else step for step in steps)
        )

    def run(
        self, plan: Bootstrap | None = None, *, dry_run: bool = False, as_: RunningAzure | None = None
    ) -> tuple[Outcome, ...]:
        """Carry the plan out, as the owner of the subscription or as somebody else."""
        azure = as_ or self.azure
        with LocalSession(azure) as session:
            arm = Arm(azure.credential(), "", sleep=time.sleep, session=session)
            bootstrap = AzureBootstrap(arm, sleep=lambda _: time.sleep(0.02))
            return carry_out(plan or self.plan, bootstrap, self.hub, lambda _: None, dry_run=dry_run)

    def of(self, kind: type[Any]) -> Any:
        """The first step of a kind."""
        return next(step for step in self.plan.steps if isinstance(step, kind))

    def identity(self, which: MakeIdentity) -> Any:
        """An identity, as Azure shows it."""
        return self.arm.identities.user_assigned_identities.get(which.place.resource_group, which.name)

    def held(self, which: MakeIdentity) -> list[Any]:
        """The roles of an identity."""
        whose = f"principalId eq '{self.identity(which).principal_id}'"
        return list(self.arm.roles.role_assignments.list_for_subscription(filter=whose))


@pytest.fixture(scope="module")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAzure]:
    with local_azure(tmp_path_factory.mktemp("azure") / "data") as running:
        yield running


@pytest.fixture(scope="module")
def arm(azure: RunningAzure) -> Iterator[ArmClients]:
    clients = ArmClients(azure)
    yield clients
    clients.close()


@pytest.fixture(scope="module")
def made(azure: RunningAzure, arm: ArmClients) -> World:
    """A project that has been set up once."""
    world = World(azure, arm, "shop")
    world.run()
    return world


@pytest.fixture
def fresh(azure: RunningAzure, arm: ArmClients, request: pytest.FixtureRequest) -> World:
    """A project of which nothing is there."""
    return World(azure, arm, f"p{abs(hash(request.node.name)) % 10**9}")


def results(outcomes: tuple[Outcome, ...]) -> set[Result]:
    return {outcome.result for outcome in outcomes}


def test_a_second_run_changes_nothing(made: World) -> None:
    writes = made.hub.writes

    again = made.run()

    assert results(again) == {Result.THERE, Result.NOT_YET}
    assert [outcome.step for outcome in again if outcome.result is Result.NOT_YET] == [
        step for step in made.plan.roles if step.applied
    ]
    assert made.hub.writes == writes


def test_state_lies_behind_roles_and_keeps_what_was(made: World) -> None:
    account = made.of(MakeAccount)
    group = account.place.resource_group

    shown = made.arm.storage.storage_accounts.get_properties(group, account.name)
    kept = made.arm.storage.blob_services.get_service_properties(group, account.name)
    containers = [each.name for each in made.arm.storage.blob_containers.list(group, account.name)]

    assert (shown.allow_shared_key_access, shown.allow_blob_public_access) == (False, False)
    assert (shown.minimum_tls_version, shown.sku.name) == ("TLS1_2", "Standard_ZRS")
    assert kept.is_versioning_enabled
    assert (kept.delete_retention_policy.days, kept.container_delete_retention_policy.days) == (30, 30)
    assert containers == ["state-dev", "state-staging"]


def test_secrets_have_a_key_for_each_stack_in_a_vault_that_nobody_purges(made: World) -> None:
    vault = made.of(MakeVault)
    group = vault.place.resource_group

    shown = made.arm.vaults.vaults.get(group, vault.name).properties
    keys = {
        key.name: made.arm.vaults.keys.get(group, vault.name, key.name)
        for key in made.arm.vaults.keys.list(group, vault.name)
    }

    assert (shown.enable_rbac_authorization, shown.enable_purge_protection) == (True, True)
    assert shown.soft_delete_retention_in_days == 90
    assert set(keys) == {"pulumi-dev", "pulumi-staging"}
    assert {key.kty for key in keys.values()} == {"RSA"}


def test_identities_trust_their_environment_and_nothing_else(made: World) -> None:
    trusted = {
        step.environment: [
            each.subject
            for each in made.arm.identities.federated_identity_credentials.list(
                step.identity.place.resource_group, step.identity.name
            )
        ]
        for step in made.plan.steps
        if isinstance(step, TrustGitHub)
    }

    assert trusted == {
        name: [f"repo:acme@1/shop@2:environment:{name}"]
        for name in ("dev", "dev-preview", "staging", "staging-preview")
    }


def test_jobs_are_told_the_client_id_of_their_identity(made: World) -> None:
    identities = {(step.stack, step.purpose): step for step in made.plan.steps if isinstance(step, MakeIdentity)}

    told = {name: made.hub.variables[name, "AZURE_CLIENT_ID"] for name in made.hub.environments}

    assert told["dev"] == made.identity(identities["dev", "deploy"]).client_id
    assert told["staging-preview"] == made.identity(identities["staging", "preview"]).client_id
    assert len(set(told.values())) == 4


def test_roles_are_those_of_the_plan_with_their_conditions(made: World) -> None:
    for step in made.plan.steps:
        if isinstance(step, MakeIdentity):
            wanted = {
                (role.scope.lower(), role.role_id, role.condition or None)
                for role in made.plan.roles
                if role.identity == step and not role.applied
            }

            held = {
                (row.scope.lower(), row.role_definition_id.rpartition("/")[2], row.condition) for row in made.held(step)
            }

            assert held == wanted


def test_a_dry_run_makes_nothing(fresh: World) -> None:
    told = fresh.run(dry_run=True)

    group = fresh.of(MakeAccount).place.resource_group
    assert Result.MADE not in results(told)
    assert Result.WOULD_MAKE in results(told)
    assert not fresh.arm.resources.resource_groups.check_existence(group)
    assert fresh.hub.writes == 0


@pytest.mark.slow
def test_what_somebody_has_loosened_is_tightened_again(fresh: World) -> None:
    fresh.run()
    account, vault, trust = fresh.of(MakeAccount), fresh.of(MakeVault), fresh.of(TrustGitHub)
    group = account.place.resource_group
    fresh.arm.storage.storage_accounts.update(group, account.name, {"properties": {"allowSharedKeyAccess": True}})
    fresh.arm.storage.blob_services.set_service_properties(group, account.name, {"is_versioning_enabled": False})
    credential = {"properties": {"issuer": "https://example.com", "subject": "x", "audiences": ["y"]}}
    fresh.arm.identities.federated_identity_credentials.create_or_update(
        group, trust.identity.name, "github", credential
    )

    again = fresh.run()

    changed = {type(outcome.step): outcome for outcome in again if outcome.result in {Result.CHANGED, Result.MADE}}
    assert set(changed) == {MakeAccount, KeepVersions, TrustGitHub}
    assert changed[MakeAccount].note == "it takes shared keys"
    assert changed[TrustGitHub].note == "it trusts x"
    assert results(fresh.run()) == {Result.THERE, Result.NOT_YET}
    assert vault.name == fresh.of(MakeVault).name


@pytest.mark.slow
def test_what_an_identity_also_trusts_is_pointed_out(fresh: World) -> None:
    fresh.run()
    trust = fresh.of(TrustGitHub)
    other = {"properties": {"issuer": "https://example.com", "subject": "somebody", "audiences": ["y"]}}
    fresh.arm.identities.federated_identity_credentials.create_or_update(
        trust.identity.place.resource_group, trust.identity.name, "other", other
    )

    notes = {outcome.note for outcome in fresh.run(dry_run=True) if isinstance(outcome.step, TrustGitHub)}

    assert notes == {"", "it also trusts somebody: remove what nobody needs"}


@pytest.mark.slow
def test_an_identity_that_was_made_anew_gets_its_roles_again(fresh: World) -> None:
    fresh.run()
    identity = fresh.of(MakeIdentity)
    before = fresh.held(identity)
    fresh.arm.identities.user_assigned_identities.delete(identity.place.resource_group, identity.name)

    fresh.run()

    assert len(fresh.held(identity)) == len(before) > 0
    assert results(fresh.run()) == {Result.THERE, Result.NOT_YET}


@pytest.mark.slow
def test_roles_on_a_stack_are_given_when_it_has_been_applied(fresh: World) -> None:
    fresh.run()
    waiting = [step for step in fresh.plan.roles if step.applied]
    (storage,) = (step.scope for step in waiting if "storageAccounts" in step.scope)
    _, _, _, _, group, *_, name = storage.split("/")
    fresh.arm.resources.resource_groups.create_or_update(group, {"location": "westeurope"})
    body = {"location": "westeurope", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}}
    fresh.arm.storage.storage_accounts.begin_create(group, name, body).result()

    again = {outcome.step.id: outcome.result for outcome in fresh.run() if isinstance(outcome.step, GiveRole)}

    assert sorted(again[step.id].value for step in waiting) == ["made", "not yet"]


def test_who_may_not_give_roles_does_the_rest(fresh: World) -> None:
    contributor, object_id = fresh.azure.deployer()
    _give(fresh, object_id)

    with pytest.raises(MayNotGiveRolesError) as refused:
        fresh.run(as_=contributor)
    done = fresh.run(fresh.plan.only("azure", "github"), as_=contributor)

    assert refused.value.exit_code == ExitCode.PERMISSION
    assert "--without-roles" in str(refused.value)
    assert results(done) <= {Result.THERE, Result.MADE}
    assert fresh.held(fresh.of(MakeIdentity)) == []
    assert len(fresh.hub.environments) == 4


def test_roles_and_variables_need_the_identities_first(fresh: World) -> None:
    for part in ("roles", "github"):
        with pytest.raises(IdentityMissingError, match="--only azure"):
            fresh.run(fresh.plan.only(part))


def test_who_may_do_nothing_is_told_what_it_takes(fresh: World) -> None:
    nobody, _ = fresh.azure.deployer()

    with pytest.raises(MayNotSetUpError, match="Contributor"):
        fresh.run(as_=nobody)


@pytest.mark.slow
def test_a_vault_that_is_opened_in_another_way_is_left_alone(fresh: World) -> None:
    fresh.run()
    vault = fresh.of(MakeVault)
    patch = {"properties": {"enableRbacAuthorization": False}}
    fresh.arm.vaults.vaults.update(vault.place.resource_group, vault.name, patch)

    with pytest.raises(CannotChangeError, match="access policies"):
        fresh.run()


@pytest.mark.slow
def test_a_provider_is_registered_first(fresh: World) -> None:
    fresh.arm.resources.providers.unregister("Microsoft.ContainerRegistry")

    done = fresh.run()

    made = {
        outcome.note for outcome in done if "ContainerRegistry" in str(outcome.step) and outcome.result is Result.MADE
    }
    assert "it is NotRegistered" in made
    assert fresh.of(MakeKey)


@pytest.mark.slow
def test_a_provider_that_takes_long_is_not_waited_for_to_its_end(fresh: World) -> None:
    fresh.arm.resources.providers.unregister("Microsoft.ContainerRegistry")
    fresh.azure.admin("PUT", "/durations", {"provider.register": 100_000.0})
    try:
        fresh.run()
        again = fresh.run(dry_run=True)
    finally:
        fresh.azure.admin("PUT", "/durations", {"provider.register": 0.0})
        fresh.arm.resources.providers.unregister("Microsoft.ContainerRegistry")
        fresh.arm.resources.providers.register("Microsoft.ContainerRegistry")

    assert "it is Registering" in {outcome.note for outcome in again}
    assert results(again) == {Result.THERE, Result.NOT_YET}


def _give(world: World, object_id: str) -> None:
    """Make somebody a contributor of the subscription."""
    body = {
        "principal_id": object_id,
        "principal_type": "ServicePrincipal",
        "role_definition_id": f"/subscriptions/x/providers/Microsoft.Authorization/roleDefinitions/{CONTRIBUTOR}",
    }
    world.arm.roles.role_assignments.create(f"/subscriptions/{world.azure.subscription}", object_id, body)
