"""What an online endpoint is served on: the `serving` section of `online/stacks/<stack>.yml`.

It is read twice: by `infra/`, which makes the endpoint for that compute, and by a release, which makes deployments
of the kind that fits it.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

ServingCompute = Literal["managed", "kubernetes", "container-instance"]
GroupRelease = Literal["recreate", "switch"]

SELF_SIGNED = "self-signed"
_LONGEST_CONNECTION = 60


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PublicName(_Section):
    """A name in a public DNS zone that leads to the container group in service."""

    zone: str = Field(
        pattern=r"^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.Network/dnsZones/[^/]+$",
        description="The id of the public DNS zone; it may be of another resource group",
    )
    record: str = Field(
        pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$",
        description="The name in the zone; releases own this one record set",
    )
    ttl_seconds: int = Field(
        default=60,
        ge=1,
        le=3600,
        description="How long callers go on reaching the old version after a switch; it is kept for so long",
    )

    @property
    def connection_seconds(self) -> float:
        """How long a caller may keep one connection; then it makes another and looks the name up again."""
        return float(min(self.ttl_seconds, _LONGEST_CONNECTION))

    @property
    def settle_seconds(self) -> float:
        """How long after a switch somebody may still talk to the old version."""
        return self.ttl_seconds + self.connection_seconds

    @property
    def id(self) -> str:
        """The record set's id."""
        return f"{self.zone}/CNAME/{self.record}"

    @property
    def host(self) -> str:
        """The whole name that callers use."""
        return f"{self.record}.{self.zone.rpartition('/')[2]}"


class ContainerGroup(_Section):
    """The container group that a version runs in."""

    cpu: float = Field(default=1.0, gt=0, le=4, description="Cores")
    memory_gb: float = Field(default=2.0, gt=0, le=16, description="Memory in GB")
    release: GroupRelease = Field(
        default="recreate",
        description=(
            "recreate: the version is replaced in its group, and requests fail until the new one answers. "
            "switch: the new version gets a group of its own, and the public name moves to it"
        ),
    )
    name: PublicName | None = Field(default=None, description="The public name that a switch moves")
    certificate: str = Field(
        default=SELF_SIGNED,
        pattern=r"^[0-9A-Za-z-]{1,127}$",
        description=(
            "The secret of the stack's vault that holds certificate chain and private key in PEM; self-signed makes "
            "one, which callers have to be given"
        ),
    )
    start_seconds: float = Field(
        default=300, gt=0, description="How long a version may take from its start until it answers"
    )

    @model_validator(mode="after")
    def _a_switch_moves_a_name(self) -> ContainerGroup:
        if self.release == "switch" and self.name is None:
            raise ValueError("release switch needs `name`, the public name that it moves")
        if self.release == "recreate" and self.name is not None:
            raise ValueError("release recreate moves no name: leave `name` out, or use release switch")
        return self


class Serving(_Section):
    """What the deployments of one online endpoint run on, on one stack."""

    compute: ServingCompute = Field(
        default="managed",
        description=(
            "managed: Azure ML's own instances. kubernetes: the AKS cluster of the stack. "
            "container-instance: a container group for each version"
        ),
    )
    container: ContainerGroup = Field(
        default_factory=ContainerGroup, description="The container group; for container-instance alone"
    )

    @model_validator(mode="after")
    def _sections_fit_the_compute(self) -> Serving:
        if "container" in self.model_fields_set and self.compute != "container-instance":
            raise ValueError(f"`container` is for compute container-instance, and this is {self.compute}")
        return self
