"""Autoscale as part of a deployment: on before its traffic, at work, and gone with it."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import pytest
from support.live_stack import ROLLOUT, LiveStack
from support.processes import eventually

SCALED = "rollout:\n  autoscale: {minimum: 1, maximum: 2}\n"
SETTINGS = """
import json, os
from azure.identity import DefaultAzureCredential
from azure.mgmt.monitor import MonitorManagementClient
client = MonitorManagementClient(
    DefaultAzureCredential(), os.environ["AZURE_SUBSCRIPTION_ID"], api_version="2021-05-01-preview")
found = client.autoscale_settings.list_by_resource_group("{group}")
print(json.dumps([[each.enabled, each.target_resource_uri] for each in found]))
"""


def settings(live: LiveStack) -> list[tuple[bool, str]]:
    """Every autoscale setting of the stack: whether it is on, and its deployment."""
    found = live.checkout.python(SETTINGS.replace("{group}", live.outputs["resource_group"]))
    return [(enabled, target.rsplit("/", 1)[-1]) for enabled, target in found]


def say(live: LiveStack, deployment: str, cpu: float | None) -> None:
    """Tell the local Azure what the CPU of a deployment is."""
    status = live.checkout.azure_status()
    (admin,) = (each["address"] for each in status["listeners"] if each["name"] == "admin")
    workspace = (
        f"/subscriptions/{live.outputs['subscription_id']}/resourceGroups/{live.outputs['resource_group']}"
        f"/providers/Microsoft.MachineLearningServices/workspaces/{live.outputs['workspace']}"
    )
    resource = f"{workspace}/onlineEndpoints/{live.online()['endpoint']}/deployments/{deployment}"
    body = {"resource": resource, "metric": "CpuUtilizationPercentage", "value": cpu}
    request = urllib.request.Request(f"{admin}/metrics", json.dumps(body).encode(), method="PUT")
    urllib.request.urlopen(request, timeout=10).close()


def served_by(live: LiveStack, deployment: str) -> dict[str, Any]:
    """A deployment as status.py tells it."""
    return next(each for each in live.online()["deployments"] if each["name"] == deployment)


@pytest.mark.timeout(300)
def test_a_deployment_is_scaled_and_loses_its_setting_with_itself(live: LiveStack) -> None:
    live.serve(live.model("1"))
    with live.checkout.edited(ROLLOUT, "rollout:\n", SCALED):
        scaled = live.serve(live.model("2", "scaled"))
        enabled = settings(live)
        say(live, scaled, 90)
        grew = eventually(lambda: served_by(live, scaled)["instances"] == 2, 60)
        shown = served_by(live, scaled)["autoscale"]
    say(live, scaled, None)
    live.serve(live.model("1"))
    live.checkout.script("deploy", "churn", "-s", "local", "--confirm").ok()

    assert enabled == [(True, scaled)]
    assert grew
    assert shown == {"enabled": True, "minimum": 1, "maximum": 2}
    assert settings(live) == []
