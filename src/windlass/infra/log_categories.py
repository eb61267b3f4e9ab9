"""Which logs of each type are sent to Log Analytics: a pure table.

Metrics are not sent on: Azure Monitor keeps them for 93 days at no cost, and alerts read them there. Of the logs,
those are sent that say who did what to whom, or why something failed; each gigabyte of them is paid for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

ALL_LOGS: Final = "allLogs"
AUDIT: Final = "audit"


@dataclass(frozen=True, kw_only=True)
class Logs:
    """What one type sends.

    Attributes:
        group: A category group of Azure, or None for single categories.
        categories: Single categories.
        below: Where the setting stands, when it is not the resource itself: a path below its id.
    """

    group: str | None = None
    categories: tuple[str, ...] = ()
    below: str = ""


_STORAGE_SERVICES: Final = ("blob", "file", "queue", "table")
_ML: Final = "machinelearningservices"

LOGS: Final[Mapping[str, tuple[Logs, ...]]] = {
    # An account itself has metrics only; its services have the logs. The workspace uses blobs and files; queues and
    # tables are watched because nobody should use them.
    "storage:StorageAccount": tuple(
        Logs(group=AUDIT, below=f"{service}Services/default") for service in _STORAGE_SERVICES
    ),
    "keyvault:Vault": (Logs(group=AUDIT),),
    "containerregistry:Registry": (Logs(group=AUDIT),),
    # Who asked for which logs. What the workspace itself does is not logged anywhere else.
    "operationalinsights:Workspace": (Logs(group=AUDIT),),
    f"{_ML}:Workspace": (Logs(group=ALL_LOGS),),
    f"{_ML}:OnlineEndpoint": (Logs(group=ALL_LOGS),),
    # Not kube-audit: it has every read of every controller, and costs more than the cluster.
    "containerservice:ManagedCluster": (
        Logs(categories=("kube-audit-admin", "kube-apiserver", "guard", "cluster-autoscaler")),
    ),
    "network:NetworkSecurityGroup": (Logs(group=ALL_LOGS),),
    "network:VirtualNetwork": (Logs(group=ALL_LOGS),),
    "network:PublicIPAddress": (Logs(group=ALL_LOGS),),
}
"""Type -> its diagnostic settings. Batch endpoints, clusters and identities have no logs of their own in Azure: what
happens in them stands in the logs of the workspace."""
