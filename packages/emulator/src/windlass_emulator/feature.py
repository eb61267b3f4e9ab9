"""What a part of the local Azure brings: routes, actions, renderers, and what it does at start and stop.

A part is a module or package with a function `feature() -> Feature`; `features.py` lists them all.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from windlass_emulator.http import Route

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure, Renderer
    from windlass_emulator.environments import Environments
    from windlass_emulator.operations import Action
    from windlass_emulator.processes import Processes
    from windlass_emulator.settings import Settings


@dataclass(frozen=True, slots=True)
class Feature:
    """One part.

    Attributes:
        name: Such as "online".
        routes: Its operations.
        actions: Its long-running work, by name.
        renderers: How its resource types are shown, by lower-case type.
        start: Called once when the store, the storage and the listeners are up, before operations resume:
            brings back what ran (instances, nodes).
        stop: Called before children are ended.
        status: What it adds to `status --output json`, such as {"instances": [...]}.
        deleted: By lower-case type, what else must end when a resource of it is removed with its parent or group
            (called with the id before the store forgets it; see `LocalAzure.remove`).
        environments: Makes what makes virtual environments; one part has it.
        resolve: Tells where a host name leads that is none of Azure's fixed ones: the port on 127.0.0.1, or the
            sentence that refuses it; None when this part does not know the name.
    """

    name: str
    routes: tuple[Route, ...] = ()
    actions: Mapping[str, Action] = field(default_factory=dict)
    renderers: Mapping[str, Renderer] = field(default_factory=dict)
    start: Callable[[LocalAzure], Awaitable[None]] | None = None
    stop: Callable[[LocalAzure], Awaitable[None]] | None = None
    status: Callable[[LocalAzure], Mapping[str, Any]] | None = None
    deleted: Mapping[str, Callable[[LocalAzure, str], Awaitable[None]]] = field(default_factory=dict)
    environments: Callable[[Settings, Processes], Environments] | None = None
    resolve: Callable[[LocalAzure, str], int | str | None] | None = None
