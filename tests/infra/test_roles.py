"""The table of grants is pure, so its rules are looked at without a program."""

from __future__ import annotations

import uuid
from collections import Counter

import pytest

from windlass.infra.roles import ATTACH_GRANTS, KUBERNETES_GRANTS, RESOURCE_GRANTS, WORKSPACE_GRANTS, Grant, Role
from windlass.project.names import IDENTITY_PURPOSES, KUBERNETES_PURPOSES

TABLE = RESOURCE_GRANTS + WORKSPACE_GRANTS + KUBERNETES_GRANTS + ATTACH_GRANTS
MODELS_RUN_AS = ("serving", "cluster")


def roles(principal: str, target: str) -> set[Role]:
    return {grant.role for grant in TABLE if (grant.principal, grant.target) == (principal, target)}


@pytest.mark.parametrize("role", Role)
def test_a_role_is_named_by_a_guid(role: Role) -> None:
    assert str(uuid.UUID(role.value)) == role.value


@pytest.mark.parametrize("role", Role)
def test_a_role_that_nobody_holds_is_not_in_the_table(role: Role) -> None:
    assert role in {grant.role for grant in TABLE}


def test_no_grant_is_given_twice() -> None:
    assert [grant for grant, count in Counter(TABLE).items() if count > 1] == []


def test_every_identity_holds_a_role() -> None:
    assert {grant.principal for grant in TABLE} == {*IDENTITY_PURPOSES, *KUBERNETES_PURPOSES}


@pytest.mark.parametrize("principal", MODELS_RUN_AS)
def test_what_a_model_runs_as_can_pull_its_image_and_cannot_push_one(principal: str) -> None:
    assert roles(principal, "registry") == {Role.ACR_PULL}


@pytest.mark.parametrize("principal", MODELS_RUN_AS)
def test_what_a_model_runs_as_sees_no_secret_of_the_workspace(principal: str) -> None:
    assert roles(principal, "vault") == set()


def test_a_model_in_real_time_reads_and_a_batch_job_writes() -> None:
    assert roles("serving", "storage") == {Role.STORAGE_BLOB_DATA_READER}
    assert roles("cluster", "storage") == {Role.STORAGE_BLOB_DATA_CONTRIBUTOR}


@pytest.mark.parametrize("grant", RESOURCE_GRANTS, ids=str)
def test_nothing_that_the_workspace_waits_for_is_held_on_the_workspace(grant: Grant) -> None:
    assert grant.target != "workspace"


def test_a_role_is_defined_in_the_subscription_that_it_is_used_in() -> None:
    assert Role.ACR_PULL.definition_id("s") == (
        "/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/7f951dda-4ed3-4680-a7ca-43fe172d538d"
    )
