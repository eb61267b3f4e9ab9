"""What a row of the table of changes says, and the stacks that rows start from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

EVERYTHING: Final = "everything"
TAGGED: Final = "everything that has tags, but endpoints"
ROLES: Final = "role assignments"
IN_WORKSPACE: Final = "the workspace and everything in it"
DIAGNOSTICS: Final = "diagnostic settings"
ALERTS: Final = "alerts"
LOCKS: Final = "locks"
NETWORK: Final = "the network with its gateway, private endpoints and zones"

CLUSTER: Final[Mapping[str, Any]] = MappingProxyType({"vm_size": "Standard_DS3_v2", "max_nodes": 4})
BASE: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "tags": {"team": "crm"},
        "vault": {"purge_protection": False, "retention_days": 7},
        "clusters": {"cpu": dict(CLUSTER)},
        "monitoring": {"diagnostics": False},
    }
)
"""The settings before the change, beside project, cloud and owner; with an online and a batch endpoint."""

_SHARED: Final = "/subscriptions/10ca1000-0000-4000-8000-000000000002/resourceGroups/shared/providers"
BROUGHT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "storage_account": f"{_SHARED}/Microsoft.Storage/storageAccounts/theirdata",
        "key_vault": f"{_SHARED}/Microsoft.KeyVault/vaults/their-vault",
        "container_registry": f"{_SHARED}/Microsoft.ContainerRegistry/registries/theirimages",
        "log_workspace": f"{_SHARED}/Microsoft.OperationalInsights/workspaces/their-logs",
        "identities": f"{_SHARED}/Microsoft.ManagedIdentity/userAssignedIdentities/them",
    }
)
"""Ids that rows bring."""

WATCHED: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "monitoring": {
            "diagnostics": True,
            "mails": ["ops@example.com"],
            "endpoint_alerts": {"no_traffic_minutes": 60},
        }
    }
)
PAID: Final[Mapping[str, Any]] = MappingProxyType({**WATCHED, "budget": {"monthly": 500}})
PERSON: Final[Mapping[str, Any]] = MappingProxyType(
    {"object_id": "77777777-7777-4777-8777-777777777777", "type": "User"}
)
PREMIUM: Final[Mapping[str, Any]] = MappingProxyType({"registry": {"tier": "Premium"}})
PRIVATE: Final[Mapping[str, Any]] = MappingProxyType({**PREMIUM, "network": {"mode": "private"}})
MANAGED: Final[Mapping[str, Any]] = MappingProxyType(
    {
        **PREMIUM,
        "network": {
            "mode": "managed",
            "isolation": "approved",
            "outbound": {
                "site": {"fqdn": "data.contoso.com"},
                "tag": {"service_tag": "DataFactory"},
                "data": {"private_endpoint": BROUGHT["storage_account"], "subresource": "blob"},
            },
        },
    }
)
ON_AKS: Final[Mapping[str, Any]] = MappingProxyType(
    {"kubernetes": {"insecure": True, "pools": {"models": dict(CLUSTER)}}}
)
ON_AKS_WITH_TLS: Final[Mapping[str, Any]] = MappingProxyType(
    {"kubernetes": {"tls": {"secret": "certificate", "host": "models.example.com"}}}
)
RELEASED_BY: Final[Mapping[str, Any]] = MappingProxyType({"deployers": {"ada": dict(PERSON)}})

WITHOUT_ROWS: Final = frozenset(
    {
        # The subscription changes with it, so it is another stack.
        "cloud",
        # Everything is made anew in a workspace of somebody else; which other settings go is in bring-your-own.md.
        "bring.workspace",
        # A table of its own: tests/infra/test_network_changes.py.
        "network",
        # Which network a stack lives in is settled before its first `up`.
        "bring.virtual_network",
        "bring.subnets",
        "bring.private_dns_zones",
    }
)
"""Settings, with all below them, that the table says nothing of."""


GUARDED: Final = frozenset(
    {
        EVERYTHING,
        IN_WORKSPACE,
        "storage-account",
        "storage-scoring",
        "vault-vault",
        "registry-registry",
        "observability-logs",
        "observability-insights",
        "kubernetes-cluster",
        "attached-cluster-compute",
    }
)
"""What holds data or traffic and goes in some row; a word counts when something in it does."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One setting that changes, and what a preview says then; what is not named stays as it is.

    Attributes:
        key: The key path under `windlass:settings`, or a key of `azure-native:`.
        says: The change, for people.
        change: The same, laid over `BASE`; None removes a key.
        before: What there is already, laid over `BASE` first.
        location: The region after the change.
        slow: Whether only `make test-all` runs the program for it.
        update: What is changed in place, by logical name or by one of the words above.
        replace: What is made anew.
        create: What is made.
        delete: What goes.
        note: What the operation alone does not tell.
    """

    key: str
    says: str
    change: Mapping[str, Any] = field(default_factory=dict)
    before: Mapping[str, Any] = field(default_factory=dict)
    location: str = "westeurope"
    slow: bool = False
    update: tuple[str, ...] = ()
    replace: tuple[str, ...] = ()
    create: tuple[str, ...] = ()
    delete: tuple[str, ...] = ()
    note: str = ""
