"""A release that is killed with SIGKILL, wherever it is: traffic goes on, and the same command finishes the job."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from support.live_stack import LiveStack
from support.processes import eventually

STEPS = {
    "RegisterModel",
    "RegisterEnvironment",
    "CreateDeployment",
    "SmokeTest",
    "ShiftTraffic",
    "Watch",
    "DeleteDeployment",
}
MODELS_OF_CONTENT = """
import json, os
from azure.ai.ml import MLClient
from azure.identity import DefaultAzureCredential
client = MLClient(DefaultAzureCredential(), os.environ["AZURE_SUBSCRIPTION_ID"], "{group}", "{workspace}")
models = client.models.list(name="churn")
print(json.dumps([m.version for m in models if "{sha256}" in {{**m.tags, **m.properties}}.values()]))
"""


@dataclass
class Killer:
    """Kills a release once at the begin of every step, and once a random while into it.

    Attributes:
        begun: Steps at whose begin it has struck.
        entered: Steps that it has struck some way into.
    """

    live: LiveStack
    dice: random.Random
    begun: list[str] = field(default_factory=list)
    entered: list[str] = field(default_factory=list)

    def strikes(self, command: Sequence[str]) -> bool:
        """Run a release until it is killed, and tell whether it was; else it has ended well."""
        struck = self._strikes(command)
        last = self.live.journals()[-1]
        if last["event"] == "started" and _step(last) not in self.begun:
            # The release was quicker than the blow: it had begun the next step when it was struck.
            self.begun.append(_step(last))
        return struck

    def _strikes(self, command: Sequence[str]) -> bool:
        seen = len(self.live.journals())
        with self.live.checkout.running_script(*command) as release:
            while (code := release.poll()) is None:
                entries = self.live.journals()
                if any(self._is_due(entry, len(entries)) for entry in entries[seen:]):
                    return True
                seen = len(entries)
                time.sleep(0.002)
        assert code == 0
        return False

    @property
    def kinds(self) -> set[str]:
        """The kinds of steps at whose begin it has struck."""
        return {json.loads(step)["step"] for step in self.begun}

    def _is_due(self, entry: dict[str, Any], written: int) -> bool:
        if entry["event"] != "started":
            return False
        step = _step(entry)
        if step not in self.begun:
            self.begun.append(step)
            return True
        if step not in self.entered:
            self.entered.append(step)
            # From 10 ms to 1 s into the step, and no further than its end.
            eventually(lambda: len(self.live.journals()) > written, 10 ** self.dice.uniform(-2, 0))
            return True
        return False


def _step(entry: dict[str, Any]) -> str:
    return json.dumps({key: entry[key] for key in entry if key not in {"at", "event"}})


@pytest.mark.timeout(900)
def test_a_release_killed_at_every_step_keeps_traffic_going_and_ends_well(live: LiveStack) -> None:
    live.serve(live.model("2"))
    old = live.serve(live.model("1"))
    model = live.model("2", "killed")
    killer = Killer(live, random.Random(3))
    # Another description is another environment to Azure, and needs no other packages.
    environment = live.checkout.edited("environments/churn/environment.yml", "with the Azure", "and the Azure")

    with environment, live.rollout(watch=0.3), live.caller.load(rate=20) as load:
        while killer.strikes(live.deploying(model)):
            assert live.caller.post(live.caller.sample("loyal")).status_code == 200
    entries = live.journal()
    target = entries[0]["target"]
    sha256 = next(entry["sha256"] for entry in entries if entry.get("step") == "RegisterModel")
    group, workspace = live.outputs["resource_group"], live.outputs["workspace"]
    registered = live.checkout.python(MODELS_OF_CONTENT.format(group=group, workspace=workspace, sha256=sha256))
    endpoint = live.online()

    assert killer.kinds == STEPS
    assert load.failures == []
    assert endpoint["traffic"] == {target: 100}
    assert {each["name"] for each in endpoint["deployments"]} == {old, target}
    assert len(registered) == 1
