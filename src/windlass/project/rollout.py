"""`online/rollout.yml`: how a new version takes over from the old one. Ours, for the scripts only."""

from __future__ import annotations

from enum import StrEnum
from itertools import pairwise
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from windlass.project.autoscale import Autoscale

ALL_TRAFFIC = 100

Percent = Annotated[int, Field(ge=1, le=ALL_TRAFFIC)]


class Strategy(StrEnum):
    """How the traffic moves to the new version."""

    CANARY = "canary"
    """In steps, beside the old version."""
    DIRECT = "direct"
    """At once, after the smoke test."""


class Previous(StrEnum):
    """What becomes of the old version once the new one has all traffic."""

    KEEP = "keep"
    """It stays without traffic, so that a roll back takes seconds; `--confirm` or the next release removes it."""
    REMOVE = "remove"
    """It is removed, so that it costs nothing; a way back is a release of the old model version."""


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SmokeTest(_Settings):
    """The requests that a new version must answer as expected before it is given any traffic."""

    samples: tuple[str, ...] = Field(
        default=(),
        description="Names of samples (samples/<name>.json with samples/<name>.expected.json). Empty: all of them",
    )
    absolute_tolerance: float = Field(
        default=1e-6, ge=0, description="A number may differ from the expected one by this much"
    )
    relative_tolerance: float = Field(
        default=1e-3, ge=0, description="Or by this share of the expected one, whichever allows more"
    )
    timeout_seconds: float = Field(default=30, gt=0, description="How long one answer may take")


class Rollout(_Settings):
    """How a new version takes over from the old one."""

    strategy: Strategy = Field(
        default=Strategy.CANARY, description="canary: in steps beside the old version; direct: at once"
    )
    steps: tuple[Percent, ...] = Field(
        default=(10, 50, 100), description="Share of the traffic after each step, rising, the last one 100"
    )
    wait_seconds: float = Field(
        default=300,
        ge=0,
        description="How long each step below 100 is watched before the next; 0 goes on at once",
    )
    probe_seconds: float = Field(
        default=15, gt=0, description="While a step is watched, the samples are sent again this often"
    )
    smoke_test: SmokeTest = Field(default=SmokeTest(), description="What must be right before any traffic")
    previous: Previous = Field(
        default=Previous.KEEP, description="keep: the old version stays for a fast way back; remove: it goes"
    )
    autoscale: Autoscale | None = Field(
        default=None, description="How many instances each deployment has; `instance_count` of deployment.yml if absent"
    )

    @field_validator("steps")
    @classmethod
    def _rise_to_all(cls, steps: tuple[int, ...]) -> tuple[int, ...]:
        if not steps or steps[-1] != ALL_TRAFFIC:
            raise ValueError("the last step must be 100")
        if any(earlier >= later for earlier, later in pairwise(steps)):
            raise ValueError("the steps must rise, such as [10, 50, 100]")
        return steps

    @model_validator(mode="after")
    def _direct_has_no_steps(self) -> Rollout:
        if self.strategy is Strategy.DIRECT and "steps" in self.model_fields_set and len(self.steps) > 1:
            raise ValueError("strategy direct has no steps: leave `steps` out, or use strategy canary")
        return self

    @property
    def shares(self) -> tuple[int, ...]:
        """The shares of the new version, one after the other."""
        return (ALL_TRAFFIC,) if self.strategy is Strategy.DIRECT else self.steps
