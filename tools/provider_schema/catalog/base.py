"""Groups, storage, vaults, registries, logs, identities, roles and Azure ML: what every stack is made of."""
# ruff: noqa: S106 - a token here is the name of a type

from collections.abc import Mapping

from .entry import GROUP, ML_WORKSPACE, RESOURCE, FunctionEntry, Limits, TypeEntry

_INSIGHTS_CAPITALS = {
    "applicationType": "Application_Type",
    "flowType": "Flow_Type",
    "requestSource": "Request_Source",
    "samplingPercentage": "SamplingPercentage",
    "retentionInDays": "RetentionInDays",
    "disableIpMasking": "DisableIpMasking",
    "disableLocalAuth": "DisableLocalAuth",
    "immediatePurgeDataOn30Days": "ImmediatePurgeDataOn30Days",
    "workspaceResourceId": "WorkspaceResourceId",
    "ingestionMode": "IngestionMode",
    "forceCustomerStorageForProfiler": "ForceCustomerStorageForProfiler",
    "hockeyAppId": "HockeyAppId",
    "appId": "AppId",
    "applicationId": "ApplicationId",
    "connectionString": "ConnectionString",
    "instrumentationKey": "InstrumentationKey",
    "creationDate": "CreationDate",
    "tenantId": "TenantId",
    "hockeyAppToken": "HockeyAppToken",
    "laMigrationDate": "LaMigrationDate",
    "privateLinkScopedResources": "PrivateLinkScopedResources",
}

RENAMES: Mapping[str, Mapping[str, str]] = {
    "storage:StorageAccount": {
        "enableHttpsTrafficOnly": "supportsHttpsTrafficOnly",
        "enableNfsV3": "isNfsV3Enabled",
        "networkRuleSet": "networkAcls",
    },
    "storage:IPRule": {"iPAddressOrRange": "value"},
    "storage:VirtualNetworkRule": {"virtualNetworkResourceId": "id"},
    "storage:Encryption": {"keyVaultProperties": "keyvaultproperties", "encryptionIdentity": "identity"},
    "storage:KeyVaultProperties": {
        "keyName": "keyname",
        "keyVaultUri": "keyvaulturi",
        "keyVersion": "keyversion",
    },
    "storage:EncryptionIdentity": {
        "encryptionUserAssignedIdentity": "userAssignedIdentity",
        "encryptionFederatedIdentityClientId": "federatedIdentityClientId",
    },
    "containerregistry:IPRule": {"iPAddressOrRange": "value"},
    "applicationinsights:Component": _INSIGHTS_CAPITALS,
    "applicationinsights:PrivateLinkScopedResource": {"resourceId": "ResourceId", "scopeId": "ScopeId"},
}
"""`module:Type or nested class` -> SDK name -> name on the wire."""

LEVEL_OF_PROPERTIES: Mapping[str, frozenset[str]] = {
    "machinelearningservices:SharedPrivateLinkResource": frozenset({"name"}),
    "machinelearningservices:PrivateEndpointConnection": RESOURCE,
    "containerregistry:PrivateEndpointConnection": RESOURCE,
    "keyvault:PrivateEndpointConnectionItem": RESOURCE,
    "storage:PrivateEndpointConnection": RESOURCE,
    "storage:ImmutabilityPolicyProperties": frozenset({"etag", "updateHistory"}),
}
"""Nested classes whose members, but for the named ones, stand under `properties` on the wire."""

_ML_NAME = Limits(pattern=r"^[a-zA-Z0-9][a-zA-Z0-9\-_]{0,254}$")

