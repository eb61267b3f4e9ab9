"""Every role that the program derives is needed: without it the service fails on the local Azure, in this process.

The local Azure grants by Azure's own list of what roles allow, so a role that is too small fails here as well. What a
deployer needs is tried with the scripts themselves, in tests/e2e/test_deployer.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from support import access, identified_batch
from support.batch_world import ECHO, BatchWorld
from support.identified import INSIGHTS, REGISTRY, identified
from support.workspace import STORAGE, VAULT, WORKSPACE
from windlass_emulator.access.built_in_roles import built_in_roles
from windlass_emulator.errors import AzureError

from windlass.project.endpoints import EndpointFolder
from windlass.project.roles import Grant, Role, Target, derive_grants
from windlass.project.serving import Serving
from windlass.project.settings import Settings

CLUSTER = {"vm_size": "Standard_DS3_v2", "max_nodes": 2}
SETTINGS = Settings.model_validate({"project": "shop", "cloud": "local", "owner": "team", "clusters": {"cpu": CLUSTER}})
GRANTS = derive_grants(SETTINGS, (EndpointFolder(model="churn", kind="online", auth_mode="key"),))
SCOPES: dict[Target, str] = {
    "storage": STORAGE,
    "vault": VAULT,
    "registry": REGISTRY,
    "insights": INSIGHTS,
    "workspace": WORKSPACE,
}
OUTSIDE = frozenset({"serving-azureml-metrics-writer-workspace"})
"""Roles of the data plane that no check of the local Azure stands for: Azure takes metrics with it, and serves
without."""

NEEDED = [grant for grant in GRANTS if grant.logical_name not in OUTSIDE]


async def what_fails(folder: Path, grants: Iterable[Grant]) -> str:
    """Make a workspace, an endpoint, a deployment and a batch job; tell what fails first, "" when nothing does."""
    held = list(grants)
    return await _serving(folder, held) or await _batch(folder / "batch", held)


async def _serving(folder: Path, held: list[Grant]) -> str:
    async with identified(folder) as parts:
        who = {"workspace": parts.workspace, "serving": parts.serving}
        for grant in held:
            if grant.principal in who:
                access.give(parts.local.azure.store, who[grant.principal], grant.role.value, SCOPES[grant.target])
        if error := await parts.make_workspace():
            return str(error["message"])
        try:
            await parts.make_endpoint()
        except AzureError as refused:
            return refused.message
        return str((await parts.deploy()).get("message", ""))


async def _batch(folder: Path, held: list[Grant]) -> str:
    scopes = {"storage": identified_batch.STORAGE, "registry": identified_batch.REGISTRY}
    world = await BatchWorld.at(folder).start()
    try:
        identified_batch.identify(world)
        of_cluster = [grant for grant in held if grant.principal == "cluster"]
        identified_batch.give(world, *((grant.role.value, scopes[grant.target]) for grant in of_cluster))
        world.add_input("in", {"rows.csv": "1\n"})
        job = world.invoke(ECHO)
        await world.ended(job)
        return str((job.fact("error") or {}).get("message", ""))
    finally:
        await world.stop()


async def test_with_all_derived_roles_nothing_fails(tmp_path: Path) -> None:
    assert await what_fails(tmp_path, GRANTS) == ""


@pytest.mark.parametrize("missing", NEEDED, ids=lambda grant: grant.logical_name)
async def test_without_any_one_of_them_something_fails(tmp_path: Path, missing: Grant) -> None:
    assert await what_fails(tmp_path, (grant for grant in GRANTS if grant is not missing)) != ""


async def test_what_is_said_to_be_outside_is_really_outside(tmp_path: Path) -> None:
    assert await what_fails(tmp_path, NEEDED) == ""


# Releases to container groups, by the actions that they send

RELEASED = (
    ("Microsoft.ContainerInstance/containerGroups/write", "group"),
    ("Microsoft.ContainerInstance/containerGroups/read", "group"),
    ("Microsoft.ContainerInstance/containerGroups/delete", "group"),
    ("Microsoft.ContainerInstance/containerGroups/containers/logs/read", "group"),
    ("Microsoft.ContainerRegistry/registries/listBuildSourceUploadUrl/action", "registry"),
    ("Microsoft.ContainerRegistry/registries/scheduleRun/action", "registry"),
    ("Microsoft.ContainerRegistry/registries/runs/read", "registry"),
    ("Microsoft.ContainerRegistry/registries/runs/listLogSasUrl/action", "registry"),
    ("Microsoft.ManagedIdentity/userAssignedIdentities/read", "serving-identity"),
    ("Microsoft.ManagedIdentity/userAssignedIdentities/assign/action", "serving-identity"),
    ("Microsoft.MachineLearningServices/workspaces/read", "workspace"),
    ("Microsoft.MachineLearningServices/workspaces/models/versions/read", "workspace"),
    ("Microsoft.MachineLearningServices/workspaces/datastores/read", "workspace"),
)
ANA = {"ana": {"object_id": "aaaaaaaa-7777-4888-8999-aaaaaaaaaaaa", "type": "User"}}
GROUPS = EndpointFolder(model="churn", kind="online", auth_mode="key", serving=Serving(compute="container-instance"))
OF_ANA = [
    grant
    for grant in derive_grants(Settings.model_validate({**SETTINGS.model_dump(), "deployers": ANA}), (GROUPS,))
    if grant.principal == "deployer-ana"
]
DATA_ROLES = {Role.STORAGE_BLOB_DATA_CONTRIBUTOR, Role.KEY_VAULT_SECRETS_OFFICER}
"""Outside: who has a token reads and writes blobs and secrets of the local Azure."""


def refused(grants: Iterable[Grant]) -> list[str]:
    held = [(grant.target, built_in_roles()[grant.role.value]) for grant in grants]
    return [
        action
        for action, where in RELEASED
        if not any(
            target == where and permission.grants(action) for target, role in held for permission in role.permissions
        )
    ]


def test_a_deployer_may_do_all_that_a_release_to_container_groups_sends() -> None:
    assert refused(OF_ANA) == []


@pytest.mark.parametrize(
    "missing", [each for each in OF_ANA if each.role not in DATA_ROLES], ids=lambda grant: grant.logical_name
)
def test_a_deployer_to_container_groups_needs_each_role(missing: Grant) -> None:
    assert refused(grant for grant in OF_ANA if grant is not missing) != []
