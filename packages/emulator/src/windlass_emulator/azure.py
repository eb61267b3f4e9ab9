"""What every handler and action of the local Azure works with, in one object made by the supervisor."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from windlass_emulator.clock import Clock
from windlass_emulator.operations import Action, Operations
from windlass_emulator.processes import Processes
from windlass_emulator.settings import SUBSCRIPTION_ID, Settings
from windlass_emulator.store import Resource, Store

if TYPE_CHECKING:
    from windlass_emulator.blobs import Blobs
    from windlass_emulator.environments import Environments

Renderer = Callable[["LocalAzure", Resource, str], dict[str, Any]]
"""Writes a stored resource as a GET with the given api-version answers it."""


@dataclass(slots=True)
class LocalAzure:
    """One local Azure.

    Attributes:
        blobs: The storage service (Azurite) as the ML service uses it.
        environments: Makes and caches the virtual environments that models run in.
        renderers: Per resource type (lower case), how a GET shows it; others are shown as stored.
        live: State of this process only, by feature ("online", "batch"): running instances and nodes.
    """

    settings: Settings
    store: Store
    clock: Clock
    processes: Processes
    blobs: Blobs
    environments: Environments
    actions: Mapping[str, Action]
    renderers: Mapping[str, Renderer] = field(default_factory=dict)
    live: dict[str, Any] = field(default_factory=dict)
    subscription: str = SUBSCRIPTION_ID
    operations: Operations = field(init=False)

    def __post_init__(self) -> None:
        self.operations = Operations(self, self.actions)

    async def take(self, duration: str) -> None:
        """Let an operation take the time that the table of durations gives it."""
        await self.clock.sleep(self.settings.durations[duration])

    def render(self, resource: Resource, api_version: str) -> dict[str, Any]:
        """Return the JSON of a resource as a GET with this api-version shows it."""
        if renderer := self.renderers.get(resource.type):
            return renderer(self, resource, api_version)
        return {"id": resource.id, "name": resource.name, "type": resource.type, **resource.body}
