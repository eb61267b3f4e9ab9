"""A local Azure without processes, sockets and waiting: the parts' handlers called as the app calls them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from windlass_emulator.azure import LocalAzure
from windlass_emulator.feature import Feature
from windlass_emulator.http import Answer, Principal, Request, Route, Router
from windlass_emulator.processes import Processes
from windlass_emulator.settings import Settings
from windlass_emulator.store import Store

from support.blobs import FakeBlobs

GROUP = "/subscriptions/10ca1000-0000-4000-8000-000000000002/resourceGroups/rg"


@dataclass(slots=True)
class StandingClock:
    """A clock that moves when it is told to, and on which sleeping takes no time.

    Attributes:
        seconds: Now.
    """

    seconds: float = 1_760_000_000.0

    def now(self) -> float:
        """Return the time, a little later at each call, so that what comes later is newer."""
        self.seconds += 0.001
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        """Let the time pass at once."""
        self.seconds += seconds


@dataclass(slots=True)
class KnownEnvironments:
    """An interpreter for every environment, without making any.

    Attributes:
        interpreter: The one.
    """

    interpreter: Path

    async def ensure(self, conda_file: str) -> Path:
        """Return the interpreter."""
        del conda_file
        return self.interpreter


@dataclass(slots=True)
class InProcess:
    """A local Azure and a caller.

    Attributes:
        azure: The local Azure.
        blobs: Its storage.
        router: Its routes.
    """

    azure: LocalAzure
    blobs: FakeBlobs
    router: Router

    async def send(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, host: str = "management.azure.com"
    ) -> Answer:
        """Call an operation; refusals are raised.

        Args:
            method: Such as PUT.
            path: The path, with a query where one is needed; the api-version is added.
            body: JSON.
            host: The host name asked for.
        """
        address, _, query = path.partition("?")
        site = "management" if host == "management.azure.com" else "api"
        found = self.router.find(site, method, address)  # type: ignore[arg-type] # one of the two above
        assert found is not None, f"no route for {method} {address}"
        route, params = found
        return await route.handler(
            Request(
                azure=self.azure,
                method=method,
                host=host,
                path=address,
                query={"api-version": "2025-12-01"} | dict(part.split("=", 1) for part in query.split("&") if part),
                headers={},
                content=b"" if body is None else json.dumps(body).encode(),
                params=params,
                principal=Principal("who-calls", "https://management.azure.com"),
            )
        )

    async def tell(self, route: Route, body: Mapping[str, Any]) -> Answer:
        """Call an operation of the local Azure's own API."""
        content = json.dumps(body).encode()
        request = Request(
            azure=self.azure, method=route.method, host="", path="", query={}, headers={}, content=content, params={}
        )
        return await route.handler(request)

    async def settle(self) -> None:
        """Wait until all operations have ended."""
        for row in self.azure.store.running_operations():
            await self.azure.operations.settled(row["id"])


def in_process(folder: Path, features: tuple[Feature, ...]) -> InProcess:
    """Return a local Azure with some parts and one resource group, `rg`."""
    blobs = FakeBlobs()
    azure = LocalAzure(
        settings=Settings(data=folder / "data", cache=folder / "cache"),
        store=Store(":memory:"),
        clock=StandingClock(),
        processes=Processes(),
        blobs=blobs,
        environments=KnownEnvironments(folder / "python"),
        actions={name: action for feature in features for name, action in feature.actions.items()},
        renderers={name: shown for feature in features for name, shown in feature.renderers.items()},
        features=features,
    )
    azure.store.put(GROUP, "microsoft.resources/resourcegroups", {"location": "westeurope"}, parent="", now=0.0)
    return InProcess(azure, blobs, Router(route for feature in features for route in feature.routes))
