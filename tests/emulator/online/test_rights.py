"""What the ML service does in the name of an identity of one's own, which needs its rights for it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support import access
from support.in_process import GROUP, InProcess
from support.online_parts import ENDPOINTS, deployment_body, done, endpoint_body, online_parts
from support.workspace import PROVIDERS, STORAGE, VAULT, WORKSPACE
from windlass_emulator.errors import AzureError

REGISTRY = f"{PROVIDERS}/Microsoft.ContainerRegistry/registries/reg"
INSIGHTS = f"{PROVIDERS}/Microsoft.Insights/components/insights"
CHURN = f"{ENDPOINTS}/churn"
ONE = f"{CHURN}/deployments/one"
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


@dataclass(frozen=True)
class Parts:
    """A workspace and an endpoint that act as identities of one's own."""

    local: InProcess
    workspace: str
    serving: str

    def give(self, identity: str, *roles: tuple[str, str]) -> None:
        for role, scope in roles:
            access.give(self.local.azure.store, identity, role, scope)

    async def make_workspace(self) -> Mapping[str, Any]:
        """Put the workspace with its identity; return the operation's error, {} when it has none."""
        body = {
            "location": "westeurope",
            "identity": access.as_identity(self.workspace),
            "properties": {"containerRegistry": REGISTRY, "applicationInsights": INSIGHTS},
        }
        answer = await done(self.local, "PUT", WORKSPACE, body)
        operation = self.local.azure.operations.get(answer.headers["Location"].partition("?")[0].rpartition("/")[2])
        assert operation is not None
        return operation.error or {}

    async def make_endpoint(self) -> None:
        await done(self.local, "PUT", CHURN, {**endpoint_body(), "identity": access.as_identity(self.serving)})

    async def deploy(self, **how: Any) -> Mapping[str, Any]:
        """Put the deployment; return the operation's error, {} when it has none."""
        await done(self.local, "PUT", ONE, deployment_body(**how))
        operation = self.local.azure.operations.get(str(self.local.azure.store.fact(ONE, "operation")))
        assert operation is not None
        return operation.error or {}


@pytest.fixture
async def parts(tmp_path: Path) -> AsyncIterator[Parts]:
    async with online_parts(tmp_path) as local:
        store = local.azure.store
        for resource_id, kind in ((REGISTRY, "registries"), (INSIGHTS, "components")):
            store.put(resource_id, kind, {"location": "westeurope"}, parent=GROUP, now=0.0)
        yield Parts(local, access.add_identity(store, "workspace"), access.add_identity(store, "serving"))


@pytest.mark.specified
@pytest.mark.parametrize("missing", WORKSPACE_ROLES)
async def test_a_workspace_is_not_made_without_each_role_of_its_identity(
    parts: Parts, missing: tuple[str, str]
) -> None:
    parts.give(parts.workspace, *(role for role in WORKSPACE_ROLES if role != missing))

    error = await parts.make_workspace()

    assert error["code"] == "AuthorizationFailed"
    assert missing[1].rpartition("/")[2] in error["message"]


@pytest.mark.specified
async def test_a_workspace_that_failed_for_a_missing_role_is_made_when_it_is_there(parts: Parts) -> None:
    parts.give(parts.workspace, *WORKSPACE_ROLES[1:])
    failed = await parts.make_workspace()

    parts.give(parts.workspace, WORKSPACE_ROLES[0])

    assert failed["code"] == "AuthorizationFailed"
    assert await parts.make_workspace() == {}


@pytest.mark.inferred
async def test_an_endpoint_needs_the_workspace_to_be_a_contributor_of_itself(parts: Parts) -> None:
    parts.give(parts.workspace, *WORKSPACE_ROLES)
    await parts.make_workspace()

    with pytest.raises(AzureError, match="workspaces/onlineEndpoints/write"):
        await parts.make_endpoint()


@pytest.mark.inferred
async def test_an_image_is_not_built_without_the_workspaces_role_on_the_registry(parts: Parts) -> None:
    parts.give(parts.workspace, *WORKSPACE_ROLES, OWN_ROLE)
    parts.give(parts.serving, *SERVING_ROLES)
    await parts.make_workspace()
    await parts.make_endpoint()

    error = await parts.deploy()

    assert "registries/scheduleRun/action" in error["message"]


@pytest.mark.recorded
async def test_an_image_is_not_pulled_without_the_endpoints_role_on_the_registry(parts: Parts) -> None:
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
async def test_a_model_is_not_read_without_the_endpoints_role_on_the_storage(parts: Parts) -> None:
    parts.give(parts.workspace, *WORKSPACE_ROLES, OWN_ROLE, IMAGE_ROLE)
    parts.give(parts.serving, SERVING_ROLES[0])
    await parts.make_workspace()
    await parts.make_endpoint()

    error = await parts.deploy()

    assert (error["code"], "storage account" in error["message"]) == ("BadArgument", True)


@pytest.mark.specified
async def test_with_all_roles_a_deployment_starts_and_grows(parts: Parts) -> None:
    parts.give(parts.workspace, *WORKSPACE_ROLES, OWN_ROLE, IMAGE_ROLE)
    parts.give(parts.serving, *SERVING_ROLES)
    await parts.make_workspace()
    await parts.make_endpoint()

    assert await parts.deploy() == {}
    assert await parts.deploy(capacity=2) == {}
