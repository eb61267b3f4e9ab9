"""Who builds the image of an environment. No image is ever built here; what Azure could not build is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from windlass_emulator.errors import OperationFailedError

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure


def require_builder(azure: LocalAzure, workspace_id: str) -> None:
    """Refuse an image that has nowhere to be built.

    A registry that is closed to the public cannot build images itself, so the workspace has to name a compute for it
    (Microsoft's documentation, "Configure image builds"; the words are ours).

    Raises:
        OperationFailedError: The registry is private and `imageBuildCompute` names no compute of the workspace.
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
            "ImageBuildFailure",
            f"The container registry '{registry.name}' is behind a virtual network and cannot build images. Set the "
            f"imageBuildCompute of the workspace '{workspace.name}' to a compute cluster.",
        )
    if azure.store.get(f"{workspace.id}/computes/{name}") is None:
        raise OperationFailedError(
            "ImageBuildFailure",
            f"The compute '{name}' that shall build images (imageBuildCompute) is not one of '{workspace.name}'.",
        )
