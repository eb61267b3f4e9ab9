"""The steps of a bootstrap: each one thing that has to be there, in the form that it has to have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal, get_args

from windlass.project.names import WorkflowPurpose

Part = Literal["azure", "roles", "github"]
"""Who makes resources in Azure, who may give roles there, and who administers the repository may be three teams."""

PARTS: Final[tuple[Part, ...]] = get_args(Part)


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where something stands in Azure."""

    subscription_id: str
    resource_group: str
    location: str

    @property
    def group_id(self) -> str:
        """The ARM id of the resource group."""
        return f"/subscriptions/{self.subscription_id}/resourceGroups/{self.resource_group}"

    def id_of(self, kind: str, name: str) -> str:
        """The ARM id of something in the group."""
        return f"{self.group_id}/providers/{kind}/{name}"


@dataclass(frozen=True, kw_only=True)
class RegisterProvider:
    """Have a subscription know a resource provider.

    Attributes:
        needed_for: What uses it, for people.
    """

    subscription_id: str
    namespace: str
    needed_for: str


@dataclass(frozen=True, kw_only=True)
class MakeGroup:
    """The resource group of what the stacks share."""

    place: Place
    tags: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class MakeAccount:
    """The storage account of the state: no shared keys, no public blobs, TLS 1.2 or later.

    Attributes:
        redundancy: Its sku.
    """

    place: Place
    name: str
    redundancy: str
    tags: Mapping[str, str]

    @property
    def id(self) -> str:
        """Its ARM id."""
        return self.place.id_of("Microsoft.Storage/storageAccounts", self.name)


@dataclass(frozen=True, kw_only=True)
class KeepVersions:
    """Keep every earlier state, and what was deleted.

    Attributes:
        days: How long deleted blobs and containers can be had back.
    """

    account: MakeAccount
    days: int


@dataclass(frozen=True, kw_only=True)
class MakeContainer:
    """The blob container that the state of one stack lies in: who writes one stack's writes no other's."""

    account: MakeAccount
    name: str
    stack: str

    @property
    def id(self) -> str:
        """Its ARM id, which roles are held on."""
        return f"{self.account.id}/blobServices/default/containers/{self.name}"

    @property
    def address(self) -> str:
        """As `pulumi login` takes it."""
        return f"azblob://{self.name}?storage_account={self.account.name}"


@dataclass(frozen=True, kw_only=True)
class MakeVault:
    """The key vault: opened by roles alone, and nobody can purge it.

    Attributes:
        retention_days: How long a deleted vault can be had back.
    """

    place: Place
    name: str
    tenant_id: str
    retention_days: int
    tags: Mapping[str, str]

    @property
    def id(self) -> str:
        """Its ARM id."""
        return self.place.id_of("Microsoft.KeyVault/vaults", self.name)


@dataclass(frozen=True, kw_only=True)
class MakeKey:
    """The key that the secrets in a stack's state are encrypted with."""

    vault: MakeVault
    name: str
    stack: str

    @property
    def id(self) -> str:
        """Its ARM id, which roles are held on."""
        return f"{self.vault.id}/keys/{self.name}"

    @property
    def address(self) -> str:
        """As `pulumi stack init --secrets-provider` takes it."""
        return f"azurekeyvault://{self.vault.name}.vault.azure.net/keys/{self.name}"


@dataclass(frozen=True, kw_only=True)
class MakeIdentity:
    """The managed identity that workflows act as on a stack."""

    place: Place
    name: str
    stack: str
    purpose: WorkflowPurpose
    tags: Mapping[str, str]

    @property
    def id(self) -> str:
        """Its ARM id."""
        return self.place.id_of("Microsoft.ManagedIdentity/userAssignedIdentities", self.name)


