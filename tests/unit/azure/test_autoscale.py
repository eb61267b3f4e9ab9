"""Documents of autoscale settings, held against the model of Microsoft's client."""

from __future__ import annotations

from typing import Any

import pytest
from azure.mgmt.monitor.v2022_10_01.models import AutoscaleSettingResource
from support.in_process import InProcess, in_process
from windlass_emulator.arm.monitor import autoscale as emulated

from windlass.azure.autoscale import read_setting, setting_document, setting_name
from windlass.project.autoscale import Autoscale, Hours
from windlass.release.models import CreateAutoscale, Scaled

WORKSPACE = (
    "/subscriptions/10ca1000-0000-4000-8000-000000000002/resourceGroups/rg"
    "/providers/Microsoft.MachineLearningServices/workspaces/ws"
)
ENDPOINT = f"{WORKSPACE}/onlineEndpoints/churn"
OFFICE = Hours(name="office", starts="07:30", ends="19:00", minimum=3, maximum=8)
SETTINGS = Autoscale(
    minimum=2, maximum=5, latency_p95_above_ms=800, hours=(OFFICE,), time_zone="W. Europe Standard Time"
)


def document(settings: Autoscale = SETTINGS) -> dict[str, Any]:
    return setting_document(CreateAutoscale(deployment="blue", settings=settings), ENDPOINT, "westeurope")


def test_the_document_is_one_of_the_official_model() -> None:
    model = AutoscaleSettingResource.deserialize(document())

    assert model.serialize() == document()


def test_a_setting_is_enabled_because_azure_makes_it_disabled() -> None:
    assert document()["properties"]["enabled"] is True


def test_numbers_are_written_as_texts() -> None:
    (always, office, after) = document()["properties"]["profiles"]

    assert always["capacity"] == after["capacity"] == {"minimum": "2", "maximum": "5", "default": "2"}
    assert office["capacity"] == {"minimum": "3", "maximum": "8", "default": "3"}


def test_hours_begin_and_end_by_a_profile_each() -> None:
    (_, office, after) = document()["properties"]["profiles"]

    assert office["recurrence"]["schedule"] == {
        "timeZone": "W. Europe Standard Time",
        "days": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"],
        "hours": [7],
        "minutes": [30],
    }
    assert (after["recurrence"]["schedule"]["hours"], after["name"]) == ([19], '{"name":"always","for":"office"}')


def test_more_cpu_adds_and_less_cpu_removes() -> None:
    rules = document()["properties"]["profiles"][0]["rules"]

    assert [(rule["metricTrigger"]["operator"], rule["scaleAction"]["direction"]) for rule in rules] == [
        ("GreaterThan", "Increase"),
        ("LessThan", "Decrease"),
        ("GreaterThan", "Increase"),
    ]
    assert rules[2]["metricTrigger"]["dimensions"] == [
        {"DimensionName": "deployment", "Operator": "Equals", "Values": ["blue"]}
    ]


def test_what_is_written_is_read_back() -> None:
    assert read_setting(document()) == Scaled(
        deployment="blue", digest=SETTINGS.digest, enabled=True, minimum=2, maximum=5
    )


def test_the_longest_names_fit() -> None:
    assert len(setting_name("e" * 32, "d" * 32)) <= 260


@pytest.fixture
def local(tmp_path: Any) -> InProcess:
    made = in_process(tmp_path, (emulated.feature(),))
    group = WORKSPACE.partition("/providers/")[0]
    state = {"location": "westeurope", "properties": {"provisioningState": "Succeeded"}}
    made.azure.store.put(group, "microsoft.resources/resourcegroups", state, parent="", now=0.0)
    for resource_id in (ENDPOINT, f"{ENDPOINT}/deployments/blue"):
        body = {"location": "westeurope", "properties": {"endpointComputeType": "Managed"}}
        made.azure.store.put(resource_id, "x/y", body, parent=group, now=0.0)
    return made


async def test_the_local_azure_takes_it(local: InProcess) -> None:
    group = WORKSPACE.partition("/providers/")[0]

    made = await local.send("PUT", f"{group}/providers/Microsoft.Insights/autoscalesettings/churn-blue", document())

    assert made.status == 201
