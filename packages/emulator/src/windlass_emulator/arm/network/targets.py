"""What a private endpoint can lead to: the groups of each type, and the host names behind each group."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from windlass_emulator.errors import AzureError, NotEmulatedError
from windlass_emulator.store import Resource


@dataclass(frozen=True, slots=True)
class Member:
    """One address of a group, with the names that lead to it.

    Attributes:
        name: As Azure calls it.
        zone: The private DNS zone that its names stand in.
        labels: The names in that zone -> the public names that callers use.
    """

    name: str
    zone: str
    labels: Mapping[str, str]


Members = Callable[[Resource], tuple[Member, ...]]


@dataclass(frozen=True, slots=True)
class Target:
    """One type that private endpoints lead to.

    Attributes:
        type: As Azure spells it.
        groups: What a connection may be to.
    """

    type: str
    groups: Mapping[str, Members]


def _service(service: str, place: str = "") -> Members:
    """Make the one member of a storage service."""

    def members(account: Resource) -> tuple[Member, ...]:
        where = place or service
        label = account.name if where == service else f"{account.name}.{where.partition('.')[0]}"
        public = f"{account.name}.{where}.core.windows.net"
        return (Member(service, f"privatelink.{service}.core.windows.net", {label: public}),)

    return members


def _vault(vault: Resource) -> tuple[Member, ...]:
    return (Member("default", "privatelink.vaultcore.azure.net", {vault.name: f"{vault.name}.vault.azure.net"}),)


def _registry(registry: Resource) -> tuple[Member, ...]:
    zone, name, region = "privatelink.azurecr.io", registry.name.lower(), registry.body["location"]
    return (
        Member(f"registry_data_{region}", zone, {f"{name}.{region}.data": f"{name}.{region}.data.azurecr.io"}),
        Member("registry", zone, {name: f"{name}.azurecr.io"}),
    )


def _workspace(workspace: Resource) -> tuple[Member, ...]:
    properties, region = workspace.body["properties"], workspace.body["location"]
    guid = properties["workspaceId"]
    notebooks = properties["notebookInfo"]["fqdn"].removesuffix(".notebooks.azure.net")
    api, books = "privatelink.api.azureml.ms", "privatelink.notebooks.azure.net"
    return (
        Member(
            "default",
            api,
            {
                f"{guid}.workspace.{region}": f"{guid}.workspace.{region}.api.azureml.ms",
                f"{guid}.workspace.{region}.cert": f"{guid}.workspace.{region}.cert.api.azureml.ms",
            },
        ),
        Member("notebook", books, {notebooks: f"{notebooks}.notebooks.azure.net"}),
        Member("inference", api, {f"*.{guid}.inference.{region}": f"*.{guid}.inference.{region}.api.azureml.ms"}),
    )


TARGETS: Mapping[str, Target] = MappingProxyType(
    {
        target.type.lower(): target
        for target in (
            Target(
                "Microsoft.Storage/storageAccounts",
                {
                    **{service: _service(service) for service in ("blob", "dfs", "file", "queue", "table")},
                    "web": _service("web", "z6.web"),
                },
            ),
            Target("Microsoft.KeyVault/vaults", {"vault": _vault}),
            Target("Microsoft.ContainerRegistry/registries", {"registry": _registry}),
            Target("Microsoft.MachineLearningServices/workspaces", {"amlworkspace": _workspace}),
        )
    }
)
"""By lower-case type."""


def target_of(resource: Resource) -> Target:
    """Return what is known of a resource that an endpoint shall lead to.

    Raises:
        NotEmulatedError: Its type is none that the local Azure knows to have private endpoints.
    """
    if target := TARGETS.get(resource.type):
        return target
    raise NotEmulatedError(f"private endpoints to {resource.type}")


def members_of(resource: Resource, group: str) -> tuple[Member, ...]:
    """Return the addresses of a group of a resource.

    Raises:
        AzureError: 400 when the resource has no such group.
    """
    target = target_of(resource)
    for known, members in target.groups.items():
        if known.lower() == group.lower():
            return members(resource)
    raise AzureError(
        400,
        "InvalidGroupId",
        f"Call to {target.type} failed. Error message: The group id '{group}' is not one of {resource.id}; it has "
        f"{', '.join(sorted(target.groups))}.",
    )
