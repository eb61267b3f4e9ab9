"""The local Azure with a stack in service dies or is stopped: nothing of it stays, and nothing is lost."""

from __future__ import annotations

import os
import signal
from typing import Any

from support.live_stack import LiveStack
from support.processes import alive, eventually, family


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
    gone = eventually(lambda: alive(pids) == [] and not live.checkout.processes(), 5)
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
    running = live.checkout.processes()
    refused = live.checkout.script("status", "-s", "local")
    live.checkout.run("make local-up").ok()

    assert running == {}
    assert refused.code != 0
    assert "local Azure" in refused.err
    assert placed(live.checkout.azure_status()) == placed(before)
    assert caller.post(caller.sample("loyal")).status_code == 200
