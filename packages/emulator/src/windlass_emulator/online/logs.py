"""What `getLogs` answers: status of an instance, events of its container, its console (recorded 2025-11)."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from windlass_emulator.online import prepare
from windlass_emulator.online.busy import state_of

if TYPE_CHECKING:
    from windlass_emulator.azure import LocalAzure

CONTAINERS = ("InferenceServer", "StorageInitializer")
_EVENTS = "events"


@dataclass(frozen=True, slots=True)
class Events:
    """The events of a deployment's newest container, kept in the store."""

    azure: LocalAzure
    deployment: str

    def begin(self) -> None:
        """Forget those of an earlier try."""
        self.azure.store.set_fact(self.deployment, _EVENTS, [])

    def add(self, name: str, message: str) -> None:
        """Add one that happens now."""
        if self.azure.store.get(self.deployment) is None:
            return
        self.azure.store.set_fact(
            self.deployment, _EVENTS, [*self.all(), {"name": name, "at": self.azure.clock.now(), "message": message}]
        )

    def all(self) -> list[dict[str, Any]]:
        """Return them, oldest first."""
        known: list[dict[str, Any]] = self.azure.store.fact(self.deployment, _EVENTS, [])
        return known


def content(azure: LocalAzure, deployment: str, container: str, tail: int | None) -> str:
    """Return the text of `getLogs`.

    Args:
        azure: The local Azure.
        deployment: Its id.
        container: One of CONTAINERS.
        tail: How many lines of the console; None for all.
    """
    events = Events(azure, deployment).all()
    if container == "StorageInitializer":
        return _text(events, deployment_state(azure, deployment), _download_lines(events), tail)
    revision = azure.store.fact(deployment, "revision", 0)
    console = prepare.instance_log(prepare.revision_folder(azure, deployment, revision), 0)
    return _text(events, deployment_state(azure, deployment), _lines(console), tail)


def deployment_state(azure: LocalAzure, deployment: str) -> str:
    """Return the provisioning state of a deployment that is there."""
    stored = azure.store.get(deployment)
    assert stored is not None
    return state_of(azure, stored)


def _text(events: Sequence[Mapping[str, Any]], state: str, console: Sequence[str], tail: int | None) -> str:
    shown = deque(console, maxlen=tail)
    return "\n".join(
        [
            "Instance status:",
            *(f"{step}: {word}" for step, word in steps({event["name"] for event in events}, state).items()),
            "",
            "Container events:",
            *map(_event_line, events),
            "",
            "Container logs:",
            *shown,
            "",
        ]
    )


def steps(seen: set[str], state: str) -> dict[str, str]:
    """Return how far each step of an instance has come.

    Args:
        seen: The names of the events so far.
        state: The deployment's provisioning state.
    """
    unfinished = "Failed" if state == "Failed" else "InProgress"
    done = {
        "SystemSetup": bool(seen),
        "UserContainerImagePull": "Pulled" in seen,
        "ModelDownload": "Downloaded" in seen,
        "UserContainerStart": "Started" in seen,
    }
    words: dict[str, str] = {}
    for step, finished in done.items():
        before = all(word == "Succeeded" for word in words.values())
        words[step] = "Succeeded" if finished else unfinished if before else "Waiting"
    return words


def _event_line(event: Mapping[str, Any]) -> str:
    moment = datetime.fromtimestamp(event["at"], UTC)
    when = f"Time: {moment:%Y-%m-%dT%H:%M:%S.%fZ}"
    return f"Kind: Pod, Name: {event['name']}, Type: Normal, {when}, Message: {event['message']}"


def _download_lines(events: Sequence[Mapping[str, Any]]) -> list[str]:
    moments = ((datetime.fromtimestamp(event["at"], UTC), event) for event in events)
    return [
        f"{moment:%Y-%m-%d %H:%M:%S},{moment.microsecond // 1000:03d} I storage-initializer - {event['message']}"
        for moment, event in moments
        if event["name"].startswith("Download")
    ]


def _lines(console: Path) -> list[str]:
    if not console.exists():
        return []
    return console.read_text(encoding="utf-8", errors="replace").splitlines()
