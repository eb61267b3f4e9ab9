"""Create, read, update and delete of one resource: the order of requests that the real provider keeps."""

import asyncio
import logging
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from windlass_provider.arm.client import ArmClient
from windlass_provider.errors import ArmError, PartialFailureError, ProviderError, TimedOutError
from windlass_provider.paths import parameters_in, resource_id
from windlass_provider.refresh import refreshed_inputs
from windlass_provider.schema.model import ResourceType, Table
from windlass_provider.shaping import (
    inputs_in_outputs,
    inputs_of_body,
    outputs_of,
    preview_outputs,
    request_body,
)
from windlass_provider.values import API_VERSION, Properties, Value, look_up

_Result = TypeVar("_Result")
_DEFAULT_TIMEOUT: Final = 7200.0
_NOT_FOUND: Final = 404
_STABLE: Final = ("name", "location")
"""Outputs that an update never changes, so that a preview may pass them on."""
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Found:
    """A resource as it is in Azure."""

    resource_id: str
    state: Properties
    inputs: Properties


class Resources:
    """The four verbs over a table of types and a client of ARM."""

    def __init__(self, table: Table, arm: ArmClient, subscription: str) -> None:
        self._table = table
        self._arm = arm
        self._subscription = subscription

    async def create(self, row: ResourceType, inputs: Properties, seconds: float) -> Found:
        """Makes a resource that must not exist yet.

        Raises:
            AlreadyExistsError: It does exist.
            PartialFailureError: Azure took it on, but its operation failed.
            ProviderError: It was refused, so nothing exists.
        """
        identifier = resource_id(row.path, inputs, self._subscription)
        body = request_body(self._table, row, inputs)
        for path in row.maintained:
            # Azure wants these arrays even where another resource is to own them.
            if look_up(body, path) is None:
                _put_at(body, path, [])

        deadline = Deadline(seconds)
        await deadline.keep(self._arm.require_absent(identifier, row.api_version))
        return await self._write(row, identifier, body, inputs, deadline)

    async def update(self, row: ResourceType, inputs: Properties, seconds: float) -> Found:
        """Sends all inputs of an existing resource again.

        Raises:
            PartialFailureError: Azure took it on, but its operation failed.
            ProviderError: It was refused.
        """
        identifier = resource_id(row.path, inputs, self._subscription)
        body = request_body(self._table, row, inputs)

        deadline = Deadline(seconds)
        await deadline.keep(self._keep_maintained(row, identifier, body))
        return await self._write(row, identifier, body, inputs, deadline)

    async def read(self, row: ResourceType, identifier: str, inputs: Properties, state: Properties) -> Found | None:
        """What is in Azure now; None when it is gone.

        Without inputs and state it is an import: the inputs are made up from the id and the answer.
        """
        try:
            body = await self._arm.get(identifier, row.api_version)
        except ArmError as error:
            if error.status == _NOT_FOUND:
                return None
            raise
        outputs = self._state(row, body)
        if inputs or state:
            known = self._refreshed(row, inputs, state, outputs)
        else:
            known = inputs_of_body(self._table, row, parameters_in(row.path, identifier), body)
        return Found(resource_id=identifier, state=outputs, inputs=known)

    async def delete(self, row: ResourceType, identifier: str, seconds: float) -> None:
        """Takes the resource away; one that is gone already is fine."""
        work = self._arm.delete(identifier, row.api_version, long_running=row.delete_long_running)
        await Deadline(seconds).keep(work)

    def previewed(self, row: ResourceType, inputs: Properties, state: Mapping[str, Value]) -> Properties:
        """What a preview can tell of the outputs of a create (no state) or an update."""
        outputs = preview_outputs(self._table, row.outputs, inputs)
        outputs.update({name: state[name] for name in _STABLE if name in state and name in row.outputs.properties})
        return outputs

    async def _write(
        self,
        row: ResourceType,
        identifier: str,
        body: Mapping[str, Any],
        inputs: Properties,
        deadline: "Deadline",
    ) -> Found:
        accepted = await deadline.keep(self._arm.put(identifier, row.api_version, body))
        try:
            answered = await deadline.keep(self._arm.finish(accepted, long_running=row.put_long_running))
        except ProviderError as error:
            raise await self._half_made(row, identifier, inputs, error) from error
        named = answered.get("id")
        canonical = named if isinstance(named, str) and named else identifier
        try:
            # A GET may show more than the answer of the PUT, and refresh will compare with a GET.
            answered = await self._arm.get(canonical, row.api_version)
        except ArmError as error:
            _LOG.warning("Reading %s after it was written failed: %s", canonical, error)
        return Found(resource_id=canonical, state=self._state(row, answered), inputs=inputs)

    async def _half_made(
        self, row: ResourceType, identifier: str, inputs: Properties, cause: ProviderError
    ) -> PartialFailureError:
        """The error that lets the engine keep what Azure has of a resource whose operation failed."""
        try:
            body = await self._arm.get(identifier, row.api_version)
        except ProviderError as error:
            return PartialFailureError(identifier, f"resource created but read failed {error}: {cause}", None, inputs)
        return PartialFailureError(identifier, str(cause), self._state(row, body), inputs)

    async def _keep_maintained(self, row: ResourceType, identifier: str, body: dict[str, Any]) -> None:
        """Puts arrays that the program leaves alone into the body as they are; a PUT without empties them."""
        missing = [path for path in row.maintained if look_up(body, path) is None]
        if not missing:
            return
        live = await self._arm.get(identifier, row.api_version)
        for path in missing:
            value = look_up(live, path)
            if value is not None:
                _put_at(body, path, value)

    def _refreshed(
        self, row: ResourceType, inputs: Properties, state: Mapping[str, Value], outputs: Properties
    ) -> Properties:
        """Old inputs with every change between old and new outputs; arrays that others own stay out."""
        before = inputs_in_outputs(self._table, row, state)
        after = inputs_in_outputs(self._table, row, outputs)
        for path in row.maintained:
            if look_up(inputs, path) is None:
                _drop(before, path)
                _drop(after, path)
        return refreshed_inputs(inputs, before, after)

    def _state(self, row: ResourceType, body: Mapping[str, Any]) -> Properties:
        return {**outputs_of(self._table, row.outputs, body), API_VERSION: row.api_version}


class Deadline:
    """The time that an operation may take, over all its requests."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds if seconds > 0 else _DEFAULT_TIMEOUT
        self._end = asyncio.get_running_loop().time() + self._seconds

    async def keep(self, work: Awaitable[_Result]) -> _Result:
        """The result of the work.

        Raises:
            TimedOutError: The time is over; the work was given up.
        """
        try:
            async with asyncio.timeout_at(self._end):
                return await work
        except TimeoutError as error:
            raise TimedOutError(self._seconds) from error


def _put_at(body: dict[str, Any], path: tuple[str, ...], value: Value) -> None:
    for key in path[:-1]:
        body = body.setdefault(key, {})
    body[path[-1]] = value


def _drop(values: Properties, path: tuple[str, ...]) -> None:
    holder = look_up(values, path[:-1]) if len(path) > 1 else values
    if isinstance(holder, dict):
        holder.pop(path[-1], None)