TYPES: tuple[TypeEntry, ...] = (
    TypeEntry(
        token="resources:ResourceGroup",
        path="/subscriptions/{subscriptionId}/resourcegroups/{resourceGroupName}",
        api_version="2024-03-01",
        source="resources/resource_group",
        class_name="ResourceGroup",
        autoname="random",
        name_parameter="resourceGroupName",
        flattened=False,
        top_level=frozenset({"location", "tags", "managedBy", "properties"}),
        replaces=frozenset({"location"}),
        delete_long_running=True,
        limits={"resourceGroupName": Limits(min_length=1, max_length=90, pattern=r"^[-\w\._\(\)]+$")},
    ),
    TypeEntry(
        token="storage:StorageAccount",
        path=f"{GROUP}/providers/Microsoft.Storage/storageAccounts/{{accountName}}",
        api_version="2024-01-01",
        source="storage/storage_account",
        class_name="StorageAccount",
        autoname="random",
        name_parameter="accountName",
        replaces=frozenset({"isHnsEnabled", "location"}),
        put_long_running=True,
        limits={"accountName": Limits(min_length=3, max_length=24, pattern=r"^[a-z0-9]+$")},
    ),
    TypeEntry(
        token="storage:BlobContainer",
        path=(
            f"{GROUP}/providers/Microsoft.Storage/storageAccounts/{{accountName}}"
            "/blobServices/default/containers/{containerName}"
        ),
        api_version="2024-01-01",
        source="storage/blob_container",
        class_name="BlobContainer",
        autoname="copy",
        name_parameter="containerName",
        limits={
            "accountName": Limits(min_length=3, max_length=24, pattern=r"^[a-z0-9]+$"),
            "containerName": Limits(min_length=3, max_length=63),
        },
    ),
    TypeEntry(
        token="keyvault:Vault",
        path=f"{GROUP}/providers/Microsoft.KeyVault/vaults/{{vaultName}}",
        api_version="2024-11-01",
        source="keyvault/vault",
        class_name="Vault",
        autoname="random",
        name_parameter="vaultName",
        flattened=False,
        put_long_running=True,
        maintained=(("properties", "accessPolicies"),),
        limits={"vaultName": Limits(pattern=r"^[a-zA-Z0-9-]{3,24}$")},
    ),
    TypeEntry(
        token="containerregistry:Registry",
        path=f"{GROUP}/providers/Microsoft.ContainerRegistry/registries/{{registryName}}",
        api_version="2023-01-01-preview",
        source="containerregistry/registry",
        class_name="Registry",
        autoname="random",
        name_parameter="registryName",
        replaces=frozenset({"location"}),
        put_long_running=True,
        delete_long_running=True,
        limits={"registryName": Limits(min_length=5, max_length=50, pattern=r"^[a-zA-Z0-9]*$")},
    ),
    TypeEntry(
        token="operationalinsights:Workspace",
        path=(
            "/subscriptions/{subscriptionId}/resourcegroups/{resourceGroupName}"
            "/providers/Microsoft.OperationalInsights/workspaces/{workspaceName}"
        ),
        api_version="2023-09-01",
        source="operationalinsights/workspace",
        class_name="Workspace",
        autoname="random",
        name_parameter="workspaceName",
        top_level=frozenset({"location", "tags", "identity"}),
        replaces=frozenset({"location"}),
        put_long_running=True,
        delete_long_running=True,
        limits={"workspaceName": Limits(min_length=4, max_length=63, pattern=r"^[A-Za-z0-9][A-Za-z0-9-]+[A-Za-z0-9]$")},
    ),
    TypeEntry(
        token="applicationinsights:Component",
        path=f"{GROUP}/providers/Microsoft.Insights/components/{{resourceName}}",
        api_version="2020-02-02",
        source="applicationinsights/component",
        class_name="Component",
        autoname="random",
        name_parameter="resourceName",
        required_containers=(("properties",),),
    ),
    TypeEntry(
        token="managedidentity:UserAssignedIdentity",
        path=f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{{resourceName}}",
        api_version="2023-01-31",
        source="managedidentity/user_assigned_identity",
        class_name="UserAssignedIdentity",
        autoname="random",
        name_parameter="resourceName",
        replaces=frozenset({"location"}),
    ),
    TypeEntry(
        token="authorization:RoleAssignment",
        path="/{scope}/providers/Microsoft.Authorization/roleAssignments/{roleAssignmentName}",
        api_version="2022-04-01",
        source="authorization/role_assignment",
        class_name="RoleAssignment",
        autoname="uuid",
        name_parameter="roleAssignmentName",
        replaces=frozenset({"principalId"}),
        required_containers=(("properties",),),
    ),
    TypeEntry(
        token="machinelearningservices:Workspace",
        path=ML_WORKSPACE,
        api_version="2025-12-01",
        source="machinelearningservices/workspace",
        class_name="Workspace",
        autoname="random",
        name_parameter="workspaceName",
        put_long_running=True,
        delete_long_running=True,
        limits={"workspaceName": Limits(pattern=r"^[a-zA-Z0-9][a-zA-Z0-9_-]{2,32}$")},
    ),
    TypeEntry(
        token="machinelearningservices:Compute",
        path=f"{ML_WORKSPACE}/computes/{{computeName}}",
        api_version="2025-12-01",
        source="machinelearningservices/compute",
        class_name="Compute",
        autoname="copy",
        name_parameter="computeName",
        flattened=False,
        put_long_running=True,
        delete_long_running=True,
        variants={"properties": frozenset({"AmlCompute", "Kubernetes"})},
    ),
    TypeEntry(
        token="machinelearningservices:OnlineEndpoint",
        path=f"{ML_WORKSPACE}/onlineEndpoints/{{endpointName}}",
        source="machinelearningservices/online_endpoint",
        class_name="OnlineEndpoint",
        autoname="random",
        flattened=False,
        replaces=frozenset({"location"}),
        put_long_running=True,
        delete_long_running=True,
        limits={"endpointName": _ML_NAME},
        api_version="2025-12-01",
        name_parameter="endpointName",
    ),
    TypeEntry(
        token="machinelearningservices:BatchEndpoint",
        path=f"{ML_WORKSPACE}/batchEndpoints/{{endpointName}}",
        source="machinelearningservices/batch_endpoint",
        class_name="BatchEndpoint",
        autoname="random",
        flattened=False,
        replaces=frozenset({"location"}),
        put_long_running=True,
        delete_long_running=True,
        limits={"endpointName": _ML_NAME},
        api_version="2025-12-01",
        name_parameter="endpointName",
    ),
)

