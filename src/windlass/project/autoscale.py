"""`autoscale` in `online/rollout.yml`: how many instances a managed deployment has, and what decides.

Each deployment of a release gets an autoscale setting of its own, and loses it when it goes. From then on Azure Monitor
holds the instance count; `instance_count` in deployment.yml is where a deployment starts.
"""

from __future__ import annotations

from itertools import combinations
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from windlass.project.content import digest_of_document

MOST_INSTANCES = 50
"""Azure's own limit for a deployment."""

_DIGEST_LENGTH = 12

Day = Literal["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
Count = Annotated[int, Field(ge=1, le=MOST_INSTANCES)]
TimeOfDay = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Hours(_Settings):
    """Hours with bounds of their own, such as those of an office."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,30}$", description="A word for them, such as office")
    days: tuple[Day, ...] = Field(
        default=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday"), min_length=1, description="On which days"
    )
    starts: TimeOfDay = Field(description="From when, such as 07:00; in `time_zone`")
    ends: TimeOfDay = Field(description="Until when, on the same day")
    minimum: Count = Field(description="Fewest instances in these hours")
    maximum: Count | None = Field(default=None, description="Most instances in these hours; as always when absent")

    @model_validator(mode="after")
    def _end_after_they_start(self) -> Hours:
        if self.starts >= self.ends:
            raise ValueError(f"{self.name}: ends ({self.ends}) must be after starts ({self.starts}), on the same day")
        return self


class Autoscale(_Settings):
    """How many instances a deployment has."""

    minimum: Count = Field(default=2, description="Fewest instances; one alone is none while Azure renews its node")
    maximum: Count = Field(description="Most instances")
    cpu_above: float = Field(
        default=70, gt=0, le=100, description="Percent of CPU, over 5 minutes, above which an instance is added"
    )
    cpu_below: float = Field(
        default=30, ge=0, lt=100, description="Percent of CPU, over 5 minutes, below which an instance is removed"
    )
    latency_p95_above_ms: float | None = Field(
        default=None,
        gt=0,
        description="95th percentile of the latency, over 5 minutes, above which an instance is added",
    )
    cooldown_minutes: int = Field(default=5, ge=1, le=60, description="Rest after each change")
    hours: tuple[Hours, ...] = Field(default=(), max_length=9, description="Hours with other bounds")
    time_zone: str = Field(
        default="UTC", min_length=1, description="Time zone of `hours`, as Windows names it: W. Europe Standard Time"
    )

    @field_validator("hours")
    @classmethod
    def _do_not_overlap(cls, hours: tuple[Hours, ...]) -> tuple[Hours, ...]:
        for one, other in combinations(hours, 2):
            if one.name == other.name:
                raise ValueError(f"two of the hours are called {one.name}")
            if set(one.days) & set(other.days) and one.starts < other.ends and other.starts < one.ends:
                raise ValueError(f"{one.name} and {other.name} overlap")
        return hours

    @model_validator(mode="after")
    def _bounds_hold_each_other(self) -> Autoscale:
        if self.minimum > self.maximum:
            raise ValueError(f"minimum ({self.minimum}) must not be more than maximum ({self.maximum})")
        for each in self.hours:
            if each.minimum > (each.maximum or self.maximum):
                raise ValueError(f"hours.{each.name}: minimum must not be more than maximum")
        if self.cpu_below * 2 > self.cpu_above:
            raise ValueError(
                f"cpu_below ({self.cpu_below:g}) must be at most half of cpu_above ({self.cpu_above:g}): from two "
                "instances to one the CPU doubles, and what was removed would be added again"
            )
        return self

    @property
    def digest(self) -> str:
        """Names this exact content: two settings with one digest scale alike."""
        return digest_of_document(self.model_dump(mode="json"))[:_DIGEST_LENGTH]

    def starting_with(self, instances: int) -> int:
        """The instances that a new deployment starts with where it was to have so many."""
        return min(max(instances, self.minimum), self.maximum)
