"""Reads what was under way from an exported state, and writes what was settled into it. Pure.

The engine's own ways were tried first. `refresh --import-pending-creates` drops a resource from the state without a
word; `refresh --clear-pending-creates` does so by intention; `pulumi import` writes inputs that it read from Azure,
not those of the program, so that the next `up` changes what needs no change. So the state is edited here: a resource
that was created gets the inputs that its creation was begun with and the outputs that the provider reads for it, which
is what the engine would have written, had it lived.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from windlass.project.arm_ids import find_id
from windlass.recovery.models import DropResource, Forget, Kind, ReadAgain, Settlement, TakeOver

Json = dict[str, Any]

API_VERSION: Final = "azureApiVersion"
_PENDING: Final = "pending_operations"
_RETRY: Final = "its creation or update was interrupted, and Azure says that it failed"


@dataclass(frozen=True, kw_only=True)
class Pending:
    """An operation as the state tells it.

    Attributes:
        id: Of the resource in Azure; empty when it lies nowhere that is known.
        api_version: To ask Azure with; empty as `id`.
        is_azure: Is a resource in Azure at all.
    """

    kind: Kind
    urn: str
    id: str
    api_version: str
    tags: Mapping[str, str]
    is_azure: bool


def pending_operations(deployment: Mapping[str, Any], subscription: str) -> tuple[Pending, ...]:
    """List the operations that were begun and not ended, each once."""
    found = {}
    for operation in deployment.get(_PENDING) or ():
        resource = operation["resource"]
        if operation["type"] != "creating" and not resource.get("id"):
            # The engine writes what a change is to lead to, without the id of what it changes.
            resource = {**resource, "id": _id_of(deployment, resource["urn"])}
        pending = _pending(operation["type"], resource, subscription)
        found[pending.kind, pending.urn, pending.id] = pending
    return tuple(found.values())


def candidates(deployment: Mapping[str, Any], settlements: Iterable[Settlement]) -> tuple[Json, tuple[str, ...]]:
    """Make a state in which the provider can read what has to be read, and name those resources.

    It is never written to the stack: the resources in it that were just created have no outputs yet.
    """
    edited = copy.deepcopy(dict(deployment))
    wanted = []
    for step in settlements:
        if isinstance(step, TakeOver):
            _insert(edited, {**_begun(deployment, step.urn), "id": step.id})
        if isinstance(step, TakeOver | ReadAgain):
            wanted.append(step.urn)
    edited.pop(_PENDING, None)
    return edited, tuple(dict.fromkeys(wanted))


def settled(deployment: Mapping[str, Any], read: Mapping[str, Any], settlements: Iterable[Settlement]) -> Json:
    """Write what was settled into a state.

    Args:
        deployment: The state as it was exported.
        read: The state of `candidates` after the provider has read the resources named there.
        settlements: What was decided.
    """
    edited = copy.deepcopy(dict(deployment))
    edited.pop(_PENDING, None)
    shown = {(row["urn"], _key(row)): row for row in read.get("resources") or () if not row.get("delete")}
    for step in settlements:
        if isinstance(step, Forget):
            continue
        row = shown.get((step.urn, step.id.lower()))
        if isinstance(step, DropResource) or row is None:
            _remove(edited, step.urn, step.id)
        elif isinstance(step, TakeOver):
            _insert(edited, _finished({**row, "inputs": _begun(deployment, step.urn)["inputs"]}, retry=step.retry))
        else:
            _replace(edited, _finished(row, retry=step.retry))
    return edited


def _pending(kind: Kind, resource: Mapping[str, Any], subscription: str) -> Pending:
    inputs, outputs = resource.get("inputs") or {}, resource.get("outputs") or {}
    is_azure = resource["type"].startswith("azure-native:")
    known = resource.get("id") or ""
    if kind == "creating" and is_azure:
        known = find_id(resource["type"], inputs, subscription) or ""
    version = inputs.get(API_VERSION) or outputs.get(API_VERSION) or ""
    return Pending(
        kind=kind,
        urn=resource["urn"],
        id=known if version else "",
        api_version=version if known else "",
        tags={name: str(value) for name, value in (inputs.get("tags") or {}).items()},
        is_azure=is_azure,
    )


def _id_of(deployment: Mapping[str, Any], urn: str) -> str:
    rows = deployment.get("resources") or ()
    return next((str(row.get("id") or "") for row in rows if row["urn"] == urn and not row.get("delete")), "")


def _begun(deployment: Mapping[str, Any], urn: str) -> Json:
    """The resource of an interrupted creation, as it was to be."""
    resources = (
        each["resource"]
        for each in deployment[_PENDING]
        if each["type"] == "creating" and each["resource"]["urn"] == urn
    )
    return copy.deepcopy(dict(next(resources)))


def _finished(row: Json, *, retry: bool) -> Json:
    """A row that is complete; with errors of its creation in it the engine sends it again, as it does by itself."""
    return {**row, "initErrors": [_RETRY]} if retry else {key: row[key] for key in row if key != "initErrors"}


def _insert(deployment: Json, row: Json) -> None:
    """Put a new resource in; one that it was to replace stays behind it, to be deleted by the next run."""
    rows: list[Json] = deployment.setdefault("resources", [])
    for index, old in enumerate(rows):
        if old["urn"] == row["urn"] and not old.get("delete"):
            rows[index] = row
            if not old.get("pendingReplacement"):
                rows.append({**old, "delete": True})
            return
    rows.append(row)


def _replace(deployment: Json, row: Json) -> None:
    rows = deployment["resources"]
    rows[:] = [row if each["urn"] == row["urn"] and _key(each) == _key(row) else each for each in rows]


def _remove(deployment: Json, urn: str, resource_id: str) -> None:
    rows = deployment["resources"]
    rows[:] = [each for each in rows if each["urn"] != urn or _key(each) != resource_id.lower()]


def _key(row: Mapping[str, Any]) -> str:
    """A resource's id as it is compared: Azure changes its case at will."""
    return str(row.get("id") or "").lower()
