"""Azure Monitor's autoscale at work on managed deployments: looks at each setting in turn and changes instance counts.

What is real: one setting per deployment, enabled or not; the bounds of the profile that holds (recurring hours and
fixed dates too); rules with their cooldown; quota. What is not: nothing measures metrics here. A rule hears of a metric
only what was said on the admin API (`PUT /metrics`), and a metric of which nothing was said moves nothing, as one that
Azure has no data of.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from windlass_emulator.arm.monitor import autoscale
from windlass_emulator.arm.monitor.decide import active_profile, decide
from windlass_emulator.errors import AzureError, MlError, invalid_content
from windlass_emulator.http import Answer, Request, Route
from windlass_emulator.ml.common import region_of, workspace_of
from windlass_emulator.ml.quota import used_cores
from windlass_emulator.ml.vm_sizes import find_size
from windlass_emulator.online import rules
from windlass_emulator.online.busy import require_quiet_deployment
from windlass_emulator.online.ids import DEPLOYMENT_TYPE, endpoint_of
from windlass_emulator.online.live import live
from windlass_emulator.operations import RUNNING, Operation

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure
    from windlass_emulator.store import Resource

_log = logging.getLogger(__name__)

_LOOK = "autoscale.look"
_API_VERSION = "2025-12-01"
_METRICS = "measured"
"""The scope of the facts that the admin API was told: `resource metric`, lower case -> value."""


def routes() -> tuple[Route, ...]:
    """The admin API of metrics, which no part of Azure has."""
    return (
        Route("PUT", "/metrics", _put_metric, site="admin", needs_token=False, needs_api_version=False),
        Route("GET", "/metrics", _list_metrics, site="admin", needs_token=False, needs_api_version=False),
    )


async def _put_metric(request: Request) -> Answer:
    """Say what a metric of a resource is from now on; null forgets it."""
    body = request.json()
    if set(body) != {"resource", "metric", "value"}:
        raise invalid_content("A metric is said as {resource, metric, value}.")
    name = _fact(str(body["resource"]), str(body["metric"]))
    if body["value"] is None:
        request.azure.store.delete_fact(_METRICS, name)
    else:
        request.azure.store.set_fact(_METRICS, name, float(body["value"]))
    return Answer(204)


async def _list_metrics(request: Request) -> Answer:
    """List what was said of metrics."""
    return Answer(200, {"value": request.azure.store.facts(_METRICS)})


def _fact(resource: str, metric: str) -> str:
    return f"{resource.lower()} {metric.lower()}"


@dataclass(slots=True)
class _Rest:
    """Seconds of the scaled clock since each setting has changed something; one that never has is not in it."""

    since: dict[str, float] = field(default_factory=dict)

    def pass_by(self, duration: float) -> None:
        for setting in self.since:
            self.since[setting] += duration

    def of(self, setting: str) -> float:
        return self.since.get(setting, float("inf"))


async def start(azure: LocalAzure) -> None:
    """Begin to look at autoscale settings, for as long as the local Azure runs."""
    task = asyncio.create_task(_run(azure), name="autoscale")
    live(azure).tasks.add(task)
    task.add_done_callback(live(azure).tasks.discard)


async def _run(azure: LocalAzure) -> None:
    rest = _Rest()
    while True:
        await azure.take(_LOOK)
        rest.pass_by(azure.settings.durations[_LOOK])
        for setting in azure.store.of_type(autoscale.KIND.type):
            try:
                if look(azure, setting, rested=rest.of(setting.id)):
                    rest.since[setting.id] = 0.0
            except Exception:  # noqa: BLE001 - one bad setting must not keep the others from scaling; the log has the trace
                _log.exception("autoscale setting %s", setting.id)


def look(azure: LocalAzure, setting: Resource, *, rested: float = float("inf")) -> bool:
    """Look at one setting once, and tell whether it has begun to change its target."""
    properties: dict[str, Any] = setting.body["properties"]
    target = azure.store.get(str(properties["targetResourceUri"]))
    if target is None or not properties["enabled"]:
        return False
    now = datetime.fromtimestamp(azure.clock.now(), UTC)
    instances = int(target.body["sku"]["capacity"])

    def measured(resource: str, metric: str) -> float | None:
        value: float | None = azure.store.fact(_METRICS, _fact(resource, metric))
        return value

    wanted = decide(active_profile(properties["profiles"], now), instances, measured, rested=rested)
    return wanted != instances and _set_instances(azure, target, wanted)


def _set_instances(azure: LocalAzure, deployment: Resource, count: int) -> bool:
    """Begin to have `count` instances, unless something else is under way or quota is short."""
    try:
        require_quiet_deployment(azure, deployment.id)
        _require_quota(azure, deployment, count)
    except MlError as refused:
        _log.info("autoscale of %s: %s", deployment.name, refused.message)
        return False
    if not azure.store.fact(deployment.id, "serving"):
        return False
    body = {
        **deployment.body,
        "sku": {**deployment.body["sku"], "capacity": count},
        "properties": {**deployment.body["properties"], "provisioningState": "Updating"},
    }
    operation = _operation(azure, deployment)
    with azure.store.transaction():
        azure.store.put(deployment.id, DEPLOYMENT_TYPE, body, parent=endpoint_of(deployment.id), now=azure.clock.now())
        azure.store.set_fact(deployment.id, "operation", operation.id)
        azure.operations.start(operation)
    _log.info("autoscale of %s: %s instances", deployment.name, count)
    return True


def _require_quota(azure: LocalAzure, deployment: Resource, count: int) -> None:
    size = find_size(str(deployment.body["properties"]["instanceType"]))
    used = used_cores(azure, deployment.body["location"], size.family, without=deployment.id)
    rules.require_cores(size, rules.require_capacity(count), used, azure.subscription)


def _operation(azure: LocalAzure, deployment: Resource) -> Operation:
    workspace = azure.store.get(workspace_of(deployment.id))
    if workspace is None:
        raise AzureError(404, "ResourceNotFound", f"The workspace of '{deployment.id}' is gone.")
    return Operation(
        id=f"odidp:{workspace.body['properties'].get('workspaceId', '')}:{uuid.uuid4()}",
        family="online_deployment",
        resource=deployment.id,
        action="online_deployment.apply",
        arguments={},
        region=region_of(workspace),
        api_version=_API_VERSION,
        status=RUNNING,
        started=azure.clock.now(),
    )
