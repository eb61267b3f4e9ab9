"""What is written of releases, on a provisioned stack: looked up, gone back to, and finished after a SIGKILL."""

from __future__ import annotations

import os
import signal
from typing import Any

from support.live_stack import LiveStack
from support.processes import eventually

TAGS = """
import json, os
from azure.ai.ml import MLClient
from azure.identity import DefaultAzureCredential
client = MLClient(DefaultAzureCredential(), os.environ["AZURE_SUBSCRIPTION_ID"], "{group}", "{workspace}")
print(json.dumps(client.online_deployments.get("{deployment}", "{endpoint}").tags))
"""


def history(live: LiveStack) -> list[dict[str, Any]]:
    """The records of the endpoint, the newest first."""
    records: list[dict[str, Any]] = live.checkout.script("history", "churn", "-s", "local", "-o", "json").ok().json()
    return records


def test_a_release_is_recorded_and_an_earlier_one_is_gone_back_to_by_its_record(live: LiveStack) -> None:
    old = live.serve(live.model("1"))
    released = live.deploy(live.model("2", "recorded")).ok().json()
    record, *earlier = history(live)
    outputs = live.outputs
    places = {"group": outputs["resource_group"], "workspace": outputs["workspace"], "endpoint": record["endpoint"]}
    tags = live.checkout.python(TAGS.format(deployment=record["deployment"], **places))
    good = next(each for each in earlier if each["deployment"] == old and each["verdict"] == "succeeded")

    live.checkout.script("deploy", "churn", "-s", "local", "--rollback", "--to", good["id"]).ok()
    shown = live.checkout.script("history", "churn", "-s", "local", "--record", record["id"]).ok().out

    assert (record["id"], record["verdict"]) == (released["record"], "succeeded")
    assert record["checks"][0]["requests"] == 3
    assert sum(check["failures"] for check in record["checks"]) == 0
    assert [each["shares"].get(record["deployment"], 0) for each in record["traffic"]] == [0, 10, 50, 100]
    assert (tags["windlass.record"], tags["windlass.sha256"]) == (record["id"], record["model"]["sha256"])
    assert live.traffic() == {old: 100}
    assert "rolled-back: by" in shown
    assert record["model"]["sha256"] in shown


def test_the_record_of_a_killed_release_is_finished_by_the_one_that_takes_it_up(live: LiveStack) -> None:
    live.serve(live.model("1"))
    model = live.model("2", "killed-record")

    with live.rollout(watch=20), live.checkout.running_script(*live.deploying(model)) as release:
        assert eventually(lambda: live.journal()[-1].get("step") == "Watch", 60)
        os.killpg(release.pid, signal.SIGKILL)
        release.wait()
    killed = history(live)[0]
    live.deploy(model).ok()
    finished = history(live)[0]

    assert (killed["verdict"], killed["finished_at"]) == ("under-way", None)
    assert (finished["id"], finished["verdict"], len(finished["runs"])) == (killed["id"], "succeeded", 2)
    assert finished["traffic"][: len(killed["traffic"])] == killed["traffic"]
