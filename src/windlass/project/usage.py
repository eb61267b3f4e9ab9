"""`usage.yml` of an endpoint: how much it is used, as far as that decides what it costs. Ours, for estimates only.

Nothing here changes what is deployed. Every key has a default, and an estimate tells which figures were said and
which were assumed. A figure is a number, or `low`, `likely` and `high` where it is not known better.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from windlass.project.overlays import merge

HOURS_OF_A_DAY: Final = 24.0
DAYS_OF_A_WEEK: Final = 7.0
HOURS_OF_A_MONTH: Final = 730.0
"""365 days x 24 hours / 12, as Azure's price lists count."""

NUMBER: Final = "number"
BOUNDS: Final = "bounds"
"""The two ways to write a figure."""

NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Range(_Settings):
    """A figure that is not known exactly."""

    low: NonNegative = Field(description="It is not less than this")
    likely: NonNegative = Field(description="What to reckon with")
    high: NonNegative = Field(description="It is not more than this")

    @model_validator(mode="after")
    def _in_order(self) -> Range:
        if not self.low <= self.likely <= self.high:
            raise ValueError(f"low ({self.low:g}), likely ({self.likely:g}) and high ({self.high:g}) must rise")
        return self

    def __mul__(self, other: Range | float) -> Range:
        by = as_range(other)
        return Range(low=self.low * by.low, likely=self.likely * by.likely, high=self.high * by.high)

    def __add__(self, other: Range | float) -> Range:
        more = as_range(other)
        return Range(low=self.low + more.low, likely=self.likely + more.likely, high=self.high + more.high)

    def at_most(self, limit: float) -> Range:
        """This figure where nothing above `limit` is possible."""
        return Range(low=min(self.low, limit), likely=min(self.likely, limit), high=min(self.high, limit))

    def above(self, floor: float) -> Range:
        """What of this figure is above `floor`."""
        return Range(low=max(0, self.low - floor), likely=max(0, self.likely - floor), high=max(0, self.high - floor))

    def __str__(self) -> str:
        if self.low == self.high:
            return _written(self.likely)
        return f"{_written(self.likely)} ({_written(self.low)} to {_written(self.high)})"


def _written(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,g}"


def _form(value: Any) -> str:
    return BOUNDS if isinstance(value, Mapping | Range) else NUMBER


Figure = Annotated[Annotated[NonNegative, Tag(NUMBER)] | Annotated[Range, Tag(BOUNDS)], Discriminator(_form)]


def as_range(figure: Figure) -> Range:
    """Take a plain number for what it is: known exactly."""
    return figure if isinstance(figure, Range) else Range(low=figure, likely=figure, high=figure)


def _at_most(limit: float) -> AfterValidator:
    def check(figure: Figure) -> Figure:
        if as_range(figure).high > limit:
            raise ValueError(f"must not be more than {limit:g}")
        return figure

    return AfterValidator(check)


class OnlineUsage(_Settings):
    """Of the real-time side."""

    requests_per_month: Figure = Field(
        default=Range(low=10_000, likely=100_000, high=1_000_000),
        description="Requests a month; they cost what is logged of them",
    )
    log_kb_per_request: Figure = Field(
        default=Range(low=1, likely=2, high=5), description="Kilobytes of logs and traces for each request"
    )
    autoscale_share: Annotated[Figure, _at_most(1)] = Field(
        default=Range(low=0, likely=0.25, high=1),
        description="Where between its bounds autoscale stands on average: 0 at the minimum, 1 at the maximum",
    )
    hours_per_day: Annotated[Figure, _at_most(HOURS_OF_A_DAY)] = Field(
        default=HOURS_OF_A_DAY,
        description=(
            "Hours a day for which a deployment exists. A managed one is charged until it is deleted, so fewer than 24 "
            "hold only where somebody deletes and releases it again"
        ),
    )
    days_per_week: Annotated[Figure, _at_most(DAYS_OF_A_WEEK)] = Field(
        default=DAYS_OF_A_WEEK, description="Days a week for which it exists, likewise"
    )
    releases_per_month: Figure = Field(
        default=Range(low=1, likely=4, high=8), description="New versions a month; for each, two run side by side"
    )
    overlap_hours: Figure | None = Field(
        default=None,
        description=(
            "Hours for which the old version runs beside the new one at each release. When absent, what rollout.yml "
            "says of `previous` decides: 1 (0.5 to 2) when it is removed, 24 (1 to the next release) when it is kept"
        ),
    )


class BatchUsage(_Settings):
    """Of the batch side."""

    jobs_per_month: Figure = Field(default=Range(low=4, likely=30, high=60), description="Batch jobs a month")
    minutes_per_job: Figure = Field(
        default=Range(low=5, likely=15, high=60), description="Minutes for which a job works, without its start"
    )
    nodes: Figure | None = Field(
        default=None, description="Nodes that a job works on; `resources.instance_count` of deployment.yml when absent"
    )
    start_minutes: Figure = Field(
        default=Range(low=3, likely=5, high=10), description="Minutes until a node that was off works; they are charged"
    )
    log_mb_per_job: Figure = Field(
        default=Range(low=1, likely=5, high=20), description="Megabytes of logs for each job"
    )


class EndpointUsage(_Settings):
    """How much an endpoint is used on one stack."""

    online: OnlineUsage = Field(default_factory=OnlineUsage, description="Of the real-time side")
    batch: BatchUsage = Field(default_factory=BatchUsage, description="Of the batch side")
    storage_gb: Figure = Field(
        default=Range(low=1, likely=5, high=50), description="Gigabytes of models, tables and results that are kept"
    )
    images_gb: Figure = Field(
        default=Range(low=1, likely=5, high=20), description="Gigabytes of images in the registry"
    )
    network_gb: Figure = Field(
        default=Range(low=0.1, likely=2, high=20),
        description="Gigabytes a month through private endpoints, a NAT gateway or a firewall, where there are any",
    )


class UsageFile(EndpointUsage):
    """`endpoints/<name>/usage.yml`."""

    stacks: dict[str, EndpointUsage] = Field(
        default_factory=dict, description="What is otherwise on one stack, by its name; the rest is as above"
    )

    def on(self, stack: str) -> EndpointUsage:
        """What holds on one stack."""
        base = self.model_dump(exclude_unset=True, exclude={"stacks"})
        other = self.stacks.get(stack)
        over = {} if other is None else other.model_dump(exclude_unset=True)
        return EndpointUsage.model_validate(_laid_over(base, over))


def _laid_over(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Lay figures over figures. One with bounds is replaced as a whole: half of two ranges is none."""
    whole = {
        key: value
        for key, value in base.items()
        if not (key in over and isinstance(value, Mapping) and "likely" in value)
    }
    merged = merge(whole, over)
    for key in ("online", "batch"):
        if key in whole and key in over:
            merged[key] = _laid_over(whole[key], over[key])
    return merged
