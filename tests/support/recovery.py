"""What a killed engine may leave, in short words, and fakes of what a recovery needs from outside."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from windlass.recovery.models import (
    DeletedName,
    Found,
    Holder,
    Kind,
    Lock,
    Operation,
    Orphan,
    Presence,
    Process,
    Seen,
)
from windlass.recovery.run import Recoveries

SUBSCRIPTION = "22222222-2222-2222-2222-222222222222"
STACK = "dev"
KILLED_AT = datetime(2026, 11, 29, 12, 0, 0, tzinfo=UTC)
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"
PROVIDER = "urn:pulumi:dev::shop::pulumi:providers:azure-native::default"
VERSION = "2024-01-01"

Json = dict[str, Any]


def urn(name: str, kind: str = "azure-native:storage:StorageAccount") -> str:
    """The engine's name of a resource."""
    return f"urn:pulumi:{STACK}::shop::windlass:infra:Storage${kind}::{name}"


def account_id(name: str) -> str:
    """Azure's name of a storage account."""
    return f"{GROUP}/providers/Microsoft.Storage/storageAccounts/{name}"


def lock(holder: Holder = Holder.DEAD, *, pid: int = 77, host: str = "here") -> Lock:
    """A lock on the stack."""
    return Lock(name=f"{pid}.json", pid=pid, user="ana", host=host, taken_at=KILLED_AT, holder=holder)


def process(pid: int, command: str, *, after: float = 1.0, **changes: Any) -> Process:
    """A process of this user, begun some seconds after the engine took its lock."""
    given = {"parent": 1, "session": 1, "is_own": True, "folder": "/shop/infra", **changes}
    return Process(pid=pid, started_at=KILLED_AT + timedelta(seconds=after), command=command, **given)


def operation(kind: Kind, presence: Presence, name: str = "one", **changes: Any) -> Operation:
    """An operation on a storage account that was begun and not ended."""
    seen = Seen(presence=presence, id=account_id(name), **changes)
    return Operation(kind=kind, urn=urn(name), seen=seen)


def found(**changes: Any) -> Found:
    """What was found of a dead engine."""
    return Found(**{"stack": STACK, "locks": (lock(),), **changes})


def row(name: str, **changes: Any) -> Json:
    """A storage account in the state."""
    return {
        "urn": urn(name),
        "custom": True,
        "type": "azure-native:storage:StorageAccount",
        "id": account_id(name),
        "inputs": {"accountName": name, "resourceGroupName": "rg", "azureApiVersion": VERSION},
        "outputs": {"name": name, "azureApiVersion": VERSION},
        **changes,
    }


def pending(kind: Kind, resource: Json) -> Json:
    """An operation as the state holds it; a resource that is being created has no id and no outputs."""
    if kind == "creating":
        resource = {key: value for key, value in resource.items() if key not in ("id", "outputs")}
    return {"type": kind, "resource": resource}


@dataclass
class FakeAzure:
    """An Azure whose resources pass through states, one at each look.

    Attributes:
        resources: What each id shows at the next looks; the last of them stays. An id that is missing is absent.
    """

    resources: dict[str, list[Seen]] = field(default_factory=dict)
    deleted: tuple[DeletedName, ...] = ()

    def look(self, resource_id: str, api_version: str) -> Seen:
        """Look at one resource."""
        assert api_version == VERSION
        shown = self.resources.get(resource_id)
        if not shown:
            return Seen(presence=Presence.ABSENT, id=resource_id)
        return shown.pop(0) if len(shown) > 1 else shown[0]

    def deleted_names(self) -> tuple[DeletedName, ...]:
        """Find what is softly deleted."""
        return self.deleted

    def has(self, name: str, *states: str, presence: Presence = Presence.READY) -> None:
        """Have a storage account pass through running states, and then be as said."""
        running = [Seen(presence=Presence.RUNNING, id=account_id(name), state=state) for state in states]
        self.resources[account_id(name)] = [*running, Seen(presence=presence, id=account_id(name))]


@dataclass
class FakeWorld:
    """The locks, the processes, the state and the clock of one stack; it keeps what was done, in order.

    Attributes:
        running: Processes whose engine is gone.
        written_meanwhile: What another run writes into the state while the provider reads.
        ends_at: When the processes end by themselves, in seconds of this world.
        half_written: Files of the state that the engine had begun to write.
    """

    deployment: Json
    azure: FakeAzure = field(default_factory=FakeAzure)
    held: list[Lock] = field(default_factory=lambda: [lock()])
    running: list[Orphan] = field(default_factory=list)
    acts: list[str] = field(default_factory=list)
    slept: float = 0.0
    written_meanwhile: Json | None = None
    ends_at: float | None = None
    half_written: list[str] = field(default_factory=list)

    def recoveries(self) -> Recoveries:
        """A recovery in this world."""
        return Recoveries(
            stack=STACK,
            workspace="ws",
            subscription=SUBSCRIPTION,
            locks=self,
            processes=self,
            state=self,
            azure=self.azure,
            clock=self,
        )

    def find(self) -> tuple[Lock, ...]:
        """Read the locks."""
        return tuple(self.held)

    def remove(self, name: str) -> None:
        """Remove one lock."""
        self.acts.append(f"remove {name}")
        self.held = [each for each in self.held if each.name != name]

    def orphans(self, locks: tuple[Lock, ...]) -> tuple[Orphan, ...]:
        """Find processes whose engine is gone."""
        del locks
        return tuple(self.running)

    def end(self, pid: int, started_at: datetime) -> None:
        """End a process."""
        assert started_at == KILLED_AT
        self.acts.append(f"end {pid}")
        self.running = [each for each in self.running if each.pid != pid]

    def export(self) -> Json:
        """Read the state."""
        return copy.deepcopy(self.deployment)

    def torn(self) -> tuple[str, ...]:
        """Name the files that were not written to their end."""
        return tuple(self.half_written)

    def mend(self, file: str) -> None:
        """Put one right."""
        self.acts.append(f"mend {file}")
        self.half_written.remove(file)

    def read_resources(self, deployment: Json, urns: tuple[str, ...]) -> Json:
        """Show what the provider reads: outputs that differ from before."""
        self.acts.append(f"read {len(urns)}")
        if self.written_meanwhile is not None:
            self.deployment = self.written_meanwhile
        rows = [self._read(each) if each["urn"] in urns else each for each in deployment["resources"]]
        return {**deployment, "resources": [each for each in rows if each is not None]}

    def replace(self, deployment: Json) -> None:
        """Write the state."""
        assert not self.held, "the engine would refuse to write a state that is locked"
        assert not self.half_written, "the engine would not find its way through a torn state"
        self.acts.append("write")
        self.deployment = deployment

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.slept += seconds
        if self.ends_at is not None and self.slept >= self.ends_at:
            self.running.clear()

    def _read(self, resource: Json) -> Json | None:
        if resource["id"] not in self.azure.resources:
            return None
        inputs = {**resource["inputs"], "filledIn": "by Azure"}
        return {**resource, "inputs": inputs, "outputs": {"read": True, "azureApiVersion": VERSION}}


def world(operations: Iterable[Json] = (), resources: Iterable[Mapping[str, Any]] = (), **changes: Any) -> FakeWorld:
    """A world with a stack in it."""
    deployment: Json = {"resources": [dict(each) for each in resources]}
    if listed := list(operations):
        deployment["pending_operations"] = listed
    return FakeWorld(deployment=deployment, **changes)
