"""What is lost when a resource goes, by its type: one table for reports and policies. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from windlass.delivery.models import Risk

_VERSION: Final = re.compile(r"/v\d+[^:]*(?=:)")
# The second form is that of a package which holds one API version of one service.
_PROVIDER: Final = re.compile(r"^azure-native(_[a-z]+_v[a-z0-9]+)?:")


@dataclass(frozen=True, kw_only=True)
class Loss:
    """What it means that a resource of some type goes, also when another takes its place."""

    risk: Risk
    consequence: str


def _data(consequence: str) -> Loss:
    return Loss(risk=Risk.LOSES_DATA, consequence=consequence)


def _service(consequence: str) -> Loss:
    return Loss(risk=Risk.INTERRUPTS_SERVICE, consequence=consequence)


LOSSES: Final[Mapping[str, Loss]] = {
    "resources:ResourceGroup": _data("everything in the group is deleted"),
    "storage:StorageAccount": _data("models, results and all other files in it are deleted"),
    "storage:BlobContainer": _data("all files in it are deleted"),
    "storage:FileShare": _data("all files in it are deleted"),
    "keyvault:Vault": _data("its keys and secrets go with it, and its name stays taken until it is purged"),
    "containerregistry:Registry": _data("the images in it are deleted"),
    "machinelearningservices:Workspace": _data(
        "models, jobs and endpoints in it are deleted, and its name stays taken until it is purged"
    ),
    "machinelearningservices:Registry": _data("models and environments in it are deleted"),
    "operationalinsights:Workspace": _data("the logs in it are deleted"),
    "applicationinsights:Component": _data("the requests and traces recorded in it are lost"),
    "machinelearningservices:OnlineEndpoint": _service("callers get no answer: its deployments go with it"),
    "machinelearningservices:BatchEndpoint": _service("no job can be started on it: its deployments go with it"),
    "machinelearningservices:Compute": _service("jobs that run on it end"),
    "containerservice:ManagedCluster": _service("everything that runs on it stops"),
    "containerservice:AgentPool": _service("everything that runs on it stops"),
    "containerinstance:ContainerGroup": _service("its containers stop"),
    "managedidentity:UserAssignedIdentity": _service("whatever runs as it loses its access"),
    "containerservice:ManagedNamespace": _service("every deployment in it stops"),
    "kubernetesconfiguration:Extension": _service("models on the cluster no longer answer"),
    "network:VirtualNetwork": _service("whatever is in it loses its connections"),
    "network:NatGateway": _service("nothing goes out of the network any more"),
    "network:PrivateEndpoint": _service("what comes over it no longer gets through"),
    "network:PrivateDnsZoneGroup": _service("names lead to public addresses, which refuse"),
    "privatedns:PrivateZone": _service("names lead to public addresses, which refuse"),
    "privatedns:VirtualNetworkLink": _service("names lead to public addresses, which refuse"),
    "machinelearningservices:ManagedNetworkSettingsRule": _service("what goes out by it is refused"),
    "authorization:RoleAssignment": _service("access is missing, for some minutes even when it is given again"),
}
"""By type without provider and version. A type that is not here is made anew without a loss."""


def short_type(type_: str) -> str:
    """Leave provider and API version out: `azure-native:storage/v20240101:Blob` is `storage:Blob`."""
    return _VERSION.sub("", _PROVIDER.sub("", type_))
