"""What holds data: groups, storage, vaults, registries, logs. Pure.

Meanings of properties: the reference of Azure Resource Manager for each type, at the API version that the project
uses.
"""

from __future__ import annotations

from typing import Final

from windlass.delivery.meanings import Meaning
from windlass.delivery.table.model import (
    COSMETIC,
    IDENTITY,
    RUNS_AS,
    Known,
    Rule,
    addresses_let_in,
    becomes,
    becomes_other_than,
    behaves,
    case,
    costs,
    either,
    gains,
    grows,
    lacks,
    opens_at,
    public_access,
    refused_unless_let_in,
    shrinks,
    table,
    touches,
    was,
    was_there,
    widens_at,
    widens_unless,
)

_BYPASS: Final = either(
    case(Meaning.OPENS_NETWORK, "services of Azure come in past the rules", was("None")),
    case(Meaning.TOUCHES_TRAFFIC, "services of Azure are no longer let in past the rules", becomes("None")),
)
_RETENTION: Final[Rule] = either(
    case(Meaning.LOSES_DATA, "logs older than that are deleted", shrinks),
    case(Meaning.CHANGES_COST, "logs are kept, and paid for, longer", grows),
)

_STORAGE: Final = Known(
    title="storage account",
    open_unless_said=("publicNetworkAccess", "allowSharedKeyAccess"),
    properties={
        "accountName": IDENTITY,
        "allowBlobPublicAccess": opens_at(value=True, why="a container may be made readable by everybody"),
        "allowCrossTenantReplication": widens_at(value=True, why="data may be copied into another tenant"),
        "allowSharedKeyAccess": widens_unless(value=False, why="who has a key of the account needs no role"),
        "accessTier": costs("another price for keeping and for reading"),
        "defaultToOAuthAuthentication": behaves(),
        "enableHttpsTrafficOnly": case(
            Meaning.OPENS_NETWORK, "requests may come without TLS", becomes_other_than(True)
        ),
        "enableNfsV3": opens_at(value=True, why="a further protocol is let in, without TLS"),
        "encryption": behaves("data is encrypted otherwise"),
        "identity": RUNS_AS,
        "isHnsEnabled": IDENTITY,
        "isLocalUserEnabled": widens_unless(value=False, why="users of the account itself need no role"),
        "isSftpEnabled": opens_at(value=True, why="a further protocol is let in"),
        "kind": costs("another kind has other prices"),
        "minimumTlsVersion": case(
            Meaning.OPENS_NETWORK, "an older TLS is let in", becomes_other_than("TLS1_2", "TLS1_3")
        ),
        "networkRuleSet.bypass": _BYPASS,
        "networkRuleSet.defaultAction": refused_unless_let_in(),
        "networkRuleSet.ipRules": addresses_let_in(),
        "networkRuleSet.resourceAccessRules": addresses_let_in(),
        "networkRuleSet.virtualNetworkRules": addresses_let_in(),
        "publicNetworkAccess": public_access("the account"),
        "sku.name": costs("another redundancy has another price"),
    },
)

_CONTAINER: Final = Known(
    title="container",
    properties={
        "accountName": IDENTITY,
        "containerName": IDENTITY,
        "metadata": COSMETIC,
        "publicAccess": case(Meaning.OPENS_NETWORK, "files can be read without signing in", becomes_other_than("None")),
    },
)

