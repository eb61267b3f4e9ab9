"""The supervisor: one process that answers as Azure, keeps its children, and leaves nothing behind.

Order of start: locks, guard, secrets and certificates, store, Azurite, listeners, parts, interrupted operations, and
last of all azure.env. Everything is undone in the opposite order, whatever fails on the way.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from windlass_emulator import azurite, hosts, secret_store, tls
from windlass_emulator.app import App
from windlass_emulator.arm.kubernetes.front_ends import front_ends
from windlass_emulator.azure import Listener, LocalAzure
from windlass_emulator.azurite import Azurite, AzuriteProgram
from windlass_emulator.clock import SystemClock
from windlass_emulator.environments import Environments
from windlass_emulator.errors import OperationFailedError
from windlass_emulator.feature import Feature
from windlass_emulator.folder import DataFolder, write_atomically, write_json
from windlass_emulator.guard import birth_of
from windlass_emulator.http import Router
from windlass_emulator.listeners import HOST, HttpServer, bind, port_of
from windlass_emulator.processes import GuardPipe, Processes
from windlass_emulator.proxy import Proxy, Resolve
from windlass_emulator.secret_store import Secrets
from windlass_emulator.settings import CLIENT_ID, SUBSCRIPTION_ID, TENANT_ID, Settings
from windlass_emulator.storage_service import ACCOUNT_TYPE, AzuriteBlobs
from windlass_emulator.store import Store
from windlass_emulator.tls import TlsFiles
from windlass_emulator.tokens import Tokens

_log = logging.getLogger(__name__)

_PART_STOP_SECONDS = 1.0
"""How long a part may take to say good-bye; the guard ends its processes in any case."""


@dataclass(frozen=True, slots=True)
class Launch:
    """What the supervisor is started with.

    Attributes:
        guard_lock: The descriptor of the guard's lock; the guard keeps it until the last child has ended.
    """

    settings: Settings
    folder: DataFolder
    program: AzuriteProgram
    features: tuple[Feature, ...]
    guard_lock: int


async def run(launch: Launch, ready: Callable[[str], None]) -> None:
    """Run until SIGTERM or SIGINT.

    Args:
        launch: What to run.
        ready: Called with a sentence once everything answers.
    """
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    async with AsyncExitStack() as stack:
        azure = await _start(launch, stack)
        await asyncio.to_thread(_announce, launch.folder, azure)
        _log.info("ready")
        ready(f"The local Azure is ready. In a shell: set -a; . {launch.folder.env_file}; set +a")
        await ended.wait()
        _log.info("stopping")


@dataclass(frozen=True, slots=True)
class _Ground:
    """What the parts of the local Azure stand on."""

    processes: Processes
    secrets: Secrets
    files: TlsFiles
    store: Store
    sockets: Mapping[str, socket.socket]

    def address(self, name: str, scheme: str = "http") -> str:
        """Return the address of a bound socket."""
        return f"{scheme}://{HOST}:{port_of(self.sockets[name])}"


async def _start(launch: Launch, stack: AsyncExitStack) -> LocalAzure:
    ground = await _lay_ground(launch.folder, launch.guard_lock, stack)
    azurite.write_accounts(launch.folder, ground.store)
    storage = Azurite(launch.program, launch.folder, ground.files, ground.processes)
    stack.push_async_callback(storage.stop)
    clock = SystemClock(launch.settings.clock_rate)
    tokens = Tokens(ground.secrets.token_key, ground.secrets.identity_key, clock)
    blobs = AzuriteBlobs(ground.store, ground.files.authority, lambda: storage.port, tokens)
    stack.callback(blobs.close)
    azure = _local_azure(launch, ground, blobs, tokens)
    stack.push_async_callback(_stop_parts, azure)
    await asyncio.gather(storage.start(), _listen(ground, azure, storage, stack))
    azure.listeners = (
        Listener("proxy", ground.address("proxy")),
        Listener("api", ground.address("api", "https")),
        Listener("admin", ground.address("admin")),
        Listener("blob", f"https://{HOST}:{storage.port}"),
    )
    await _start_parts(azure)
    return azure


async def _lay_ground(folder: DataFolder, guard_lock: int, stack: AsyncExitStack) -> _Ground:
    guard = GuardPipe(folder.logs / "guard.log", guard_lock, record=folder.children)
    stack.callback(guard.close)
    await asyncio.to_thread(guard.end_leftovers)
    processes = Processes(guard)
    stack.push_async_callback(processes.stop)
    store = Store(folder.database)
    stack.callback(store.close)
    return _Ground(
        processes=processes,
        secrets=secret_store.ensure(folder),
        files=tls.ensure(folder.secrets, hosts.certificate_names()),
        store=store,
        sockets=bind(folder, ("proxy", "api", "admin")),
    )


async def _listen(ground: _Ground, azure: LocalAzure, storage: Azurite, stack: AsyncExitStack) -> None:
    server = HttpServer(App(azure, Router(route for feature in azure.features for route in feature.routes)))
    stack.push_async_callback(server.close)
    await server.start(ground.sockets["api"], ground.files.server_context(lambda host: host in front_ends(azure)))
    await server.start(ground.sockets["admin"])
    proxy = Proxy(_resolver(azure, ground, storage))
    stack.push_async_callback(proxy.close)
    await proxy.start(ground.sockets["proxy"])


def _local_azure(launch: Launch, ground: _Ground, blobs: AzuriteBlobs, tokens: Tokens) -> LocalAzure:
    return LocalAzure(
        settings=launch.settings,
        store=ground.store,
        clock=SystemClock(launch.settings.clock_rate),
        processes=ground.processes,
        blobs=blobs,
        environments=_environments(launch, ground.processes),
        actions={name: action for feature in launch.features for name, action in feature.actions.items()},
        renderers={name: shown for feature in launch.features for name, shown in feature.renderers.items()},
        features=launch.features,
        client_secret=ground.secrets.client_secret,
        client_environment=_client_environment(ground.address("proxy"), ground.files),
        admin_address=ground.address("admin"),
        tokens=tokens,
        supervisor={"pid": os.getpid(), "started": datetime.now(UTC).isoformat(timespec="seconds")},
    )


def _environments(launch: Launch, processes: Processes) -> Environments:
    for feature in launch.features:
        if feature.environments is not None:
            return feature.environments(launch.settings, processes)
    return _NoEnvironments()


class _NoEnvironments:
    """For a local Azure without the part that makes environments."""

    async def ensure(self, conda_file: str) -> Path:
        """Refuse."""
        del conda_file
        raise OperationFailedError("ImageBuildFailure", "This local Azure was started without environments.")


async def _start_parts(azure: LocalAzure) -> None:
    for feature in azure.features:
        if feature.start is not None:
            await feature.start(azure)
    azure.operations.resume()


async def _stop_parts(azure: LocalAzure) -> None:
    await azure.operations.stop()
    await asyncio.gather(*(_stop_part(feature, azure) for feature in azure.features))


async def _stop_part(feature: Feature, azure: LocalAzure) -> None:
    if feature.stop is None:
        return
    try:
        async with asyncio.timeout(_PART_STOP_SECONDS):
            await feature.stop(azure)
    except Exception:  # noqa: BLE001 - one part must not keep the others from stopping; the log has the trace
        _log.exception("stopping %s", feature.name)


def _resolver(azure: LocalAzure, ground: _Ground, storage: Azurite) -> Resolve:
    api, plain = port_of(ground.sockets["api"]), port_of(ground.sockets["admin"])

    def resolve(host: str, encrypted: bool) -> int | str:  # noqa: FBT001 - the shape of Resolve
        front_end = front_ends(azure).get(host)
        if front_end is not None:
            refusal = f"{host} answers at {front_end.address} only"
            return refusal if front_end.secure != encrypted else api if encrypted else plain
        site = hosts.site_of(host)
        if site is not None and site != "admin" and encrypted:
            return api
        if (account := hosts.storage_account_of(host)) and encrypted:
            known = any(stored.name == account for stored in azure.store.of_type(ACCOUNT_TYPE))
            return storage.port if known else f"the local Azure has no storage account {account}"
        for feature in azure.features:
            if feature.resolve is not None and (found := feature.resolve(azure, host)) is not None:
                return found
        return f"the local Azure does not answer for {host}, and lets nothing through to the real one"

    return resolve


def _client_environment(proxy: str, files: TlsFiles) -> dict[str, str]:
    authority = str(files.authority.resolve())
    return {
        "HTTPS_PROXY": proxy,
        "HTTP_PROXY": proxy,
        "NO_PROXY": "127.0.0.1,localhost",
        "REQUESTS_CA_BUNDLE": authority,
        "SSL_CERT_FILE": authority,
    }


def environment(azure: LocalAzure) -> dict[str, str]:
    """Return what azure.env holds."""
    return dict(azure.client_environment) | {
        "AZURE_TENANT_ID": TENANT_ID,
        "AZURE_CLIENT_ID": CLIENT_ID,
        "AZURE_CLIENT_SECRET": azure.client_secret,
        "AZURE_SUBSCRIPTION_ID": SUBSCRIPTION_ID,
        "AZUREML_RUN_POLLING_INTERVAL_MIN": "1",
    }


def _announce(folder: DataFolder, azure: LocalAzure) -> None:
    pid = os.getpid()
    write_json(
        folder.running,
        {**azure.supervisor, "birth": birth_of(pid), "admin": azure.admin_address},
    )
    lines = [f"{name}={_quoted(value)}\n" for name, value in environment(azure).items()]
    write_atomically(folder.env_file, "".join(lines))


def _quoted(value: str) -> str:
    """Quote a value for the shell where it needs it; plain readers of NAME=value see most lines as they are."""
    plain = all(character.isalnum() or character in "_-./:,@%+=" for character in value)
    return value if plain else "'" + value.replace("'", "'\\''") + "'"


def forget_announcement(folder: DataFolder) -> None:
    """Take back what a supervisor has announced."""
    with contextlib.suppress(FileNotFoundError):
        folder.running.unlink()
    with contextlib.suppress(FileNotFoundError):
        folder.env_file.unlink()
