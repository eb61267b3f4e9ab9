"""How each family of long-running operations looks on the wire.

Source of the rows of Azure ML: public recordings of real traffic (2022 to 2026; the newest form is taken); of the
others: the published specifications.
"""

from __future__ import annotations

import base64
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from windlass_emulator.clock import arm_time, azure_time
from windlass_emulator.errors import AzureError
from windlass_emulator.http import Answer, Request, Route
from windlass_emulator.operations import FAILED, RUNNING, SUCCEEDED, Operation

_ML = "Microsoft.MachineLearningServices"
_NEVER = "0001-01-01T00:00:00+00:00"


@dataclass(frozen=True, slots=True)
class Family:
    """One family.

    Attributes:
        namespace: The provider namespace in the status address.
        status: The path segment of Azure-AsyncOperation; None when the family has none.
        result: The path segment of Location while running; None when a PUT's Location is the resource itself.
        query: What follows the api-version in the address of the status and of the result.
        prefix: Put before the operation's id.
        body: The shape of the status: "bare" {status}, "timed" with times and percent, "named" {id, name, status},
            "resource" {id of the resource, status, startTime, properties}.
        running: The word for not yet ended.
        put: Status of the first answer to a PUT, with the resource as body for 201 and nothing for 202.
        put_location: Where a PUT's Location points.
        null_body: Whether a DELETE's 202 carries the word null.
        timeout: The x-ms-async-operation-timeout.
    """

    namespace: str
    status: str | None
    result: str | None
    query: tuple[str, str] = ("", "")
    prefix: str = ""
    body: Literal["bare", "timed", "named", "resource"] = "bare"
    running: str = RUNNING
    put: int = 201
    put_location: Literal["resource", "result", "none"] = "none"
    null_body: bool = False
    timeout: str = ""


FAMILIES: Mapping[str, Family] = MappingProxyType(
    {
        "workspace": Family(
            _ML, "workspaceOperationsStatus", "workspaceOperationsStatus", ("type=async", "type=location"), put=202,
            put_location="result",
        ),
        "managed_network": Family(
            _ML, None, "workspaceOperationsStatus", ("", "type=location"), put=202, put_location="result"
        ),
        "outbound_rule": Family(
            _ML, None, "workspaceOperationsStatus", ("", "type=location"), put=202, put_location="result"
        ),
        "compute": Family(_ML, "computeOperationsStatus", None, ("service=new", "")),
        "online_endpoint": Family(
            _ML, "mfeOperationsStatus", "mfeOperationResults", prefix="oeidp", body="timed", running="Updating",
            put_location="resource", null_body=True, timeout="PT30M",
        ),
        "online_deployment": Family(
            _ML, "mfeOperationsStatus", "mfeOperationResults", prefix="odidp", body="timed", running="Updating",
            put_location="resource", null_body=True, timeout="PT30M",
        ),
        "batch_endpoint": Family(
            _ML, "mfeOperationsStatus", "mfeOperationResults", prefix="bebes", body="named", running="Updating",
            put_location="resource", null_body=True, timeout="PT30M",
        ),
        "batch_deployment": Family(
            _ML, "mfeOperationsStatus", "mfeOperationResults", prefix="bdbes", body="named", running="Updating",
            put_location="resource", null_body=True, timeout="PT30M",
        ),
        "job_cancel": Family(_ML, None, "mfeOperationResults", prefix="jc", null_body=True, timeout="PT1H"),
        "storage_account": Family("Microsoft.Storage", None, "asyncoperations", put=202, put_location="result"),
        "container_registry": Family(
            "Microsoft.ContainerRegistry", "operationStatuses", "operationResults", put_location="none"
        ),
        "container_group": Family("Microsoft.ContainerInstance", "operations", None, body="resource"),
        "arm": Family("Microsoft.Resources", None, "operationresults", put=202, put_location="result"),
        "key_vault": Family("Microsoft.KeyVault", None, "operationResults", put_location="none"),
        "network": Family("Microsoft.Network", "operations", "operationResults", put_location="none"),
        "private_dns": Family(
            "Microsoft.Network", "privateDnsOperationStatuses", "privateDnsOperationResults", put=202,
            put_location="result",
        ),
        "kubernetes_cluster": Family(
            "Microsoft.ContainerService", "operations", "operationresults", body="named", put_location="none"
        ),
        "cluster_extension": Family(
            "Microsoft.KubernetesConfiguration", "operations", "operationresults", body="named", put_location="none"
        ),
        "log_analytics": Family("Microsoft.OperationalInsights", None, "operationStatuses", put_location="none"),
    }
)  # fmt: skip


def new_operation(
    request: Request,
    family: str,
    resource: str,
    action: str,
    *,
    region: str,
    scope: str = "",
    **arguments: Any,
) -> Operation:
    """Describe an operation; give it to `azure.operations.start`.

    Args:
        request: The request that asks for it.
        family: A key of FAMILIES.
        resource: The id of the resource it is about.
        action: A registered action.
        region: Of the workspace or resource.
        scope: The workspace's guid for the families whose ids carry it.
        arguments: What the action needs (JSON values).
    """
    return Operation(
        id=_operation_id(FAMILIES[family], scope),
        family=family,
        resource=resource,
        action=action,
        arguments=arguments,
        region=region,
        api_version=request.api_version,
        status=RUNNING,
        started=request.azure.clock.now(),
    )


