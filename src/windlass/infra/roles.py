"""Who may do what: a pure table of grants, from the least that each part of a stack needs.

Three identities act in a stack. `workspace` is Azure ML itself, at work in the resources of its own. `serving`
is what a real-time deployment runs as: it pulls its image, reads its model and reports. `cluster` is what a
batch node runs as: it also writes results. Azure gives none of these by itself to an identity of one's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal

from windlass.project.names import IdentityPurpose

Target = Literal["storage", "vault", "registry", "insights", "workspace"]

PRINCIPAL_TYPE: Final = "ServicePrincipal"
"""Said always: without it Azure looks a new identity up and often does not find it yet."""


class Role(Enum):
    """Roles that are built into Azure, by their GUID."""

    CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
    ACR_PULL = "7f951dda-4ed3-4680-a7ca-43fe172d538d"
    STORAGE_ACCOUNT_CONTRIBUTOR = "17d1049b-9a84-46fb-8f53-869881c3d3ab"
    STORAGE_BLOB_DATA_CONTRIBUTOR = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"
    STORAGE_BLOB_DATA_READER = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
    KEY_VAULT_ADMINISTRATOR = "00482a5a-887f-4fb3-b363-3b7fe8e74483"
    KEY_VAULT_CONTRIBUTOR = "f25e0fa2-a7c8-4377-a976-54943a77a395"
    AZUREML_METRICS_WRITER = "635dd51f-9968-44d3-b7fb-6d9a6bd613ae"

    @property
    def slug(self) -> str:
        """The role as a part of a logical name."""
        return self.name.lower().replace("_", "-")

    @property
    def title(self) -> str:
        """The name that Azure shows it by."""
        return _TITLES.get(self.name) or " ".join(word.capitalize() for word in self.name.split("_"))

    def definition_id(self, subscription_id: str) -> str:
        """The role as ARM wants it named in a role assignment."""
        return f"/subscriptions/{subscription_id}/providers/Microsoft.Authorization/roleDefinitions/{self.value}"


_TITLES: Final = {"ACR_PULL": "AcrPull", "AZUREML_METRICS_WRITER": "AzureML Metrics Writer (preview)"}
"""Names that are not their words with capitals."""


@dataclass(frozen=True, kw_only=True)
class Grant:
    """One line of the table: `principal` holds `role` on `target`."""

    principal: IdentityPurpose
    role: Role
    target: Target


def _grant(principal: IdentityPurpose, role: Role, target: Target) -> Grant:
    return Grant(principal=principal, role=role, target=target)


RESOURCE_GRANTS: Final = (
    _grant("workspace", Role.STORAGE_ACCOUNT_CONTRIBUTOR, "storage"),
    _grant("workspace", Role.STORAGE_BLOB_DATA_CONTRIBUTOR, "storage"),
    _grant("workspace", Role.KEY_VAULT_CONTRIBUTOR, "vault"),
    _grant("workspace", Role.KEY_VAULT_ADMINISTRATOR, "vault"),
    _grant("workspace", Role.CONTRIBUTOR, "registry"),
    _grant("workspace", Role.CONTRIBUTOR, "insights"),
    _grant("serving", Role.ACR_PULL, "registry"),
    _grant("serving", Role.STORAGE_BLOB_DATA_READER, "storage"),
    _grant("cluster", Role.ACR_PULL, "registry"),
    _grant("cluster", Role.STORAGE_BLOB_DATA_CONTRIBUTOR, "storage"),
)
"""Given before the workspace is made, because Azure ML uses them while it makes it."""

WORKSPACE_GRANTS: Final = (
    _grant("workspace", Role.CONTRIBUTOR, "workspace"),
    _grant("serving", Role.AZUREML_METRICS_WRITER, "workspace"),
)
"""Given when there is a workspace, and before the first endpoint."""


def grants_here(
    table: tuple[Grant, ...], *, principals: frozenset[IdentityPurpose], elsewhere: frozenset[Target]
) -> tuple[tuple[Grant, ...], tuple[Grant, ...]]:
    """Part the grants that the stack can give from those that somebody else has to.

    Args:
        table: The grants.
        principals: Who acts in the stack; the others act with roles that they have already.
        elsewhere: What stands in another subscription.
    """
    wanted = tuple(grant for grant in table if grant.principal in principals)
    return (
        tuple(grant for grant in wanted if grant.target not in elsewhere),
        tuple(grant for grant in wanted if grant.target in elsewhere),
    )
