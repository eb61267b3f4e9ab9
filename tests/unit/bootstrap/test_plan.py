"""What a bootstrap makes, for whom and why."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from support.bootstrap import STACKS, SUBSCRIPTIONS, planned, stack, wanted

from windlass.bootstrap.commands import prefix_of, subject_of
from windlass.bootstrap.file import load_bootstrap
from windlass.bootstrap.models import (
    PARTS,
    Bootstrap,
    GiveRole,
    MakeAccount,
    MakeContainer,
    MakeEnvironment,
    MakeIdentity,
    MakeKey,
    MakeVault,
    RegisterProvider,
    SetVariable,
    Subject,
    TrustGitHub,
)
from windlass.bootstrap.roles import only_these_roles, roles_that_are_given
from windlass.errors.bootstrap import InvalidBootstrapFileError, NoBootstrapFileError, StacksApartError
from windlass.project.names import resource_names
from windlass.project.roles import Role, derive_grants

ROOT = Path(__file__).resolve().parents[3]
PLAN = planned()


def of(kind: type[Any], plan: Bootstrap = PLAN) -> list[Any]:
    return [step for step in plan.steps if isinstance(step, kind)]


def held(environment: str, plan: Bootstrap = PLAN) -> dict[tuple[str, str], str]:
    """Roles of the identity that an environment signs in as: role and end of the scope, with the condition."""
    (trust,) = (step for step in of(TrustGitHub, plan) if step.environment == environment)
    return {
        (step.role, step.scope.rpartition("/")[2]): step.condition
        for step in of(GiveRole, plan)
        if step.identity == trust.identity
    }


def test_every_stack_has_state_key_and_two_identities_of_its_own() -> None:
    assert [step.name for step in of(MakeContainer)] == ["state-dev", "state-staging", "state-prod"]
    assert [step.name for step in of(MakeKey)] == ["pulumi-dev", "pulumi-staging", "pulumi-prod"]
    assert [(step.stack, step.purpose) for step in of(MakeIdentity)] == [
        (name, purpose) for name in SUBSCRIPTIONS for purpose in ("deploy", "preview")
    ]
    assert len({step.id for step in of(MakeIdentity)}) == 6


def test_what_stacks_share_stands_once_in_the_subscription_of_the_first() -> None:
    (account,), (vault,) = of(MakeAccount), of(MakeVault)

    assert account.place == vault.place
    assert account.place.subscription_id == SUBSCRIPTIONS["dev"]
    assert (account.redundancy, vault.retention_days) == ("Standard_ZRS", 90)


def test_its_place_and_names_can_be_given() -> None:
    other = "77777777-1111-4111-8111-111111111111"
    state = {
        "subscription_id": other,
        "location": "northeurope",
        "resource_group": "rg-platform",
        "storage_account": "platformstate",
        "key_vault": "platform-keys",
        "redundancy": "Standard_LRS",
    }

    plan = planned(state=state)

    (account,) = of(MakeAccount, plan)
    assert account.id == (
        f"/subscriptions/{other}/resourceGroups/rg-platform/providers/Microsoft.Storage/storageAccounts/platformstate"
    )
    assert (account.place.location, account.redundancy) == ("northeurope", "Standard_LRS")
    assert {step.place for step in of(MakeIdentity, plan)} == {account.place}


@pytest.mark.parametrize(
    ("form", "ids", "prefix"),
    [
        ("names", {}, "repo:acme/shop"),
        ("ids", {"owner_id": 123456, "repository_id": 456789}, "repo:acme@123456/shop@456789"),
        ("ids", {}, None),
        ("ask", {"owner_id": 1, "repository_id": 2}, None),
    ],
)
def test_a_subject_begins_as_github_names_the_repository(form: Any, ids: Any, prefix: str | None) -> None:
    assert prefix_of(Subject(repository="acme/shop", form=form, **ids)) == prefix


def test_a_subject_ends_with_the_environment() -> None:
    assert subject_of("repo:acme/shop", "prod") == "repo:acme/shop:environment:prod"
    assert subject_of("repo:acme/shop", "a:b") == "repo:acme/shop:environment:a%3Ab"


def test_the_environment_of_a_stack_writes_it_and_the_one_for_previews_reads_it() -> None:
    trusts = {step.environment: (step.identity.stack, step.identity.purpose) for step in of(TrustGitHub)}

    assert trusts == {
        **{name: (name, "deploy") for name in SUBSCRIPTIONS},
        **{f"{name}-preview": (name, "preview") for name in SUBSCRIPTIONS},
    }


def test_a_preview_reads_and_decrypts_and_nothing_else() -> None:
    assert set(held("prod-preview")) == {
        ("Reader", SUBSCRIPTIONS["prod"]),
        ("Storage Blob Data Reader", "state-prod"),
        ("Key Vault Crypto User", "pulumi-prod"),
    }


def test_a_deployment_writes_its_own_stack_and_reads_what_was_released_to_the_one_before() -> None:
    before = resource_names(stack("dev").settings.name_scope)

    assert set(held("staging")) == {
        ("Contributor", SUBSCRIPTIONS["staging"]),
        ("Role Based Access Control Administrator", SUBSCRIPTIONS["staging"]),
        ("Storage Blob Data Contributor", "state-staging"),
        ("Key Vault Crypto User", "pulumi-staging"),
        ("Storage Blob Data Reader", "state-dev"),
        ("Reader", before.workspace),
        ("Storage Blob Data Reader", before.storage_account),
    }


def test_the_first_stack_reads_no_other() -> None:
    assert {scope for _, scope in held("dev")} == {SUBSCRIPTIONS["dev"], "state-dev", "pulumi-dev"}


def test_roles_on_what_a_stack_makes_itself_wait_for_it() -> None:
    waiting = {(step.identity.stack, step.applied) for step in of(GiveRole) if step.applied}

    assert waiting == {("staging", "dev"), ("prod", "staging")}


THEIRS = "12345678-1111-4111-8111-111111111111"
WORKSPACE = "/subscriptions/{}/resourceGroups/ml/providers/Microsoft.MachineLearningServices/workspaces/theirs"
ACCOUNT = "/subscriptions/{}/resourceGroups/ml/providers/Microsoft.Storage/storageAccounts/theirs"


def test_a_role_on_somebody_elses_workspace_is_theirs_to_give() -> None:
    plan = planned(stack("dev", bring={"workspace": WORKSPACE.format(THEIRS)}), stack("staging"))

    assert not [step for step in of(GiveRole, plan) if step.applied]
    assert ("Reader", "theirs") in held("dev", plan)
    assert ("Reader", "theirs") in held("dev-preview", plan)
    assert ("Reader", "theirs") not in held("staging", plan)
    assert [
        left.what.partition("the role ")[2].partition(" that")[0] for left in plan.left if "brings" in left.what
    ] == [
        "Reader on the workspace",
        "Storage Blob Data Reader on the storage account",
    ]


def test_a_role_on_what_is_brought_from_the_same_subscription_is_given_at_once() -> None:
    plan = planned(stack("dev", bring={"storage_account": ACCOUNT.format(SUBSCRIPTIONS["dev"])}), stack("staging"))

    (given,) = (step for step in of(GiveRole, plan) if step.scope.endswith("/theirs"))
    assert (given.identity.stack, given.role, given.applied) == ("staging", "Storage Blob Data Reader", "")
    assert not [left for left in plan.left if "brings" in left.what]


def test_access_is_administered_within_what_the_stack_declares() -> None:
    (condition,) = (said for (role, _), said in held("dev").items() if role.startswith("Role Based"))
    declared = {grant.role for grant in derive_grants(STACKS[0].settings.windlass, STACKS[0].endpoints)}

    assert all(role.value in condition for role in declared)
    assert all(power not in condition for power in ("8e3af657", "18d7d88d", "f58310d9"))  # Owner and the like
    assert [said for said in held("dev").values() if said] == [condition]


def test_the_deployer_that_is_named_later_is_thought_of() -> None:
    given = roles_that_are_given(STACKS[0].settings, STACKS[0].endpoints)

    assert {Role.AZUREML_DATA_SCIENTIST, Role.MANAGED_IDENTITY_OPERATOR} <= set(given)


def test_a_condition_reads_as_azures_examples_do() -> None:
    roles = "Microsoft.Authorization/roleAssignments"

    assert only_these_roles([Role.ACR_PULL, Role.READER], ["Group", "ServicePrincipal"]) == (
        f"((!(ActionMatches{{'{roles}/write'}})) OR "
        f"(@Request[{roles}:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals "
        "{7f951dda-4ed3-4680-a7ca-43fe172d538d, acdd72a7-3385-48ef-bd42-f606fba81ae7} AND "
        f"@Request[{roles}:PrincipalType] ForAnyOfAnyValues:StringEqualsIgnoreCase {{'Group', 'ServicePrincipal'}})) "
        f"AND ((!(ActionMatches{{'{roles}/delete'}})) OR "
        f"(@Resource[{roles}:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals "
        "{7f951dda-4ed3-4680-a7ca-43fe172d538d, acdd72a7-3385-48ef-bd42-f606fba81ae7} AND "
        f"@Resource[{roles}:PrincipalType] ForAnyOfAnyValues:StringEqualsIgnoreCase {{'Group', 'ServicePrincipal'}}))"
    )


def test_where_somebody_else_gives_roles_nobody_administers_access() -> None:
    plan = planned(stack("dev", role_assignments="given"))

    assert "Role Based Access Control Administrator" not in {role for role, _ in held("dev", plan)}


def test_locks_need_a_role_of_their_own() -> None:
    plan = planned(stack("dev", protection={"locks": True}))

    assert ("Locks Contributor", SUBSCRIPTIONS["dev"]) in held("dev", plan)
    assert "Locks Contributor" not in {role for role, _ in held("dev")}


def test_the_work_of_three_teams_is_the_whole() -> None:
    parts = [PLAN.only(part) for part in PARTS]

    assert sum(len(part.steps) for part in parts) == len(PLAN.steps)
    assert {type(step) for step in PLAN.only("roles").steps} == {GiveRole}
    assert {type(step) for step in PLAN.only("github").steps} == {MakeEnvironment, SetVariable}


def test_no_role_is_given_twice() -> None:
    together = planned(*(stack(name, subscription=SUBSCRIPTIONS["dev"]) for name in SUBSCRIPTIONS))
    names = [step.assignment for step in of(GiveRole, together)]

    assert len(set(names)) == len(names)


def test_providers_are_those_that_the_stacks_use() -> None:
    plan = planned(stack("dev", kubernetes={"insecure": True}), stack("prod"))
    by_subscription = [(step.subscription_id, step.namespace) for step in of(RegisterProvider, plan)]

    assert len(set(by_subscription)) == len(by_subscription)
    assert (SUBSCRIPTIONS["dev"], "Microsoft.ContainerService") in by_subscription
    assert (SUBSCRIPTIONS["prod"], "Microsoft.ContainerService") not in by_subscription
    assert (SUBSCRIPTIONS["prod"], "Microsoft.MachineLearningServices") in by_subscription


def test_deployments_come_from_one_branch_with_approval_and_previews_from_anywhere() -> None:
    environments = {step.name: step for step in of(MakeEnvironment, planned(branch="trunk"))}

    assert environments["prod"].branch == "trunk"
    assert environments["prod"].reviewers == ("acme/ml-team",)
    assert environments["prod"].prevent_self_review
    assert environments["prod"].wait_minutes == 10
    assert environments["prod-preview"] == MakeEnvironment(repository="acme/shop", name="prod-preview")


def test_an_environment_tells_its_jobs_who_they_are_and_where_state_lies() -> None:
    told = {(step.environment, step.name): step for step in of(SetVariable)}
    account = of(MakeAccount)[0].name

    assert {name for environment, name in told if environment == "dev"} == {
        "AZURE_CLIENT_ID",
        "AZURE_TENANT_ID",
        "AZURE_SUBSCRIPTION_ID",
        "PULUMI_BACKEND_URL",
    }
    assert told["prod", "PULUMI_BACKEND_URL"].value == f"azblob://state-prod?storage_account={account}"
    assert told["prod", "WINDLASS_FROM_BACKEND_URL"].value == f"azblob://state-staging?storage_account={account}"
    assert told["prod-preview", "AZURE_CLIENT_ID"].client_of.purpose == "preview"
    assert ("prod-preview", "WINDLASS_FROM_BACKEND_URL") not in told


def test_jobs_read_no_other_variables_than_those() -> None:
    files = [each for each in (ROOT / ".github").rglob("*.yml") if each.is_file()]
    read = {name for file in files for name in re.findall(r"\bvars\.(\w+)", file.read_text(encoding="utf-8"))}

    assert read <= {step.name for step in of(SetVariable)}


def test_stacks_in_one_subscription_are_pointed_out() -> None:
    together = planned(stack("dev"), stack("staging", subscription=SUBSCRIPTIONS["dev"]))

    assert [doubt.partition(" stand")[0] for doubt in together.doubts] == ["dev and staging", "the state of all stacks"]


def test_state_within_reach_of_one_stack_is_pointed_out() -> None:
    apart = planned(state={"subscription_id": "77777777-1111-4111-8111-111111111111"})

    assert [doubt.partition(" stands")[0] for doubt in PLAN.doubts] == ["the state of all stacks"]
    assert "whoever deploys dev is Contributor" in PLAN.doubts[0]
    assert not apart.doubts
    assert not planned(stack("dev")).doubts


def test_an_environment_without_approval_is_pointed_out() -> None:
    plan = planned(stacks={"dev": None, "staging": None, "prod": {"reviewers": ["ana"]}})

    assert [doubt.partition(" has")[0] for doubt in plan.doubts[1:]] == ["environment staging"]


@pytest.mark.parametrize(
    ("second", "what"),
    [
        ({"tenant": "33333333-2222-4222-8222-222222222222"}, "tenant"),
        ({"project": "other"}, "project"),
        ({"cloud": "local"}, "cloud"),
    ],
)
def test_stacks_that_share_nothing_are_refused(second: Any, what: str) -> None:
    with pytest.raises(StacksApartError, match=f"share their {what}"):
        planned(stack("dev"), stack("staging", **second))


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"repository": "<owner>/<name>"}, "repository: write owner/name"),
        ({"stacks": {}}, "stacks: "),
        ({"stacks": {"state": None}}, "stacks.state: "),
        ({"stacks": {"dev": {"reviewers": [f"r{number}" for number in range(7)]}}}, "stacks.dev.reviewers: "),
        ({"stacks": {"dev": {"wait_minutes": 43_201}}}, "stacks.dev.wait_minutes: "),
        ({"secret": "x"}, "secret: is not a setting"),
    ],
)
def test_what_is_wrong_in_the_file_is_told_with_its_key(changes: Any, problem: str) -> None:
    with pytest.raises(InvalidBootstrapFileError) as refused:
        wanted(**changes)

    assert any(said.startswith(problem) for said in refused.value.problems), refused.value.problems


def test_the_template_says_what_to_write_first() -> None:
    with pytest.raises(InvalidBootstrapFileError) as refused:
        load_bootstrap(ROOT)

    assert refused.value.problems == ("repository: write owner/name of the repository on GitHub",)


def test_a_project_without_the_file_is_told_where_to_find_one(tmp_path: Path) -> None:
    with pytest.raises(NoBootstrapFileError, match="how-to/github"):
        load_bootstrap(tmp_path)
