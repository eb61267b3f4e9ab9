"""Definitions for tests, made without reading a file."""

from __future__ import annotations

from pathlib import Path

from windlass.project.autoscale import Autoscale
from windlass.project.definitions import (
    DeploymentDefinition,
    EnvironmentDefinition,
    ModelFiles,
    OnlineDefinition,
    Sample,
)
from windlass.project.rollout import Previous, Rollout, SmokeTest, Strategy

GOOD = {"probability": 0.7}
"""What the sample expects."""


def make_definition(
    *,
    steps: tuple[int, ...] = (10, 50, 100),
    wait_seconds: float = 0,
    previous: Previous = Previous.REMOVE,
    code: str = "code-1",
    autoscale: Autoscale | None = None,
) -> OnlineDefinition:
    """Make the definition of an endpoint whose sample expects `GOOD`."""
    return OnlineDefinition(
        name="churn",
        deployment=DeploymentDefinition(
            file=Path("endpoints/churn/online/deployment.yml"),
            document={"instance_type": "Standard_DS3_v2", "instance_count": 1},
            environment=EnvironmentDefinition(
                name="churn", version="0123456789ab", file=Path("environments/churn/environment.yml")
            ),
            code_digest=code,
        ),
        rollout=Rollout(
            strategy=Strategy.CANARY,
            steps=steps,
            wait_seconds=wait_seconds,
            probe_seconds=1,
            previous=previous,
            smoke_test=SmokeTest(absolute_tolerance=0.01),
            autoscale=autoscale,
        ),
        samples=(Sample(name="single", request=b'{"age": 40}', expected=GOOD),),
    )


def make_model(version: int) -> ModelFiles:
    """Make model files whose content is other for every version."""
    return ModelFiles(path=Path(f"model-{version}"), sha256=f"{version:064x}")
