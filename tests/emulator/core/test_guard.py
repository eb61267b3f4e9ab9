"""The guard: every child ends with exactly one SIGTERM, and none outlives the supervisor."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.processes import eventually
from windlass_emulator.guard import birth_of
from windlass_emulator.processes import Child, GuardPipe, Processes

pytestmark = pytest.mark.inferred

COUNTS_SIGNALS = textwrap.dedent(
    """
    import signal, sys, time, pathlib
    log = pathlib.Path(sys.argv[1])
    signal.signal(signal.SIGTERM, lambda *_: log.open("a").write("TERM\\n"))
    log.write_text("ready\\n")
    end = time.monotonic() + float(sys.argv[2])
    while time.monotonic() < end and "TERM" not in log.read_text():
        time.sleep(0.02)
    time.sleep(float(sys.argv[3]))
    """
)


@pytest.fixture
def guard(tmp_path: Path) -> Iterator[GuardPipe]:
    """A guard that is gone at the end."""
    pipe = GuardPipe(tmp_path / "guard.log")
    yield pipe
    pipe.close()


async def _child(processes: Processes, folder: Path, *, after_term: float = 0.3, name: str = "child") -> Child:
    program = folder / "counts.py"
    program.write_text(COUNTS_SIGNALS)
    seen = folder / f"{name}.seen"
    child = await processes.spawn(
        name,
        [sys.executable, str(program), str(seen), "30", str(after_term)],
        env=dict(os.environ),
        cwd=folder,
        log=folder / f"{name}.log",
    )
    await asyncio.to_thread(eventually, lambda: seen.exists() and "ready" in seen.read_text())
    return child


def _signals(folder: Path, name: str = "child") -> int:
    return (folder / f"{name}.seen").read_text().count("TERM")


async def test_a_stopped_child_gets_one_sigterm(guard: GuardPipe, tmp_path: Path) -> None:
    processes = Processes(guard)
    child = await _child(processes, tmp_path)

    await asyncio.gather(child.stop(), child.stop(), processes.stop())

    assert child.returncode == 0
    assert _signals(tmp_path) == 1


async def test_a_child_that_does_not_end_is_killed(guard: GuardPipe, tmp_path: Path) -> None:
    child = await _child(Processes(guard), tmp_path, after_term=30)

    began = time.monotonic()
    await child.stop(grace=0.3)

    assert child.returncode == -9
    assert time.monotonic() - began < 3


async def test_a_closed_pipe_ends_every_child_with_one_sigterm(tmp_path: Path) -> None:
    guard = GuardPipe(tmp_path / "guard.log")
    processes = Processes(guard)
    children = [await _child(processes, tmp_path, name=f"child{number}") for number in range(3)]

    closing = asyncio.create_task(asyncio.to_thread(guard.close))
    codes = [await child.process.wait() for child in children]
    await closing

    assert codes == [0, 0, 0]
    assert [_signals(tmp_path, child.name) for child in children] == [1, 1, 1]


async def test_a_stop_that_is_cut_off_by_the_end_of_the_supervisor_signals_once(tmp_path: Path) -> None:
    guard = GuardPipe(tmp_path / "guard.log")
    child = await _child(Processes(guard), tmp_path, after_term=1.0)

    stopping = asyncio.create_task(child.stop())
    await asyncio.sleep(0.2)
    stopping.cancel()
    await asyncio.to_thread(guard.close)
    await child.process.wait()

    assert _signals(tmp_path) == 1


async def test_grandchildren_end_with_their_group(guard: GuardPipe, tmp_path: Path) -> None:
    processes = Processes(guard)
    child = await processes.spawn(
        "shell",
        ["/bin/sh", "-c", "sleep 60 & echo $! > grandchild; exit 0"],
        env=dict(os.environ),
        cwd=tmp_path,
        log=tmp_path / "log",
    )
    await child.wait()
    grandchild = int((tmp_path / "grandchild").read_text())

    assert await asyncio.to_thread(eventually, lambda: birth_of(grandchild) is None)


async def test_a_killed_guard_is_replaced_and_knows_the_children(guard: GuardPipe, tmp_path: Path) -> None:
    processes = Processes(guard)
    first = await _child(processes, tmp_path, name="first")
    os.kill(guard.pid, signal.SIGKILL)
    await asyncio.to_thread(eventually, lambda: birth_of(guard.pid) is None)

    second = await _child(processes, tmp_path, name="second")
    await processes.stop()

    assert (first.returncode, second.returncode) == (0, 0)


async def test_a_program_that_does_not_exist_is_named(guard: GuardPipe, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no-such-program"):
        await Processes(guard).spawn("x", ["no-such-program"], env={"PATH": "/bin"}, cwd=tmp_path, log=tmp_path / "l")


def test_a_process_is_told_from_a_later_one_with_its_id() -> None:
    # A child, not the parent: a shell can start this process within the same hundredth of a second as itself.
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        own, later = birth_of(os.getpid()), birth_of(child.pid)

        assert own == birth_of(os.getpid())
        assert own != later
        child.communicate(b"\n")
