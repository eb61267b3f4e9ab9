"""The guard: a small process that ends the children of the local Azure, whatever happens to the supervisor.

Run as `python guard.py` with a pipe as standard input; only the supervisor, and each child until it has become
its own program, hold the other end. The guard alone signals children, so that Azurite is certain to get exactly one
SIGTERM: a second one kills it before it has written its last seconds down. Lines of the pipe:

    add PID          a child, leader of its own process group, has come to be
    stop PID MILLIS  end it: SIGTERM now, SIGKILL when it is still there later
    end PID          it has ended; whatever is left of its group goes as well

When the pipe closes, the supervisor is gone: every child is stopped, then the guard ends.
It imports the standard library alone, so that it starts at once and stays small.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

ORPHAN_GRACE = 3.0
_TICK = 0.05


def birth_of(pid: int) -> str | None:
    """Return what tells this process from a later one with the same id, or None when there is none."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except FileNotFoundError:
        return _birth_by_ps(pid) if not Path("/proc/self/stat").exists() else None
    except ProcessLookupError:
        return None
    state, started = fields[0], fields[19]
    return None if state in {"Z", "X"} else started


def _birth_by_ps(pid: int) -> str | None:
    """The same where there is no /proc (macOS)."""
    shown = subprocess.run(
        ["/bin/ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.strip()
    state, _, started = shown.partition(" ")
    return None if not state or state.startswith("Z") else started.strip()


@dataclass
class Guard:
    """The children that live, and when those being stopped are out of time."""

    births: dict[int, str] = field(default_factory=dict)
    deadlines: dict[int, float] = field(default_factory=dict)

    def obey(self, line: str) -> None:
        """Carry out one line of the pipe."""
        match line.split():
            case ["add", pid]:
                self.births[int(pid)] = birth_of(int(pid)) or ""
            case ["stop", pid, millis]:
                self.stop(int(pid), int(millis) / 1000)
            case ["end", pid]:
                self.end(int(pid))

    def stop(self, pid: int, grace: float) -> None:
        """Send the one SIGTERM of a child's life."""
        if pid not in self.births or pid in self.deadlines:
            return
        if birth_of(pid) in {self.births[pid], None}:  # None: the leader is gone, but its group may live
            _signal_group(pid, signal.SIGTERM)
        self.deadlines[pid] = time.monotonic() + grace

    def end(self, pid: int) -> None:
        """Forget a child that has ended, unless it left others of its group behind."""
        if pid in self.births and _group_lives(pid):
            self.stop(pid, ORPHAN_GRACE)
        else:
            self.forget(pid)

    def forget(self, pid: int) -> None:
        """Do not signal this id again: it may soon be somebody else's."""
        self.births.pop(pid, None)
        self.deadlines.pop(pid, None)

    def look(self) -> None:
        """Forget who has ended, kill who is out of time."""
        for pid, deadline in list(self.deadlines.items()):
            if not _group_lives(pid):
                self.forget(pid)
            elif time.monotonic() >= deadline:
                _signal_group(pid, signal.SIGKILL)
                self.forget(pid)


def _signal_group(leader: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)


def _group_lives(leader: int) -> bool:
    try:
        os.killpg(leader, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # macOS says this of a group of zombies
        return False
    return birth_of(leader) is not None or _others_live(leader)


def _others_live(leader: int) -> bool:
    """Whether a group whose leader has ended has members that are more than zombies."""
    return any(group == str(leader) and state[0] not in "ZX" for group, state in _groups())


def _groups() -> list[tuple[str, str]]:
    """Process group and state of every process."""
    proc = Path("/proc")
    if not (proc / "self/stat").exists():
        shown = subprocess.run(
            ["/bin/ps", "-A", "-o", "pgid=,stat="], capture_output=True, text=True, check=False
        ).stdout.splitlines()
        return [(row.split()[0], row.split()[1]) for row in shown]
    rows = []
    for folder in proc.glob("[0-9]*"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            fields = (folder / "stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
            rows.append((fields[2], fields[0]))
    return rows


def main() -> None:
    """Serve the pipe until it closes, then end all children."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # who wants it gone ends the supervisor
    guard = Guard()
    selector = selectors.DefaultSelector()
    selector.register(0, selectors.EVENT_READ)
    pending = b""
    while True:
        if selector.select(_TICK if guard.deadlines else None):
            read = os.read(0, 65536)
            if not read:
                break
            *lines, pending = (pending + read).split(b"\n")
            for line in lines:
                guard.obey(line.decode())
        guard.look()
    for pid in list(guard.births):
        guard.stop(pid, ORPHAN_GRACE)
    while guard.deadlines:
        time.sleep(_TICK)
        guard.look()


if __name__ == "__main__":
    main()
