"""The inference server beside the front, without an inference server: its end, whatever ends the front."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from windlass_runtime import scoring_server

WAITS = f"""
import sys, threading, time
sys.path.insert(0, {str(Path(scoring_server.__file__).parent.parent)!r})
from windlass_runtime.scoring_server import _end_with_the_front
threading.Thread(target=_end_with_the_front, daemon=True).start()
print("up", flush=True)
time.sleep(60)
"""
FRONT = f"""
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", {WAITS!r}], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                         start_new_session=True)
child.stdout.readline()
print(child.pid, flush=True)
time.sleep(60)
"""


def test_the_inference_server_ends_when_the_front_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", FRONT], stdout=subprocess.PIPE, text=True) as front:
        assert front.stdout is not None
        server = int(front.stdout.readline())

        front.send_signal(signal.SIGKILL)
        front.wait()

        deadline = time.monotonic() + 5
        while _runs(server):
            assert time.monotonic() < deadline, "the server has outlived its front"
            time.sleep(0.02)


def _runs(pid: int) -> bool:
    """Tell whether a process that is nobody's child runs; one that waits to be collected does not."""
    told = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(told.strip()) and not told.strip().startswith("Z") and os.getpid() != pid
