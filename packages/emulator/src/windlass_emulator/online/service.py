"""Carries out what was asked of deployments: makes them, changes them, ends them. Every step may be run twice.

A change that needs new instances starts all of them beside the old ones, sends new requests to them at once when
all are ready, and ends the old ones after their last request; when one does not start, the old ones stay and
nobody has noticed. (Azure replaces them in turns, with a fifth more than there are; the count in between differs,
what callers see does not.)
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from windlass_emulator.errors import AzureError, OperationFailedError
from windlass_emulator.ml.common import workspace_of
from windlass_emulator.online import kubernetes, logs, prepare
from windlass_emulator.online.durations import seconds
from windlass_emulator.online.fleet import Fleet
from windlass_emulator.online.ids import DEPLOYMENT_TYPE, ENDPOINT_TYPE, endpoint_of
from windlass_emulator.online.instance import Instance
from windlass_emulator.online.live import close_fleet, live, open_doorway
from windlass_emulator.online.prepare import Prepared

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure
    from windlass_emulator.operations import Operation
    from windlass_emulator.store import Resource

_log = logging.getLogger(__name__)

_START_TOGETHER = 2
"""Instances that start at the same time: loading a model uses a whole core."""

_REVIVAL_SECONDS = 10.0
"""How long a start of the local Azure waits for instances; those that take longer come up behind it."""


async def apply_deployment(azure: LocalAzure, operation: Operation) -> None:
    """Carry out the making or changing of a deployment."""
    deployment = operation.resource
    _require_deployment(azure, deployment)
    try:
        await _apply(azure, deployment)
    except AzureError as error:
        _set_state(azure, deployment, "Failed")
        raise OperationFailedError(error.code, error.message) from error
    except OperationFailedError:
        _set_state(azure, deployment, "Failed")
        raise
    _set_state(azure, deployment, "Succeeded")


def _require_deployment(azure: LocalAzure, deployment: str) -> Resource:
    if stored := azure.store.get(deployment):
        return stored
    raise OperationFailedError("ResourceNotFound", f"'{deployment}' was deleted while it was in the making.")


async def _apply(azure: LocalAzure, deployment: str) -> None:
    wanted = _require_deployment(azure, deployment).body
    if wanted["kind"] == kubernetes.KIND:
        kubernetes.require_nodes(azure, deployment, wanted)
    serving = azure.store.fact(deployment, "serving")
    await azure.take("online_deployment.update" if serving else "online_deployment.create")
    if serving and not prepare.needs_new_instances(serving["body"], wanted):
        await _scale(azure, deployment, serving["revision"], wanted)
    else:
        await _replace(azure, deployment, wanted)


async def _replace(azure: LocalAzure, deployment: str, wanted: Mapping[str, Any]) -> None:
    """Bring a new revision into service, and take the old one out."""
    # A number of its own for every try, so that nothing of one that failed is taken for this one's.
    revision: int = azure.store.fact(deployment, "revision", 0) + 1
    azure.store.set_fact(deployment, "revision", revision)
    serving = azure.store.fact(deployment, "serving")
    await prepare.forget_other_revisions(azure, deployment, {serving["revision"]} if serving else set())
    events = logs.Events(azure, deployment)
    prepared = await _prepare(azure, deployment, wanted, revision, events)
    fleet = _fleet(azure, deployment, wanted)
    instances = [_instance(azure, fleet, prepared, index) for index in range(kubernetes.instances_of(wanted))]
    events.add("Created", "Created container inference-server")
    await _begin(azure, deployment, instances, {"revision": revision, "body": wanted})
    events.add("Started", "Started container inference-server")
    _tune(fleet, wanted)
    live(azure).fleets[deployment.lower()] = fleet
    await fleet.replace(instances)
    await prepare.forget_other_revisions(azure, deployment, {revision})


async def _prepare(
    azure: LocalAzure, deployment: str, wanted: Mapping[str, Any], revision: int, events: logs.Events
) -> Prepared:
    events.begin()
    events.add("Pulling", "Start pulling container image")
    events.add("Downloading", "Start downloading models")
    prepare.require_rights(azure, deployment, new_image=True)
    prepared = await prepare.prepare(azure, deployment, wanted, revision)
    events.add("Pulled", "Container image is pulled successfully")
    events.add("Downloaded", "Models are downloaded successfully or no model need to download")
    parts = prepare.find_parts(azure, workspace_of(deployment), wanted["properties"])
    script = wanted["properties"]["codeConfiguration"]["scoringScript"]
    azure.store.set_fact(deployment, "mounts", prepare.shown_variables(parts, script))
    return prepared


async def _scale(azure: LocalAzure, deployment: str, revision: int, wanted: Mapping[str, Any]) -> None:
    """Have as many instances of the revision in service as are wanted."""
    fleet = _fleet(azure, deployment, wanted)
    _tune(fleet, wanted)
    count = kubernetes.instances_of(wanted)
    kept = fleet.instances[:count]
    if len(kept) < count:
        prepare.require_rights(azure, deployment, new_image=False)
    prepared = await prepare.prepare(azure, deployment, wanted, revision)
    added = [_instance(azure, fleet, prepared, index) for index in range(len(kept), count)]
    await _begin(azure, deployment, added, {"revision": revision, "body": wanted})
    live(azure).fleets[deployment.lower()] = fleet
    await fleet.replace([*kept, *added])


async def _begin(azure: LocalAzure, deployment: str, instances: Sequence[Instance], serving: Mapping[str, Any]) -> None:
    """Start instances and write down what is in service from now on, before anybody relies on it.

    Raises:
        OperationFailedError: One did not start, or the deployment is gone; none of them runs then.
    """
    live(azure).arriving[deployment.lower()] = instances
    try:
        await _start_all(instances)
        _require_deployment(azure, deployment)
        azure.store.set_fact(deployment, "serving", serving)
    except BaseException:
        await asyncio.gather(*(instance.stop() for instance in instances))
        raise
    finally:
        del live(azure).arriving[deployment.lower()]


def _fleet(azure: LocalAzure, deployment: str, wanted: Mapping[str, Any]) -> Fleet:
    known = live(azure).fleets.get(deployment.lower())
    if known is not None:
        return known
    fleet = Fleet(endpoint_of(deployment).rsplit("/", 1)[-1], deployment.rsplit("/", 1)[-1], 0.0, 1)
    _tune(fleet, wanted)
    return fleet


def _tune(fleet: Fleet, wanted: Mapping[str, Any]) -> None:
    settings = wanted["properties"]["requestSettings"]
    fleet.timeout = seconds(settings["requestTimeout"], "requestTimeout")
    fleet.concurrency = int(settings["maxConcurrentRequestsPerInstance"])


def _instance(azure: LocalAzure, fleet: Fleet, prepared: Prepared, index: int) -> Instance:
    return Instance(
        endpoint=fleet.endpoint,
        deployment=fleet.deployment,
        index=index,
        program=prepared.program(index),
        processes=azure.processes,
        clock=azure.clock,
        changed=fleet.wake_all,
    )


async def _start_all(instances: Sequence[Instance]) -> None:
    """Start instances, a few at a time; the first that fails ends the starting of the others.

    Raises:
        OperationFailedError: Of the first that failed.
    """
    turns = asyncio.Semaphore(_START_TOGETHER)

    async def start(instance: Instance) -> None:
        async with turns:
            await instance.start()

    tasks = [asyncio.create_task(start(instance)) for instance in instances]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _set_state(azure: LocalAzure, deployment: str, state: str) -> None:
    stored = azure.store.get(deployment)
    if stored is None:
        return
    body = {**stored.body, "properties": {**stored.body["properties"], "provisioningState": state}}
    azure.store.put(deployment, DEPLOYMENT_TYPE, body, parent=endpoint_of(deployment), now=azure.clock.now())


async def remove_deployment(azure: LocalAzure, operation: Operation) -> None:
    """Carry out the deletion of a deployment."""
    if azure.store.get(operation.resource) is None:
        return
    await close_fleet(azure, operation.resource)
    await azure.take("online_deployment.delete")
    await azure.remove(operation.resource)


async def end_deployment(azure: LocalAzure, deployment: str) -> None:
    """End all that runs for a deployment that goes away, and remove its files."""
    await close_fleet(azure, deployment)
    await prepare.forget(azure, deployment)


async def revive(azure: LocalAzure) -> None:
    """Bring back what was in service when the local Azure ended: traffic, keys, instances."""
    for endpoint in azure.store.of_type(ENDPOINT_TYPE):
        if azure.store.fact(endpoint.id, "created"):
            open_doorway(azure, endpoint)
    revivals = [
        asyncio.create_task(_revive(azure, one.id), name=f"revival of {one.name}")
        for one in azure.store.of_type(DEPLOYMENT_TYPE)
        if azure.store.fact(one.id, "serving")
    ]
    live(azure).tasks.update(revivals)
    for revival in revivals:
        revival.add_done_callback(live(azure).tasks.discard)
    if revivals:
        await asyncio.wait(revivals, timeout=_REVIVAL_SECONDS)


async def _revive(azure: LocalAzure, deployment: str) -> None:
    """Start the instances of a deployment again; one whose environment or content is gone counts as failed."""
    serving = azure.store.fact(deployment, "serving")
    body: Mapping[str, Any] = serving["body"]
    fleet = _fleet(azure, deployment, body)
    live(azure).fleets[deployment.lower()] = fleet
    try:
        prepared = await prepare.prepare(azure, deployment, body, serving["revision"])
    except (AzureError, OperationFailedError) as error:
        _log.error("%s cannot be brought back: %s", deployment, error)
        _set_state(azure, deployment, "Failed")
        return
    if fleet.instances:  # an operation that was taken up again has been quicker
        return
    instances = [_instance(azure, fleet, prepared, index) for index in range(kubernetes.instances_of(body))]
    fleet.instances = [*instances]
    for instance in instances:
        instance.revive()
    await _all_running(fleet)


async def _all_running(fleet: Fleet) -> None:
    await fleet.until(lambda: all(one.state == "running" for one in fleet.instances))


async def stop(azure: LocalAzure) -> None:
    """End all instances; what the store says brings them back."""
    for task in live(azure).tasks:
        task.cancel()
    await asyncio.gather(*(fleet.stop() for fleet in live(azure).fleets.values()))
