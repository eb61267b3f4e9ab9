"""Who builds the image of an environment. No image is ever built here; what Azure could not build is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from windlass_emulator.access import service
from windlass_emulator.errors import OperationFailedError

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure


def require_builder(azure: LocalAzure, workspace_id: str) -> None:
    """Refuse an image that has nowhere to be built.

    A registry that is closed to the public cannot build images itself, so the workspace has to name a compute for it
    (Microsoft's documentation, "Configure image builds"; code and first sentences were seen in a public pull request).
    That the compute pushes as its own identity is our inference.

    Raises:
        OperationFailedError: The registry is private, and `imageBuildCompute` names no compute of the workspace or one
            that may not push.
    """
    workspace = azure.store.get(workspace_id)
    registry = azure.store.get(str(workspace.body["properties"].get("containerRegistry") or "")) if workspace else None
    if workspace is None or registry is None:
        return
    if (registry.body.get("properties") or {}).get("publicNetworkAccess") != "Disabled":
        return
    name = workspace.body["properties"].get("imageBuildCompute")
    if not name:
        raise OperationFailedError(
            "ImageBuildComputeNotValid",
            "If Container Registry is behind the virtual network, Container Registry cannot build your image. Set the "
            "imageBuildCompute property to build your image. See "
            "https://docs.microsoft.com/azure/machine-learning/how-to-secure-workspace-vnet"
            "#enable-azure-container-registry-acr",
        )
    compute = azure.store.get(f"{workspace.id}/computes/{name}")
    if compute is None:
        raise OperationFailedError(
            "ImageBuildComputeNotValid",
            f"The compute '{name}' that shall build images (imageBuildCompute) is not one of '{workspace.name}'.",
        )
    for who in service.own_identities(azure, compute.body.get("identity"))[:1]:
        if not service.may_push(azure, who, registry.id):
            raise OperationFailedError(
                "ImageBuildFailure",
                f"The identity '{who}' of the compute '{name}' that builds images does not have push permission on the "
                f"registry '{registry.name}'.",
            )
