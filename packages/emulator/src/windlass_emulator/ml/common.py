"""What all of the ML service's parts share: addresses below a workspace, names, systemData, refusals.

References to assets (`azureml:churn:7`, ARM ids, `azureml://` and blob addresses) are in `references.py`; the
content behind them comes from `content.py`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from windlass_emulator.clock import arm_time, azure_time
from windlass_emulator.errors import MlError, group_not_found, ml_refusal, resource_not_found

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure
    from windlass_emulator.http import Request
    from windlass_emulator.store import Resource

NAMESPACE = "Microsoft.MachineLearningServices"

SUBSCRIPTION = "/subscriptions/{subscription}"
GROUP = SUBSCRIPTION + "/resourceGroups/{group}"
WORKSPACES = f"{GROUP}/providers/{NAMESPACE}/workspaces"
WORKSPACE = WORKSPACES + "/{workspace}"
LOCATION = f"{SUBSCRIPTION}/providers/{NAMESPACE}/locations/{{region}}"
"""Templates of routes; everything of a workspace stands below WORKSPACE."""

WORKSPACE_TYPE = f"{NAMESPACE}/workspaces"

ASSET_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{0,254}\Z")
WORKSPACE_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]{2,32}\Z")

_NOT_FOUND = "The specified resource was not found."


def type_of(*segments: str) -> str:
    """Return the full type of something in a workspace, such as `type_of("models", "versions")`."""
    return "/".join((WORKSPACE_TYPE, *segments))


def type_of_id(resource_id: str) -> str:
    """Return the full type that an ARM id spells."""
    namespace, *rest = resource_id.rsplit("/providers/", maxsplit=1)[-1].split("/")
    return "/".join((namespace, *rest[0::2]))


def group_id(request: Request) -> str:
    """Return the id of the resource group that a request names."""
    return f"/subscriptions/{request.params['subscription']}/resourceGroups/{request.params['group']}"


def workspace_id(request: Request) -> str:
    """Return the id of the workspace that a request names, whether or not there is one."""
    return f"{group_id(request)}/providers/{NAMESPACE}/workspaces/{request.params['workspace']}"


def require_group(request: Request) -> Resource:
    """Return the resource group of a request.

    Raises:
        AzureError: 404 ResourceGroupNotFound.
    """
    if group := request.azure.store.get(group_id(request)):
        return group
    raise group_not_found(request.params["group"])


def require_workspace(request: Request) -> Resource:
    """Return the workspace of a request.

    Raises:
        AzureError: 404 for the group or the workspace.
    """
    if workspace := request.azure.store.get(workspace_id(request)):
        return workspace
    require_group(request)
    raise resource_not_found(WORKSPACE_TYPE, request.params["workspace"], request.params["group"])


def child_id(workspace: Resource | str, *segments: str) -> str:
    """Return the id of something in a workspace: `child_id(workspace, "models", "churn", "versions", "1")`."""
    base = workspace if isinstance(workspace, str) else workspace.id
    return "/".join((base, *segments))


def workspace_of(resource_id: str) -> str:
    """Return the workspace's id of anything below it (in the case in which it is written there)."""
    match = re.match(rf"(/subscriptions/[^/]+/resourceGroups/[^/]+/providers/{NAMESPACE}/workspaces/[^/]+)",
                     resource_id, re.IGNORECASE)  # fmt: skip
    if match is None:
        raise ml_refusal(f"'{resource_id}' is not the id of something in a workspace.")
    return match[1]


def region_of(workspace: Resource) -> str:
    """Return the region in which a workspace, and so each of its operations, lives."""
    return str(workspace.body["location"])


def system_data(
    request: Request, previous: Resource | None = None, *, style: Literal["ml", "arm"] = "ml"
) -> dict[str, str]:
    """Return the systemData of a resource that is written now.

    Args:
        request: Tells who writes.
        previous: What was there before; its creation is kept.
        style: How times are written: "ml" `..+00:00`, as assets and endpoints have them; "arm" `..Z`, as the workspace.
    """
    write = azure_time if style == "ml" else arm_time
    writer = request.principal.object_id if request.principal else ""
    now = write(request.azure.clock.now())
    created = {"createdAt": now, "createdBy": writer, "createdByType": "Application"}
    if previous and "systemData" in previous.body:
        created = {key: previous.body["systemData"][key] for key in created if key in previous.body["systemData"]}
    return {**created, "lastModifiedAt": now, "lastModifiedBy": writer, "lastModifiedByType": "Application"}


def require_name(name: str, pattern: re.Pattern[str], what: str, rule: str) -> None:
    """Refuse a name that breaks Azure's rule.

    Args:
        name: The name asked for.
        pattern: The rule.
        what: Such as "model".
        rule: The rule in words.

    Raises:
        MlError: 400 with the rule.
    """
    if not pattern.match(name):
        raise ml_refusal(f"The {what} name '{name}' is invalid: {rule}.")


def not_found(code: str, message: str) -> MlError:
    """404 of the ML service: code UserError, the cause in the one detail (recorded)."""
    return ml_refusal(_NOT_FOUND, status=404, detail_code=code, detail=message)


def conflict(message: str) -> MlError:
    """409 of the ML service (the envelope is recorded, the wordings are not)."""
    return ml_refusal(message, status=409)


def is_busy(azure: LocalAzure, resource_id: str) -> bool:
    """Say whether an operation on a resource itself, not on something in it, is under way."""
    running = azure.operations.of_resource(resource_id)
    return any(operation.resource.lower() == resource_id.lower() for operation in running)


def refuse_if_busy(request: Request, resource_id: str) -> None:
    """Refuse a change of a resource while another one is under way.

    Raises:
        MlError: 409.
    """
    if is_busy(request.azure, resource_id):
        name = resource_id.rsplit("/", 1)[1]
        raise conflict(f"Another operation on '{name}' is in progress. Wait until it has ended, then try again.")


def current_state(azure: LocalAzure, resource: Resource) -> str:
    """Return the provisioningState of a resource.

    One that is stored as under way while nothing works on it was left so by an operation that failed.
    """
    stored = str(resource.body["properties"]["provisioningState"])
    if stored in {"Succeeded", "Failed"} or is_busy(azure, resource.id):
        return stored
    return "Failed"


def place(resource_id: str) -> Mapping[str, str]:
    """Return subscription, group and workspace that an id names, for messages."""
    parts = workspace_of(resource_id).split("/")
    return {"subscription": parts[2], "group": parts[4], "workspace": parts[8]}


def listing(items: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a list's body: one page, without nextLink, as every recorded list of the ML service."""
    return {"value": items}
