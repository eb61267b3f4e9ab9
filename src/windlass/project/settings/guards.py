"""What a stack may not do, and who may do what to it: protection, deployers, limits of policy."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from windlass.project.names import WORDS_PATTERN
from windlass.project.settings.parts import EndpointPath, Guid, Section, VmSize

RuleId = Annotated[str, StringConstraints(pattern=WORDS_PATTERN)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=10, max_length=256)]


class ProtectionSettings(Section):
    """What Pulumi refuses to delete or replace until somebody says so here."""

    endpoints: bool = Field(default=True, description="Protects every endpoint: callers know its address")
    data: bool = Field(
        default=True,
        description="Protects resource group, storage account, key vault, registry, workspace and logs",
    )
    released_endpoints: tuple[EndpointPath, ...] = Field(
        default=(),
        description="Endpoints, as <folder>/online or <folder>/batch, that runs may delete or replace",
    )
    locks: bool = Field(
        default=False,
        description="Puts a CanNotDelete lock of Azure on what holds data, so that nobody deletes it by hand either",
    )
    may_replace: tuple[str, ...] = Field(
        default=(),
        description="Names (in the program) of protected resources that runs may delete or replace",
    )


class DeployerSettings(Section):
    """Somebody who runs the scripts: a person, a group, or the identity of a workflow."""

    object_id: Guid = Field(description="Object id in Entra ID")
    type: Literal["User", "Group", "ServicePrincipal"] = Field(description="What the object id stands for")


class PolicySettings(Section):
    """Limits that the policy pack holds the stack to."""

    stage: Literal["production", "staging", "development"] | None = Field(
        default=None,
        description=(
            "How much depends on the stack, which decides what rules hold. When absent, by the name of the stack: "
            "prod... is production, stag... is staging, anything else development"
        ),
    )
    regions: tuple[str, ...] = Field(
        default=(), description="Regions that resources may stand in; only the stack's own when empty"
    )
    vm_sizes: tuple[VmSize, ...] = Field(default=(), description="Sizes that clusters may have; any when empty")
    exceptions: dict[RuleId, Reason] = Field(
        default_factory=dict,
        description="Rules that are told but do not stop a run, each with the reason why (docs/reference/policies.md)",
    )
