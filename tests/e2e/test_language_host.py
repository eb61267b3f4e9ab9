"""The language host ends with the engine that started it, and takes along what it runs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import grpc
import pytest
from pulumi.runtime.proto import language_pb2, language_pb2_grpc

ROOT = Path(__file__).resolve().parents[2]
HOST = ROOT / "tools" / "engine" / "language_host.py"
PATIENCE_SECONDS = 20.0

# Stands for an engine: it starts a host, and waits until it is killed.
ENGINE = f"""
import subprocess, sys
host = subprocess.Popen([sys.executable, "-u", {str(HOST)!r}, "127.0.0.1:1"])
print("host", host.pid, flush=True)
host.wait()
"""

# A plugin that says who it is and would stay for ever.
PLUGIN = """
import os, time
print(os.getpid(), flush=True)
while True:
    time.sleep(1)
"""


def runs(pid: int) -> bool:
    shown = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(shown.strip()) and not shown.strip().startswith("Z")


def ends(pid: int) -> bool:
    end = time.monotonic() + PATIENCE_SECONDS
    while runs(pid) and time.monotonic() < end:
        time.sleep(0.05)
    return not runs(pid)


@contextmanager
def started(environ: dict[str, str]) -> Iterator[tuple[subprocess.Popen[str], int, int]]:
    """Start an engine with its host: the engine, the number of the host, and its port. Nothing of it stays."""
    command = [sys.executable, "-c", ENGINE]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ, start_new_session=True) as engine:
        try:
            assert engine.stdout is not None
            lines = sorted(engine.stdout.readline().split() for _ in range(2))
            yield engine, int(lines[1][1]), int(lines[0][0])
        finally:
            with suppress(ProcessLookupError):
                os.killpg(engine.pid, signal.SIGKILL)


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Write the plugin; return what a host is started with."""
    (tmp_path / "__main__.py").write_text(PLUGIN)
    kept = {name: value for name, value in os.environ.items() if name != "WINDLASS_LANGUAGE_STARTED_BY"}
    return {**kept, "WINDLASS_LANGUAGE_EXECUTOR": str(tmp_path / "unused")}


def test_a_killed_engine_takes_host_and_plugin_along(tmp_path: Path, environ: dict[str, str]) -> None:
    with started(environ) as (engine, host, port), grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        said = plugin_of(channel, tmp_path)
        plugin = int(next(said).stdout)
        assert runs(host)
        assert runs(plugin)

        engine.kill()

        assert ends(plugin)
        assert ends(host)


def test_a_plugin_whose_output_nobody_wants_any_more_ends(tmp_path: Path, environ: dict[str, str]) -> None:
    with started(environ) as (_, host, port), grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        said = plugin_of(channel, tmp_path)
        plugin = int(next(said).stdout)

        said.cancel()
        os.kill(host, signal.SIGTERM)

        assert ends(plugin)
        assert ends(host)


def plugin_of(channel: grpc.Channel, folder: Path) -> Any:
    """Have the host run the plugin; the first thing that it says is its process number."""
    stub: Any = language_pb2_grpc.LanguageRuntimeStub(channel)
    info = language_pb2.ProgramInfo(root_directory=str(folder), program_directory=str(folder), entry_point=".")
    return stub.RunPlugin(language_pb2.RunPluginRequest(kind="resource", pwd=str(folder), info=info))
