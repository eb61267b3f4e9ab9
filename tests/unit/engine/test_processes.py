from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.processes import alive, eventually

from windlass.engine.processes import MachineProcesses, list_processes, listens
from windlass.recovery.models import Holder, Lock
from windlass.recovery.orphans import Run

STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"
ENGINE = """
import os, socket, subprocess, sys, time
server = socket.create_server(("127.0.0.1", 0))
address = "127.0.0.1:%d" % server.getsockname()[1]
helper = subprocess.Popen(
    [sys.executable, "-c", "import time; time.sleep(60)", "pulumi-resource-azure-native", address],
    stdout=subprocess.DEVNULL,
)
print(helper.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture
def stubborn() -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen([sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    yield process
    process.kill()
    process.communicate()


def machine(root: Path) -> MachineProcesses:
    run = Run(root=str(root), backend="file:///state", project="shop", stack="dev")
    return MachineProcesses(run, gentle_seconds=0.2)


def test_this_process_is_listed_as_it_is() -> None:
    mine = next(each for each in list_processes() if each.pid == os.getpid())

    assert mine.parent == os.getppid()
    assert mine.is_own
    assert mine.folder in ("", str(Path.cwd()))
    assert datetime.now(UTC) - mine.started_at < timedelta(days=1)


def test_a_closed_port_does_not_listen_and_an_open_one_does() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        assert listens(address)
    assert not listens(address)


def test_a_helper_is_an_orphan_when_its_engine_was_killed_and_is_ended(tmp_path: Path) -> None:
    environment = {**os.environ, "PULUMI_STACK": "dev", "PULUMI_BACKEND_URL": "file:///state"}
    engine = subprocess.Popen(
        [sys.executable, "-c", ENGINE],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert engine.stdout is not None
    helper = int(engine.stdout.readline())
    lock = Lock(name="a", pid=engine.pid, user="me", host="here", taken_at=datetime.now(UTC), holder=Holder.DEAD)

    while_it_lives = machine(tmp_path).orphans(())
    engine.kill()
    engine.communicate()
    (orphan,) = machine(tmp_path).orphans((lock,))
    machine(tmp_path).end(orphan.pid, orphan.started_at)

    assert while_it_lives == ()
    assert (orphan.pid, orphan.role) == (helper, "provider")
    assert orphan.proof
    assert alive([helper]) == []


def test_a_process_that_ignores_a_gentle_end_gets_a_hard_one(stubborn: subprocess.Popen[str], tmp_path: Path) -> None:
    started = next(each.started_at for each in list_processes() if each.pid == stubborn.pid)

    machine(tmp_path).end(stubborn.pid, started)

    assert eventually(lambda: stubborn.poll() == -9)


def test_another_process_that_was_given_the_number_is_left_alone(
    stubborn: subprocess.Popen[str], tmp_path: Path
) -> None:
    machine(tmp_path).end(stubborn.pid, datetime.now(UTC) - timedelta(hours=1))

    assert stubborn.poll() is None
