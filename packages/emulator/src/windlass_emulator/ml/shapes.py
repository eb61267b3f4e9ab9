"""Which properties the bodies of workspaces, datastores, computes and assets may have.

Read-only properties of a GET are in each shape, because clients send back what they read (archive, update);
what they say there is not looked at. Tests hold every shape against azure-ai-ml's model of api-version 2025-12-01,
with the names that are in older api-versions or recordings only listed there.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from windlass_emulator.shapes import ANY, Items, Shape, Union, Values

_READ_BACK: Mapping[str, Shape] = {"id": ANY, "name": ANY, "type": ANY, "systemData": ANY}


def _resource(properties: Shape, **more: Shape) -> Shape:
    return MappingProxyType({**_READ_BACK, "properties": properties, **more})


IDENTITY: Shape = MappingProxyType(
    {"type": ANY, "principalId": ANY, "tenantId": ANY, "userAssignedIdentities": Values(ANY)}
)
SKU: Shape = MappingProxyType({"name": ANY, "tier": ANY, "size": ANY, "family": ANY, "capacity": ANY})

_RULE_WORDS: Mapping[str, Shape] = {"type": ANY, "category": ANY, "status": ANY}
_RULE: Shape = Union(
    "type",
    {
        "fqdn": MappingProxyType({**_RULE_WORDS, "destination": ANY}),
        "privateendpoint": MappingProxyType(
            {
                **_RULE_WORDS,
                "destination": MappingProxyType(
                    {"serviceResourceId": ANY, "sparkEnabled": ANY, "sparkStatus": ANY, "subresourceTarget": ANY}
                ),
                "fqdns": Items(ANY),
            }
        ),
        "servicetag": MappingProxyType(
            {
                **_RULE_WORDS,
                "destination": MappingProxyType(
                    {
                        "action": ANY,
                        "addressPrefixes": Items(ANY),
                        "portRanges": ANY,
                        "protocol": ANY,
                        "serviceTag": ANY,
                    }
                ),
            }
        ),
    },
)
OUTBOUND_RULE: Shape = _resource(_RULE)
PROVISION_OPTIONS: Shape = MappingProxyType({"includeSpark": ANY})

_WORKSPACE_UPDATE: Mapping[str, Shape] = {
    "applicationInsights": ANY,
    "containerRegistry": ANY,
    "description": ANY,
    "enableDataIsolation": ANY,
    "friendlyName": ANY,
    "imageBuildCompute": ANY,
    "managedNetwork": MappingProxyType(
        {
            "isolationMode": ANY,
            "enableNetworkMonitor": ANY,
            "firewallSku": ANY,
            "outboundRules": Values(_RULE),
            "status": ANY,
        }
    ),
    "publicNetworkAccess": ANY,
    "systemDatastoresAuthMode": ANY,
    "v1LegacyMode": ANY,
    # Gone from 2025-12-01, still sent by azure-ai-ml 1.35 with 2024-10-01-preview.
    "allowRoleAssignmentOnRG": ANY,
    "networkAcls": ANY,
}

WORKSPACE: Shape = _resource(
    MappingProxyType(
        {
            **_WORKSPACE_UPDATE,
            "allowPublicAccessWhenBehindVnet": ANY,
            "discoveryUrl": ANY,
            "hbiWorkspace": ANY,
            "keyVault": ANY,
            "primaryUserAssignedIdentity": ANY,
            "provisionNetworkNow": ANY,
            "storageAccount": ANY,
            # What a GET adds.
            "mlFlowTrackingUri": ANY,
            "notebookInfo": ANY,
            "privateEndpointConnections": ANY,
            "privateLinkCount": ANY,
            "provisioningState": ANY,
            "serviceProvisionedResourceGroup": ANY,
            "storageHnsEnabled": ANY,
            "tenantId": ANY,
            "workspaceId": ANY,
        }
    ),
    identity=IDENTITY,
    kind=ANY,
    location=ANY,
    sku=SKU,
    tags=Values(ANY),
)
"""PUT of a workspace. Customer keys, hubs and feature stores are not emulated: not listed."""

WORKSPACE_PATCH: Shape = MappingProxyType(
    {"properties": MappingProxyType(_WORKSPACE_UPDATE), "identity": IDENTITY, "sku": SKU, "tags": Values(ANY)}
)

_SECRETS: Shape = Union(
    "secretsType",
    {
        "accountkey": MappingProxyType({"secretsType": ANY, "key": ANY}),
        "sas": MappingProxyType({"secretsType": ANY, "sasToken": ANY}),
    },
)
_CREDENTIALS: Shape = Union(
    "credentialsType",
    {
        "none": MappingProxyType({"credentialsType": ANY}),
        "accountkey": MappingProxyType({"credentialsType": ANY, "secrets": _SECRETS}),
        "sas": MappingProxyType({"credentialsType": ANY, "secrets": _SECRETS}),
    },
)
DATASTORE: Shape = _resource(
    Union(
        "datastoreType",
        {
            "azureblob": MappingProxyType(
                {
                    "datastoreType": ANY,
                    "accountName": ANY,
                    "containerName": ANY,
                    "endpoint": ANY,
                    "protocol": ANY,
                    "credentials": _CREDENTIALS,
                    "serviceDataAccessAuthIdentity": ANY,
                    "subscriptionId": ANY,
                    "resourceGroup": ANY,
                    "description": ANY,
                    "tags": Values(ANY),
                    "properties": Values(ANY),
                    "isDefault": ANY,
                }
            )
        },
    )
)

_SCALE: Shape = MappingProxyType({"minNodeCount": ANY, "maxNodeCount": ANY, "nodeIdleTimeBeforeScaleDown": ANY})
AML_COMPUTE_PROPERTIES: Shape = MappingProxyType(
    {
        "osType": ANY,
        "vmSize": ANY,
        "vmPriority": ANY,
        "scaleSettings": _SCALE,
        "subnet": MappingProxyType({"id": ANY}),
        "userAccountCredentials": MappingProxyType(
            {"adminUserName": ANY, "adminUserSshPublicKey": ANY, "adminUserPassword": ANY}
        ),
        "remoteLoginPortPublicAccess": ANY,
        "enableNodePublicIp": ANY,
        "isolatedNetwork": ANY,
        "propertyBag": ANY,
        # What a GET adds.
        "allocationState": ANY,
        "allocationStateTransitionTime": ANY,
        "currentNodeCount": ANY,
        "targetNodeCount": ANY,
        "nodeStateCounts": ANY,
        "errors": ANY,
        "virtualMachineImage": ANY,
    }
)
_AML_COMPUTE: Mapping[str, Shape] = MappingProxyType(
    {
        "computeType": ANY,
        "computeLocation": ANY,
        "description": ANY,
        "resourceId": ANY,
        "disableLocalAuth": ANY,
        "properties": AML_COMPUTE_PROPERTIES,
        # What a GET adds.
        "provisioningState": ANY,
        "provisioningErrors": ANY,
        "createdOn": ANY,
        "modifiedOn": ANY,
        "isAttachedCompute": ANY,
    }
)
_RESOURCES: Shape = MappingProxyType({"requests": Values(ANY), "limits": Values(ANY)})
_KUBERNETES: Shape = MappingProxyType(
    {
        **_AML_COMPUTE,
        "properties": MappingProxyType(
            {
                "defaultInstanceType": ANY,
                "extensionInstanceReleaseTrain": ANY,
                "extensionPrincipalId": ANY,
                "instanceTypes": Values(MappingProxyType({"nodeSelector": Values(ANY), "resources": _RESOURCES})),
                "namespace": ANY,
                "relayConnectionString": ANY,
                "serviceBusConnectionString": ANY,
                "vcName": ANY,
            }
        ),
    }
)
COMPUTE: Shape = _resource(
    Union("computeType", {"amlcompute": _AML_COMPUTE, "kubernetes": _KUBERNETES}),
    identity=IDENTITY,
    location=ANY,
    sku=SKU,
    tags=Values(ANY),
)
COMPUTE_PATCH: Shape = MappingProxyType(
    {
        "properties": MappingProxyType(
            {"computeType": ANY, "properties": MappingProxyType({"scaleSettings": _SCALE}), "scaleSettings": _SCALE}
        )
    }
)

_ASSET: Mapping[str, Shape] = {
    "description": ANY,
    "tags": Values(ANY),
    "properties": Values(ANY),
    "isAnonymous": ANY,
    "isArchived": ANY,
}
_STATE: Mapping[str, Shape] = {"provisioningState": ANY}
_STAGE: Mapping[str, Shape] = {"stage": ANY}
_CONTAINER: Mapping[str, Shape] = {
    "description": ANY,
    "tags": Values(ANY),
    "properties": Values(ANY),
    "isArchived": ANY,
    "latestVersion": ANY,
    "nextVersion": ANY,
}
CONTAINER: Shape = _resource(MappingProxyType({**_CONTAINER, **_STATE}))
DATA_CONTAINER: Shape = _resource(MappingProxyType({**_CONTAINER, "dataType": ANY}))
MODEL: Shape = _resource(
    MappingProxyType(
        {
            **_ASSET,
            **_STATE,
            **_STAGE,
            "modelUri": ANY,
            "modelType": ANY,
            "flavors": Values(MappingProxyType({"data": Values(ANY)})),
            "jobName": ANY,
        }
    )
)
_INFERENCE_ROUTE: Shape = MappingProxyType({"path": ANY, "port": ANY})
ENVIRONMENT: Shape = _resource(
    MappingProxyType(
        {
            **_ASSET,
            **_STATE,
            **_STAGE,
            "image": ANY,
            "condaFile": ANY,
            "build": MappingProxyType({"contextUri": ANY, "dockerfilePath": ANY}),
            "osType": ANY,
            "autoRebuild": ANY,
            "environmentType": ANY,
            "inferenceConfig": MappingProxyType(
                {
                    "livenessRoute": _INFERENCE_ROUTE,
                    "readinessRoute": _INFERENCE_ROUTE,
                    "scoringRoute": _INFERENCE_ROUTE,
                }
            ),
        }
    )
)
CODE: Shape = _resource(MappingProxyType({**_ASSET, **_STATE, "codeUri": ANY}))
DATA: Shape = _resource(
    Union(
        "dataType",
        {
            "uri_file": MappingProxyType({**_ASSET, "dataType": ANY, "dataUri": ANY}),
            "uri_folder": MappingProxyType({**_ASSET, "dataType": ANY, "dataUri": ANY}),
            "mltable": MappingProxyType({**_ASSET, "dataType": ANY, "dataUri": ANY, "referencedUris": Items(ANY)}),
        },
    )
)
PENDING_UPLOAD: Shape = MappingProxyType({"pendingUploadId": ANY, "pendingUploadType": ANY})
LIST_SECRETS: Shape = MappingProxyType({"expirableSecret": ANY, "expireAfterHours": ANY})
