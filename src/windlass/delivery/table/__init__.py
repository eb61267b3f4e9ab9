"""What is known of each type of resource: what its properties mean when they change. Pure tables.

The types are those that the project makes (docs/reference/resources.md). What is in none of the tables is shown as
unknown, and so is a property that its type has no row for.
"""

from __future__ import annotations

from typing import Final

from windlass.delivery.table.access import ACCESS
from windlass.delivery.table.compute import COMPUTE
from windlass.delivery.table.data import DATA
from windlass.delivery.table.model import COSMETIC, EVERYWHERE, Known, Table, behaves, table, touches
from windlass.delivery.table.network import NETWORK
from windlass.delivery.table.watching import WATCHING

_PROVIDER: Final = Known(
    title="provider",
    properties={
        "version": behaves("another version of the provider talks to Azure"),
        "pluginDownloadURL": behaves("the provider comes from elsewhere"),
        "subscriptionId": touches("everything is made in another subscription"),
        "tenantId": touches("everything is made in another tenant"),
        "useDefaultAzureCredential": behaves("Azure is signed in to otherwise"),
        "useOidc": behaves("Azure is signed in to otherwise"),
        "useMsi": behaves("Azure is signed in to otherwise"),
        "clientId": behaves("somebody else signs in to Azure"),
        "environment": touches("everything is made in another cloud"),
        "metadataHost": touches("everything is made in another cloud"),
        "disablePulumiPartnerId": COSMETIC,
    },
)

TABLE: Final[Table] = table(
    {
        **ACCESS,
        **COMPUTE,
        **DATA,
        **NETWORK,
        **WATCHING,
        "pulumi:providers:azure-native": _PROVIDER,
    }
)
"""By type without provider and version."""

__all__ = ["EVERYWHERE", "TABLE", "Known"]
