"""The containers that run in this process's care, by the id of their group. All of it is made from the store."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from windlass_emulator.containers.container import Container, Probe, Program
from windlass_emulator.containers.kind import KIND, SECRETS, STOPPED, container_of, folder_of, host_of
from windlass_emulator.errors import OperationFailedError
from windlass_emulator.images import images
from windlass_emulator.login import identity_environment

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure
    from windlass_emulator.store import Resource

_LAST_GRACE = 0.8
"""When the whole local Azure stops, which takes less than five seconds."""


@dataclass(slots=True)
class Live:
    """What runs.

    Attributes:
        containers: By the group's id in lower case.
        tasks: What goes on behind answers.
    """

    containers: dict[str, Container] = field(default_factory=dict)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)


def live(azure: LocalAzure) -> Live:
    """Return what runs in this local Azure."""
    state: Live = azure.live.setdefault("containers", Live())
    return state


def running(azure: LocalAzure, group: str) -> Container | None:
    """Return the container of a group, or None."""
    return live(azure).containers.get(group.lower())


async def launch(azure: LocalAzure, group: Resource) -> Container:
    """Start the container of a group in place of one that runs.

    Raises:
        OperationFailedError: Its environment cannot be made.
    """
    await end(azure, group.id)
    program = await _program(azure, group)
    if azure.store.get(group.id) is None:
        raise OperationFailedError("ResourceNotFound", f"'{group.id}' was deleted while it was in the making.")
    container = Container(f"container/{group.name}", program, azure.processes, azure.clock)
    live(azure).containers[group.id.lower()] = container
    image = container_of(group)["properties"]["image"]
    container.note("Pulling", f'pulling image "{image}"')
    container.note("Pulled", f'Successfully pulled image "{image}"')
    container.begin()
    return container


async def end(azure: LocalAzure, group: str, *, grace: float | None = None) -> None:
    """End the container of a group, if one runs; what it tells stays until it is forgotten."""
    if container := running(azure, group):
        await (container.stop() if grace is None else container.stop(grace))


async def forget(azure: LocalAzure, group: str) -> None:
    """End the container of a group and remove its files."""
    await end(azure, group)
    live(azure).containers.pop(group.lower(), None)
    await asyncio.to_thread(shutil.rmtree, folder_of(azure, group), ignore_errors=True)


async def _program(azure: LocalAzure, group: Resource) -> Program:
    container = container_of(group)["properties"]
    image = images.find(azure, container["image"])
    interpreter = await azure.environments.ensure(image.context.conda)
    folder = folder_of(azure, group.id)
    code = folder / "code"
    await asyncio.to_thread(_copy, image.context.folder / "code", code)
    secure = azure.store.fact(group.id, SECRETS, {})
    variables = {
        each["name"]: str(secure.get(each["name"], each.get("value") or ""))
        for each in container.get("environmentVariables") or []
    }
    return Program(
        argv=(str(interpreter), "-m", "windlass_runtime"),
        environment={
            "PATH": f"{interpreter.parent}:/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "HOME": str(folder),
            "PYTHONPATH": str(image.context.folder / "runtime"),
            "PYTHONUNBUFFERED": "1",
            "AML_APP_ROOT": str(code),
            "AZUREML_ENTRY_SCRIPT": image.context.script,
            **_identity(azure, group),
            **variables,
            # A container has a network and a disk of its own; these stand in for them.
            "WINDLASS_HOST": "127.0.0.1",
            "WINDLASS_PORT": "0",
            "WINDLASS_PORT_FILE": str(folder / "port"),
            "WINDLASS_FOLDER": str(folder / "files"),
        },
        folder=folder,
        restart=group.body["properties"]["restartPolicy"],
        liveness=Probe.of(container.get("livenessProbe")),
        readiness=Probe.of(container.get("readinessProbe")),
    )


def _copy(source: Any, to: Any) -> None:
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(source, to)


def _identity(azure: LocalAzure, group: Resource) -> dict[str, str]:
    identity = group.body.get("identity")
    if not identity:
        return dict(azure.client_environment)
    mine = next(iter((identity.get("userAssignedIdentities") or {}).values()), identity)
    principal = str(mine["principalId"])
    return identity_environment(azure, principal, str(mine.get("clientId", principal)))


async def revive(azure: LocalAzure) -> None:
    """Start again what ran before the local Azure ended, behind its start."""
    for group in azure.store.of_type(KIND.type):
        if group.body["properties"]["provisioningState"] == "Succeeded" and not azure.store.fact(group.id, STOPPED):
            behind(azure, _revive(azure, group))


async def _revive(azure: LocalAzure, group: Resource) -> None:
    await launch(azure, group)


def behind(azure: LocalAzure, work: Any) -> None:
    """Do something after the answer."""
    task = asyncio.create_task(work)
    live(azure).tasks.add(task)
    task.add_done_callback(live(azure).tasks.discard)


async def stop(azure: LocalAzure) -> None:
    """End everything: the local Azure stops."""
    for task in list(live(azure).tasks):
        task.cancel()
    await asyncio.gather(*(container.stop(_LAST_GRACE) for container in live(azure).containers.values()))


def status(azure: LocalAzure) -> dict[str, Any]:
    """Return the containers."""
    return {
        "containers": [
            {
                "group": group.name,
                "host": host_of(group),
                "pid": container.pid,
                "port": container.port,
                "state": container.current.state,
                "ready": container.ready,
                "restarts": container.restarts,
            }
            for group in azure.store.of_type(KIND.type)
            if (container := running(azure, group.id)) is not None
        ]
    }
