"""What the ML service does in the name of an identity of one's own, which needs its rights for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support import access
from support.identified import INSIGHTS, REGISTRY, Identified, identified
from support.workspace import STORAGE, VAULT, WORKSPACE
from windlass_emulator.access.service import require_kubelet_pull
from windlass_emulator.errors import AzureError, OperationFailedError

WORKSPACE_ROLES = (
    (access.ACCOUNT_CONTRIBUTOR, STORAGE),
    (access.BLOB_CONTRIBUTOR, STORAGE),
    (access.VAULT_CONTRIBUTOR, VAULT),
    (access.VAULT_ADMINISTRATOR, VAULT),
    (access.CONTRIBUTOR, INSIGHTS),
)
IMAGE_ROLE = (access.CONTRIBUTOR, REGISTRY)
OWN_ROLE = (access.CONTRIBUTOR, WORKSPACE)
SERVING_ROLES = ((access.ACR_PULL, REGISTRY), (access.BLOB_READER, STORAGE))


@pytest.fixture
async def parts(tmp_path: Path) -> AsyncIterator[Identified]:
    async with identified(tmp_path) as made:
        yield made


@pytest.mark.specified
@pytest.mark.parametrize("missing", WORKSPACE_ROLES)
async def test_a_workspace_is_not_made_without_each_role_of_its_identity(
    parts: Identified, missing: tuple[str, str]
) -> None:
    parts.give(parts.workspace, *(role for role in WORKSPACE_ROLES if role != missing))

    error = await parts.make_workspace()

    assert error["code"] == "AuthorizationFailed"
    assert missing[1].rpartition("/")[2] in error["message"]


@pytest.mark.specified
async def test_a_workspace_that_failed_for_a_missing_role_is_made_when_it_is_there(parts: Identified) -> None:
    parts.give(parts.workspace, *WORKSPACE_ROLES[1:])
    failed = await parts.make_workspace()

    parts.give(parts.workspace, WORKSPACE_ROLES[0])

    assert failed["code"] == "AuthorizationFailed"
    assert await parts.make_workspace() == {}


@pytest.mark.inferred
async def test_an_endpoint_needs_the_workspace_to_be_a_contributor_of_itself(parts: Identified) -> None:
    parts.give(parts.workspace, *WORKSPACE_ROLES)
    await parts.make_workspace()

    with pytest.raises(AzureError, match="workspaces/onlineEndpoints/write"):
        await parts.make_endpoint()


@pytest.mark.inferred
async def test_an_image_is_not_built_without_the_workspaces_role_on_the_registry(parts: Identified) -> None:
    parts.give(parts.workspace, *WORKSPACE_ROLES, OWN_ROLE)
    parts.give(parts.serving, *SERVING_ROLES)
    await parts.make_workspace()
    await parts.make_endpoint()

    error = await parts.deploy()

    assert "registries/scheduleRun/action" in error["message"]


@pytest.mark.recorded
async def test_an_image_is_not_pulled_without_the_endpoints_role_on_the_registry(parts: Identified) -> None:
    parts.give(parts.workspace, *WORKSPACE_ROLES, OWN_ROLE, IMAGE_ROLE)
    parts.give(parts.serving, SERVING_ROLES[1])
    await parts.make_workspace()
    await parts.make_endpoint()

    # As in MicrosoftDocs/azure-docs#107890.
    assert await parts.deploy() == {
        "code": "BadArgument",
        "message": "Endpoint identity does not have pull permission on the registry.",
    }


@pytest.mark.specified
async def test_a_model_is_not_read_without_the_endpoints_role_on_the_storage(parts: Identified) -> None:
    parts.give(parts.workspace, *WORKSPACE_ROLES, OWN_ROLE, IMAGE_ROLE)
    parts.give(parts.serving, SERVING_ROLES[0])
    await parts.make_workspace()
    await parts.make_endpoint()

    error = await parts.deploy()

    assert (error["code"], "storage account" in error["message"]) == ("BadArgument", True)


@pytest.mark.specified
async def test_with_all_roles_a_deployment_starts_and_grows(parts: Identified) -> None:
    parts.give(parts.workspace, *WORKSPACE_ROLES, OWN_ROLE, IMAGE_ROLE)
    parts.give(parts.serving, *SERVING_ROLES)
    await parts.make_workspace()
    await parts.make_endpoint()

    assert await parts.deploy() == {}
    assert await parts.deploy(capacity=2) == {}


@pytest.mark.specified
async def test_nodes_of_a_cluster_do_not_pull_without_their_role_on_the_registry(parts: Identified) -> None:
    store = parts.local.azure.store
    kubelet = store.get(access.add_identity(store, "kubelet"))
    assert kubelet is not None
    profile = {"kubeletidentity": {"objectId": kubelet.body["properties"]["principalId"]}}
    cluster = store.put("/c", "aks", {"properties": {"identityProfile": profile}}, parent="/", now=0.0)
    workspace = store.put("/w", "ml", {"properties": {"containerRegistry": REGISTRY}}, parent="/", now=0.0)
    with pytest.raises(OperationFailedError, match="ImagePullLoopBackOff"):
        require_kubelet_pull(parts.local.azure, workspace, cluster)

    parts.give(kubelet.id, (access.ACR_PULL, REGISTRY))

    require_kubelet_pull(parts.local.azure, workspace, cluster)