_STORAGE = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/{{accountName}}"

FUNCTIONS: tuple[FunctionEntry, ...] = (
    FunctionEntry(
        token="storage:listStorageAccountKeys",
        path=f"{_STORAGE}/listKeys",
        api_version="2024-01-01",
        source="storage/list_storage_account_keys",
        class_name="ListStorageAccountKeysResult",
        query=("expand",),
    ),
    FunctionEntry(
        token="containerregistry:listRegistryCredentials",
        path=f"{GROUP}/providers/Microsoft.ContainerRegistry/registries/{{registryName}}/listCredentials",
        api_version="2023-01-01-preview",
        source="containerregistry/list_registry_credentials",
        class_name="ListRegistryCredentialsResult",
    ),
    FunctionEntry(
        token="operationalinsights:getSharedKeys",
        path=(
            "/subscriptions/{subscriptionId}/resourcegroups/{resourceGroupName}"
            "/providers/Microsoft.OperationalInsights/workspaces/{workspaceName}/sharedKeys"
        ),
        api_version="2023-09-01",
        source="operationalinsights/get_shared_keys",
        class_name="GetSharedKeysResult",
    ),
    FunctionEntry(
        token="machinelearningservices:listWorkspaceKeys",
        path=f"{ML_WORKSPACE}/listKeys",
        api_version="2025-12-01",
        source="machinelearningservices/list_workspace_keys",
        class_name="ListWorkspaceKeysResult",
    ),
    FunctionEntry(
        token="machinelearningservices:listWorkspaceStorageAccountKeys",
        path=f"{ML_WORKSPACE}/listStorageAccountKeys",
        api_version="2025-12-01",
        source="machinelearningservices/list_workspace_storage_account_keys",
        class_name="ListWorkspaceStorageAccountKeysResult",
    ),
    FunctionEntry(
        token="machinelearningservices:listOnlineEndpointKeys",
        path=f"{ML_WORKSPACE}/onlineEndpoints/{{endpointName}}/listKeys",
        api_version="2025-12-01",
        source="machinelearningservices/list_online_endpoint_keys",
        class_name="ListOnlineEndpointKeysResult",
    ),
    FunctionEntry(
        token="machinelearningservices:getOnlineEndpointToken",
        path=f"{ML_WORKSPACE}/onlineEndpoints/{{endpointName}}/token",
        api_version="2025-12-01",
        source="machinelearningservices/get_online_endpoint_token",
        class_name="GetOnlineEndpointTokenResult",
    ),
    FunctionEntry(
        token="machinelearningservices:listBatchEndpointKeys",
        path=f"{ML_WORKSPACE}/batchEndpoints/{{endpointName}}/listkeys",
        api_version="2025-12-01",
        source="machinelearningservices/list_batch_endpoint_keys",
        class_name="ListBatchEndpointKeysResult",
    ),
    FunctionEntry(
        token="machinelearningservices:listComputeNodes",
        path=f"{ML_WORKSPACE}/computes/{{computeName}}/listNodes",
        api_version="2025-12-01",
        source="machinelearningservices/list_compute_nodes",
        class_name="ListComputeNodesResult",
    ),
)
