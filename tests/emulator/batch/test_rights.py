"""A job runs as the identity of its cluster, which needs its rights for it."""

from __future__ import annotations

import pytest
from support import access
from support.batch_world import ACCOUNT, ECHO, WORKSPACE, BatchWorld
from windlass_emulator.ml.common import type_of

GROUP = WORKSPACE.partition("/providers/")[0]
STORAGE = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/{ACCOUNT}"
REGISTRY = f"{GROUP}/providers/Microsoft.ContainerRegistry/registries/reg"
ROLES = ((access.ACR_PULL, REGISTRY), (access.BLOB_CONTRIBUTOR, STORAGE))


@pytest.fixture
def identified(world: BatchWorld) -> BatchWorld:
    """The workspace with a registry, and the cluster with an identity of one's own without any role."""
    store = world.azure.store
    store.put(STORAGE, "Microsoft.Storage/storageAccounts", {}, parent=GROUP, now=0.0)
    workspace, cluster = store.get(WORKSPACE), store.get(f"{WORKSPACE}/computes/cluster")
    assert workspace is not None
    assert cluster is not None
    properties = {**workspace.body["properties"], "containerRegistry": REGISTRY}
    store.put(WORKSPACE, type_of(), {**workspace.body, "properties": properties}, parent=GROUP, now=0.0)
    identity = access.as_identity(access.add_identity(store, "cluster", GROUP))
    store.put(cluster.id, type_of("computes"), {**cluster.body, "identity": identity}, parent=WORKSPACE, now=0.0)
    return world


def give(world: BatchWorld, *roles: tuple[str, str]) -> None:
    identity = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/cluster"
    for role, scope in roles:
        access.give(world.azure.store, identity, role, scope)


@pytest.mark.inferred
@pytest.mark.parametrize(
    ("held", "code"),
    [(ROLES[1:], "FailedPullingImage"), (ROLES[:1], "AuthorizationPermissionMismatch")],
    ids=["no pull", "no data"],
)
async def test_a_job_fails_without_each_role_of_its_cluster(
    identified: BatchWorld, held: tuple[tuple[str, str], ...], code: str
) -> None:
    give(identified, *held)

    job = identified.invoke(ECHO)

    assert await identified.ended(job) == "Failed"
    assert job.fact("error")["code"] == code


@pytest.mark.inferred
async def test_a_job_that_may_only_read_does_not_write(identified: BatchWorld) -> None:
    give(identified, ROLES[0], (access.BLOB_READER, STORAGE))

    job = identified.invoke(ECHO)

    assert await identified.ended(job) == "Failed"
    assert "to write blobs" in job.fact("error")["message"]


@pytest.mark.inferred
async def test_a_job_runs_with_both(identified: BatchWorld) -> None:
    give(identified, *ROLES)

    job = identified.invoke(ECHO)

    assert await identified.ended(job) == "Completed"
