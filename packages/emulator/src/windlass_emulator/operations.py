"""Long-running operations: started, written down, carried out, asked for, and taken up again after a kill.

An operation is a row in the store and an *action*: a coroutine registered under a name, called with the
operation. The row comes first, so whatever Azure has promised with a 201 or 202 is finished after a restart;
actions must therefore bear being run twice.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from windlass_emulator.errors import OperationFailedError

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure

_log = logging.getLogger(__name__)

RUNNING = "InProgress"
SUCCEEDED = "Succeeded"
FAILED = "Failed"
CANCELED = "Canceled"


@dataclass(frozen=True, slots=True)
class Operation:
    """One long-running operation.

    Attributes:
        family: Which table row of `lro.py` shapes its answers.
        resource: The id of the resource it is about.
        action: The registered name of what it does.
        arguments: What the action needs besides the resource (JSON).
        region: The workspace's or resource's region, part of the status address.
        error: Code and message when it failed.
    """

    id: str
    family: str
    resource: str
    action: str
    arguments: Mapping[str, Any]
    region: str
    api_version: str
    status: str
    started: float
    ended: float | None = None
    error: Mapping[str, str] | None = None

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self.ended is None


Action = Callable[["LocalAzure", Operation], Awaitable[None]]


class Operations:
    """Starts operations and knows those under way."""

    def __init__(self, azure: LocalAzure, actions: Mapping[str, Action]) -> None:
        self._azure = azure
        self._actions = actions
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def start(self, operation: Operation) -> Operation:
        """Write the operation down and begin its action; returns at once."""
        self._write(operation)
        self._begin(operation)
        return operation

    def get(self, operation_id: str) -> Operation | None:
        """Return an operation by id."""
        row = self._azure.store.operation(operation_id)
        return _operation(row) if row else None

    def of_resource(self, resource_id: str) -> list[Operation]:
        """Return the running operations about a resource or anything below it."""
        key = resource_id.lower()
        return [
            operation
            for operation in map(_operation, self._azure.store.running_operations())
            if operation.resource.lower() == key or operation.resource.lower().startswith(key + "/")
        ]

    def resume(self) -> None:
        """Take up what a kill interrupted."""
        for row in self._azure.store.running_operations():
            self._begin(_operation(row))

    async def stop(self) -> None:
        """Drop all actions without ending their operations; a later start resumes them."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def settled(self, operation_id: str) -> Operation | None:
        """Wait until an operation has ended and return it."""
        if task := self._tasks.get(operation_id):
            await asyncio.wait([task])
        return self.get(operation_id)

    def _begin(self, operation: Operation) -> None:
        task = asyncio.create_task(self._carry_out(operation), name=f"operation {operation.id}")
        self._tasks[operation.id] = task
        task.add_done_callback(lambda _: self._tasks.pop(operation.id, None))

    async def _carry_out(self, operation: Operation) -> None:
        try:
            self._azure.faults.check_operation(operation.family)
            await self._actions[operation.action](self._azure, operation)
        except OperationFailedError as error:
            self._end(operation, FAILED, {"code": error.code, "message": error.message})
        except Exception as error:  # noqa: BLE001 - the edge of an operation; nothing above could report it
            # A bug of ours must not leave the operation running for ever: it fails, and the log has the trace.
            _log.exception("operation %s on %s", operation.action, operation.resource)
            self._end(
                operation,
                FAILED,
                {"code": "InternalServerError", "message": f"{type(error).__name__}: {error}"},
            )
        else:
            self._end(operation, SUCCEEDED, None)

    def _end(self, operation: Operation, status: str, error: Mapping[str, str] | None) -> None:
        self._write(replace(operation, status=status, ended=self._azure.clock.now(), error=error))

    def _write(self, operation: Operation) -> None:
        self._azure.store.put_operation(
            {
                "id": operation.id,
                "family": operation.family,
                "resource": operation.resource,
                "action": operation.action,
                "arguments": json.dumps(dict(operation.arguments)),
                "status": operation.status,
                "region": operation.region,
                "api_version": operation.api_version,
                "started": operation.started,
                "ended": operation.ended,
                "error": json.dumps(dict(operation.error)) if operation.error else None,
            }
        )


def _operation(row: Mapping[str, Any]) -> Operation:
    return Operation(
        id=row["id"],
        family=row["family"],
        resource=row["resource"],
        action=row["action"],
        arguments=json.loads(row["arguments"]),
        region=row["region"],
        api_version=row["api_version"],
        status=row["status"],
        started=row["started"],
        ended=row["ended"],
        error=json.loads(row["error"]) if row["error"] else None,
    )
