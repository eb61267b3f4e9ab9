"""Autoscale settings at work on deployments whose instances are processes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from support.in_process import GROUP, InProcess
from support.online_parts import ENDPOINTS, deployment_body, done, endpoint_body, online_parts
from windlass_emulator.arm.monitor.autoscale import KIND
from windlass_emulator.online.autoscaler import look
from windlass_emulator.store import Resource

pytestmark = pytest.mark.inferred

CHURN = f"{ENDPOINTS}/churn"
ONE = f"{CHURN}/deployments/one"
SETTING = f"{GROUP}/providers/{KIND.type}/churn-one"
CPU = "CpuUtilizationPercentage"


@pytest.fixture
async def local(tmp_path: Path) -> AsyncIterator[InProcess]:
    async with online_parts(tmp_path) as made:
        await done(made, "PUT", CHURN, endpoint_body())
        await done(made, "PUT", ONE, deployment_body())
        yield made


def setting(local: InProcess, *, least: int = 1, most: int = 2, enabled: bool = True) -> Resource:
    rule = {
        "metricTrigger": {"metricName": CPU, "metricResourceUri": ONE, "operator": "GreaterThan", "threshold": 70},
        "scaleAction": {"direction": "Increase", "type": "ChangeCount", "value": "1", "cooldown": "PT5M"},
    }
    capacity = {"minimum": str(least), "maximum": str(most), "default": str(least)}
    body: dict[str, Any] = {
        "location": "westeurope",
        "properties": {
            "enabled": enabled,
            "targetResourceUri": ONE,
            "profiles": [{"name": "always", "capacity": capacity, "rules": [rule]}],
        },
    }
    return local.azure.store.put(SETTING, KIND.type, body, parent=GROUP, now=0.0)


async def measured(local: InProcess, cpu: float | None) -> None:
    found = local.router.find("admin", "PUT", "/metrics")
    assert found is not None
    await local.tell(found[0], {"resource": ONE, "metric": CPU, "value": cpu})


def running(local: InProcess) -> int:
    return len(local.azure.status()["instances"])


async def test_too_few_instances_become_as_many_as_the_bounds_say(local: InProcess) -> None:
    assert look(local.azure, setting(local, least=2))
    await local.settle()

    assert running(local) == 2
    assert not look(local.azure, setting(local, least=2))


async def test_a_metric_that_is_said_moves_the_count(local: InProcess) -> None:
    await measured(local, 90)

    assert look(local.azure, setting(local))
    await local.settle()
    await measured(local, None)

    assert running(local) == 2
    assert not look(local.azure, setting(local))


async def test_a_disabled_setting_moves_nothing(local: InProcess) -> None:
    assert not look(local.azure, setting(local, least=2, enabled=False))


async def test_a_deployment_in_the_making_is_left_alone(local: InProcess) -> None:
    await local.send("PATCH", ONE, {"tags": {"a": "1"}})

    assert not look(local.azure, setting(local, least=2))
    await local.settle()


async def test_quota_stops_it(local: InProcess) -> None:
    assert not look(local.azure, setting(local, least=30, most=40))


async def test_a_setting_without_its_target_does_no_harm(local: InProcess) -> None:
    await done(local, "DELETE", ONE)

    assert not look(local.azure, setting(local))
