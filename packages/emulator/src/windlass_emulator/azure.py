"""What every handler and action of the local Azure works with, in one object made by the supervisor."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from windlass_emulator.access.authorizer import Authorizer
from windlass_emulator.clock import Clock
from windlass_emulator.faults import Faults
from windlass_emulator.operations import Action, Operations
from windlass_emulator.processes import Processes
from windlass_emulator.settings import SUBSCRIPTION_ID, Settings
from windlass_emulator.store import Resource, Store

if TYPE_CHECKING:
    from windlass_emulator.blobs import Blobs
    from windlass_emulator.environments import Environments
    from windlass_emulator.feature import Feature
    from windlass_emulator.tokens import Tokens

Renderer = Callable[["LocalAzure", Resource, str], dict[str, Any]]
"""Writes a stored resource as a GET with the given api-version answers it."""


@cache
def own_tokens() -> Tokens:
    """Tokens with a key of this process, for a local Azure that was made without any (tests of a single part)."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    from windlass_emulator.clock import SystemClock
    from windlass_emulator.tokens import Tokens

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    return Tokens(pem, "an identity key", SystemClock())


@dataclass(frozen=True, slots=True)
class Listener:
    """One address at which the local Azure listens.

    Attributes:
        name: proxy, api, admin or blob.
        address: Such as http://127.0.0.1:43127.
    """

    name: str
    address: str


@dataclass(slots=True)
class LocalAzure:
    """One local Azure.

    Attributes:
        blobs: The storage service (Azurite) as the ML service uses it.
        environments: Makes and caches the virtual environments that models run in.
        renderers: Per resource type (lower case), how a GET shows it; others are shown as stored.
        live: State of this process only, by feature ("online", "batch"): running instances and nodes.
        features: All parts; whose `deleted` hooks `remove` calls and whose `status` the status shows.
        access: Who may do what.
        faults: The failures that tests have asked for.
        client_secret: Of the service principal in azure.env.
        client_environment: Variables with which a child process reaches the local Azure under Azure's names
            (proxy and certificate, no credential; see `login.identity_environment`).
        admin_address: Of the plain listener on 127.0.0.1: admin API and managed identity.
        supervisor: Process id and start of the running supervisor, for the status.
        listeners: Where it listens, for the status.
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
    features: tuple[Feature, ...] = ()
    faults: Faults = field(default_factory=Faults)
    client_secret: str = field(default="", repr=False)
    client_environment: Mapping[str, str] = field(default_factory=dict)
    admin_address: str = ""
    supervisor: Mapping[str, Any] = field(default_factory=dict)
    listeners: tuple[Listener, ...] = ()
    tokens: Tokens = field(default_factory=own_tokens, repr=False)
    operations: Operations = field(init=False)
    access: Authorizer = field(init=False)

    def __post_init__(self) -> None:
        self.operations = Operations(self, self.actions)
        self.access = Authorizer(self.store, self.subscription, self.clock.now)

    async def take(self, duration: str) -> None:
        """Let an operation take the time that the table of durations gives it."""
        await self.clock.sleep(self.settings.durations[duration])

    def render(self, resource: Resource, api_version: str) -> dict[str, Any]:
        """Return the JSON of a resource as a GET with this api-version shows it."""
        if renderer := self.renderers.get(resource.type):
            return renderer(self, resource, api_version)
        return {"id": resource.id, "name": resource.name, "type": resource.type, **resource.body}

    async def remove(self, resource_id: str) -> None:
        """Delete a resource and all below it: whatever runs for one of them ends first, children before parents."""
        stored = self.store.get(resource_id)
        doomed = [*reversed(self.store.below(resource_id)), *([stored] if stored else [])]
        for resource in doomed:
            for feature in self.features:
                if ends := feature.deleted.get(resource.type):
                    await ends(self, resource.id)
        self.store.delete(resource_id)

    def status(self) -> dict[str, Any]:
        """Return what `status --output json` prints."""
        shown: dict[str, Any] = {
            "supervisor": dict(self.supervisor),
            "listeners": [{"name": listener.name, "address": listener.address} for listener in self.listeners],
            "children": [{"name": child.name, "pid": child.pid} for child in self.processes.running()],
            "instances": [],
            "nodes": [],
        }
        for feature in self.features:
            if feature.status is not None:
                shown |= feature.status(self)
        return shown
