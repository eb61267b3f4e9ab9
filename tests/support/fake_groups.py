"""Container groups in memory, beside the workspace of `fake_azure`: both ways in which a version takes over."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from support.fake_azure import FakeAzure, FakeClock
from windlass.errors.azure import AzureConflictError
from windlass.errors.release import DeploymentFailedError
from windlass.project.image import ImageDefinition
from windlass.release.models import Condition, CreateDeployment, Deployment, Endpoint, Style
from windlass.release.traffic import Traffic


@dataclass
class FakeGroups(FakeAzure):
    """The groups of one endpoint.

    With `RECREATE` there is one, and whatever is put replaces what is in it, as Azure does it.

    Attributes:
        settle: Seconds that callers go on reaching a group which the public name has left; one that is removed
            earlier is a mistake.
        previous: What the one group says that it has replaced.
    """

    style: Style = Style.SWITCH
    clock: FakeClock = field(default_factory=FakeClock)
    settle: float = 120.0
    images: set[str] = field(default_factory=set)
    previous: Deployment | None = None
    moved_at: float = 0.0
    left_at: dict[str, float] = field(default_factory=dict)

    def has_image(self, image: ImageDefinition) -> bool:
        return image.label in self.images

    def build_image(self, image: ImageDefinition) -> None:
        with self.act(f"build {image.label}"):
            self.images.add(image.label)

    def observe(self, endpoint: str) -> Endpoint:
        switches = self.style is Style.SWITCH
        return replace(
            super().observe(endpoint),
            style=self.style,
            previous=self.previous,
            settling=self.settle if switches else 0.0,
            moved_at=self.moved_at,
        )

    def create_deployment(self, endpoint: str, step: CreateDeployment) -> None:
        if step.environment not in self.images:
            raise AzureConflictError(f"create {step.name}", "there is no such image")
        if self.style is Style.SWITCH:
            super().create_deployment(endpoint, step)
            return
        self._replace(step)

    def _replace(self, step: CreateDeployment) -> None:
        with self.act(f"put {step.name}"):
            here = next(iter(self.deployments.values()), None)
            if here is not None and self.traffic.share_of(here.name):
                self.previous = here
            elif self.previous is not None and self.previous.name == step.name:
                self.previous = None
            condition = Condition.DEAD if step.model.label in self.broken else Condition.READY
            made = Deployment(
                name=step.name,
                condition=condition,
                state=condition.value,
                model=step.model.label,
                release=step.release,
                environment=step.environment,
                sha256=step.model.sha256,
                fixed=True,
            )
            # The tags of a group are replaced with it, the one that says that it serves too.
            self.deployments, self.traffic, self.target = {step.name: made}, Traffic(), ""
        if condition is Condition.DEAD:
            raise DeploymentFailedError(step.name, "its container ended with 5")

    def set_traffic(self, endpoint: str, traffic: Traffic, *, target: str, base: Traffic) -> None:
        left = self.traffic.names - traffic.names
        super().set_traffic(endpoint, traffic, target=target, base=base)
        if self.style is Style.RECREATE:
            self.base = Traffic()
            return
        self.moved_at = self.clock.now()
        self.left_at |= dict.fromkeys(left, self.moved_at)

    def delete_deployment(self, endpoint: str, deployment: str) -> None:
        left = self.left_at.get(deployment)
        assert left is None or self.clock.now() >= left + self.settle, f"somebody still reaches {deployment}"
        super().delete_deployment(endpoint, deployment)
