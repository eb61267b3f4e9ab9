"""What a stack may not do, and who may do what to it: protection, deployers, limits of policy."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from windlass.project.settings.parts import EndpointPath, Guid, Section, VmSize


class ProtectionSettings(Section):
    """What Pulumi refuses to delete or replace until somebody says so here."""

    endpoints: bool = Field(default=True, description="Protects every endpoint: callers know its address")
    data: bool = Field(
        default=True,
        description="Protects resource group, storage account, key vault, registry and workspace",
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
        description="Logical names of resources that hold data or traffic and may be replaced by the next run",
    )


class DeployerSettings(Section):
    """Somebody who runs the scripts: a person, a group, or the identity of a workflow."""

    object_id: Guid = Field(description="Object id in Entra ID")
    type: Literal["User", "Group", "ServicePrincipal"] = Field(description="What the object id stands for")


class PolicySettings(Section):
    """Limits that the policy pack holds the stack to."""

    regions: tuple[str, ...] = Field(
        default=(), description="Regions that resources may stand in; only the stack's own when empty"
    )
    vm_sizes: tuple[VmSize, ...] = Field(default=(), description="Sizes that clusters may have; any when empty")
