"""The storage account behind the workspace: models, code, data, results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final, final

import pulumi
from pulumi_azure_native import storage

from windlass.infra.component import Component, Place
from windlass.project.exposure import switch
from windlass.project.settings import StorageSettings

LOWEST_TLS: Final = "TLS1_2"


@dataclass(frozen=True, kw_only=True)
class StorageArgs:
    """What the storage account is made of.

    Attributes:
        place: Where it goes.
        name: Its name.
        settings: Its redundancy and containers.
        public: Whether it answers public addresses.
        protect: Whether Pulumi refuses to delete or replace it.
    """

    place: Place
    name: str
    settings: StorageSettings
    public: bool
    protect: bool


@dataclass(frozen=True, kw_only=True)
class StorageOutputs:
    """What others need of the storage account."""

    id: pulumi.Output[str]
    name: pulumi.Output[str]


@final
class Storage(Component):
    """A storage account that nobody reads without a role: it takes no keys. And its containers."""

    TYPE: ClassVar[str] = "windlass:infra:Storage"

    def __init__(self, name: str, *, args: StorageArgs) -> None:
        super().__init__(name)
        account = self._account(name, args)
        for container in args.settings.containers:
            storage.BlobContainer(
                f"{name}-{container}",
                container_name=container,
                account_name=account.name,
                resource_group_name=args.place.resource_group,
                public_access=storage.PublicAccess.NONE,
                opts=self.child(protect=args.protect),
            )
        self.outputs = StorageOutputs(id=account.id, name=account.name)
        self.register_outputs({"id": account.id})

    def _account(self, name: str, args: StorageArgs) -> storage.StorageAccount:
        return storage.StorageAccount(
            f"{name}-account",
            account_name=args.name,
            resource_group_name=args.place.resource_group,
            location=args.place.location,
            tags=args.place.tags,
            kind=storage.Kind.STORAGE_V2,
            sku=storage.SkuArgs(name=args.settings.redundancy),
            allow_blob_public_access=False,
            allow_cross_tenant_replication=False,
            # Whoever comes has a role: SYSTEM_DATASTORES in workspace.py signs with no key either.
            allow_shared_key_access=False,
            enable_https_traffic_only=True,
            minimum_tls_version=LOWEST_TLS,
            public_network_access=switch(args.public),
            network_rule_set=None if args.public else _only_azure_ml(),
            opts=self.child(protect=args.protect),
        )


def _only_azure_ml() -> storage.NetworkRuleSetArgs:
    """Let in what comes over private endpoints, and Azure ML itself, which works on the account from outside."""
    return storage.NetworkRuleSetArgs(bypass=storage.Bypass.AZURE_SERVICES, default_action=storage.DefaultAction.DENY)