_VAULT: Final = Known(
    title="key vault",
    open_unless_said=("properties.publicNetworkAccess", "properties.enableRbacAuthorization"),
    properties={
        "vaultName": IDENTITY,
        "properties.accessPolicies": either(
            case(Meaning.WIDENS_PERMISSION, "somebody is let in without a role", gains),
            case(Meaning.INTERRUPTS_SERVICE, "somebody is no longer let in", lacks),
        ),
        "properties.enablePurgeProtection": case(
            Meaning.UNPROTECTS, "what is deleted can be deleted for good at once", becomes_other_than(True)
        ),
        "properties.enableRbacAuthorization": widens_unless(value=True, why="access policies open it instead of roles"),
        "properties.enableSoftDelete": case(
            Meaning.UNPROTECTS, "what is deleted cannot be brought back", becomes_other_than(True)
        ),
        "properties.enabledForDeployment": widens_at(value=True, why="virtual machines get secrets without a role"),
        "properties.enabledForDiskEncryption": widens_at(value=True, why="disk encryption gets keys without a role"),
        "properties.enabledForTemplateDeployment": widens_at(value=True, why="deployments get secrets without a role"),
        "properties.networkAcls.bypass": _BYPASS,
        "properties.networkAcls.defaultAction": refused_unless_let_in(),
        "properties.networkAcls.ipRules": addresses_let_in(),
        "properties.networkAcls.virtualNetworkRules": addresses_let_in(),
        "properties.publicNetworkAccess": public_access("the vault"),
        "properties.sku": costs("another tier has another price"),
        "properties.softDeleteRetentionInDays": case(
            Meaning.UNPROTECTS, "what is deleted can be brought back for a shorter time", shrinks
        ),
        "properties.tenantId": case(Meaning.WIDENS_PERMISSION, "another tenant opens it", was_there),
    },
)

_REGISTRY: Final = Known(
    title="container registry",
    open_unless_said=("publicNetworkAccess",),
    properties={
        "registryName": IDENTITY,
        "adminUserEnabled": widens_at(value=True, why="who has the admin password needs no role"),
        "anonymousPullEnabled": opens_at(value=True, why="images can be pulled without signing in"),
        "dataEndpointEnabled": behaves("images come from other addresses"),
        "encryption": behaves("images are encrypted otherwise"),
        "identity": RUNS_AS,
        "networkRuleBypassOptions": _BYPASS,
        "networkRuleSet.defaultAction": refused_unless_let_in(),
        "networkRuleSet.ipRules": addresses_let_in(),
        "policies": behaves(),
        "publicNetworkAccess": public_access("the registry"),
        "sku.name": costs("another tier has another price"),
        "zoneRedundancy": behaves(),
    },
)

_LOGS: Final = Known(
    title="log workspace",
    properties={
        "workspaceName": IDENTITY,
        "features.disableLocalAuth": widens_unless(value=True, why="who has a key of the workspace needs no role"),
        "features": behaves(),
        "publicNetworkAccessForIngestion": public_access("what takes logs in"),
        "publicNetworkAccessForQuery": public_access("what shows logs"),
        "retentionInDays": _RETENTION,
        "sku": costs("another tier has another price"),
        "workspaceCapping": either(
            case(Meaning.CHANGES_COST, "more or fewer logs are taken in and paid for", lambda _before, _after: True),
            case(Meaning.LOSES_DATA, "logs beyond that are dropped", shrinks),
        ),
    },
)

_INSIGHTS: Final = Known(
    title="Application Insights",
    properties={
        "resourceName": IDENTITY,
        "applicationType": behaves(),
        "disableIpMasking": case(Meaning.CHANGES_BEHAVIOUR, "whole addresses of callers are kept", becomes(True)),
        "disableLocalAuth": widens_unless(value=True, why="who has the key may write without a role"),
        "flowType": COSMETIC,
        "requestSource": COSMETIC,
        "ingestionMode": behaves("requests and traces are kept elsewhere"),
        "kind": COSMETIC,
        "publicNetworkAccessForIngestion": public_access("what takes traces in"),
        "publicNetworkAccessForQuery": public_access("what shows traces"),
        "retentionInDays": _RETENTION,
        "samplingPercentage": behaves("more or fewer requests are recorded"),
        "workspaceResourceId": behaves("traces go to another log workspace from now on"),
    },
)

DATA: Final = table(
    {
        "resources:ResourceGroup": Known(
            title="resource group",
            properties={"managedBy": touches("another resource rules over the group")},
        ),
        "storage:StorageAccount": _STORAGE,
        "storage:BlobContainer": _CONTAINER,
        "keyvault:Vault": _VAULT,
        "containerregistry:Registry": _REGISTRY,
        "operationalinsights:Workspace": _LOGS,
        "applicationinsights:Component": _INSIGHTS,
    }
)
