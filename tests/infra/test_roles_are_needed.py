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
from windlass_emulator.errors import AzureError

from windlass.project.endpoints import EndpointFolder
from windlass.project.roles import Grant, Target, derive_grants
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
