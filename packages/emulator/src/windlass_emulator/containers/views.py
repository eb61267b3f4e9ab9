"""How a container group is shown: what is stored, and what its container does at the moment."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from windlass_emulator.containers.container import Container, Event, Moment
from windlass_emulator.containers.kind import KIND, STOPPED
from windlass_emulator.containers.live import running

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure
    from windlass_emulator.store import Resource


def render(azure: LocalAzure, group: Resource, api_version: str) -> dict[str, Any]:
    """Write a group as a GET of it shows it."""
    del api_version
    shown = without_view(group)
    container = running(azure, group.id)
    properties = dict(shown["properties"])
    properties["instanceView"] = {"events": [], "state": _state(azure, group, container)}
    if container is not None and properties["provisioningState"] != "Pending":
        first = properties["containers"][0]
        view = {"instanceView": _view(container)}
        properties["containers"] = [{**first, "properties": {**first["properties"], **view}}]
    return shown | {"properties": properties}


def without_view(group: Resource) -> dict[str, Any]:
    """Write a group as a list shows it (recorded: without instanceView)."""
    return {"id": group.id, "name": group.name, "type": KIND.type, **group.body}


def _state(azure: LocalAzure, group: Resource, container: Container | None) -> str:
    if azure.store.fact(group.id, STOPPED):
        return "Stopped"
    if container is None or group.body["properties"]["provisioningState"] == "Pending":
        return "Pending"
    if container.current.state == "Terminated":
        return "Succeeded" if container.current.exit_code == 0 else "Failed"
    return "Running" if container.current.state == "Running" else "Pending"


def _view(container: Container) -> dict[str, Any]:
    view: dict[str, Any] = {"restartCount": container.restarts, "currentState": _moment(container.current)}
    if container.previous is not None:
        view["previousState"] = _moment(container.previous)
    return view | {"events": [_event(event) for event in container.events]}


def _moment(moment: Moment) -> dict[str, Any]:
    shown: dict[str, Any] = {"state": moment.state, "startTime": _time(moment.started)}
    if moment.exit_code is not None and moment.finished is not None:
        shown |= {"exitCode": moment.exit_code, "finishTime": _time(moment.finished)}
    return shown | {"detailStatus": moment.detail}


def _event(event: Event) -> dict[str, Any]:
    return {
        "count": event.count,
        "firstTimestamp": _time(event.first),
        "lastTimestamp": _time(event.last),
        "name": event.name,
        "message": event.message,
        "type": event.kind,
    }


def _time(seconds: float) -> str:
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
