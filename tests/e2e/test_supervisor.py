"""The local Azure with a stack in service dies or is stopped: nothing of it stays, and nothing is lost."""

from __future__ import annotations

import os
import signal
import subprocess
from typing import Any

from support.checkout import Checkout
from support.live_stack import LiveStack
from support.processes import alive, eventually, family


def processes_of(checkout: Checkout) -> list[int]:
    """Everything on this machine whose command line names the checkout."""
    shown = subprocess.run(["ps", "-A", "-o", "pid=,args="], capture_output=True, text=True, check=True).stdout
    rows = (line.split(maxsplit=1) for line in shown.splitlines())
    return alive(int(pid) for pid, command in rows if str(checkout.root) in command)


def placed(status: dict[str, Any]) -> list[tuple[str, str, int, str]]:
    """The instances without what changes with a new process."""
    return sorted((row["endpoint"], row["deployment"], row["index"], row["state"]) for row in status["instances"])


def test_a_killed_supervisor_leaves_no_process_and_comes_back_with_everything(live: LiveStack) -> None:
    live.serve(live.model("1"))
    live.serve(live.model("2"))
    before, keys, endpoint = live.checkout.azure_status(), live.keys(), live.online()
    caller, body = live.caller, live.caller.sample("several")
    answer = caller.post(body)
    pids = family(before["supervisor"]["pid"])

    os.kill(before["supervisor"]["pid"], signal.SIGKILL)
    gone = eventually(lambda: alive(pids) == [] and processes_of(live.checkout) == [], 5)
    live.checkout.azure_up()

    assert gone
    assert len(pids) >= 4
    assert placed(live.checkout.azure_status()) == placed(before)
    assert live.online() == endpoint
    assert live.keys() == keys
    assert caller.post(body).json() == answer.json()
    live.checkout.up("--expect-no-changes").ok()


def test_nothing_runs_after_local_down_and_local_up_brings_it_back(live: LiveStack) -> None:
    before, caller = live.checkout.azure_status(), live.caller

    live.checkout.run("make local-down").ok()
    running = processes_of(live.checkout)
    refused = live.checkout.script("status", "-s", "local")
    live.checkout.run("make local-up").ok()

    assert running == []
    assert refused.code != 0
    assert "local Azure" in refused.err
    assert placed(live.checkout.azure_status()) == placed(before)
    assert caller.post(caller.sample("loyal")).status_code == 200
