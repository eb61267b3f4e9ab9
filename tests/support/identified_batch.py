"""The workspace of batch jobs with a registry, and its cluster with an identity of one's own."""

from __future__ import annotations

from windlass_emulator.ml.common import type_of

from support import access
from support.batch_world import ACCOUNT, WORKSPACE, BatchWorld

GROUP = WORKSPACE.partition("/providers/")[0]
STORAGE = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/{ACCOUNT}"
REGISTRY = f"{GROUP}/providers/Microsoft.ContainerRegistry/registries/reg"


def identify(world: BatchWorld) -> None:
    """Give the workspace a registry, and the cluster an identity without any role."""
    store = world.azure.store
    store.put(STORAGE, "Microsoft.Storage/storageAccounts", {}, parent=GROUP, now=0.0)
    workspace, cluster = store.get(WORKSPACE), store.get(f"{WORKSPACE}/computes/cluster")
    assert workspace is not None
    assert cluster is not None
    properties = {**workspace.body["properties"], "containerRegistry": REGISTRY}
    store.put(WORKSPACE, type_of(), {**workspace.body, "properties": properties}, parent=GROUP, now=0.0)
    identity = access.as_identity(access.add_identity(store, "cluster", GROUP))
    store.put(cluster.id, type_of("computes"), {**cluster.body, "identity": identity}, parent=WORKSPACE, now=0.0)


def give(world: BatchWorld, *roles: tuple[str, str]) -> None:
    """Let the cluster's identity hold roles, each with its scope."""
    identity = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/cluster"
    for role, scope in roles:
        access.give(world.azure.store, identity, role, scope)
