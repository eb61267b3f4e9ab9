"""Kills the engine with SIGKILL at a chosen point of its run, as what it writes, starts and asks shows it."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from support.checkout import Checkout
from support.processes import eventually

Whom = Literal["engine", "all"]

_POLL_SECONDS = 0.001
_NOTHING: dict[str, Any] = {"resources": [], "pending_operations": []}


@dataclass(frozen=True)
class Watch:
    """What can be seen of a run from outside.

    Attributes:
        checkout: Where it runs.
        engine: Its process.
        log_begin: Where the local Azure's log ended before it began.
    """

    checkout: Checkout
    engine: int
    log_begin: int

    @property
    def state(self) -> dict[str, Any]:
        """The state as it stands on disk now; empty while it is being written."""
        file = self.checkout.root / ".windlass/state/.pulumi/stacks/windlass/local.json"
        try:
            latest = json.loads(file.read_bytes())["checkpoint"]["latest"]
        except (OSError, ValueError):
            return dict(_NOTHING)
        return {**_NOTHING, **latest}

    @property
    def asked(self) -> list[str]:
        """What Azure was asked in this run and has answered: `PUT address 201`, one a line."""
        with azure_log(self.checkout).open("rb") as log:
            log.seek(self.log_begin)
            lines = log.read().decode(errors="replace").splitlines()
        return [line.partition(" INFO windlass_emulator.app: ")[2] for line in lines if "_emulator.app:" in line]

    def family(self) -> dict[int, str]:
        """The command lines of the engine and of what it started: its session."""
        return dict(_session(self.engine))


Point = Callable[[Watch], bool]


def locked(watch: Watch) -> bool:
    """The engine has taken its lock, and nothing else yet."""
    return any((watch.checkout.root / ".windlass/state/.pulumi/locks").rglob("*.json"))


def program_started(watch: Watch) -> bool:
    """The program runs."""
    return any("pulumi-language-python-exec" in each for each in watch.family().values())


def provider_started(watch: Watch) -> bool:
    """The provider runs."""
    return any("windlass_provider" in each for each in watch.family().values())


def begun(kind: str, token: str) -> Point:
    """The engine has written that it does something to a resource of a type."""
    return lambda watch: any(
        operation["type"] == kind and operation["resource"]["type"].endswith(f":{token}")
        for operation in watch.state["pending_operations"]
    )


def answered(method: str, address: str, count: int = 1) -> Point:
    """Azure has answered so many requests of a method in whose address a regular expression is found."""

    def is_reached(watch: Watch) -> bool:
        asked = (line.split() for line in watch.asked)
        return (
            sum(words[0] == method and re.search(address, words[1]) is not None for words in asked if len(words) > 1)
            >= count
        )

    return is_reached


def recorded(*tokens: str) -> Point:
    """The state holds a resource of each type, and nothing is under way: the engine is about to end."""

    def is_reached(watch: Watch) -> bool:
        state = watch.state
        there = {row["type"].rpartition(":")[2] for row in state["resources"]}
        return there.issuperset(tokens) and not state["pending_operations"]

    return is_reached


def kill_at(checkout: Checkout, words: str, point: Point, *, whom: Whom = "engine") -> Watch:
    """Run the engine until a point, kill it there, and tell how far it was.

    Raises:
        AssertionError: The engine has ended before the point.
    """
    begin = azure_log(checkout).stat().st_size
    with checkout.running(f"pulumi {words} --yes --skip-preview -s local --non-interactive") as engine:
        watch = Watch(checkout, engine.pid, begin)
        while not point(watch):
            assert engine.poll() is None, f"`pulumi {words}` had ended before the point was reached"
            time.sleep(_POLL_SECONDS)
        doomed = watch.family() if whom == "all" else {}
        engine.kill()
        for pid in doomed:
            _kill(pid)
        engine.wait()
    return watch


def nothing_runs(checkout: Checkout, before: dict[int, str]) -> bool:
    """Whether soon no more runs of a checkout than did before."""
    return eventually(lambda: checkout.processes() == before, 5)


def azure_log(checkout: Checkout) -> Path:
    """The log of a checkout's local Azure."""
    return checkout.root / ".windlass/azure/logs/azure.log"


def _session(leader: int) -> Iterator[tuple[int, str]]:
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            pid = int(folder.name)
            try:
                if os.getsid(pid) == leader:
                    yield pid, (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
