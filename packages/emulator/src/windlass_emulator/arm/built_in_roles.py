"""The built-in roles that the local Azure knows. A role that is missing is refused by name; add a row for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Role:
    """One role, as Azure documents it."""

    name: str
    description: str
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()
    not_data_actions: tuple[str, ...] = ()


_DEPLOY = (
    "Microsoft.Authorization/*/read",
    "Microsoft.Insights/alertRules/*",
    "Microsoft.ResourceHealth/availabilityStatuses/read",
    "Microsoft.Resources/deployments/*",
    "Microsoft.Resources/subscriptions/resourceGroups/read",
    "Microsoft.Support/*",
)
_CONTAINERS = "Microsoft.Storage/storageAccounts/blobServices/containers"
_DELEGATION = "Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action"
_ML = "Microsoft.MachineLearningServices/workspaces"

ROLES: Mapping[str, Role] = MappingProxyType(
    {
        "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": Role(
            "Owner",
            "Grants full access to manage all resources, including the ability to assign roles in Azure RBAC.",
            ("*",),
        ),
        "b24988ac-6180-42a0-ab88-20f7382dd24c": Role(
            "Contributor",
            "Grants full access to manage all resources, but does not allow you to assign roles in Azure RBAC, manage "
            "assignments in Azure Blueprints, or share image galleries.",
            ("*",),
            (
                "Microsoft.Authorization/*/Delete",
                "Microsoft.Authorization/*/Write",
                "Microsoft.Authorization/elevateAccess/Action",
                "Microsoft.Blueprint/blueprintAssignments/write",
                "Microsoft.Blueprint/blueprintAssignments/delete",
                "Microsoft.Compute/galleries/share/action",
            ),
        ),
        "acdd72a7-3385-48ef-bd42-f606fba81ae7": Role(
            "Reader", "View all resources, but does not allow you to make any changes.", ("*/read",)
        ),
        "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": Role(
            "User Access Administrator",
            "Lets you manage user access to Azure resources.",
            ("*/read", "Microsoft.Authorization/*", "Microsoft.Support/*"),
        ),
        "7f951dda-4ed3-4680-a7ca-43fe172d538d": Role(
            "AcrPull", "acr pull", ("Microsoft.ContainerRegistry/registries/pull/read",)
        ),
        "8311e382-0749-4cb8-b61a-304f252e45ec": Role(
            "AcrPush",
            "acr push",
            ("Microsoft.ContainerRegistry/registries/pull/read", "Microsoft.ContainerRegistry/registries/push/write"),
        ),
        "17d1049b-9a84-46fb-8f53-869881c3d3ab": Role(
            "Storage Account Contributor",
            "Lets you manage storage accounts, including accessing storage account keys which provide full access to "
            "storage account data.",
            (
                *_DEPLOY,
                "Microsoft.Insights/diagnosticSettings/*",
                "Microsoft.Network/virtualNetworks/subnets/joinViaServiceEndpoint/action",
                "Microsoft.Storage/storageAccounts/*",
            ),
        ),
        "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": Role(
            "Storage Blob Data Owner",
            "Allows for full access to Azure Storage blob containers and data, including assigning POSIX access "
            "control.",
            (f"{_CONTAINERS}/*", _DELEGATION),
            data_actions=(f"{_CONTAINERS}/blobs/*",),
        ),
        "ba92f5b4-2d11-453d-a403-e96b0029c9fe": Role(
            "Storage Blob Data Contributor",
            "Allows for read, write and delete access to Azure Storage blob containers and data",
            (f"{_CONTAINERS}/delete", f"{_CONTAINERS}/read", f"{_CONTAINERS}/write", _DELEGATION),
            data_actions=(
                f"{_CONTAINERS}/blobs/delete",
                f"{_CONTAINERS}/blobs/read",
                f"{_CONTAINERS}/blobs/write",
                f"{_CONTAINERS}/blobs/move/action",
                f"{_CONTAINERS}/blobs/add/action",
            ),
        ),
        "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1": Role(
            "Storage Blob Data Reader",
            "Allows for read access to Azure Storage blob containers and data",
            (f"{_CONTAINERS}/read", _DELEGATION),
            data_actions=(f"{_CONTAINERS}/blobs/read",),
        ),
        "00482a5a-887f-4fb3-b363-3b7fe8e74483": Role(
            "Key Vault Administrator",
            "Perform all data plane operations on a key vault and all objects in it, including certificates, keys, and "
            "secrets. Cannot manage key vault resources or manage role assignments.",
            (
                *_DEPLOY,
                "Microsoft.KeyVault/checkNameAvailability/read",
                "Microsoft.KeyVault/deletedVaults/read",
                "Microsoft.KeyVault/locations/*/read",
                "Microsoft.KeyVault/vaults/*/read",
                "Microsoft.KeyVault/operations/read",
            ),
            data_actions=("Microsoft.KeyVault/vaults/*",),
        ),
        "f25e0fa2-a7c8-4377-a976-54943a77a395": Role(
            "Key Vault Contributor",
            "Lets you manage key vaults, but not access to them.",
            (*_DEPLOY, "Microsoft.KeyVault/*"),
            (
                "Microsoft.KeyVault/locations/deletedVaults/purge/action",
                "Microsoft.KeyVault/hsmPools/*",
                "Microsoft.KeyVault/managedHsms/*",
            ),
        ),
        "21090545-7ca7-4776-b22c-e363652d74d2": Role(
            "Key Vault Reader",
            "Read metadata of key vaults and its certificates, keys, and secrets. Cannot read sensitive values such as "
            "secret contents or key material.",
            (
                *_DEPLOY,
                "Microsoft.KeyVault/checkNameAvailability/read",
                "Microsoft.KeyVault/deletedVaults/read",
                "Microsoft.KeyVault/locations/*/read",
                "Microsoft.KeyVault/vaults/*/read",
                "Microsoft.KeyVault/operations/read",
            ),
            data_actions=(
                "Microsoft.KeyVault/vaults/*/read",
                "Microsoft.KeyVault/vaults/secrets/readMetadata/action",
            ),
        ),
        "4633458b-17de-408a-b874-0445c86b69e6": Role(
            "Key Vault Secrets User",
            "Read secret contents.",
            data_actions=(
                "Microsoft.KeyVault/vaults/secrets/getSecret/action",
                "Microsoft.KeyVault/vaults/secrets/readMetadata/action",
            ),
        ),
        "f6c7c914-8db3-469d-8ca1-694a8f32e121": Role(
            "AzureML Data Scientist",
            "Can perform all actions within an Azure Machine Learning workspace, except for creating or deleting "
            "compute resources and modifying the workspace itself.",
            (f"{_ML}/*/read", f"{_ML}/*/action", f"{_ML}/*/delete", f"{_ML}/*/write"),
            (
                f"{_ML}/delete",
                f"{_ML}/write",
                f"{_ML}/computes/*/write",
                f"{_ML}/computes/*/delete",
                f"{_ML}/computes/listKeys/action",
                f"{_ML}/listKeys/action",
                f"{_ML}/hubs/write",
                f"{_ML}/hubs/delete",
                f"{_ML}/featurestores/write",
                f"{_ML}/featurestores/delete",
            ),
        ),
        "e503ece1-11d0-4e8e-8e2c-7a6c3bf38815": Role(
            "AzureML Compute Operator",
            "Can access and perform CRUD operations on Machine Learning Services managed compute resources (including "
            "Notebook VMs).",
            (f"{_ML}/computes/*", f"{_ML}/notebooks/vm/*"),
        ),
        "635dd51f-9968-44d3-b7fb-6d9a6bd613ae": Role(
            "AzureML Metrics Writer (preview)",
            "Lets you write metrics to AzureML workspace",
            data_actions=(f"{_ML}/metrics/*/write",),
        ),
        "3913510d-42f4-4e42-8a64-420c390055eb": Role(
            "Monitoring Metrics Publisher",
            "Enables publishing metrics against Azure resources",
            (
                "Microsoft.Insights/Register/Action",
                "Microsoft.Support/*",
                "Microsoft.Resources/subscriptions/resourceGroups/read",
            ),
            data_actions=("Microsoft.Insights/Metrics/Write", "Microsoft.Insights/Telemetry/Write"),
        ),
        "43d0d8ad-25c7-4714-9337-8ba259a9fe05": Role(
            "Monitoring Reader",
            "Can read all monitoring data.",
            ("*/read", "Microsoft.OperationalInsights/workspaces/search/action", "Microsoft.Support/*"),
        ),
        "73c42c96-874c-492b-b04d-ab87d138a893": Role(
            "Log Analytics Reader",
            "Log Analytics Reader can view and search all monitoring data as well as and view monitoring settings, "
            "including viewing the configuration of Azure diagnostics on all Azure resources.",
            (
                "*/read",
                "Microsoft.OperationalInsights/workspaces/analytics/query/action",
                "Microsoft.OperationalInsights/workspaces/search/action",
                "Microsoft.Support/*",
            ),
            ("Microsoft.OperationalInsights/workspaces/sharedKeys/read",),
        ),
        "f1a07417-d97a-45cb-824c-7a7467783830": Role(
            "Managed Identity Operator",
            "Read and Assign User Assigned Identity",
            (
                *_DEPLOY,
                "Microsoft.ManagedIdentity/userAssignedIdentities/*/read",
                "Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action",
            ),
        ),
    }
)
