"""Autoscale settings: what Azure Monitor takes and what it refuses. (What they do: online/test_autoscale.py.)"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.in_process import GROUP, InProcess, in_process
from windlass_emulator.arm.monitor import autoscale
from windlass_emulator.errors import AzureError, NotEmulatedError

SETTING = f"{GROUP}/providers/Microsoft.Insights/autoscalesettings/churn"
ENDPOINT = f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/ws/onlineEndpoints/churn"
DEPLOYMENT = f"{ENDPOINT}/deployments/blue"
WORKSPACES = "Microsoft.MachineLearningServices/workspaces"


@pytest.fixture
def local(tmp_path: Path) -> InProcess:
    """A local Azure with an endpoint and one managed deployment, as far as settings look at them."""
    made = in_process(tmp_path, (autoscale.feature(),))
    put = made.azure.store.put
    group = {"location": "westeurope", "properties": {"provisioningState": "Succeeded"}}
    put(GROUP, "microsoft.resources/resourcegroups", group, parent="", now=0.0)
    put(ENDPOINT, f"{WORKSPACES}/onlineEndpoints", {"location": "westeurope", "properties": {}}, parent=GROUP, now=0.0)
    body = {"location": "westeurope", "properties": {"endpointComputeType": "Managed"}}
    put(DEPLOYMENT, f"{WORKSPACES}/onlineEndpoints/deployments", body, parent=ENDPOINT, now=0.0)
    return made


def _rule(direction: str = "Increase", operator: str = "GreaterThan", **changed: Any) -> dict[str, Any]:
    trigger: dict[str, Any] = {
        "metricName": "CpuUtilizationPercentage",
        "metricResourceUri": DEPLOYMENT,
        "timeGrain": "PT1M",
        "statistic": "Average",
        "timeWindow": "PT5M",
        "timeAggregation": "Average",
        "operator": operator,
        "threshold": 70,
    }
    action: dict[str, Any] = {"direction": direction, "type": "ChangeCount", "value": "1", "cooldown": "PT5M"}
    parts = {"metricTrigger": trigger, "scaleAction": action}
    for part in parts.values():
        part.update({key: value for key, value in changed.items() if key in part})
    return parts


def _profile(name: str = "default", **changed: Any) -> dict[str, Any]:
    capacity = {"minimum": "2", "maximum": "5", "default": "2"}
    return {"name": name, "capacity": capacity, "rules": [_rule()], **changed}


def _body(**properties: Any) -> dict[str, Any]:
    usual = {"enabled": True, "targetResourceUri": DEPLOYMENT, "profiles": [_profile()]}
    return {"location": "westeurope", "properties": {**usual, **properties}}


@pytest.mark.specified
async def test_a_setting_says_what_it_was_given_and_its_own_name(local: InProcess) -> None:
    made = await local.send("PUT", SETTING, _body())
    again = await local.send("PUT", SETTING, _body())

    assert (made.status, again.status) == (201, 200)
    assert made.body["properties"]["name"] == "churn"
    assert made.body["properties"]["targetResourceLocation"] == "westeurope"


@pytest.mark.specified
async def test_a_setting_is_disabled_unless_it_says_otherwise(local: InProcess) -> None:
    made = await local.send("PUT", SETTING, _body(enabled=None))

    assert made.body["properties"]["enabled"] is False


@pytest.mark.inferred
@pytest.mark.parametrize(
    ("properties", "says"),
    [
        ({"profiles": []}, "1 to 20 profiles"),
        ({"profiles": [_profile(str(n)) for n in range(21)]}, "1 to 20 profiles"),
        ({"profiles": [_profile(), _profile("other")]}, "at most one profile without"),
        ({"profiles": [_profile(capacity={"minimum": 2, "maximum": "5", "default": "2"})]}, "written as a string"),
        ({"profiles": [_profile(capacity={"minimum": "5", "maximum": "2", "default": "5"})]}, "must be ordered"),
        ({"profiles": [_profile(rules=[_rule("Increase", "LessThan")])]}, "wrong direction"),
        ({"profiles": [_profile(rules=[_rule("Decrease", "GreaterThan")])]}, "wrong direction"),
        ({"profiles": [_profile(rules=[_rule(value=1)])]}, "written as a string"),
        ({"profiles": [_profile(rules=[_rule(value="9")])]}, "more than maximum minus minimum"),
        ({"profiles": [_profile(rules=[_rule(metricName="Speed")])]}, "metric 'Speed' does not exist"),
        ({"profiles": [_profile(rules=[_rule(cooldown="PT10S")])]}, "1 minute to 1 week"),
        ({"profiles": [_profile(rules=[_rule(timeWindow="PT1M")])]}, "5 minutes to 12 hours"),
        ({"targetResourceUri": f"{ENDPOINT}/deployments/green"}, "was not found"),
    ],
)
async def test_what_would_not_scale_is_refused(local: InProcess, properties: dict[str, Any], says: str) -> None:
    with pytest.raises(AzureError) as refused:
        await local.send("PUT", SETTING, _body(**properties))

    assert refused.value.status == 400
    assert says in refused.value.message


@pytest.mark.specified
async def test_a_target_has_one_setting(local: InProcess) -> None:
    await local.send("PUT", SETTING, _body())

    with pytest.raises(AzureError) as refused:
        await local.send("PUT", f"{SETTING}-2", _body())

    assert (refused.value.status, refused.value.code) == (409, "Conflict")


@pytest.mark.specified
async def test_a_setting_stays_with_its_target(local: InProcess) -> None:
    await local.send("PUT", SETTING, _body())

    with pytest.raises(AzureError) as refused:
        await local.send("PUT", SETTING, _body(targetResourceUri=f"{ENDPOINT}/deployments/green"))

    assert (refused.value.status, refused.value.code) == (400, "TargetResourceIdIsImmutable")


@pytest.mark.inferred
async def test_other_types_are_answered_by_name(local: InProcess) -> None:
    with pytest.raises(NotEmulatedError):
        await local.send("PUT", SETTING, _body(targetResourceUri=f"{GROUP}/providers/Microsoft.Web/serverFarms/plan"))


@pytest.mark.inferred
async def test_a_setting_outlives_its_target(local: InProcess) -> None:
    await local.send("PUT", SETTING, _body())

    await local.azure.remove(DEPLOYMENT)

    assert (await local.send("GET", SETTING)).status == 200
