"""Where in Azure a resource lies that the program declares: from its type and its inputs to its id. Pure.

The engine knows the id of a resource only when it has been made. Of one whose creation was interrupted it knows the
type and the inputs, and this table tells the rest. A test walks the program and holds every type that it declares
against this table, and the table against the provider's own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

_TOKEN: Final = re.compile(r"azure-native:(?P<module>\w+)(?:/v\d{8}\w*)?:(?P<name>\w+)")
_PARAMETER: Final = re.compile(r"\{(\w+)\}")
_GROUP: Final = "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
_ML: Final = f"{_GROUP}/providers/Microsoft.MachineLearningServices/workspaces/{{workspaceName}}"

PATHS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "resources:ResourceGroup": _GROUP,
        "storage:StorageAccount": f"{_GROUP}/providers/Microsoft.Storage/storageAccounts/{{accountName}}",
        "storage:BlobContainer": f"{_GROUP}/providers/Microsoft.Storage/storageAccounts/{{accountName}}"
        "/blobServices/default/containers/{containerName}",
        "keyvault:Vault": f"{_GROUP}/providers/Microsoft.KeyVault/vaults/{{vaultName}}",
        "containerregistry:Registry": f"{_GROUP}/providers/Microsoft.ContainerRegistry/registries/{{registryName}}",
        "operationalinsights:Workspace": f"{_GROUP}/providers/Microsoft.OperationalInsights"
        "/workspaces/{workspaceName}",
        "applicationinsights:Component": f"{_GROUP}/providers/Microsoft.Insights/components/{{resourceName}}",
        "managedidentity:UserAssignedIdentity": f"{_GROUP}/providers/Microsoft.ManagedIdentity"
        "/userAssignedIdentities/{resourceName}",
        "authorization:RoleAssignment": "/{scope}/providers/Microsoft.Authorization"
        "/roleAssignments/{roleAssignmentName}",
        "machinelearningservices:Workspace": _ML,
        "machinelearningservices:Compute": f"{_ML}/computes/{{computeName}}",
        "machinelearningservices:OnlineEndpoint": f"{_ML}/onlineEndpoints/{{endpointName}}",
        "machinelearningservices:BatchEndpoint": f"{_ML}/batchEndpoints/{{endpointName}}",
    }
)


def find_id(resource_type: str, inputs: Mapping[str, Any], subscription: str) -> str | None:
    """Tell the id that a resource has, or is going to have; None when its type or one of its names is not known.

    Args:
        resource_type: Pulumi's token, such as `azure-native:keyvault:Vault`, with or without an API version.
        inputs: The inputs that the program gives it, by the provider's names.
        subscription: The stack's subscription, for inputs that name none.
    """
    token = _TOKEN.fullmatch(resource_type)
    path = PATHS.get(f"{token['module']}:{token['name']}") if token else None
    if path is None:
        return None
    names = {"subscriptionId": subscription, **inputs}
    values = {name: names.get(name) for name in _PARAMETER.findall(path)}
    if not all(isinstance(value, str) and value for value in values.values()):
        return None
    return _PARAMETER.sub(lambda match: str(values[match[1]]).strip("/"), path)
