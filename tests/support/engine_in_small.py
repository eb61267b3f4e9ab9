"""Says what a preview would do, without an engine: the real program, and the provider's own differ.

A run of the program is held against one before. For each registration the stand-in of the provider tells what differs,
as in the engine; ignored and replacing properties are applied as the engine applies them, and what a preview cannot
know of a resource that changes is unknown to the resources that build on it. A slow test holds all of this against the
real engine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pulumi.runtime import rpc
from windlass_provider.codec import decode
from windlass_provider.differ import Difference, difference
from windlass_provider.schema.load import load_table
from windlass_provider.schema.model import ResourceType
from windlass_provider.shaping import preview_outputs
from windlass_provider.values import UNKNOWN

from support.pulumi_program import PROVIDER_TYPES, FakeAzure, Recorder, Run

STABLE = ("name", "location")
"""Outputs that the provider passes on in the preview of an update."""


@dataclass(frozen=True, kw_only=True)
class Was:
    """A resource in the state."""

    type: str
    name: str
    id: str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    protect: bool


@dataclass(kw_only=True)
class Plan:
    """What a preview would do, by URN: the operation of everything that does not stay the same."""

    operations: dict[str, str] = field(default_factory=dict)


class Remembering(Recorder):
    """Remembers what the state would hold after an `up`."""

    def __init__(self, run: Run, azure: FakeAzure, state: dict[str, Was]) -> None:
        super().__init__(run, azure)
        self._state = state

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802  # the name of the RPC
        """Note inputs and outputs."""
        answer = super().RegisterResource(request)
        if is_resource(request):
            self._state[answer.urn] = Was(
                type=request.type,
                name=request.name,
                id=answer.id,
                inputs=decode(request.object),
                outputs=decode(answer.object),
                protect=request.protect,
            )
        return answer


class Planning(Recorder):
    """Compares each registration with the state, and answers as a preview would."""

    def __init__(self, run: Run, azure: FakeAzure, state: Mapping[str, Was], plan: Plan) -> None:
        super().__init__(run, azure)
        self._azure = azure
        self._state = state
        self._plan = plan
        self._seen: set[str] = set()

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802  # the name of the RPC
        """Plan one resource."""
        if not is_resource(request):
            return super().RegisterResource(request)
        urn = self.make_urn(request.parent, request.type, request.name)
        row = load_table().types[request.type.removeprefix("azure-native:")]
        self._seen.add(urn)
        operation, answer = step(row, request, self._state.get(urn))
        if operation:
            self._plan.operations[urn] = operation
        self._azure.prepared = answer
        return super().RegisterResource(request)

    def finish(self) -> None:
        """What was not registered again is deleted."""
        for urn in self._state:
            if urn not in self._seen:
                self._plan.operations[urn] = "delete"


def is_resource(request: Any) -> bool:
    """Whether a registration is one of a resource of Azure."""
    return bool(request.custom) and not request.type.startswith(PROVIDER_TYPES)


def step(row: ResourceType, request: Any, was: Was | None) -> tuple[str, tuple[str, dict[str, Any]]]:
    """Tell the operation, empty when nothing changes, and the id and outputs that a preview answers."""
    inputs = decode(request.object)
    if was is None:
        return "create", ("", told(preview_outputs(load_table(), row.outputs, inputs)))
    news = {**inputs, **{key: was.inputs[key] for key in request.ignoreChanges if key in was.inputs}}
    found = difference(row, dict(was.inputs), news, was.outputs)
    if not found.changed:
        return "", (was.id, dict(was.outputs))
    outputs = preview_outputs(load_table(), row.outputs, news)
    if found.replacing or any(replaces(found, request.replaceOnChanges)):
        return "replace", ("", told(outputs))
    stable = {key: was.outputs[key] for key in STABLE if key in was.outputs}
    return "update", (was.id, {**told(outputs), **stable})


def replaces(found: Difference, paths: Sequence[str]) -> Iterator[bool]:
    """Whether a change lies at or below a path that `replace_on_changes` names."""
    for change in found.changes:
        yield any(change.path == path or change.path.startswith((f"{path}.", f"{path}[")) for path in paths)


def told(value: Any) -> Any:
    """Write what is not known as the engine does."""
    match value:
        case dict():
            return {key: told(item) for key, item in value.items()}
        case list():
            return [told(item) for item in value]
    return rpc.UNKNOWN if value is UNKNOWN else value
