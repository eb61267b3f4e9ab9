"""The plugin as a process: serves on a port of the system's choice, says which, ends when asked to."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final, TextIO

import grpc.aio
from pulumi.runtime.proto import provider_pb2_grpc

from windlass_provider.arm.client import ArmClient, HttpxClient, Tokens
from windlass_provider.arm.pace import Stop
from windlass_provider.credentials import IdentityTokens, credential_for
from windlass_provider.engine import Provider
from windlass_provider.errors import UnreadableCertificatesError
from windlass_provider.functions import Functions
from windlass_provider.install import STARTED_BY
from windlass_provider.locations import Locations
from windlass_provider.resources import Resources
from windlass_provider.schema.load import load_table
from windlass_provider.servicer import Servicer
from windlass_provider.settings import Settings, settings_of

if TYPE_CHECKING:
    import httpx

_LARGEST_MESSAGE: Final = 400 * 1024 * 1024
"""The engine's own bound."""
_REQUEST_TIMEOUT: Final = 120.0
_ORPHAN_CHECK: Final = 2.0


def build_provider(environment: Mapping[str, str], variables: Mapping[str, str], stop: Stop) -> Provider:
    """Wires a provider for one configuration: the only place where its parts meet.

    Raises:
        ProviderError: The configuration is refused.
    """
    settings = settings_of(variables, environment)
    tokens = IdentityTokens(partial(credential_for, settings))
    http = HttpxClient(partial(http_client, settings), settings.proxy)
    return assemble(settings, ArmClient(http, tokens, stop=stop), tokens)


def assemble(settings: Settings, arm: ArmClient, tokens: Tokens) -> Provider:
    """A provider over a given client."""
    table = load_table()
    return Provider(
        table,
        Resources(table, arm, settings.subscription),
        Functions(table, arm, tokens, settings),
        Locations(arm, settings.subscription, settings.location),
    )


def http_client(settings: Settings) -> "httpx.AsyncClient":
    """A client that takes the proxy from the settings alone: no NO_PROXY can lead it past the local Azure.

    Raises:
        UnreadableCertificatesError: The file of certificates is missing or holds none.
    """
    import ssl

    import httpx

    trust = ssl.create_default_context()
    if settings.certificates is not None:
        try:
            trust.load_verify_locations(cafile=settings.certificates)
        except OSError as error:  # a missing file, or one that holds no certificate
            raise UnreadableCertificatesError(settings.certificates, str(error)) from error
    limits = httpx.Limits(max_connections=64, max_keepalive_connections=16)
    return httpx.AsyncClient(
        proxy=settings.proxy, verify=trust, trust_env=False, timeout=_REQUEST_TIMEOUT, limits=limits
    )


async def serve(environment: Mapping[str, str], output: TextIO, *, parent: int | None) -> None:
    """Serves until SIGINT or SIGTERM, or until the engine that started the plugin, `parent`, has died."""
    options = [("grpc.max_receive_message_length", _LARGEST_MESSAGE), ("grpc.max_send_message_length", -1)]
    server = grpc.aio.server(options=options)
    servicer = Servicer(load_table(), partial(build_provider, environment))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    # Before the port is told, for whoever knows it may ask the process to end at once.
    ended = _end_on_signals()
    # The engine reads the first line as the port, so nothing may be printed before.
    print(port, file=output, flush=True)
    await _wait_for_end(ended, parent)
    await server.stop(grace=0)


def _end_on_signals() -> asyncio.Event:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    return ended


async def _wait_for_end(ended: asyncio.Event, parent: int | None) -> None:
    while not ended.is_set():
        with suppress(TimeoutError):
            await asyncio.wait_for(ended.wait(), _ORPHAN_CHECK)
        # An engine that was killed cannot say so; its plugins would live on for ever.
        if parent is not None and os.getppid() != parent:
            return


def main(arguments: list[str]) -> int:
    """Runs the plugin; the engine passes its own address as the first argument."""
    started_by_engine = any(not argument.startswith("-") for argument in arguments)
    parent = int(os.environ.get(STARTED_BY, os.getppid())) if started_by_engine else None
    asyncio.run(serve(os.environ, sys.stdout, parent=parent))
    return 0
