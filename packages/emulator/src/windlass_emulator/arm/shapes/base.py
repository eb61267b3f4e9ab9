"""Groups, storage, vaults, registries, logs, identities, roles: what every workspace stands on."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from windlass_emulator.arm.shapes.body import Body
from windlass_emulator.shapes import ANY, Items, Shape, Values

_TAGS = Values(ANY)
_IDENTITY: Shape = {"type": ANY, "userAssignedIdentities": Values({})}

_GROUP: Shape = {"location": ANY, "managedBy": ANY, "properties": {}, "tags": _TAGS}
_GROUP_PATCH: Shape = {"managedBy": ANY, "name": ANY, "properties": {}, "tags": _TAGS}

_KEY_TYPE: Shape = {"enabled": ANY, "keyType": ANY}
_STORAGE_PROPERTIES: dict[str, Shape] = {
    "accessTier": ANY,
    "allowBlobPublicAccess": ANY,
    "allowCrossTenantReplication": ANY,
    "allowSharedKeyAccess": ANY,
    "allowedCopyScope": ANY,
    "azureFilesIdentityBasedAuthentication": {
        "activeDirectoryProperties": {
            "accountType": ANY,
            "azureStorageSid": ANY,
            "domainGuid": ANY,
            "domainName": ANY,
            "domainSid": ANY,
            "forestName": ANY,
            "netBiosDomainName": ANY,
            "samAccountName": ANY,
        },
        "defaultSharePermission": ANY,
        "directoryServiceOptions": ANY,
    },
    "customDomain": {"name": ANY, "useSubDomainName": ANY},
    "defaultToOAuthAuthentication": ANY,
    "dnsEndpointType": ANY,
    "enableExtendedGroups": ANY,
    "encryption": {
        "identity": {"federatedIdentityClientId": ANY, "userAssignedIdentity": ANY},
        "keySource": ANY,
        "keyvaultproperties": {"keyname": ANY, "keyvaulturi": ANY, "keyversion": ANY},
        "requireInfrastructureEncryption": ANY,
        "services": {"blob": _KEY_TYPE, "file": _KEY_TYPE, "queue": _KEY_TYPE, "table": _KEY_TYPE},
    },
    "immutableStorageWithVersioning": {
        "enabled": ANY,
        "immutabilityPolicy": {
            "allowProtectedAppendWrites": ANY,
            "immutabilityPeriodSinceCreationInDays": ANY,
            "state": ANY,
        },
    },
    "isLocalUserEnabled": ANY,
    "isSftpEnabled": ANY,
    "keyPolicy": {"keyExpirationPeriodInDays": ANY},
    "largeFileSharesState": ANY,
    "minimumTlsVersion": ANY,
    "networkAcls": {
        "bypass": ANY,
        "defaultAction": ANY,
        "ipRules": Items({"action": ANY, "value": ANY}),
        "resourceAccessRules": Items({"resourceId": ANY, "tenantId": ANY}),
        "virtualNetworkRules": Items({"action": ANY, "id": ANY, "state": ANY}),
    },
    "publicNetworkAccess": ANY,
    "routingPreference": {"publishInternetEndpoints": ANY, "publishMicrosoftEndpoints": ANY, "routingChoice": ANY},
    "sasPolicy": {"expirationAction": ANY, "sasExpirationPeriod": ANY},
    "supportsHttpsTrafficOnly": ANY,
}
_STORAGE: Shape = {
    "extendedLocation": {"name": ANY, "type": ANY},
    "identity": _IDENTITY,
    "kind": ANY,
    "location": ANY,
    "properties": {**_STORAGE_PROPERTIES, "isHnsEnabled": ANY, "isNfsV3Enabled": ANY},
    "sku": {"name": ANY},
    "tags": _TAGS,
}
_STORAGE_PATCH: Shape = {
    "identity": _IDENTITY,
    "kind": ANY,
    "properties": _STORAGE_PROPERTIES,
    "sku": {"name": ANY},
    "tags": _TAGS,
}
_CONTAINER: Shape = {
    "properties": {
        "defaultEncryptionScope": ANY,
        "denyEncryptionScopeOverride": ANY,
        "enableNfsV3AllSquash": ANY,
        "enableNfsV3RootSquash": ANY,
        "immutableStorageWithVersioning": {"enabled": ANY},
        "metadata": Values(ANY),
        "publicAccess": ANY,
    }
}

_RETENTION: Shape = {"allowPermanentDelete": ANY, "days": ANY, "enabled": ANY}
_BLOB_SERVICE: Shape = {
    "properties": {
        "containerDeleteRetentionPolicy": _RETENTION,
        "deleteRetentionPolicy": _RETENTION,
        "isVersioningEnabled": ANY,
    }
}

_VAULT_PROPERTIES: dict[str, Shape] = {
    "accessPolicies": Items(
        {
            "applicationId": ANY,
            "objectId": ANY,
            "permissions": {
                "certificates": Items(ANY),
                "keys": Items(ANY),
                "secrets": Items(ANY),
                "storage": Items(ANY),
            },
            "tenantId": ANY,
        }
    ),
    "createMode": ANY,
    "enablePurgeProtection": ANY,
    "enableRbacAuthorization": ANY,
    "enableSoftDelete": ANY,
    "enabledForDeployment": ANY,
    "enabledForDiskEncryption": ANY,
    "enabledForTemplateDeployment": ANY,
    "networkAcls": {
        "bypass": ANY,
        "defaultAction": ANY,
        "ipRules": Items({"value": ANY}),
        "virtualNetworkRules": Items({"id": ANY, "ignoreMissingVnetServiceEndpoint": ANY}),
    },
    "publicNetworkAccess": ANY,
    "sku": {"family": ANY, "name": ANY},
    "softDeleteRetentionInDays": ANY,
    "tenantId": ANY,
}
_VAULT: Shape = {
    "location": ANY,
    "properties": {**_VAULT_PROPERTIES, "provisioningState": ANY, "vaultUri": ANY},
    "tags": _TAGS,
}
_VAULT_PATCH: Shape = {"properties": _VAULT_PROPERTIES, "tags": _TAGS}

_KEY: Shape = {
    "properties": {
        "attributes": {"enabled": ANY, "exp": ANY, "exportable": ANY, "nbf": ANY},
        "curveName": ANY,
        "keyOps": Items(ANY),
        "keySize": ANY,
        "kty": ANY,
    },
    "tags": _TAGS,
}

_STATUS: Shape = {"status": ANY}
_REGISTRY_PROPERTIES: dict[str, Shape] = {
    "adminUserEnabled": ANY,
    "anonymousPullEnabled": ANY,
    "dataEndpointEnabled": ANY,
    "encryption": {"keyVaultProperties": {"identity": ANY, "keyIdentifier": ANY}, "status": ANY},
    "networkRuleBypassOptions": ANY,
    "networkRuleSet": {"defaultAction": ANY, "ipRules": Items({"action": ANY, "value": ANY})},
    "policies": {
        "azureADAuthenticationAsArmPolicy": _STATUS,
        "exportPolicy": _STATUS,
        "quarantinePolicy": _STATUS,
        "retentionPolicy": {"days": ANY, "status": ANY},
        "softDeletePolicy": {"retentionDays": ANY, "status": ANY},
        "trustPolicy": {"status": ANY, "type": ANY},
    },
    "publicNetworkAccess": ANY,
}
_REGISTRY_IDENTITY: Shape = {
    "principalId": ANY,
    "tenantId": ANY,
    "type": ANY,
    "userAssignedIdentities": Values({"clientId": ANY, "principalId": ANY}),
}
_REGISTRY: Shape = {
    "identity": _REGISTRY_IDENTITY,
    "location": ANY,
    "properties": {**_REGISTRY_PROPERTIES, "zoneRedundancy": ANY},
    "sku": {"name": ANY},
    "tags": _TAGS,
}
_REGISTRY_PATCH: Shape = {
    "identity": _REGISTRY_IDENTITY,
    "properties": _REGISTRY_PROPERTIES,
    "sku": {"name": ANY},
    "tags": _TAGS,
}

_LOGS_PROPERTIES: dict[str, Shape] = {
    "defaultDataCollectionRuleResourceId": ANY,
    "failover": {},
    "features": {
        "clusterResourceId": ANY,
        "disableLocalAuth": ANY,
        "enableDataExport": ANY,
        "enableLogAccessUsingOnlyResourcePermissions": ANY,
        "immediatePurgeDataOn30Days": ANY,
    },
    "forceCmkForQuery": ANY,
    "publicNetworkAccessForIngestion": ANY,
    "publicNetworkAccessForQuery": ANY,
    "replication": {"enabled": ANY, "location": ANY},
    "retentionInDays": ANY,
    "sku": {"capacityReservationLevel": ANY, "name": ANY},
    "workspaceCapping": {"dailyQuotaGb": ANY},
}
_LOGS: Shape = {
    "etag": ANY,
    "identity": _IDENTITY,
    "location": ANY,
    "properties": _LOGS_PROPERTIES,
    "tags": _TAGS,
}
_LOGS_PATCH: Shape = {"identity": _IDENTITY, "properties": _LOGS_PROPERTIES, "tags": _TAGS}

_COMPONENT: Shape = {
    "etag": ANY,
    "kind": ANY,
    "location": ANY,
    "properties": {
        "Application_Type": ANY,
        "DisableIpMasking": ANY,
        "DisableLocalAuth": ANY,
        "Flow_Type": ANY,
        "ForceCustomerStorageForProfiler": ANY,
        "HockeyAppId": ANY,
        "ImmediatePurgeDataOn30Days": ANY,
        "IngestionMode": ANY,
        "Request_Source": ANY,
        "RetentionInDays": ANY,
        "SamplingPercentage": ANY,
        "WorkspaceResourceId": ANY,
        "publicNetworkAccessForIngestion": ANY,
        "publicNetworkAccessForQuery": ANY,
    },
    "tags": _TAGS,
}
_FEDERATED_CREDENTIAL: Shape = {"properties": {"audiences": Items(ANY), "issuer": ANY, "subject": ANY}}
_TAGS_ONLY: Shape = {"tags": _TAGS}
_LOCATION_AND_TAGS: Shape = {"location": ANY, "tags": _TAGS}

_ROLE_ASSIGNMENT: Shape = {
    "properties": {
        "condition": ANY,
        "conditionVersion": ANY,
        "delegatedManagedIdentityResourceId": ANY,
        "description": ANY,
        "principalId": ANY,
        "principalType": ANY,
        "roleDefinitionId": ANY,
        "scope": ANY,
    }
}


_ROLE_DEFINITION: Shape = {
    "properties": {
        "assignableScopes": ANY,
        "description": ANY,
        "permissions": Items({"actions": ANY, "dataActions": ANY, "notActions": ANY, "notDataActions": ANY}),
        "roleName": ANY,
        "type": ANY,
    }
}


BODIES: Mapping[str, Body] = MappingProxyType(
    {
        "group": Body(_GROUP, "azure.mgmt.resource.resources.v2022_09_01.models:ResourceGroup"),
        "group patch": Body(_GROUP_PATCH, "azure.mgmt.resource.resources.v2022_09_01.models:ResourceGroupPatchable"),
        "storage account": Body(_STORAGE, "azure.mgmt.storage.models:StorageAccountCreateParameters"),
        "storage account patch": Body(_STORAGE_PATCH, "azure.mgmt.storage.models:StorageAccountUpdateParameters"),
        "container": Body(_CONTAINER, "azure.mgmt.storage.models:BlobContainer"),
        "blob service": Body(
            _BLOB_SERVICE,
            "azure.mgmt.storage.models:BlobServiceProperties",
            # Azurite does none of this.
            left_out=(
                "properties.automaticSnapshotPolicyEnabled",
                "properties.changeFeed",
                "properties.cors",
                "properties.defaultServiceVersion",
                "properties.lastAccessTimeTrackingPolicy",
                "properties.restorePolicy",
            ),
        ),
        "vault key": Body(
            _KEY,
            "azure.mgmt.keyvault.models:KeyCreateParameters",
            # Nothing here rotates a key or hands one out.
            left_out=("properties.rotationPolicy", "properties.release_policy"),
        ),
        "vault": Body(_VAULT, "azure.mgmt.keyvault.models:VaultCreateOrUpdateParameters"),
        "vault patch": Body(_VAULT_PATCH, "azure.mgmt.keyvault.models:VaultPatchParameters"),
        "registry": Body(_REGISTRY, "azure.mgmt.containerregistry.v2023_01_01_preview.models:Registry"),
        "registry patch": Body(
            _REGISTRY_PATCH, "azure.mgmt.containerregistry.v2023_01_01_preview.models:RegistryUpdateParameters"
        ),
        "log analytics": Body(_LOGS, "azure.mgmt.loganalytics.models:Workspace"),
        "log analytics patch": Body(_LOGS_PATCH, "azure.mgmt.loganalytics.models:WorkspacePatch"),
        "component": Body(_COMPONENT, "azure.mgmt.applicationinsights.v2020_02_02.models:ApplicationInsightsComponent"),
        "component patch": Body(_TAGS_ONLY, "azure.mgmt.applicationinsights.v2020_02_02.models:TagsResource"),
        "identity": Body(_LOCATION_AND_TAGS, "azure.mgmt.msi.v2023_01_31.models:Identity"),
        "identity patch": Body(_LOCATION_AND_TAGS, "azure.mgmt.msi.v2023_01_31.models:IdentityUpdate"),
        "federated credential": Body(
            _FEDERATED_CREDENTIAL, "azure.mgmt.msi.v2023_01_31.models:FederatedIdentityCredential"
        ),
        "role assignment": Body(
            _ROLE_ASSIGNMENT,
            "azure.mgmt.authorization.v2022_04_01.models:RoleAssignmentCreateParameters",
            # Read-only in the SDK; azure-native has it as an input and sends it.
            beyond=("properties.scope",),
        ),
        "role definition": Body(_ROLE_DEFINITION, "azure.mgmt.authorization.v2022_04_01.models:RoleDefinition"),
    }
)
