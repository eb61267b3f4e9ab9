"""The official clients of Azure Resource Manager on a running local Azure, and raw calls where envelopes matter."""

from __future__ import annotations

import ssl
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import httpx
from azure.mgmt.applicationinsights import ApplicationInsightsManagementClient
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.consumption import ConsumptionManagementClient
from azure.mgmt.containerinstance import ContainerInstanceManagementClient
from azure.mgmt.containerregistry import ContainerRegistryManagementClient
from azure.mgmt.containerservice import ContainerServiceClient
from azure.mgmt.dns import DnsManagementClient
from azure.mgmt.keyvault import KeyVaultManagementClient
from azure.mgmt.kubernetesconfiguration import SourceControlConfigurationClient
from azure.mgmt.loganalytics import LogAnalyticsManagementClient
from azure.mgmt.monitor import MonitorManagementClient
from azure.mgmt.msi import ManagedServiceIdentityClient
from azure.mgmt.network import NetworkManagementClient
from azure.mgmt.privatedns import PrivateDnsManagementClient
from azure.mgmt.resource import ResourceManagementClient, SubscriptionClient
from azure.mgmt.resource.locks import ManagementLockClient
from azure.mgmt.storage import StorageManagementClient
from azure.storage.blob import BlobServiceClient

from support.local_azure import RunningAzure

MANAGEMENT = "https://management.azure.com"


def fresh(prefix: str) -> str:
    """Return a name that no other test has."""
    return f"{prefix}{uuid.uuid4().hex[:8]}"


@dataclass
class ArmClients:
    """One client of each kind."""

    azure: RunningAzure
    _open: list[Any] = field(default_factory=list)

    def _client(self, kind: Any, **more: Any) -> Any:
        client = kind(self.azure.credential(), self.azure.subscription, **self.azure.client_options(), **more)
        self._open.append(client)
        return client

    @cached_property
    def resources(self) -> Any:
        """Resource groups, resources, providers."""
        return self._client(ResourceManagementClient)

    @cached_property
    def subscriptions(self) -> Any:
        """The subscription and its regions."""
        client = SubscriptionClient(self.azure.credential(), **self.azure.client_options())
        self._open.append(client)
        return client

    @cached_property
    def storage(self) -> Any:
        """Storage accounts and containers."""
        return self._client(StorageManagementClient)

    @cached_property
    def vaults(self) -> Any:
        """Key vaults."""
        return self._client(KeyVaultManagementClient)

    @cached_property
    def registries(self) -> Any:
        """Container registries."""
        return self._client(ContainerRegistryManagementClient, api_version="2023-01-01-preview")

    @cached_property
    def builds(self) -> Any:
        """The runs of container registries."""
        return self._client(ContainerRegistryManagementClient, api_version="2019-06-01-preview")

    @cached_property
    def containers(self) -> Any:
        """Container groups."""
        return self._client(ContainerInstanceManagementClient)

    @cached_property
    def clusters(self) -> Any:
        """AKS clusters, their pools and namespaces."""
        return self._client(ContainerServiceClient)

    @cached_property
    def extensions(self) -> Any:
        """Extensions of AKS clusters."""
        return self._client(SourceControlConfigurationClient, api_version="2023-05-01").extensions

    @cached_property
    def logs(self) -> Any:
        """Log Analytics workspaces."""
        return self._client(LogAnalyticsManagementClient)

    @cached_property
    def insights(self) -> Any:
        """Application Insights components."""
        return self._client(ApplicationInsightsManagementClient)

    @cached_property
    def identities(self) -> Any:
        """User-assigned identities."""
        return self._client(ManagedServiceIdentityClient)

    @cached_property
    def roles(self) -> Any:
        """Role assignments and definitions."""
        return self._client(AuthorizationManagementClient)

    @cached_property
    def trust(self) -> ssl.SSLContext:
        """Trusts the local Azure's certificate."""
        return ssl.create_default_context(cafile=self.azure.authority)

    @cached_property
    def networks(self) -> Any:
        """Virtual networks and what is in them."""
        return self._client(NetworkManagementClient)

    @cached_property
    def private_dns(self) -> Any:
        """Private DNS zones."""
        return self._client(PrivateDnsManagementClient)

    @cached_property
    def dns(self) -> Any:
        """Public DNS zones."""
        return self._client(DnsManagementClient)

    @cached_property
    def locks(self) -> Any:
        """Locks."""
        return self._client(ManagementLockClient)

    @cached_property
    def budgets(self) -> Any:
        """Budgets."""
        return self._client(ConsumptionManagementClient)

    @cached_property
    def monitor(self) -> Any:
        """Action groups and metric alerts."""
        return self._client(MonitorManagementClient)

    def monitor_of(self, version: str) -> Any:
        """Azure Monitor in one api-version; only some have diagnostic settings, autoscale or log alerts."""
        return self._client(MonitorManagementClient, api_version=version)

    @cached_property
    def http(self) -> httpx.Client:
        """A plain client that carries the token."""
        token = self.azure.credential().get_token(f"{MANAGEMENT}/.default").token
        client = httpx.Client(
            base_url=MANAGEMENT,
            proxy=self.azure.proxy,
            verify=self.trust,
            headers={"Authorization": f"Bearer {token}"},
            trust_env=False,
        )
        self._open.append(client)
        return client

    def call(
        self, method: str, path: str, body: Any = None, *, api_version: str | None = "2024-03-01", **more: Any
    ) -> httpx.Response:
        """Send one request to management.azure.com; `{sub}` in the path is the subscription."""
        query: Mapping[str, str] = {} if api_version is None else {"api-version": api_version}
        where = path.replace("{sub}", f"/subscriptions/{self.azure.subscription}")
        return self.http.request(method, where, params={**query, **more.pop("params", {})}, json=body, **more)

    def group(self, location: str = "westeurope") -> str:
        """Make a resource group and return its name."""
        name = fresh("rg-")
        self.resources.resource_groups.create_or_update(name, {"location": location})
        return name

    def account(self, group: str) -> str:
        """Make a storage account and return its name."""
        name = fresh("acct")
        body = {"location": "westeurope", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}}
        self.storage.storage_accounts.begin_create(group, name, body).result()
        return name

    def log_workspace(self, group: str, name: str = "") -> str:
        """Make a Log Analytics workspace and return its id."""
        name = name or fresh("logs-")
        made = self.logs.workspaces.begin_create_or_update(group, name, {"location": "westeurope"}).result()
        return str(made.id)

    def network(self, group: str, **subnets: str) -> str:
        """Make a virtual network of 10.1.0.0/16 with subnets by name and range; return its name."""
        name = fresh("vnet-")
        body = {
            "location": "westeurope",
            "address_space": {"address_prefixes": ["10.1.0.0/16"]},
            "subnets": [{"name": key, "address_prefix": prefix} for key, prefix in subnets.items()],
        }
        self.networks.virtual_networks.begin_create_or_update(group, name, body).result()
        return name

    def blobs(self, group: str, account: str) -> BlobServiceClient:
        """Return a blob client with the account's key."""
        key = self.call("POST", f"{{sub}}/resourceGroups/{group}/providers/Microsoft.Storage/storageAccounts/{account}"
                        "/listKeys", api_version="2024-01-01").json()["keys"][0]["value"]  # fmt: skip
        client = BlobServiceClient(
            f"https://{account}.blob.core.windows.net", credential=key, **self.azure.client_options()
        )
        self._open.append(client)
        return client

    def close(self) -> None:
        """Close all connections."""
        for client in self._open:
            client.close()
