"""What the stacks of a project share, and what each has of its own beside it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from windlass.bootstrap.models import MakeAccount, MakeContainer, MakeGroup, MakeIdentity, MakeKey, MakeVault, Place
from windlass.bootstrap.roles import Kept
from windlass.bootstrap.settings import BootstrapSettings
from windlass.project.endpoints import EndpointFolder
from windlass.project.names import SharedNames, WorkflowPurpose, shared_names, workflow_identity_name
from windlass.project.settings import StackSettings

VAULT_RETENTION_DAYS: Final = 90
"""Azure's longest: without the key the secrets in a state are lost."""


@dataclass(frozen=True, kw_only=True)
class StackNeeds:
    """A stack, as far as a bootstrap looks at it.

    Attributes:
        endpoints: The folders under endpoints/.
    """

    settings: StackSettings
    endpoints: tuple[EndpointFolder, ...]


@dataclass(frozen=True, kw_only=True)
class Shared:
    """What the stacks share."""

    group: MakeGroup
    account: MakeAccount
    vault: MakeVault

    def container(self, stack: str) -> MakeContainer:
        """The container that a stack's state lies in."""
        return MakeContainer(account=self.account, name=f"state-{stack}", stack=stack)

    def key(self, stack: str) -> MakeKey:
        """The key that encrypts its secrets."""
        return MakeKey(vault=self.vault, name=f"pulumi-{stack}", stack=stack)

    def kept(self, stack: str) -> Kept:
        """Both, as roles are held on them."""
        return Kept(container=self.container(stack).id, key=self.key(stack).id)


def share(wanted: BootstrapSettings, first: StackSettings) -> Shared:
    """Decide on what stacks share, by what bootstrap.yml says and the first of them."""
    state, project = wanted.state, first.windlass.project
    subscription = state.subscription_id or first.azure.subscription_id
    names: SharedNames = shared_names(project, subscription)
    place = Place(
        subscription_id=subscription,
        resource_group=state.resource_group or names.resource_group,
        location=state.location or first.azure.location,
    )
    tags = {"project": project, "owner": first.windlass.owner, "managed-by": "windlass bootstrap"}
    return Shared(
        group=MakeGroup(place=place, tags=tags),
        account=MakeAccount(
            place=place,
            name=state.storage_account or names.storage_account,
            redundancy=state.redundancy,
            tags=tags,
        ),
        vault=MakeVault(
            place=place,
            name=state.key_vault or names.key_vault,
            tenant_id=first.azure.tenant_id,
            retention_days=VAULT_RETENTION_DAYS,
            tags=tags,
        ),
    )


def identity_of(settings: StackSettings, purpose: WorkflowPurpose, shared: Shared) -> MakeIdentity:
    """Decide on the identity that workflows act as on a stack."""
    name = workflow_identity_name(settings.name_scope, purpose)
    tags = {**shared.group.tags, "stack": settings.stack}
    return MakeIdentity(place=shared.group.place, name=name, stack=settings.stack, purpose=purpose, tags=tags)


def environment_name(stack: str, purpose: WorkflowPurpose) -> str:
    """Name the GitHub environment whose jobs act as an identity."""
    return stack if purpose == "deploy" else f"{stack}-{purpose}"
