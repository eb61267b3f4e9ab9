"""Which roles the identities of workflows hold on a stack, and why: no more than they use. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from windlass.project.arm_ids import parse_arm_id
from windlass.project.endpoints import EndpointFolder
from windlass.project.names import WorkflowPurpose
from windlass.project.permissions import resource_scopes
from windlass.project.roles import IDENTITY_TYPE, Role, Target, derive_grants
from windlass.project.settings import DeployerSettings, StackSettings, brought_things


@dataclass(frozen=True, kw_only=True)
class BuiltIn:
    """A role that is built into Azure."""

    id: str
    title: str


CONTRIBUTOR: Final = BuiltIn(id=Role.CONTRIBUTOR.value, title=Role.CONTRIBUTOR.title)
READER: Final = BuiltIn(id=Role.READER.value, title=Role.READER.title)
BLOB_CONTRIBUTOR: Final = BuiltIn(
    id=Role.STORAGE_BLOB_DATA_CONTRIBUTOR.value, title=Role.STORAGE_BLOB_DATA_CONTRIBUTOR.title
)
BLOB_READER: Final = BuiltIn(id=Role.STORAGE_BLOB_DATA_READER.value, title=Role.STORAGE_BLOB_DATA_READER.title)
ACCESS_ADMINISTRATOR: Final = BuiltIn(
    id="f58310d9-a9f6-439a-9e8d-f62e7b41a168", title="Role Based Access Control Administrator"
)
LOCKS_CONTRIBUTOR: Final = BuiltIn(id="28bf596f-4eb7-45ce-b5bc-6cf482fec137", title="Locks Contributor")
CRYPTO_USER: Final = BuiltIn(id="12338af0-0e69-4776-bea7-57ae8d297424", title="Key Vault Crypto User")
"""The least built-in role that decrypts; there is none that only decrypts."""

DEPLOYER: Final = "github"
"""How the settings call the identity that workflows release models as."""

_ANYBODY: Final = DeployerSettings(object_id="00000000-0000-0000-0000-000000000000", type="ServicePrincipal")


@dataclass(frozen=True, kw_only=True)
class WorkflowRole:
    """One role that workflows need on a stack.

    Attributes:
        scope: The ARM id of what it is held on.
        condition: Which uses of it are allowed; empty for all.
        reason: The end of "needs this to ..".
        applied: The stack whose first `pulumi up` makes the scope; empty for what is there before.
    """

    purpose: WorkflowPurpose
    role: BuiltIn
    scope: str
    reason: str
    condition: str = ""
    applied: str = ""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """Where a stack's state lies.

    Attributes:
        container: The ARM id of the container that its state lies in.
        key: The ARM id of the key that the secrets in it are encrypted with.
    """

    container: str
    key: str


def workflow_roles(
    settings: StackSettings, endpoints: Iterable[EndpointFolder], kept: Kept
) -> tuple[WorkflowRole, ...]:
    """Derive what workflows need on a stack.

    Args:
        settings: Of the stack.
        endpoints: The folders under endpoints/.
        kept: Where its state lies.
    """
    return (*_of_deploy(settings, tuple(endpoints), kept), *_of_preview(settings, kept))


def promotion_roles(before: StackSettings, kept: Kept) -> tuple[WorkflowRole, ...]:
    """Derive what the deployer of a stack needs on the stack before it, to take over what was released there.

    Nothing is written there, and no secret of it is read.
    """
    needed = [(BLOB_READER, kept.container, "records and outputs", "")]
    for target, role in _READ_OF_A_RELEASE.items():
        if scope := _own_scope(before, target):
            applied = "" if _is_brought(before, target) else before.stack
            needed.append((role, scope, _WORDS[target], applied))
    return tuple(
        WorkflowRole(
            purpose="deploy",
            role=role,
            scope=scope,
            reason=f"read {what} of {before.stack}, which promote.py takes over",
            applied=applied,
        )
        for role, scope, what, applied in needed
    )


def promotion_gaps(before: StackSettings) -> tuple[tuple[BuiltIn, str], ...]:
    """Tell the roles for promotions that only others can give: on what a stack brings from elsewhere.

    Returns:
        The role, and what it has to be held on in words.
    """
    return tuple(
        (role, f"the {target} account" if target == "storage" else f"the {target}")
        for target, role in _READ_OF_A_RELEASE.items()
        if not _own_scope(before, target)
    )


_READ_OF_A_RELEASE: Final[Mapping[Target, BuiltIn]] = {"workspace": READER, "storage": BLOB_READER}
_WORDS: Final[Mapping[Target, str]] = {"workspace": "model versions", "storage": "the files of model versions"}


def _own_scope(settings: StackSettings, target: Target) -> str:
    """Give the id of something that stands in the stack's own subscription; empty for what does not, or is unknown."""
    scope = resource_scopes(settings)[target].id
    return scope if scope and parse_arm_id(scope).subscription_id == settings.azure.subscription_id else ""


