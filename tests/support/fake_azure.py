"""A workspace in memory: a stateful fake of what a release needs from Azure, as strict as Azure is.

It satisfies the ports of `windlass.release.ports` and keeps Azure's rules: content under a version never changes,
traffic sums to 100 and names deployments that answer, a deployment with traffic is not deleted, a failed deployment
takes no second attempt under its name.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from windlass.errors.azure import AutoscaleDeniedError, AzureConflictError, AzureNotFoundError
from windlass.errors.release import DeploymentFailedError, EndpointLockedError, ModelVersionTakenError
from windlass.project.definitions import EnvironmentDefinition
from windlass.release.models import (
    Answer,
    Condition,
    CreateAutoscale,
    CreateDeployment,
    Deployment,
    Endpoint,
    ModelVersion,
    Scaled,
)
from windlass.release.traffic import Traffic

ENDPOINT = "shop-churn-online"

Guard = Callable[[str], None]
"""Called at every border: before and after each act. A test raises from it to kill the process there."""


def go_on(where: str) -> None:
    """Kill nothing."""


class FakeClock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.time = 1_700_000_000.0

    def now(self) -> float:
        return self.time

    def elapsed(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


@dataclass
class FakeAzure:
    """The workspace.

    Attributes:
        answers: What each model version answers, by its label; an iterator gives one answer after the other.
        broken: Labels of model versions that crash when they start.
        log: What the container of a broken version wrote.
        history: Every traffic that was ever live, in order.
        tags: What each deployment carries of its record.
    """

    answers: dict[str, Any] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    log: str = ""
    guard: Guard = go_on
    models: dict[tuple[str, str], ModelVersion] = field(default_factory=dict)
    environments: set[tuple[str, str]] = field(default_factory=set)
    deployments: dict[str, Deployment] = field(default_factory=dict)
    traffic: Traffic = field(default_factory=Traffic)
    target: str = ""
    base: Traffic = field(default_factory=Traffic)
    history: list[Traffic] = field(default_factory=list)
    acts: list[str] = field(default_factory=list)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)

    @contextmanager
    def act(self, what: str) -> Iterator[None]:
        """Do something that a test may stop, before or after it."""
        self.guard(f"before {what}")
        yield
        self.acts.append(what)
        self.guard(f"after {what}")

    # --- assets

    def find_model(self, name: str, sha256: str) -> ModelVersion | None:
        return next((each for each in self.models.values() if (each.name, each.sha256) == (name, sha256)), None)

    def get_model(self, name: str, version: str) -> ModelVersion | None:
        return self.models.get((name, version))

    def next_model_version(self, name: str) -> str:
        return str(1 + max((int(version) for known, version in self.models if known == name), default=0))

    def register_model(self, model: ModelVersion, path: Path) -> None:
        known = self.models.get((model.name, model.version))
        if known is not None and known.sha256 != model.sha256:
            raise ModelVersionTakenError(model.name, model.version)
        with self.act(f"register model {model.label} from {path.name}"):
            self.models[(model.name, model.version)] = model

    def has_environment(self, name: str, version: str) -> bool:
        return (name, version) in self.environments

    def register_environment(self, environment: EnvironmentDefinition) -> None:
        with self.act(f"register environment {environment.name}"):
            self.environments.add((environment.name, environment.version))

    # --- online endpoints

    def observe(self, endpoint: str) -> Endpoint:
        return Endpoint(
            name=endpoint,
            traffic=self.traffic,
            deployments=tuple(self.deployments.values()),
            target=self.target,
            base=self.base,
            scoring_uri=f"https://{endpoint}.westeurope.inference.ml.azure.com/score",
        )

    def create_deployment(self, endpoint: str, step: CreateDeployment) -> None:
        known = self.deployments.get(step.name)
        if known is not None and known.condition is Condition.DEAD:
            raise AzureConflictError(f"create {step.name}", "delete and re-create")
        if (step.model.name, step.model.version) not in self.models:
            raise AzureNotFoundError(f"find model {step.model.label}")
        with self.act(f"create {step.name} of {endpoint}"):
            condition = Condition.DEAD if step.model.label in self.broken else Condition.READY
            self.deployments[step.name] = Deployment(
                name=step.name,
                condition=condition,
                state="Failed" if condition is Condition.DEAD else "Succeeded",
                model=step.model.label,
                release=step.release,
                environment=step.environment,
                instances=step.instances or 1,
                sha256=step.model.sha256,
            )
            self.tags[step.name] = dict(step.tags)
        if condition is Condition.DEAD:
            raise DeploymentFailedError(step.name, "ResourceNotReady: the container did not start")

    def set_traffic(self, endpoint: str, traffic: Traffic, *, target: str, base: Traffic) -> None:
        for name in traffic.names:
            if name not in self.deployments:
                raise AzureNotFoundError(f"send traffic of {endpoint} to {name}")
        with self.act(f"set traffic {traffic}"):
            self.traffic, self.target, self.base = traffic, target, base
            self.history.append(traffic)

    def delete_deployment(self, endpoint: str, deployment: str) -> None:
        if self.traffic.share_of(deployment):
            raise AzureConflictError(f"delete {deployment} of {endpoint}", "it has traffic")
        with self.act(f"delete {deployment}"):
            self.deployments.pop(deployment, None)

    def logs(self, endpoint: str, deployment: str, *, lines: int, container: str = "inference") -> str:
        if deployment not in self.deployments:
            raise AzureNotFoundError(f"read the {container} log of {deployment} at {endpoint}")
        return "\n".join(self.log.splitlines()[-lines:])

    # --- scoring

    def score(self, endpoint: Endpoint, body: bytes, *, deployment: str = "", timeout_seconds: float = 30) -> Answer:
        chosen = self.deployments.get(deployment or max(endpoint.traffic.shares, key=lambda pair: pair[1])[0])
        if chosen is None or chosen.condition is not Condition.READY:
            return Answer(status=404, body=b"no such deployment", seconds=timeout_seconds)
        answer = self.answers.get(chosen.model, {"echo": json.loads(body)})
        if isinstance(answer, Iterator):
            answer = next(answer)
        if isinstance(answer, Answer):
            return replace(answer, deployment=chosen.name)
        return Answer(status=200, body=json.dumps(answer).encode(), deployment=chosen.name)


@dataclass
class FakeScaling:
    """Azure Monitor in memory: a setting needs a target to be made, and outlives it."""

    azure: FakeAzure
    settings: dict[str, Scaled] = field(default_factory=dict)
    denied: bool = False

    def observe(self, endpoint: str) -> tuple[Scaled, ...]:
        if self.denied:
            raise AutoscaleDeniedError(f"list the autoscale settings of {endpoint}")
        return tuple(self.settings.values())

    def create(self, endpoint: str, step: CreateAutoscale) -> None:
        if step.deployment not in self.azure.deployments:
            raise AzureNotFoundError(f"scale {step.deployment} of {endpoint}")
        with self.azure.act(f"scale {step.deployment}"):
            self.settings[step.deployment] = Scaled(
                deployment=step.deployment,
                digest=step.settings.digest,
                minimum=step.settings.minimum,
                maximum=step.settings.maximum,
            )

    def delete(self, endpoint: str, deployment: str) -> None:
        with self.azure.act(f"unscale {deployment} of {endpoint}"):
            self.settings.pop(deployment, None)


class FakeJournal:
    """A journal in memory that dies where a test says."""

    def __init__(self, lines: list[tuple[str, dict[str, object]]], guard: Guard) -> None:
        self.lines = lines
        self._guard = guard

    def write(self, event: str, **facts: object) -> None:
        self._guard(f"before line {event}")
        self.lines.append((event, facts))
        self._guard(f"after line {event}")


class FakeJournals:
    """Journals in memory; the lock is let go of when a process ends, as the operating system does it."""

    def __init__(self, guard: Guard = go_on) -> None:
        self.lines: list[tuple[str, dict[str, object]]] = []
        self.guard = guard
        self._held: set[str] = set()

    @contextmanager
    def open(self, endpoint: str, target: str) -> Iterator[FakeJournal]:
        self.lines.append(("opened", {"endpoint": endpoint, "target": target}))
        yield FakeJournal(self.lines, self.guard)

    @contextmanager
    def lock(self, endpoint: str) -> Iterator[None]:
        if endpoint in self._held:
            raise EndpointLockedError(endpoint, "test", "process 1 since 12:00:00 UTC")
        self._held.add(endpoint)
        try:
            yield
        finally:
            self._held.discard(endpoint)
