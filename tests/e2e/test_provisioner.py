"""Whoever runs Pulumi needs the two roles that the how-to asks for, and no more."""

from __future__ import annotations

import shlex
import uuid

import pytest
from support.checkout import Checkout
from support.local_azure import RunningAzure, read_env
from support.online_world import rest

ROLES = ("b24988ac-6180-42a0-ab88-20f7382dd24c", "f58310d9-a9f6-439a-9e8d-f62e7b41a168")
"""Contributor, and Role Based Access Control Administrator, on the subscription."""


@pytest.mark.slow
def test_a_contributor_who_may_assign_roles_makes_a_stack_and_takes_it_down(bare: Checkout) -> None:
    data = bare.root / ".windlass" / "azure"
    azure = RunningAzure(data, read_env(data))
    signed_in, object_id = azure.deployer()
    owner, subscription = rest(azure), f"/subscriptions/{azure.subscription}"
    for role in ROLES:
        definition = f"{subscription}/providers/Microsoft.Authorization/roleDefinitions/{role}"
        properties = {
            "principalId": object_id,
            "principalType": "ServicePrincipal",
            "roleDefinitionId": definition,
        }
        path = f"{subscription}/providers/Microsoft.Authorization/roleAssignments/{uuid.uuid4()}"
        assert owner.send("PUT", path, {"properties": properties}, version="2022-04-01").status_code == 201
    owner.http.close()
    names = ("AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET")
    own = " ".join(f"{name}={shlex.quote(signed_in.environment[name])}" for name in names)

    made = bare.run(f"{own} pulumi up -s local --yes --skip-preview --non-interactive")
    taken = bare.run(f"{own} .venv/bin/python scripts/teardown.py -s local --yes")

    assert made.code == 0, made.said
    assert taken.code == 0, taken.said