def _is_brought(settings: StackSettings, target: Target) -> bool:
    bring = settings.windlass.bring
    return bring.workspace is not None or (target == "storage" and bring.storage_account is not None)


def _of_deploy(settings: StackSettings, endpoints: Sequence[EndpointFolder], kept: Kept) -> Iterator[WorkflowRole]:
    subscription = f"/subscriptions/{settings.azure.subscription_id}"

    def needs(role: BuiltIn, scope: str, reason: str, condition: str = "") -> WorkflowRole:
        return WorkflowRole(purpose="deploy", role=role, scope=scope, reason=reason, condition=condition)

    yield needs(CONTRIBUTOR, subscription, "make, change and delete what the stack declares, its resource group first")
    given = roles_that_are_given(settings, endpoints)
    if given:
        reason = "give identities and deployers of the stack the roles that it declares, and take them away"
        types = sorted({IDENTITY_TYPE, *(each.type for each in settings.windlass.deployers.values())})
        yield needs(ACCESS_ADMINISTRATOR, subscription, reason, only_these_roles(given, types))
    if settings.windlass.protection.locks:
        yield needs(LOCKS_CONTRIBUTOR, subscription, "lock what holds data (protection.locks)")
    yield from (needs(READER, scope, reason) for scope, reason in _brought_elsewhere(settings))
    yield needs(BLOB_CONTRIBUTOR, kept.container, "read and write the state, its lock and the records of releases")
    yield needs(CRYPTO_USER, kept.key, "encrypt and decrypt the secrets in the stack's state")


def _of_preview(settings: StackSettings, kept: Kept) -> Iterator[WorkflowRole]:
    def needs(role: BuiltIn, scope: str, reason: str) -> WorkflowRole:
        return WorkflowRole(purpose="preview", role=role, scope=scope, reason=reason)

    yield needs(READER, f"/subscriptions/{settings.azure.subscription_id}", "see what stands, and whether it has moved")
    yield from (needs(READER, scope, reason) for scope, reason in _brought_elsewhere(settings))
    yield needs(BLOB_READER, kept.container, "read the state")
    yield needs(CRYPTO_USER, kept.key, "decrypt the secrets in the stack's state")


def _brought_elsewhere(settings: StackSettings) -> Iterator[tuple[str, str]]:
    """What the stack uses in other subscriptions, each once, with the reason to see it."""
    seen = set[str]()
    for thing in brought_things(settings.windlass.bring):
        elsewhere = parse_arm_id(thing.id).subscription_id.lower() != settings.azure.subscription_id
        if elsewhere and thing.id.lower() not in seen:
            seen.add(thing.id.lower())
            yield thing.id, f"see what {thing.path} names"


def roles_that_are_given(settings: StackSettings, endpoints: Iterable[EndpointFolder]) -> tuple[Role, ...]:
    """Return the roles that `pulumi up` gives in a stack; none where somebody else gives them.

    Those of a deployer are among them, whether or not the settings name one yet: the identity that this is for is
    named there when it exists.
    """
    if settings.windlass.role_assignments == "given":
        return ()
    deployers = {**settings.windlass.deployers, DEPLOYER: _ANYBODY}
    found = {
        grant.role for grant in derive_grants(settings.windlass.model_copy(update={"deployers": deployers}), endpoints)
    }
    return tuple(sorted(found, key=lambda role: role.title))


def only_these_roles(roles: Sequence[Role], principal_types: Sequence[str]) -> str:
    """Write the condition under which an administrator of access gives and takes only some roles.

    As Microsoft's examples of delegating role assignments have it ("Constrain roles and principal types" in
    learn.microsoft.com/azure/role-based-access-control/delegate-role-assignments-examples): conditions of version 2.0.
    """
    ids = ", ".join(role.value for role in roles)
    types = ", ".join(f"'{each}'" for each in principal_types)
    attributes = "Microsoft.Authorization/roleAssignments"

    def clause(verb: str, source: str) -> str:
        return (
            f"((!(ActionMatches{{'{attributes}/{verb}'}})) OR "
            f"(@{source}[{attributes}:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {{{ids}}} AND "
            f"@{source}[{attributes}:PrincipalType] ForAnyOfAnyValues:StringEqualsIgnoreCase {{{types}}}))"
        )

    return f"{clause('write', 'Request')} AND {clause('delete', 'Resource')}"
