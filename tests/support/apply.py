"""A stack whose plans are carried out: the engine, its state, its locks and what it leaves, as fakes of one world."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from support.state_files import FakeStateFiles
from windlass.apply.models import Applied, ApplyRecord, EngineRun, Outcome, parse_record, record_name
from windlass.apply.run import Applies
from windlass.delivery.manifest import Manifest, content_digest, state_digest
from windlass.recovery.models import Holder, Lock

STACK, PROJECT, HOST = "dev", "shop", "here"
COMMIT = "c" * 40
BEGUN_AT = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
ENGINE_PID = 77

Json = dict[str, Any]


class KilledError(BaseException):
    """SIGKILL: nothing after it runs."""


def urn(name: str) -> str:
    """Pulumi's name of a resource."""
    return f"urn:pulumi:{STACK}::{PROJECT}::azure-native:storage:StorageAccount::{name}"


def row(name: str, **changes: Any) -> Json:
    """A resource in the state."""
    return {"urn": urn(name), "type": "azure-native:storage:StorageAccount", "inputs": {"name": name}, **changes}


def plan(**steps: list[str]) -> bytes:
    """What the engine would save: operations by resource."""
    return json.dumps({"resourcePlans": {urn(name): {"steps": each} for name, each in steps.items()}}).encode()


def lock(holder: Holder, *, pid: int = ENGINE_PID, host: str = HOST) -> Lock:
    """A lock on the stack."""
    return Lock(name=f"{pid}.json", pid=pid, user="ana", host=host, taken_at=BEGUN_AT, holder=holder)


def unseen(*names: str) -> tuple[str, ...]:
    """What the engine says of operations that were not needed."""
    return tuple(f"expected resource operations for {urn(name)} but none were seen" for name in names)


@dataclass
class World:
    """One stack, its engine and Azure.

    Attributes:
        deployment: The state.
        azure: What exists, by URN.
        held: The locks that are found.
        deeds: What the engine does at its next runs instead of carrying out the plan.
        runs: What it was given: the steps of each resource, and whether it left out its preview.
        recovered: How often what a killed engine left was settled.
        time: Seconds of the clock.
    """

    deployment: Json = field(default_factory=lambda: {"resources": []})
    azure: set[str] = field(default_factory=set)
    held: list[Lock] = field(default_factory=list)
    files: FakeStateFiles = field(default_factory=FakeStateFiles)
    deeds: list[Callable[[World, Json], EngineRun]] = field(default_factory=list)
    runs: list[tuple[dict[str, list[str]], bool]] = field(default_factory=list)
    recovered: int = 0
    time: float = BEGUN_AT.timestamp()
    told: list[str] = field(default_factory=list)

    # The engine

    def up(self, stack: str, plan: bytes, started: Callable[[int], None], *, at_once: bool) -> EngineRun:
        """Carry out a plan, or do what was asked instead."""
        assert stack == STACK
        document = json.loads(plan)
        steps = {each.rpartition("::")[2]: about["steps"] for each, about in document["resourcePlans"].items()}
        self.runs.append((steps, at_once))
        started(ENGINE_PID)
        deed = self.deeds.pop(0) if self.deeds else carry_out
        return deed(self, document)

    def make(self, name: str) -> None:
        """Have a resource, in Azure and in the state."""
        self.azure.add(urn(name))
        self.deployment["resources"].append(row(name))

    # The state, the locks, the clock

    def export(self) -> Json:
        """Read the state."""
        return copy.deepcopy(self.deployment)

    def find(self) -> tuple[Lock, ...]:
        """Read the locks."""
        return tuple(self.held)

    def now(self) -> float:
        """The time; each look takes a second."""
        self.time += 1
        return self.time

    def elapsed(self) -> float:
        """Seconds."""
        return self.now()

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.time += seconds

    # What an ended run left

    def recover(self) -> None:
        """Settle what a killed engine was doing: what exists comes into the state, and the lock goes."""
        self.recovered += 1
        self.held.clear()
        for each in self.deployment.pop("pending_operations", ()):
            if each["resource"]["urn"] in self.azure:
                self.deployment["resources"].append(each["resource"])

    def adopt(self, urns: frozenset[str]) -> int:
        """Take into the state what exists."""
        found = sorted(urns & self.azure)
        self.deployment["resources"] += [row(each.rpartition("::")[2]) for each in found]
        return len(found)

    # The use case

    def applies(self, by: str = "ana") -> Applies:
        """What carries out plans here."""
        return Applies(
            project=PROJECT,
            stack=STACK,
            by=by,
            host=HOST,
            engine=self,
            state=self,
            locks=self,
            files=self.files,
            remains=self,
            clock=self,
        )

    def manifest(self, content: bytes, **changes: Any) -> Manifest:
        """What a plan belongs to that is saved now."""
        about: Json = {
            "stack": STACK,
            "commit": COMMIT,
            "plan_sha256": content_digest(content),
            "state_sha256": state_digest(self.deployment),
            "failed": False,
            "made_at": datetime.fromtimestamp(self.time, UTC),
        }
        return Manifest(**{**about, **changes})

    def apply(self, manifest: Manifest, content: bytes | None, *, by: str = "ana", commit: str = COMMIT) -> Applied:
        """Carry out a plan."""
        return self.applies(by).apply(manifest, content, "saved/plan.json", commit=commit, tell=self.told.append)

    def record(self, manifest: Manifest) -> ApplyRecord:
        """What stands beside the state about a plan."""
        name = record_name(PROJECT, STACK, manifest.plan_sha256)
        content = self.files.read(name)
        assert content is not None
        return parse_record(content, name)

    def note(self, manifest: Manifest, outcome: Outcome, **changes: Any) -> ApplyRecord:
        """Have a record beside the state."""
        about: Json = {
            **manifest.model_dump(include={"stack", "commit", "plan_sha256", "state_sha256"}),
            "by": "bob",
            "host": HOST,
            "begun_at": BEGUN_AT,
            "outcome": outcome,
        }
        record = ApplyRecord(**{**about, **changes})
        self.files.write(record_name(PROJECT, STACK, record.plan_sha256), record.as_bytes())
        return record


def carry_out(world: World, document: Json) -> EngineRun:
    """Do what the plan says; like Azure, refuse to make what is there, and like the engine, what it does not expect."""
    for each, about in document["resourcePlans"].items():
        name = each.rpartition("::")[2]
        there = any(have["urn"] == each for have in world.deployment["resources"])
        match about["steps"]:
            case ["create"] if there:
                return EngineRun(code=1, errors=(f"{each}: update is not allowed by the plan",), changed_nothing=True)
            case ["create"] if each in world.azure:
                return EngineRun(code=1, errors=(f"cannot create already existing resource {name}",))
            case ["create"]:
                world.make(name)
            case ["delete"]:
                world.azure.discard(each)
                kept = [have for have in world.deployment["resources"] if have["urn"] != each]
                world.deployment["resources"] = kept
            case ["update"]:
                world.deployment["resources"] = [
                    {**have, "inputs": {**have["inputs"], "changed": True}} if have["urn"] == each else have
                    for have in world.deployment["resources"]
                ]
    return EngineRun(code=0)
