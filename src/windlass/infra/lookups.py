"""Looks existing resources up through the provider, which signs in as the stack does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from types import MappingProxyType
from typing import Final

import pulumi

from windlass.infra.fitness import Facts
from windlass.project.arm_ids import parse_arm_id

_PACKAGE: Final = "pulumi-azure-native"


@dataclass(frozen=True, kw_only=True)
class Lookup:
    """How the provider looks a type up.

    Attributes:
        function: The function, without the package.
        names: The arguments that name the resource, from the outermost.
    """

    function: str
    names: tuple[str, ...]


LOOKUPS: Final[Mapping[str, Lookup]] = MappingProxyType(
    {
        "microsoft.storage/storageaccounts": Lookup(function="storage:getStorageAccount", names=("accountName",)),
        "microsoft.keyvault/vaults": Lookup(function="keyvault:getVault", names=("vaultName",)),
        "microsoft.containerregistry/registries": Lookup(
            function="containerregistry:getRegistry", names=("registryName",)
        ),
        "microsoft.operationalinsights/workspaces": Lookup(
            function="operationalinsights:getWorkspace", names=("workspaceName",)
        ),
        "microsoft.insights/components": Lookup(function="applicationinsights:getComponent", names=("resourceName",)),
        "microsoft.managedidentity/userassignedidentities": Lookup(
            function="managedidentity:getUserAssignedIdentity", names=("resourceName",)
        ),
        "microsoft.machinelearningservices/workspaces": Lookup(
            function="machinelearningservices:getWorkspace", names=("workspaceName",)
        ),
        "microsoft.network/virtualnetworks": Lookup(
            function="network:getVirtualNetwork", names=("virtualNetworkName",)
        ),
        "microsoft.network/virtualnetworks/subnets": Lookup(
            function="network:getSubnet", names=("virtualNetworkName", "subnetName")
        ),
        "microsoft.network/privatednszones": Lookup(function="privatedns:getPrivateZone", names=("privateZoneName",)),
    }
)
"""By type, in lower case."""


class Azure:
    """Looks resources up through the provider, so that it signs in as the stack does."""

    def __init__(self, subscription_id: str) -> None:
        self._home = subscription_id
        self._elsewhere: dict[str, pulumi.ProviderResource] = {}

    def find(self, arm_id: str) -> Facts | str:
        """Give what Azure answers about a resource, or a sentence that says why nothing is known of it."""
        thing = parse_arm_id(arm_id)
        lookup = LOOKUPS[thing.type.lower()]
        arguments = {"resourceGroupName": thing.resource_group, **dict(zip(lookup.names, thing.names, strict=True))}
        options = pulumi.InvokeOptions(version=version(_PACKAGE), provider=self._provider(thing.subscription_id))
        try:
            found = pulumi.runtime.invoke(f"azure-native:{lookup.function}", arguments, options)
        except Exception as error:  # noqa: BLE001 - the SDK raises nothing more special
            return _refusal(str(error))
        return dict(found.value)

    def _provider(self, subscription_id: str) -> pulumi.ProviderResource | None:
        """Give a provider for another subscription; that of the stack is the default one."""
        if subscription_id == self._home:
            return None
        if subscription_id not in self._elsewhere:
            import pulumi_azure_native

            self._elsewhere[subscription_id] = pulumi_azure_native.Provider(
                f"subscription-{subscription_id}", subscription_id=subscription_id, use_default_azure_credential=True
            )
        return self._elsewhere[subscription_id]


def _refusal(said: str) -> str:
    """Translate what the provider says when it cannot read a resource."""
    if re.search(r"\b404\b|NotFound", said):
        return "does not exist, or was deleted; give the id of one that exists, or remove the key to have one made"
    if re.search(r"\b403\b|AuthorizationFailed", said):
        return "may not be read by whoever runs this; ask its owner for the role Reader on it"
    return f"could not be looked up: {said}"
