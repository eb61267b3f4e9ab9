"""What an operation of the engine does, and what it costs: pure tables.

Every operation of the engine has a line (pulumi's pkg/resource/deploy/step.go lists them); one that has none is
refused rather than passed over.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from windlass.delivery.digest import PreviewStep
from windlass.delivery.models import Change, Risk
from windlass.errors.delivery import UnknownOperationError

OPERATIONS: Final[Mapping[str, Change]] = {
    "same": Change.UNCHANGED,
    "create": Change.CREATED,
    "update": Change.UPDATED,
    "replace": Change.REPLACED,
    "delete": Change.DELETED,
    "import": Change.IMPORTED,
    "read": Change.READ,
    "refresh": Change.READ,
    "diff": Change.READ,
    "discard": Change.READ,
    "extend-parameterize": Change.READ,
    "create-replacement": Change.PART,
    "delete-replaced": Change.PART,
    "read-replacement": Change.PART,
    "import-replacement": Change.PART,
    "discard-replaced": Change.PART,
    "remove-pending-replace": Change.PART,
}

_GOES: Final = frozenset({Change.DELETED, Change.REPLACED})
_RETAINED: Final = "Pulumi forgets it and Azure keeps it"
_UNPROTECTED: Final = "Pulumi will no longer refuse to delete or replace it"
_VERSION: Final = re.compile(r"/v\d+[^:]*(?=:)")


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
    "authorization:RoleAssignment": _service("access is missing, for some minutes even when it is given again"),
}
"""By type without provider and version. A type that is not here is made anew without a loss."""


def short_type(type_: str) -> str:
    """Leave provider and API version out: `azure-native:storage/v20240101:Blob` is `storage:Blob`."""
    return _VERSION.sub("", type_.removeprefix("azure-native:"))


def change_of(step: PreviewStep, replaced: frozenset[str]) -> Change:
    """Say what a step does.

    Args:
        step: The step.
        replaced: URNs of all resources that the preview replaces.

    Raises:
        UnknownOperationError: The table has no such operation.
    """
    change = OPERATIONS.get(step.op)
    if change is None:
        raise UnknownOperationError(step.op, step.urn)
    if step.op == "delete-replaced" and step.urn not in replaced:
        # What an interrupted update left behind: nothing takes its place any more.
        return Change.DELETED
    return change


def risk_of(step: PreviewStep, change: Change) -> tuple[Risk, str]:
    """Say what a change costs, and what that means; a change without cost may still have something to say."""
    loss = LOSSES.get(short_type(step.type))
    old, new = step.old_state, step.new_state
    if change in _GOES and old is not None and old.retain_on_delete:
        return Risk.NONE, _RETAINED
    if change in _GOES and loss is not None:
        return loss.risk, loss.consequence
    if change not in _GOES and old is not None and new is not None and old.protect and not new.protect:
        return Risk.UNPROTECTS, _UNPROTECTED
    return Risk.NONE, ""