@dataclass(frozen=True, kw_only=True)
class Subject:
    """The repository as GitHub names it to Azure.

    Attributes:
        repository: owner/name.
        form: By names, by names and ids, or as GitHub tells when it is asked.
        owner_id: With form ids; None when it is to be asked.
        repository_id: With form ids; None when it is to be asked.
        prefix: How its subjects begin, when GitHub has told.
    """

    repository: str
    form: Literal["ask", "names", "ids"]
    owner_id: int | None = None
    repository_id: int | None = None
    prefix: str = ""


@dataclass(frozen=True, kw_only=True)
class TrustGitHub:
    """The federated credential with which the jobs of one GitHub environment sign in as an identity."""

    identity: MakeIdentity
    name: str
    subject: Subject
    environment: str

    @property
    def id(self) -> str:
        """Its ARM id."""
        return f"{self.identity.id}/federatedIdentityCredentials/{self.name}"


@dataclass(frozen=True, kw_only=True)
class GiveRole:
    """A role of an identity.

    Attributes:
        assignment: The GUID of the role assignment, the same in every run.
        scope: The ARM id of what it is held on.
        condition: Which uses of the role are allowed; empty for all.
        reason: What the identity does with it; the end of "needs this to ..".
        applied: The stack whose first `pulumi up` makes the scope; empty when a bootstrap makes it.
    """

    identity: MakeIdentity
    assignment: str
    role_id: str
    role: str
    scope: str
    reason: str
    condition: str = ""
    applied: str = ""

    @property
    def id(self) -> str:
        """The ARM id of the assignment."""
        return f"{self.scope}/providers/Microsoft.Authorization/roleAssignments/{self.assignment}"


@dataclass(frozen=True, kw_only=True)
class MakeEnvironment:
    """An environment of the GitHub repository.

    Attributes:
        reviewers: `login` or `owner/team`.
        branch: The only one that may be deployed from; empty for any.
    """

    repository: str
    name: str
    reviewers: tuple[str, ...] = ()
    prevent_self_review: bool = False
    wait_minutes: int = 0
    branch: str = ""


@dataclass(frozen=True, kw_only=True)
class SetVariable:
    """A variable of a GitHub environment; none of them is a secret.

    Attributes:
        value: What it says; empty when it is the client id of an identity, which exists only once that does.
        client_of: That identity.
    """

    repository: str
    environment: str
    name: str
    value: str = ""
    client_of: MakeIdentity | None = None


Step = (
    RegisterProvider
    | MakeGroup
    | MakeAccount
    | KeepVersions
    | MakeContainer
    | MakeVault
    | MakeKey
    | MakeIdentity
    | TrustGitHub
    | GiveRole
    | MakeEnvironment
    | SetVariable
)


@dataclass(frozen=True, kw_only=True)
class Left:
    """Something that is left to people.

    Attributes:
        what: One sentence, without its full stop.
        commands: That do it, in their order; or what to write.
    """

    what: str
    commands: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Bootstrap:
    """Everything that has to be there.

    Attributes:
        steps: In the order in which they are done.
        left: What is left to people.
        doubts: What may be meant otherwise than it is written, each a sentence.
    """

    steps: tuple[Step, ...]
    left: tuple[Left, ...] = field(default=())
    doubts: tuple[str, ...] = field(default=())

    @property
    def roles(self) -> tuple[GiveRole, ...]:
        """The steps that need the right to assign roles."""
        return tuple(step for step in self.steps if isinstance(step, GiveRole))

    @property
    def identities(self) -> tuple[MakeIdentity, ...]:
        """The identities that workflows act as."""
        return tuple(step for step in self.steps if isinstance(step, MakeIdentity))

    def only(self, *parts: Part) -> Bootstrap:
        """What one team does, where several share the work."""
        return replace(self, steps=tuple(step for step in self.steps if part_of(step) in parts))


def part_of(step: Step) -> Part:
    """Tell whose work a step can be."""
    match step:
        case GiveRole():
            return "roles"
        case MakeEnvironment() | SetVariable():
            return "github"
        case _:
            return "azure"
