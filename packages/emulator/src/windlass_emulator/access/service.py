"""What the ML service does in the name of an identity, and is refused when the identity lacks the right.

Each check stands where the service does the thing: a workspace is made, an image is built, a deployment starts, a
job runs. Identities of one's own are checked; a system-assigned one is given its roles by the service itself.
Azurite has no roles, so the data plane checks nothing: a right on blobs is looked at here, at the same moments.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from windlass_emulator.access.gate import authorization_failed
from windlass_emulator.errors import OperationFailedError

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure
    from windlass_emulator.store import Resource

BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs"
_STORAGE = "Microsoft.Storage/storageAccounts"
_REGISTRY = "Microsoft.ContainerRegistry/registries"
_VAULT = "Microsoft.KeyVault/vaults"
_ML = "Microsoft.MachineLearningServices/workspaces"


@dataclass(frozen=True, slots=True)
class Need:
    """A right that the service needs of an identity.

    Attributes:
        linked: The property of the workspace that names the resource.
        data: Whether the action is one of the data plane.
    """

    action: str
    linked: str
    data: bool = False


WORKSPACE_NEEDS = (
    Need(f"{_STORAGE}/fileServices/shares/write", "storageAccount"),
    Need(f"{BLOBS}/write", "storageAccount", data=True),
    Need(f"{_VAULT}/write", "keyVault"),
    Need(f"{_VAULT}/secrets/setSecret/action", "keyVault", data=True),
    Need("Microsoft.Insights/components/read", "applicationInsights"),
)
"""What the service does while it makes a workspace: shares and containers of its default datastores, its secrets, the
link to its telemetry."""

IMAGE_NEEDS = (
    Need(f"{_REGISTRY}/scheduleRun/action", "containerRegistry"),
    Need(f"{_REGISTRY}/push/write", "containerRegistry"),
)
"""What the service does as the workspace to build an image: a task of the registry builds and pushes it."""


def own_identities(azure: LocalAzure, identity: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Return the object ids of the user-assigned identities of a resource."""
    named = ((identity or {}).get("userAssignedIdentities") or {}).keys()
    found = (azure.store.get(name) for name in named)
    return tuple(str(stored.body["properties"]["principalId"]) for stored in found if stored is not None)


def workspace_identity(azure: LocalAzure, workspace: Resource) -> str | None:
    """Return the identity of one's own that a workspace acts as; None when it acts as its system-assigned one."""
    primary = workspace.body["properties"].get("primaryUserAssignedIdentity")
    named = {"userAssignedIdentities": {primary: {}}} if primary else workspace.body.get("identity")
    return next(iter(own_identities(azure, named)), None)


def require_as_workspace(azure: LocalAzure, workspace: Resource, needs: Iterable[Need]) -> None:
    """Let the service do something as the identity of a workspace.

    Raises:
        OperationFailedError: A right is missing.
    """
    who = workspace_identity(azure, workspace)
    if who is None:
        return
    for need in needs:
        scope = workspace.body["properties"].get(need.linked)
        if scope and not azure.access.may(who, need.action, scope, data=need.data):
            refusal = authorization_failed(who, need.action, scope)
            raise OperationFailedError(refusal.code, refusal.message)


def require_kubelet_pull(azure: LocalAzure, workspace: Resource, cluster: Resource) -> None:
    """Let the nodes of an AKS cluster pull the image of a deployment.

    Raises:
        OperationFailedError: They may not.
    """
    registry = workspace.body["properties"].get("containerRegistry")
    kubelet = (cluster.body["properties"].get("identityProfile") or {}).get("kubeletidentity") or {}
    if registry and not may_pull(azure, str(kubelet.get("objectId")), registry):
        raise OperationFailedError(
            "ImagePullLoopBackOff",
            f"The nodes of the cluster '{cluster.name}' cannot pull the image: their kubelet identity does not have "
            f"pull permission on the registry '{registry.rpartition('/')[2]}'.",
        )


def require_in_workspace(azure: LocalAzure, workspace: Resource, kind: str) -> None:
    """Let the service write in a workspace as its identity, as it does for each new endpoint.

    Args:
        azure: The local Azure.
        workspace: Where.
        kind: What is written, such as `onlineEndpoints`.

    Raises:
        AzureError: 403, the right is missing.
    """
    who, action = workspace_identity(azure, workspace), f"{_ML}/{kind}/write"
    if who is not None and not azure.access.may(who, action, workspace.id):
        raise authorization_failed(who, action, workspace.id)


def may_pull(azure: LocalAzure, who: str, registry: str) -> bool:
    """Say whether an identity may pull images of a registry."""
    return azure.access.may(who, f"{_REGISTRY}/pull/read", registry)


def may_push(azure: LocalAzure, who: str, registry: str) -> bool:
    """Say whether an identity may push images to a registry."""
    return azure.access.may(who, f"{_REGISTRY}/push/write", registry)


def may_blobs(azure: LocalAzure, who: str, account: str, verb: str) -> bool:
    """Say whether an identity may `read` or `write` the blobs of an account (by its resource id)."""
    return azure.access.may(who, f"{BLOBS}/{verb}", account, data=True)


def require_endpoint_rights(azure: LocalAzure, workspace: Resource, identity: Mapping[str, Any] | None) -> None:
    """Let a deployment start as the identity of its endpoint: it pulls the image and reads the model.

    Raises:
        OperationFailedError: A right is missing. The first sentence was seen on Azure, the second is alike.
    """
    properties = workspace.body["properties"]
    registry, account = properties.get("containerRegistry"), properties["storageAccount"]
    for who in own_identities(azure, identity)[:1]:
        if registry and not may_pull(azure, who, registry):
            raise OperationFailedError(
                "BadArgument", "Endpoint identity does not have pull permission on the registry."
            )
        if not may_blobs(azure, who, account, "read"):
            raise OperationFailedError(
                "BadArgument", "Endpoint identity does not have read permission on the blobs of the storage account."
            )


def require_job_rights(azure: LocalAzure, workspace: Resource, cluster: Resource, accounts: Iterable[str]) -> None:
    """Let a job run as the identity of its cluster: it pulls the image, reads its input and writes its results.

    Args:
        azure: The local Azure.
        workspace: Of the job.
        cluster: That it runs on; one without an identity of its own is let through, as on Azure it then uses the
            credentials that the datastores have.
        accounts: The names of the storage accounts of input and output.

    Raises:
        OperationFailedError: A right is missing.
    """
    registry = workspace.body["properties"].get("containerRegistry")
    for who in own_identities(azure, cluster.body.get("identity"))[:1]:
        if registry and not may_pull(azure, who, registry):
            raise OperationFailedError(
                "FailedPullingImage",
                f"Unable to pull image: the identity '{who}' of the compute '{cluster.name}' does not have pull "
                f"permission on the registry '{registry.rpartition('/')[2]}'.",
            )
        for account in accounts:
            _require_data(azure, who, account)


def _require_data(azure: LocalAzure, who: str, account: str) -> None:
    found = next((row for row in azure.store.of_type(_STORAGE) if row.name == account), None)
    for verb in ("read", "write"):
        if found is not None and not may_blobs(azure, who, found.id, verb):
            raise OperationFailedError(
                "AuthorizationPermissionMismatch",
                f"The identity '{who}' is not authorized to {verb} blobs of the storage account '{account}': This "
                "request is not authorized to perform this operation using this permission.",
            )
