"""A workspace and an endpoint in this process that act as identities of one's own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from windlass_emulator.feature import Feature

from support import access
from support.in_process import GROUP, InProcess
from support.online_parts import ENDPOINTS, deployment_body, done, endpoint_body, online_parts
from support.workspace import PROVIDERS, WORKSPACE

REGISTRY = f"{PROVIDERS}/Microsoft.ContainerRegistry/registries/reg"
INSIGHTS = f"{PROVIDERS}/Microsoft.Insights/components/insights"
CHURN = f"{ENDPOINTS}/churn"
ONE = f"{CHURN}/deployments/one"


@dataclass(frozen=True)
class Identified:
    """The workspace, and its two identities."""

    local: InProcess
    workspace: str
    serving: str

    def give(self, identity: str, *roles: tuple[str, str]) -> None:
        """Let an identity hold roles, each with its scope."""
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
        """Put the endpoint with its identity; refusals are raised."""
        await done(self.local, "PUT", CHURN, {**endpoint_body(), "identity": access.as_identity(self.serving)})

    async def deploy(self, **how: Any) -> Mapping[str, Any]:
        """Put the deployment; return the operation's error, {} when it has none."""
        await done(self.local, "PUT", ONE, deployment_body(**how))
        operation = self.local.azure.operations.get(str(self.local.azure.store.fact(ONE, "operation")))
        assert operation is not None
        return operation.error or {}


@asynccontextmanager
async def identified(folder: Path, *more: Feature) -> AsyncIterator[Identified]:
    """Run a workspace with a registry and telemetry beside it, and two identities without any role."""
    async with online_parts(folder, *more) as local:
        store = local.azure.store
        for resource_id in (REGISTRY, INSIGHTS):
            kind = resource_id.rpartition("/providers/")[2].rpartition("/")[0]
            store.put(resource_id, kind, {"location": "westeurope"}, parent=GROUP, now=0.0)
        yield Identified(local, access.add_identity(store, "workspace"), access.add_identity(store, "serving"))
