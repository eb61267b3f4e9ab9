"""What an online endpoint is served on: the `serving` section of `online/stacks/<stack>.yml`.

It is read twice: by `infra/`, which makes the endpoint for that compute, and by a release, which makes deployments
of the kind that fits it.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

ServingCompute = Literal["managed", "kubernetes", "container-instance"]


class Serving(BaseModel):
    """What the deployments of one online endpoint run on, on one stack."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    compute: ServingCompute = Field(
        default="managed",
        description=(
            "managed: Azure ML's own instances. kubernetes: the AKS cluster of the stack. "
            "container-instance: a container group for each version"
        ),
    )