def _operation_id(family: Family, scope: str) -> str:
    if family.prefix:
        return f"{family.prefix}:{scope or uuid.uuid4()}:{uuid.uuid4()}"
    if family.status == "workspaceOperationsStatus":
        return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")
    return str(uuid.uuid4())


def accepted_put(request: Request, operation: Operation, body: Mapping[str, Any]) -> Answer:
    """The first answer to a PUT: 201 with the resource, or 202 with nothing."""
    family = FAMILIES[operation.family]
    headers = _headers(request, operation)
    if family.put_location == "resource":
        headers["Location"] = f"https://{request.host}{operation.resource}?api-version={operation.api_version}"
    elif family.put_location == "result":
        headers["Location"] = _address(request, operation, "result")
    return Answer(family.put, None if family.put == 202 else dict(body), headers)  # noqa: PLR2004 - an HTTP status


def accepted(request: Request, operation: Operation) -> Answer:
    """The first answer to a DELETE, PATCH or POST that takes time: 202."""
    family = FAMILIES[operation.family]
    headers = _headers(request, operation)
    if family.result:
        headers["Location"] = _address(request, operation, "result")
    return Answer(202, b"null" if family.null_body else None, headers)


def _headers(request: Request, operation: Operation) -> dict[str, str]:
    family = FAMILIES[operation.family]
    headers = pace(request)
    if family.status:
        headers["Azure-AsyncOperation"] = _address(request, operation, "status")
    if family.timeout:
        headers["x-ms-async-operation-timeout"] = family.timeout
    return headers


def pace(request: Request) -> dict[str, str]:
    """Headers that tell a client when to ask again, for answers that are not the last."""
    pace = request.azure.settings.retry_after_ms
    return {} if pace is None else {"retry-after-ms": str(pace)}


def _address(request: Request, operation: Operation, what: Literal["status", "result"]) -> str:
    family = FAMILIES[operation.family]
    query = family.query[0 if what == "status" else 1]
    return (
        f"https://{request.host}{_path(request, operation, what)}?api-version={operation.api_version}"
        f"{'&' + query if query else ''}"
    )


def _path(request: Request, operation: Operation, what: Literal["status", "result"]) -> str:
    family = FAMILIES[operation.family]
    segment = family.status if what == "status" else family.result
    return (
        f"/subscriptions/{request.azure.subscription}/providers/{family.namespace}/locations/{operation.region}"
        f"/{segment}/{operation.id}"
    )


def routes() -> tuple[Route, ...]:
    """The addresses at which operations are asked for."""
    base = "/subscriptions/{subscription}/providers/{namespace}/locations/{region}"
    # Paths are matched without regard to case, so two spellings of one segment are one route.
    segments = {s.lower(): (s, f.namespace) for f in FAMILIES.values() for s in (f.status, f.result) if s}
    return tuple(
        Route(
            "GET",
            f"{base}/{segment}/{{operation}}",
            _ask,
            provenance="recorded" if namespace == _ML else "specified",
            summary=f"Poll {segment}",
        )
        for segment, namespace in sorted(segments.values())
    )


async def _ask(request: Request) -> Answer:
    """Answer a poll of an operation."""
    operation = request.azure.operations.get(request.params["operation"])
    if operation is None:
        raise AzureError(404, "NotFound", "The specified resource was not found.")
    family = FAMILIES[operation.family]
    segment = request.path.rsplit("/", 2)[1].lower()
    asks_status = (
        family.status is not None and segment == family.status.lower() and "type=location" not in str(request.query)
    )
    if family.status == family.result and request.query.get("type") == "location":
        asks_status = False
    return _status(request, operation) if asks_status else _result(request, operation)


def _status(request: Request, operation: Operation) -> Answer:
    return Answer(200, status_body(request, operation), pace(request) if operation.running else {})


def _result(request: Request, operation: Operation) -> Answer:
    family = FAMILIES[operation.family]
    if operation.running:
        body = None if family.body == "bare" else status_body(request, operation)
        return Answer(202, body, {**pace(request), "Location": _address(request, operation, "result")})
    if operation.status == FAILED:
        raise AzureError(409, *_failure(operation))
    if family.put_location == "result":
        stored = request.azure.store.get(operation.resource)
        return Answer(200, None if stored is None else request.azure.render(stored, operation.api_version))
    return Answer(200, None if family.body == "bare" else status_body(request, operation))


def _failure(operation: Operation) -> tuple[str, str]:
    error = operation.error or {}
    return error.get("code", "Failed"), error.get("message", "The operation failed.")


def status_body(request: Request, operation: Operation) -> dict[str, Any]:
    """The JSON of a status poll, in the family's shape."""
    family = FAMILIES[operation.family]
    word = family.running if operation.running else operation.status
    path = _path(request, operation, "status" if family.status else "result")
    body: dict[str, Any] = {"status": word}
    if family.body == "bare" and operation.status == SUCCEEDED:
        body["percentComplete"] = 100.0
    if family.body == "resource":
        started = arm_time(operation.started)
        body = {"id": operation.resource, "status": word, "startTime": started, "properties": {"events": []}}
    elif family.body != "bare":
        body = {"id": path, "name": operation.id, "status": word}
    if family.body == "timed":
        ended = _NEVER if operation.ended is None else azure_time(operation.ended)
        body |= {"startTime": azure_time(operation.started), "endTime": ended, "percentComplete": 0.0}
    if operation.status == FAILED:
        code, message = _failure(operation)
        body["error"] = {"code": code, "message": message, "details": [], "additionalInfo": []}
    return body
