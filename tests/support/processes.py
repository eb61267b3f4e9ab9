"""Processes as the operating system tells of them, by `ps` and /proc."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

_LISTENING = "0A"


@dataclass(frozen=True, slots=True)
class Process:
    """One line of `ps`.

    Attributes:
        resident: Bytes of memory.
    """

    pid: int
    parent: int
    state: str
    resident: int


def _all() -> dict[int, Process]:
    shown = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,stat=,rss="], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    rows = (row.split() for row in shown)
    return {int(pid): Process(int(pid), int(parent), state, int(rss) * 1024) for pid, parent, state, rss in rows}


def alive(pids: Iterable[int]) -> list[int]:
    """Return those that are more than zombies."""
    known = _all()
    return [pid for pid in pids if pid in known and not known[pid].state.startswith("Z")]


def family(pid: int) -> list[int]:
    """Return a process and all below it."""
    known = _all()
    found = [pid]
    for one in found:
        found += [process.pid for process in known.values() if process.parent == one]
    return found


def resident(pids: Iterable[int]) -> int:
    """Return the bytes of memory of some processes."""
    known = _all()
    return sum(known[pid].resident for pid in pids if pid in known)


def listening_addresses(pids: Iterable[int]) -> set[str]:
    """Return the addresses at which some processes listen for IPv4 or IPv6 (Linux), as the kernel writes them."""
    sockets = {str(link.readlink()) for pid in pids for link in Path(f"/proc/{pid}/fd").iterdir()}
    rows = [row.split() for table in ("tcp", "tcp6") for row in _rows(table)]
    return {row[1].partition(":")[0] for row in rows if row[3] == _LISTENING and f"socket:[{row[9]}]" in sockets}


def _rows(table: str) -> list[str]:
    return Path(f"/proc/net/{table}").read_text(encoding="ascii").splitlines()[1:]


def eventually(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    """Wait until something is so, and say whether it came to be."""
    deadline = time.monotonic() + seconds
    while not (met := condition()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return met
